"""The suite file to start from."""

from pathlib import Path

import pytest

from cotrain.init import write_template
from cotrain.suite import Suite, load_suite
from tasks.errors import InputError


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
    optional = ["max_hours", "max_adapters"]
    shown = [line.replace("# ", "", 1) if any(f"# {name}:" in line for name in optional) else line for line in lines]
    path.write_text("\n".join(shown))
    suite = load_suite(path).suite
    assert (suite.budget.max_hours, suite.grouping.max_adapters) == (4, 3)


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
