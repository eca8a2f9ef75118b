"""How far, how long still: on a terminal, in a file, and not at all."""

import io

import pytest

from cotrain.bars import Bars
from cotrain.progress import Lines, Phase, Silent, clock_text, progress_on


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


def test_the_stream_decides() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert isinstance(progress_on(io.StringIO()), Lines)
    assert isinstance(progress_on(Terminal(), quiet=True), Silent)
    with progress_on(Terminal()) as progress:
        assert isinstance(progress, Bars)
