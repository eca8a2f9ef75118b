"""The JSON schema of the suite file, for editors that check YAML while one types."""

from typing import Any

from pydantic import TypeAdapter

from cotrain.suite import Suite


def suite_schema() -> dict[str, Any]:
    """JSON schema (2020-12) of :class:`cotrain.suite.Suite`; descriptions are the fields' docstrings."""
    schema = TypeAdapter(Suite).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "cotrain suite"}
