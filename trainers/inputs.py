"""Rows of a task as padded tensors: token ids, or the cached states of the lower layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tasks.encoding import Tokens


@dataclass(frozen=True, eq=False)
class Padded:
    """A batch of texts.

    Args:
        values: Token ids, shape ``(B, L)``, or hidden states, shape ``(B, L, H)``.
        mask: 1 where a token is, shape ``(B, L)``.
        read_at: Tokens whose states are read, shape ``(B, U)``, -1 where there are no more; None where texts are read
            as a whole.
    """

    values: Tensor
    mask: Tensor
    read_at: Tensor | None = None

    @property
    def tokens(self) -> int:
        """Positions computed, padding included."""
        return self.mask.numel()

    def repeat(self, copies: int) -> "Padded":
        """The batch ``copies`` times, one after the other."""
        if copies == 1:
            return self
        values, read_at = self.values.repeat(copies, *[1] * (self.values.dim() - 1)), self.read_at
        return Padded(values, self.mask.repeat(copies, 1), None if read_at is None else read_at.repeat(copies, 1))


def joined(batches: Sequence[Padded]) -> Padded:
    """Batches of one padded length as one batch, without where they are read."""
    if len(batches) == 1:
        return batches[0]
    return Padded(torch.cat([batch.values for batch in batches]), torch.cat([batch.mask for batch in batches]))


class Inputs(Protocol):
    """All texts of one side of one split."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens per text, shape ``(N,)``."""

    def batch(self, rows: NDArray[np.int64], device: torch.device, *, length: int = 0) -> Padded:
        """The texts at ``rows``, padded to the longest of them, or to ``length`` if that is more."""


@dataclass(frozen=True, eq=False)
class TokenInputs:
    """Token ids: every layer is computed in every pass."""

    tokens: Tokens
    read_at: NDArray[np.int32] | None = None

    @property
    def lengths(self) -> NDArray[np.int64]:
        return self.tokens.lengths

    def batch(self, rows: NDArray[np.int64], device: torch.device, *, length: int = 0) -> Padded:
        places, mask = positions(self.tokens, rows, length=length)
        ids = np.zeros(mask.shape, dtype=np.int64)
        ids[mask] = self.tokens.ids[places]
        return _padded(ids, mask, self.read_at, rows, device)


@dataclass(frozen=True, eq=False)
class StateInputs:
    """Hidden states that enter the lowest adapted layer, shape ``(tokens, H)``: the layers below are done."""

    tokens: Tokens
    states: NDArray[np.float32]
    read_at: NDArray[np.int32] | None = None

    @property
    def lengths(self) -> NDArray[np.int64]:
        return self.tokens.lengths

    def batch(self, rows: NDArray[np.int64], device: torch.device, *, length: int = 0) -> Padded:
        places, mask = positions(self.tokens, rows, length=length)
        values = np.zeros((*mask.shape, self.states.shape[1]), dtype=np.float32)
        values[mask] = self.states[places]
        return _padded(values, mask, self.read_at, rows, device)


def _padded(
    values: NDArray[Any],
    mask: NDArray[np.bool_],
    read_at: NDArray[np.int32] | None,
    rows: NDArray[np.int64],
    device: torch.device,
) -> Padded:
    """A batch on a device; of where all texts are read, what belongs to ``rows``."""
    at = None
    if read_at is not None:
        own = read_at[rows]
        at = torch.from_numpy(own[:, : int((own >= 0).sum(axis=1).max())].astype(np.int64)).to(device)
    return Padded(torch.from_numpy(values).to(device), torch.from_numpy(mask.astype(np.int64)).to(device), at)


def positions(
    tokens: Tokens, rows: NDArray[np.int64], *, length: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Places of the tokens of ``rows`` in the flat arrays, row after row, and the padded batch's mask ``(B, L)``.

    ``L`` is the longest text's number of tokens, or ``length`` if that is more.
    """
    starts, lengths = tokens.offsets[rows], tokens.lengths[rows]
    mask = np.arange(max(int(lengths.max()), length)) < lengths[:, None]  # shape: (B, L)
    places = (starts[:, None] + np.arange(mask.shape[1]))[mask]
    return places, mask
