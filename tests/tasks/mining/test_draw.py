from tasks.mining.draw import draw, frequent
from tasks.mining.recipe import Row, Sizes


def rows(*pairs: tuple[str, str | int]) -> list[Row]:
    return [{"text": text, "label": label} for text, label in pairs]


def test_classes_come_in_equal_numbers_and_in_order() -> None:
    found = draw(
        rows(("a", 1), ("b", 1), ("c", 1), ("d", 0), ("e", 0), ("f", 0)),
        size=4,
        texts=["text"],
        seen=[set()],
        label="label",
        classes=(0, 1),
    )
    assert [row["text"] for row in found] == ["a", "b", "d", "e"]


def test_the_rarest_class_decides() -> None:
    found = draw(
        rows(("a", 1), ("b", 1), ("c", 0), ("d", 2)),
        size=9,
        texts=["text"],
        seen=[set()],
        label="label",
        classes=(0, 1),
    )
    assert [row["text"] for row in found] == ["a", "c"]


def test_no_text_twice_not_even_in_another_split() -> None:
    seen: list[set[str]] = [set()]
    first = draw(rows(("a", 0), ("a", 0), ("b", 0)), size=2, texts=["text"], seen=seen)
    second = draw(rows(("b", 0), ("c", 0)), size=2, texts=["text"], seen=seen)
    assert [row["text"] for row in first + second] == ["a", "b", "c"]


def test_each_side_is_new() -> None:
    pairs: list[Row] = [{"left": "a", "right": "x"}, {"left": "b", "right": "x"}, {"left": "a", "right": "y"}]
    assert draw(pairs, size=3, texts=["left", "right"], seen=[set(), set()]) == pairs[:1]


def test_blank_texts_and_lone_surrogates_are_left_out() -> None:
    assert draw(rows((" ", 0), ("\ud800", 0), ("a", 0)), size=3, texts=["text"], seen=[set()]) == rows(("a", 0))


def test_no_more_is_read_than_needed() -> None:
    left = iter(rows(("a", 0), ("b", 0), ("c", 0)))
    draw(left, size=2, texts=["text"], seen=[set()])
    assert [row["text"] for row in left] == ["c"]


def test_frequent_asks_every_split() -> None:
    sizes = Sizes(train=4, validation=4, test=4)
    listed = {
        "train": rows(*[("x", "often")] * 4, *[("x", "some")] * 2, *[("x", "train only")] * 9),
        "validation": rows(*[("x", "often")] * 5, *[("x", "some")] * 2, *[("x", "rare")] * 1),
        "test": rows(*[("x", "often")] * 6, *[("x", "some")] * 2, *[("x", "rare")] * 1),
    }
    assert frequent(listed, "label", 2, sizes) == ("often", "some")
    # with room for four, an even share is 1: all that occur in every split
    assert frequent(listed, "label", 4, sizes) == ("often", "some")


def test_a_scarce_class_is_left_out() -> None:
    listed = {"train": rows(*[("x", "a")] * 8, *[("x", "b")] * 8, *[("x", "c")] * 1)}
    assert frequent(listed, "label", 3, Sizes(train=24)) == ("a", "b")


def test_texts_that_differ_in_case_and_punctuation_only_are_one_text() -> None:
    rows = [{"text": text} for text in ("Content-Type", "content type", "==", "==", "!=")]
    assert [row["text"] for row in draw(rows, size=9, texts=["text"], seen=[set()])] == ["Content-Type", "==", "!="]
