"""Answers that outlive the process."""

from pathlib import Path

import numpy as np
import pytest

from grouping.oracles.remembered import Remembered
from tasks.errors import InputError
from tests.grouping.worlds import Answers, names, noise

PAIR = ("a", "b")


def test_an_answer_is_asked_for_once_and_comes_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first = Remembered(Answers(noise(0)), path, seed=7)
    told = first.ask(PAIR)
    silent = Answers(noise(1))
    second = Remembered(silent, path, seed=7)
    again = second.ask(PAIR)
    assert told is not None
    assert again is not None
    assert again.group == told.group == PAIR
    np.testing.assert_array_equal(again.mean, told.mean)
    np.testing.assert_array_equal(again.error, [0, 0])
    assert (silent.asked, first.kept, second.kept) == ([], 0, 1)
    second.ask(("a", "c"))
    assert (silent.asked, second.kept) == ([("a", "c")], 1)


def test_another_seed_is_another_question(tmp_path: Path) -> None:
    Remembered(Answers(noise(0)), tmp_path / "ledger.sqlite", seed=7).ask(PAIR)
    other = Answers(noise(0))
    Remembered(other, tmp_path / "ledger.sqlite", seed=8).ask(PAIR)
    assert other.asked == [PAIR]


def test_a_refusal_is_remembered_with_its_reason(tmp_path: Path) -> None:
    reasons: dict[tuple[str, ...], str] = {}

    class Refusing(Answers):
        def ask(self, group: tuple[str, ...], *, run: int = 0) -> None:
            super().ask(group)
            reasons[group] = "out of memory"

    refusing = Refusing(noise(0), refused=frozenset([PAIR]))
    assert Remembered(refusing, tmp_path / "ledger.sqlite", seed=0, refusals=reasons).ask(PAIR) is None
    known: dict[tuple[str, ...], str] = {}
    silent = Answers(noise(0))
    again = Remembered(silent, tmp_path / "ledger.sqlite", seed=0, refusals=known)
    assert again.ask(PAIR) is None
    assert (silent.asked, again.kept, known) == ([], 1, {PAIR: "out of memory"})


def test_what_fails_is_not_remembered(tmp_path: Path) -> None:
    class Failing(Answers):
        def ask(self, group: tuple[str, ...], *, run: int = 0) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Remembered(Failing(noise(0)), tmp_path / "ledger.sqlite", seed=0).ask(PAIR)
    sound = Answers(noise(0))
    Remembered(sound, tmp_path / "ledger.sqlite", seed=0).ask(PAIR)
    assert sound.asked == [PAIR]


def test_refuses_a_file_that_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("nothing of the kind, and longer than a header of SQLite " * 40)
    with pytest.raises(InputError, match=r"ledger\.sqlite: cannot use this ledger"):
        Remembered(Answers(noise(0)), tmp_path / "ledger.sqlite", seed=0).ask(names(2))
