"""Files of groups that may be trained."""

from pathlib import Path

import pytest

from grouping.pool import read_pool
from tasks.errors import InputError

TASKS = ("a", "b", "clone")


def read(folder: Path, content: str | bytes) -> tuple[tuple[str, ...], ...]:
    path = folder / "pool.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_pool(path, TASKS)


def test_reads_one_group_per_line(tmp_path: Path) -> None:
    text = "\ufeffclone + a\r\n\r\na\r\nb+a\r\na+clone\r\n  a+b+clone  "
    assert read(tmp_path, text) == (("a", "clone"), ("a", "b"), ("a", "b", "clone"))


@pytest.mark.parametrize(
    ("content", "place", "parts"),
    [
        ("", "", ("no subset of two tasks or more", "a+c")),
        ("a\nb\n", "", ("no subset of two tasks or more",)),
        ("a+b\na+clon\n", ": line 2", ("no task `clon`", "did you mean `clone`")),
        ("a+b\n\nb+\n", ": line 3", ("no task ``", "`a`, `b`, `clone`")),
        ("a,b\n", ": line 1", ("no task `a,b`",)),
        ("a+b+a\n", ": line 1", ("`a` stands twice in `a+b+a`",)),
        (b"a+\xff\n", "", ("not UTF-8",)),
    ],
)
def test_refuses_with_a_place(tmp_path: Path, content: str | bytes, place: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert caught.value.place == f"{tmp_path / 'pool.txt'}{place}"
    assert all(part in caught.value.message for part in parts)


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt: no such file; expected one subset per line"):
        read_pool(tmp_path / "none.txt", TASKS)
    with pytest.raises(InputError, match="cannot be read"):
        read_pool(tmp_path, TASKS)
