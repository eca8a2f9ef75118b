"""Rows of a task as padded tensors: token ids, or the cached states of the lower layers."""

from dataclasses import dataclass
from typing import Protocol

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
    """

    values: Tensor
    mask: Tensor

    @property
    def tokens(self) -> int:
        """Positions computed, padding included."""
        return self.mask.numel()


class Inputs(Protocol):
    """All texts of one side of one split."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens per text, shape ``(N,)``."""

    def batch(self, rows: NDArray[np.int64], device: torch.device) -> Padded:
        """The texts at ``rows``, padded to the longest of them."""


@dataclass(frozen=True, eq=False)
class TokenInputs:
    """Token ids: every layer is computed in every pass."""

    tokens: Tokens

    @property
    def lengths(self) -> NDArray[np.int64]:
        return self.tokens.lengths

    def batch(self, rows: NDArray[np.int64], device: torch.device) -> Padded:
        places, mask = positions(self.tokens, rows)
        ids = np.zeros(mask.shape, dtype=np.int64)
        ids[mask] = self.tokens.ids[places]
        return Padded(torch.from_numpy(ids).to(device), torch.from_numpy(mask.astype(np.int64)).to(device))


@dataclass(frozen=True, eq=False)
class StateInputs:
    """Hidden states that enter the lowest adapted layer, shape ``(tokens, H)``: the layers below are done."""

    tokens: Tokens
    states: NDArray[np.float32]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return self.tokens.lengths

    def batch(self, rows: NDArray[np.int64], device: torch.device) -> Padded:
        places, mask = positions(self.tokens, rows)
        values = np.zeros((*mask.shape, self.states.shape[1]), dtype=np.float32)
        values[mask] = self.states[places]
        return Padded(torch.from_numpy(values).to(device), torch.from_numpy(mask.astype(np.int64)).to(device))


def positions(tokens: Tokens, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Places of the tokens of ``rows`` in the flat arrays, row after row, and the padded batch's mask ``(B, L)``."""
    starts, lengths = tokens.offsets[rows], tokens.lengths[rows]
    mask = np.arange(int(lengths.max())) < lengths[:, None]  # shape: (B, L)
    places = (starts[:, None] + np.arange(mask.shape[1]))[mask]
    return places, mask
