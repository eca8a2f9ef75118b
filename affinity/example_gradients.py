r"""Gradients of every example's readout with respect to the adapter, out of one batched backward per batch.

LoRA adds :math:`\sum_t s\, B (A x_t)` over tokens :math:`t`. With the input of a factor, ``(N, L, i)``, and the
gradient of its output, ``(N, L, o)``, an example's own gradient of that factor is their product summed over its tokens:
examples never mix, so one backward of the sum of all readouts serves them all. At ``B = 0`` the gradient of ``A`` is
zero and left out; ``A`` is then the projection of the layer's input to ``r`` numbers, and no gradient of a full weight
matrix is ever made.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affinity.looked_spans import looked_spans
from affinity.readouts import margins, ranking
from trainers.bench import Bench
from trainers.interruption import check
from trainers.mixing import seeded

POSITIONS = 2048
"""Tokens per batch, padding included; bounds memory, not results."""


@dataclass(frozen=True, eq=False)
class ExampleGradients:
    """Readouts of ``N`` examples at the adapter's present weights, and their gradients.

    Args:
        readouts: Shape ``(N, R)``.
        blocks: One per adapter factor, by its name, shape ``(N, R, d)``.
        tokens: Positions computed forward and, once for each of the ``R`` readouts, backward; padding included.
    """

    readouts: NDArray[np.float32]
    blocks: dict[str, NDArray[np.float32]]
    tokens: int


@dataclass(frozen=True, eq=False)
class Candidates:
    r"""What retrieval's texts are told apart from: fixed features, so that an example's readout has one gradient.

    A query is told from other documents, its document from other queries. The second stands for the documents' part as
    wrong answers to other queries: without it a gradient that draws *all* texts together would look like a gain.

    Args:
        queries: Pooled features of the split's queries, shape ``(N, H)``.
        documents: Of its documents, shape ``(P, H)``.
        targets: Index of every query's document, shape ``(N,)``.
        negatives: Documents that a query is told from, shape ``(N, m)``; all others if None.
    """

    queries: Tensor
    documents: Tensor
    targets: NDArray[np.int64]
    negatives: NDArray[np.int64] | None

    def allowed(self, rows: NDArray[np.int64]) -> Tensor | None:
        """Which documents count as negatives of some queries, shape ``(B, P)``; all if None."""
        if self.negatives is None:
            return None
        device = self.documents.device
        found = torch.zeros(len(rows), len(self.documents), dtype=torch.bool, device=device)
        return found.scatter_(1, torch.from_numpy(self.negatives[rows]).to(device), True)


def example_gradients(
    bench: Bench,
    task: str,
    split: str,
    head: nn.Module,
    rows: NDArray[np.int64],
    *,
    candidates: Candidates | None = None,
) -> ExampleGradients:
    """Of some examples of a split, in the order of ``rows``, at the adapter's present weights.

    Args:
        head: The task's.
        rows: At least one.
        candidates: Retrieval's documents.
    """
    encoded, kind = bench.tasks[task].splits[split], bench.tasks[task].kind
    looked = looked_spans(bench.tasks[task], split) if kind.placed else None
    found: ExampleGradients | None = None
    tokens = 0
    with _taps(bench.adapter) as taps:
        for at in _by_length(encoded.lengths[rows]):
            check()
            some = rows[at]
            targets = encoded.targets[some]
            places = (some, targets) if kind.pooled else (some,) * len(encoded.sides)
            batches = [bench.inputs(task, split, side).batch(p, bench.device) for side, p in enumerate(places)]
            if looked is not None:
                at_tokens = torch.from_numpy(looked.read_at[some].astype(np.int64)).to(bench.device)
                batches, targets = [replace(batches[0], read_at=at_tokens)], looked.targets[some]
            tokens += sum(batch.tokens for batch in batches)
            taps.clear()
            sides = [bench.features(batch, task) for batch in batches]
            expected = torch.from_numpy(np.ascontiguousarray(targets)).to(bench.device)
            if candidates is None:
                values = followed = margins(kind, head(*sides), expected)
            else:
                values, followed = retrieval_margins(head, sides, candidates, some, targets)
            last = values.shape[1] - 1
            blocks = [taps.gradients(followed[:, r].sum(), keep=r < last) for r in range(last + 1)]
            if found is None:
                found = _room(len(rows), values.shape[1], blocks[0])
            found.readouts[at] = values.detach().float().cpu().numpy()
            for r, of in enumerate(blocks):
                for name, block in of.items():
                    found.blocks[name][at, r] = block.float().cpu().numpy()
    if found is None:
        raise ValueError(f"Expected examples of the {split} split of {task}, but got none.")
    return replace(found, tokens=tokens)


def _room(examples: int, readouts: int, blocks: dict[str, Tensor]) -> ExampleGradients:
    """Of an example each, shape ``(B, d)``."""
    shape = examples, readouts
    made = {name: np.zeros((*shape, block.shape[1]), dtype=np.float32) for name, block in blocks.items()}
    return ExampleGradients(np.zeros(shape, dtype=np.float32), made, 0)


def retrieval_margins(
    head: nn.Module, sides: Sequence[Tensor], candidates: Candidates, rows: NDArray[np.int64], right: NDArray[np.int64]
) -> tuple[Tensor, Tensor]:
    """Margins of queries' own documents, and what their gradient is taken of; both ``(B, 1)``.

    Args:
        sides: Features of the queries and of their documents.
        rows: Which queries they are.
        right: Which documents.
    """
    queries, documents = sides
    wanted, place = (torch.from_numpy(index).to(queries.device) for index in (right, rows))
    forward = ranking(head(queries, candidates.documents), wanted, allowed=candidates.allowed(rows))
    others = torch.from_numpy(right[:, None] != candidates.targets).to(queries.device)
    backward = ranking(head(documents, candidates.queries), place, allowed=others)
    return forward, forward + backward


def drawn_negatives(
    targets: NDArray[Any], documents: int, *, batch_size: int, seed: int, task: str
) -> NDArray[np.int64]:
    """As many random others per query as a training batch has, shape ``(N, m)``."""
    generator = seeded("negatives", seed, task)
    count = min(batch_size - 1, documents - 1)
    drawn = [generator.choice(documents - 1, size=count, replace=False, shuffle=False) for _ in targets]
    found = np.stack(drawn).astype(np.int64)
    return found + (found >= targets[:, None])  # over the query's own


@dataclass(eq=False)
class _Taps:
    """Inputs and outputs of the adapter's factors in the forward passes since :meth:`clear`."""

    seen: dict[str, list[tuple[Tensor, Tensor]]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forgets what was seen."""
        self.seen.clear()

    def gradients(self, total: Tensor, *, keep: bool) -> dict[str, Tensor]:
        """Every example's gradient of ``total`` by factor, in fp32, shape ``(B, d)``; sides of a pair add up.

        Of a bf16 base model autocast gives bf16 slopes beside fp32 inputs.
        """
        outputs = [output for calls in self.seen.values() for _, output in calls]
        slopes = iter(torch.autograd.grad(total, outputs, retain_graph=keep))
        found = {}
        for name, calls in self.seen.items():
            parts = [
                torch.einsum("blo,bli->boi", next(slopes).float(), inputs.float()).flatten(1) for inputs, _ in calls
            ]
            found[name] = torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]
        return found


@contextmanager
def _taps(adapter: nn.Module) -> Iterator[_Taps]:
    """Listens to those factors of the adapter whose gradient is not zero for want of the other."""
    from peft.tuners.lora import LoraLayer

    taps = _Taps()
    handles = []

    def listen(name: str, factor: nn.Module) -> None:
        def seen(_module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
            taps.seen.setdefault(name, []).append((args[0].detach(), output))

        handles.append(factor.register_forward_hook(seen))

    for name, module in adapter.named_modules():
        if isinstance(module, LoraLayer):
            up, down = module.lora_B["default"], module.lora_A["default"]
            listen(f"{name}.B", up)
            if any(bool(weight.any()) for weight in up.parameters()):
                listen(f"{name}.A", down)
    try:
        yield taps
    finally:
        for handle in handles:
            handle.remove()


def _by_length(lengths: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Places of examples in batches of similar length, :data:`POSITIONS` tokens each at most."""
    order = np.argsort(lengths, kind="stable")
    found, start = [], 0
    for stop in range(1, len(order) + 1):
        if stop == len(order) or int(lengths[order[stop]]) * (stop + 1 - start) > POSITIONS:
            found.append(order[start:stop])
            start = stop
    return found
