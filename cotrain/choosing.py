"""The whole way over several base models and methods: each is searched, one is validated."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cotrain.candidate_runs import CandidateRuns, check_all
from cotrain.candidates import Candidate
from cotrain.contenders import Contender, choose, contender
from cotrain.given_grouping import Given, given_partition
from cotrain.json_text import to_json
from cotrain.recommending import run_recommendation
from cotrain.wishes import Wishes
from reports.files import write_bytes
from reports.inputs import CANDIDATES
from trainers.sizes import Sizes


def recommend_among(
    candidates: Sequence[Candidate],
    runs: CandidateRuns,
    *,
    validate: bool,
    equal_sizes: bool = False,
    compare: Given | None = None,
    earlier: Sequence[Path] = (),
) -> dict[str, Any]:
    """Searches with every candidate, in a run folder of its own, and validates the one that is chosen.

    ``candidates.json`` holds the comparison; the chosen folder is an ordinary run, and the folder around it is read as
    that one.

    Args:
        validate: Whether the chosen one is validated.
        equal_sizes: As of :class:`cotrain.wishes.Wishes`, for the chosen one, as are reruns.
        compare: A grouping that is validated beside the chosen one's.
        earlier: As there, for all of them.

    Returns:
        The object of the chosen run's ``recommendation.json``, with ``candidate`` and ``candidates`` beside.

    Raises:
        InputError: If a suite, its data, a base model or a folder is unusable, or the hours are over.
    """
    check_all(candidates)
    found: list[tuple[Candidate, Contender, dict[str, Any]]] = []
    unjudged: list[tuple[Candidate, dict[str, Any]]] = []
    for candidate in candidates:
        if runs.over and (found or unjudged):
            runs.progress.line(f"{candidate.name} was not searched with: the limits came first")
            continue
        with runs.open(candidate) as opened:
            recommended = run_recommendation(
                opened,
                Wishes(validate=False, reruns=False, earlier=earlier),
                started=time.monotonic(),
            )
            skills = json.loads((opened.folder.path / "evidence.json").read_text(encoding="utf-8")).get("skills")
            sizes = Sizes.of(opened.spec, groups=[len(group) for group in recommended["groups"]])
        if skills is None:
            unjudged.append((candidate, recommended))
            continue
        of = contender(
            candidate.name,
            candidate.base_model,
            candidate.method,
            recommended=recommended,
            skills=skills,
            sizes=sizes,
        )
        found.append((candidate, of, recommended))
    if not found:
        return _first(unjudged[0], runs)
    chosen, reason = choose([of for _, of, _ in found])
    candidate, _, answer = next(one for one in found if one[1] == chosen)
    compared = {
        "schema": 1,
        "candidate": chosen.name,
        "reason": reason,
        "candidates": [of.to_dict() for _, of, _ in found],
    }
    write_bytes(runs.out / CANDIDATES, to_json(compared).encode())
    more = validate or equal_sizes or candidate.loaded.suite.budget.reruns
    if more and not (runs.over and len(found) < len(candidates)):
        with runs.open(candidate) as opened:
            own = None if compare is None else given_partition(compare, opened.workspace.tasks, place="compare")
            wishes = Wishes(validate=validate, equal_sizes=equal_sizes, compared=own, earlier=earlier)
            answer = run_recommendation(opened, wishes, started=runs.started)
    return answer | {"candidate": chosen.name, "candidate_reason": reason, "candidates": compared["candidates"]}


def _first(of: tuple[Candidate, dict[str, Any]], runs: CandidateRuns) -> dict[str, Any]:
    """The answer where the limits came before the references of any candidate were done: the first one, as it is."""
    candidate, answer = of
    reason = f"{candidate.name} is the first, and the limits came before any could be compared"
    compared = {"schema": 1, "candidate": candidate.name, "reason": reason, "candidates": []}
    write_bytes(runs.out / CANDIDATES, to_json(compared).encode())
    return answer | {"candidate": candidate.name, "candidate_reason": reason, "candidates": []}
