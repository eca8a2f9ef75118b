"""Installed versions, without importing what they belong to."""

from importlib import metadata


def version(package: str) -> str:
    """The installed version, or ``not installed``."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def own_version() -> str:
    """This project's version; in a checkout that is not installed, what it is."""
    found = version("cotrain")
    return "(source checkout)" if found == "not installed" else found
