"""The heads that runs start from: fitted once on frozen features, and remembered.

Every run starts from them: a group and its members' references, and all seeds, then begin at one point, where the heads
have nothing left to learn from the base model alone. What the runs differ by is the adapter's doing.

Source: Kumar et al., ICLR 2022, https://arxiv.org/abs/2202.10054, fit the head before they fine-tune.
"""

import copy
from weakref import WeakKeyDictionary

import torch
from torch import nn

from trainers.bench import Bench
from trainers.evaluate import features
from trainers.head_fits import FittedHeads, fit_heads
from trainers.heads import make_head
from trainers.kept_heads import kept_heads
from trainers.settings import Training
from trainers.span_heads import fitted_span_heads

_fitted: WeakKeyDictionary[Bench, dict[str, FittedHeads]] = WeakKeyDictionary()
_starts: WeakKeyDictionary[Bench, dict[str, nn.Module]] = WeakKeyDictionary()


def initial_head(bench: Bench, task: str, *, seed: int, training: Training | None = None) -> nn.Module:
    """The head that a run starts from: fitted on frozen features, or random if the settings say so.

    Retrieval's head has nothing to fit and starts at the settings' temperature; a completion's is the base model's.

    Args:
        training: The run's own settings; None for the bench's.
    """
    training, encoded = training or bench.spec.training, bench.tasks[task]
    if encoded.kind.name == "text":
        return bench.backbone.language_head()
    if training.heads == "fitted" and not encoded.kind.pooled:
        known = _starts.get(bench, {}).get(task)
        head = copy.deepcopy(fitted_heads(bench, task).whole if known is None else known)
    else:
        head = make_head(
            encoded,
            hidden=bench.backbone.hidden,
            seed=seed,
            temperature=training.temperature,
            template=bench.backbone.template,
        )
    return head.to(bench.device, bench.dtype)


def fitted_heads(bench: Bench, task: str) -> FittedHeads:
    """A task's heads on the features of the base model, without the adapter; fitted once and remembered."""
    known = _fitted.setdefault(bench, {})
    if task not in known and bench.tasks[task].kind.placed:
        known[task] = fitted_span_heads(bench, task)
    if task not in known:
        with bench.without_adapter(), torch.inference_mode():
            read = [features(bench, task, "train", side) for side in range(bench.tasks[task].sides)]
        encoded, template = bench.tasks[task], bench.backbone.template
        frozen = tuple(side.clone() for side, _ in read)  # inference tensors take no part in a fit
        tokens, hidden = sum(count for _, count in read), bench.backbone.hidden
        temperature = bench.spec.training.temperature

        def fit() -> FittedHeads:
            return fit_heads(encoded, frozen, tokens=tokens, hidden=hidden, temperature=temperature, template=template)

        def head() -> nn.Module:
            return make_head(encoded, hidden=hidden, seed=0, temperature=temperature, template=template)

        known[task] = kept_heads(bench.spec.cache, encoded, frozen, tokens=tokens, head=head, fit=fit)
    return known[task]


def share_heads(bench: Bench, other: Bench) -> None:
    """Lets another bench of the same base model and tasks start from the same heads."""
    for known in (_fitted, _starts):
        known[other] = known.setdefault(bench, {})  # type: ignore[assignment]


def start_from(bench: Bench, task: str, head: nn.Module) -> None:
    """Lets every run of the bench start a task from this head."""
    _starts.setdefault(bench, {})[task] = head
