"""Classification heads as the architecture itself has them, so that `transformers` and PEFT alone read an export.

``AutoModelForSequenceClassification`` puts its own layers behind a base model: a pooler, a dense layer, a linear map.
Here they are parts of a task's head. All but the last linear map start as the checkpoint has them; what it lacks is
drawn once for all tasks and seeds. The last one is drawn for the task, or fitted to what the others give.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from tasks.encoding import EncodedTask
from trainers.checkpoint import Checkpoint
from trainers.quiet import quiet

Pooling = Literal["first", "mean", "last"]


@dataclass(frozen=True, kw_only=True)
class NativeForm:
    """How an architecture classifies sequences."""

    parts: tuple[str, ...]
    """Paths from the classification model to the layers behind its base model, in their order."""
    pooling: Pooling | Literal["configured"]
    """The token whose state they read, or the mean of all; `configured`: as `classifier_pooling` says."""
    reads_states: bool = False
    """Whether the first of them picks that token out of the states itself."""
    two_stacks: bool = False
    """Whether the states are those of a decoder that reads the text once more: of T5 and BART."""


_SCORE = NativeForm(parts=("score",), pooling="last")
_STACKS = NativeForm(parts=("classification_head",), pooling="last", two_stacks=True)
FORMS: dict[str, NativeForm] = {
    "bert": NativeForm(parts=("bert.pooler", "classifier"), pooling="first", reads_states=True),
    "roberta": NativeForm(parts=("classifier",), pooling="first", reads_states=True),
    "modernbert": NativeForm(parts=("head", "classifier"), pooling="configured"),
    "deberta-v2": NativeForm(parts=("pooler", "classifier"), pooling="first", reads_states=True),
    "t5": _STACKS,
    "bart": _STACKS,
    **dict.fromkeys(
        ("llama", "mistral", "qwen2", "qwen3", "starcoder2", "gpt_bigcode", "deepseek_v2", "deepseek_v3"), _SCORE
    ),
}
"""By `model_type`."""

METHODS = ("lora", "rslora", "dora", "vera", "ia3", "full")
"""Methods that PEFT or `transformers` reads back with a classification head; prompts shift what it reads."""


@dataclass(frozen=True, eq=False)
class Template:
    """An architecture's classification head before it is a task's.

    Args:
        parts: By the last part of their path, in order; the last linear map in them gives the scores.
        form: How they are used.
        pooling: What the first of them reads.
    """

    parts: Mapping[str, nn.Module]
    form: NativeForm
    pooling: Pooling


def is_native(task: EncodedTask) -> bool:
    """Whether a classification head can be the task's: it reads one text, and scores it as a whole."""
    return task.sides == 1 and not task.kind.pooled and not task.kind.placed


def load_classifier(checkpoint: Checkpoint, config: Any, **settings: Any) -> tuple[Any, Template]:
    """The classification model of a checkpoint, and its head.

    Args:
        settings: Of ``from_pretrained``.
    """
    from transformers import AutoModelForSequenceClassification

    form = FORMS[str(config.model_type)]
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # what the checkpoint lacks is equal in every process
        model = AutoModelForSequenceClassification.from_pretrained(
            checkpoint.location, use_safetensors=True, trust_remote_code=False, **settings
        )
    parts = {path.rsplit(".", 1)[-1]: copy.deepcopy(model.get_submodule(path)).float() for path in form.parts}
    for part in parts.values():
        part.requires_grad_(True).eval()
    configured: Pooling = "mean" if getattr(config, "classifier_pooling", "cls") == "mean" else "first"
    pooling = configured if form.pooling == "configured" else form.pooling
    return model, Template(parts, form, pooling)


class NativeHead(nn.Module):
    """A task's classification head.

    Two classes have two scores in the exported head; here they are the difference of both, which has the same loss.

    Args:
        template: The architecture's; copied.
        outputs: Scores of the task; 1 for two classes.
        binary: Whether there are two classes.
        generator: Draws the last linear map.
    """

    def __init__(self, template: Template, *, outputs: int, binary: bool, generator: torch.Generator) -> None:
        super().__init__()
        self.binary, self.reads_states = binary, template.form.reads_states
        self.parts = nn.ModuleDict(copy.deepcopy(dict(template.parts)))
        names = [name for name, module in self.parts.named_modules() if isinstance(module, nn.Linear)]
        before = self.parts.get_submodule(names[-1])
        assert isinstance(before, nn.Linear)
        last = nn.Linear(before.in_features, 2 if binary else outputs, bias=before.bias is not None)
        with torch.no_grad():
            last.weight.copy_(torch.randn(last.weight.shape, generator=generator) * 0.02)
            if last.bias is not None:
                last.bias.zero_()
        self._last = names[-1]
        self.parts.set_submodule(names[-1], last)
        self.requires_grad_(True).eval()

    @property
    def last(self) -> nn.Linear:
        """The map that gives the scores."""
        found = self.parts.get_submodule(self._last)
        assert isinstance(found, nn.Linear)
        return found

    def logits(self, features: Tensor) -> Tensor:
        """What the exported head gives, shape ``(B, C)``; two columns for two classes."""
        states = features[:, None] if self.reads_states else features
        for part in self.parts.values():
            states = part(states)
        return states

    def forward(self, features: Tensor) -> Tensor:
        logits = self.logits(features)
        return logits[:, 1:] - logits[:, :1] if self.binary else logits

    def put(self, weight: Tensor, bias: Tensor | None) -> None:
        """Takes the weights of a fit of the last map in: ``(C, d)`` and ``(C,)``; one row for two classes."""
        if self.binary:
            weight = torch.cat([-weight / 2, weight / 2])
            bias = None if bias is None else torch.cat([-bias / 2, bias / 2])
        with torch.no_grad():
            self.last.weight.copy_(weight)
            if bias is not None:
                self.last.bias.copy_(bias)

    def get(self) -> tuple[Tensor, Tensor | None]:
        """The weights as :meth:`put` takes them."""
        weight = self.last.weight.detach()
        bias = None if self.last.bias is None else self.last.bias.detach()
        if self.binary:
            weight, bias = weight[1:] - weight[:1], None if bias is None else bias[1:] - bias[:1]
        return weight, bias

    def inputs(self, features: Tensor) -> Tensor:
        """What the last linear map reads, shape ``(B, d)``."""
        seen: list[Tensor] = []
        handle = self.last.register_forward_pre_hook(lambda _module, args: seen.append(args[0]))
        try:
            self.logits(features)
        finally:
            handle.remove()
        return seen[0]
