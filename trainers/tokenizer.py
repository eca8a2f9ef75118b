"""A checkpoint's tokenizer, as tasks use it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tasks.errors import InputError


class CheckpointTokenizer:
    """Texts to token ids; texts over the maximal length are cut. A :class:`tasks.encoding.Tokenizer`.

    Args:
        found: The tokenizer of `transformers`.
        name: Of the checkpoint, for messages.
    """

    def __init__(self, found: Any, *, name: str) -> None:
        self.found, self._name = found, name

    def __call__(self, texts: Sequence[str], max_length: int, /) -> list[list[int]]:
        encoded = self.found(list(texts), truncation=True, max_length=max_length, padding=False)
        return [list(row) for row in encoded["input_ids"]]

    def offsets(self, texts: Sequence[str], max_length: int) -> list[list[tuple[int, int]]]:
        """Where every token begins and ends in its text, in characters; special tokens end where they begin.

        Raises:
            InputError: If the tokenizer does not tell.
        """
        if not self.found.is_fast:
            raise InputError(
                "its tokenizer does not tell where tokens stand, which tasks of kind tokens need; expected a base "
                "model with a `tokenizer.json`",
                place=f"base_model: {self._name}",
            )
        encoded = self.found(
            list(texts), truncation=True, max_length=max_length, padding=False, return_offsets_mapping=True
        )
        return [list(row) for row in encoded["offset_mapping"]]

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of parts of texts, without special tokens."""
        return [list(row) for row in self.found(list(texts), add_special_tokens=False)["input_ids"]]

    @cached_property
    def start(self) -> tuple[int, ...]:
        """The token that it sets before every text, if it does."""
        first = self.found.bos_token_id
        return (first,) if first is not None and self(["a"], 8)[0][:1] == [first] else ()

    @property
    def end(self) -> int | None:
        """The token that ends a text."""
        found = self.found.eos_token_id
        return None if found is None else int(found)

    def marks(self, ids: Sequence[int]) -> str:
        """Special tokens as they are written in texts."""
        return str(self.found.decode(list(ids)))

    @property
    def size(self) -> int:
        """Tokens that there are."""
        return len(self.found)

    def text(self, ids: Sequence[int]) -> str:
        """What tokens stand for, special ones left out."""
        return str(self.found.decode(list(ids), skip_special_tokens=True))
