"""Which of several base models and methods is validated."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain.app import main
from cotrain.candidates import load_candidates
from cotrain.contenders import Contender, choose, contender
from cotrain.suite import override
from tests.cotrain.five_tasks import write_data
from tests.trainers.samples import CONFIGS, save_model
from trainers.sizes import Sizes

SIZES = Sizes(base=1000, matrix=800, adapters={1: 10, 2: 10}, heads={"a": 3, "b": 4}, whole=False)


def of(name: str, skill: float, error: float, flops: float, stored: int = 1) -> Contender:
    return Contender(
        name=name,
        base_model=name,
        method="lora",
        groups=(("a", "b"),),
        skill=skill,
        error=error,
        tasks={},
        trainable=1,
        stored_bytes=stored,
        flops_per_token=flops,
    )


def test_the_best_wins_where_it_is_clear() -> None:
    chosen, reason = choose([of("small", 0.3, 0.02, 1.0), of("large", 0.5, 0.02, 9.0)])
    assert chosen.name == "large"
    assert "better than all others" in reason


def test_among_equals_the_cheapest_to_serve_wins() -> None:
    chosen, reason = choose([of("large", 0.50, 0.02, 9.0), of("small", 0.48, 0.02, 1.0), of("bad", 0.2, 0.02, 0.1)])
    assert chosen.name == "small"
    assert "within an error of the best (large" in reason
    chosen, reason = choose([of("large", 0.48, 0.02, 9.0), of("small", 0.50, 0.02, 1.0)])
    assert chosen.name == "small"
    assert "cheapest to serve among its equals (large)" in reason
    chosen, _ = choose([of("one", 0.5, 0.02, 1.0, stored=9), of("two", 0.5, 0.02, 1.0, stored=3)])
    assert chosen.name == "two"


def test_skill_is_that_of_the_chosen_groups_by_hand() -> None:
    recommended = {
        "groups": [["a"], ["b", "c"]],
        "tasks": {
            "a": {"predicted": None, "predicted_error": None},
            "b": {"predicted": -0.1, "predicted_error": 0.03},
            "c": {"predicted": None, "predicted_error": None},
        },
    }
    skills = {"a": {"skill": 0.5, "low": 0.5 - 1.96 * 0.04, "high": 0.5 + 1.96 * 0.04}}
    skills["b"] = {"skill": 0.4, "low": 0.4, "high": 0.4}
    sizes = replace(SIZES, heads={"a": 3, "b": 4, "c": 5})
    found = contender("x", "base", "lora", recommended=recommended, skills=skills, sizes=sizes)
    assert found.tasks == {"a": 0.5, "b": pytest.approx(0.3), "c": 0.0}  # c could not be measured
    assert found.skill == pytest.approx(0.8 / 3)
    assert found.error == pytest.approx(0.05 / 3)
    assert found.trainable == 2 * 10 + 12
    assert found.flops_per_token == 2 * 2 * 800


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_data(tmp_path_factory.mktemp("several"))
    save_model(path.parent / "other", CONFIGS["roberta"])
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (path.parent / "other" / name).write_text((path.parent / "model" / name).read_text())
    text = path.read_text().replace("base_model: model", "base_model: [model, other]")
    path.write_text(text.replace("max_adapters: 3", "max_adapters: 2"))
    return path


@pytest.fixture(scope="module")
def found(suite: Path) -> dict[str, Any]:
    return cotrain.recommend(suite, out=suite.parent / "run", workers=1)


def test_every_candidate_is_searched_and_one_is_validated(suite: Path, found: dict[str, Any]) -> None:
    run = suite.parent / "run"
    assert [of["base_model"] for of in found["candidates"]] == ["model", "other"]
    assert found["validated"]
    for name in ("model-lora", "other-lora"):
        own = json.loads((run / name / "recommendation.json").read_text())
        assert own["validated"] == (name == found["candidate"])
    compared = json.loads((run / "candidates.json").read_text())
    assert compared["candidate"] == found["candidate"]
    for of_candidate in compared["candidates"]:
        skills = of_candidate["tasks"].values()
        assert of_candidate["skill"] == pytest.approx(sum(skills) / len(skills))


def test_the_folder_is_read_as_the_chosen_run(suite: Path, found: dict[str, Any]) -> None:
    run = cotrain.load(suite.parent / "run")
    assert run.path == suite.parent / "run" / found["candidate"]
    assert run.predict("hue", ["red cold one"])[0]["label"] in ("red", "green", "blue")


def test_the_command_shows_candidates_and_answer(
    suite: Path, found: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(suite), "--out", str(suite.parent / "run"), "--workers", "1"]
    assert main(["recommend", *command, "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert f"Chosen: {found['candidate']} is" in printed
    assert f"{found['candidate']}/report.html" in printed
    assert main(["plan", *command]) == 0
    assert capsys.readouterr().out.count("only the chosen one is validated") == 2
    assert main(["report", str(suite.parent / "run")]) == 0
    capsys.readouterr()
    assert main(["heatmap", *command]) == 2
    assert "base_model: expected one; only recommend, plan and reproduce" in capsys.readouterr().err


def limited(suite: Path, out: Path, count: int) -> dict[str, Any]:
    candidates = [
        replace(candidate, loaded=override(candidate.loaded, {"budget.max_jobs": count}))
        for candidate in load_candidates(suite)
    ]
    return cotrain.recommend(candidates, out=out, workers=1)


def test_a_limit_is_for_all_candidates_together(suite: Path, found: dict[str, Any], tmp_path: Path) -> None:
    """Nothing can be compared before a candidate's references are done; then the choice is among those that are."""
    none = limited(suite, tmp_path / "none", 0)
    assert (none["candidate"], none["candidates"], none["complete"]) == ("model-lora", [], False)
    assert none["groups"] == [[name] for name in sorted(none["tasks"])]
    assert cotrain.load(tmp_path / "none").recommendation.groups
    first = limited(suite, tmp_path / "first", 15)
    assert [of["name"] for of in first["candidates"]] == ["model-lora"]
    assert not first["validated"]
    assert not (tmp_path / "first" / "other-lora" / "affinity.json").exists()
