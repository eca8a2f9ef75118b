"""One task's held-out examples, answered by a general model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.errors import InputError
from tasks.task import Rows, Task
from trainers.prompting.causal_model import CausalModel
from trainers.prompting.continuations import Beginning
from trainers.prompting.dialogue import Dialogue, Shown, dialogue, example_ids
from trainers.prompting.parsing import NO_ANSWER, parse
from trainers.prompting.question import Ask, Question
from trainers.prompting.shots import choose_shots

ROWS = 16
"""Examples per pass."""
SPARE = 4
"""Tokens that an answer may have more than the longest word, for signs around it."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to ``N`` examples; a multilabel task has ``C`` questions, others one.

    Args:
        scores: In the form that the task's metric reads, from the words' log-probabilities: of two words the
            difference, positive less negative, ``(N, 1)``, or ``(N, C)`` of a multilabel task; of more words each,
            ``(N, C)``.
        written: Index of the word that the model wrote, ``NO_ANSWER`` where it was none; shape ``(N, questions)``.
        tokens: Positions computed, padding included.
    """

    scores: NDArray[np.float32]
    written: NDArray[np.int64]
    tokens: int


def answer(
    causal: CausalModel, task: Task, question: Question, *, split: str, shots: int, seed: int, max_length: int
) -> Answers:
    """Asks about every example of a split.

    Args:
        shots: Examples of train that are shown.
        seed: Draws them.
        max_length: Tokens per text of an example.

    Raises:
        InputError: If the texts do not fit the model's positions.
    """
    scores, written, tokens = [], [], 0
    for place, ask in enumerate(question.asks):
        shown = _shown(task, question, place, shots=shots, seed=seed)
        laid = dialogue(ask, question.columns, shown, causal.tokenizer, most=max_length)
        of_words, said, computed = _ask(causal, laid, ask, question.columns, task.splits[split], most=max_length)
        scores.append(of_words[:, 1:] - of_words[:, :1] if task.kind.name != "multiclass" else of_words)
        written.append(said)
        tokens += computed
    return Answers(np.concatenate(scores, axis=1), np.stack(written, axis=1), tokens)


def written_scores(written: NDArray[np.int64], targets: NDArray[Any], *, words: int) -> NDArray[np.float32]:
    """What was written, in the form that metrics read; where it was no answer, a wrong word stands for it.

    No class of its own: macro F1 would count it as one more class, and a single example without an answer would cost
    as much as a class that is never right.

    Args:
        written: As :class:`Answers` has it.
        targets: Classes, shape ``(N,)``, or labels, ``(N, C)``.
        words: Of a question.
    """
    right = targets.reshape(written.shape).astype(np.int64)
    said = np.where(written == NO_ANSWER, (right + 1) % words, written)
    if words == 2:
        return (2.0 * said - 1.0).astype(np.float32)
    return np.eye(words, dtype=np.float32)[said[:, 0]]


def _shown(task: Task, question: Question, place: int, *, shots: int, seed: int) -> list[Shown]:
    ask, train = question.asks[place], task.splits["train"]
    right = train.targets[:, place] if train.targets.ndim == 2 else train.targets
    rows = choose_shots(
        right.astype(np.int64), words=len(ask.words), count=shots, seed=seed, name=f"{task.name} {place}"
    )
    return [Shown(tuple(side[row] for side in train.texts), ask.words[int(right[row])]) for row in rows]


def _ask(
    causal: CausalModel, laid: Dialogue, ask: Ask, columns: Sequence[str], rows: Rows, *, most: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
    ids = [
        [*example_ids(columns, texts, causal.tokenizer, most=most), *laid.after]
        for texts in zip(*rows.texts, strict=True)
    ]
    longest = max(map(len, laid.words)) + SPARE
    needed = len(laid.before) + max(map(len, ids)) + longest
    if causal.positions is not None and needed > causal.positions:
        raise InputError(
            f"an example takes {needed} tokens with what is shown before it, but the model has {causal.positions} "
            "positions; show fewer, or lower `max_length`",
            place="--shots",
        )
    beginning = Beginning(causal.model, laid.before)
    ends = _ends(causal)
    scores = np.empty((len(ids), len(ask.words)), dtype=np.float32)
    written = np.empty(len(ids), dtype=np.int64)
    tokens = len(laid.before)
    order = np.argsort([len(row) for row in ids], kind="stable")
    for start in range(0, len(ids), ROWS):
        some = order[start : start + ROWS]
        read = beginning.read([ids[row] for row in some])
        of_words, more = beginning.score(read, laid.words)
        texts, last = beginning.write(read, most=longest, ends=ends)
        scores[some] = of_words.cpu().numpy()
        written[some] = [parse(causal.tokenizer.decode(text, skip_special_tokens=True), ask.words) for text in texts]
        tokens += read.tokens + more + last
    return scores, written, tokens


def _ends(causal: CausalModel) -> list[int]:
    """Tokens that end a text, by the model's own settings for writing and its tokenizer."""
    given = getattr(causal.model.generation_config, "eos_token_id", None)
    found = list(given) if isinstance(given, list) else [given]
    return [int(token) for token in {*found, causal.tokenizer.eos_token_id} if token is not None]
