"""Estimators by name: those built in, and those that other distributions offer.

A distribution offers one as an entry point whose object is called without arguments and gives an
:class:`affinity.estimators.base.Estimator`::

    [project.entry-points."cotrain.estimators"]
    influence = "my_package.influence:Influence"

A distribution's code is imported when its estimator is asked for, never before.
"""

from importlib.metadata import EntryPoint, entry_points

from affinity.estimators.base import Estimator
from tasks.errors import InputError, did_you_mean

GROUP = "cotrain.estimators"
"""Entry points that are read."""
OWN = "cotrain"
"""Where built-in estimators come from."""


def estimators() -> dict[str, str]:
    """Names of all estimators, built-in ones first, and the distributions they come from; imports none of them.

    A name that two distributions offer, or that is built in too, is listed once, with all that offer it.
    """
    from affinity.estimators import ESTIMATORS

    found = {name: [OWN] for name in ESTIMATORS}
    for name, points in _offered().items():
        found[name] = [*found.get(name, []), *map(_distribution, points)]
    return {name: ", ".join(homes) for name, homes in found.items()}


def find_estimator(name: str, *, place: str = "--estimator") -> Estimator:
    """A new estimator of this name.

    Args:
        place: Where the name was given, for errors.

    Raises:
        InputError: If there is none, if several distributions offer it, or if the one that does is broken.
    """
    from affinity.estimators import ESTIMATORS

    points = _offered().get(name, [])
    homes = [*([OWN] if name in ESTIMATORS else []), *map(_distribution, points)]
    if not homes:
        known = list(estimators())
        raise InputError(
            f"no estimator `{name}`; expected one of {', '.join(known)}{did_you_mean(name, known)}", place=place
        )
    if len(homes) > 1:
        remedy = f"uninstall {' or '.join(home for home in homes if home != OWN)}"
        raise InputError(f"`{name}` is offered by {' and by '.join(homes)}; {remedy}", place=place)
    if name in ESTIMATORS:
        return ESTIMATORS[name]()
    return _loaded(points[0], place=place)


def _loaded(point: EntryPoint, *, place: str) -> Estimator:
    home = _distribution(point)
    try:
        found = point.load()()
    except Exception as error:  # it is other people's code: whatever it raises, the reader needs its name
        raise InputError(
            f"cannot load `{point.name}` = {point.value} of {home} ({type(error).__name__}: {error}); "
            f"repair or uninstall {home}",
            place=place,
        ) from error
    if not callable(getattr(found, "estimate", None)):
        raise InputError(
            f"`{point.name}` = {point.value} of {home} gives a {type(found).__name__} without a method `estimate`; "
            "see affinity.estimators.Estimator",
            place=place,
        )
    estimator: Estimator = found
    return estimator


def _offered() -> dict[str, list[EntryPoint]]:
    """Entry points by name, in the order of names and distributions."""
    found: dict[str, list[EntryPoint]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, _distribution(point))):
        found.setdefault(point.name, []).append(point)
    return found


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unnamed distribution"
