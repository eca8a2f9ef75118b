"""A search that is driven from outside is counted and valued by the trainer, not by what it says."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.driven import PARTS, Size, drawn, driven, pool_of, random_values, summary, together, value_of
from benchmarks.searches.planted_trainer import PlantedTrainer, main

SMALL = Size(6, 20, 4)


def answer(*groups: str, served: str) -> dict[str, object]:
    tasks = (f"t{place:02d}" for place in range(len(served)))
    return {
        "groups": [group.split("+") for group in groups],
        "served_by": dict(zip(tasks, map(int, served), strict=True)),
    }


def test_the_command_keeps_to_pool_and_budget_and_its_value_is_the_trainers() -> None:
    found = driven("chains", SMALL, "cover", 0)
    assert set(found) == {"value", "random", "seconds"}
    trainer = PlantedTrainer("chains", 6, 0)
    pool = pool_of(SMALL, 0)
    assert pool is not None
    best = trainer.gains(pool).max(axis=0).clip(min=0.0).sum()
    assert found["random"][0] <= found["value"] <= best
    assert len(found["random"]) == len(PARTS)
    first = together("chains", SMALL, "cover", 0)
    assert first <= found["random"][0]
    assert summary(SMALL, [found, found], first)["value"] == found["value"]


def test_where_nobody_finds_more_than_all_together_there_is_no_efficiency() -> None:
    run = {"value": 1.0, "random": [1.0] * len(PARTS), "seconds": 2.0}
    assert summary(SMALL, [run], 1.0)["efficiency"] is None
    assert summary(SMALL, [run], 0.9)["efficiency"] == 0.25  # the first of the points, over four models
    assert summary(SMALL, [run | {"value": 1.1}], 1.0)["efficiency"] == 4.0


def test_a_value_is_the_sum_over_tasks_of_what_serves_them() -> None:
    trainer = PlantedTrainer("blocks", 3, 1)
    groups = ["t00+t01+t02", "t01+t02"]
    gains = trainer.gains(np.array([[True, True, True], [False, True, True]]))
    found = value_of(answer(*groups, served="001"), trainer, groups, 2)
    assert found == pytest.approx(gains[0, 0] + gains[0, 1] + gains[1, 2])
    alone = value_of(answer("t00", "t01+t02", served="011"), trainer, groups, 2)
    assert alone == pytest.approx(gains[1, 1:].sum())


@pytest.mark.parametrize(
    ("groups", "served", "asked", "models"),
    [
        (["t00+t01+t02"], "000", ["t00+t01+t02", "t00+t01"], 1),
        (["t00+t01+t02"], "000", ["t00+t01+t02", "t00+t01+t02"], 2),
        (["t00+t01+t02"], "000", ["t00+t01"], 2),
        (["t00+t01", "t02"], "001", ["t00+t02"], 2),
        (["t00+t01", "t02"], "000", ["t00+t01"], 2),
    ],
)
def test_what_was_not_paid_for_is_found_out(groups: list[str], served: str, asked: list[str], models: int) -> None:
    with pytest.raises(ValueError, match="Expected"):
        value_of(answer(*groups, served=served), PlantedTrainer("blocks", 3, 1), asked, models)


def test_random_groups_come_from_the_pool_and_begin_with_all_together() -> None:
    for size in (SMALL, Size(5, None, 3), Size(14, None, 5)):
        pool = pool_of(size, 3)
        found = drawn(size, pool, 12, np.random.default_rng(0))
        assert found.shape == (12, size.tasks)
        assert found[0].all()
        assert len(np.unique(found, axis=0)) == 12
        assert found.sum(axis=1).min() > 1
        if pool is not None:
            assert {row.tobytes() for row in found} <= {row.tobytes() for row in pool}


def test_random_values_never_fall() -> None:
    found = random_values(PlantedTrainer("low rank", 6, 0), SMALL, "partition", 0)
    assert np.diff(found).min() >= 0


def test_the_trainer_as_a_command_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    monkeypatch.setattr(sys, "argv", ["trainer", "noise", "4", "2", str(log)])
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"tasks": ["t00", "t02"], "seed": 0}\n{"tasks": ["t01", "t03"]}\n'))
    main()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = PlantedTrainer("noise", 4, 2).ask(("t00", "t02"))
    assert lines[0] == {"gains": dict(zip(expected.group, expected.mean.tolist(), strict=True))}
    assert log.read_text().split() == ["t00+t02", "t01+t03"]
