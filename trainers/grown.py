"""A bench whose adapter has the rank of a group: where ranks grow with groups, one per number of tasks."""

from dataclasses import replace
from weakref import WeakKeyDictionary

from trainers.bench import Bench
from trainers.fitted_heads import share_heads
from trainers.methods import for_group
from trainers.recompute import recompute, recomputed_no_more

_made: WeakKeyDictionary[Bench, dict[int, Bench]] = WeakKeyDictionary()


def grown(bench: Bench, members: int) -> Bench:
    """The bench with the adapter of a group of so many tasks; made once and remembered.

    Base weights, cached states and fitted heads are shared, adapters are not. The bench is returned as it is where the
    method is the same for every group.

    Args:
        members: Tasks of the group.
    """
    method = for_group(bench.spec.method, members)
    if method == bench.spec.method:
        return bench
    known = _made.setdefault(bench, {})
    if members not in known:
        _ = bench.adapter_parameters  # found by being trained
        model = bench.adapter.sharing().without()
        backbone = replace(bench.backbone, model=model, lent=list(bench.backbone.lent))
        if bench.spec.training.recompute:
            recomputed_no_more(backbone)
        adapter = method.attach(backbone, lowest=bench.lowest)
        if bench.spec.training.recompute:
            recompute(backbone)
        for parameter in adapter.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
        known[members] = Bench(
            replace(bench.spec, method=method), backbone, adapter, bench.lowest, bench._inputs, bench.team
        )
        share_heads(bench, known[members])
    return known[members]
