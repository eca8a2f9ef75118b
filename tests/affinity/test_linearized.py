"""Where all layers are adapted, the uppermost are looked at; elsewhere, those that are adapted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affinity.estimators import Estimate
from affinity.estimators.linearized import Linearized
from affinity.mean_gains import MeanGains
from tasks.encoding import EncodedRows
from tests.affinity.estimator_contract import BUDGET, WORDS
from tests.trainers import fake_torchjd
from tests.trainers.samples import LAYERS, SPLITS, spec_of, word_task
from trainers import lower_layers, prefix_cache
from trainers.bench import BenchSpec, open_bench, prepare
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.mapped_file import NoRoom
from trainers.methods import LoRA
from trainers.trainer import Trainer

WHOLE = LoRA(r=2, alpha=4, layers="all")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> BenchSpec:
    tasks = {name: word_task(name, word=word, seed=place) for place, (name, word) in enumerate(WORDS.items())}
    return spec_of(tmp_path_factory.mktemp("words"), tasks, method=WHOLE)


def found_in(spec: BenchSpec, folder: Path, *, probed: float, told: list[str] | None = None) -> Estimate:
    folder.mkdir()
    spec = replace(spec, cache=folder / "cache")
    prepare(spec, SPLITS, threads=1)
    ledger = Ledger(folder / "ledger")
    tell = (lambda _line: None) if told is None else told.append
    trainer = Trainer(spec, InProcess(open_bench, spec), ledger, BUDGET, seed=0, tell=tell)
    return Linearized(probed=probed, resamples=2).estimate(trainer)


def test_the_uppermost_layers_are_looked_at_as_if_they_alone_were_adapted(spec: BenchSpec, tmp_path: Path) -> None:
    found = found_in(spec, tmp_path / "all", probed=1 / LAYERS)
    top = found_in(replace(spec, method=replace(WHOLE, layers="top-1")), tmp_path / "top", probed=1 / LAYERS)
    np.testing.assert_allclose(found.matrix.scores, top.matrix.scores, atol=1e-4)
    np.testing.assert_allclose(found.matrix.errors, top.matrix.errors, atol=1e-4)
    whole = found_in(spec, tmp_path / "whole", probed=1)
    assert np.abs(found.matrix.scores - whole.matrix.scores).max() > 1e-3
    assert found.matrix.cost.tokens_backward == whole.matrix.cost.tokens_backward
    assert top.matrix.cost.flops < found.matrix.cost.flops < whole.matrix.cost.flops  # its lower layers were counted


def test_without_room_for_what_enters_them_all_layers_are_looked_at(
    spec: BenchSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = found_in(spec, tmp_path / "whole", probed=1)

    def full(*_arguments: object, **_others: object) -> int:
        raise NoRoom("no room", place="here")

    monkeypatch.setattr(prefix_cache, "fill_cache", full)
    told: list[str] = []
    found = found_in(spec, tmp_path / "full", probed=1 / LAYERS, told=told)
    np.testing.assert_array_equal(found.matrix.scores, expected.matrix.scores)
    cache = tmp_path / "full" / "cache"
    assert told == [f"all layers are probed, which takes longer: no room in {cache} to cache the lower ones"]


def test_the_layers_below_are_computed_once(spec: BenchSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = found_in(spec, tmp_path / "run", probed=1 / LAYERS)
    monkeypatch.setattr(lower_layers.LowerLayers, "run", None)
    own = replace(spec, cache=tmp_path / "run" / "cache")
    again = Trainer(own, InProcess(open_bench, own), Ledger(tmp_path / "run" / "ledger"), BUDGET, seed=0)
    found = Linearized(probed=1 / LAYERS, resamples=2).estimate(again)
    np.testing.assert_array_equal(found.matrix.scores, first.matrix.scores)
    assert found.matrix.cost.flops == first.matrix.cost.flops


def test_two_anchors_give_the_mean_of_what_each_gives(spec: BenchSpec, tmp_path: Path) -> None:
    top = replace(spec, method=replace(WHOLE, layers="top-1"))
    one = found_in(top, tmp_path / "one", probed=1)
    own = replace(top, cache=tmp_path / "two" / "cache")
    (tmp_path / "two").mkdir()
    prepare(own, SPLITS, threads=1)
    trainer = Trainer(own, InProcess(open_bench, own), Ledger(tmp_path / "two" / "ledger"), BUDGET, seed=0)
    two = Linearized(anchors=2, resamples=2).estimate(trainer)
    assert isinstance(two.groups, MeanGains)
    every = np.ones((1, len(WORDS)), dtype=bool)
    parts = [part.gains(every) for part in two.groups.parts]
    np.testing.assert_allclose(two.groups.gains(every), (parts[0] + parts[1]) / 2)
    np.testing.assert_allclose(parts[0], one.prior.gains(every), atol=1e-6)
    assert np.abs(parts[0] - parts[1]).max() > 1e-4
    assert two.matrix.cost.tokens_backward == 2 * one.matrix.cost.tokens_backward
    with pytest.raises(ValueError, match="1 or 2 anchors"):
        Linearized(anchors=3).estimate(trainer)


@pytest.mark.parametrize(
    "training",
    [{"mixing": "equal"}, {"weights": "class_balance"}, {"aggregator": "upgrad"}],
    ids=lambda change: next(iter(change)),
)
def test_it_simulates_what_the_trainer_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, training: dict[str, object]
) -> None:
    """Unequal sizes and classes; what is not simulated is told."""
    fake_torchjd.install(monkeypatch, fake_torchjd.equally)
    tasks = {
        name: word_task(name, word=word, count=16 + 32 * place) for place, (name, word) in enumerate(WORDS.items())
    }
    tasks = {name: replace(of, splits={**of.splits, "train": rarely(of.splits["train"])}) for name, of in tasks.items()}
    plain = spec_of(tmp_path, tasks, method=replace(WHOLE, layers="top-1"))
    other = replace(plain, training=replace(plain.training, **training))  # type: ignore[arg-type]
    told: list[str] = []
    found = [found_in(of, tmp_path / str(place), probed=1, told=told) for place, of in enumerate((plain, other))]
    assert np.isfinite(found[1].matrix.scores).all()
    assert np.abs(found[0].matrix.scores - found[1].matrix.scores).max() > 1e-4
    assert told == ["the weights of `upgrad` are not simulated: gradients count equally there"] * (
        "aggregator" in training
    )


def rarely(rows: EncodedRows) -> EncodedRows:
    """The same with one positive of four."""
    return replace(rows, targets=(np.arange(len(rows)) % 4 == 0).astype(np.int64))
