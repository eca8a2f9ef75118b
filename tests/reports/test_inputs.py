"""Files of a run: every complaint names the file and the field."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.inputs import read_run
from tasks.errors import InputError
from tests.reports import samples

Objects = dict[str, dict[str, Any]]


def change(name: str, *path: str | int, to: Any) -> Callable[[Objects], None]:
    def apply(objects: Objects) -> None:
        target: Any = objects[name]
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = to

    return apply


R, A, E = "recommendation.json", "affinity.json", "evidence.json"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (change(R, "schema", to=2), [R, '"schema": 1', "found 2"]),
        (change(R, "tasks", "clone", "single", to="high"), [R, "tasks.clone.single", "`high`"]),
        (change(R, "groups", to=[["clone", "clome"]]), [R, "`clome`", "did you mean `clone`"]),
        (change(R, "groups", to=[["clone"], ["clone"]]), [R, "`clone`", "two groups"]),
        (change(R, "groups", to=[["clone"], []]), [R, "groups.1", "at least 1"]),
        (change(R, "tasks", to={}), [R, "tasks", "has no entry"]),
        (lambda objects: objects[R].pop("verdict"), [R, "verdict", "found nothing"]),
        (change(R, "cost", "probe", "seconds", to=[]), [R, "cost.probe.seconds"]),
        (change(A, "scores", to=[[0.0]]), [A, "scores"]),
        (lambda objects: objects[A].pop("tasks"), [A, "tasks"]),
        (change(A, "schema", to=None), [A, "schema"]),
        (change(E, "curves", to={"clone": {"reference": [{"seed": 0}]}}), [E, "curves.clone.reference.0.grid"]),
        (change(E, "measured", to=[{"phase": "probe"}]), [E, "measured.0.group"]),
        (change(E, "factors", "asymmetry", "share", to="half"), [E, "factors.asymmetry.share", "`half`"]),
        (change(E, "factors", "quality", to=[{"task": "verb"}]), [E, "factors.quality.0.conflicting"]),
    ],
)
def test_malformed_files_are_located(tmp_path: Path, spoil: Callable[[Objects], None], words: list[str]) -> None:
    objects = samples.sample("six")
    spoil(objects)
    with pytest.raises(InputError) as caught:
        read_run(samples.write(tmp_path, objects))
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize("name", [R, A, E])
def test_missing_and_broken_files_are_located(tmp_path: Path, name: str) -> None:
    folder = samples.write(tmp_path, samples.sample("six"))
    for content, word in (("[1]", "list"), ('{"schema": 1,\n oops', f"{name}:2"), (b"\xff\xfe", "UTF-8")):
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
        with pytest.raises(InputError, match=word) as caught:
            read_run(folder)
        assert name in caught.value.place
    (folder / name).unlink()
    with pytest.raises(InputError, match="no such file"):
        read_run(folder)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_run(tmp_path / "none")


def test_unknown_fields_and_missing_numbers_are_read(tmp_path: Path) -> None:
    objects = samples.sample("six")
    objects[R]["tasks"]["clone"] |= {"later": 1, "gain": float("nan")}
    objects[E] = {"schema": 1, "later": {"a": 1}}
    run = read_run(samples.write(tmp_path, objects))
    assert run.recommendation.tasks["clone"].gain is None
    assert run.evidence.curves == {}


def test_every_sample_is_json_and_can_be_read(tmp_path: Path) -> None:
    for name in samples.SHAPES:
        objects = samples.sample(name)
        json.dumps(objects, allow_nan=False)
        run = read_run(samples.write(tmp_path / name, objects))
        assert run.recommendation.validated == (name != "unvalidated")
