"""A base model as it is, asked about every task: with no example and with a few, by words and in writing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cotrain.running import Session
from tasks.entry import text_columns
from tasks.task import Task
from trainers.cost import Cost
from trainers.prompting.answers import written_scores
from trainers.prompting.causal_model import CausalSpec, check_causal, open_causal
from trainers.prompting.parsing import NO_ANSWER
from trainers.prompting.prompt_job import Prompted, PromptJob, prompt_identity, prompt_job
from trainers.prompting.question import KINDS, Question
from trainers.result import GroupResult, MemberResult


@dataclass(frozen=True, eq=False)
class PromptedTask:
    """One task with one number of shown examples.

    Args:
        words: Runs scored by the log-probabilities of the words, one per draw of examples.
        written: The same runs by what was written.
        unanswered: Share of written answers that are none of the words, over runs.
        cost: Of all runs, each of which gives both.
        questions: That each example is asked.
    """

    words: Sequence[GroupResult]
    written: Sequence[GroupResult]
    unanswered: float
    cost: Cost
    questions: int


def prompt_all(session: Session, *, shots: Sequence[int]) -> dict[tuple[str, int], PromptedTask]:
    """Answers to the test split of every task whose kind has words, by task and number of shown examples.

    With examples, one run per validation seed draws its own; without, there is one run.

    Raises:
        InputError: If the base model writes no text, a task's words do not fit it, or texts do not fit the model.
    """
    check_causal(session.spec.checkpoint)
    workspace, trainer = session.workspace, session.trainer
    asked = {name: task for name, task in workspace.tasks.items() if task.kind.name in KINDS}
    questions = {name: _question(session, task) for name, task in asked.items()}
    seeds = trainer.fresh_seeds(trainer.budget.validation_seeds)
    spec = CausalSpec(
        checkpoint=session.spec.checkpoint, tasks=asked, device=session.spec.device, threads=session.spec.threads
    )
    jobs = {
        (name, count): [
            _job(session, name, questions[name], shots=count, seed=seed) for seed in (seeds if count else seeds[:1])
        ]
        for name in asked
        for count in shots
    }
    with trainer.executor.like(open_causal, spec) as executor:
        own = replace(trainer, executor=executor)
        every = [job for of in jobs.values() for job in of]
        answers = dict(zip((job.key for job in every), own.jobs(every, phase="prompting"), strict=True))
    return {
        (name, count): _gathered(
            asked[name], questions[name], [answers[job.key] for job in of], [job.seed for job in of]
        )
        for (name, count), of in jobs.items()
    }


def _question(session: Session, task: Task) -> Question:
    spec = session.suite.tasks[task.name]
    return Question.of(task, spec, list(text_columns(spec)))


def _job(session: Session, name: str, question: Question, *, shots: int, seed: int) -> PromptJob:
    task, spec = session.workspace.tasks[name], session.spec
    return prompt_job(
        name,
        question,
        split="test",
        shots=shots,
        seed=seed,
        max_length=task.max_length or session.suite.max_length,
        identity=prompt_identity(spec.checkpoint, task, device=spec.device, threads=spec.threads),
        examples=len(task.splits["test"]),
    )


def _gathered(task: Task, question: Question, found: Sequence[Prompted], seeds: Sequence[int]) -> PromptedTask:
    targets = task.splits["test"].targets
    words, written = [], []
    for of, seed in zip(found, seeds, strict=True):
        said = written_scores(of.answers.written, targets, words=len(question.asks[0].words))
        words.append(_as_run(task, of.answers.scores, seed))
        written.append(_as_run(task, said, seed))
    unanswered = float(np.mean([(of.answers.written == NO_ANSWER).mean() for of in found]))
    cost = sum((of.cost for of in found), Cost())
    return PromptedTask(words, written, unanswered, cost, questions=len(question.asks))


def _as_run(task: Task, scores: NDArray[np.float32], seed: int) -> GroupResult:
    """Scores in the form of a run, which is what intervals are read from."""
    metric = float(task.metric(scores, task.splits["test"].targets))
    none: NDArray[Any] = np.empty(0)
    member = MemberResult(curve=none, train_curve=none, losses={}, scores={"test": scores}, metric={"test": metric})
    return GroupResult(
        group=(task.name,),
        seed=seed,
        reference=False,
        grid=none,
        chosen=0,
        members={task.name: member},
        steps=0,
        cost=Cost(),
    )
