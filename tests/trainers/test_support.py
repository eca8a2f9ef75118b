"""The support table: every method on every family is trained, exported, read in a fresh process, and scores alike."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tasks.encoding import EncodedRows, EncodedTask
from tasks.errors import InputError
from tests.trainers import reload
from tests.trainers.samples import CONFIGS, OTHERS, rows_of, save_model, spec_of, task_of, word_task
from trainers import native, support
from trainers.bench import open_bench
from trainers.checkpoint import find_checkpoint
from trainers.executors.starting import start_context
from trainers.export import save_adapter
from trainers.families import FAMILIES, check_method
from trainers.fit import check_fit
from trainers.generic import REFUSED
from trainers.loaded import load_groups
from trainers.loop import train_group
from trainers.methods import (
    IA3,
    METHODS,
    DoRA,
    Full,
    HeadOnly,
    LoRA,
    Method,
    Parallel,
    Prefix,
    Prompt,
    RsLoRA,
    Serial,
    VeRA,
)
from trainers.result import GroupResult
from trainers.settings import Training
from trainers.support import MODELS, support_table
from trainers.vanilla import save_vanilla

ROUNDING = 1e-4
"""Cached lower layers and the rest, in batches, against the whole model, text by text."""
CLOSE = 1e-5
"""Logits of the whole model, here and in a fresh process."""
SMALL: dict[str, Method] = {
    "lora": LoRA(r=2, alpha=4),
    "rslora": RsLoRA(r=2, alpha=4),
    "dora": DoRA(r=2, alpha=4),
    "vera": VeRA(r=4),
    "ia3": IA3(),
    "prefix": Prefix(length=3),
    "prompt": Prompt(length=3),
    "serial": Serial(bottleneck=4),
    "parallel": Parallel(bottleneck=4),
    "full": Full(layers="top-2"),
    "head": HeadOnly(),
}
NATIVE: dict[str, Method] = {
    "lora": LoRA(r=2, alpha=4, layers="all"),
    "rslora": RsLoRA(r=2, alpha=4, layers="all"),
    "dora": DoRA(r=2, alpha=4, layers="all"),
    "vera": VeRA(r=4, layers="all"),
    "ia3": IA3(layers="all"),
    "full": Full(),
}
GENERIC: dict[str, Method] = {
    **{name: method for name, method in NATIVE.items() if name != "ia3"},
    "head": HeadOnly(),
}
"""On architectures that the table does not name."""
ROOT = Path(__file__).parents[2]
END = 5
"""Token that ends every text, as T5 and BART read it."""


def two_tasks() -> dict[str, EncodedTask]:
    """One of two classes and one of seven, on the same texts."""
    word = word_task("word", word=2, count=24)
    texts = {name: [[*text, END] for text in _texts(rows)] for name, rows in word.splits.items()}
    classes = np.arange(24) % 7
    two = {name: rows_of([of], word.splits[name].targets, "binary") for name, of in texts.items()}
    seven = {name: rows_of([of], classes, "multiclass") for name, of in texts.items()}
    return {
        "word": task_of("word", "binary", two, outputs=1, metric="accuracy"),
        "seven": task_of("seven", "multiclass", seven, outputs=7, metric="accuracy"),
    }


def _texts(rows: EncodedRows) -> list[list[int]]:
    side = rows.sides[0]
    return [list(side.text(row)) for row in range(len(side))]


def trained(folder: Path, out: Path, family: str, method: Method, *, head: str) -> GroupResult:
    """Both tasks as one group, exported to ``out``."""
    training = Training(
        batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2, ema=0.0, head=head  # type: ignore[arg-type]
    )  # fmt: skip
    spec = spec_of(folder, two_tasks(), family=family, method=method, training=training)
    bench = open_bench(spec)
    result = train_group(bench, ["seven", "word"], seed=0, passes=2, keep_weights=True)
    assert result.failed is None
    bench.adapter.reset(seed=0)
    moved = [key for key, of in bench.adapter.weights().items() if (of.numpy() != result.weights[key]).any()]
    assert bool(moved) == (method.name != "head")
    save_adapter(out, result, spec)
    return result


def test_every_method_is_tested_and_every_architecture_named() -> None:
    assert set(SMALL) == set(METHODS)
    assert set(NATIVE) == set(native.METHODS)
    assert set(CONFIGS) == set(FAMILIES) == set(MODELS) == set(native.FORMS)
    assert tuple(OTHERS) == support.OTHERS
    assert set(GENERIC) == set(METHODS) - set(REFUSED)


def test_the_readme_has_the_table() -> None:
    assert support_table() in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reader() -> Iterator[ProcessPoolExecutor]:
    """A process that trains nothing: it reads what is exported here."""
    with ProcessPoolExecutor(1, mp_context=start_context("cpu")) as started:
        yield started


@pytest.mark.parametrize("family", CONFIGS)
def test_a_trained_group_scores_alike_in_another_process(
    tmp_path: Path, family: str, reader: ProcessPoolExecutor
) -> None:
    out = tmp_path / "out"
    (out / "native").mkdir(parents=True)
    tasks = two_tasks()
    tokens = tasks["word"].splits["select"].sides[0]
    np.savez(out / "tokens.npz", ids=tokens.ids, offsets=tokens.offsets)
    expected: dict[str, np.ndarray] = {}
    pooled = {} if FAMILIES[family].native_only else SMALL
    for name, method in pooled.items():
        if name not in FAMILIES[family].refused:
            result = trained(tmp_path, out / name, family, method, head="pooled")
            expected |= {f"{name}/{task}": result.members[task].scores["select"] for task in tasks}
    for name, method in NATIVE.items():
        if name == "ia3" and native.FORMS[family].two_stacks:
            continue
        if name in ("lora", "full") or family in ("bert", "bart"):
            result = trained(tmp_path, tmp_path / "groups" / name, family, method, head="native")
            groups = load_groups([tmp_path / "groups" / name])
            for task in tasks:
                save_vanilla(out / "native" / name / task, groups, task)
                logits = groups.logits(task, _texts(tasks[task].splits["select"]))
                scores = logits[:, 1:] - logits[:, :1] if task == "word" else logits
                np.testing.assert_allclose(scores, result.members[task].scores["select"], atol=ROUNDING, rtol=ROUNDING)
                expected[f"native/{name}/{task}"] = logits
    assert_read_alike(reader, out, expected)


@pytest.mark.parametrize("architecture", OTHERS)
def test_an_architecture_found_by_its_structure_scores_alike_in_another_process(
    tmp_path: Path, architecture: str, reader: ProcessPoolExecutor
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    tasks = two_tasks()
    tokens = tasks["word"].splits["select"].sides[0]
    np.savez(out / "tokens.npz", ids=tokens.ids, offsets=tokens.offsets)
    expected: dict[str, np.ndarray] = {}
    checkpoint = find_checkpoint(str(save_model(tmp_path / f"model-{architecture}", OTHERS[architecture])))
    for name, method in GENERIC.items():
        if name not in ("lora", "full", "head") and architecture not in ("gpt2", "electra"):
            continue
        check_fit(checkpoint, method, max_length=12, training=Training())
        result = trained(tmp_path, out / name, architecture, method, head="pooled")
        expected |= {f"{name}/{task}": result.members[task].scores["select"] for task in tasks}
    assert_read_alike(reader, out, expected)


def assert_read_alike(reader: ProcessPoolExecutor, out: Path, expected: dict[str, np.ndarray]) -> None:
    """What another process reads of exported groups scores as expected."""
    reader.submit(reload.main, out).result()
    found = np.load(out / "found.npz")
    read = {key: found[key] for key in found.files}
    assert {key.rsplit("/", 1)[0] for key in read} == set(expected)
    for key, scores in read.items():
        wanted = expected[key.rsplit("/", 1)[0]]
        close = CLOSE if key.startswith("native/") else ROUNDING
        np.testing.assert_allclose(scores, wanted[: len(scores)], atol=close, rtol=close, err_msg=key)


@pytest.mark.parametrize(("family", "method"), [(name, of) for name in FAMILIES for of in FAMILIES[name].refused])
def test_a_refusal_names_what_to_use(family: str, method: str) -> None:
    with pytest.raises(InputError, match=rf"method\.name: `{method}` does not work on .*use `(prompt|lora)`"):
        check_method(FAMILIES[family], method, model_type=family)
