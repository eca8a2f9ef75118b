"""Somebody's own training stack as an oracle: a command that is asked and answers in lines of JSON."""

from __future__ import annotations

import json
import shlex
import subprocess
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from affinity.predictor import Measured
from grouping.partition import show
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from grouping.partition import Group

PATIENCE = 10.0
"""Seconds that a command has to end after its input was closed, before it is ended."""
SHOWN = 120
"""Most characters of a wrong answer that an error shows."""
EXPECTED = 'expected one line such as {"gains": {"a": 0.1, "c": -0.02}} or {"error": "why"}'


class CommandOracle:
    """A command that runs as long as the search does; leave it as a context manager to end it.

    It is split as a shell would, run without a shell in the current folder, and its standard error is passed through.
    One line ``{"tasks": ["a", "c"], "seed": 7}`` is written per question, and one line is read:
    ``{"gains": {"a": 0.1, "c": -0.02}}`` with every member, or ``{"error": "why"}`` for a group that it cannot train.

    Args:
        command: As one would type it.
        tasks: All tasks; a question lists its group's in this order.
        seed: Goes into every question, so that runs that are compared share what can be shared.

    Raises:
        InputError: If the command is empty, cannot be split or cannot be started.
    """

    def __init__(self, command: str, tasks: Sequence[str], *, seed: int) -> None:
        self._tasks, self._seed = tuple(tasks), seed
        self.refusals: dict[Group, str] = {}
        try:
            parts = shlex.split(command)
        except ValueError as error:
            raise InputError(f"`{command}` cannot be split ({error}); close the quote", place="--trainer") from None
        if not parts:
            raise InputError("the command is empty; expected a program with its arguments", place="--trainer")
        self._name = parts[0]
        try:
            self._process = subprocess.Popen(parts, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise InputError(f"`{parts[0]}` cannot be started ({reason}); check its path", place="--trainer") from None

    def ask(self, group: Group, *, run: int = 0) -> Measured | None:
        """See :class:`grouping.oracle.GroupOracle`; the seed of a question is that of the search and the run's number.

        Raises:
            InputError: If the command ends, or its answer is no JSON, lacks a member or holds a number that is not
                finite.
        """
        place = f"--trainer: {show(group)}"
        answer = self._answer({"tasks": sorted(group, key=self._tasks.index), "seed": self._seed + run}, place)
        if answer.get("error") is not None:
            self.refusals[group] = " ".join(str(answer["error"]).split())
            return None
        gains = answer.get("gains")
        if not isinstance(gains, dict):
            raise InputError(f"the answer has no `gains`; {EXPECTED}", place=place)
        for name in gains:
            if name not in group:
                raise InputError(
                    f"the answer has a gain for `{name}`, which is not in the group; {EXPECTED}", place=place
                )
        found = [_gain(gains, name, place) for name in group]
        return Measured(group=group, mean=np.array(found), error=np.zeros(len(found)))

    def _answer(self, question: dict[str, Any], place: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write((json.dumps(question) + "\n").encode())
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except (BrokenPipeError, ConnectionResetError):
            line = b""
        if not line.endswith(b"\n") and not line.strip():
            raise InputError(self._ended(), place=place)
        text = line.decode(errors="replace").strip()
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):  # also a number with more digits than Python reads
            raise InputError(f"found `{text[:SHOWN]}`, which is no JSON; {EXPECTED}", place=place) from None
        if not isinstance(answer, dict):
            raise InputError(f"found `{text[:SHOWN]}`; {EXPECTED}", place=place)
        return answer

    def _ended(self) -> str:
        try:
            code = f"with code {self._process.wait(PATIENCE)}"
        except subprocess.TimeoutExpired:
            code = "its output"
        return f"`{self._name}` ended {code} before it answered; it must read questions until its input closes"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closes the command's input and waits; one that goes on, or that failed us, is ended."""
        for stream in (self._process.stdin, self._process.stdout):
            try:
                if stream is not None:
                    stream.close()
            except BrokenPipeError:
                pass
        try:
            self._process.wait(PATIENCE if kind is None else 1.0)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _gain(gains: dict[str, Any], name: str, place: str) -> float:
    if name not in gains:
        raise InputError(f"the answer has no gain for `{name}`; every member needs one", place=place)
    gain = gains[name]
    if isinstance(gain, bool) or not isinstance(gain, int | float) or not _finite(gain):
        raise InputError(f"the gain of `{name}` is {json.dumps(gain)[:SHOWN]}; expected a finite number", place=place)
    return float(gain)


def _finite(number: float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:
        return False
