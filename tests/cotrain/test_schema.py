"""The JSON schema says what the code accepts."""

from cotrain.schema import suite_schema
from cotrain.tracking.names import NAMES


def test_fields_of_the_suite_are_described() -> None:
    schema = suite_schema()
    assert set(schema["properties"]) >= {"base_model", "method", "tasks", "budget", "training", "grouping", "seed"}
    assert all(field["description"] for field in schema["properties"].values())
    assert schema["additionalProperties"] is False


def test_trackers_are_a_name_or_a_list_of_names() -> None:
    name, several = suite_schema()["properties"]["report_to"]["anyOf"]
    assert name["enum"] == ["none", *NAMES]
    assert several["items"]["enum"] == list(NAMES)


def test_every_field_of_every_part_has_a_description() -> None:
    parts = suite_schema()["$defs"]
    assert {"TaskSpec", "Budget", "Grouping", "LoRA", "Training"} <= set(parts)
    bare = [
        f"{part}.{name}"
        for part, of in parts.items()
        for name, field in of["properties"].items()
        if "description" not in field
    ]
    assert bare == []
