"""A bench with LoRA on its uppermost layers only, over the same base model: a cheaper stand-in for the whole.

What enters those layers is computed once per text (:class:`trainers.lower_layers.LowerLayers`) and read by every run.
Methods other than LoRA are looked at through it too: gradients of single examples are taken of its two factors.
Where ranks grow with groups, what is looked at has the rank of a single, whatever the group.
"""

import math
from dataclasses import replace
from weakref import WeakKeyDictionary

from trainers.bench import Bench, BenchSpec, open_bench
from trainers.cut import cut_below
from trainers.methods import DoRA, LoRA

_made: WeakKeyDictionary[Bench, dict[int, Bench]] = WeakKeyDictionary()


def through_lora(spec: BenchSpec) -> BenchSpec:
    """The same with LoRA, at its defaults, on the layers that the method adapts, with pooled heads, nothing recomputed.

    LoRA and rsLoRA stay as they are, save that every group has the rank of a single.
    """
    training = replace(spec.training, head="pooled", recompute=False)
    if isinstance(spec.method, LoRA) and not isinstance(spec.method, DoRA):
        method = replace(spec.method, rank_per_task=False)
        alike = training == spec.training and method == spec.method
        return spec if alike else replace(spec, method=method, training=training)
    training = replace(training, learning_rate=LoRA.learning_rate)
    return replace(spec, method=LoRA(layers=spec.method.layers), training=training)


def upper(bench: Bench, share: float) -> Bench:
    """The bench with LoRA on a share of the model's layers, the uppermost; made once and remembered.

    Base weights are shared, adapters are not; where the bench has another method than LoRA, the base model is loaded
    again, as the method's parts are inside it. A bench that has LoRA on no more than those layers is returned as it is.

    Args:
        share: Of all layers, rounded up.
    """
    spec = through_lora(bench.spec)
    lowest = max(lowest_of(bench, share), bench.lowest)
    if spec is bench.spec and lowest == bench.lowest:
        return bench
    known = _made.setdefault(bench, {})
    if lowest not in known:
        method = replace(spec.method, layers="all" if lowest == 0 else f"top-{bench.backbone.depth - lowest}")
        spec = replace(spec, method=method)
        alike = spec.method.name == bench.spec.method.name and spec.training == bench.spec.training
        if alike and lowest == bench.lowest:
            known[lowest] = replace(bench, spec=spec)
        else:
            known[lowest] = _cut(bench, spec, lowest) if alike else open_bench(spec)
    return known[lowest]


def _cut(bench: Bench, spec: BenchSpec, lowest: int) -> Bench:
    """A copy that shares base weights, without the layers below."""
    _ = bench.adapter_parameters  # found by being trained
    adapter = bench.adapter.sharing()
    backbone = replace(bench.backbone, model=adapter.base, lent=list(bench.backbone.lent))
    cut_below(backbone, lowest)
    return Bench(spec, backbone, adapter, lowest)


def lowest_of(bench: Bench, share: float) -> int:
    """Index of the lowest of those layers; 0 of what cannot be cut.

    That is an encoder-decoder that is read as a whole, and an architecture that was found by its structure.
    """
    if bench.backbone.family.native_only or bench.backbone.family.generic:
        return 0
    depth = bench.backbone.depth
    return depth - max(1, math.ceil(depth * share - 1e-9))
