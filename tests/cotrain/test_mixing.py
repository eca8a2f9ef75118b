"""Mixing, loss weights and equal sizes from the suite file to the report."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain.pairs_cost import _more
from cotrain.running import _unweighted, _weighted_in_vain
from cotrain.suite import load_suite, override, parse_suite, to_plain
from cotrain.workspace import read_workspace
from tasks.errors import InputError
from tests.cotrain.five_tasks import MIXED, MIXING
from tests.cotrain.samples import run
from trainers.trainer import Trainer
from trainers.turns import Temperature


def test_losing_pairs_are_in_the_json_the_text_and_the_report(mixed: tuple[Path, dict[str, Any]]) -> None:
    folder, found = mixed
    matrix = cotrain.load(folder).matrix
    below = {(s, t) for s in MIXED for t in MIXED if s != t and matrix[s, t] < 0 and found["learnable"][t]}
    assert {(row["source"], row["target"]) for row in found["equal_sizes"]} == below
    for row in found["equal_sizes"]:
        trained = row["source"] == "number"  # 144 training examples against 72
        assert (row["verdict"] == "not answerable") != trained
        assert (row["after"] is None) != trained
        if trained:
            assert (row["source_examples"], row["target_examples"], row["seeds"]) == (144, 72, 2)
            assert row["change_low"] <= row["change"] <= row["change_high"]
            assert row["change"] == pytest.approx(row["after"] - row["before"], abs=1e-6)
    page = (folder / "report.html").read_text()
    assert ("Dominance or conflict" in page) == bool(below)
    assert json.loads((folder / "recommendation.json").read_text())["equal_sizes"] == found["equal_sizes"]


def test_the_command_prints_it_and_trains_nothing_again(
    suite: Path, mixed: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, found = mixed
    code, out, err = run(
        capsys,
        *("recommend", str(folder / "suite.yaml"), "--out", str(folder), "--workers", "1"),
        *("--no-validate", "--equal-sizes", "--quiet"),
    )
    assert (code, err) == (0, [])
    assert "at equal sizes" in out.lower()
    for row in found["equal_sizes"]:
        assert f"{row['source']} to {row['target']}" in out


def test_without_the_flag_nothing_is_said(found: dict[str, Any]) -> None:
    assert found["equal_sizes"] is None
    assert "equal_sizes" not in found["cost"]


def test_settings_survive_the_resolved_suite(suite: Path) -> None:
    loaded = override(load_suite(suite), {"training.mixing": MIXING, "tasks.hue.weight": 2.5})
    again = parse_suite(to_plain(loaded.suite))
    assert again == loaded.suite
    assert again.training.mixing == Temperature(name="temperature", temperature=3)
    assert read_workspace(replace(loaded, suite=again)).encoded["hue"].weight == 2.5


def test_a_temperature_is_asked_for(suite: Path) -> None:
    with pytest.raises(
        InputError, match=r"training.mixing.temperature: this field is missing; expected a number above"
    ):
        override(load_suite(suite), {"training.mixing": {"name": "temperature"}})


def test_tasks_without_classes_are_named(suite: Path) -> None:
    loaded = override(load_suite(suite), {"training.weights": "class_balance"})
    spec = read_workspace(loaded).spec(cache=suite.parent / "none", device="cpu", threads=1)
    assert _unweighted(spec) == ["find"]
    assert _unweighted(replace(spec, training=replace(spec.training, weights="none"))) == []


@pytest.mark.parametrize(
    ("aggregator", "said"),
    [("none", ""), ("upgrad", ""), ("imtl_g", "alike whatever a loss weighs"), ("mgda", "less for a loss that weighs")],
)
def test_a_weight_that_an_aggregator_takes_out_is_told(suite: Path, aggregator: str, said: str) -> None:
    loaded = override(load_suite(suite), {"training.aggregator": aggregator})
    spec = read_workspace(loaded).spec(cache=suite.parent / "none", device="cpu", threads=1)
    assert _weighted_in_vain(spec) == ""
    heavy = replace(spec, tasks={**spec.tasks, "hue": replace(spec.tasks["hue"], weight=2.5)})
    found = _weighted_in_vain(heavy)
    assert said in found
    assert ("hue (2.5)" in found) == bool(said)


def test_a_missing_package_ends_in_one_line(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(f"No module named '{name}'")

    (suite.parent / "joint.yaml").write_text(suite.read_text() + "training: {aggregator: mgda}\n")
    monkeypatch.setattr("trainers.aggregators.importlib.import_module", missing)
    code, out, err = run(capsys, "plan", str(suite.parent / "joint.yaml"), "--workers", "1")
    assert (code, out, len(err)) == (2, "", 1)
    assert re.search(r"joint.yaml: training.aggregator: `mgda` needs TorchJD .*cotrain\[torchjd\]", err[0])


def test_a_plan_counts_what_mixing_trains(suite: Path, tmp_path: Path) -> None:
    """Five tasks of which one has 72 and another 144 examples: equal shares train less of the larger's short texts."""
    tokens = {}
    for mixing in ("proportional", "equal", {"name": "temperature", "temperature": 1.0}):
        loaded = override(load_suite(suite), {"training.mixing": mixing, "estimator": "pairwise"})
        plan = cotrain.plan(loaded, out=tmp_path / "plan", workers=1)
        tokens[str(mixing)] = [phase["tokens_backward"] for phase in plan["phases"].values() if phase["jobs"]]
    proportional, equal, one = tokens.values()
    assert one == proportional
    assert equal != proportional
    assert all(abs(a - b) < 0.5 * a for a, b in zip(proportional, equal, strict=True))


def test_what_pairs_would_cost_follows_the_mixing(suite: Path) -> None:
    loaded = load_suite(suite)
    workspace = read_workspace(loaded)
    spec = workspace.spec(cache=suite.parent / "none", device="cpu", threads=1)

    def more(**training: object) -> float:
        trainer = object.__new__(Trainer)
        object.__setattr__(trainer, "spec", replace(spec, training=replace(spec.training, **training)))  # type: ignore[arg-type]
        return _more(trainer)

    assert more() == len(spec.tasks) - 1
    assert more(aggregator="mgda") < len(spec.tasks) - 1  # all together trains small tasks most
    assert more(mixing="equal") == pytest.approx(len(spec.tasks) - 1, rel=0.2)
