"""One entry of a suite to a :class:`Task`: files are read, checked, split and hashed."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.checks import check_rows, check_targets, check_units
from tasks.entry import check_entry, find_metric, is_retrieval, is_text, text_columns
from tasks.examples import Examples, codes
from tasks.fingerprint import fingerprint
from tasks.kinds import KINDS
from tasks.labels import Labels, read_labels, standardise
from tasks.sources import read_sources
from tasks.spans import Spans, check_counts, spanned_texts
from tasks.spec import TaskSpec
from tasks.splits import divide, generator_for
from tasks.task import SPLITS, Rows, Task

TRAIN, VALIDATION, TEST = 0, 1, 2
DRAWN = -1


def load_task(name: str, spec: TaskSpec, *, folder: Path, seed: int) -> Task:
    """Reads the examples of one task.

    What the data leave open is drawn at random from ``seed`` and the task's name alone: the splits that are not given,
    and always the stop and select halves of validation. Both draws keep equal values of ``group_by`` together (for
    retrieval, without one, equal documents) and classes, labels or tenths of the amounts even.

    Args:
        name: The task's name in the suite.
        spec: Its entry.
        folder: What relative paths start from: the suite file's folder.
        seed: 0 or more.

    Raises:
        InputError: If anything is wrong with the entry or the data; the place starts with ``tasks.<name>``.
    """
    place = f"tasks.{name}"
    check_entry(spec, name=name, place=place)
    examples = Examples(read_sources(spec.data, folder=folder, place=f"{place}.data"))
    texts, spans, labels = _read(spec, examples, place)
    metric = find_metric(spec, labels.kind, place=place)
    units = _units(spec, examples, labels, place)
    parts = _parts(name, spec, examples, labels, units, seed, place)
    if spec.group_by is not None:
        check_units(parts, units, column=spec.group_by, place=f"{place}.group_by")
    check_targets(labels, parts, examples, place=place)
    targets, centre, spread = labels.targets, 0.0, 1.0
    if targets.dtype == np.float64:
        targets, centre, spread = standardise(targets, parts == TRAIN, at=f"{place}.label")
    splits = {}
    for part, split in enumerate(SPLITS):
        rows = np.flatnonzero(parts == part)
        of_side = tuple(tuple(side[row] for row in rows.tolist()) for side in texts)
        stand = tuple(examples.places[row] for row in rows.tolist())
        of_rows = tuple(spans[row] for row in rows.tolist()) if spans else ()
        splits[split] = Rows(of_side, targets[rows], units[rows], stand, of_rows)
    digest = fingerprint(
        *("task", name, labels.kind.name, labels.classes, metric.name, float(spec.margin), spec.max_length),
        *(centre, spread),
        *((split, rows.texts, rows.targets, rows.units) for split, rows in splits.items()),
        *((split, rows.spans) for split, rows in splits.items() if spans),
    )
    return Task(
        name,
        labels.kind,
        labels.classes,
        metric,
        spec.margin,
        splits,
        digest,
        max_length=spec.max_length,
        centre=centre,
        spread=spread,
        weight=spec.weight,
    )


def _read(
    spec: TaskSpec, examples: Examples, place: str
) -> tuple[tuple[tuple[str, ...], ...], tuple[Spans, ...], Labels]:
    """Texts by side, what labels stand for if several have one text, and the labels."""
    columns = text_columns(spec)
    if spec.kind == "tokens":
        (column,) = columns
        text, spans, what = spanned_texts(examples, column, place=f"{place}.text")
        labels = read_labels(spec, examples, place=place)
        check_counts(spans, labels.targets, examples, what=what, place=f"{place}.label")
        return (text,), spans, labels
    texts = tuple(examples.texts(column, place=f"{place}.{field}") for column, field in columns.items())
    if is_retrieval(spec) or is_text(spec):
        return texts, (), Labels(KINDS["text" if is_text(spec) else "retrieval"], (), codes(texts[1]))
    return texts, (), read_labels(spec, examples, place=place)


def _units(spec: TaskSpec, examples: Examples, labels: Labels, place: str) -> NDArray[np.int64]:
    """Unit of every row, shape ``(N,)``: its ``group_by``, for retrieval its document, or the row itself."""
    if spec.group_by is not None:
        return codes(list(map(str, examples.values(spec.group_by, place=f"{place}.group_by"))))
    return labels.targets if labels.kind.pooled else np.arange(len(examples), dtype=np.int64)


def _parts(
    name: str, spec: TaskSpec, examples: Examples, labels: Labels, units: NDArray[np.int64], seed: int, place: str
) -> NDArray[np.int64]:
    """Index into :data:`SPLITS` of every row, shape ``(N,)``."""
    given = examples.given_splits(spec.split, place=place)
    absent = [part for part in (VALIDATION, TEST) if not (given == part).any()]
    if absent:
        pool = given == (DRAWN if (given == DRAWN).any() else TRAIN)
        shares = [spec.fractions[part] for part in (TRAIN, *absent)]
        given[pool] = np.asarray([TRAIN, *absent])[_draw(name, labels, units, pool, shares, seed, "splits")]
    check_rows(given, examples, place=place)
    halves = given == VALIDATION
    parts = np.where(given == TEST, SPLITS.index("test"), SPLITS.index("train"))
    order = np.asarray([SPLITS.index("select"), SPLITS.index("stop")])  # the odd unit goes to select
    parts[halves] = order[_draw(name, labels, units, halves, [0.5, 0.5], seed, "halves")]
    return parts


def _draw(
    name: str,
    labels: Labels,
    units: NDArray[np.int64],
    pool: NDArray[np.bool_],
    shares: list[float],
    seed: int,
    purpose: str,
) -> NDArray[np.int64]:
    """Part of every row of ``pool``."""
    generator = generator_for(name, seed=seed, purpose=purpose)
    strata = labels.kind.strata(labels.targets[pool])
    return divide(units[pool], strata, fractions=shares, generator=generator)
