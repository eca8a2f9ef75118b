r"""Whether negative transfer is dominance of the larger data set, or conflict.

A target that loses in a pair may lose because the source takes most of the adapter's steps, or because the two want
different things. With the source's training split cut to the target's size, and as many passes of the target as before,
nothing but the first changes. With
:math:`g` the target's gain in the whole pair and :math:`g'` in the cut one,

- *dominance*: the loss vanishes: the interval of :math:`g' - g` is above 0, and that of :math:`g'` reaches above
  :data:`REMAINS` of the loss;
- *conflict*: it stays: the interval of :math:`g'` is below 0, and below what the target alone would lose if it made no
  more passes than in the pair; and it is not dominance;
- *undecided*: neither, or no loss is certain in the whole pair.

A reference trains until it gets no better. A small task that makes the few passes of a group is behind it whoever sits
beside it: that is no conflict, and more passes, or another mixing, are the remedy.

The reference cancels in :math:`g' - g`, which is taken from the same seeds and the same held-out examples.
"""

from dataclasses import dataclass

from scipy import stats

CONFIDENCE = 0.95
"""Of every interval, two-sided."""
REMAINS = 0.25
"""Part of the loss that may be left after dominance: what is left of a loss is seldom exactly nothing."""


@dataclass(frozen=True)
class Estimated:
    """A gain, or a difference of gains, with its error.

    Args:
        value: No unit.
        error: Standard error.
        freedom: Its degrees of freedom.
    """

    value: float
    error: float
    freedom: float

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end."""
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, self.freedom)) * self.error if self.error > 0 else 0.0
        return self.value - half, self.value + half


def judge(before: Estimated, after: Estimated, change: Estimated, *, short: float = 0.0) -> tuple[str, str]:
    """The word and the reason for it.

    Args:
        before: The target's gain in the whole pair.
        after: Its gain with the source cut to its size.
        change: ``after - before``, from paired runs.
        short: Gain of the target alone with as few passes as in the pair, 0 or less.
    """
    (_, high_before), (_, high_after), (low_change, _) = before.interval, after.interval, change.interval
    if high_before >= 0:
        return "undecided", "negative transfer is not certain in the whole pair: its interval reaches 0"
    if low_change > 0 and high_after > REMAINS * before.value:
        return "dominance", "at equal sizes the loss vanishes"
    if min(short, 0.0) <= high_after < 0:
        return "undecided", "at equal sizes the target loses no more than alone with as few passes: give it more"
    if high_after < 0:
        part = ", though part of it went with the size" if low_change > 0 else ""
        return "conflict", f"at equal sizes the target still loses{part}"
    return "undecided", "the intervals leave both open; more seeds, or more held-out examples, would tell"
