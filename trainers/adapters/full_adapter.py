"""Full fine-tuning: the base model's own weights are what is trained."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from trainers.adapters.adapter import OnBase, swapped
from trainers.quiet import quiet

if TYPE_CHECKING:
    from trainers.backbone import Backbone


class FullAdapter(OnBase):
    """The base model with its own weights trained, in fp32.

    Args:
        backbone: The base model.
        lowest: Lowest trained layer; 0 trains the embeddings too.
    """

    def __init__(self, backbone: "Backbone", *, lowest: int) -> None:
        super().__init__(backbone.model)
        frozen = {id(of) for of in backbone.lower_parameters(lowest)} if lowest else set()
        self._trained = {name: of for name, of in self.model.named_parameters() if id(of) not in frozen}
        for parameter in self._trained.values():
            parameter.data = parameter.data.float()
            parameter.requires_grad_(True)
        self._initial = {name: parameter.detach().clone() for name, parameter in self._trained.items()}

    def redraw(self) -> None:
        self.load(self._initial)

    def weights(self) -> dict[str, Tensor]:
        return {name: parameter.detach() for name, parameter in self._trained.items()}

    @torch.no_grad()
    def load(self, weights: Mapping[str, Tensor]) -> None:
        for name, parameter in self._trained.items():
            parameter.copy_(weights[name])

    @contextmanager
    def off(self) -> Iterator[None]:
        with swapped(self._trained, self._initial):
            yield

    def save(self, folder: Path, weights: Mapping[str, Tensor], *, base: str) -> None:
        """The whole model, as ``from_pretrained`` reads it; what was not trained is the base model's."""
        self.load(weights)
        with quiet():
            self.model.save_pretrained(folder)  # type: ignore[operator]  # a model of transformers

    def read(self, folder: Path) -> dict[str, Tensor]:
        with quiet():  # not the files themselves: experts of a mixture are stored one by one
            whole = type(self.model).from_pretrained(folder, use_safetensors=True)  # type: ignore[attr-defined]
        found = dict(whole.named_parameters())
        return {name: found[name].detach() for name in self._trained}
