"""Whether an installed wheel is whole: ``python check_wheel.py CHECKOUT WHEEL``, from another folder."""

import importlib
import pkgutil
import sys
import sysconfig
import zipfile
from pathlib import Path

PACKAGES = ("cotrain", "tasks", "trainers", "affinity", "grouping", "reports")


def main(checkout: Path, wheel: Path) -> None:
    """Compares the wheel's files with the checkout's and imports every module from where it was installed."""
    wanted = {
        path.relative_to(checkout).as_posix()
        for package in PACKAGES
        for path in (checkout / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    if names != wanted:
        sys.exit(f"the wheel lacks {sorted(wanted - names)} and has {sorted(names - wanted)} too many")
    home = Path(sysconfig.get_path("purelib")).resolve()
    count = 0
    for package in PACKAGES:
        module = importlib.import_module(package)
        if not Path(str(module.__file__)).resolve().is_relative_to(home):
            sys.exit(f"{package} was imported from {module.__file__}, expected it below {home}")
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            if not found.name.endswith(".__main__"):
                importlib.import_module(found.name)
                count += 1
    print(f"{wheel.name}: {len(names)} files, {count} modules imported from {home}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
