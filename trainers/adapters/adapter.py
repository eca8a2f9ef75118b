"""A base model with what a method trains on it."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from trainers.mixing import seeded


class Adapter(nn.Module, ABC):
    """The base model, changed by trained weights; all that is trained has ``requires_grad``, heads aside.

    Args:
        base: The base model, frozen.
    """

    before = 0
    """Positions that stand before every text inside the model; their states are not part of the output."""

    @property
    @abstractmethod
    def base(self) -> nn.Module:
        """The base model; its layers may hold the adapter's parts."""

    @abstractmethod
    def forward(self, **inputs: Any) -> Tensor:
        """Last hidden states of the texts' own positions, shape ``(B, L, H)``.

        Args:
            inputs: ``input_ids`` or ``inputs_embeds``, and ``attention_mask``.
        """

    @abstractmethod
    def redraw(self) -> None:
        """Puts initial weights in, drawn from the global generator as :meth:`reset` seeds it."""

    @abstractmethod
    def weights(self) -> dict[str, Tensor]:
        """The present trained weights by the names that files have."""

    @abstractmethod
    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Puts weights in that :meth:`weights` gave."""

    @abstractmethod
    def off(self) -> AbstractContextManager[None]:
        """Within it, the base model alone is computed."""

    @abstractmethod
    def save(self, folder: Path, weights: Mapping[str, Tensor], *, base: str) -> None:
        """Writes weights and what describes them.

        Args:
            folder: Where to; it exists.
            weights: As :meth:`weights` gives them.
            base: Name or folder of the base model.
        """

    @abstractmethod
    def read(self, folder: Path) -> dict[str, Tensor]:
        """The weights that :meth:`save` wrote.

        Raises:
            OSError: If a file is missing.
        """

    def sharing(self) -> Self:
        """A copy with trained weights of its own, which shares everything that is frozen."""
        frozen: list[Any] = [*self.buffers(), *(of for of in self.parameters() if not of.requires_grad)]
        held = [vars(module).get("state") for module in self.modules()]  # maps of 8 bits hold their weights there
        frozen += [of for of in held if type(of).__module__.startswith("bitsandbytes.")]
        return copy.deepcopy(self, {id(of): of for of in frozen})

    def without(self) -> nn.Module:
        """The base model, free of the adapter's parts, which is of no more use."""
        return self.base

    @property
    def multiplied(self) -> int:
        """Trained weights whose gradient takes 2 FLOPs per token: all, save embeddings, which are looked up."""
        looked_up = {
            id(of) for part in self.modules() if isinstance(part, nn.Embedding) for of in part.parameters(recurse=False)
        }
        return sum(of.numel() for of in self.parameters() if of.requires_grad and id(of) not in looked_up)

    @property
    def fixed(self) -> int:
        """Weights of products that the adapter adds and never trains, such as VeRA's factors: like the base model's
        linear maps, each takes 2 FLOPs per token forward, and 2 backward for the activation gradients."""
        return 0

    def set_dropout(self, *, on: bool) -> None:
        """Turns dropout in what is trained on or off; the frozen base model's stays off, as its cached layers need."""

    def reset(self, *, seed: int) -> None:
        """Draws the initial weights anew, from ``seed`` alone."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(seeded("adapter", seed).integers(2**62)))
            self.redraw()


class OnBase(Adapter):
    """An adapter that leaves the base model's own forward pass in place.

    Args:
        model: The base model.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    @property
    def base(self) -> nn.Module:
        return self.model

    def forward(self, **inputs: Any) -> Tensor:
        states: Tensor = self.model(**inputs).last_hidden_state
        return states


@contextmanager
def swapped(parameters: Mapping[str, nn.Parameter], values: Mapping[str, Tensor]) -> Iterator[None]:
    """Within it, parameters hold other values."""
    own = {name: parameters[name].data for name in values}
    for name, value in values.items():
        parameters[name].data = value
    try:
        yield
    finally:
        for name, value in own.items():
            parameters[name].data = value
