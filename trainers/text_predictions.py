"""Completions of new prompts: what greedy decoding writes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from tasks.completions import prompt_tokens
from trainers.adapters.peft_adapter import PeftAdapter
from trainers.quiet import quiet

if TYPE_CHECKING:
    from trainers.loaded import LoadedGroups

ROWS = 16
"""Prompts that are completed together."""


def predict_texts(groups: "LoadedGroups", name: str, prompts: Sequence[str]) -> list[dict[str, Any]]:
    """One object per prompt: ``completion``, and whether it ``ended`` by itself.

    The likeliest token follows each time, up to the one that ends a text or to the length of the longest completion
    that was trained on. A prompt that leaves no room for that within the maximal length loses its beginning.

    Raises:
        InputError: If a prompt gives no token.
    """
    described, tokenizer = groups.task(name).described, groups.tokenize
    longest = int(described["longest"])
    tokens = prompt_tokens(prompts, tokenizer, room=described["max_length"] - longest, place=name)
    found = []
    for ids in complete(groups, name, tokens, longest=longest, end=tokenizer.end):
        ended = tokenizer.end is not None and ids[-1:] == [tokenizer.end]
        found.append({"completion": tokenizer.text(ids), "ended": ended})
    return found


def complete(
    groups: "LoadedGroups", name: str, prompts: Sequence[NDArray[np.int32]], *, longest: int, end: int | None
) -> list[list[int]]:
    """Tokens that greedy decoding writes after prompts, the one that ends a text included.

    Methods that change the model's own layers write with its ``generate``. Prompts and prefixes stand outside of it:
    with them, the whole text is read again for every token.

    Args:
        prompts: Tokens of each.
        longest: Most tokens that are written.
        end: The token that ends a text.
    """
    groups.put_in(groups.task(name).folder)
    outside = isinstance(groups.adapter, PeftAdapter) and groups.adapter.apart
    write = _rereading if outside else _generated
    order = np.argsort([len(prompt) for prompt in prompts], kind="stable").tolist()
    found: dict[int, list[int]] = {}
    for start in range(0, len(order), ROWS):
        some = order[start : start + ROWS]
        with torch.inference_mode():
            written = write(groups, [prompts[row] for row in some], longest, end)
        found |= dict(zip(some, (_until(own, end) for own in written), strict=True))
    return [found[row] for row in range(len(prompts))]


def _until(ids: list[int], end: int | None) -> list[int]:
    """Up to the token that ends a text, that one included."""
    return ids[: ids.index(end) + 1] if end in ids else ids


def _generated(
    groups: "LoadedGroups", prompts: Sequence[NDArray[np.int32]], longest: int, end: int | None
) -> list[list[int]]:
    """By the base model's own ``generate``, prompts padded at the left."""
    device, width = groups.backbone.device, max(map(len, prompts))
    ids = np.zeros((len(prompts), width), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :], mask[row, width - len(prompt) :] = prompt, 1
    model = groups.backbone.causal
    # not as an argument, which the checkpoint's own settings, such as a repetition penalty, would fill up
    model.generation_config = _greedy(longest, end)
    with quiet(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=groups.backbone.mixed):
        written = model.generate(
            input_ids=torch.from_numpy(ids).to(device), attention_mask=torch.from_numpy(mask).to(device)
        )
    return [row.tolist() for row in written[:, width:].cpu()]


def _greedy(longest: int, end: int | None) -> Any:
    """Settings of ``generate``: the likeliest token each time, and nothing else."""
    from transformers import GenerationConfig

    return GenerationConfig(
        max_new_tokens=longest, do_sample=False, num_beams=1, eos_token_id=end, pad_token_id=0 if end is None else end
    )


def _rereading(
    groups: "LoadedGroups", prompts: Sequence[NDArray[np.int32]], longest: int, end: int | None
) -> list[list[int]]:
    """Token by token, the whole text each time, prompts padded at the right."""
    device, head = groups.backbone.device, groups.backbone.language_head()
    texts = [prompt.tolist() for prompt in prompts]
    for _ in range(longest):
        going = [text for text, prompt in zip(texts, prompts, strict=True) if end not in text[len(prompt) :]]
        if not going:
            break
        lengths = torch.tensor([len(text) for text in going], device=device)
        ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(text) for text in going], batch_first=True).to(device)
        mask = (torch.arange(ids.shape[1], device=device) < lengths[:, None]).long()
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=groups.backbone.mixed):
            states = groups.adapter(**groups.backbone.inputs(ids, mask, cut=False))
        last = states[torch.arange(len(going), device=device), lengths - 1]
        for text, token in zip(going, head(last).argmax(1).tolist(), strict=True):
            text.append(token)
    return [text[len(prompt) :] for text, prompt in zip(texts, prompts, strict=True)]
