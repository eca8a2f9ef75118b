"""Two runs side by side: what they agree on, which is better and cheaper, and what differs between them."""

from collections.abc import Sequence
from pathlib import Path

from affinity.both import Both
from affinity.concordance import Concordance, concordance
from cotrain.compared_groups import compare_groups
from cotrain.compared_run import ComparedRun, read_compared
from cotrain.compared_tasks import standing, task_rows
from cotrain.differing import differing, unknown
from reports.comparison import GIVEN, PROBED, RECOMMENDED, Comparison, Costs, RunFacts, TaskSets
from reports.origin import origin
from reports.records import GIVEN as GIVEN_OBJECTIVE
from tasks.errors import InputError
from trainers.cost import Cost

PHASES = ("probe", "search", "forms", "validation", "equal_sizes", "reruns", "total")
"""Phases of :class:`reports.records.Spent`, in the order of tables."""

FINDING = ("probe", "search", "forms")
"""Those of them that find an answer."""
CLOSE = 0.05
"""Share by which computation may differ and count as the same: how soon a task alone gets no better is luck in part."""


def compare_runs(a: Path, b: Path) -> Comparison:
    """Compares two run folders.

    Raises:
        InputError: If one is no run, both are the same, or they have no task in common.
    """
    one, other = read_compared(a), read_compared(b)
    if one.path.resolve() == other.path.resolve():
        raise InputError("both are the same run; name two", place=f"{a} and {b}")
    shared = tuple(sorted(set(one.tasks) & set(other.tasks)))
    if not shared:
        raise InputError(
            f"no task in common: the first has {_listed(one.tasks)}, the second {_listed(other.tasks)}; name runs that "
            "share tasks",
            place=f"{a} and {b}",
        )
    rows = task_rows(one, other, shared)
    names = run_names(one.path, other.path)
    return Comparison(
        runs=Both(_facts(one, names.a), _facts(other, names.b)),
        tasks=_tasks(one, other, shared),
        affinities=_affinities(one, other),
        groupings=compare_groups(one, other),
        per_task=rows,
        standing=standing(one, other, rows),
        costs=_costs(one, other),
        differing=differing(one, other, shared),
        unknown=unknown(one, other),
    )


def check_page(path: Path) -> None:
    """Refuses a place for the page that is a folder, or a file of another kind, before anything is compared.

    Raises:
        InputError: If it is one.
    """
    if path.is_dir():
        raise InputError("this is a folder; name a file, such as compared.html", place=str(path))
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError("expected a file whose name ends in .html", place=str(path))


def write_page(comparison: Comparison, path: Path) -> Path:
    """Writes the page.

    Raises:
        InputError: If the place is no HTML file or cannot be written.
    """
    from reports.compared_page import compared_page
    from reports.files import write_bytes

    check_page(path)
    return write_bytes(path, compared_page(comparison).encode())


def run_names(a: Path, b: Path) -> Both[str]:
    """As much of the ends of two paths as tells them apart."""
    one, other = a.resolve().parts, b.resolve().parts
    for count in range(1, max(len(one), len(other)) + 1):
        if one[-count:] != other[-count:]:
            return Both("/".join(one[-count:]), "/".join(other[-count:]))
    return Both(str(a), str(b))


def _listed(tasks: tuple[str, ...]) -> str:
    return ", ".join(tasks[:4]) + (f" and {len(tasks) - 4} more" if len(tasks) > 4 else "")


def _facts(of: ComparedRun, name: str) -> RunFacts:
    found = of.recommendation
    kind = PROBED if found is None else GIVEN if found.objective.name == GIVEN_OBJECTIVE else RECOMMENDED
    method = of.settings.get("method")
    seed = of.settings.get("seed")
    return RunFacts(
        name=name,
        path=str(of.path),
        kind=kind,
        complete=found is None or found.complete,
        base_model=str(of.settings.get("base_model") or ""),
        method=str(method.get("name", "")) if isinstance(method, dict) else str(method or ""),
        affinities=of.matrix is not None,
        estimator=of.matrix.estimator if of.matrix is not None else "",
        seed=seed if isinstance(seed, int) else None,
        verdict=found.verdict if found is not None else "",
    )


def _tasks(a: ComparedRun, b: ComparedRun, shared: tuple[str, ...]) -> TaskSets:
    return TaskSets(
        shared=shared,
        only=Both(*(tuple(name for name in of.tasks if name not in shared) for of in (a, b))),
        not_learnable=_unlearnable(a, b, shared),
        left_out=tuple(
            name
            for name in shared
            if any(of.recommendation is not None and name in of.recommendation.left_out for of in (a, b))
        ),
    )


def _unlearnable(a: ComparedRun, b: ComparedRun, names: tuple[str, ...]) -> tuple[str, ...]:
    """Of these tasks, those that a run could not learn at its budget."""
    known = [of.recommendation.learnable for of in (a, b) if of.recommendation is not None]
    return tuple(name for name in names if any(of.get(name) is False for of in known))


def _affinities(a: ComparedRun, b: ComparedRun) -> Concordance | None:
    if a.matrix is None or b.matrix is None:
        return None
    common = tuple(sorted(set(a.matrix.tasks) & set(b.matrix.tasks)))
    if len(common) < 2:
        return None
    left, right = (of.matrix.subset(common) for of in (a, b) if of.matrix is not None)
    kinds = [origin(matrix.estimator) for matrix in (left, right)]
    comparable = all(of.gains for of in kinds) and kinds[0].unit == kinds[1].unit
    same = comparable or left.estimator == right.estimator
    return concordance(left, right, left_out=_unlearnable(a, b, common), same_scale=same)


def _costs(a: ComparedRun, b: ComparedRun) -> Costs:
    phases = {name: Both(_phase(a, name), _phase(b, name)) for name in PHASES}
    phases = {name: of for name, of in phases.items() if of.a is not None or of.b is not None}
    adapters, stored = Both(_adapters(a), _adapters(b)), Both(_stored(a), _stored(b))
    alone = a.recommendation is None or b.recommendation is None
    finding = Both(*(_finding(of, FINDING[:1] if alone else FINDING) for of in (a, b)))
    ended = all(of.recommendation is None or of.recommendation.complete for of in (a, b))
    cheaper = _cheaper(adapters, stored, finding) if ended and a.tasks == b.tasks else "not compared"
    return Costs(phases=phases, adapters=adapters, stored=stored, finding=finding, cheaper=cheaper)


def _finding(of: ComparedRun, phases: Sequence[str]) -> float | None:
    """FLOPs of these phases; None where none of them did anything."""
    known = [cost.flops for name in phases if (cost := _phase(of, name)) is not None]
    return sum(known) if known else None


def _phase(of: ComparedRun, name: str) -> Cost | None:
    """What a phase took; None where it did nothing. Of affinities alone there were probe runs."""
    if of.recommendation is None:
        cost = of.matrix.cost if of.matrix is not None and name == "probe" else None
    else:
        cost = getattr(of.recommendation.cost, name)
    return cost if cost is not None and (cost.jobs or cost.flops or cost.seconds) else None


def _adapters(of: ComparedRun) -> int | None:
    found = of.recommendation
    if found is None:
        return None
    return sum(not set(group) <= set(found.left_out) for group in found.groups)


def _stored(of: ComparedRun) -> int | None:
    account = of.recommendation.cost.account if of.recommendation is not None else None
    return account.break_even.stored if account is not None else None


def _cheaper(adapters: Both[int | None], stored: Both[int | None], flops: Both[float | None]) -> str:
    """By what both runs know; computation that is nearly equal counts as equal."""
    known = [(of.a, of.b) for of in (adapters, stored) if of.a is not None and of.b is not None]
    fewer, more = any(a < b for a, b in known), any(a > b for a, b in known)
    if flops.a is not None and flops.b is not None:
        known.append((0, 0))
        near = abs(flops.a - flops.b) <= CLOSE * max(flops.a, flops.b)
        fewer, more = fewer or (flops.a < flops.b and not near), more or (flops.a > flops.b and not near)
    if not known:
        return "not compared"
    if fewer and more:
        return "mixed"
    return "a" if fewer else "b" if more else "equal"
