"""YAML as people write it, and where it goes wrong."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotrain.yaml_file import read_yaml, to_yaml
from tasks.errors import InputError

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path)


@settings(deadline=None, max_examples=60)
@given(value=PLAIN)
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    assert read(tmp_path_factory.mktemp("yaml"), to_yaml(value)) == value


def test_texts_that_look_like_numbers_stay_texts(tmp_path: Path) -> None:
    value = {"a": "1e5", "b": "yes", "c": "2020-01-01", "d": 1e5, "e": 1e-9}
    assert read(tmp_path, to_yaml(value)) == value


def test_parts_may_be_written_once_and_used_again(tmp_path: Path) -> None:
    text = "base: &base {text: code, label: y}\na: {<<: *base, label: z}\nb: *base\n"
    assert read(tmp_path, text) == {
        "base": {"text": "code", "label": "y"},
        "a": {"text": "code", "label": "z"},
        "b": {"text": "code", "label": "y"},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: the name `a` stands twice, first in line 1"),
        ("a: {x: 1, x: 2}\n", "line 1, column 11: the name `x` stands twice"),
        ("a: [1\nb: 2\n", "line 2, column 2: while parsing a flow sequence"),
        ("1: a\n", "line 1, column 1: expected a name as the key, but got `1`; put it in quotes"),
        ("no: a\n", "expected a name as the key, but got `no`; put it in quotes"),
        ("? [a, b]\n: 1\n", "expected a name as the key, but got a list or mapping"),
        ("a: *nobody\n", "line 1, column 4: found undefined alias"),
        ("a: 1\n---\nb: 1\n", "line 2, column 1: expected a single document"),
        ("a: \x07\n", "not YAML"),
        ("[" * 3000, "nested too deeply"),
    ],
)
def test_the_place_of_a_mistake_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert "file.yaml" in caught.value.place
