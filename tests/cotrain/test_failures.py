"""A task or a probe that goes wrong is named in one line, and everything else goes on."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertTokenizer

from cotrain.app import main
from tests.trainers.samples import save_model
from trainers.loop import SingleRun

WORDS = ["red", "green", "blue", "cold", "warm", "one", "two", "three"]
TASKS = ("alpha", "beta", "gamma")
SUITE = """\
base_model: model
method: {r: 2, alpha: 4, layers: top-1}
budget: {passes: 1, seeds: 1, reference_seeds: 2, validation_seeds: 3, models: 1}
max_length: 12
tasks:
"""
FIELDS = ("data: NAME.jsonl", "text: text", "label: label", "kind: KIND")
Fails = Callable[[tuple[str, ...], int], bool]
"""Whether a run of a group with a seed diverges; the seeds of validation start at 10042."""


def write(folder: Path, values: dict[str, Callable[[int], object]], kind: str = "binary") -> Path:
    """A suite with a tiny model and three tasks; ``values`` are labels of some of them by row."""
    rng = np.random.default_rng(0)
    config = BertConfig(
        vocab_size=len(WORDS) + 5,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    save_model(folder / "model", config)
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder / "model")
    entries = []
    for number, name in enumerate(TASKS):
        lines = []
        for row in range(64):
            words = [*rng.choice(WORDS, size=4), WORDS[number] if row % 2 else "two"]
            label = values[name](row) if name in values else row % 2
            split = ("train", "validation", "train", "test")[row // 2 % 4]
            lines.append({"text": " ".join(rng.permutation(words)), "label": label, "split": split})
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        fields = [f.replace("NAME", name).replace("KIND", kind if name in values else "binary") for f in FIELDS]
        entries.append(f"  {name}: {{{', '.join(fields)}, split: split}}\n")
    path = folder / "suite.yaml"
    path.write_text(SUITE + "".join(entries))
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("sound"), {})


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares the drawing of a report that another test looks at."""
    monkeypatch.setattr("cotrain.answer_so_far.render", lambda folder: None)


def diverge(monkeypatch: pytest.MonkeyPatch, fails: Fails) -> None:
    """Makes runs diverge in their first step."""
    plain = SingleRun.loss

    def loss(self: SingleRun, name: str, rows: np.ndarray) -> torch.Tensor:
        return plain(self, name, rows) * (float("nan") if fails(tuple(self.group), self.seed) else 1.0)

    monkeypatch.setattr(SingleRun, "loss", loss)


def command(
    capsys: pytest.CaptureFixture[str], name: str, suite: Path, out: Path, *more: str
) -> tuple[dict[str, Any], list[str]]:
    """The object on standard output, which is pure JSON, and the remarks on standard error."""
    capsys.readouterr()
    assert main([name, str(suite), "--out", str(out), "--workers", "1", "--json", *more]) == 0
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    lines = [line for line in captured.err.splitlines() if line.startswith(("task ", "group "))]
    logged = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["text"] for line in logged if line["event"] == "remark"] == lines
    return json.loads(captured.out), lines


@dataclass(frozen=True)
class Case:
    """Something that goes wrong in the probe runs.

    Args:
        name: What it is.
        fails: Which runs diverge.
        remarks: The begin of every line on standard error.
        estimator: Where affinities come from.
        matrix: Tasks that are measured.
        never: Groups that must not be in the answer.
    """

    name: str
    fails: Fails
    remarks: Sequence[str]
    estimator: str = "pairwise"
    matrix: Sequence[str] = TASKS
    never: Sequence[tuple[str, ...]] = ()


CASES = [
    Case(
        "a task that diverges wherever it is",
        lambda group, _: "beta" in group,
        ["task beta is left out: 2 of 2 runs alone failed: the training loss of task"],
        matrix=("alpha", "gamma"),
    ),
    Case(
        "a pair that diverges, though its members do not",
        lambda group, _: group == ("alpha", "beta"),
        ["group alpha+beta is left out: 1 of 1 runs failed: the training loss of task"],
        never=[("alpha", "beta")],
    ),
    Case(
        "every group diverges",
        lambda group, _: len(group) > 1,
        [f"group {group} is left out" for group in ("alpha+beta", "alpha+gamma", "beta+gamma", "alpha+beta+gamma")],
        never=[("alpha", "beta"), ("alpha", "gamma"), ("beta", "gamma"), TASKS],
    ),
    Case(
        "a task that diverges wherever it is, before simulated training",
        lambda group, _: "beta" in group,
        ["task beta is left out: 2 of 2 runs alone failed: the training loss of task"],
        estimator="hybrid",
        matrix=("alpha", "gamma"),
    ),
    Case(
        "a task that diverges after its gradients were looked at",
        lambda group, _: "beta" in group,
        ["task beta is left out: 2 of 2 runs alone failed: the training loss of task"],
        estimator="cosine",
        matrix=("alpha", "gamma"),
    ),
    Case(
        "all tasks together diverge, so there is no anchor for simulated training",
        lambda group, _: group == TASKS,
        [
            "group alpha+beta+gamma is left out: 1 of 1 runs failed: the training loss of task",
            "group alpha+beta+gamma: nothing is predicted before groups are trained, as",
        ],
        estimator="hybrid",
        never=[TASKS],
    ),
]


def test_a_report_of_what_is_left(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    diverge(monkeypatch, CASES[0].fails)
    command(capsys, "recommend", sound, tmp_path, "--no-validate")
    assert "Left out, as nothing could be measured: beta; the training loss" in (tmp_path / "report.html").read_text()
    assert (tmp_path / "figures" / "heatmap.png").exists()


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_probe_runs_that_diverge(
    case: Case, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    diverge(monkeypatch, case.fails)
    found, remarks = command(capsys, "recommend", sound, tmp_path, "--no-validate", "--estimator", case.estimator)
    assert len(remarks) == len(case.remarks)
    for line, expected in zip(remarks, case.remarks, strict=True):
        assert line.startswith(expected)
        assert line.endswith("lower `training.learning_rate`, or look for extreme values in the task's data")
    assert sorted(task for group in found["groups"] for task in group) == list(TASKS)
    assert not {tuple(group) for group in found["groups"]} & set(case.never)
    matrix = json.loads((tmp_path / "affinity.json").read_text())
    assert matrix["tasks"] == list(case.matrix)
    for task in set(TASKS) - set(case.matrix):
        assert [task] in found["groups"]
        assert (found["tasks"][task]["verdict"], found["learnable"][task]) == ("not learnable", False)
        assert "cannot be measured" in found["tasks"][task]["reason"]
        assert task in found["left_out"]
        assert task in found["reason"]
    failed = {tuple(entry["group"]) for entry in json.loads((tmp_path / "evidence.json").read_text())["failed"]}
    assert failed >= set(case.never)


def test_a_choice_that_diverges_with_fresh_seeds_is_refuted(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Groups with alpha fail. Of beta alone the first seed fails, whose weights would be kept; of gamma alone all."""

    def fails(group: tuple[str, ...], seed: int) -> bool:
        return (len(group) > 1 and "alpha" in group) or group == ("gamma",) or (group == ("beta",) and seed == 10042)

    diverge(monkeypatch, fails)
    grouping = tmp_path / "grouping.json"
    grouping.write_text('[["alpha", "gamma"], ["beta"]]')
    found, remarks = command(capsys, "validate", sound, tmp_path / "run", "--grouping", str(grouping))
    assert found["verdict"] == "refuted"
    assert found["reason"].startswith("{alpha, gamma} cannot be trained as one group: the training loss of task")
    assert found["groups"] == [["alpha"], ["beta"], ["gamma"]]
    assert found["tasks"]["alpha"]["verdict"] == "refuted"
    assert found["tasks"]["alpha"]["single"] is not None
    assert found["tasks"]["gamma"]["verdict"] == "not learnable"
    assert found["tasks"]["gamma"]["single"] is None
    assert list(found["left_out"]) == ["gamma"]
    assert found["baselines"]["together"] is None
    assert found["baselines"]["single"]["mean_gain"] == 0
    assert set(found["baselines"]["single"]["tasks"]) == {"alpha", "beta"}
    begun = [line.split(": ")[:2] for line in remarks if line.startswith("task ")]
    assert begun == [
        ["task beta", "1 of 3 runs alone failed and do not count"],
        ["task gamma is left out", "3 of 3 runs alone failed"],
    ]
    assert {folder.name for folder in (tmp_path / "run" / "adapters").iterdir()} == {"alpha", "beta"}
    assert (tmp_path / "run" / "report.html").exists()


@pytest.mark.usefixtures("no_report")
def test_labels_that_overflow_in_a_held_out_half(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers that are sound in train, and one in validation whose square leaves the range of single precision."""
    suite = write(tmp_path, {"beta": lambda row: 1e28 if row == 34 else row * 0.5}, kind="regression")
    found, remarks = command(capsys, "recommend", suite, tmp_path / "run", "--no-validate")
    assert len(remarks) == 1
    assert remarks[0].startswith("task beta is left out: 2 of 2 runs alone failed: a loss of task beta on its ")
    assert list(found["left_out"]) == ["beta"]


@pytest.mark.usefixtures("no_report")
def test_texts_that_are_alike_as_tokens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A retrieval whose texts are unknown tokens: its loss never moves, and no gain of it means anything."""
    suite = write(tmp_path, {})
    lines = [{"query": f"q{i}", "document": f"d{i}"} for i in range(64)]
    (tmp_path / "find.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with suite.open("a") as stream:
        stream.write("  find: {data: find.jsonl, query: query, document: document}\n")
    more = ("--no-validate", "--tasks", "alpha,beta,find")
    found, remarks = command(capsys, "recommend", suite, tmp_path / "run", *more)
    assert len(remarks) == 1
    assert remarks[0].startswith("task find: its held-out loss is that of a constant prediction in every run")
    assert found["learnable"]["find"] is False
