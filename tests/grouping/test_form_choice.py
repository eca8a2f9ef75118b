"""The choice among forms of a group: by the lower bound over the shared form, which wins ties."""

import numpy as np
import pytest

from affinity.gains import MeasuredGroup
from grouping.form_choice import FormTrial, choose_form
from grouping.objective import BestGain, FewestAdapters
from grouping.statistics import t_interval

GROUP = ("a", "b")
MARGINS = {"a": 1.0, "b": 1.0}
FREEDOM = 20.0


def of(gain: float, *, error: float = 0.01, delta: float = 0.0, delta_error: float = 0.1) -> MeasuredGroup:
    """Both members alike."""
    two = np.ones(2)
    return MeasuredGroup(GROUP, gain * two, error * two, delta * two, delta_error * two, FREEDOM * two, 3)


def shared(gain: float = 0.0, *, delta: float = 0.0) -> FormTrial:
    return FormTrial(name="shared", adapters=1, measured=of(gain, delta=delta), against=None)


def form(over: float, *, error: float = 0.01, delta: float = 0.0, adapters: int = 1, name: str = "ties") -> FormTrial:
    """A form whose mean gain over the shared one is this."""
    return FormTrial(name=name, adapters=adapters, measured=of(over, delta=delta), against=of(over, error=error))


def test_the_bound_is_the_lower_end_of_the_mean_by_hand() -> None:
    """Errors within a group are added: the mean of two members has the error of one."""
    trial = form(0.05, error=0.02)
    assert trial.bound(0.8) == pytest.approx(t_interval(0.05, 0.02, FREEDOM, confidence=0.6).low)
    assert shared(-5.0).bound(0.8) == 0


def test_shared_wins_ties_and_whatever_is_not_surely_better() -> None:
    for over in (0.0, 0.004, -1.0):
        choice = choose_form([shared(), form(over), form(over)], objective=BestGain(), confidence=0.8)
        assert choice.chosen == 0
        assert choice.reasons == ("chosen", *["its lower bound is not above the shared form's"] * 2)
    sure = form(0.0, error=0.0)
    assert choose_form([shared(), sure], objective=BestGain(), confidence=0.8).chosen == 0


def test_the_highest_bound_wins_not_the_highest_mean() -> None:
    trials = [shared(), form(0.1, error=0.1), form(0.05, error=0.001, name="mean")]
    choice = choose_form(trials, objective=BestGain(), confidence=0.8)
    assert choice.chosen == 2
    assert choice.reasons[0] == "another has a higher lower bound"


@pytest.mark.parametrize("room", [None, 1, 2])
def test_no_form_takes_more_adapters_than_there_is_room_for(room: int | None) -> None:
    choice = choose_form([shared(), form(0.5, adapters=2)], objective=BestGain(), confidence=0.8, room=room)
    assert choice.chosen == (0 if room == 1 else 1)
    if room == 1:
        assert choice.reasons[1] == "it takes 2 adapters, where `max_adapters` leaves 1"


def test_fewest_adapters_keeps_its_floors_and_pays_for_adapters() -> None:
    objective = FewestAdapters(margins=MARGINS)
    losing = form(0.5, delta=-1.0)
    choice = choose_form([shared(), losing, form(0.5, adapters=2)], objective=objective, confidence=0.8)
    assert choice.chosen == 0
    assert choice.reasons[1] == "a task may fall below its floor"
    broken = shared(delta=-2.0)
    assert choose_form([broken, form(-0.01)], objective=objective, confidence=0.8).chosen == 1
    assert choose_form([broken, losing], objective=objective, confidence=0.8).chosen == 0
    assert choose_form([broken, form(-0.01)], objective=BestGain(), confidence=0.8).chosen == 0


def test_what_could_not_be_made_is_never_chosen() -> None:
    lost = FormTrial(name="dare", adapters=1, measured=None, against=None)
    choice = choose_form([shared(), lost], objective=BestGain(), confidence=0.8)
    assert (choice.chosen, choice.reasons[1]) == (0, "it could not be made")
    assert not lost.keeps(MARGINS)


def test_margins_are_kept_by_intervals_of_every_member() -> None:
    assert form(0.0, delta=-0.5).keeps(MARGINS)
    assert not form(0.0, delta=-0.9).keeps(MARGINS)  # 0.1 x t reaches beyond
    assert form(0.0, delta=-0.9).keeps({"a": 2.0, "b": 2.0})


@pytest.mark.parametrize(
    "trials", [[], [form(0.1)], [FormTrial(name="shared", adapters=1, measured=None, against=None)]]
)
def test_without_the_shared_form_there_is_no_choice(trials: list[FormTrial]) -> None:
    with pytest.raises(ValueError, match="Expected the measured form `shared` first"):
        choose_form(trials, objective=BestGain(), confidence=0.8)
