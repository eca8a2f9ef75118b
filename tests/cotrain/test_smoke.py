"""`--budget smoke`: the fewest of everything, in a folder of its own, and never taken for a result.

What it prints and writes is tested on a run, `tests/docs/test_runs.py`.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cotrain import api
from cotrain.app import main
from cotrain.earlier import _unlike
from cotrain.load_tasks import load_tasks
from cotrain.run_folder import RunFolder
from cotrain.suite import LoadedSuite, load_suite, override
from reports.inputs import Run, parse
from reports.records import Evidence, Recommendation
from reports.smoke_words import SMOKE_RUN
from reports.terminal import plain_summary
from tasks.errors import InputError
from tasks.few import FEW
from tests.cotrain.samples import SUITE, jsonl, rows, run, write_suite
from tests.reports import samples


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What a command gave to its function, which does not run."""
    seen: dict[str, Any] = {}

    def stand_in(suite: Any, **settings: Any) -> None:
        seen.update(settings, suite=suite if isinstance(suite, LoadedSuite) else suite[0].loaded)
        raise KeyboardInterrupt

    for name in ("recommend", "heatmap", "validate", "plan"):
        monkeypatch.setattr(api, name, stand_in)
    write_suite(tmp_path, SUITE + "budget: {passes: 9, seeds: 4, max_validation_seeds: 12, early: true}\n")
    monkeypatch.chdir(tmp_path)
    Path("g.yaml").write_text("[[clone, defect]]")
    return seen


@pytest.mark.parametrize("command", ["recommend", "heatmap", "plan", "validate --grouping g.yaml"])
def test_it_is_the_fewest_of_everything_in_a_folder_of_its_own(reached: dict[str, Any], command: str) -> None:
    assert main([*command.split(), "suite.yaml", "--budget", "smoke"]) == 130
    budget = reached["suite"].suite.budget
    assert budget.smoke
    assert (budget.passes, budget.seeds, budget.reference_seeds, budget.models) == (1, 1, 2, 2)
    assert (budget.validation_seeds, budget.max_validation_seeds, budget.reruns, budget.early) == (2, 2, 0, False)
    assert reached["out"] == Path("cotrain-smoke")


def test_other_flags_go_before_it(reached: dict[str, Any]) -> None:
    assert main(["recommend", "suite.yaml", "--budget", "smoke", "--passes", "2", "--out", "cotrain-run"]) == 130
    budget = reached["suite"].suite.budget
    assert (budget.smoke, budget.passes, budget.seeds) == (True, 2, 1)
    assert reached["out"] == Path("cotrain-run")


def test_without_it_nothing_changes(reached: dict[str, Any]) -> None:
    assert main(["recommend", "suite.yaml"]) == 130
    assert reached["suite"].suite == load_suite("suite.yaml").suite
    assert not reached["suite"].suite.budget.smoke
    assert reached["out"] == Path("cotrain-run")


def test_another_budget_is_refused_in_one_line(reached: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "recommend", "suite.yaml", "--budget", "tiny")
    assert (code, out, len(err)) == (2, "", 1)
    assert "--budget" in err[0]
    assert "smoke" in err[0]
    assert "tiny" in err[0]


def test_few_examples_are_read_where_the_suite_says_so_too(tmp_path: Path) -> None:
    path = write_suite(tmp_path, SUITE + "budget: {smoke: true}\n")
    jsonl(tmp_path / "train.jsonl", rows(400))
    loaded = load_suite(path)
    found, whole = load_tasks(loaded)["defect"], load_tasks(override(loaded, {"budget.smoke": False}))["defect"]
    assert (len(found.splits["train"]), len(whole.splits["train"])) == (FEW["train"], 400)
    assert set(found.splits["train"].texts[0]) < set(whole.splits["train"].texts[0])
    assert found.fingerprint != whole.fingerprint


def test_a_folder_of_a_smoke_run_is_not_gone_on_with(tmp_path: Path) -> None:
    """The settings that are kept say it."""
    loaded = load_suite(write_suite(tmp_path))
    with RunFolder(tmp_path / "run") as folder:
        folder.settle(override(loaded, {"budget.smoke": True}), {})
        assert yaml.safe_load((folder.path / "suite.yaml").read_text())["budget"]["smoke"] is True
        with pytest.raises(InputError, match=r"budget\.smoke: True in the run folder, False now; name another folder"):
            folder.settle(loaded, {})


def test_tables_of_the_study_are_not_made_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_suite(tmp_path, SUITE + "budget: {smoke: true}\n")
    code, out, err = run(capsys, "reproduce", str(path), "--out", str(tmp_path / "study"))
    assert (code, out, len(err)) == (2, "", 1)
    assert "suite.yaml: budget.smoke: is for recommend, heatmap and validate" in err[0]
    assert not (tmp_path / "study").exists()


def test_its_verdict_is_labelled_and_that_of_other_runs_is_not() -> None:
    whole = parse(Recommendation, samples.sample("six")["recommendation.json"], place="recommendation.json")
    told, labelled = plain_summary(whole), plain_summary(replace(whole, smoke=True))
    assert SMOKE_RUN not in told
    assert "smoke" not in told
    verdict, sentence = labelled.splitlines()[1:3]
    assert verdict.startswith(f"{whole.verdict.capitalize()} in a smoke run. ")
    assert sentence == SMOKE_RUN


def test_nothing_is_learned_from_its_forecasts(tmp_path: Path) -> None:
    found = parse(Recommendation, samples.sample("six")["recommendation.json"] | {"smoke": True}, place="x")
    smoked = Run(None, found, parse(Evidence, {"schema": 1}, place="y"))
    assert _unlike(smoked, tmp_path, identity="", method={}, estimator="") == "a smoke run"
