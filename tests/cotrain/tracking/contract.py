"""What any tracker owes: a class of tests to inherit.

class TestAim(TrackerContract):
    name = "aim"

    @classmethod
    def environment(cls, folder: Path) -> dict[str, str]: ...

    @classmethod
    def read(cls, folder: Path, run: Path) -> Seen: ...
"""

import io
import json
import re
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from cotrain.run_folder import RunFolder
from cotrain.tracking.names import TrackerName
from cotrain.tracking.tracked import STATE, tracked
from tests.cotrain.tracking import sample_run as sample

SINGLE_PRECISION = 1e-6
"""Relative; some trackers keep metrics in 32 bits."""
PASSWORD = "hunter2"
"""A secret in the environment."""


@dataclass(kw_only=True)
class Seen:
    """What somebody finds in a tracker's store of one run folder."""

    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings by dotted name, as text."""
    curves: Mapping[tuple[str, str], list[float]] = field(default_factory=dict)
    """Losses in order by training run and name, such as ``("a+b, seed 1", "eval_loss/a")``."""
    runs: list[str] = field(default_factory=list)
    """Names of training runs, one for each time that one is there."""
    spent: list[float] = field(default_factory=list)
    """Seconds so far after each training run."""
    affinities: str = ""
    """The table of affinities as text."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """Figures of the answer."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Its words."""
    pictures: set[str] = field(default_factory=set)
    """Names of figures."""
    report: str | None = None
    """The report, where the tracker has artifacts."""


@dataclass(frozen=True)
class Told:
    """Two commands in one run folder, the first of them stopped, and then the same with the tracker's store lost."""

    seen: Seen
    again: Seen
    lines: list[str]
    """What people were told."""
    printed: str
    """What came to standard output."""
    run: Path
    """The run folder."""


def rows(table: str) -> dict[str, str]:
    """Names and values of a table in Markdown."""
    cells = [re.split(r"(?<!\\) ?\| ?", line.strip("|").strip()) for line in table.splitlines()[2:]]
    return {name: value.replace("\\|", "|") for name, value in cells}


class TrackerContract(ABC):
    """Every tracker hears of everything once, and keeps to itself."""

    name: ClassVar[TrackerName]
    """The tracker's name."""
    has_artifacts: ClassVar[bool] = True
    """Whether it takes files."""
    knows_its_store: ClassVar[bool] = True
    """Whether it can tell that a run of an earlier command is gone."""
    apart: ClassVar[float] = 0.0
    """Seconds that lie between two commands."""

    @classmethod
    @abstractmethod
    def environment(cls, folder: Path) -> dict[str, str]:
        """Variables that let it write below a folder alone."""

    @classmethod
    @abstractmethod
    def read(cls, folder: Path, run: Path) -> Seen:
        """What is in its store."""

    @classmethod
    def lose(cls, folder: Path, run: Path) -> dict[str, str]:
        """Loses the store, or names another: variables that change."""
        shutil.rmtree(folder)
        folder.mkdir()
        return {}

    @pytest.fixture(scope="class")
    @classmethod
    def told(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
        folder, run = tmp_path_factory.mktemp("store"), tmp_path_factory.mktemp("runs") / "run"
        lines: list[str] = []
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
            for name, value in cls.environment(folder).items():
                patch.setenv(name, value)
            patch.setenv("WANDB_API_KEY", PASSWORD)
            patch.chdir(folder)

            def command(does: Callable[[RunFolder], None]) -> None:
                time.sleep(cls.apart)
                with RunFolder(run) as opened, tracked(opened, [cls.name], sample.SETTINGS, tell=lines.append):
                    does(opened)

            with pytest.raises(KeyboardInterrupt):
                command(sample.first_command)
            command(sample.second_command)
            seen = cls.read(folder, run)
            for name, value in cls.lose(folder, run).items():
                patch.setenv(name, value)
            patch.chdir(folder)
            command(lambda _: None)
            yield Told(seen, cls.read(folder, run), lines, printed.getvalue(), run)

    def test_nothing_failed(self, told: Told) -> None:
        assert len(told.lines) == 3
        assert all(line.startswith(f"{self.name}: ") for line in told.lines)

    def test_the_settings_are_there(self, told: Told) -> None:
        expected = {"seed": "42", "budget.passes": "2", "tasks.a.kind": "binary", "grouping.apart": '[["a", "b"]]'}
        assert {name: told.seen.settings.get(name) for name in expected} == expected

    def test_every_training_run_is_there_once(self, told: Told) -> None:
        names = ["a (reference), seed 1", "a+b, seed 1", "b (reference), seed 1"]
        assert sorted(set(told.seen.runs) - {"b+c, seed 1"}) == names
        assert len(told.seen.runs) == len(set(told.seen.runs))

    def test_curves_of_every_group_and_task_are_there_without_what_is_not_known(self, told: Told) -> None:
        expected = {
            ("a (reference), seed 1", "eval_loss/a"): [1, 1 / 2, 1 / 3],
            ("a (reference), seed 1", "train_loss/a"): [0.5, 0.25],
            ("a+b, seed 1", "eval_loss/a"): [3, 1],
            ("a+b, seed 1", "eval_loss/b"): [1, 1 / 2, 1 / 3],
            ("b (reference), seed 1", "eval_loss/b"): [1, 1 / 2, 1 / 3],
        }
        for key, values in expected.items():
            assert told.seen.curves[key] == pytest.approx(values, rel=1e-5), key  # the log has six digits

    def test_what_was_spent_adds_up(self, told: Told) -> None:
        assert told.seen.spent == pytest.approx([2, 4, 6, 6.5], rel=SINGLE_PRECISION)

    def test_the_affinities_are_a_table(self, told: Told) -> None:
        assert "0.25" in told.seen.affinities
        assert "-0.5" in told.seen.affinities

    def test_the_answer_is_there(self, told: Told) -> None:
        for name, value in sample.FIGURES.items():
            assert told.seen.figures[name] == pytest.approx(value, rel=SINGLE_PRECISION), name
        assert {name: told.seen.words[name] for name in ("verdict", "groups")} == {
            "verdict": "confirmed", "groups": "{a, b} {c}"
        }  # fmt: skip

    def test_the_pictures_and_the_report_are_there(self, told: Told) -> None:
        assert told.seen.pictures == {"heatmap", "curves"}
        assert told.seen.report == (sample.REPORT if self.has_artifacts else None)

    def test_a_new_store_is_told_all_of_it(self, told: Told) -> None:
        if not self.knows_its_store:
            assert (told.again.runs, told.again.spent) == ([], [])
            return
        assert sorted(told.again.runs) == sorted(told.seen.runs)
        assert told.again.curves == told.seen.curves
        assert told.again.spent == told.seen.spent
        assert told.again.figures == told.seen.figures
        assert told.again.pictures == told.seen.pictures

    def test_standard_output_stays_clean(self, told: Told) -> None:
        assert told.printed == ""

    def test_the_run_folder_remembers_what_was_told_and_no_secret(self, told: Told) -> None:
        state = json.loads((told.run / STATE).read_text())
        assert state["trackers"][self.name]["told"] == (told.run / "log.jsonl").stat().st_size
        for file in told.run.rglob("*"):
            assert not file.is_file() or PASSWORD.encode() not in file.read_bytes(), file
