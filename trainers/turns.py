r"""How many batches of each member a pass of a group holds: what mixing decides.

A pass of a group takes as many optimiser steps as all members' batches together, :math:`N = \sum_i n_i`, whatever the
mixing. Member :math:`i` gets the share

.. math:: p_i = n_i^{1/T} / \sum_j n_j^{1/T},

with :math:`T = 1` for `proportional`, where every member makes one pass over its own examples, and :math:`T = \infty`
for `equal`. A single has all turns under any mixing. Where an aggregator joins the gradients of all members, a step
takes a batch of each, and a pass has as many steps as the mixing gives the member with most.

Source: temperature sampling as in Aharoni et al., NAACL 2019, https://arxiv.org/abs/1903.00089, who draw every batch's
task at random; here the shares are kept exactly, so that runs differ less from seed to seed.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

SLACK = 1e-9
"""A quota this far below a whole number is that number: rounding of sums."""


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", use_attribute_docstrings=True))
class Temperature:
    """Shares between proportional (1) and equal (large)."""

    name: Literal["temperature"]
    """`temperature`."""
    temperature: float = Field(gt=0)
    """T: a member's share grows with the 1/T-th power of its batches."""


Mixing = Literal["proportional", "equal"] | Temperature
"""How a pass of a group is divided among its members."""


def is_proportional(mixing: Mixing) -> bool:
    """Whether every member makes one pass over its own examples in a pass of the group."""
    return mixing == "proportional" or (isinstance(mixing, Temperature) and mixing.temperature == 1)


def shares(sizes: NDArray[np.float64], mixing: Mixing) -> NDArray[np.float64]:
    """Shares of a group's turns, shape ``(m,)``, for members of these sizes; they add up to 1."""
    if mixing == "equal":
        return np.full(len(sizes), 1 / len(sizes))
    with np.errstate(over="ignore"):  # a temperature near 0 leaves the smaller ones nothing
        logs = np.log(sizes / sizes.max()) / (mixing.temperature if isinstance(mixing, Temperature) else 1.0)
    weights = np.exp(logs)
    return np.asarray(weights / weights.sum())


def turns(lengths: Sequence[int], mixing: Mixing, *, parts: int = 1, jointly: bool = False) -> list[int]:
    """Batches of each member in one pass of its group, by largest remainders; as many together as ``lengths``.

    Args:
        lengths: Batches of each member's own pass.
        parts: Parts of the pass. Every member has a batch for each, if all parts are as long as the group has members;
            otherwise one for the pass. Proportional mixing leaves the members' own passes as they are.
        jointly: Whether every step takes a batch of each member: all have as many as the one with most, then.
    """
    found = list(lengths) if is_proportional(mixing) else _rounded(lengths, mixing, parts)
    return [max(found)] * len(found) if jointly else found


def _rounded(lengths: Sequence[int], mixing: Mixing, parts: int) -> list[int]:
    total, members = sum(lengths), len(lengths)
    least = parts if total // parts >= members else 1
    wanted = shares(np.array(lengths, dtype=np.float64), mixing)
    quotas, few = wanted * total, np.zeros(members, dtype=bool)
    while (more := ~few & (quotas < least - SLACK)).any():
        few |= more
        left = total - least * few.sum()
        quotas = np.where(few, least, left * wanted / wanted[~few].sum())
    found = np.floor(quotas + SLACK).astype(np.int64)
    ties = -np.array(lengths)  # equal remainders: the larger member, as just below T = infinity
    largest = np.lexsort((ties, np.round(found - quotas, 9)))[: total - int(found.sum())]
    found[largest] += 1
    return [int(count) for count in found]
