"""Whether an architecture that was found by its structure does what training relies on, tried on random weights.

A copy of the model with random weights, of few layers and a small vocabulary where the model is large, reads a few
random texts. Training relies on four things: that a text's features do not depend on the texts beside it, that a causal
model's states do not depend on later tokens, that the longest text can be read, and that every layer and every kind of
adapted linear map receives a gradient.
"""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from tasks.encoding import Tokens
from tasks.errors import InputError
from trainers.backbone import Backbone
from trainers.families import Family, unknown
from trainers.generic import first_line, has_pooler, without_weights
from trainers.inputs import Padded, TokenInputs
from trainers.pooling import pool
from trainers.quiet import quiet

if TYPE_CHECKING:
    from trainers.methods import Method

ALIKE = 1e-4
"""Most that a feature may differ, relative to the largest: fp32 sums in another order."""
WEIGHTS = 5 * 10**7
"""Weights of the whole model up to which it is tried as it is."""
VOCABULARY = 512
"""Tokens that a large model's copy knows."""
LENGTHS = (3, 5, 8, 13)
"""Tokens of the texts."""


def self_check(config: Any, family: Family, method: "Method", *, max_length: int) -> None:
    """Tries an architecture and a method on it.

    Args:
        max_length: Tokens of the longest text.

    Raises:
        InputError: If one of the four things does not hold; it says which, and lists the architectures that are known.
    """
    model_type = str(config.model_type)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            backbone = _copy(config, family)
            _read(backbone, model_type, max_length=max_length)
            _trained(backbone, method, model_type)
        except InputError:
            raise
        except Exception as error:  # code of any architecture
            raise unknown(model_type, f"a trial on random weights failed ({first_line(error)})") from None


def small(config: Any) -> Any:
    """A configuration of the same architecture, with fewer layers and tokens where the model is large."""
    config = copy.deepcopy(config)
    model = without_weights(config)
    whole = sum(of.numel() for of in model.parameters())
    if whole <= WEIGHTS:
        return config
    depth = config.num_hidden_layers
    words = sum(of.numel() for of in model.get_input_embeddings().parameters())
    layers = min(depth, max(2, WEIGHTS * depth // max(1, whole - words)))
    for name, value in list(vars(config).items()):
        if isinstance(value, list | tuple) and len(value) == depth:  # such as `layer_types`
            setattr(config, name, value[:layers])
    config.num_hidden_layers = layers
    config.vocab_size = min(VOCABULARY, config.vocab_size)
    if (getattr(config, "pad_token_id", None) or 0) >= config.vocab_size:
        config.pad_token_id = 0
    return config


def _copy(config: Any, family: Family) -> Backbone:
    from transformers import AutoModel

    config = small(config)
    settings = {"add_pooling_layer": False} if has_pooler(config) else {}
    with quiet():
        model = AutoModel.from_config(config, trust_remote_code=False, dtype=torch.float32, **settings)
    model.requires_grad_(False)
    model.eval()
    return Backbone(model, family, int(config.num_hidden_layers), int(config.hidden_size), torch.device("cpu"))


def _texts(backbone: Backbone, lengths: tuple[int, ...]) -> TokenInputs:
    """Random texts without the token of padding."""
    config: Any = backbone.model.config
    padding = getattr(config, "pad_token_id", None)
    words = np.setdiff1d(np.arange(config.vocab_size), [-1 if padding is None else padding])
    ids = np.random.default_rng(0).choice(words, size=sum(lengths)).astype(np.int32)
    return TokenInputs(Tokens(ids, np.cumsum([0, *lengths])))


def _batch(texts: TokenInputs, *rows: int) -> Padded:
    return texts.batch(np.array(rows), torch.device("cpu"))


def _states(backbone: Backbone, batch: Padded) -> Tensor:
    """Last hidden states, shape ``(B, L, H)``."""
    states: Tensor = backbone.model(**backbone.inputs(batch.values, batch.mask, cut=False)).last_hidden_state
    return states


def _apart(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max() / one.abs().max().clamp(min=1e-6))


def _read(backbone: Backbone, model_type: str, *, max_length: int) -> None:
    """A text alone against the same in a padded batch; a longer text against its beginning; the longest text.

    Raises:
        InputError: If they differ, or the longest cannot be read.
    """
    texts, pooling = _texts(backbone, LENGTHS), backbone.family.pooling
    with torch.inference_mode():
        batch = _batch(texts, *range(len(LENGTHS)))
        together = _states(backbone, batch)
        if together.shape != (*batch.mask.shape, backbone.hidden):
            raise unknown(model_type, f"its states are of shape {tuple(together.shape)}, not {backbone.hidden} wide")
        features = pool(together, batch.mask, pooling)
        for row in range(len(LENGTHS)):
            single = _batch(texts, row)
            apart = _apart(pool(_states(backbone, single), single.mask, pooling)[0], features[row])
            if not apart <= ALIKE:
                raise unknown(model_type, f"a text's features depend on the texts beside it (by {apart:.1e})")
        if pooling == "last":
            longest = _batch(texts, len(LENGTHS) - 1)
            begun = Padded(longest.values[:, :-1], longest.mask[:, :-1])
            apart = _apart(_states(backbone, begun), _states(backbone, longest)[:, :-1])
            if not apart <= ALIKE:
                raise unknown(model_type, f"it is no causal model: states depend on later tokens (by {apart:.1e})")
        try:
            _states(backbone, _batch(_texts(backbone, (max_length,)), 0))
        except (IndexError, RuntimeError, ValueError) as error:
            raise InputError(
                f"expected texts that this base model reads, but it fails on one of {max_length} tokens "
                f"({first_line(error)}); lower it, or use a base model with more positions",
                place="max_length",
            ) from None


def _trained(backbone: Backbone, method: "Method", model_type: str) -> None:
    """One backward pass through an adapter.

    Raises:
        InputError: If a layer, or a kind of adapted linear map in all layers, gets no gradient.
    """
    adapter = method.attach(backbone, lowest=backbone.computed_from(method.lowest(backbone.depth)))
    adapter.reset(seed=0)
    trained = {name: of for name, of in adapter.named_parameters() if of.requires_grad}
    if not trained:
        return
    for of in trained.values():
        of.data = of.data.float()
    batch = _batch(_texts(backbone, LENGTHS), *range(len(LENGTHS)))
    states = adapter(**backbone.inputs(batch.values, batch.mask, cut=False))
    features = pool(states, batch.mask, backbone.family.pooling)
    if features.requires_grad:
        (features * torch.randn(features.shape)).sum().backward()
    reached = {name for name, of in trained.items() if of.grad is not None and bool(of.grad.any())}
    for kind, names in _kinds(adapter, trained).items():
        if not names & reached:
            raise InputError(
                f"the linear maps `{kind}` of the architecture `{model_type}` get no gradient; name others in "
                "`method.targets`",
                place="method.targets",
            )
    for index in range(backbone.depth):
        part = f"{backbone.family.layers}.{index}."
        if not any(part in name for name in reached):
            raise unknown(model_type, f"layer {index} gets no gradient from `{method.name}`")


def _kinds(adapter: nn.Module, trained: Mapping[str, nn.Parameter]) -> dict[str, set[str]]:
    """Names of trained weights by the name of the linear map that they adapt, in all layers."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    found: dict[str, set[str]] = {}
    for path, module in adapter.named_modules():
        if isinstance(module, BaseTunerLayer):
            own = {name for name in trained if name.startswith(f"{path}.")}
            found.setdefault(path.rsplit(".", 1)[-1], set()).update(own)
    return found
