"""What changed between two settings."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cotrain.differences import differences

SETTINGS = st.recursive(
    st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=6,
)
NAMED = st.dictionaries(st.sampled_from("pqr"), SETTINGS, max_size=3)


def test_fields_are_dotted_and_sides_told_apart() -> None:
    before = {"seed": 1, "budget": {"passes": 3, "seeds": 2}, "tasks": {"a": {"text": "x"}}}
    now = {"seed": 1, "budget": {"passes": 4, "seeds": 2}, "tasks": {"b": {"text": "x"}}, "more": 5}
    assert differences(before, now) == [
        ("budget.passes", "3", "4"),
        ("tasks.a", "given", "nothing"),
        ("tasks.b", "nothing", "given"),
        ("more", "nothing", "5"),
    ]


def test_a_mapping_beside_a_plain_value_is_spelt_out() -> None:
    mixing = {"name": "temperature", "temperature": 3.0}
    found = differences({"mixing": "equal"}, {"mixing": mixing})
    assert found == [("mixing", "equal", "name temperature, temperature 3.0")]


@settings(deadline=None, max_examples=60)
@given(NAMED, NAMED)
def test_equal_settings_have_none_and_order_only_swaps_the_sides(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert differences(one, one) == []
    swapped = sorted((field, now, before) for field, before, now in differences(other, one))
    assert sorted(differences(one, other)) == swapped
    assert (differences(one, other) == []) == (one == other)
