"""Methods that PEFT has: its model, its names, its files."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tasks.errors import InputError
from trainers.adapters.adapter import Adapter
from trainers.generic import input_by_output
from trainers.quiet import quiet

if TYPE_CHECKING:
    from trainers.backbone import Backbone

DEVIATION = 0.02
"""Of a prefix's initial keys and values."""
WEIGHTS = "adapter_model.safetensors"
"""PEFT's name of the file of weights."""


class PeftAdapter(Adapter):
    """A model of PEFT's.

    Args:
        backbone: The base model; its layers are changed in place.
        config: PEFT's configuration.
        redraw: Draws initial weights where they are not the ones that the model was made with.
        before: Positions that stand before every text in the output.

    Raises:
        InputError: If the configuration names no layer of this model.
    """

    def __init__(
        self,
        backbone: "Backbone",
        config: Any,
        *,
        redraw: Callable[[nn.Module], None] = lambda _model: None,
        before: int = 0,
    ) -> None:
        from peft import get_peft_model

        super().__init__()
        try:
            with quiet():
                self.peft: Any = get_peft_model(backbone.model, config)
        except ValueError as error:
            raise InputError(str(error), place="method.targets") from None
        self.before, self._redraw = before, redraw
        self.apart, self._bare = bool(config.is_prompt_learning), False  # prompts leave the base model as it is
        self._initial = {name: value.detach().clone() for name, value in self.weights().items()}

    @property
    def base(self) -> nn.Module:
        found: nn.Module = self.peft.get_base_model()
        return found

    def forward(self, **inputs: Any) -> Tensor:
        model = self.base if self._bare else self.peft
        states: Tensor = model(**inputs).last_hidden_state
        return states[:, self.before :] if self.before else states

    def redraw(self) -> None:
        self.load(self._initial)
        self._redraw(self.peft)

    def weights(self) -> dict[str, Tensor]:
        from peft import get_peft_model_state_dict

        return dict(get_peft_model_state_dict(self.peft))

    def load(self, weights: Mapping[str, Tensor]) -> None:
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(self.peft, dict(weights))

    @contextmanager
    def off(self) -> Iterator[None]:
        if not self.apart:
            with self.peft.disable_adapter():
                yield
            return
        before, self.before, self._bare = self.before, 0, True
        try:
            yield
        finally:
            self.before, self._bare = before, False

    def without(self) -> nn.Module:
        found: nn.Module = self.base if self.apart else self.peft.unload()
        return found

    def save(self, folder: Path, weights: Mapping[str, Tensor], *, base: str) -> None:
        config = self.peft.peft_config["default"]
        config.base_model_name_or_path = base
        config.inference_mode = True
        config.save_pretrained(str(folder))
        save_file({name: value.contiguous() for name, value in weights.items()}, folder / WEIGHTS, {"format": "pt"})

    def read(self, folder: Path) -> dict[str, Tensor]:
        return load_file(folder / WEIGHTS)

    @property
    def fixed(self) -> int:
        """Of VeRA: a map from ``d`` to ``k`` channels passes ``r d`` weights of ``A`` and ``k r`` of ``B``."""
        from peft.tuners.vera.layer import VeraLayer

        layers: list[Any] = [module for module in self.peft.modules() if isinstance(module, VeraLayer)]
        return sum(of.r["default"] * (of.in_features + of.out_features) for of in layers)

    def set_dropout(self, *, on: bool) -> None:
        from peft.tuners.lora import LoraLayer

        for module in self.peft.modules():
            if isinstance(module, LoraLayer):
                module.lora_dropout.train(on)


def on_layers(backbone: "Backbone", targets: Sequence[str] | None, *, lowest: int) -> dict[str, Any]:
    """PEFT's words for linear layers of given names, or the family's, in the layers from ``lowest`` up.

    Of an encoder-decoder that is read as a whole, both stacks are meant.
    """
    if backbone.template is not None and backbone.template.form.two_stacks:
        return {"target_modules": list(targets or backbone.family.targets)}
    names = list(targets or backbone.family.targets)
    return {
        "target_modules": names,
        **({"fan_in_fan_out": True} if input_by_output(backbone.layers, names) else {}),
        "layers_to_transform": list(range(lowest, backbone.depth)),
        "layers_pattern": backbone.family.layers.rsplit(".", 1)[-1],
    }


def redraw_lora(model: nn.Module) -> None:
    """LoRA's factors as PEFT draws them: ``A`` at random, ``B`` 0."""
    from peft.tuners.lora import LoraLayer

    for module in model.modules():
        if isinstance(module, LoraLayer):
            module.reset_lora_parameters("default", True)  # type: ignore[no-untyped-call]  # PEFT has no types here


@torch.no_grad()
def redraw_rows(model: nn.Module) -> None:
    """The same, drawn row by row through all layers: adapters of other ranks begin with the same rows of ``A``."""
    from peft.tuners.lora import LoraLayer

    layers: list[Any] = [module for module in model.modules() if isinstance(module, LoraLayer)]
    draw_rows([layer.lora_A["default"].weight for layer in layers])
    for layer in layers:
        layer.lora_B["default"].weight.zero_()


@torch.no_grad()
def draw_rows(factors: Sequence[Tensor]) -> None:
    """Fills matrices of equal height, shape ``(r, in)``, row after row through all, with LoRA's distribution."""
    for row in range(len(factors[0])):
        for factor in factors:
            factor[row : row + 1] = nn.init.kaiming_uniform_(factor.new_empty(1, factor.shape[1]), a=math.sqrt(5))


@torch.no_grad()
def redraw_prompt(model: nn.Module) -> None:
    """A prompt as the input embeddings of words, drawn with equal chances; only reads the embeddings that it draws."""
    prompt = _prompt(model)
    words: Tensor = model.get_base_model().get_input_embeddings().weight  # type: ignore[operator]  # PEFT's model
    drawn = torch.randint(len(words), (len(prompt),))
    prompt.copy_(words[drawn.to(words.device)])


@torch.no_grad()
def redraw_prefix(model: nn.Module) -> None:
    """A prefix near 0."""
    prompt = _prompt(model)
    prompt.copy_(torch.randn(prompt.shape) * DEVIATION)


def _prompt(model: Any) -> Tensor:
    weight: Tensor = model.prompt_encoder["default"].embedding.weight
    return weight
