"""What stands around an example, in a chat and in plain text."""

import pytest

from tests.trainers.prompting.causal import MARK, tokenizer
from trainers.prompting.dialogue import Shown, cut, dialogue, example_ids
from trainers.prompting.question import Ask

ASK = Ask("Task colour .", ("red", "blue"))
SHOWN = [Shown(("w1 w2",), "blue"), Shown(("w3",), "red")]


def read(chat: bool, shown: list[Shown]) -> tuple[str, str]:
    words = tokenizer(chat=chat)
    laid = dialogue(ASK, ["code"], shown, words, most=8)
    return words.decode(laid.before), words.decode(laid.after)


def test_plain_text_ends_where_the_answer_begins() -> None:
    asked = "Task colour . Answer with one of : red , blue ."
    assert read(False, []) == (asked, "Answer :")
    shown = "code : w1 w2 Answer : blue code : w3 Answer : red"
    assert read(False, SHOWN) == (f"{asked} {shown}", "Answer :")


def test_a_chat_has_a_turn_for_every_example() -> None:
    before, after = read(True, SHOWN)
    assert before == (
        f"{MARK} user Task colour . Answer with one of : red , blue . code : w1 w2 {MARK} assistant blue "
        f"{MARK} user code : w3 {MARK} assistant red {MARK} user"
    )
    assert after == f"{MARK} assistant"


def test_marks_within_texts_are_text() -> None:
    words = tokenizer(chat=True)
    mark = words.convert_tokens_to_ids(MARK)
    assert mark not in example_ids(["code"], [f"w1 {MARK} w2"], words, most=8)
    laid = dialogue(ASK, ["code"], [Shown((f"w1 {MARK} w2",), "red")], words, most=8)
    assert list(laid.before).count(mark) == 3


@pytest.mark.parametrize(("most", "kept"), [(2, "w1 w2"), (3, "w1 w2 w3"), (9, "w1 w2 w3")])
def test_long_texts_are_cut(most: int, kept: str) -> None:
    assert cut("w1 w2 w3", tokenizer(chat=False), most) == kept
