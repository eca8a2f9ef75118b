"""From measured pairs to a chosen grouping."""

from affinity.predictors import PREDICTORS
from cotrain.measuring import Probes, TrainerOracle, neutral
from cotrain.suite import Suite, rules_among
from grouping.loop import search
from grouping.outcome import Outcome
from grouping.planning import Budget
from grouping.study import open_studies
from trainers.train_job import training_tokens
from trainers.trainer import Trainer


def choose_grouping(trainer: Trainer, probes: Probes, suite: Suite, *, studies: str) -> tuple[Outcome, TrainerOracle]:
    """Searches for the best grouping among what it trains.

    Args:
        trainer: Its tasks are grouped; rules of the suite about others are left aside.
        studies: Address of the database that keeps the Optuna studies.

    Raises:
        InputError: If the constraints of the suite cannot be met.
        OutOfTime: If the trainer's deadline came first.
    """
    oracle = TrainerOracle(trainer, probes)
    tasks = tuple(trainer.tasks)
    grouping = rules_among(suite.grouping, tasks)
    measured = {group: neutral(found, probes.learnable) for group, found in probes.measured.items()}
    predictor = PREDICTORS["mean_of_pairs"]
    tokens = {name: training_tokens(task) for name, task in trainer.tasks.items()}
    with open_studies(studies, tasks) as opened:
        outcome = search(
            predictor.fit(tasks, [found.gains() for found in measured.values()]),
            deltas=predictor.fit(tasks, [found.deltas() for found in measured.values()]),
            measured=measured,
            objective=grouping.to_objective({name: task.margin for name, task in trainer.tasks.items()}),
            oracle=oracle,
            budget=Budget(models=suite.budget.models),
            seed=suite.seed,
            constraints=grouping.to_constraints(),
            unavailable=probes.unavailable,
            cost=lambda group: float(sum(tokens[name] for name in group)),
            studies=opened,
        )
    return outcome, oracle
