"""Jobs that are done at once, in a module that worker processes import in no time."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import InputError
from trainers.interruption import check, ending_at_checks
from trainers.job import Single


@dataclass(frozen=True)
class Square:
    """A job that squares a number, leaves a trace, and may fail or kill its process."""

    number: int
    trace: str = ""
    fault: str = ""
    size: float = 1.0
    trains: bool = True

    @property
    def key(self) -> str:
        return f"square {self.number}"

    @property
    def label(self) -> str:
        return self.key

    def run(self, context: int) -> int:
        if self.fault == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "die once" and not Path(f"{self.trace}.{self.number}").exists():
            Path(f"{self.trace}.{self.number}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "fail":
            raise InputError("no such number", place=self.key)
        if self.trace:
            with Path(self.trace).open("a") as stream:
                stream.write(f"{self.number}\n")
        return self.number**2 + context

    def encode(self, result: int) -> bytes:
        return str(result).encode()

    def decode(self, data: bytes) -> int:
        return int(data)


@dataclass(frozen=True)
class Gradual(Square):
    """A square that is never done; it can end at any moment."""

    def run(self, context: int) -> int:
        while True:
            check()
            time.sleep(0.001)


@dataclass(frozen=True)
class Slow(Square):
    """A square that is long at a step, and can end after it."""

    def run(self, context: int) -> int:
        with ending_at_checks():
            Path(self.trace).touch()
            time.sleep(2.0)
            check()
        return super().run(context)


@dataclass(frozen=True)
class Once:
    """A job whose process is killed the first time; it asks nothing of its context."""

    trace: str
    size: float = 1.0
    trains: bool = True
    key: str = "once"
    label: str = "once"

    def run(self, context: object) -> str:
        if not Path(self.trace).exists():
            Path(self.trace).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    def encode(self, result: str) -> bytes:
        return result.encode()

    def decode(self, data: bytes) -> str:
        return data.decode()


@dataclass(frozen=True)
class Pair:
    """Two squares in one unit, for which there is no memory."""

    members: tuple[Square, Square]
    size: float = 2.0
    key: str = "pair"
    label: str = "a pair"

    def run(self, context: int) -> list[int]:
        os.kill(os.getpid(), signal.SIGKILL)
        return []

    def encode(self, result: list[int]) -> bytes:
        return b" ".join(str(of).encode() for of in result)

    def split(self, data: bytes) -> list[bytes]:
        return data.split()

    def join(self, parts: list[bytes]) -> bytes:
        return b" ".join(parts)

    def alone(self) -> list[Single]:
        return [Single(member) for member in self.members]


def double(spec: int) -> int:
    return 2 * spec


def refuse(spec: int) -> int:
    """A context that cannot be opened."""
    raise InputError("no layer of this name", place="method.targets")
