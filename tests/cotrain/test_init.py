"""The suite file to start from."""

import re
from pathlib import Path

import pytest

from cotrain.init import write_template
from cotrain.suite import Suite, load_suite
from tasks.errors import InputError
from trainers.methods import METHODS, LoRA, Serial


def test_the_template_is_a_suite_with_the_default_settings(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    write_template(path)
    suite, default = load_suite(path).suite, Suite()
    assert list(suite.tasks) == ["defect", "clone", "search", "bug_lines"]
    assert (suite.budget, suite.method, suite.grouping) == (default.budget, default.method, default.grouping)
    assert (suite.max_length, suite.seed, suite.base_model) == (default.max_length, default.seed, default.base_model)


def test_commented_settings_are_settings_too(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    write_template(path)
    lines = path.read_text().splitlines()
    optional = ["max_hours", "max_adapters", "report_to"]
    shown = [line.replace("# ", "", 1) if any(f"# {name}:" in line for name in optional) else line for line in lines]
    path.write_text("\n".join(shown))
    suite = load_suite(path).suite
    assert (suite.budget.max_hours, suite.grouping.max_adapters, suite.report_to) == (4, 3, ("mlflow",))


def test_other_methods_and_heads_of_the_comments_are_settings_too(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    write_template(path)
    lines = path.read_text().splitlines()
    plain = [line for line in lines if not line.startswith("method:")]
    shown = [line.removeprefix("# ") for line in lines if line.startswith(("# method:", "# training:"))]
    found = []
    for line in shown:
        path.write_text("\n".join([*plain, line]))
        found.append(load_suite(path).suite)
    assert [of.method for of in found] == [LoRA(rank_per_task=True), Serial(), LoRA()]
    assert [of.training.head for of in found] == ["pooled", "pooled", "native"]
    named = set(re.findall(r"[a-z0-9]+", shown[1]))
    assert set(METHODS) - {"lora"} <= named


def test_the_commented_task_is_one_too(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    write_template(path)
    lines = path.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if "# summary:" in line)
    for number in range(start, start + 6):
        lines[number] = lines[number].replace("# ", "", 1)
    path.write_text("\n".join(lines))
    summary = load_suite(path).suite.tasks["summary"]
    assert (summary.kind, summary.prompt, summary.completion) == ("text", "instruction", "answer")


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text("mine")
    with pytest.raises(InputError, match="--force"):
        write_template(path)
    assert path.read_text() == "mine"
    write_template(path, force=True)
    assert path.read_text() != "mine"
