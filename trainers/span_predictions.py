"""Labels of the lines or words of new texts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tasks.encoding import tokens_of
from tasks.kinds.spans import padded
from tasks.spans import last_tokens, line_spans, word_spans

if TYPE_CHECKING:
    from trainers.loaded import LoadedGroups


def predict_spans(groups: "LoadedGroups", name: str, texts: Sequence[str | Sequence[str]]) -> list[dict[str, Any]]:
    """One object per text, with one entry for every line of a text, or for every word of a list of words.

    ``labels`` are the chosen classes and ``probabilities`` theirs; both are null for a line or word that is blank or
    behind the maximal length.

    Raises:
        InputError: If a text gives no token, or the tokenizer does not tell where tokens stand.
    """
    described = groups.task(name).described
    joined = [text if isinstance(text, str) else " ".join(text) for text in texts]
    spans = [line_spans(text) if isinstance(text, str) else word_spans(text) for text in texts]
    length = described["max_length"]
    tokens = tokens_of(joined, groups.tokenize, max_length=length, place=name)
    offsets = groups.tokenize.offsets(joined, length)
    read = [last_tokens(of, stand) for of, stand in zip(spans, offsets, strict=True)]
    scores = groups.scores(name, [tokens], read_at=padded([at[at >= 0] for at in read])).astype(np.float64)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances = weights / weights.sum(axis=1, keepdims=True)  # shape: (P, C)
    answers = iter(zip(chances.argmax(axis=1).tolist(), chances.max(axis=1).tolist(), strict=True))
    classes = described["classes"]
    found = []
    for at in read:
        own = [next(answers) if place >= 0 else None for place in at.tolist()]
        found.append(
            {
                "labels": [None if of is None else classes[of[0]] for of in own],
                "probabilities": [None if of is None else of[1] for of in own],
            }
        )
    return found
