"""What a general model is asked about a task's examples, and with which words it may answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.errors import InputError, did_you_mean
from tasks.spec import TaskSpec
from tasks.task import Task
from trainers.prompting.parsing import bare

KINDS = ("binary", "multiclass", "multilabel")
"""Kinds whose answers are words."""
NO, YES = "no", "yes"
TRUTH = {"0": NO, "1": YES, "false": NO, "true": YES}
"""Words for classes that are no words."""
SAID = {False: NO, True: YES}
"""What YAML makes of a bare no and yes."""


@dataclass(frozen=True)
class Ask:
    """One question with a closed list of answers.

    Args:
        instruction: What is asked, without the list.
        words: The answers; of two, the positive class is last.
    """

    instruction: str
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the model reads."""
        return f"{self.instruction} Answer with one of: {', '.join(self.words)}."


@dataclass(frozen=True)
class Question:
    """How one task is asked: once, or for every label of a multilabel task.

    Args:
        asks: The questions, in the order of the labels.
        columns: What stands before each text of an example.
    """

    asks: tuple[Ask, ...]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, task: Task, spec: TaskSpec, columns: Sequence[str]) -> "Question":
        """The question of a task.

        The suite's `instruction` and `words`; without them the task's name, the classes' names, and no and yes for 0
        and 1. A multilabel task is asked about each label, whose word says what is asked.

        Raises:
            InputError: If the task's kind has no words, or `words` names a class that is none, or leaves one out, or
                gives two the same.
        """
        place = f"tasks.{task.name}"
        if task.kind.name not in KINDS:
            raise InputError(
                f"a {task.kind.name} task has no words to answer with; {', '.join(KINDS)} tasks are prompted",
                place=f"{place}.kind",
            )
        given = {name: word if isinstance(word, str) else SAID[word] for name, word in (spec.words or {}).items()}
        words = _words(task.classes, given, place=f"{place}.words")
        instruction = spec.instruction or f"Task: {task.name.replace('_', ' ').replace('-', ' ')}."
        if task.kind.name == "multilabel":
            asks = [Ask(f"{instruction} Is this so: {words[name]}?", (NO, YES)) for name in task.classes]
        else:
            asks = [Ask(instruction, tuple(words[name] for name in task.classes))]
        return cls(tuple(asks), tuple(columns))


def _words(classes: Sequence[str], given: Mapping[str, str], *, place: str) -> dict[str, str]:
    for name in given:
        if name not in classes:
            raise InputError(
                f"no class `{name}`{did_you_mean(name, classes)}; classes are {', '.join(classes)}", place=place
            )
    plain = set(classes) <= set(TRUTH)
    words = {name: given.get(name, TRUTH[name] if plain else name).strip() for name in classes}
    if given and set(given) != set(classes):
        raise InputError(f"no word for the class `{min(set(classes) - set(given))}`", place=place)
    seen = [bare(word) for word in words.values()]
    if len(set(seen)) < len(seen) or not all(seen):
        raise InputError("expected a different word for every class, quotes and stops around it aside", place=place)
    return words
