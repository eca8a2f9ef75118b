"""How far, how long still: on a terminal, in a file, and not at all."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cotrain.bars import Bars
from cotrain.cell import KEPT, Cell
from cotrain.notebook import in_notebook
from cotrain.progress import Lines, Phase, Silent, clock_text, progress_by_default, progress_on


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (75, "1:15"), (3675.4, "1:01:15"), (float("inf"), "?"), (float("nan"), "?")]
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


def test_what_was_found_finished_tells_nothing_about_the_speed() -> None:
    clock = Clock()
    phase = Phase("probe runs", 10, draw=lambda phase: None, now=clock)
    phase.skip(6)
    assert (phase.fraction, phase.remaining) == (0.6, float("inf"))
    clock.seconds = 20
    phase.advance(1)
    assert (phase.fraction, phase.remaining) == (0.7, 60.0)  # three left at 20 seconds each
    phase.expect(7)
    assert (phase.fraction, phase.remaining) == (1.0, 0.0)


def test_lines_are_rare_and_end_with_the_duration() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = Lines(stream, every=5, now=clock)
    with progress.phase("probe runs", 100) as phase:
        for step in range(100):
            clock.seconds += 0.25
            phase.advance(1, f"run {step}")
    assert stream.getvalue().splitlines() == [
        "probe runs: started",
        "probe runs: 20%, 0:20 left (run 19)",
        "probe runs: 40%, 0:15 left (run 39)",
        "probe runs: 60%, 0:10 left (run 59)",
        "probe runs: 80%, 0:05 left (run 79)",
        "probe runs: 100%, 0:00 left (run 99)",
        "probe runs: done in 0:25",
    ]


def test_a_phase_that_fails_is_not_said_to_be_done() -> None:
    stream = io.StringIO()
    with pytest.raises(KeyError), Lines(stream) as progress, progress.phase("probe runs", 2):
        raise KeyError
    assert stream.getvalue() == "probe runs: started\n"


def test_bars_show_names_that_look_like_markup() -> None:
    stream = io.StringIO()
    with Bars(stream) as progress:
        with progress.phase("runs", 2) as phase:
            phase.advance(2, "[red]a[/]+b")
        progress.line("[bold]kept")
    shown = stream.getvalue()
    assert "[bold]kept" in shown
    assert "100%" in shown


def test_the_stream_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert isinstance(progress_on(io.StringIO()), Lines)
    assert isinstance(progress_on(Terminal(), quiet=True), Silent)
    with progress_on(Terminal()) as progress:
        assert isinstance(progress, Bars)
    monkeypatch.setenv("NO_COLOR", "1")
    assert isinstance(progress_on(Terminal()), Lines)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress_on(Terminal(), brief=True), Silent)


class Recorded(Silent):
    """Remembers what was done."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    @contextmanager
    def phase(self, name: str, total: float) -> Iterator[Phase]:
        yield Phase(name, total, draw=lambda phase: self.notes.append(phase.note))


def test_lines_of_a_long_phase_get_rarer() -> None:
    clock, stream = Clock(), io.StringIO()
    with Lines(stream, every=5, now=clock).phase("night", 36_000) as phase:
        for _ in range(36_000):
            clock.seconds += 1
            phase.advance(1)
    lines = stream.getvalue().splitlines()
    assert lines[1:3] == ["night: 0%, 9:59:55 left", "night: 0%, 9:59:50 left"]
    assert 100 < len(lines) < 200


def drawn(width: int, monkeypatch: pytest.MonkeyPatch, done: int) -> str:
    """The line that bars show after so many of four runs."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    with Bars(stream) as progress, progress.phase("probe runs", 4) as phase:
        for number in range(done):
            phase.advance(1, f"run {number}")
        progress.close()
        return stream.getvalue().strip("\n")


@pytest.mark.parametrize("width", [40, 120])
def test_bars_say_what_is_left_at_every_width(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    line = drawn(width, monkeypatch, 3)
    assert len(line) <= width
    assert " 75% " in line
    assert "0:00 left" in line
    assert ("run 2" in line) == (width == 120)
    assert "0:00 so far" in drawn(width, monkeypatch, 0)


def test_a_cell_is_drawn_again_and_not_filled() -> None:
    clock = Clock()
    drawings: list[str] = []

    def show(html: str) -> Callable[[str], None]:
        drawings.append(html)
        return drawings.append

    progress = Cell(now=clock, show=show)
    with progress, progress.phase("runs <b>", 1000) as phase:
        for _ in range(1000):
            clock.seconds += 0.01
            phase.advance(1, "a+b")
    assert len(drawings) < 15
    assert "runs &lt;b&gt;" in drawings[0]
    assert "left (a+b)" in drawings[5]
    assert "done in 0:10" in drawings[-1]
    for number in range(30):
        progress.line(f"line {number}")
    assert drawings[-1].count("<tr>") == KEPT
    with pytest.raises(KeyError), progress.phase("fails", 2):
        raise KeyError
    assert "fails" not in drawings[-1]


def test_a_function_is_silent_outside_of_notebooks() -> None:
    assert not in_notebook()
    assert type(progress_by_default()) is Silent
    assert type(progress_on(io.StringIO(), brief=True)) is Silent
