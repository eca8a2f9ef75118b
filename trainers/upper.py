"""A bench with the adapter on its uppermost layers only, over the same base model: a cheaper stand-in for the whole.

What enters those layers is computed once per text (:class:`trainers.lower_layers.LowerLayers`) and read by every run.
"""

import copy
import math
from dataclasses import replace
from weakref import WeakKeyDictionary

from trainers.backbone import cut_below
from trainers.bench import Bench

_made: WeakKeyDictionary[Bench, dict[int, Bench]] = WeakKeyDictionary()


def upper(bench: Bench, share: float) -> Bench:
    """The bench with the adapter on a share of the model's layers, the uppermost; made once and remembered.

    Base weights are shared, adapters are not. A bench that adapts no more than those is returned as it is.

    Args:
        share: Of all layers, rounded up.
    """
    lowest = lowest_of(bench, share)
    if lowest <= bench.lowest:
        return bench
    known = _made.setdefault(bench, {})
    if lowest not in known:
        _ = bench.adapter_parameters  # found by being trained
        frozen = [*bench.adapter.buffers(), *(of for of in bench.adapter.parameters() if not of.requires_grad)]
        adapter = copy.deepcopy(bench.adapter, {id(of): of for of in frozen})
        backbone = replace(bench.backbone, model=adapter.get_base_model())  # type: ignore[operator]  # PEFT's model
        cut_below(backbone, lowest)
        method = replace(bench.spec.method, layers=f"top-{backbone.depth - lowest}")
        known[lowest] = Bench(replace(bench.spec, method=method), backbone, adapter, lowest)
    return known[lowest]


def lowest_of(bench: Bench, share: float) -> int:
    """Index of the lowest of those layers."""
    depth = bench.backbone.depth
    return depth - max(1, math.ceil(depth * share - 1e-9))
