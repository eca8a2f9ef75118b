"""One run of a small suite that something befalls: what the faults of :mod:`benchmarks.faults` do."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

PATIENCE = 180.0
"""Seconds in which a command has to end."""
FULL = 64 << 10
"""Bytes that a full disk has left."""
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
"""What lies about the clock, from Debian's package faketime."""
Command = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    """Exit code; negative for a signal."""
    said: str
    """Standard error."""
    hung: bool = False
    """Whether it had to be ended."""

    @property
    def refused(self) -> bool:
        """Whether it ended with one clear line."""
        clear = self.said.startswith("error: ") and self.said.count("\n") == 1 and "(unexpected" not in self.said
        return self.code in (1, 2) and clear


@dataclass(kw_only=True, eq=False)
class Victim:
    """A command in a run folder, and what is done to it.

    Args:
        command: Without its run folder.
        out: The run folder.
        generator: Of moments and places.
        span: Seconds that the command takes undisturbed, from its start.
    """

    command: Command
    out: Path
    generator: random.Random
    span: tuple[float, float]
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> subprocess.Popen[str]:
        """Begins, or goes on."""
        return subprocess.Popen(
            [*self.command, "--out", str(self.out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.environment},
        )

    def wait_for_moment(self, process: subprocess.Popen[str]) -> None:
        """Until a random moment of its work, or its end."""
        deadline = time.monotonic() + self.generator.uniform(*self.span)
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)

    def ended(self, process: subprocess.Popen[str]) -> Ended:
        """Waits for the end."""
        try:
            _, said = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            for one in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            process.communicate()
            return Ended(code=process.returncode, said=f"it did not end within {PATIENCE:g} s", hung=True)
        return Ended(code=process.returncode, said=said)

    def again(self) -> Ended:
        """The same command."""
        return self.ended(self.start())


def kill_driver(victim: Victim) -> list[Ended]:
    """SIGKILL for the command."""
    process = victim.start()
    victim.wait_for_moment(process)
    process.kill()
    return [victim.ended(process)]


def end_driver(victim: Victim) -> list[Ended]:
    """SIGTERM for the command."""
    process = victim.start()
    victim.wait_for_moment(process)
    process.terminate()
    return [victim.ended(process)]


def kill_worker(victim: Victim) -> list[Ended]:
    """SIGKILL for a process that trains."""
    process = victim.start()
    victim.wait_for_moment(process)
    kill_one(process.pid, lambda of: of.ppid() != process.pid, victim.generator)  # forked from a server of its own
    return [victim.ended(process)]


def kill_actor(victim: Victim) -> list[Ended]:
    """SIGKILL for a Ray worker."""
    process = victim.start()
    victim.wait_for_moment(process)
    kill_one(None, lambda of: of.name().startswith("ray::Worker"), victim.generator)
    return [victim.ended(process)]


def kill_one(
    parent: int | None, chosen: Callable[[psutil.Process], bool], generator: random.Random
) -> psutil.Process | None:
    """Kills one of the children, or of all processes, that is chosen."""
    try:
        every = psutil.process_iter() if parent is None else psutil.Process(parent).children(recursive=True)
        found = sorted((of for of in every if _safely(chosen, of)), key=lambda of: of.pid)
    except psutil.NoSuchProcess:
        return None
    if not found:
        return None
    one = generator.choice(found)
    one.send_signal(signal.SIGKILL)
    return one


def _safely(chosen: Callable[[psutil.Process], bool], of: psutil.Process) -> bool:
    try:
        return chosen(of)
    except psutil.Error:
        return False


def damage_file(victim: Victim) -> list[Ended]:
    """After SIGKILL: a byte of a file of the run is another, or the file ends early."""
    ended = kill_driver(victim)
    files = sorted(path for path in victim.out.rglob("*") if path.is_file() and path.stat().st_size)
    if files:
        _damage(victim.generator.choice(files), victim.generator)
    return ended


def tear_ledger(victim: Victim) -> list[Ended]:
    """After SIGKILL: the ledger of finished jobs ends early, or a page of it is another."""
    ended = kill_driver(victim)
    path = victim.out / "ledger.sqlite"
    if path.exists():
        _damage(path, victim.generator)
    return ended


def _damage(path: Path, generator: random.Random) -> None:
    size = path.stat().st_size
    if generator.random() < 0.5:
        os.truncate(path, generator.randrange(size))
        return
    with path.open("r+b") as file:
        place = generator.randrange(size)
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 1 << generator.randrange(8)]))


@contextmanager
def disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own at a folder; needs the rights to mount."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def may_mount(folder: Path) -> bool:
    """Whether this process has the rights to mount."""
    try:
        with disk(folder, "1m"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def fill_disk(victim: Victim) -> list[Ended]:
    """At a random moment the disk is nearly full; then there is room again."""
    process = victim.start()
    victim.wait_for_moment(process)
    free, filler = shutil.disk_usage(victim.out.parent).free, victim.out.parent / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - FULL, 1))
    ended = victim.ended(process)
    filler.unlink()
    return [ended]


def close_folder(victim: Victim) -> list[Ended]:
    """At a random moment nothing can be written any more; then it can again."""
    process = victim.start()
    victim.wait_for_moment(process)
    place = str(victim.out.parent)
    subprocess.run(["mount", "--bind", place, place], check=True)  # over the one whose files are open
    subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
    ended = victim.ended(process)
    subprocess.run(["umount", "-l", place], check=True)
    return [ended]


def jump_clock(victim: Victim) -> list[Ended]:
    """At a random moment the clock of the day jumps, by hours or days, to and fro."""
    hours = victim.out.with_suffix(".time")
    hours.write_text("+0")
    victim.environment = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(hours),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    process = victim.start()
    victim.wait_for_moment(process)
    hours.write_text(f"{victim.generator.choice([-1, 1]) * victim.generator.choice([1, 5, 30, 400]):+d}h")
    time.sleep(1.5)
    hours.write_text(f"{victim.generator.choice([-2, 3]):+d}h")
    return [victim.ended(process)]


def answer(out: Path) -> dict[str, Any]:
    """A recommendation without clocks and costs."""
    found = json.loads((out / "recommendation.json").read_text())
    same = ("groups", "served_by", "tasks", "baselines", "verdict", "reason", "complete")
    return {name: _without_costs(found[name]) for name in same}


def _without_costs(value: Any) -> Any:
    """What is decided would take time, which differs."""
    if isinstance(value, dict):
        return {name: _without_costs(of) for name, of in value.items() if name not in ("hours", "seconds", "decides")}
    return value


COMMAND = [sys.executable, "-m", "cotrain", "recommend"]
