"""The adapter on the uppermost layers only, over the base model and the cached states of a whole bench."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainers.samples import CONFIGS, LAYERS, SPLITS, bench_of, every_kind, spec_of, word_task
from trainers import mapped_file
from trainers.bench import Bench, open_bench, prepare
from trainers.families import FAMILIES
from trainers.loop import train_group
from trainers.lower_layers import LowerLayers
from trainers.methods import LoRA
from trainers.upper import lowest_of, upper

WHOLE = LoRA(r=2, alpha=4, layers="all")
THIRD = 1 / LAYERS


def cached(bench: Bench, *, share: float = THIRD) -> Bench:
    """The upper bench, with its states cached by the whole one."""
    for task in bench.tasks:
        job = LowerLayers.of(bench.spec, task, SPLITS, share=share)
        assert job.decode(job.encode(job.run(bench))).room
    return upper(bench, share)


@pytest.mark.parametrize("family", [name for name in CONFIGS if not FAMILIES[name].native_only])
@pytest.mark.parametrize("below", ["all", "top-2"])
def test_training_equals_that_of_a_bench_that_adapts_no_more(tmp_path: Path, family: str, below: str) -> None:
    tasks = {"a": word_task("a", word=2, count=12), "b": word_task("b", word=3, count=12)}
    bench = bench_of(tmp_path, tasks, family=family, method=replace(WHOLE, layers=below))
    own = replace(bench.spec, method=replace(WHOLE, layers="top-1"), cache=tmp_path / "own")
    prepare(own, SPLITS, threads=1)
    expected = train_group(open_bench(own), ["a", "b"], seed=1, passes=2, keep_weights=True)
    found = train_group(cached(bench), ["a", "b"], seed=1, passes=2, keep_weights=True)
    assert found.weights.keys() == expected.weights.keys()
    for name, values in expected.weights.items():
        np.testing.assert_allclose(found.weights[name], values, rtol=1e-3, atol=1e-4, err_msg=name)
    assert found.cost.tokens_backward == expected.cost.tokens_backward
    assert found.cost.flops == expected.cost.flops


def test_base_weights_are_shared_and_adapters_are_not(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"a": word_task("a", word=2, count=12)}, method=WHOLE)
    before = [of.detach().clone() for of in bench.adapter_parameters]
    some = cached(bench)
    assert upper(bench, THIRD) is some
    shared = {id(of) for of in bench.adapter.parameters() if not of.requires_grad}
    assert all(id(of) in shared for of in some.adapter.parameters() if not of.requires_grad)
    assert 0 < len(some.adapter_parameters) < len(bench.adapter_parameters)
    train_group(some, ["a"], seed=0, passes=1)
    assert any(bool(of.any()) for of in some.adapter_parameters)
    assert all(map(torch.equal, bench.adapter_parameters, before))
    whole = bench.features(bench.inputs("a", "stop", 0).batch(np.arange(3), bench.device))
    with bench.without_adapter():
        plain = bench.features(bench.inputs("a", "stop", 0).batch(np.arange(3), bench.device))
    torch.testing.assert_close(whole, plain)  # an adapter that was not trained adds nothing


def test_shares_of_the_layers(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"a": word_task("a", word=2, count=12)}, method=WHOLE)
    assert [lowest_of(bench, share) for share in (0.01, THIRD, 0.34, 2 / 3, 0.99, 1.0)] == [2, 2, 1, 1, 0, 0]
    assert upper(bench, 1.0) is bench
    top = bench_of(tmp_path, {"a": word_task("a", word=2, count=12)})
    assert upper(top, THIRD) is top


def test_states_are_found_again_and_made_again_when_they_are_gone(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, every_kind(count=12), method=WHOLE)
    bench = open_bench(spec)
    job = LowerLayers.of(spec, "retrieval", ("train", "stop"), share=THIRD)
    found = job.run(bench)
    assert len(found.files) == 4  # queries and documents
    assert found.cost.tokens_forward >= sum(
        len(side.ids) for split in ("train", "stop") for side in spec.tasks["retrieval"].splits[split].sides
    )
    assert found.cost.flops > 0
    assert job.decode(job.encode(found)) == found
    assert job.run(bench).cost.tokens_forward == 0
    (spec.cache / found.files[1]).unlink()
    with pytest.raises(ValueError, match=f"Expected {found.files[1]} in .*, but got no such file"):
        job.decode(job.encode(found))
    assert 0 < job.run(bench).cost.tokens_forward < found.cost.tokens_forward


def test_jobs_differ_by_what_they_cache(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, {"a": word_task("a", word=2, count=12)}, method=WHOLE)
    other = replace(spec, tasks={"a": replace(spec.tasks["a"], fingerprint="other")})
    jobs = [LowerLayers.of(spec, "a", ("train",), share=share) for share in (THIRD, 0.5)]
    jobs += [LowerLayers.of(spec, "a", ("stop",), share=THIRD), LowerLayers.of(other, "a", ("train",), share=THIRD)]
    assert len({job.key for job in jobs}) == len(jobs)


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of(tmp_path, {"a": word_task("a", word=2, count=12)}, method=WHOLE)

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mapped_file.os, "posix_fallocate", full)
    job = LowerLayers.of(spec, "a", ("train",), share=THIRD)
    found = job.run(open_bench(spec))
    assert not found.room
    assert job.decode(job.encode(found)) == found
    assert not list(spec.cache.glob("*"))
    with pytest.raises(mapped_file.NoRoom, match=r"no room for .* MiB of cached layers"):
        prepare(replace(spec, method=LoRA(r=2, layers="top-1")), ["train"], threads=1)


def test_cached_layers_that_the_disk_has_changed_are_computed_again(tmp_path: Path) -> None:
    tasks = every_kind()
    spec = spec_of(tmp_path, tasks)
    (path, *_) = sorted(spec.cache.glob("*.npy"))
    before = path.read_bytes()
    assert prepare(spec, SPLITS, threads=1).tokens_forward == 0
    path.write_bytes(before[:-3] + bytes([before[-3] ^ 1]) + before[-2:])
    assert prepare(spec, SPLITS, threads=1).tokens_forward > 0
    assert path.read_bytes() == before
