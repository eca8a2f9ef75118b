"""When asking pays, by hand."""

from typing import Any

import pytest

from grouping.break_even import BreakEven, Serving

KNOWN: dict[str, Any] = {
    "tasks": 6,
    "adapters": 2,
    "asking": 100.0,
    "alone": 10.0,
    "answer": 8.0,
    "trained": True,
    "serving": Serving(frozen=5.0, adapted=0.5),
    "stored": 200,
    "stored_alone": 600,
}


def even(**changed: Any) -> BreakEven:
    return BreakEven(**{**KNOWN, **changed})


def test_what_asking_costs_comes_back_by_texts_or_by_retrainings() -> None:
    of = even()
    assert of.times == 10.0
    assert of.behind == 90.0  # 100 less the 10 that training alone would have taken
    assert of.saved_by_text == 4 * 0.5  # the frozen layers are passed once either way
    assert of.texts == 45.0
    assert of.saved_by_retraining == 2.0
    assert of.retrainings == 45.0
    assert of.to_dict()["texts"] == 45.0
    assert of.to_dict()["serving"] == {"frozen": 5.0, "adapted": 0.5}


def test_an_answer_that_was_not_trained_has_to_be() -> None:
    assert even(trained=False).behind == 98.0


def test_at_equal_passes_no_retraining_pays() -> None:
    assert even(answer=10.0).retrainings is None
    assert even(answer=11.0).retrainings is None


def test_one_adapter_per_task_saves_nothing() -> None:
    of = even(adapters=6, answer=10.0)
    assert of.texts is None
    assert of.retrainings is None


def test_asking_that_was_no_dearer_than_training_alone_has_paid_at_once() -> None:
    assert even(asking=10.0).texts == even(asking=9.0).retrainings == 0.0


def test_frozen_layers_do_not_matter_and_more_saved_adapters_pay_sooner() -> None:
    assert even(serving=Serving(frozen=0.0, adapted=0.5)).texts == even().texts
    counts = [even(adapters=adapters).texts for adapters in (1, 2, 3, 4, 5)]
    assert counts == sorted(counts, key=lambda count: count or 0.0)


@pytest.mark.parametrize("changed", [{"adapters": 7}, {"adapters": 0}, {"alone": 0.0}, {"asking": float("nan")}])
def test_what_cannot_be_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        even(**changed)


def test_work_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Serving(frozen=-1.0, adapted=1.0)
