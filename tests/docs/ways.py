"""How the documentation's commands are run by tests: which, with what beside, and why the others are not."""

from dataclasses import dataclass

SMALL = ("--budget", "smoke", "--base-model", "model", "--workers", "1", "--quiet")
"""What makes minutes of training a few seconds: little of everything, and a tiny base model."""


@dataclass(frozen=True)
class Way:
    """How one command is run in the folder that the guides work in.

    Args:
        more: Arguments beside those that the page shows.
        after: A command that has to be run before.
        codes: Exit codes that are right.
        shown: Whether what it prints stands in a page, word for word.
    """

    more: tuple[str, ...] = ()
    after: str = ""
    codes: tuple[int, ...] = (0,)
    shown: bool = False


RUN = "cotrain recommend suite.yaml --out run"
RUNS: dict[str, Way] = {
    "python docs/examples/write_data.py data": Way(("--source", "library", "--rows", "40")),
    "cotrain init --data data": Way(("from_data.yaml",)),
    "cotrain init guessed.yaml --data data": Way(),
    "cotrain doctor": Way(codes=(0, 1)),
    "cotrain audit suite.yaml": Way(("--base-model", "model")),
    "cotrain plan suite.yaml": Way(("--base-model", "model", "--workers", "1")),
    "cotrain recommend": Way(
        (*SMALL, "--source", "library", "--tasks", "complexity,code_search", "--no-validate", "--out", "built-in")
    ),
    "cotrain recommend suite.yaml --budget smoke": Way((*SMALL[2:], "--tasks", "verb,complexity", "--no-validate")),
    RUN: Way(SMALL),
    "cotrain predict run data/verbs.jsonl --task verb --out predicted.jsonl": Way(after=RUN),
    "cotrain export run": Way(after=RUN),
    "cotrain report run": Way(after=RUN),
    "cotrain validate suite.yaml --grouping run/recommendation.json --out again": Way(SMALL, after=RUN),
    "cotrain heatmap suite.yaml --estimator coverage": Way((*SMALL, "--out", "covered")),
    "cotrain heatmap --from docs/scores.csv --adapters 2": Way(shown=True),
    "cotrain search --table docs/gains.csv --adapters 3 --models 8": Way(shown=True),
    "cotrain search --table docs/gains.csv --mode cover --adapters 3 --models 12": Way(shown=True),
    "cotrain search --table docs/gains.csv --mode cover --adapters 4 --models 20 --weights code_search=2 --floor=-0.03 "
    "--apart code_search,string_role --max-tasks 4": Way(),
    "cotrain search --trainer 'python docs/examples/own_trainer.py' --tasks even,high,prime,round --models 6": Way(),
}
"""Commands that are run."""

NOT_RUN = {
    r"pip install .*": "what every environment begins with: .ci/run does it",
    r"pytest": "these tests",
    r"cotrain compare run other-run .*": "another run; tests/cotrain/test_compare.py compares two",
    r"cotrain recommend suite\.yaml": "the same with --budget smoke is run",
    r"cotrain recommend suite\.yaml --max-(hours|jobs) .*": "tests/cotrain/test_limits.py runs them",
    r"cotrain recommend suite\.yaml --device cuda.*": "needs a GPU",
    r"cotrain recommend suite\.yaml --executor ray.*": "tests/trainers/test_ray.py starts a cluster",
    r"cotrain recommend suite\.yaml --storage postgresql://.*": "tests/cotrain/test_storage.py starts a server",
    r"cotrain recommend suite\.yaml --estimator coverage": "`cotrain heatmap` is run with it",
    r"cotrain reproduce suite\.yaml .*": "hours, and a file of a model; tests/cotrain/test_reproduce.py",
    r"cotrain predict run --task clone new\.csv": "another suite's; the guide's own is run",
    r"cotrain search --trainer 'python train_group\.py' .*": "the reader's program; the guide's own is run",
}
"""Patterns of those that are only read, each with the reason."""
