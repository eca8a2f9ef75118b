"""How much is trained until the best grouping is found: the search beside "validate the top k".

    python -m benchmarks.top_k [--worlds 60]

Worlds of six tasks with planted gains and the truth table's noise. *Validate the top k* trains every pair with the
probe seeds, predicts every grouping by the mean of its pairs, trains the ``k`` best ones with three seeds each (groups
that were trained already are free) and takes the best of them as measured. The search trains what it proposes. Both are
given the references, see the select half, and are stopped by somebody who knows the truth: at the first choice whose
true value lacks at most 1 % of the best, on a scale where the median grouping lacks 100 %. Work is counted in tasks
trained once; what does not get there in all that it may train counts as never. Written to ``results/top_k.json``.
"""

import argparse
import json
from collections.abc import Iterator
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, cast

import numpy as np

from affinity.gains import measure_groups
from affinity.predictors import Hybrid, MeanOfPairs
from benchmarks.kept import Kept
from benchmarks.machine import machine
from benchmarks.proofs.planted_runs import DrawingTrainer, Group, Planted
from benchmarks.proofs.repetition import probe, ranked, regret
from benchmarks.proofs.worlds import world
from cotrain.measuring import TrainerOracle
from grouping.loop import search
from grouping.masks import all_members, mask_of
from grouping.objective import BestGain
from grouping.partition import Partition, all_partitions
from grouping.rounds.planning import Budget as SearchBudget
from trainers.budget import Budget
from trainers.trainer import Trainer

OUT = Path(__file__).parent / "results" / "top_k.json"
KINDS = ("blocks", "hubs", "size penalties", "chains", "low rank")
"""The last two served no decision."""
NEAR = 0.01
SELECT = 2000
MODELS = 48
"""Most groups that the search trains; there are 56 beyond all tasks together."""
BUDGET = Budget(seeds=2, reference_seeds=3, validation_seeds=3)


def searched(planted: Planted) -> float | None:
    """Work until the search has the best grouping."""
    trainer = DrawingTrainer(planted, BUDGET)
    probes = probe(trainer)
    spent = {0: _groups_only(trainer)}
    oracle = TrainerOracle(cast(Trainer, trainer), probes)
    outcome = search(
        Hybrid.fit(planted.names, [of.gains() for of in probes.measured.values()]),
        measured=probes.measured,
        objective=BestGain(),
        oracle=oracle,
        budget=SearchBudget(models=MODELS, rounds=MODELS // 2),
        seed=planted.seed,
    )
    sizes = BUDGET.seeds * np.cumsum([0, *(sum(map(len, of.asked)) for of in outcome.rounds)])
    for at, of in enumerate(outcome.rounds):
        choice = of.choice if of.choice is not None else outcome.partition
        if regret(planted, choice) <= NEAR:
            return float(spent[0] + sizes[at])
    return float(spent[0] + sizes[-1]) if regret(planted, outcome.partition) <= NEAR else None


def top_k(planted: Planted) -> float | None:
    """Work until the best of the top k is the best grouping."""
    trainer = DrawingTrainer(planted, BUDGET)
    references = trainer.run([], seeds=[], references=planted.names, reference_seeds=trainer.probe_seeds(3)).references
    pairs = [tuple(pair) for pair in combinations(planted.names, 2)]
    runs = dict(trainer.run(pairs, seeds=trainer.probe_seeds(BUDGET.seeds)).groups)
    measured = measure_groups(runs, references, planted.tasks)
    predictor = MeanOfPairs.fit(planted.names, [of.gains() for of in measured.values()])
    totals = np.nansum(predictor.predict(all_members(len(planted.names))).mean, axis=1)
    scores = {
        of: sum(float(totals[mask_of(group, planted.names)]) for group in of.groups if len(group) > 1)
        for of in all_partitions(planted.names)
    }
    seen: list[Partition] = []
    for partition in ranked(planted, scores):
        new = [group for group in partition.groups if len(group) > 1 and group not in runs]
        if new:
            runs |= trainer.run(new, seeds=trainer.probe_seeds(BUDGET.validation_seeds)).groups
        seen.append(partition)
        if new or len(seen) == 1:
            measured = measure_groups(runs, references, planted.tasks)
        best = max(seen, key=lambda of: (sum(_total(measured, group) for group in of.groups), of.groups))
        if regret(planted, best) <= NEAR:
            return _groups_only(trainer)
    return None


def _total(measured: Any, group: Group) -> float:
    return float(measured[group].gain.sum()) if len(group) > 1 else 0.0


def _groups_only(trainer: DrawingTrainer) -> float:
    return sum(work for (group, _), work in trainer.trained.items() if len(group) > 1)


def compared(kind: str, seed: int) -> dict[str, float | None]:
    """Work of both in one world."""
    planted = world(kind, seed=seed, select=SELECT, test=10, margin=2.0)
    return {"search": searched(planted), "top k": top_k(planted)}


def summary(rows: list[dict[str, float | None]]) -> dict[str, Any]:
    """Medians, with what never got there as endless, and how often the search takes at most half."""
    work = {name: np.array([np.inf if row[name] is None else row[name] for row in rows]) for name in rows[0]}
    both = np.isfinite(work["search"]) & np.isfinite(work["top k"])
    ratio = work["search"][both] / work["top k"][both]
    return {
        "worlds": len(rows),
        "found by the search": float(np.isfinite(work["search"]).mean()),
        "found by top k": float(np.isfinite(work["top k"]).mean()),
        "median work of the search": float(np.median(work["search"])),
        "median work of top k": float(np.median(work["top k"])),
        "median ratio where both get there": float(np.median(ratio)) if len(ratio) else None,
        "at most half the work": float((work["search"] <= work["top k"] / 2)[np.isfinite(work["search"])].mean()),
    }


def _seeds(count: int) -> Iterator[int]:
    return iter(range(1000, 1000 + count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=60)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    made_on = json.loads(given.out.read_text())["settings"]["machine"] if given.out.exists() else machine()
    kept = Kept(given.out, {"select": SELECT, "near": NEAR, "models": MODELS, "machine": made_on})
    every = []
    for kind in KINDS:
        rows = [kept.measured(f"{kind} {seed}", partial(compared, kind, seed)) for seed in _seeds(given.worlds)]
        every += rows
        kept.measured(f"{kind}, {given.worlds} worlds", partial(summary, rows))
    kept.measured(f"all, {given.worlds} worlds each", partial(summary, every))


if __name__ == "__main__":
    main()
