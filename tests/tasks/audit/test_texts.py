import numpy as np
import pytest

from tasks.audit.texts import corpus, normalise, shingles, tokens
from tests.tasks.audit.build import make_task, sentences


def test_normalised_text_keeps_case_and_drops_white_space() -> None:
    assert normalise("  def  f(a):\n\treturn A ") == "def f(a): return A"
    assert normalise("e\u0301") == normalise("\u00e9")
    assert normalise("Name") != normalise("name")


def test_tokens_are_words_and_single_marks_without_case() -> None:
    assert tokens("Foo(a_1,b)==2") == ["foo", "(", "a_1", ",", "b", ")", "=", "=", "2"]


def test_shingles_worked_out_by_hand() -> None:
    found = shingles(["a b c a b c", "b c a", "a b", "", "A, b"]).toarray()
    # abc bca cab abc -> 3 distinct; bca; one short text; none; "a , b"
    assert found.sum(axis=1).tolist() == [3, 1, 1, 0, 1]
    assert (found[0] & found[1]).sum() == 1
    assert (found[2] & found[4]).sum() == 0


@pytest.mark.parametrize("seed", range(3))
def test_shingles_equal_sets_of_token_triples(seed: int) -> None:
    texts = sentences(30, seed=seed, words=9, vocabulary=4)
    found = shingles(texts)
    words = [text.split() for text in texts]
    reference = [{tuple(row[i : i + 3]) for i in range(len(row) - 2)} for row in words]
    common = (found @ found.T).toarray()
    assert common.tolist() == [[len(one & other) for other in reference] for one in reference]


def test_no_texts_at_all() -> None:
    assert shingles([]).shape[0] == 0


def test_equal_texts_have_one_number_in_all_tasks_and_on_all_sides() -> None:
    one = make_task("one", {"train": ["x y", "z"], "test": ["x  y"]})
    two = make_task("two", {"train": [("z", "x\ny")]})
    found = corpus([one, two])
    assert len(found) == 2
    np.testing.assert_array_equal(found.ids["one", "train"], [[0], [1]])
    np.testing.assert_array_equal(found.ids["one", "test"], [[0]])
    np.testing.assert_array_equal(found.ids["two", "train"], [[1, 0]])
