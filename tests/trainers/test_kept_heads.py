"""Heads that were fitted once are found again, by whatever process."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.trainers.samples import bench_of, every_kind
from trainers import fitted_heads as module
from trainers.bench import Bench
from trainers.checked_file import load_checked, save_checked
from trainers.fitted_heads import fitted_heads
from trainers.head_fits import FittedHeads, fit_heads

TASKS = every_kind(count=16)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of tasks whose heads were fitted."""
    names: list[str] = []

    def counted(task: Any, *arguments: Any, **more: Any) -> FittedHeads:
        names.append(task.name)
        return fit_heads(task, *arguments, **more)

    monkeypatch.setattr(module, "fit_heads", counted)
    return names


def opened(folder: Path) -> Bench:
    return bench_of(folder, TASKS)


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_another_bench_finds_them(tmp_path: Path, fits: list[str]) -> None:
    names = [name for name, task in TASKS.items() if not task.kind.pooled]
    first, second = opened(tmp_path), opened(tmp_path)
    before = {name: fitted_heads(first, name) for name in names}
    assert sorted(fits) == sorted(names)
    for name in names:
        again = fitted_heads(second, name)
        assert same(again.whole, before[name].whole)
        assert all(same(a, b) for a, b in zip(again.folds, before[name].folds, strict=True))
        assert (again.penalty, again.loss, again.tokens) == (
            before[name].penalty, before[name].loss, before[name].tokens,
        )  # fmt: skip
        assert (again.fold == before[name].fold).all()
    assert sorted(fits) == sorted(names)


@pytest.mark.parametrize("part", [0.2, 0.9])
def test_a_damaged_file_is_not_read(tmp_path: Path, fits: list[str], part: float) -> None:
    whole = fitted_heads(opened(tmp_path), "binary").whole
    (path,) = opened(tmp_path).spec.cache.glob("heads-*.safetensors")
    data = bytearray(path.read_bytes())
    data[int(part * len(data))] ^= 1
    path.write_bytes(data)
    assert same(fitted_heads(opened(tmp_path), "binary").whole, whole)
    assert fits == ["binary", "binary"]


def test_what_nothing_is_fitted_for_is_not_kept(tmp_path: Path) -> None:
    bench = opened(tmp_path)
    fitted_heads(bench, "retrieval")
    assert not list(bench.spec.cache.glob("heads-*"))


def test_checked_files(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.safetensors"
    tensors = {"a": torch.arange(5.0), "none": torch.zeros(0), "half": torch.ones(3, dtype=torch.bfloat16)}
    assert save_checked(path, tensors, "said")
    found = load_checked(path)
    assert found is not None
    assert found[1] == "said"
    assert torch.equal(found[0]["a"], tensors["a"])
    assert [of.name for of in path.parent.iterdir()] == ["a.safetensors"]
    path.write_bytes(path.read_bytes()[:-1])
    assert load_checked(path) is None
    assert load_checked(tmp_path / "missing") is None
    path.unlink()
    path.mkdir()
    assert not save_checked(path, tensors, "said")
