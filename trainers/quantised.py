"""Base models with weights of 8 or 4 bits, where the device allows: less memory, about the same features.

Linear maps of the frozen base model are kept in few bits and multiplied in the device's own number type; embeddings,
norms, adapters and heads are not. `bitsandbytes` computes them, through `transformers`, on CUDA. Elsewhere, as in an
export, the same checkpoint is loaded with all its bits, so scores there differ from those of the run by its rounding.

Source: Dettmers et al., NeurIPS 2022, https://arxiv.org/abs/2208.07339 (8 bits), and NeurIPS 2023,
https://arxiv.org/abs/2305.14314 (4 bits).
"""

import importlib.util
import logging
from collections.abc import Sequence
from typing import Any

import torch

from tasks.errors import InputError

DEVICES = ("cuda",)
"""Types of device that compute with few bits."""
PACKAGES = ("bitsandbytes", "accelerate")
"""What must be installed for it."""
REFUSED = ("full",)
"""Methods that train the weights themselves."""


def check_bits(bits: int | None, *, device: str, method: str) -> None:
    """Refuses few bits where they cannot be computed, or would have to be trained.

    Args:
        bits: Of the base model's weights; None for all.
        device: Where runs are computed.
        method: Name of the method.

    Raises:
        InputError: If the device or a package is missing, the method trains the base model's own weights, or it is
            `dora` with 8 bits.
    """
    if bits is None:
        return
    if method in REFUSED:
        raise InputError(
            f"`{method}` trains the base model's own weights, which {bits} bits cannot hold; use `lora`, or leave "
            "`base_model_bits` out",
            place="base_model_bits",
        )
    if (method, bits) == ("dora", 8):
        raise InputError("`dora` is not tried with 8 bits; use 4 bits, or `lora`", place="base_model_bits")
    if torch.device(device).type not in DEVICES:
        raise InputError(
            f"a base model of {bits} bits needs a CUDA device, but this run is on {device}; name one in --device, or "
            "leave `base_model_bits` out",
            place="base_model_bits",
        )
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f'a base model of {bits} bits needs {" and ".join(missing)}; run `pip install "cotrain[bits]"`, or leave '
            "`base_model_bits` out",
            place="base_model_bits",
        )


def few_bits(
    bits: int | None, *, device: torch.device, dtype: torch.dtype, whole: Sequence[str] = ()
) -> dict[str, Any]:
    """What ``from_pretrained`` is told, beside the number type; nothing for all bits, or on other devices.

    Args:
        bits: 8 or 4.
        device: Where the model goes; it cannot be moved later.
        dtype: In which the maps are multiplied, and everything else is kept.
        whole: Names of modules that keep all bits, such as a head that will be trained.
    """
    if bits is None or device.type not in DEVICES:
        return {}
    from transformers import BitsAndBytesConfig

    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)  # a line for every product of 8 bits
    kept = list(whole) or None
    if bits == 8:
        config = BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=kept)
    else:
        config = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
            llm_int8_skip_modules=kept,
        )
    return {"quantization_config": config, "device_map": {"": device}}
