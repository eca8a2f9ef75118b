"""The suite's entry: what the schema says and what it refuses."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tasks.kinds import KINDS
from tasks.metrics import METRICS
from tasks.spec import DataFiles, TaskSpec

ADAPTER = TypeAdapter(TaskSpec)


def test_from_plain_data() -> None:
    spec = ADAPTER.validate_python(
        {"data": {"train": "a.csv", "test": "b.csv"}, "text": ["left", "right"], "label": "y", "positive": True}
    )
    assert spec.data == DataFiles(train="a.csv", test="b.csv")
    assert spec.text == ("left", "right")
    assert spec.positive is True
    assert spec.margin == 1.0


def test_plain_data_comes_back() -> None:
    spec = TaskSpec(data="a.csv", text=("left", "right"), label="y", classes=(1, "x", False))
    assert ADAPTER.validate_python(ADAPTER.dump_python(spec)) == spec
    assert ADAPTER.validate_json(ADAPTER.dump_json(spec)) == spec


def test_every_field_of_the_schema_is_described() -> None:
    schema = ADAPTER.json_schema()
    for fields in (schema["properties"], schema["$defs"]["DataFiles"]["properties"]):
        assert all(field.get("description") for field in fields.values())
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["data"]


def test_the_schema_lists_kinds_and_metrics() -> None:
    properties = ADAPTER.json_schema()["properties"]
    assert properties["kind"]["anyOf"][0]["enum"] == list(KINDS)
    assert properties["metric"]["anyOf"][0]["enum"] == list(METRICS)


@pytest.mark.parametrize("entry", [{"data": "a.csv", "lable": "y"}, {"text": "x"}, {"data": {"valid": "a.csv"}}])
def test_refuses(entry: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(entry)
