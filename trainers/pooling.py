"""From one vector per token to one per text, or to one for each place at which a text is read."""

from typing import Literal

import torch
from torch import Tensor


def pool(states: Tensor, mask: Tensor, how: Literal["mean", "last", "first"]) -> Tensor:
    """Pools hidden states over a text's tokens, in fp32 or the states' own finer type.

    Args:
        states: Shape ``(B, L, H)``.
        mask: 1 where a token is, 0 on the padding at the right, shape ``(B, L)``.
        how: `mean` over tokens, or the `last` or `first` token.

    Returns:
        Shape ``(B, H)``.
    """
    dtype = torch.promote_types(states.dtype, torch.float32)
    if how == "first":
        return states[:, 0].to(dtype)
    if how == "last":
        return states[torch.arange(len(states), device=states.device), mask.sum(1) - 1].to(dtype)
    weights = mask.unsqueeze(-1).to(dtype)
    return (states.to(dtype) * weights).sum(1) / weights.sum(1)


def pick(states: Tensor, read_at: Tensor) -> Tensor:
    """States at given tokens, text after text, in fp32 or the states' own finer type.

    Args:
        states: Shape ``(B, L, H)``.
        read_at: Tokens, shape ``(B, U)``, -1 where a text has no more.

    Returns:
        Shape ``(P, H)``, for the ``P`` tokens that there are.
    """
    known = read_at >= 0
    rows, _ = known.nonzero(as_tuple=True)
    return states[rows, read_at[known]].to(torch.promote_types(states.dtype, torch.float32))
