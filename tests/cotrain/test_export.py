"""``cotrain export``: folders that others can read, with a card, checked in another process."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

import cotrain
from cotrain.app import main
from cotrain.export_cards import few_bits
from cotrain.exporting import export_run
from cotrain.loaded_run import LoadedRun
from tasks.errors import InputError
from tests.cotrain.five_tasks import SUITE
from trainers.vanilla import check_vanilla

CLOSE = 1e-5
"""Logits of another process, as the issue of exports asks."""


@pytest.fixture(scope="module")
def native(suite: Path) -> LoadedRun:
    """A validated run whose tasks on single texts have the architecture's own heads."""
    path = suite.parent / "native.yaml"
    path.write_text(SUITE + "training: {head: native}\n")
    out = suite.parent / "native"
    cotrain.validate(path, grouping=[["hue", "number", "tags"], ["find", "same"]], out=out, workers=1)
    return cotrain.load(out)


@pytest.fixture(scope="module")
def exported(native: LoadedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    export_run(native, out=out)
    return out


def test_groups_and_tasks_that_others_read_have_folders(native: LoadedRun, exported: Path) -> None:
    groups = {folder.name for folder in (exported / "groups").iterdir()}
    assert groups == {"+".join(group) for group in native.recommendation.groups}
    assert {folder.name for folder in (exported / "tasks").iterdir()} == {"hue", "number", "tags"}


def test_a_card_says_that_the_base_model_had_few_bits(exported: Path) -> None:
    assert few_bits(None) == []
    assert few_bits(4)[0].startswith("Trained and measured over a base model of 4 bits;")
    assert " bits;" not in (exported / "tasks" / "number" / "README.md").read_text()


def test_the_snippet_of_the_card_runs_as_it_stands(native: LoadedRun, exported: Path) -> None:
    card = (exported / "tasks" / "number" / "README.md").read_text()
    snippet = card.split("```python\n")[1].split("```")[0]
    assert len([line for line in snippet.splitlines() if line]) <= 10
    assert "cotrain" not in snippet.replace(str(exported), "").replace(native.groups().checkpoint.location, "")
    text = "red cold one two"
    run = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            snippet.replace("def f(): pass", text).replace(".logits)", ".logits.tolist())"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    logits = np.array(json.loads(run.stdout))[0]
    chances = np.exp(logits - logits.max())
    expected = native.predict("number", [text], device="cpu")[0]["probabilities"]
    np.testing.assert_allclose(chances / chances.sum(), list(expected.values()), atol=CLOSE)


def test_the_card_has_the_verdict_the_intervals_and_the_data(native: LoadedRun, exported: Path) -> None:
    card = (exported / "tasks" / "hue" / "README.md").read_text()
    assert native.recommendation.verdict in card
    assert native.recommendation.tasks["hue"].verdict in card
    digest = json.loads((native.path / "fingerprints.json").read_text())["tasks.hue"]
    assert digest in card
    assert "vLLM" in card
    assert card.startswith("---\nbase_model: ")
    group = (exported / "groups" / "find+same" / "README.md").read_text()
    assert "shared by find, same. The grouping" in group
    assert "| find |" in group
    assert "| same |" in group


def test_an_export_that_scores_otherwise_is_told(native: LoadedRun, exported: Path, tmp_path: Path) -> None:
    groups = native.groups(device="cpu")
    folder = tmp_path / "hue"
    shutil.copytree(exported / "tasks" / "hue", folder)
    rows = [[2, 6, 7, 3], [2, 8, 3]]
    assert check_vanilla(folder, groups, "hue", rows) <= CLOSE
    weights = load_file(folder / "adapter_model.safetensors")
    assert any("classifier" in name for name in weights)
    changed = {name: of + 0.1 if name.endswith("classifier.bias") else of for name, of in weights.items()}
    save_file(changed, folder / "adapter_model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match="scores otherwise than the trained group"):
        check_vanilla(folder, groups, "hue", rows)
    (folder / "adapter_model.safetensors").write_bytes(b"damaged")
    with pytest.raises(InputError, match="cannot be read back"):
        check_vanilla(folder, groups, "hue", rows)


def test_the_command_says_what_reads_a_folder(
    native: LoadedRun, found: dict[str, Any], suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(native.path), "--tasks", "hue", "--out", str(tmp_path / "a"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["exported"]
    assert len(told) == 2
    assert told[-1]["name"] == "hue"
    assert told[-1]["apart"] <= CLOSE
    assert main(["export", str(suite.parent / "run"), "--out", str(tmp_path / "b")]) == 0
    words = capsys.readouterr().out
    assert "read by cotrain; the adapter alone: PEFT" in words
    assert "training: {head: native}" in words
    assert main(["export", str(native.path), "--tasks", "hu"]) == 2
    assert "did you mean `hue`" in capsys.readouterr().err
