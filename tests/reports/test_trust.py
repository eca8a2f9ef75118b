"""What a report says of how far an answer can be trusted: costs against savings, reruns, forecasts, reasons."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affinity.calibration import Calibration, Forecast, calibrate
from affinity.predictor import Measured
from grouping.apart import Apart
from grouping.break_even import BreakEven, Serving
from grouping.partition import Partition
from grouping.stability import Chosen, stability
from reports.account_words import about, account_sentence, plan_sentences
from reports.apart_words import apart_sentence, apart_summary
from reports.calibration_words import calibration_remark, calibration_sentences
from reports.inputs import parse, read_run
from reports.predicted import predicted_info
from reports.report import render
from reports.stability_words import stability_sentence
from reports.terminal import plain_summary
from reports.trust import Account, Calibrated, Even, Stable
from tests.grouping.worlds import Independent
from tests.reports import samples

EVEN: dict[str, Any] = {
    "tasks": 6,
    "adapters": 3,
    "asking": 1e13,
    "alone": 1e12,
    "answer": 0.75e12,
    "trained": True,
    "serving": Serving(frozen=1e6, adapted=1e6),
    "stored": 3_000_000,
    "stored_alone": 6_000_000,
}


def even(**changed: Any) -> Even:
    return parse(Even, BreakEven(**{**EVEN, **changed}).to_dict(), place="plan")


def account(**changed: Any) -> Account:
    spent = samples.cost(4, 0.1)
    parts = {"proposals": spent, "failed": samples.cost(0, 0.0), "alone": spent, "answer": spent}
    whole = {**parts, "break_even": BreakEven(**{**EVEN, **changed}).to_dict(), "tokens_per_text": 33.4}
    return parse(Account, whole, place="recommendation.json")


def forecasts(count: int, bias: float) -> Calibration:
    x = np.linspace(-0.05, 0.05, count)
    wiggle = 0.002 * np.where(np.arange(count) % 2, 1, -1)
    return calibrate(
        [
            Forecast(run="this run", group=("a", str(n)), task="a", predicted=a, predicted_error=0.006,
                     measured=a + bias + w, measured_error=0.008)
            for n, (a, w) in enumerate(zip(x.tolist(), wiggle.tolist(), strict=True))
        ]
    )  # fmt: skip


def calibrated(of: Calibration, **changed: Any) -> Calibrated:
    return parse(Calibrated, {"forecasts": of.to_dict(), **changed}, place="recommendation.json")


def known_runs() -> dict[str, Any]:
    """An answer and two reruns, one of which is better by far."""
    told = {("a", "b"): 0.10, ("a", "c"): 0.01}
    measured = {group: Measured(group, np.full(2, gain), np.full(2, 0.01)) for group, gain in told.items()}
    gains = Independent(("a", "b", "c"), 100.0, measured)
    poor, good = Partition.of(["ac", "b"]), Partition.of(["ab", "c"])
    found = stability([Chosen(1, poor, gains), Chosen(2, good, gains), Chosen(3, good, gains)], seed=0)
    return {"wanted": 3, "done": 2, **found.to_dict()}


def test_what_asking_cost_and_when_it_pays() -> None:
    said = account_sentence(account()).replace("\N{NO-BREAK SPACE}", " ")
    assert "10.0 times the computation of training every task alone once (10.0 TFLOP against 1.00 TFLOP)" in said
    assert "4.1 % of it for groups that were tried and are not in the answer." in said
    assert "failed" not in said
    assert "saves 3 adapters (3.00 MB less to keep)" in said
    assert (
        "A text of 33 tokens that is asked about for all 6 tasks passes the adapted layers 3 instead of 6 times" in said
    )
    assert "after about 3,000,000 such texts; a text for one task saves nothing" in said  # 9e12 / 3e6
    assert "training saves nothing" in said
    assert "takes 25 % less work, which has paid after about 36 retrainings" in said  # 9e12 / 0.25e12


def test_an_answer_that_saves_nothing_is_told_so() -> None:
    assert "saves nothing: every task has its own adapter" in account_sentence(account(adapters=6))
    assert "takes as much work, so no number of retrainings pays" in account_sentence(account(answer=1e12))
    assert "takes 50\N{NO-BREAK SPACE}% more work" in account_sentence(account(answer=1.5e12))
    assert account_sentence(None) == ""


def test_a_plan_says_when_grouping_is_not_worth_asking_about() -> None:
    hours = {"asking": 10.0, "alone": 1.0, "answer": 0.5, "serving": Serving(frozen=0.0, adapted=1e-6)}
    lines = plan_sentences(even(adapters=1, **hours), even(**hours))
    assert "10.0 times as long as training every task alone once (10 h 00 min against 1 h 00 min)" in lines[0].replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert lines[1].startswith("1 adapter for 6 tasks would have paid after about 1,800,000 texts that are asked about")
    assert lines[2].startswith("3 adapters for 6 tasks would have paid after about 3,000,000 texts")
    assert all("at equal passes no retraining pays" in line for line in lines[1:3])
    assert len(plan_sentences(even(adapters=1), None)) == 3


@pytest.mark.parametrize(("value", "text"), [(2_345_678.0, "2,300,000"), (36.4, "36"), (3.14, "3.1"), (99.6, "100")])
def test_two_figures(value: float, text: str) -> None:
    assert about(value) == text


def test_forecasts_without_a_clear_bias_correct_nothing() -> None:
    said = calibration_sentences(calibrated(forecasts(14, 0.0)))
    assert "14 gains in 14 groups were predicted before they were measured: " in said
    assert "intervals held 14 (100\N{NO-BREAK SPACE}%" in said
    assert "no clear bias, so it corrects nothing" in said
    assert calibration_remark(calibrated(forecasts(14, 0.0))) == ""


def test_a_clear_bias_is_said_and_what_was_done_about_it() -> None:
    clear = calibrated(forecasts(14, 0.03))
    assert "a later run that is given this one as --earlier corrects its forecasts" in calibration_remark(clear)
    applied = {"level": 0.03, "slope": 0.8, "centre": 0.01}
    done = calibration_remark(calibrated(forecasts(14, 0.03), applied=applied, earlier=["x"]))
    assert "untrained groups were shifted by +0.030 and drawn towards +0.010 by a slope of 0.80" in done
    assert "--earlier" not in done
    assert "too few groups to correct it" in calibration_remark(calibrated(forecasts(8, 0.03)))


def test_selection_and_runs_that_do_not_count_are_told() -> None:
    chosen = forecasts(3, -0.02).to_dict()
    said = calibration_sentences(
        calibrated(forecasts(0, 0.0), choice=chosen, left_out={"old": "another base model (x)"})
    )
    assert "No group was predicted before it was measured" in said
    assert "on test the members of 3 chosen groups gained" in said
    assert "a clear difference" in said
    assert "Earlier runs that do not count: old: another base model (x)." in said
    assert calibration_sentences(None) == ""


def test_other_seeds_are_told_with_what_they_are_worth() -> None:
    said = stability_sentence(parse(Stable, known_runs(), place="recommendation.json"))
    assert said.startswith("2 complete reruns with other seeds on the same data (2 of 3 were finished): 0 recommended")
    assert "other seeds find clearly better ones" in said
    assert said.endswith("The answer stays that of the first run.")
    assert "none of 2 complete reruns was finished" in stability_sentence(Stable(wanted=2, done=0))
    assert stability_sentence(None) == ""


@pytest.mark.parametrize(
    ("reason", "fields", "parts"),
    [
        ("constraint", {"rule": "`apart: [a, b]`"}, ["A rule keeps them apart: `apart: [a, b]`."]),
        ("refuted", {}, ["the test split refuted"]),
        ("not learnable", {}, ["no gain of either can be read"]),
        ("failed", {}, ["their runs failed"]),
        (
            "conflict",
            {"rule": "the loss stays"},
            ["b loses beside a", "sizes it is conflict: the loss stays."],
        ),
        ("negative transfer", {}, ["from a to b", "\N{MINUS SIGN}0.030", "predicted, as the pair was not trained"]),
        ("margin", {"unit": "points", "margin": 1.0, "value": -3.0, "low": -5.0, "high": -1.0}, ["b is the nearer"]),
        ("budget", {"untrained": (("a", "b"),)}, ["was never trained", "training {a, b} would tell more"]),
        ("undecided", {"times": 3.21}, ["about 3.2 times as many runs"]),
        ("undecided", {}, ["no number of further runs within reason"]),
        ("better use", {}, ["better use: the best grouping with {a, b} is expected to have a mean gain of"]),
    ],
)
def test_every_reason_has_its_sentence(reason: Any, fields: dict[str, Any], parts: list[str]) -> None:
    figures: dict[str, Any] = {
        "source": "a", "target": "b", "value": -0.03, "low": -0.05, "high": -0.01, "measured": False,
        "difference": -0.01, "difference_low": -0.02, "difference_high": 0.0,
    }  # fmt: skip
    said = apart_sentence(Apart(pair=("a", "b"), reason=reason, **{**figures, **fields}))
    for part in parts:
        assert part in said
    assert said.endswith(".")


def trusted(folder: Path) -> Path:
    """The confirmed sample run with everything that is told of trust; one sentence came from data."""
    objects = samples.sample("six")
    found, evidence = objects["recommendation.json"], objects["evidence.json"]
    found["calibration"] = evidence["calibration"] = {"forecasts": forecasts(14, 0.03).to_dict()}
    found["stability"] = known_runs()
    found["apart"] = [
        {"pair": ["a", "b"], "reason": "negative transfer", "sentence": "<script>x</script>", "clear": 4.0},
        {"pair": ["a", "c"], "reason": "undecided", "sentence": "Undecided: open.", "clear": 0.0},
        {"pair": ["b", "c"], "reason": "constraint", "sentence": "A rule.", "clear": None},
    ]
    spent = samples.cost(4, 9.0)
    found["cost"]["account"] = {
        "proposals": spent, "failed": spent, "alone": spent, "answer": spent, "tokens_per_text": 33.0,
        "break_even": BreakEven(**EVEN).to_dict(),
    }  # fmt: skip
    found["cost"]["reruns"] = spent
    evidence["curves"] = {}
    return samples.write(folder, objects)


def test_the_report_and_the_terminal_tell_all_of_it(tmp_path: Path) -> None:
    folder = trusted(tmp_path / "run")
    page = render(folder).read_text(encoding="utf-8")
    for part in ("When it pays", "Why not together", "Other seeds", "Forecasts", "rerun 2", "complete reruns",
                 "groups not in the answer", "every task alone, once", "&lt;script&gt;x"):  # fmt: skip
        assert part in page
    assert "<script>x" not in page
    for name in ("apart", "stability", "co_assignment"):
        assert (folder / "figures" / f"{name}.csv").stat().st_size > 0
    rows = json.loads((folder / "figures" / "cost.json").read_text())
    assert "times_alone" in json.dumps(rows)
    run = read_run(folder)
    line = predicted_info(run.evidence.measured, run.recommendation).line
    assert line == pytest.approx((0.03, 1.0), abs=0.02)
    assert "Fitted to groups that were predicted before they were trained: measured = +0.030" in page
    told = plain_summary(run.recommendation)
    assert "3 pairs of tasks are apart: 1 negative transfer, 1 undecided, 1 constraint." in told
    assert "a and b: <script>" in told
    assert "Undecided: open." not in told
    assert "2 complete reruns" in told
    assert "Asking took 10.0 times" in told
    assert "a clear bias" in told


def test_no_line_is_drawn_through_forecasts_without_a_clear_bias(tmp_path: Path) -> None:
    objects = samples.sample("six")
    objects["recommendation.json"]["calibration"] = {"forecasts": forecasts(14, 0.0).to_dict()}
    run = read_run(samples.write(tmp_path / "run", objects))
    assert predicted_info(run.evidence.measured, run.recommendation).line is None


def test_a_run_without_any_of_it_is_read_as_before(tmp_path: Path) -> None:
    folder = samples.write(tmp_path / "run", samples.sample("six"))
    run = read_run(folder)
    assert apart_summary(run.recommendation) == ""
    assert predicted_info(run.evidence.measured, run.recommendation).line is None
    assert "Why not together" not in render(folder).read_text(encoding="utf-8")
