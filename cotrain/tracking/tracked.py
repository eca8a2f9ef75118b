"""A run folder whose log is told to trackers while a command works in it."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from cotrain.run_folder import RunFolder, read_object
from cotrain.tracking import TRACKERS
from cotrain.tracking.feed import Feed
from cotrain.tracking.names import PLACE
from cotrain.tracking.quietly import in_words, quietly, shown
from cotrain.tracking.tracker import About, Ended
from tasks.errors import InputError

STATE = "tracking.json"
"""Of every tracker, what finds its run again and how far of the log it was told."""
FAILED = "tracker failed"
"""The event in the log where a tracker is told no more."""


def check_trackers(names: Sequence[str]) -> None:
    """Refuses trackers that cannot be told of anything, before any work.

    Raises:
        InputError: With the command that installs what is missing.
    """
    for name in names:
        missing = [package for package in TRACKERS[name].packages if not _installed(package)]
        if missing:
            raise InputError(
                f'`{name}` needs the package {" and ".join(missing)}; run `pip install "cotrain[{name}]"`, or leave '
                "it out",
                place=PLACE,
            )
        refusal = TRACKERS[name].refusal()
        if refusal is not None:
            raise InputError(f"`{name}`: {refusal}", place=PLACE)


@contextmanager
def tracked(
    folder: RunFolder, names: Sequence[str], settings: Mapping[str, Any], *, tell: Callable[[str], None]
) -> Iterator[None]:
    """Tells trackers of the folder's log: first of what they have missed, then of every line as it is written.

    A tracker that fails is told no more by this command, which one line says. What it has missed then, the next
    command tells it.

    Args:
        names: Of :data:`cotrain.tracking.TRACKERS`.
        settings: The resolved suite and the machine.
        tell: Says one line to people.
    """
    trackers = _Trackers(folder, tell)
    for name in names:
        trackers.open(name, settings)
    folder.listen(trackers.catch_up)
    trackers.catch_up()
    ended: Ended = "failed"
    try:
        yield
        ended = "finished"
    except KeyboardInterrupt:
        ended = "stopped"
        raise
    finally:
        trackers.close(ended)


class _Trackers:
    """The feeds of a folder that work."""

    def __init__(self, folder: RunFolder, tell: Callable[[str], None]) -> None:
        self._folder, self._say = folder, tell
        self._warned: set[str] = set()
        self._feeds: dict[str, Feed] = {}
        self._state: dict[str, dict[str, Any]] = _read_state(folder)

    def open(self, name: str, settings: Mapping[str, Any]) -> None:
        before = self._state.get(name, {})
        about = About(
            name=_name_of(self._folder), folder=self._folder.path, settings=settings, before=before.get("run")
        )  # fmt: skip
        try:
            with quietly(partial(self._warn, name)):
                tracker = TRACKERS[name](about)
        except Exception as error:
            self._drop(name, error)
            return
        told = before.get("told", 0) if tracker.resumed else 0
        self._state[name] = {"run": tracker.identity, "told": told}
        self._feeds[name] = Feed(
            tracker, self._folder.path, told, keep=partial(self._keep, name), warn=partial(self._warn, name)
        )
        self._keep(name, told)
        self._say(f"{name}: {shown(tracker.place)}")

    def catch_up(self) -> None:
        for name, feed in list(self._feeds.items()):
            try:
                feed.catch_up()
            except Exception as error:
                self._drop(name, error)

    def close(self, ended: Ended) -> None:
        for name in list(self._feeds):
            try:
                self._feeds.pop(name).close(ended)
            except Exception as error:
                self._drop(name, error)

    def _drop(self, name: str, error: Exception) -> None:
        self._feeds.pop(name, None)
        self._say(f"{name} failed, and the run goes on without it: {in_words(error)}")
        self._folder.log(FAILED, tracker=name, error=type(error).__name__)

    def _warn(self, name: str, text: str) -> None:
        """Says what a tracker warns of, once."""
        line = f"{name} warns: {text}"
        if line not in self._warned:
            self._warned.add(line)
            self._say(line)

    def _keep(self, name: str, told: int) -> None:
        self._state[name]["told"] = told
        self._folder.write_json(STATE, {"schema": 1, "trackers": self._state})


def _read_state(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """What earlier commands left; nothing where that cannot be read, so that trackers are told all of it again."""
    path = folder.path / STATE
    try:
        found = read_object(path).get("trackers", {}) if path.exists() else {}
    except InputError:
        return {}
    fitting = (
        (name, of)
        for name, of in (found.items() if isinstance(found, dict) else ())
        if isinstance(of, dict) and isinstance(of.get("run"), str) and isinstance(of.get("told"), int)
    )
    return {name: {"run": of["run"], "told": of["told"]} for name, of in fitting}


def _name_of(folder: RunFolder) -> str:
    """What people call the run: its folder as it was named, or the last part of an absolute path."""
    path = folder.path
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def _installed(package: str) -> bool:
    """Whether a module can be imported; a folder of that name, such as `wandb` makes where it runs, is none."""
    found = importlib.util.find_spec(package)
    return found is not None and found.origin is not None
