"""Operations of the gradient pass, counted by hand."""

import numpy as np
import pytest
from torch import nn

from benchmarks.pass_rate import counted, maps_of
from tests.trainers.samples import every_kind, spec_of
from trainers.bench import Bench, open_bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return open_bench(spec_of(tmp_path_factory.mktemp("bench"), every_kind(count=12)))


def test_nothing_goes_backward_below_the_lowest_adapter(bench: Bench) -> None:
    maps = maps_of(bench)
    layer = bench.backbone.layers[bench.lowest]
    read = [part for name, part in layer.named_modules() if isinstance(part, nn.Linear) and name.endswith(READ)]
    assert maps.forward == bench.forward_flops / 2
    assert maps.forward - maps.backward == sum(part.weight.numel() for part in read)


READ = ("query", "query.base_layer", "query.lora_A.default", "key", "value", "value.base_layer", "value.lora_A.default")
"""What reads the input of a layer, which has no gradient in the lowest adapted one."""


def test_padding_counts_as_computed_only(bench: Bench) -> None:
    maps, inputs = maps_of(bench), bench.inputs("binary", "train", 0)
    short, long = int(inputs.lengths.argmin()), int(inputs.lengths.argmax())
    few, many = int(inputs.lengths[short]), int(inputs.lengths[long])
    assert few < many
    with counted(bench, maps) as counter:
        bench.features(inputs.batch(np.array([short, long]), bench.device))
    work, layers = counter.work(1), bench.backbone.depth - bench.lowest
    each, pairs = 2 * (maps.forward + maps.backward), 12 * layers * bench.backbone.hidden
    assert work.positions == 2 * many * each + 2 * many**2 * pairs
    assert work.tokens == (few + many) * each + (few**2 + many**2) * pairs
    assert work.model == 4 * maps.forward * 2 * many


def test_every_readout_goes_backward(bench: Bench) -> None:
    maps = maps_of(bench)
    with counted(bench, maps) as counter:
        bench.features(bench.inputs("binary", "train", 0).batch(np.arange(2), bench.device))
    one, three = counter.work(1), counter.work(3)
    assert three.model == 2 * one.model
    assert three.positions > one.positions
