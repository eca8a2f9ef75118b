"""Commands of README.md and docs/ are run, in a folder such as the guides work in, and print what the pages show."""

import json
import os
import re
import runpy
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
from transformers import BertConfig, BertTokenizer

from cotrain.app import main
from tests.docs.pages import PAGES, ROOT, blocks, commands
from tests.docs.ways import NOT_RUN, RUN, RUNS
from tests.trainers.samples import save_model

LIBRARY = (
    "asyncio",
    "email",
    "http",
    "idlelib",
    "importlib",
    "json",
    "logging",
    "multiprocessing",
    "tkinter",
    "unittest",
    "xml",
)
"""Packages of the interpreter's library that stand for all of it."""
SHOWN = [found for page in PAGES for found in commands(page)]


@dataclass
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


@dataclass
class Place:
    """A folder in which every command is run once at most."""

    folder: Path
    ran: dict[str, Ran] = field(default_factory=dict)

    def run(self, command: str) -> Ran:
        if command not in self.ran:
            way = RUNS[command]
            if way.after:
                self.run(way.after)
            out, err = StringIO(), StringIO()
            program, *arguments = [*shlex.split(command), *way.more]
            with chdir(self.folder), redirect_stdout(out), redirect_stderr(err):
                code = main(arguments) if program == "cotrain" else script(arguments)
            self.ran[command] = Ran(code, out.getvalue(), err.getvalue())
        return self.ran[command]


def script(arguments: list[str]) -> int:
    """A script as ``python`` would run it."""
    before, sys.argv = sys.argv, arguments
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    finally:
        sys.argv = before
    return 0


def letters(folder: Path) -> None:
    """A tiny base model that spells every word: random weights, one token per letter."""
    signs = [*"abcdefghijklmnopqrstuvwxyz0123456789_()[]{}:;,.=+-*/<>!'\"#@%&|^~\\"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *signs, *(f"##{sign}" for sign in signs)]
    settings = {"num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 128}
    save_model(folder, BertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=2, **settings))
    (folder.parent / "vocab.txt").write_text("\n".join(words))
    BertTokenizer(str(folder.parent / "vocab.txt")).save_pretrained(folder)


def installed(folder: Path) -> None:
    """The guide's estimator as a distribution on the path."""
    guide = (ROOT / "docs" / "guides" / "own-estimator.md").read_text(encoding="utf-8")
    ((name, target),) = re.findall(r'^(\w+) = "(\w+:\w+)"$', guide, re.MULTILINE)
    information = folder / "own_estimator-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: own-estimator\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[cotrain.estimators]\n{name} = {target}\n")


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A folder with the checkout's ``docs``, the guide's suite and data, and a tiny base model."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "docs" / "examples", folder / "docs" / "examples")
    for name in ("gains.csv", "scores.csv"):
        shutil.copy(ROOT / "docs" / name, folder / "docs" / name)
    for name in LIBRARY:
        shutil.copytree(Path(sysconfig.get_path("stdlib")) / name, folder / "library" / name)
    letters(folder / "model")
    guide = blocks(ROOT / "docs" / "guides" / "own-tasks.md")
    found = Place(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.syspath_prepend(str(ROOT / "docs" / "examples"))
        patch.syspath_prepend(str(folder))
        installed(folder)
        (folder / "suite.yaml").write_text(next(block.text for block in guide if block.language == "yaml"))
        found.run("python docs/examples/write_data.py data")
        yield found


@pytest.mark.parametrize("command", RUNS)
def test_a_command_does_what_the_page_says(place: Place, command: str) -> None:
    ran, way = place.run(command), RUNS[command]
    assert ran.code in way.codes, ran.err
    if way.shown:
        printed = set((ran.out + ran.err).splitlines())
        assert [line for line in shown(command) if line not in printed] == []


def shown(command: str) -> list[str]:
    """Lines of the blocks that follow a command in the pages, up to the next command."""
    found: list[str] = []
    for page in PAGES:
        after = False
        for block in blocks(page):
            if block.language == "sh":
                after = command in " ".join(block.text.replace("\\\n", " ").split())
            elif after and block.language in ("", "text"):
                found += [line for line in block.text.splitlines() if line.strip()]
    assert found, f"no page shows what `{command}` prints"
    return found


def test_every_command_is_run_or_there_is_a_reason() -> None:
    unexplained = [
        str(found)
        for found in SHOWN
        if found.text not in RUNS and not any(re.fullmatch(pattern, found.text) for pattern in NOT_RUN)
    ]
    assert unexplained == []


def test_nothing_is_run_or_excused_that_no_page_shows() -> None:
    texts = {found.text for found in SHOWN}
    assert set(RUNS) - texts == set()
    assert [pattern for pattern in NOT_RUN if not any(re.fullmatch(pattern, text) for text in texts)] == []


def test_a_smoke_run_says_that_it_is_one_wherever_its_verdict_stands(place: Place) -> None:
    sentence = "nothing that it says of the tasks is to be trusted"
    ran = place.run(RUN)
    assert sentence in ran.out
    assert " in a smoke run. " in ran.out.splitlines()[1]
    found = json.loads((place.folder / "run" / "recommendation.json").read_text())
    assert found["smoke"] is True
    assert sentence in (place.folder / "run" / "report.html").read_text()
    assert sentence in place.run("cotrain report run").out
    assert sentence in place.run("cotrain heatmap suite.yaml --estimator coverage").out
    place.run("cotrain export run")
    cards = list((place.folder / "run" / "export").rglob("README.md"))
    assert cards
    assert all("in a smoke run" in card.read_text() for card in cards)


def test_a_smoke_run_has_a_folder_of_its_own(place: Place) -> None:
    place.run("cotrain recommend suite.yaml --budget smoke")
    assert (place.folder / "cotrain-smoke" / "report.html").exists()
    assert not (place.folder / "cotrain-run").exists()


def test_the_guides_predictions_are_lines_of_json(place: Place) -> None:
    place.run("cotrain predict run data/verbs.jsonl --task verb --out predicted.jsonl")
    lines = (place.folder / "predicted.jsonl").read_text().splitlines()
    examples = (place.folder / "data" / "verbs.jsonl").read_text().splitlines()
    assert len(lines) == len(examples)
    assert all(json.loads(line) for line in lines)
