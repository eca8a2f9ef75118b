"""From candidate rows to a task's examples: no text twice, classes in equal numbers."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tasks.mining.recipe import Row, Sizes


def draw(
    rows: Iterable[Row],
    *,
    size: int,
    texts: Sequence[str],
    seen: Sequence[set[str]],
    label: str = "",
    classes: Sequence[str | int] = (),
) -> list[Row]:
    """Takes up to ``size`` rows from the front.

    Args:
        rows: Candidates; read only as far as needed.
        size: Most rows.
        texts: Columns whose :func:`words` must be new.
        seen: One set per column of ``texts`` with the words of what was drawn before; what is drawn now is added.
        label: Column of the class.
        classes: Classes to be drawn in equal numbers, others are passed over; empty takes rows as they come.

    Returns:
        The rows in their order. With ``classes`` each has as many rows as the rarest.
    """
    left = dict.fromkeys(map(str, classes), size // len(classes)) if classes else {"": size}
    drawn: list[Row] = []
    for row in rows:
        name = str(row[label]) if classes else ""
        values = [words(str(row[column])) for column in texts]
        fresh = all(_is_text(str(row[column])) for column in texts) and all(
            value not in known for value, known in zip(values, seen, strict=True)
        )
        if left.get(name, 0) > 0 and fresh:
            left[name] -= 1
            drawn.append(row)
            for value, known in zip(values, seen, strict=True):
                known.add(value)
        if not any(left.values()):
            break
    return _even(drawn, label, list(left)) if classes else drawn


def words(text: str) -> str:
    """What is compared: the words in lower case, so that `Content-Type` and `content-type` are one text."""
    return " ".join(re.findall(r"\w+", text.casefold())) or text


def _even(rows: Sequence[Row], label: str, classes: Sequence[str]) -> list[Row]:
    """The first rows of every class, as many as the rarest class has."""
    counts = Counter(str(row[label]) for row in rows)
    left = dict.fromkeys(classes, min(counts[name] for name in classes))
    kept = []
    for row in rows:
        if left[str(row[label])] > 0:
            left[str(row[label])] -= 1
            kept.append(row)
    return kept


def frequent(rows: Mapping[str, Sequence[Row]], label: str, most: int, sizes: Sizes) -> tuple[str, ...]:
    """Up to ``most`` classes that every split has many of, by name.

    A class's supply is its rows in a split over an even share of that split's size, at its scarcest split. Classes
    with less than half the supply of the second best (a supply of 1 is enough) would shrink the others too much.
    """
    counts = {split: Counter(str(row[label]) for row in found) for split, found in rows.items()}
    supply = {
        name: min(counts[split][name] * most / sizes.of(split) for split in rows)
        for name in sorted(set().union(*counts.values()))
    }
    ranked = sorted(supply, key=lambda name: -supply[name])[:most]
    enough = min(1.0, supply[ranked[1]]) / 2 if len(ranked) > 1 else 0.0
    return tuple(sorted(name for name in ranked if supply[name] > 0 and supply[name] >= enough))


def _is_text(value: str) -> bool:
    """Whether ``value`` can be written as UTF-8 and holds more than blanks."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return bool(value.strip())
