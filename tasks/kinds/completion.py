"""The text that follows a prompt, token by token."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.kinds.spans import cross_entropy, frequency_loss


@dataclass(frozen=True)
class Completion:
    """The completion of a prompt, as tokens of a causal language model's vocabulary.

    Before encoding, targets ``(N,)`` are equal for equal completions. Encoded, they are the completion's tokens and the
    one that ends a text, ``(N, U)``, -1 behind them; scores are those of all ``P`` tokens, text after text, ``(P, V)``,
    each given the tokens before it. The loss of a text is the mean cross-entropy of its completion's tokens. Metrics
    read the likeliest tokens, ``(N, U)``.

    Args:
        vocabulary: Tokens that there are, ``V``; 0 before encoding.
    """

    name: str = "text"
    default_metric: str = "token_accuracy"
    pooled: bool = False
    placed: bool = True
    vocabulary: int = 0

    def outputs(self, n_classes: int) -> int:
        """One score per token of the vocabulary."""
        return self.vocabulary

    def prior_loss(self, train_targets: NDArray[Any], targets: NDArray[Any]) -> float:
        """Of the frequencies of tokens in train's completions, each count plus one over the whole vocabulary."""
        largest = int(max(train_targets.max(), targets.max())) + 1
        return frequency_loss(train_targets, targets, n_classes=max(self.vocabulary, largest))

    def losses(self, scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
        """Mean cross-entropy of every completion's tokens, shape ``(N,)``."""
        return cross_entropy(scores, targets)

    def strata(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """None: completions are all alike."""
        return np.empty((0, 2), dtype=np.int64)
