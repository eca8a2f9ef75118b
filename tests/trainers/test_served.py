"""What serving takes, against what caching the frozen layers takes and the adapter's own weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.trainers.samples import LAYERS, every_kind, spec_of
from trainers.bench import open_bench, prepare
from trainers.methods import LoRA
from trainers.served import served, served_by


def test_frozen_layers_take_what_caching_them_takes(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, every_kind())
    cost = prepare(replace(spec, cache=tmp_path / "again"), ["train"], threads=1)
    found = served_by(spec, groups=[2])
    assert found.below == (LAYERS - 1) / LAYERS
    assert found.frozen_flops == pytest.approx(cost.flops / cost.tokens_forward)
    assert found.adapted_flops == open_bench(spec).forward_flops


def test_where_all_layers_are_adapted_nothing_is_shared(tmp_path: Path) -> None:
    found = served_by(spec_of(tmp_path, every_kind(), method=LoRA(r=2, alpha=4, layers="all")), groups=[2])
    assert (found.below, found.frozen_flops) == (0.0, 0.0)


def test_bytes_of_adapters_grow_with_groups_only_where_ranks_do(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, every_kind())
    bench = open_bench(spec)
    weights = sum(parameter.numel() for parameter in bench.adapter_parameters)
    plain = served(bench, groups=[1, 3])
    assert plain.stored([1, 3]) == 2 * 4 * weights
    grown = served_by(replace(spec, method=LoRA(r=2, alpha=4, layers="top-1", rank_per_task=True)), groups=[1, 3])
    assert grown.stored([1, 3]) == 4 * 4 * weights


def test_the_length_of_a_text_is_the_mean_of_the_tasks(tmp_path: Path) -> None:
    tasks = every_kind()
    found = served_by(spec_of(tmp_path, tasks), groups=[])
    means = [np.mean([side.lengths.mean() for side in task.splits["train"].sides]) for task in tasks.values()]
    assert found.tokens == pytest.approx(np.mean(means))
