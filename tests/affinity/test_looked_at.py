"""Which examples' gradients are taken."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from affinity import looked_at
from affinity.estimators.linearized import Linearized
from affinity.looked_at import FP32, looked_rows, most_examples
from affinity.mean_gains import MeanGains
from affinity.splits import SPLITS
from tasks.kinds import KINDS
from tests.affinity.estimator_contract import BUDGET, WORDS
from tests.trainers.samples import spec_of, word_task
from trainers.bench import open_bench, prepare
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.trainer import Trainer


def task(*sizes: int, labels: int = 1) -> Any:
    """A task with so many examples in each split."""
    kind = KINDS["multilabel" if labels > 1 else "binary"]
    splits = {split: range(size) for split, size in zip(SPLITS, sizes, strict=True)}
    return SimpleNamespace(kind=kind, outputs=labels, splits=splits)


@pytest.mark.parametrize("room", [150, 900, 1000, 1700, 5000])
def test_as_many_as_fit(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """Against counting."""
    monkeypatch.setattr(looked_at, "ROOM", FP32 * room * 10**6)
    monkeypatch.setattr(looked_at, "FEWEST", 1)
    tasks = [task(500, 40, 40), task(90, 100, 110), task(30, 70, 200, labels=3)]

    def taken(most: int) -> int:
        return sum(of.outputs * min(most, len(of.splits[split])) for of in tasks for split in SPLITS)

    found = most_examples(tasks, weights=10**6)
    if found is None:
        assert taken(500) <= room
    else:
        assert taken(found) <= room < taken(found + 1)


def test_inner_products_need_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looked_at, "ROOM", FP32 * 600**2)
    assert most_examples([task(400, 400, 400)], weights=1) == 200


def test_some_are_always_looked_at() -> None:
    assert most_examples([task(400, 400, 400)], weights=10**12) == looked_at.FEWEST


def test_units_are_kept_whole() -> None:
    of = word_task("north", word=2)
    train = replace(of.splits["train"], units=np.arange(len(of.splits["train"])) // 4)
    of = replace(of, splits={**of.splits, "train": train})
    rows = looked_rows(of, "train", most=18)
    assert len(rows) == 16
    assert all((train.units[rows] == unit).sum() == 4 for unit in np.unique(train.units[rows]))
    np.testing.assert_array_equal(rows, looked_rows(of, "train", most=18))
    assert (np.diff(rows) > 0).all()
    assert len(looked_rows(of, "train", most=3)) == 3  # no unit is that small
    np.testing.assert_array_equal(looked_rows(of, "train", most=None), np.arange(len(train)))


def test_a_sample_stands_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps per pass stay those of all examples, and what is said of groups stays near."""
    tasks = {name: word_task(name, word=word, seed=place) for place, (name, word) in enumerate(WORDS.items())}
    spec = spec_of(tmp_path, tasks)
    prepare(spec, SPLITS, threads=1)
    told: list[str] = []
    trainer = Trainer(spec, InProcess(open_bench, spec), Ledger(tmp_path / "ledger"), BUDGET, seed=0, tell=told.append)
    whole = Linearized(resamples=2).estimate(trainer)
    weights = sum(of.numel() for of in open_bench(spec).adapter_parameters)
    readouts = 32 * len(SPLITS) * len(tasks)
    monkeypatch.setattr(looked_at, "ROOM", FP32 * readouts * max(weights, readouts))
    monkeypatch.setattr(looked_at, "FEWEST", 1)
    some = Linearized(resamples=2).estimate(trainer)
    assert told == ["gradients are taken of 32 examples of each split at most, which stand for all"]
    assert isinstance(some.groups, MeanGains)
    assert isinstance(whole.groups, MeanGains)
    for name, block in some.groups.parts[0].simulation.kernel.blocks.items():
        assert block.examples == 32
        assert block.stands == len(tasks[name].splits["train"]) / 32
    near = np.corrcoef(some.matrix.scores.ravel(), whole.matrix.scores.ravel())[0, 1]
    assert near > 0.5
    assert some.matrix.cost.tokens_backward < whole.matrix.cost.tokens_backward
