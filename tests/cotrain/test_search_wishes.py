"""``cotrain search`` with rules about groups and with weights of tasks: from flags to the answer, and from a folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cotrain.samples import run
from tests.cotrain.tables import gain_table
from tests.grouping.worlds import names, noise, planted

TASKS = names(6)
HOME = dict(zip(TASKS, (0, 1, 0, 1, 1, 0), strict=True))
ALL = ("--models", "60")
"""More models than there are groups."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    gain_table(tmp_path / "gains.csv", TASKS, planted(HOME, 0.1))
    gain_table(tmp_path / "noise.csv", TASKS, noise(2))
    return tmp_path


def found_by(capsys: pytest.CaptureFixture[str], *flags: str) -> dict[str, Any]:
    code, out, err = run(capsys, "search", "--json", *flags)
    assert (code, err) == (0, [])
    found: dict[str, Any] = json.loads(out)
    return found


def test_rules_hold(capsys: pytest.CaptureFixture[str]) -> None:
    rules = ("--together", "a,b", "--apart", "c,f", "--apart", "b,d,e", "--alone", "d", "--max-tasks", "3")
    found = found_by(capsys, "--table", "gains.csv", *rules, *ALL)
    assert any({"a", "b"} <= set(group) for group in found["groups"])
    for group in [*found["groups"], *(of["group"] for of in found["asked"])]:
        assert len(group) <= 3
        assert ("a" in group) == ("b" in group)
        assert len({"c", "f"} & set(group)) < 2
        assert len({"b", "d", "e"} & set(group)) < 2
        assert "d" not in group or group == ["d"]
    assert found["baselines"]["together"] is None, "it may not be trained"


def test_rules_that_contradict_each_other_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(
        capsys, "search", "--table", "gains.csv", "--together", "a,b", "--alone", "a", "--apart", "c,d"
    )
    assert (code, out) == (2, "")
    assert len(err) == 1
    assert "no grouping can meet `together: [a, b]` and `alone: [a]`; drop or loosen one of them" in err[0]


@pytest.mark.parametrize("flag", ["--together", "--apart"])
def test_a_rule_about_one_task_is_refused(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "search", "--table", "gains.csv", flag, "a")
    assert (code, out) == (2, "")
    assert err == [f"error: {flag}: found `a`; expected two or more tasks, joined with `,`"]


def test_weights_change_the_answer_and_gains_stay_what_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--table", "noise.csv", "--adapters", "2", *ALL)
    plain, heavy = found_by(capsys, *flags), found_by(capsys, *flags, "--weights", "e=20, b=0.5")
    assert heavy["groups"] != plain["groups"]
    assert heavy["gains"]["e"] > plain["gains"]["e"]
    weights = {"e": 20.0, "b": 0.5}
    assert heavy["weights"] == weights
    assert heavy["value"] == pytest.approx(sum(weights.get(t, 1.0) * gain for t, gain in heavy["gains"].items()))
    truth = noise(2)
    for asked in heavy["asked"]:
        group = tuple(asked["group"])
        assert asked["gains"] == pytest.approx(dict(zip(group, truth(group).tolist(), strict=True)))
    code, out, _ = run(capsys, "search", *flags, "--weights", "e=20")
    assert code == 0
    assert "the weighted gains add up to" in out


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("a", "found `a`; expected a task and a number"),
        ("a=x", "found `a=x`"),
        ("z=1", "no task `z`"),
        ("a=0", "found 0 for `a`; expected a number above 0"),
        ("a=-1", "found -1 for `a`"),
        ("a=nan", "found nan for `a`"),
        ("a=inf", "found inf for `a`"),
    ],
)
def test_weights_that_say_nothing(weights: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "search", "--table", "gains.csv", "--weights", weights)
    assert (code, out, len(err)) == (2, "", 1)
    assert f"--weights: {expected}" in err[0]


def test_a_floor_holds_for_all_or_for_some(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--table", "noise.csv", "--adapters", "3", *ALL)
    plain = found_by(capsys, *flags)
    worst = min(plain["gains"], key=lambda t: plain["gains"][t])
    assert plain["gains"][worst] < -0.01
    every = found_by(capsys, *flags, "--floor=-0.01")
    assert min(every["gains"].values()) >= -0.01
    some = found_by(capsys, *flags, "--floor", f"{worst}=-0.01", "--weights", f"{worst}=3")
    assert some["gains"][worst] >= -0.01, "of the gain, not of its weighted one"
    for floor, expected in (("0.1", "found 0.1 for `a`"), ("z=-1", "found -1 for `z`"), ("x", "found `x`; expected")):
        code, _, err = run(capsys, "search", *flags, "--floor", floor)
        assert (code, len(err)) == (2, 1)
        assert f"--floor: {expected}" in err[0]


def test_a_folder_keeps_rules_and_weights_and_a_new_task_is_added_under_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = ("a", "b", "c", "d", "e")
    gain_table(folder / "old.csv", old, planted(HOME, 0.1))
    flags = ("--table", "old.csv", "--out", "run", *ALL)
    found = found_by(capsys, *flags, "--weights", "c=2", "--together", "a,b")
    assert found_by(capsys, *flags, "--weights", "c=2", "--together", "a,b") == found
    for other in (("--weights", "c=2"), ("--together", "a,b"), ("--weights", "c=3", "--together", "a,b")):
        code, _, err = run(capsys, "search", *flags, *other)
        assert code == 2
        assert "this folder holds another search" in err[-1]
    add = ("--add", "f", "--table", "gains.csv", "--out", "run")
    for flag, value in (("--together", "a,f"), ("--weights", "c=3")):
        code, _, err = run(capsys, "search", *add, flag, value)
        assert (code, err) == (2, [f"error: {flag}: those of the search in --out hold; leave it out"])
    added = found_by(capsys, *add, "--weights", "f=3")
    assert added["weights"] == {"c": 2.0, "f": 3.0}
    assert any({"a", "b"} <= set(group) for group in added["groups"])
    gains = added["gains"]
    assert added["value"] == pytest.approx(sum({"c": 2.0, "f": 3.0}.get(t, 1.0) * gain for t, gain in gains.items()))
    assert gains["f"] > 0
