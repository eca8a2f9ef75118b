"""Nothing is trained but heads."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from trainers.adapters.adapter import OnBase

if TYPE_CHECKING:
    from trainers.backbone import Backbone


class NoAdapter(OnBase):
    """The base model as it is.

    Args:
        backbone: The base model.
    """

    def __init__(self, backbone: "Backbone") -> None:
        super().__init__(backbone.model)

    def redraw(self) -> None:
        """There is nothing to draw."""

    def weights(self) -> dict[str, Tensor]:
        return {}

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """There is nothing to put in."""

    @contextmanager
    def off(self) -> Iterator[None]:
        yield

    def save(self, folder: Path, weights: Mapping[str, Tensor], *, base: str) -> None:
        """There is nothing to write."""

    def read(self, folder: Path) -> dict[str, Tensor]:
        return {}
