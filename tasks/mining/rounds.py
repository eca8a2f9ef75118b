"""Multilabel rows, drawn in turn for each label."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tasks.mining.recipe import Row


def in_turn(rows: Iterable[tuple[Row, Mapping[str, int]]], labels: Sequence[str]) -> Iterator[Row]:
    """Goes round ``labels``; each gives the first row that has it and was not given before. Rows without any are left.

    A prefix of the result therefore holds rare labels more often than ``rows`` does.
    """
    listed = list(rows)
    queues = [iter([place for place, (_, has) in enumerate(listed) if has[label]]) for label in labels]
    taken: set[int] = set()
    while queues:
        for queue in tuple(queues):
            place = next((place for place in queue if place not in taken), None)
            if place is None:
                queues.remove(queue)
            else:
                taken.add(place)
                yield listed[place][0]
