"""What of the hours is kept for the end, and what of both limits for validation."""

import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from cotrain import clock
from cotrain.kept_for_validation import KeptForValidation
from cotrain.limits import MOST, RESERVE, Limits, unfinished
from cotrain.validation_time import SAFETY, ValidationTime, validation_time
from tests.affinity.samples import World
from tests.trainers.squares import Square
from trainers.allowance import Allowance
from trainers.budget import Budget
from trainers.cost import Cost
from trainers.out_of_budget import OutOfJobs, OutOfTime
from trainers.settings import Training

NEED = ValidationTime(seconds=100.0, jobs=20, rate=2.0)


def test_the_end_is_kept_free() -> None:
    hour = Limits(began=1000.0, seconds=3600.0)
    assert hour.deadline == 1000 + 3600 - RESERVE - 36
    assert Limits(began=0.0, seconds=12.0).deadline == 12 * (1 - MOST)
    assert Limits(began=0.0, seconds=3600.0, starting=100.0).deadline == 3600 - 125 - 36
    assert Limits(began=0.0).deadline is None
    assert Limits(began=0.0).left == float("inf")


def test_a_report_is_drawn_only_where_it_ends_in_time() -> None:
    now = time.monotonic()
    assert Limits(began=now).may_draw()
    assert Limits(began=now, seconds=1000).may_draw()
    assert not Limits(began=now - 1016, seconds=1000).may_draw()
    assert Limits(began=now - 1014, seconds=1000).may_draw()
    assert not Limits(began=now - 900, seconds=1000, starting=500).may_draw()


def test_hours_are_counted_from_the_begin_of_the_command() -> None:
    before = time.monotonic()
    with clock.command():
        first = clock.began()
        assert before <= first
        assert clock.began() == first
        assert Limits.of(Budget(max_hours=1.0), began=first).deadline is not None
    assert clock.began() >= first


def test_a_process_is_as_old_as_the_clock_of_its_system_says() -> None:
    code = "import time; time.sleep(0.2); from cotrain.clock import age; print(age())"
    started = time.monotonic()
    told = float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
    assert told == 0 or 0.15 < told < time.monotonic() - started + 0.1  # ticks are hundredths


def test_nothing_is_left() -> None:
    now = time.monotonic()
    assert unfinished(Limits(began=now))
    assert not unfinished(Limits(began=now - 10, seconds=1))
    assert not unfinished(Limits(began=now, allowance=Allowance(0)))


def kept(limits: Limits, *, validate: bool = True, finished: tuple[str, ...] = ()) -> KeptForValidation:
    ledger = SimpleNamespace(get=lambda key: b"1" if key in finished else None)
    trainer: Any = SimpleNamespace(
        ledger=ledger, executor=SimpleNamespace(workers=1), begun=lambda job: job.key == "square 9"
    )
    return KeptForValidation.of(trainer, limits, NEED, validate=validate)


class TestKept:
    def test_time(self) -> None:
        limits = Limits(began=time.monotonic(), seconds=100 + 1000 + RESERVE + 12)  # ends in about 1100 seconds
        guard = kept(limits)
        assert guard.kept
        guard.before([Square(1, size=400.0)])  # 800 seconds, and 100 are left
        with pytest.raises(OutOfTime, match="kept for validation"):
            guard.before([Square(1, size=600.0)])
        kept(limits, finished=("square 1",)).before([Square(1, size=600.0)])
        kept(limits, validate=False).before([Square(1, size=600.0)])

    def test_runs(self) -> None:
        guard = kept(Limits(began=0.0, allowance=Allowance(22)))
        guard.before([Square(1), Square(2)])
        guard.before([Square(1), Square(2), Square(9), Square(5, trains=False)])
        with pytest.raises(OutOfJobs):
            guard.before([Square(1), Square(2), Square(3)])

    def test_what_validation_cannot_use_the_search_may(self) -> None:
        guard = kept(Limits(began=0.0, allowance=Allowance(19)))
        assert not guard.kept
        guard.before([Square(number) for number in range(10)])
        assert "the search uses what is left" in guard.sentence(validate=True)
        assert guard.sentence(validate=False) == ""


def test_an_estimate_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tasks of 10 tokens a pass, 2 passes; references take 5 s, a pair 8 s; two workers, 3 seeds, no test texts."""
    world = World(tasks=2, seeds=1, references=2, examples=40, noise=0.02, seed=0)
    monkeypatch.setattr("cotrain.validation_time.group_tokens", lambda tasks, group, training: 10.0 * len(group))
    monkeypatch.setattr("cotrain.validation_time._share_of_test", lambda tasks: 0.5)

    def timed(runs: Any, seconds: float) -> Any:
        for run in runs:
            object.__setattr__(run, "cost", Cost(seconds=seconds))
        return runs

    references = {name: timed(of, 5.0) for name, of in world.references.items()}
    groups = {group: timed(of, 8.0) for group, of in world.runs.items()}
    trainer: Any = SimpleNamespace(
        tasks=world.tasks,
        budget=Budget(passes=2, validation_seeds=3),
        spec=SimpleNamespace(training=Training()),
        executor=SimpleNamespace(workers=2),
    )
    found = validation_time(trainer, references, groups, frozen=Cost(seconds=6.0))
    assert found.rate == pytest.approx(8 / 40)
    assert found.seconds == pytest.approx(SAFETY * (3 * (2 * 5 + 3 * 8) / 2 + 8 / 2 + 3))
    assert found.jobs == 3 * (2 + 1 + 2)
