"""Every command that README.md and docs/ show is one that there is, and its options too."""

import re

import pytest

from cotrain.command_line import COMMANDS
from tests.docs.pages import PAGES, ROOT, Found, commands, inline_code
from tests.docs.programs import check

SHOWN = [found for page in PAGES for found in commands(page)]
NAMED = [
    found
    for page in PAGES
    for found in inline_code(page)
    if re.match(r"(cotrain [a-z]|python -m |python docs|pip install )", found.text)
]
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


@pytest.mark.parametrize("found", SHOWN, ids=str)
def test_a_command_of_a_block_can_be_run_as_it_stands(found: Found) -> None:
    check(found.text)


@pytest.mark.parametrize("found", NAMED, ids=str)
def test_a_command_of_a_sentence_is_the_beginning_of_one(found: Found) -> None:
    check(found.text.replace("...", "a,b"), whole=False)


def test_options_that_sentences_name_are_there() -> None:
    sources = [*(ROOT / "cotrain" / "commands").glob("*.py"), ROOT / "cotrain" / "command_line.py"]
    sources += (ROOT / "benchmarks").glob("*.py")
    known = {flag for path in sources for flag in FLAG.findall(path.read_text(encoding="utf-8"))} | {"--help"}
    named = [
        (str(found), flag)
        for page in PAGES
        for found in inline_code(page)
        if found.text.startswith("--")
        for flag in FLAG.findall(found.text)
    ]
    assert len(named) > 20
    assert [where for where, flag in named if flag not in known] == []


def test_most_commands_are_shown_somewhere() -> None:
    shown = {found.text.split()[1] for found in [*SHOWN, *NAMED] if found.text.startswith("cotrain ")}
    assert set(COMMANDS) - shown == set()


@pytest.mark.parametrize(
    "command",
    [
        "cotrain recomend suite.yaml",
        "cotrain recommend suite.yaml --pases 3",
        "cotrain recommend suite.yaml --passes three",
        "cotrain validate suite.yaml",
        "cotrain recommend suite.yaml --budget tiny",
        "pip install '.[demos]'",
        "python -m benchmarks.no_such_thing",
        "python docs/examples/write_data.py data --size 3",
        "curl example.org",
    ],
)
def test_a_command_that_is_not_there_is_seen(command: str) -> None:
    with pytest.raises(AssertionError):
        check(command)
