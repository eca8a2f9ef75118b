"""Safe YAML reading that says where something is wrong."""

import re
from pathlib import Path
from typing import Any

import yaml

from tasks.errors import InputError, did_you_mean

MAX_BYTES = 8 * 2**20
"""A larger file is no settings file."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader that refuses repeated keys and keys that are no text, and reads ``1e-3`` as a number."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(
                    None, None, f"expected a name as the key, but got {_shown(key)}; put it in quotes", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"the name `{key.value}` stands twice, first in line {seen[key.value]}; rename one",
                    key.start_mark,
                )
            seen[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


def _shown(node: yaml.Node) -> str:
    return f"`{node.value}`" if isinstance(node, yaml.ScalarNode) else "a list or mapping"


class _Dumper(yaml.SafeDumper):
    """Quotes what :class:`_Loader` would read as a number."""


_EXPONENT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$")
for _class in (_Loader, _Dumper):
    _class.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-+0123456789"))


def to_yaml(value: Any) -> str:
    """Plain objects as YAML that :func:`read_yaml` reads back alike."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False)


def read_yaml(path: Path) -> Any:
    """The content of a YAML (or JSON) file as plain Python objects.

    Raises:
        InputError: If there is no such file, it cannot be read, is not YAML, or repeats a key.
    """
    text = read_text(path)
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else "somewhere"
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise InputError(problem, place=f"{path}: {where}") from None
    except yaml.YAMLError as error:
        raise InputError(f"not YAML: {error}", place=str(path)) from None
    except RecursionError:
        raise InputError("lists or mappings are nested too deeply", place=str(path)) from None


def read_text(path: Path) -> str:
    """The text of a settings file.

    Raises:
        InputError: If there is no such file, it is a folder, cannot be read, is huge, or is not UTF-8 text.
    """
    try:
        if path.is_dir():
            raise InputError("this is a folder, expected a file", place=str(path))
        if path.stat().st_size > MAX_BYTES:
            size = path.stat().st_size / 2**20
            raise InputError(f"expected a settings file, but it has {size:.0f} MiB", place=str(path))
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"no such file{_neighbour(path)}", place=str(path)) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"line {line} is not UTF-8 text; is this the right file?", place=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=str(path)) from None


def _neighbour(path: Path) -> str:
    names = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    return did_you_mean(path.name, names)
