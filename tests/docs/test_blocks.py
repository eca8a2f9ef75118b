"""Blocks of code that are no commands: suites are suites, Python is Python, results are as the code counts them."""

import json
import re
import tomllib

import pytest
import yaml

from cotrain.suite import parse_suite
from tests.docs.pages import PAGES, ROOT, Block, blocks

BLOCKS = [block for page in PAGES for block in blocks(page)]
TWO = {
    "a": {"data": "a.csv", "text": "text", "label": "label"},
    "b": {"data": "b.csv", "text": "text", "label": "label"},
}
"""Tasks of a block that shows only a part of a suite."""
KNOWN = {"", "sh", "text", "yaml", "toml", "python", "json", "{toctree}", "{include} ../README.md", "{eval-rst}"}


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


@pytest.mark.parametrize("block", of("yaml"), ids=lambda block: f"{block.page.name}:{block.line}")
def test_a_block_of_yaml_is_a_suite_or_a_part_of_one(block: Block) -> None:
    found = yaml.safe_load(block.text)
    if isinstance(found, list):
        assert all(isinstance(name, str) for group in found for name in group), "expected a grouping"
        return
    parse_suite({"tasks": TWO, **found})


def test_settings_in_sentences_are_fields() -> None:
    named = [
        (f"{page.name}: {text}", text)
        for page in PAGES
        for text in re.findall(r"`((?:training|budget|grouping|method): \{[^`]*\})`", page.read_text(encoding="utf-8"))
        if "..." not in text
    ]
    assert len(named) > 8
    for where, text in named:
        parse_suite({"tasks": TWO, **yaml.safe_load(text)}), where


@pytest.mark.parametrize("block", of("python"), ids=lambda block: f"{block.page.name}:{block.line}")
def test_a_block_of_python_compiles(block: Block) -> None:
    compile(block.text, str(block.page), "exec")


@pytest.mark.parametrize("block", of("toml"), ids=lambda block: f"{block.page.name}:{block.line}")
def test_a_block_of_toml_is_read(block: Block) -> None:
    assert tomllib.loads(block.text)


def test_no_block_has_a_language_that_nothing_checks() -> None:
    unknown = {block.language for block in BLOCKS} - KNOWN
    assert {language for language in unknown if not language.startswith("{literalinclude}")} == set()


def test_included_files_are_there() -> None:
    named = [block for block in BLOCKS if block.language.startswith("{literalinclude}")]
    assert named
    assert all((block.page.parent / block.language.split()[1]).exists() for block in named)


def test_the_evidence_has_no_figure_that_the_readme_lacks() -> None:
    """Whoever measures again changes both."""
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    evidence = (ROOT / "docs" / "method" / "evidence.md").read_text(encoding="utf-8")
    figures = set(re.findall(r"(?<![\w.])-?\d+\.\d+(?![\w.]*\.md)", evidence))
    assert len(figures) > 60
    assert {figure for figure in figures if figure not in readme} == set()


def test_the_trainers_contract_is_shown_in_lines_of_json() -> None:
    """The examples' lines of JSON are what the contract says."""
    page = (ROOT / "docs" / "guides" / "own-trainer.md").read_text(encoding="utf-8")
    lines = [json.loads(text) for text in re.findall(r"`(\{.*?\})` \|", page)]
    questions = [line for line in lines if "tasks" in line]
    answers = [line["gains"] for line in lines if "gains" in line]
    assert len(questions) == 2
    assert set(answers[0]) == set(questions[0]["tasks"])
