"""What every method is: settings in the suite file, and an adapter on a base model."""

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import ConfigDict, field_validator
from pydantic.dataclasses import dataclass

if TYPE_CHECKING:
    from trainers.adapters import Adapter
    from trainers.backbone import Backbone

SETTINGS = ConfigDict(extra="forbid", use_attribute_docstrings=True)
"""How pydantic reads a method's settings."""


class Method(Protocol):
    """What is trained on top of a base model, for all tasks of a group."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    learning_rate: ClassVar[float]
    """AdamW step size where the suite names none."""

    @property
    def name(self) -> str:
        """As the suite file has it."""

    @property
    def layers(self) -> str:
        """`all`, or `top-N` for the N layers next to the head; lower layers are then computed once and cached."""

    def lowest(self, depth: int) -> int:
        """Index of the lowest adapted layer in a model of ``depth`` layers."""

    @property
    def stackable(self) -> bool:
        """Whether several runs can share passes over the base model (:mod:`trainers.stacked`)."""

    def attach(self, backbone: "Backbone", *, lowest: int) -> "Adapter":
        """Puts it on the layers from ``lowest`` up.

        Raises:
            InputError: If a setting does not fit the base model.
        """


NEWER = {"rank_per_task": False}
"""Settings that came after results were kept, with the values that change nothing."""


def settings_of(method: Method) -> dict[str, Any]:
    """A method's settings as results and their keys have them: without newer ones that change nothing."""
    return {name: value for name, value in asdict(method).items() if name not in NEWER or value != NEWER[name]}


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class OnLayers:
    """A method that works on all layers or on the uppermost."""

    layers: str = "top-2"
    """`all`, or `top-N` for the N layers next to the head, or `top-N%` for a share of them, rounded up; lower layers
    are then computed once and cached."""

    stackable: ClassVar[bool] = False

    @field_validator("layers")
    @classmethod
    def _known_layers(cls, value: str) -> str:
        if value != "all" and not re.fullmatch(r"top-([1-9][0-9]*|[1-9][0-9]?%)", value):
            raise ValueError(f"expected `all`, `top-N` with N of 1 or more, or `top-N%` below 100, but got {value!r}")
        return value

    def lowest(self, depth: int) -> int:
        """Index of the lowest adapted layer in a model of ``depth`` layers."""
        if self.layers == "all":
            return 0
        many = self.layers.removeprefix("top-")
        count = -(-depth * int(many[:-1]) // 100) if many.endswith("%") else int(many)
        return max(0, depth - count)
