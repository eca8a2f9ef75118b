"""Label columns to targets: which kind, which classes in which order, and the numbers.

Without a ``kind`` in the suite, several columns or lists mean multilabel, fractions regression, two distinct values
binary, more of them multiclass. Whole numbers of more than 50 distinct values, or written as ``1.0``, could be classes
or amounts: the user is asked. The positive class of a binary task is the greater one (1, true, the later in the
alphabet) unless the suite names another.

Everything here looks at all splits together, so that no split can change the meaning of another; what each split must
hold is checked in :mod:`tasks.checks`.
"""

from collections.abc import Callable

from tasks.errors import InputError
from tasks.examples import Examples
from tasks.labels.classes import read_binary, read_multiclass
from tasks.labels.column import LabelColumn, infer_kind, read_column
from tasks.labels.labels import Labels
from tasks.labels.multilabel import read_flags, read_lists
from tasks.labels.numbers import read_numbers, standardise
from tasks.labels.spans import read_spans
from tasks.spec import TaskSpec

READERS: dict[str, Callable[[LabelColumn, TaskSpec, str], Labels]] = {
    "binary": read_binary,
    "multiclass": read_multiclass,
    "multilabel": read_lists,
    "regression": read_numbers,
    "tokens": read_spans,
}
"""One reader per kind; a retrieval has no label column."""


def read_labels(spec: TaskSpec, examples: Examples, *, place: str) -> Labels:
    """Targets of all examples from the ``label`` of ``spec``.

    Args:
        spec: The task's entry in the suite.
        examples: The rows of all splits.
        place: The task's name in messages, such as ``tasks.clone``.

    Raises:
        InputError: If a label is missing, of the wrong sort, or no class that the suite names; if there is only one
            class; if the kind cannot be told or contradicts the labels.
    """
    at = f"{place}.label"
    if spec.label is None:
        raise InputError("expected the column of the label", place=at)
    if isinstance(spec.label, tuple):
        if spec.kind not in (None, "multilabel"):
            raise InputError(f"several columns mean `kind: multilabel`, but the kind is {spec.kind}", place=at)
        labels = read_flags(spec.label, examples, at)
    else:
        column = read_column(examples, spec.label, at)
        kind = spec.kind or infer_kind(column, named=len(spec.classes or ()), at=f"{place}.kind")
        labels = READERS[kind](column, spec, place)
    for field, used in (("classes", labels.kind.name != "regression"), ("positive", labels.kind.name == "binary")):
        if getattr(spec, field) is not None and not used:
            raise InputError(f"a {labels.kind.name} task has no `{field}`; drop the field", place=f"{place}.{field}")
    return labels


__all__ = ["READERS", "Labels", "read_labels", "standardise"]
