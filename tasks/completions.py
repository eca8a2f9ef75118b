"""Prompts and completions as tokens: one text each, read from the token before the completion on.

Prompt and completion are joined as they are, without a chat template: what a template adds belongs into the columns.
Each is tokenized by itself, so that a prompt has the same tokens with its completion as without.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tasks.encoding import AT_ONCE, EncodedRows, EncodedTask, Tokenizer, Tokens
from tasks.errors import InputError
from tasks.fingerprint import fingerprint
from tasks.kinds import Completion
from tasks.kinds.spans import padded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tasks.task import Rows, Task


@dataclass(frozen=True, eq=False)
class _Text:
    """One example.

    Args:
        ids: The start that the tokenizer sets, the prompt, the completion, the end.
        known: How many of them come before the completion.
        cut: Whether some of the prompt or completion was left out.
        unread: Tokens of the completion that were.
    """

    ids: "NDArray[np.int32]"
    known: int
    cut: bool
    unread: int


def encode_completions(task: "Task", tokenizer: Tokenizer, *, max_length: int) -> EncodedTask:
    """A task of prompts and completions, encoded; its targets are completions' tokens and the end of the text.

    Where both are too long together, the beginning of the prompt is left out. A completion that is too long by itself
    loses its end.

    Args:
        max_length: Tokens of a whole text.

    Raises:
        InputError: If a prompt or completion gives no token.
        ValueError: If the tokenizer cannot tokenize parts of texts.
    """
    if not hasattr(tokenizer, "pieces"):
        raise ValueError("Expected a tokenizer of parts of texts, with a method `pieces`, but got none.")
    texts = {name: _texts(rows, tokenizer, max_length, task.name) for name, rows in task.splits.items()}
    targets = {name: padded([of.ids[of.known :] for of in found]) for name, found in texts.items()}
    kind = Completion(vocabulary=tokenizer.size)
    splits = {}
    for name, found in texts.items():
        lengths = np.array([len(of.ids) for of in found], dtype=np.int64)
        splits[name] = EncodedRows(
            sides=(Tokens(np.concatenate([of.ids for of in found]), np.concatenate([[0], np.cumsum(lengths)])),),
            targets=targets[name],
            units=task.splits[name].units,
            prior_loss=kind.prior_loss(targets["train"], targets[name]),
            truncated=(sum(of.cut for of in found),),
            read_at=padded([np.arange(of.known - 1, len(of.ids) - 1) for of in found]),
            unread=sum(of.unread for of in found),
        )
    digest = fingerprint(
        *("encoded", task.fingerprint, max_length, kind.vocabulary),
        *(
            (name, rows.sides[0].ids, rows.sides[0].offsets, rows.targets, rows.read_at)
            for name, rows in splits.items()
        ),
    )
    return EncodedTask(task.name, kind, kind.outputs(0), task.metric, task.margin, splits, digest, (), task.weight)


def prompt_tokens(prompts: Sequence[str], tokenizer: Tokenizer, *, room: int, place: str) -> "list[NDArray[np.int32]]":
    """Tokens of prompts behind the start that the tokenizer sets; a longer one loses its beginning.

    Args:
        room: Tokens that they may have.

    Raises:
        InputError: If a prompt gives no token.
    """
    return [_fitting(own, tokenizer, room=room)[0] for own in _pieces(prompts, tokenizer, place)]


def _fitting(prompt: "NDArray[Any]", tokenizer: Tokenizer, *, room: int) -> "tuple[NDArray[np.int32], bool]":
    """A prompt behind the tokenizer's start, and whether its beginning was left out; its last token stays."""
    left = prompt[len(prompt) - max(1, min(len(prompt), room - len(tokenizer.start))) :]
    return np.concatenate([tokenizer.start, left]).astype(np.int32), len(left) < len(prompt)


def _texts(rows: "Rows", tokenizer: Tokenizer, max_length: int, task: str) -> list[_Text]:
    """Every example of a split."""
    prompts, completions = rows.texts
    end = [] if tokenizer.end is None else [tokenizer.end]
    least = len(tokenizer.start) + 1  # of a prompt, its last token stays
    place, found = f"tasks.{task}", []
    given, wanted = (_pieces(texts, tokenizer, place) for texts in (prompts, completions))
    for prompt, bare in zip(given, wanted, strict=True):
        own = np.concatenate([bare, end]).astype(np.int32)
        kept = own[: max_length - least]
        known, cut = _fitting(prompt, tokenizer, room=max_length - len(kept))
        unread = len(own) - len(kept)
        found.append(_Text(np.concatenate([known, kept]), len(known), cut or unread > 0, unread))
    return found


def _pieces(texts: Sequence[str], tokenizer: Tokenizer, place: str) -> "list[NDArray[Any]]":
    found: list[NDArray[Any]] = []
    for start in range(0, len(texts), AT_ONCE):
        found += [np.array(own, dtype=np.int32) for own in tokenizer.pieces(texts[start : start + AT_ONCE])]
    for text, own in zip(texts, found, strict=True):
        if not len(own):
            raise InputError(f"the text {text[:40]!r} gives no token", place=place)
    return found
