"""Blocks of numbers in files: the same numbers, and no files left."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from affinity import mapped
from affinity.mapped import read_mapped, zeros
from trainers.mapped_file import NoRoom

CPU = torch.device("cpu")


def test_a_large_matrix_is_a_file_that_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "IN_MEMORY", 4 * 5999)
    small = zeros(50, 100, at=CPU, folder=tmp_path, what="products")
    large = zeros(60, 100, at=CPU, folder=tmp_path, what="products")
    assert zeros(60, 100, at=CPU, folder=None, what="products").equal(large)
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert [line for line in maps.read_text().splitlines() if str(tmp_path) in line]
    assert list(tmp_path.iterdir()) == []
    values = torch.randn(60, 100)
    large.addmm_(values, torch.eye(100))
    torch.testing.assert_close(large, values)
    del large
    if maps.exists():
        assert not [line for line in maps.read_text().splitlines() if str(tmp_path) in line]
    assert small.shape == (50, 100)


def test_no_room_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NoRoom, match=r"no room for .* MiB of products"):
        zeros(10**7, 10**7, at=CPU, folder=tmp_path, what="products")


def test_arrays_are_read_where_they_are_used(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    values = np.random.default_rng(0).standard_normal((300, 2, 1000)).astype(np.float32)
    save_file({"a": values, "b": values[:1]}, path)
    found = read_mapped(path)
    assert sorted(found) == ["a", "b"]
    np.testing.assert_array_equal(found["a"], values)
    found["a"][0] = 0.0
    np.testing.assert_array_equal(read_mapped(path)["a"], values)
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert any(str(path) in line for line in maps.read_text().splitlines())
