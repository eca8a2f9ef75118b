"""Heads of tasks with a label for every span, fitted on the states of spans as if each were an example.

Those of kind `text` have nothing to fit.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tasks.encoding import EncodedRows, EncodedTask
from tasks.kinds import KINDS
from trainers import head_fits as fitting
from trainers.bench import Bench
from trainers.evaluate import span_features
from trainers.mixing import seeded

MOST = 8192
"""Spans that a head is fitted on, about; a linear map needs no more. Of every text it is at least one."""


def fitted_span_heads(bench: Bench, task: str) -> fitting.FittedHeads:
    """Heads on the base model's states, without the adapter, at some of the spans of every training text."""
    encoded = bench.tasks[task]
    rows = encoded.splits["train"]
    assert rows.read_at is not None
    at = most_spans(rows.targets, most=max(1, MOST // len(rows)), task=task)
    with bench.without_adapter(), torch.inference_mode():
        states, tokens = span_features(bench, task, "train", np.where(at, rows.read_at, -1).astype(np.int32))
    spans = fitting.FittedSpans(np.nonzero(at)[0], rows.targets[at].astype(np.int64))
    if encoded.kind.name == "text":  # nothing to fit
        head, fold = bench.backbone.language_head(), fitting.folds_of(rows.units, task=task)
        return fitting.FittedHeads(
            head, (head,) * fitting.FOLDS, fold, 0.0, float("nan"), (states.clone(),), tokens, spans
        )
    found = fitting.fit_heads(
        as_examples(encoded, spans, rows.units),
        (states.clone(),),  # inference tensors take no part in a fit
        tokens=tokens,
        hidden=bench.backbone.hidden,
        temperature=bench.spec.training.temperature,
    )
    fold = np.zeros(len(rows), dtype=np.int64)
    fold[spans.rows] = found.fold
    return replace(found, fold=fold, spans=spans)


def fit_spans_on_part(
    bench: Bench, whole: fitting.FittedHeads, some: EncodedTask, rows: NDArray[np.int64]
) -> nn.Module:
    """The head on some of a task's training texts, with the penalty that was chosen on all of them.

    Args:
        whole: Heads on all texts.
        some: The task with those texts.
        rows: Which they are.
    """
    assert whole.spans is not None
    if some.kind.name == "text":
        return whole.whole
    kept = np.isin(whole.spans.rows, rows)
    spans = fitting.FittedSpans(np.searchsorted(rows, whole.spans.rows[kept]), whole.spans.targets[kept])
    states: Tensor = whole.frozen[0][torch.from_numpy(kept).to(bench.device)]
    return fitting.fit_on_part(
        whole,
        as_examples(some, spans, some.splits["train"].units),
        (states,),
        hidden=bench.backbone.hidden,
        temperature=bench.spec.training.temperature,
    )


def as_examples(task: EncodedTask, spans: "fitting.FittedSpans", units: NDArray[np.int64]) -> EncodedTask:
    """A task of classes whose training examples are spans.

    Args:
        units: Of the texts.
    """
    rows = EncodedRows(
        sides=task.splits["train"].sides,  # only their number counts
        targets=spans.targets,
        units=units[spans.rows],
        prior_loss=task.splits["train"].prior_loss,
        truncated=(),
    )
    return replace(task, kind=KINDS["multiclass"], splits={"train": rows})


def most_spans(targets: NDArray[np.int32], *, most: int, task: str) -> NDArray[np.bool_]:
    """Some of every text's spans, drawn by chance from the task's name, shape ``(N, U)``; all if there are few enough.

    Args:
        targets: Padded, shape ``(N, U)``.
        most: Spans per text.
    """
    known = targets >= 0
    if known.sum() <= most * len(targets):
        return known
    keys = np.where(known, seeded("fitted spans", task).random(targets.shape), np.inf)
    rank = np.argsort(np.argsort(keys, axis=1), axis=1)
    return known & (rank < most)
