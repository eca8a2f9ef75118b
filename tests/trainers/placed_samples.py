"""Small tasks of token ids with several targets per text."""

from dataclasses import replace

import numpy as np

from tasks.encoding import EncodedRows, EncodedTask
from tasks.kinds import Completion
from tasks.kinds.spans import padded
from tasks.metrics import metric_for
from tests.trainers.samples import SPLITS, VOCABULARY, rows_of, task_of, tokens


def span_task(name: str, *, word: int, count: int = 48, seed: int = 0) -> EncodedTask:
    """Tokens: does a span of two tokens hold token ``word``? Texts have one to four spans, read at their last token."""
    generator = np.random.default_rng([seed, word, 1])
    splits = {}
    for split in SPLITS:
        rows, classes = [], []
        for _ in range(count):
            own = generator.integers(0, 2, size=generator.integers(1, 5))
            spans = [
                [word if of else int(generator.integers(6, VOCABULARY)), int(generator.integers(6, 9))] for of in own
            ]
            rows.append([1, *(token for span in spans for token in span)])
            classes.append(own)
        read_at = padded([2 + 2 * np.arange(len(of)) for of in classes])
        splits[split] = replace(rows_of([rows], padded(classes), "tokens"), read_at=read_at)
    found = task_of(name, "tokens", splits, outputs=2, metric="accuracy")
    return replace(found, metric=metric_for("accuracy", "tokens"))


END = 2
"""Token that ends a completion."""


def text_task(name: str, *, shift: int, count: int = 40, seed: int = 0, noise: int = 2) -> EncodedTask:
    """Text: the completion is the prompt's last token, 6 to 13, ``shift`` further on in the alphabet, once or twice.

    Before it stand up to ``noise`` tokens at random: without, all splits have the same prompts.
    """
    generator = np.random.default_rng([seed, shift, 2])
    kind, splits = Completion(vocabulary=VOCABULARY), {}
    for split in SPLITS:
        rows, known = [], []
        for number in range(count):
            last = 6 + number % 8
            prompt = [1, *generator.integers(20, VOCABULARY, size=generator.integers(noise + 1)).tolist(), last]
            completion = [last + shift] * (1 + last % 2) + [END]
            rows.append([*prompt, *completion])
            known.append(len(prompt))
        targets = padded([np.array(row[at:]) for row, at in zip(rows, known, strict=True)])
        read_at = padded([np.arange(at - 1, len(row) - 1) for row, at in zip(rows, known, strict=True)])
        units, prior = np.arange(count), kind.prior_loss(targets, targets)
        splits[split] = EncodedRows((tokens(rows),), targets, units, prior, (0,), read_at=read_at)
    found = task_of(name, "text", splits, outputs=VOCABULARY, metric="exact_match")
    return replace(found, kind=kind)
