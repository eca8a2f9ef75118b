"""UTF-8 text files with located errors."""

from pathlib import Path

from tasks.errors import InputError


def read_text(path: Path, name: str) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        InputError: If the file is empty, or a line is not UTF-8.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x}"
        raise InputError(f"not UTF-8 ({found}); save the file as UTF-8", place=f"{name}:{line}") from error
    if not text.strip():
        raise InputError("is empty; expected examples", place=name)
    return text
