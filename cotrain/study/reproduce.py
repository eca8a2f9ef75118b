"""The study on one suite: every candidate trained, every causal base model prompted, one object with all figures."""

import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cotrain.candidate_runs import CandidateRuns, check_all
from cotrain.candidates import BASELINES, Candidate
from cotrain.evidence import PACKAGES
from cotrain.json_text import to_json
from cotrain.run_folder import read_object
from cotrain.running import Session
from cotrain.study.arrangements import all_trained, train_arrangements
from cotrain.study.costs import costs, prompting_costs
from cotrain.study.prompted import prompt_all
from cotrain.study.rows import Row, prompted_rows, trained_rows
from cotrain.versions import version
from reports.files import write_bytes
from reports.study import markdown
from tasks.errors import InputError
from trainers.checkpoint import find_checkpoint
from trainers.cost import Cost
from trainers.prompting.causal_model import check_causal
from trainers.sizes import Sizes, base_weights

SPLITS = ("train", "stop", "select", "test")


@dataclass(frozen=True, kw_only=True)
class Study:
    """What is compared beside every task alone and all together.

    Args:
        pairs: Whether adapters are trained for every pair; `full` and `head` are not.
        tuned: Short names of the base models of which tuned singles are trained; None for all.
        factors: Step sizes of tuned singles, over the method's own, 1 among them; `full` and `head` have
            one.
        shots: Numbers of examples that prompts show.
        prompted: Short names of the base models that are prompted; None takes every one that writes text.
    """

    pairs: bool = True
    tuned: Collection[str] | None = None
    factors: Sequence[float] = (0.33, 1.0, 3.0)
    shots: Sequence[int] = (0, 4)
    prompted: Collection[str] | None = None


def reproduce(candidates: Sequence[Candidate], study: Study, runs: CandidateRuns) -> dict[str, Any]:
    """Trains and prompts what is missing, and returns the object of ``reproduction.json``, which it writes.

    Every candidate has a run folder, so the same call goes on where it was.

    Raises:
        InputError: If a suite, its data, a base model or a folder is unusable, or the hours are over.
    """
    check_all(candidates)
    _check_names(study.tuned or (), candidates, "--tune")
    asked = _prompted(candidates, study)
    tasks: dict[str, Any] = {}
    prompted: list[dict[str, Any]] = []
    for candidate in candidates:  # first, as it takes least and may be refused
        if candidate.base_model in asked:
            asked.remove(candidate.base_model)
            with runs.open(candidate) as opened:
                _open_test(opened)
                answers = prompt_all(opened, shots=study.shots)
                rows = prompted_rows(answers, opened.spec.tasks, shots=study.shots)
                base, _ = base_weights(opened.spec)
            of = _model(candidate, method="prompting", settings=None, rows=rows)
            spent = sum((one.cost for one in answers.values()), Cost())
            prompted.append(of | {"costs": prompting_costs(answers, base=base), "spent": spent.to_dict()})
    trained: list[dict[str, Any]] = []
    for candidate in candidates:
        with runs.open(candidate) as opened:
            tasks = tasks or _tasks(opened)
            trained.append(_trained(candidate, opened, study))
            opened.drop_cache()
    found = {
        "schema": 1,
        "tasks": tasks,
        "models": [*trained, *prompted],
        "shots": list(study.shots),
        "step_size_factors": list(study.factors),
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "seeds": candidates[0].loaded.suite.budget.validation_seeds,
    }
    write_bytes(runs.out / "reproduction.json", to_json(found).encode())
    write_bytes(runs.out / "reproduction.md", markdown(found).encode())
    return found


def _trained(candidate: Candidate, opened: Session, study: Study) -> dict[str, Any]:
    baseline = candidate.method.split(" ")[0] in BASELINES
    tuned = not baseline and (study.tuned is None or candidate.base_model in study.tuned)
    pairs, factors = study.pairs and not baseline, study.factors if tuned else (1.0,)
    frozen = _frozen(opened, needed=not all_trained(opened, pairs=pairs, factors=factors))
    _open_test(opened)
    found = train_arrangements(opened, pairs=pairs, factors=factors)
    sizes = Sizes.of(opened.spec, groups=(1, 2, len(opened.spec.tasks)))
    return _model(
        candidate,
        method=candidate.method,
        settings=asdict(opened.suite.method) | {"learning_rate": opened.suite.training.learning_rate},
        rows=trained_rows(found, opened.trainer.tasks),
    ) | {
        "weights": {"base": sizes.base, "adapter": sizes.adapters[1], "heads": dict(sizes.heads)},
        "costs": costs(found, sizes, frozen=frozen),
        "spent": (frozen + found.runs.cost + found.tuning).to_dict(),
    }


def _open_test(opened: Session) -> None:
    """Notes that test is about to be read; all of one candidate is one look."""
    opened.folder.open_test(
        [list(opened.trainer.tasks)],
        settings={"reproduce": True, "seed": opened.suite.seed, "passes": opened.suite.budget.passes},
        tests={name: task.fingerprint for name, task in opened.trainer.tasks.items()},
    )


def _frozen(opened: Session, *, needed: bool) -> Cost:
    """Computes the layers below the adapter if they are needed; what they cost at first, noted for later calls."""
    note = opened.folder.path / "frozen.json"
    if not note.exists():
        opened.drop_cache()  # what a stopped call left of it was not counted
        opened.folder.write_json(note.name, {"schema": 1, **opened.cache_layers(SPLITS).to_dict()})
    elif needed:
        opened.cache_layers(SPLITS)
    known = read_object(note)
    return Cost(**{name: known[name] for name in Cost().to_dict()})


def _model(
    candidate: Candidate, *, method: str, settings: Mapping[str, Any] | None, rows: Sequence[Row]
) -> dict[str, Any]:
    return {
        "base_model": candidate.base_model,
        "method": method,
        "settings": None if settings is None else dict(settings),
        "rows": list(rows),
        "weights": None,
        "costs": [],
        "spent": None,
    }


def _tasks(opened: Session) -> dict[str, Any]:
    constant = opened.prior()
    return {
        name: {
            "kind": task.kind.name,
            "metric": task.metric.name,
            "examples": {split: len(rows) for split, rows in task.splits.items()},
            "constant": constant[name],
        }
        for name, task in opened.workspace.tasks.items()
    }


def _prompted(candidates: Sequence[Candidate], study: Study) -> set[str]:
    """Short names of the base models to prompt.

    Raises:
        InputError: If one is named that is not compared, or that writes no text.
    """
    bases = {of.base_model: find_checkpoint(of.loaded.suite.base_model) for of in candidates}
    _check_names(study.prompted or (), candidates, "--prompt")
    for name in study.prompted or ():
        check_causal(bases[name])
    if study.prompted is not None:
        return set(study.prompted)
    found = set()
    for name, checkpoint in bases.items():
        try:
            check_causal(checkpoint)
        except InputError:
            continue
        found.add(name)
    return found


def _check_names(names: Collection[str], candidates: Sequence[Candidate], flag: str) -> None:
    known = list(dict.fromkeys(of.base_model for of in candidates))
    for name in names:
        if name not in known:
            raise InputError(f"no base model `{name}`; expected some of {', '.join(known)}, or none", place=flag)
