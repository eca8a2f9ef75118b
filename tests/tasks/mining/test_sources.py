from pathlib import Path

import pytest

from tasks.errors import InputError
from tasks.mining import sources
from tasks.mining.sources import SourceFile, fingerprint, read_sources, standard_library


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n")


def test_tests_hidden_folders_environments_and_other_files_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path, "b.py", "pkg/a.py", "pkg/tests/t.py", "test/t.py", ".git/h.py", "env/pyvenv.cfg", "env/x.py", "c.txt"
    )
    files = read_sources([tmp_path])
    assert [file.name for file in files] == ["b.py", "pkg/a.py"]
    assert [file.package for file in files] == ["", "pkg"]
    assert files[1].data == b"# pkg/a.py\n"


def test_several_folders_keep_their_names_apart(tmp_path: Path) -> None:
    write(tmp_path, "one/a.py", "x/same/a.py", "y/same/a.py")
    files = read_sources([tmp_path / "one", tmp_path / "x" / "same", tmp_path / "y" / "same"])
    assert [file.name for file in files] == ["one/a.py", "same-1/a.py", "same-2/a.py"]


def test_standard_library_has_no_tests() -> None:
    names = [path.relative_to(standard_library()).as_posix() for path in sources._python_files(standard_library())]
    assert "ast.py" in names
    assert not [name for name in names if "/test/" in f"/{name}" or "site-packages" in name]


def test_a_fixed_sample_of_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, *(f"m{number}.py" for number in range(9)))
    monkeypatch.setattr(sources, "MOST_FILES", 4)
    sample = [file.name for file in read_sources([tmp_path])]
    assert len(sample) == 4
    assert sample == sorted(sample)
    write(tmp_path, "unread.txt")
    assert [file.name for file in read_sources([tmp_path])] == sample


def test_fingerprint_tells_names_and_contents_apart() -> None:
    base = SourceFile("a.py", Path("a.py"), b"x = 1")
    renamed = SourceFile("b.py", Path("a.py"), b"x = 1")
    changed = SourceFile("a.py", Path("a.py"), b"x = 2")
    moved = SourceFile("a.py", Path("elsewhere/a.py"), b"x = 1")
    assert len({fingerprint([file]) for file in (base, renamed, changed)}) == 3
    assert fingerprint([base]) == fingerprint([moved])


def test_no_python_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "notes.txt", "tests/t.py")
    with pytest.raises(InputError, match="found none") as caught:
        read_sources([tmp_path])
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(("name", "problem"), [("absent", "does not exist"), ("a.py", "is a file")])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    write(tmp_path, "a.py")
    with pytest.raises(InputError, match=problem):
        read_sources([tmp_path / name])
