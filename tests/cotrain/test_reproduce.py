"""``cotrain reproduce``: the study's tables on a small suite, resumed, and read again by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cotrain
from cotrain.app import main
from tasks.errors import InputError
from tests.cotrain.five_tasks import write_data
from tests.trainers.prompting.causal import save_causal
from trainers.trainer import Trainer

CHOSEN = ["hue", "same", "tags"]
EXACT = 1e-9
"""The same numbers, added in another order."""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    path = write_data(folder)
    save_causal(folder / "writer", chat=True, positions=256)
    text = path.read_text().replace("base_model: model", "base_model: [model, writer]")
    method = "method: [{r: 2, alpha: 4, layers: top-50%}, {name: serial, bottleneck: 4, layers: top-1}]"
    path.write_text(text.replace("method: {r: 2, alpha: 4, layers: top-1}", method))
    return path


def study(suite: Path, **more: Any) -> dict[str, Any]:
    given = {"out": suite.parent / "out", "tasks": CHOSEN, "full": ["model"], "workers": 1, "shots": (0, 2)}
    return cotrain.reproduce(suite, **(given | more))


@pytest.fixture(scope="module")
def found(suite: Path) -> dict[str, Any]:
    return study(suite)


def of(found: dict[str, Any], base: str, method: str) -> dict[str, Any]:
    return next(model for model in found["models"] if (model["base_model"], model["method"]) == (base, method))


def test_every_arrangement_of_every_candidate_is_there(found: dict[str, Any]) -> None:
    names = [(model["base_model"], model["method"]) for model in found["models"]]
    assert names == [
        ("model", "lora"),
        ("model", "serial"),
        ("model", "full"),
        ("writer", "lora"),
        ("writer", "serial"),
        ("writer", "prompting"),
    ]
    lora = [(row["arrangement"], tuple(row["group"])) for row in of(found, "model", "lora")["rows"]]
    assert lora == [
        ("alone", ("hue", "same", "tags")),
        ("tuned alone", ("hue", "same", "tags")),
        ("pair", ("hue", "same")),
        ("pair", ("hue", "tags")),
        ("pair", ("same", "tags")),
        ("all together", ("hue", "same", "tags")),
    ]
    assert [row["arrangement"] for row in of(found, "model", "full")["rows"]] == ["alone", "all together"]
    asked = [row["arrangement"] for row in of(found, "writer", "prompting")["rows"]]
    assert asked == [f"prompted, {count} shown, {how}" for count in (0, 2) for how in ("words", "written")]


def test_intervals_hold_scores_and_changes_are_their_differences(found: dict[str, Any]) -> None:
    for model in found["models"]:
        alone = next((row["tasks"] for row in model["rows"] if row["arrangement"] == "alone"), {})
        for row in model["rows"]:
            assert set(row["tasks"]) == set(row["group"])
            for name, cell in row["tasks"].items():
                assert cell["low"] <= cell["score"] <= cell["high"]
                if "change_low" in cell:
                    assert cell["change_low"] <= cell["change"] <= cell["change_high"]
                    assert cell["change"] == pytest.approx(100 * (cell["score"] - alone[name]["score"]), abs=EXACT)


def test_a_score_is_the_mean_over_runs(suite: Path, found: dict[str, Any]) -> None:
    rows = of(found, "writer", "prompting")["rows"]
    assert {rows[0]["tasks"]["hue"]["runs"], rows[2]["tasks"]["hue"]["runs"]} == {1, 2}
    assert 0 <= rows[1]["tasks"]["hue"]["unanswered"] <= 1
    assert "unanswered" not in rows[0]["tasks"]["hue"]
    looks = json.loads((suite.parent / "out" / "writer-lora" / "openings.json").read_text())["openings"]
    assert len(looks) == 1  # prompting and training read test as one look
    assert found["tasks"]["hue"]["constant"] == pytest.approx(1 / 3, abs=0.05)
    assert found["tasks"]["hue"]["examples"]["test"] == 40


def test_costs_count_adapters_storage_and_serving(found: dict[str, Any]) -> None:
    lora = of(found, "model", "lora")
    weights, (frozen, alone, tuned, *pairs, together) = lora["weights"], lora["costs"]
    assert frozen["arrangement"] == "frozen layers, once for all"
    # one of two layers: four maps of 16 x 16 and two of 16 x 32, 2 FLOP per weight, over all texts with their padding
    assert frozen["training"]["flops"] % (2 * (4 * 16 * 16 + 2 * 16 * 32)) == 0
    assert frozen["trainable"] == 0
    assert [of["group"] for of in pairs] == [["hue", "same"], ["hue", "tags"], ["same", "tags"]]
    assert pairs[0]["trainable"] == weights["adapter"] + weights["heads"]["hue"] + weights["heads"]["same"]
    assert tuned["training"]["flops"] > 2 * alone["training"]["flops"]  # three step sizes
    assert tuned["trainable"] == alone["trainable"]
    # rank 2 on query and value, 16 wide, in one of two layers
    assert weights["adapter"] == 2 * (2 * 16 + 16 * 2)
    heads = sum(weights["heads"].values())
    assert weights["heads"]["hue"] == 3 * 16 + 3
    assert (alone["trainable"], together["trainable"]) == (3 * weights["adapter"] + heads, weights["adapter"] + heads)
    assert alone["stored_bytes"] == 4 * alone["trainable"]
    assert alone["serving"]["loaded_bytes"] == 4 * weights["base"] + alone["stored_bytes"]
    assert alone["serving"]["passes_per_text"] / together["serving"]["passes_per_text"] == 3
    full = of(found, "model", "full")
    assert full["costs"][0]["arrangement"] == "alone"  # all of its layers are trained
    assert full["costs"][0]["serving"]["loaded_bytes"] == pytest.approx(
        4 * (3 * full["weights"]["adapter"] + heads + weights["base"] - full["weights"]["adapter"])
    )
    assert together["training"]["tokens_trained"] > 0
    asked = of(found, "writer", "prompting")
    zero, few = asked["costs"]
    assert (zero["trainable"], zero["serving"]["passes_per_text"]) == (0, 1 + 1 + 2)  # tags has two labels
    assert few["answers"]["flops"] > zero["answers"]["flops"] > 0
    assert asked["spent"]["flops"] == pytest.approx(zero["answers"]["flops"] + 2 * few["answers"]["flops"])


def test_the_same_call_trains_nothing_again(
    suite: Path, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = json.loads((suite.parent / "out" / "reproduction.json").read_text())
    monkeypatch.setattr("trainers.train_job.TrainJob.run", None)
    monkeypatch.setattr("trainers.prompting.prompt_job.PromptJob.run", None)
    monkeypatch.setattr("cotrain.running.prepare", None)  # no frozen layer is computed either
    again = study(suite)
    assert json.loads(json.dumps(again)) == kept == json.loads(json.dumps(found))


def test_a_tuned_task_has_the_step_size_with_the_lowest_loss(
    suite: Path, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Losses on the select half are read again from the runs."""
    losses: dict[float, dict[str, float]] = {}
    run = Trainer.run

    def noted(self: Trainer, *args: Any, **given: Any) -> Any:
        runs = run(self, *args, **given)
        rate = self.spec.training.learning_rate
        losses[rate] = {
            name: float(np.mean([one.members[name].losses["select"].mean() for one in of_task]))
            for name, of_task in runs.references.items()
        }
        return runs

    monkeypatch.setattr(Trainer, "run", noted)
    study(suite, base_models=[str(suite.parent / "model")], methods=["lora"], full=[], prompted=[], pairs=True)
    rate = of(found, "model", "lora")["settings"]["learning_rate"]
    for name, cell in of(found, "model", "lora")["rows"][1]["tasks"].items():
        best = min(losses, key=lambda other: losses[other][name])
        assert cell["step_size_factor"] == pytest.approx(best / rate)


def test_the_methods_own_step_size_is_always_among_them(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every task alone has it, so the best of several step sizes may be it, and is said to have been."""
    monkeypatch.setattr("cotrain.study.reproduce.reproduce", lambda _candidates, study, _runs: {"of": study.factors})
    assert study(suite, step_sizes=(3.0,)) == {"of": (1.0, 3.0)}
    assert study(suite, step_sizes=(3.0, 1.0, 0.5)) == {"of": (0.5, 1.0, 3.0)}


def test_tables_show_what_was_found(suite: Path, found: dict[str, Any]) -> None:
    text = (suite.parent / "out" / "reproduction.md").read_text()
    assert "| constant answer |" in text
    assert text.count("| pair |") == 1
    cell = of(found, "model", "lora")["rows"][0]["tasks"]["hue"]
    assert f"{100 * cell['score']:.1f} ±" in text
    assert "all together" in text


def test_the_command_prints_tables_or_the_object(
    suite: Path, found: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["reproduce", str(suite), "--out", str(suite.parent / "out"), "--tasks", ",".join(CHOSEN), "--quiet"]
    command += ["--full", "model", "--shots", "0,2", "--workers", "1"]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["models"][0]["method"] == "lora"
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "constant answer" in printed
    assert "tables: " in printed


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--full", "modell"], "--full: no base model `modell`; expected some of model, writer, or none"),
        (["--prompt", "model"], "base_model: model: the architecture `bert` writes no text"),
        (["--prompt", "other"], "--prompt: no base model `other`"),
        (["--tune", "other"], "--tune: no base model `other`"),
        (["--layers", "top-0"], "--layers: "),
        (["--shots", "0,x"], "--shots: expected different numbers"),
        (["--step-sizes", "0,1"], "--step-sizes: expected different numbers above 0"),
        (["--step-sizes", "1,1"], "--step-sizes: expected different numbers"),
        (["--method", "lora,lorra"], "lorra"),
        (["--tasks", "hue,hue"], "--tasks: expected different names"),
    ],
)
def test_bad_options_end_in_one_line(
    suite: Path, more: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", str(suite), "--out", str(suite.parent / "bad"), "--quiet", *more]) == 2
    said = capsys.readouterr().err
    assert message in said.replace(str(suite.parent) + "/", "")
    assert said.count("\n") == 1
    assert not (suite.parent / "bad" / "reproduction.json").exists()


def test_hours_are_for_all_together(suite: Path) -> None:
    with pytest.raises(InputError, match=r"budget\.max_hours"):
        study(suite, out=suite.parent / "short", settings={"budget.max_hours": 1e-9})


def test_what_does_not_fit_is_refused_before_anything_is_trained(suite: Path) -> None:
    out = suite.parent / "unfit"
    with pytest.raises(InputError, match="use `prompt`"):
        study(suite, out=out, methods=["lora", "prefix"], settings={"training.recompute": True})
    assert not out.exists()
