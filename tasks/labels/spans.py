"""One class for every line or word of a text: a column of lists."""

import numpy as np

from tasks.errors import InputError
from tasks.kinds import KINDS
from tasks.kinds.spans import padded
from tasks.labels.classes import read_classes
from tasks.labels.column import LabelColumn, sort_of
from tasks.labels.labels import Labels
from tasks.spec import TaskSpec
from tasks.values import in_words, missing


def read_spans(column: LabelColumn, spec: TaskSpec, place: str) -> Labels:
    """From a column of lists, each with a class for every span of its text.

    Raises:
        InputError: If a value is no list, or one without classes; or as for multiclass.
    """
    at, where = f"{place}.label", column.where
    if column.sort is not list:
        raise InputError(
            f"found {in_words(column.values[0])} in {where(0)}, expected a list with a label for every line of the "
            "text, or for every word of a list of words",
            place=at,
        )
    counts = [len(labels) for labels in column.values]
    if 0 in counts:
        raise InputError(f"the list in {where(counts.index(0))} is empty; drop the row", place=at)
    rows = np.repeat(np.arange(len(counts)), counts).tolist()
    flat = [label for labels in column.values for label in labels]
    sort = sort_of(flat)
    wrong = [index for index, label in enumerate(flat) if missing(label)]
    if not wrong and sort in (None, list):
        wrong = [next((index for index, label in enumerate(flat) if type(label) is not type(flat[0])), 0)]
    if wrong:
        (index, *_) = wrong
        raise InputError(
            f"the list in {where(rows[index])} holds {in_words(flat[index])}, expected labels of one sort: texts, "
            "whole numbers, or true and false",
            place=at,
        )
    assert sort is not None
    classes, targets = read_classes(LabelColumn(flat, sort, lambda index: where(rows[index])), spec, place)
    return Labels(KINDS["tokens"], classes, padded(np.split(targets, np.cumsum(counts)[:-1])))
