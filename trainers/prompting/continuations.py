"""How a model goes on after many examples that begin alike: the beginning is computed once.

Rows are padded on the left, between the beginning and the example, so that every row's last token is its own; masks and
positions say where padding is. A row therefore reads the same alone and in company, up to rounding.
"""

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Read:
    """``B`` rows up to where they go on.

    Args:
        cache: Keys and values of every token so far.
        mask: 1 where a token is, shape ``(B, L)``.
        after: Tokens of every row, shape ``(B,)``.
        logits: What the model expects next, shape ``(B, V)``.
        tokens: Positions that were computed, padding included.
    """

    cache: Any
    mask: Tensor
    after: Tensor
    logits: Tensor
    tokens: int


class Beginning:
    """What all rows begin with.

    Args:
        model: A causal model of `transformers`.
        ids: Token ids, one or more.
    """

    def __init__(self, model: Any, ids: Sequence[int]) -> None:
        self.model, self.length = model, len(ids)
        self.device = next(model.parameters()).device
        self._last = {"logits_to_keep": 1} if "logits_to_keep" in inspect.signature(model.forward).parameters else {}
        self._cache = self._pass(torch.tensor([list(ids)], device=self.device)).past_key_values

    def read(self, rows: Sequence[Sequence[int]]) -> Read:
        """Computes rows, each of one token or more, after the beginning."""
        lengths = torch.tensor([len(row) for row in rows], device=self.device)
        longest = int(lengths.max())
        own = torch.arange(longest, device=self.device) >= (longest - lengths)[:, None]  # shape: (B, longest)
        ids = torch.zeros_like(own, dtype=torch.long)
        ids[own] = torch.tensor([of for row in rows for of in row], device=self.device)
        mask = torch.cat([own.new_ones(len(rows), self.length), own], dim=1).long()
        positions = self.length + own.cumsum(dim=1) - 1
        cache = copy.deepcopy(self._cache)
        cache.batch_repeat_interleave(len(rows))
        found = self._pass(
            ids, attention_mask=mask, position_ids=positions.clamp(min=0), past_key_values=cache, **self._last
        )
        return Read(found.past_key_values, mask, self.length + lengths, found.logits[:, -1].float(), ids.numel())

    def score(self, read: Read, words: Sequence[Sequence[int]]) -> tuple[Tensor, int]:
        """Log-probability of each of ``W`` words as the continuation, shape ``(B, W)``, and the positions computed."""
        first = read.logits.log_softmax(dim=1)
        found, tokens = first[:, [word[0] for word in words]], 0
        for place, word in enumerate(words):
            if len(word) > 1:
                logits = self._go_on(read, copy.deepcopy(read.cache), word[:-1])
                rest = logits.log_softmax(dim=2)[:, range(len(word) - 1), list(word[1:])]  # shape: (B, len - 1)
                found[:, place] += rest.sum(dim=1)
                tokens += (len(word) - 1) * len(found)
        return found, tokens

    def write(self, read: Read, *, most: int, ends: Sequence[int]) -> tuple[list[list[int]], int]:
        """The likeliest token after the other, at most so many, and the positions computed; uses the cache up.

        Args:
            ends: Tokens after which a row is finished; they are left out.
        """
        texts: list[list[int]] = [[] for _ in read.after]
        open_rows = [True] * len(texts)
        logits, mask, tokens = read.logits, read.mask, 0
        for step in range(most):
            chosen = logits.argmax(dim=1)
            for row, token in enumerate(chosen.tolist()):
                open_rows[row] = open_rows[row] and token not in ends
                if open_rows[row]:
                    texts[row].append(token)
            if step == most - 1 or not any(open_rows):
                break
            mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
            found = self._pass(
                chosen[:, None],
                attention_mask=mask,
                position_ids=(read.after + step)[:, None],
                past_key_values=read.cache,
            )
            logits = found.logits[:, -1].float()
            tokens += len(texts)
        return texts, tokens

    def _go_on(self, read: Read, cache: Any, ids: Sequence[int]) -> Tensor:
        rows, length = len(read.after), len(ids)
        given = torch.tensor(list(ids), device=self.device).expand(rows, length)
        mask = torch.cat([read.mask, torch.ones_like(given)], dim=1)
        positions = read.after[:, None] + torch.arange(length, device=self.device)
        found = self._pass(given, attention_mask=mask, position_ids=positions, past_key_values=cache)
        logits: Tensor = found.logits.float()
        return logits

    @torch.inference_mode()
    def _pass(self, ids: Tensor, **given: Any) -> Any:
        return self.model(input_ids=ids, use_cache=True, **given)
