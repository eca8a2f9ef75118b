"""Other forms of the chosen groups from the suite file to the adapters that are served."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cotrain
from cotrain import forming
from cotrain.app import main
from cotrain.exporting import export_run
from cotrain.suite import builtin_suite, load_suite, override, parse_suite, select_tasks, to_plain
from grouping.form_choice import FormChoice, FormTrial
from tests.cotrain.samples import run as run_command
from trainers.forms import FORMS as FORM_NAMES
from trainers.forms import Dare, Equal, Mean, Private, Ties

NAMES = ["same", "number", "tags"]
FORMS = ["private", {"name": "ties", "density": 0.4}, "equal"]


def asked(suite: Path, *, forms: list[Any], **settings: Any) -> Any:
    """Three tasks that may lose much, so that what is chosen is confirmed, and are grouped."""
    margins = {f"tasks.{name}.margin": 90.0 for name in NAMES}
    given = {
        "grouping.forms": forms,
        "grouping.max_adapters": None,
        "grouping.together": [NAMES],
        **margins,
        **settings,
    }
    return override(select_tasks(load_suite(suite), NAMES), given)


def chosen(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a form be chosen whatever was measured."""

    def choose(trials: list[FormTrial], **_: Any) -> FormChoice:
        return FormChoice([trial.name for trial in trials].index(wanted), tuple("told" for _ in trials))

    monkeypatch.setattr(forming, "choose_form", choose)


@pytest.fixture(scope="module")
def formed(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A recommendation with private parts, validated."""
    folder = tmp_path_factory.mktemp("forms") / "run"
    with pytest.MonkeyPatch.context() as patched:
        chosen("private", patched)
        return folder, cotrain.recommend(asked(suite, forms=FORMS), out=folder, workers=1)


def test_every_form_is_in_the_evidence_and_the_report(formed: tuple[Path, dict[str, Any]]) -> None:
    folder, found = formed
    assert found["groups"] == [sorted(NAMES)]
    assert found["forms"] == {"number+same+tags": {"name": "private", "rank": 2}}
    rows = json.loads((folder / "evidence.json").read_text())["forms"]
    assert [row["form"] for row in rows] == ["shared", "private, rank 2", "ties, density 0.4", "equal"]
    shared, private, ties, equal = rows
    one = shared["trained_weights"]  # rank 2
    assert (shared["adapters"], shared["stored_bytes"]) == (1, 4 * one)
    assert (private["adapters"], private["trained_weights"]) == (3, 4 * one)
    assert private["stored_bytes"] == 4 * (3 * one + 3 * one)
    assert (ties["trains"], ties["trained_weights"], ties["stored_bytes"], ties["cost"]["jobs"]) == (
        False,
        0,
        4 * one,
        0,
    )
    assert equal["trained_weights"] == one
    for row in rows[1:]:
        assert row["over_shared_low"] <= row["over_shared"] <= row["over_shared_high"]
        assert set(row["gain"]) == set(NAMES)
    assert [row["chosen"] for row in rows] == [False, True, False, False]
    assert found["cost"]["forms"]["jobs"] == 1 + 2 + 2  # a second seed of shared, private, equal
    page = (folder / "report.html").read_text()
    assert "Other forms of the groups" in page
    assert "number+same+tags as private" in page
    assert (folder / "figures" / "forms.csv").exists()


def test_validation_and_adapters_are_of_the_chosen_form(formed: tuple[Path, dict[str, Any]], suite: Path) -> None:
    """What is served predicts, at the scores that validation read; each folder is a LoRA of the summed rank."""
    folder, found = formed
    group = folder / "adapters" / "number+same+tags"
    assert sorted(place.name for place in group.iterdir()) == sorted(NAMES)
    configs = {name: json.loads((group / name / "adapter_config.json").read_text()) for name in NAMES}
    assert {config["r"] for config in configs.values()} == {4}
    run = cotrain.load(folder)
    answers = run.predict("number", ["red one two", "cold three"])
    assert len(answers) == 2
    assert all(0 < answer["probability"] <= 1 for answer in answers)
    assert found["tasks"]["number"]["verdict"] in ("confirmed", "not learnable")


def test_an_export_says_what_it_is(
    formed: tuple[Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = formed
    code, _out, err = run_command(capsys, "export", str(folder), "--out", str(tmp_path / "out"))
    assert (code, err) == (0, [])
    card = (tmp_path / "out" / "groups" / "tags" / "README.md").read_text()
    assert "Trained with number, same, tags: their shared part and this task's own are joined in one LoRA" in card
    assert "3 adapters" in card


def test_the_same_command_makes_nothing_again(
    formed: tuple[Path, dict[str, Any]], suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, found = formed
    chosen("private", monkeypatch)
    again = cotrain.recommend(asked(suite, forms=FORMS), out=folder, workers=1)
    assert {**again, "cost": None} == {**found, "cost": None}
    assert again["cost"]["forms"] == found["cost"]["forms"]


def test_a_merged_form_is_validated_on_fresh_references(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen("mean", monkeypatch)
    found = cotrain.recommend(asked(suite, forms=["mean"]), out=tmp_path / "run", workers=1)
    assert found["forms"] == {"number+same+tags": {"name": "mean"}}
    assert found["cost"]["validation"]["jobs"] == 2 * 3  # references alone; all together is the choice itself
    assert cotrain.load(tmp_path / "run").predict("tags", ["red"])


def test_without_the_setting_nothing_is_said(found: dict[str, Any], suite: Path) -> None:
    assert "forms" not in found
    assert "forms" not in found["cost"]
    evidence = json.loads((suite.parent / "run" / "evidence.json").read_text())
    assert "forms" not in evidence


def test_a_plan_counts_them(suite: Path, tmp_path: Path) -> None:
    plans = {
        str(forms): cotrain.plan(asked(suite, forms=forms), out=tmp_path, workers=1)
        for forms in ([], ["ties"], ["private", "ties"])
    }
    none, merged, both = (plan["phases"].get("other forms") for plan in plans.values())
    assert none is None
    assert merged["jobs"] == 1  # of half the tasks a second seed of the shared form
    assert both["jobs"] == 1 + 2
    assert merged["tokens_forward"] > merged["tokens_backward"] > 0
    assert both["tokens_backward"] == 3 * merged["tokens_backward"]


def test_settings_survive_the_resolved_suite(suite: Path) -> None:
    loaded = asked(suite, forms=["mean", {"name": "private", "rank": 5}, "dare", "ties", "equal"])
    assert loaded.suite.grouping.forms == (Mean(), Private(rank=5), Dare(), Ties(), Equal())
    assert parse_suite(to_plain(loaded.suite)) == loaded.suite


def test_members_of_equal_size_have_nothing_to_mix(suite: Path, tmp_path: Path) -> None:
    loaded = override(
        select_tasks(load_suite(suite), ["same", "tags"]),
        {"grouping.forms": ["equal"], "grouping.together": [["same", "tags"]], "budget.models": 0},
    )
    found = cotrain.recommend(loaded, out=tmp_path / "run", workers=1, validate=False)
    rows = json.loads((tmp_path / "run" / "evidence.json").read_text())["forms"]
    assert rows[1]["reason"] == "its members have as many batches in the shared form"
    assert rows[1]["mean_gain"] is None
    assert found["forms"] == {"same+tags": {"name": "shared"}}
    assert np.isfinite(rows[0]["mean_gain"])


def test_the_loss_of_each_member_is_weighted_in_turn(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chosen variant is what validation retrains and what is served."""
    chosen("weighted", monkeypatch)
    loaded = asked(suite, forms=["weighted"])
    planned = cotrain.plan(loaded, out=tmp_path / "planned", workers=1)["phases"]["other forms"]
    found = cotrain.recommend(loaded, out=tmp_path / "run", workers=1)
    rows = json.loads((tmp_path / "run" / "evidence.json").read_text())["forms"]
    every = [f"weighted, task {name}, factor 3" for name in sorted(NAMES)]
    assert [row["form"] for row in rows] == ["shared", *every]
    assert len({tuple(row["gain"].values()) for row in rows}) == len(rows)
    assert all(row["adapters"] == 1 and row["trains"] for row in rows)
    assert planned["jobs"] == 1 + 2 * 2  # two members assumed, with two seeds each, and one more of the shared form
    assert found["forms"] == {"number+same+tags": {"name": "weighted", "task": "number", "factor": 3.0}}
    assert cotrain.load(tmp_path / "run").groups(device="cpu")


def test_a_task_of_another_group_helps(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is trained on in search and validation, serves nobody there, and keeps an adapter of its own."""
    chosen("helped", monkeypatch)
    loaded = select_tasks(load_suite(suite), [*NAMES, "hue"])
    margins = {f"tasks.{name}.margin": 90.0 for name in (*NAMES, "hue")}
    given = {"grouping.forms": ["helped"], "grouping.max_adapters": None, "grouping.together": [NAMES], **margins}
    loaded = override(loaded, given | {"grouping.alone": ["hue"]})
    planned = cotrain.plan(loaded, out=tmp_path / "planned", workers=1)["phases"]["other forms"]
    found = cotrain.recommend(loaded, out=tmp_path / "run", workers=1)
    rows = json.loads((tmp_path / "run" / "evidence.json").read_text())["forms"]
    assert found["groups"] == [["hue"], sorted(NAMES)]
    assert [row["form"] for row in rows] == ["shared", "helped, helper hue"]
    assert rows[1]["cost"]["tokens_backward"] > rows[0]["cost"]["tokens_backward"]
    assert (rows[1]["adapters"], rows[1]["stored_bytes"]) == (1, rows[0]["stored_bytes"])
    assert found["forms"] == {"number+same+tags": {"name": "helped", "helper": "hue", "tries": None}}
    assert planned["jobs"] == 2 * (1 + 2 * 2)  # of two groups: one more seed of the shared form, two helpers twice
    place = tmp_path / "run" / "adapters" / "number+same+tags"
    assert not any("hue" in path.name for path in place.rglob("*"))
    run = cotrain.load(tmp_path / "run")
    assert len(run.predict("number", ["red one two"])) == 1
    exported = export_run(run, out=tmp_path / "out", tasks=["number"])
    card = (exported[0].folder / "README.md").read_text()
    digest = json.loads((tmp_path / "run" / "fingerprints.json").read_text())["tasks.hue"]
    assert f"Trained with the examples of hue too (SHA-256 of its data: `{digest}`), which it does not serve." in card
    assert found["tasks"]["number"]["delta"] is not None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("forms: [private, tie]", "grouping.forms.1.name: expected .* but got 'tie'; did you mean `ties`"),
        ("forms: [ties, ties]", "grouping.forms: `ties, density 0.5` stands twice"),
        ("forms: [{name: dare, density: 1}]", "grouping.forms.0.density: expected a number above 0 and below 1"),
        ("forms: [{name: private, rank: 0}]", "grouping.forms.0.rank: expected a whole number of 1 or more"),
        ("forms: [{name: mean, weight: 1}]", "grouping.forms.0.weight: there is no such field"),
        (
            "forms: [{name: weighted, task: other}]",
            "grouping.forms: `weighted, task other, factor 3` is of none of the",
        ),
        ("forms: [{name: weighted, factor: 0}]", "grouping.forms.0.factor: expected a number above 0"),
        ("forms: [{name: weighted, factor: 1}]", "grouping.forms: no `weighted`: a factor of 1 changes nothing"),
        ("forms: [{name: helped, helper: other}]", "grouping.forms: `helped, helper other, tries 2` is of none of the"),
        ("forms: [{name: helped, tries: 0}]", "grouping.forms.0.tries: expected a whole number of 1 or more"),
        ("forms: [shared]", "grouping.forms.0.name: expected `private` or"),
    ],
)
def test_a_wrong_form_ends_in_one_line(suite: Path, line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = suite.parent / "wrong.yaml"
    path.write_text(suite.read_text().replace("grouping: {max_adapters: 3}", f"grouping: {{{line}}}"))
    code, out, err = run_command(capsys, "plan", str(path))
    assert (code, out, len(err)) == (2, "", 1)
    assert re.search(told, err[0]), err[0]


def test_the_built_in_suite_takes_every_form() -> None:
    loaded = override(builtin_suite(), {"grouping.forms": [name for name in FORM_NAMES if name != "shared"]})
    assert len(loaded.suite.grouping.forms) == len(FORM_NAMES) - 1


def test_a_method_that_cannot_is_refused_with_the_alternative(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = suite.parent / "dora.yaml"
    path.write_text(suite.read_text().replace("method: {r: 2, alpha: 4,", "method: {name: dora, r: 2,"))
    assert main(["plan", str(path), "--forms", "private"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "no `private`: `dora` has no low-rank parts that can be added up; use `method: lora` or `rslora`"
    )
