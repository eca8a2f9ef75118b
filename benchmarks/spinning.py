"""Jobs that keep one core busy for a given amount of work, in a module that workers import in no time."""

import json
import time
from dataclasses import dataclass

ROUNDS = 20_000
"""Additions between two looks at the clock."""


def spin(rounds: int) -> int:
    """So many times :data:`ROUNDS` additions."""
    total = 0
    for _ in range(rounds):
        for number in range(ROUNDS):
            total += number
    return total


def rounds_of(seconds: float) -> int:
    """Rounds that take so long on an idle core, by the best of five tries."""
    best = min(_timed() for _ in range(5))
    return max(1, round(seconds / best * 20))


def _timed() -> float:
    start = time.perf_counter()
    spin(20)
    return time.perf_counter() - start


@dataclass(frozen=True)
class Spin:
    """Counts up, and says how long that kept its core busy."""

    number: int
    rounds: int
    size: float = 1.0
    trains: bool = False

    @property
    def key(self) -> str:
        return f"spin {self.number}"

    @property
    def label(self) -> str:
        return self.key

    def run(self, context: None) -> float:
        start = time.process_time()
        spin(self.rounds)
        return time.process_time() - start

    def encode(self, result: float) -> bytes:
        return json.dumps(result).encode()

    def decode(self, data: bytes) -> float:
        return float(json.loads(data))


def nothing(spec: int) -> None:
    """A context that holds nothing."""
