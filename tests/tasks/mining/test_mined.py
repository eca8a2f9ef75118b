import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tasks.errors import InputError
from tasks.mining import BUILTIN, DEFAULT, OPT_IN, Mined, Sizes, mine, mined
from tasks.mining.function_verb import FAMILY_OF, verb
from tasks.mining.recipe import SPLITS, Row
from tasks.mining.sources import standard_library

PACKAGES = (
    *(
        "asyncio",
        "concurrent",
        "ctypes",
        "email",
        "http",
        "importlib",
        "json",
        "logging",
        "multiprocessing",
        "unittest",
    ),
    *("urllib", "wsgiref", "xml", "xmlrpc"),
)
"""Part of the standard library that no distribution leaves out: enough for every task at small sizes."""
SIZES = Sizes(train=16, validation=16, test=24)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Mined:
    sources = [standard_library() / name for name in PACKAGES]
    return mine(list(BUILTIN), sources=sources, sizes=SIZES, seed=3, cache=tmp_path_factory.mktemp("cache"))


def read(suite: Mined, task: str) -> dict[str, list[Row]]:
    return {
        split: [json.loads(line) for line in (suite.folder / path).read_text().splitlines()]
        for split, path in suite.tasks[task]["data"].items()
    }


def small_source(folder: Path, *, functions: int = 6, files: int = 12) -> Path:
    for file in range(files):
        body = "    if name:\n        return self.a{0}(name.b{1}, self.c)\n    return name"
        code = [f"def load_{file}_{n}(self, name):\n{body.format(file, n)}" for n in range(functions)]
        (folder / f"m{file}.py").write_text("\n\n".join(code))
    return folder


def test_default_and_opt_in_divide_the_builtin_tasks() -> None:
    assert sorted(DEFAULT + OPT_IN) == sorted(BUILTIN)
    assert len(BUILTIN) >= 12
    kinds = {BUILTIN[name].fields["kind"] for name in DEFAULT}
    assert kinds == {"binary", "multiclass", "multilabel", "retrieval"}
    assert all(recipe.name == name for name, recipe in BUILTIN.items())


def test_no_file_is_in_two_splits_of_any_task(suite: Mined) -> None:
    split_of: dict[str, str] = {}
    for task in BUILTIN:
        for split, rows in read(suite, task).items():
            for row in rows:
                assert split_of.setdefault(str(row["file"]), split) == split
    assert set(split_of.values()) == set(SPLITS)


@pytest.mark.parametrize("task", BUILTIN)
def test_columns_counts_and_no_text_twice(suite: Mined, task: str) -> None:
    recipe, rows = BUILTIN[task], read(suite, task)
    assert {split: len(found) for split, found in rows.items()} == suite.counts[task]
    every = [row for split in SPLITS for row in rows[split]]
    labels = recipe.fields.get("label", [])
    expected = {"file", "function", *recipe.texts, *([labels] if isinstance(labels, str) else labels)}
    assert all(row.keys() == expected for row in every)
    for column in recipe.texts:
        assert len({row[column] for row in every}) == len(every)


@pytest.mark.parametrize("task", [name for name, recipe in BUILTIN.items() if recipe.classes])
def test_classes_are_balanced_and_the_same_in_every_split(suite: Mined, task: str) -> None:
    classes = []
    for rows in read(suite, task).values():
        counts = Counter(row[BUILTIN[task].label] for row in rows)
        assert len(set(counts.values())) == 1
        classes.append(set(counts))
    assert classes[0] == classes[1] == classes[2]
    assert len(classes[0]) >= 2


@pytest.mark.parametrize("task", [name for name, recipe in BUILTIN.items() if recipe.fields["kind"] == "multilabel"])
def test_every_label_and_its_absence_occur(suite: Mined, task: str) -> None:
    rows = [row for found in read(suite, task).values() for row in found]
    for label in BUILTIN[task].fields["label"]:
        assert {row[label] for row in rows} == {0, 1}


@pytest.mark.parametrize("task", BUILTIN)
def test_no_comments_no_docstrings(suite: Mined, task: str) -> None:
    for rows in read(suite, task).values():
        for row in rows:
            for column in set(BUILTIN[task].texts) - {"docstring", "comment", "literal"}:
                assert "noqa" not in str(row[column])
                assert not re.search(r"^\s*('''|\"\"\")", str(row[column]), re.MULTILINE)


def test_masked_names_do_not_occur(suite: Mined) -> None:
    for task, column in (("function_verb", "code"), ("code_search", "code"), ("clone", "left"), ("completion", "tail")):
        for rows in read(suite, task).values():
            for row in rows:
                name = str(row["function"]).rpartition(".")[2]
                assert not re.search(rf"\b{re.escape(name)}\b", str(row[column]))
    for task in ("exception_type", "package"):
        for rows in read(suite, task).values():
            for row in rows:
                assert not re.search(rf"\b{row[BUILTIN[task].label]}\b", str(row["code"]))
                assert task == "package" or "[MASK]" in str(row["code"])


def test_verbs_are_those_of_the_names(suite: Mined) -> None:
    for rows in read(suite, "function_verb").values():
        for row in rows:
            assert FAMILY_OF[verb(str(row["function"]).rpartition(".")[2])] == row["verb"]


def test_masked_returns_show_no_value(suite: Mined) -> None:
    for rows in read(suite, "return_kind").values():
        for row in rows:
            top = [line for line in str(row["code"]).splitlines() if re.match(r" +return ", line)]
            assert any(line.strip() == "return [MASK]" for line in top)


def test_the_cache_is_read_and_nothing_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = small_source(tmp_path)
    first = mine(["parameter_count"], sources=[source], sizes=SIZES, seed=0, cache=tmp_path / "cache")
    monkeypatch.setattr(mined, "build_corpus", lambda *_: pytest.fail("parsed again"))
    second = mine(["parameter_count"], sources=[source], sizes=SIZES, seed=0, cache=tmp_path / "cache")
    assert (second.folder, second.tasks, second.counts) == (first.folder, first.tasks, first.counts)


def test_the_key_tells_seeds_sizes_and_sources_apart(tmp_path: Path) -> None:
    source = small_source(tmp_path)
    folders = [mine([], sources=[source], sizes=SIZES, seed=seed, cache=tmp_path).folder for seed in (0, 1)]
    folders.append(mine([], sources=[source], sizes=Sizes(), seed=0, cache=tmp_path).folder)
    (source / "m0.py").write_text("def other():\n    pass")
    folders.append(mine([], sources=[source], sizes=SIZES, seed=0, cache=tmp_path).folder)
    assert len(set(folders)) == 4


def test_other_tasks_and_hash_seeds_change_no_byte(suite: Mined, tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from tasks.mining import Sizes, mine
cache, names, *sources = sys.argv[1:]
sizes = Sizes(train=16, validation=16, test=24)
print(mine(names.split(), sources=list(map(Path, sources)), sizes=sizes, seed=3, cache=Path(cache)).folder)
"""
    names = " ".join([*reversed(DEFAULT), "lint", "package"])
    sources = [str(standard_library() / name) for name in PACKAGES]
    answer = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), names, *sources],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "5", "PYTHONPATH": str(Path(mined.__file__).parents[2])},
    )
    again = Path(answer.stdout.strip())
    assert again.name == suite.folder.name
    files = [path.relative_to(again) for path in again.rglob("*") if path.is_file()]
    assert len(files) == 4 * len(names.split())
    for file in files:
        assert (again / file).read_bytes() == (suite.folder / file).read_bytes()


def test_an_unknown_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean `clone`"):
        mine(["clones"], seed=0, cache=tmp_path)


def test_empty_sources_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        mine(["clone"], sources=[tmp_path], seed=0, cache=tmp_path / "cache")


def test_too_few_examples_name_the_task_and_the_counts(tmp_path: Path) -> None:
    source = small_source(tmp_path, functions=1, files=4)
    with pytest.raises(InputError, match=r"1 in train, 1 in validation, 2 in test") as caught:
        mine(["parameter_count"], sources=[source], seed=0, cache=tmp_path / "cache")
    assert caught.value.place == "tasks.parameter_count"


def test_too_few_classes_name_the_task(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 classes that every split has examples of") as caught:
        mine(["exception_type"], sources=[small_source(tmp_path)], seed=0, cache=tmp_path / "cache")
    assert caught.value.place == "tasks.exception_type"


def test_a_cache_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    source = small_source(tmp_path)
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match="can be written"):
        mine(["parameter_count"], sources=[source], sizes=SIZES, seed=0, cache=tmp_path / "cache")


def test_sizes_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="`test` of 1 or more"):
        Sizes(test=0)
