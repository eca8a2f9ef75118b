"""The tokens around an example: a chat where the model was trained on chats, plain text elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainers.prompting.question import Ask
from trainers.tokenizer import CheckpointTokenizer

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
        words: Every word as it goes on after that.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    words: tuple[tuple[int, ...], ...]


def dialogue(ask: Ask, columns: Sequence[str], shown: Sequence[Shown], tokenizer: Any, *, most: int) -> Dialogue:
    """Lays a question out, in the tokenizer's chat template if it has one; else behind the start that it sets.

    The instruction stands in the first turn. Marks of the chat that occur in texts are read as text.

    Args:
        most: Tokens of each text of an example; what is longer is cut.
    """
    pieces, space, before = _chat(ask, shown, tokenizer), "", []
    if pieces is None:
        pieces, space, before = _plain(ask, shown), " ", list(CheckpointTokenizer(tokenizer, name="").start)
    for piece, of in zip(pieces, shown, strict=False):
        before += _ids(piece, tokenizer, marks=True) + example_ids(columns, of.texts, tokenizer, most=most)
    before += _ids(pieces[-2], tokenizer, marks=True)
    words = tuple(tuple(_following(pieces[-1], space + word, tokenizer)) for word in ask.words)
    return Dialogue(tuple(before), tuple(_ids(pieces[-1], tokenizer, marks=True)), words)


def example_ids(columns: Sequence[str], texts: Sequence[str], tokenizer: Any, *, most: int) -> list[int]:
    """Token ids of an example: its texts, the first ``most`` tokens of each, under the names of their columns."""
    found: list[int] = []
    for column, text in zip(columns, texts, strict=True):
        name = f"\n{column}:\n" if found else f"{column}:\n"
        found += _ids(name, tokenizer) + _ids(text, tokenizer)[:most]
    return found


def _chat(ask: Ask, shown: Sequence[Shown], tokenizer: Any) -> list[str] | None:
    """What stands around the shown examples and the one that is asked about; None where there is no template.

    A model that may think first is told not to, as templates such as Qwen3's allow: the answer is read at once.
    """
    if not getattr(tokenizer, "chat_template", None):
        return None
    messages = [{"role": "user", "content": f"{ask.text}\n\n{HOLE}"}]
    for of in shown:
        messages += [{"role": "assistant", "content": of.word}, {"role": "user", "content": HOLE}]
    laid = str(
        tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    )
    pieces = laid.split(HOLE)
    return pieces if len(pieces) == len(shown) + 2 else None


def _plain(ask: Ask, shown: Sequence[Shown]) -> list[str]:
    return [f"{ask.text}\n\n", *(f"\nAnswer: {of.word}\n\n" for of in shown), "\nAnswer:"]


def _following(before: str, text: str, tokenizer: Any) -> list[int]:
    """Token ids of a text as it goes on after another: what stands by itself may be given a space in front."""
    first, both = (_ids(of, tokenizer, marks=True) for of in (before, before + text))
    goes_on = both[: len(first)] == first and len(both) > len(first)
    return both[len(first) :] if goes_on else _ids(text, tokenizer)


def _ids(text: str, tokenizer: Any, *, marks: bool = False) -> list[int]:
    found: list[int] = tokenizer(text, add_special_tokens=False, split_special_tokens=not marks)["input_ids"]
    return found
