"""Paths that a suite names."""

from pathlib import Path

from tasks.errors import InputError


def given_path(text: str, folder: Path, *, place: str, home: bool = False) -> Path:
    """The path, relative to a folder; there may be nothing.

    Args:
        home: Whether ``~`` is a user's folder.

    Raises:
        InputError: If it can be none: it is too long, say, or may not be looked at.
    """
    try:
        path = folder / (Path(text).expanduser() if home else text)
        path.exists()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = text if len(text) <= 80 else f"{text[:80]}..."
        raise InputError(f"`{shown}` is no path that can be read ({reason})", place=place) from None
    return path
