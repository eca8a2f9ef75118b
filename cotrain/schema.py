"""The JSON schema of the suite file, for editors that check YAML while one types."""

from typing import Any

from pydantic import TypeAdapter

from cotrain.suite import Suite
from cotrain.tracking.names import NAMES, NONE
from trainers.forms import FORMS
from trainers.methods import METHODS


def suite_schema() -> dict[str, Any]:
    """JSON schema (2020-12) of :class:`cotrain.suite.Suite`; descriptions are the fields' docstrings."""
    schema = TypeAdapter(Suite).json_schema()
    for method in METHODS.values():
        for name, field in schema["$defs"][method.__name__]["properties"].items():
            field.setdefault("description", _inherited(method, name))
    method = schema["properties"]["method"]
    description = method.pop("description")
    one = [method, {"enum": list(METHODS)}]
    schema["properties"]["method"] = {"description": description, "anyOf": [*one, _several({"anyOf": one})]}
    base = schema["properties"]["base_model"]
    description = base.pop("description")
    schema["properties"]["base_model"] = {"description": description, "anyOf": [base, _several({"type": "string"})]}
    trackers = schema["properties"]["report_to"]
    description, default = trackers.pop("description"), trackers.pop("default")
    schema["properties"]["report_to"] = {
        "description": description,
        "default": default,
        "anyOf": [{"enum": [NONE, *NAMES]}, trackers],
    }
    forms = schema["$defs"]["Grouping"]["properties"]["forms"]
    forms["items"] = {"anyOf": [forms["items"], {"enum": [name for name in FORMS if name != "shared"]}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "cotrain suite"}


def _several(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def _inherited(settings: type, field: str) -> str | None:
    """A field's docstring where a parent has it: pydantic reads those of the class itself only."""
    parents = (getattr(parent, "__pydantic_fields__", {}) for parent in settings.__mro__)
    return next((of[field].description for of in parents if field in of and of[field].description), None)
