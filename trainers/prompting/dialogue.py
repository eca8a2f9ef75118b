"""The tokens around an example: a chat where the model was trained on chats, plain text elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainers.prompting.question import Ask

HOLE = "<<example>>"
"""Stands for an example while a chat is laid out."""


@dataclass(frozen=True)
class Shown:
    """An example of train with its right word."""

    texts: tuple[str, ...]
    word: str


@dataclass(frozen=True)
class Dialogue:
    """Token ids of everything but the example.

    Args:
        before: Instruction and shown examples, up to the example.
        after: From the example to where the answer begins.
        words: Every word as an answer.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    words: tuple[tuple[int, ...], ...]


def dialogue(ask: Ask, columns: Sequence[str], shown: Sequence[Shown], tokenizer: Any, *, most: int) -> Dialogue:
    """Lays a question out, in the tokenizer's chat template if it has one.

    The instruction stands in the first turn. Marks of the chat that occur in texts are read as text.

    Args:
        most: Tokens of each text of an example; what is longer is cut.
    """
    pieces = _chat(ask, shown, tokenizer)
    space = "" if pieces else " "
    pieces = pieces or _plain(ask, shown)
    before: list[int] = []
    for piece, of in zip(pieces, shown, strict=False):
        before += _ids(piece, tokenizer, marks=True) + example_ids(columns, of.texts, tokenizer, most=most)
    before += _ids(pieces[-2], tokenizer, marks=True)
    words = tuple(tuple(_ids(space + word, tokenizer)) for word in ask.words)
    return Dialogue(tuple(before), tuple(_ids(pieces[-1], tokenizer, marks=True)), words)


def example_ids(columns: Sequence[str], texts: Sequence[str], tokenizer: Any, *, most: int) -> list[int]:
    """Token ids of an example, each text cut at ``most`` tokens."""
    return _ids(example_text(columns, [cut(text, tokenizer, most) for text in texts]), tokenizer)


def example_text(columns: Sequence[str], texts: Sequence[str]) -> str:
    """The texts of an example under the names of their columns."""
    return "\n".join(f"{column}:\n{text}" for column, text in zip(columns, texts, strict=True))


def cut(text: str, tokenizer: Any, most: int) -> str:
    """The text's first ``most`` tokens."""
    ids = _ids(text, tokenizer)
    return text if len(ids) <= most else str(tokenizer.decode(ids[:most]))


def _chat(ask: Ask, shown: Sequence[Shown], tokenizer: Any) -> list[str] | None:
    """What stands around the shown examples and the one that is asked about; None where there is no template."""
    if not getattr(tokenizer, "chat_template", None):
        return None
    messages = [{"role": "user", "content": f"{ask.text}\n\n{HOLE}"}]
    for of in shown:
        messages += [{"role": "assistant", "content": of.word}, {"role": "user", "content": HOLE}]
    laid = str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    pieces = laid.split(HOLE)
    return pieces if len(pieces) == len(shown) + 2 else None


def _plain(ask: Ask, shown: Sequence[Shown]) -> list[str]:
    return [f"{ask.text}\n\n", *(f"\nAnswer: {of.word}\n\n" for of in shown), "\nAnswer:"]


def _ids(text: str, tokenizer: Any, *, marks: bool = False) -> list[int]:
    found: list[int] = tokenizer(text, add_special_tokens=False, split_special_tokens=not marks)["input_ids"]
    return found
