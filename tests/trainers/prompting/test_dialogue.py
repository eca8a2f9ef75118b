"""What stands around an example, in a chat and in plain text."""

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Prepend, Replace, Sequence
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from tests.trainers.prompting.causal import MARK, tokenizer
from trainers.prompting.dialogue import Shown, dialogue, example_ids
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
def test_every_text_is_cut_by_itself(most: int, kept: str) -> None:
    words = tokenizer(chat=False)
    found = example_ids(["code", "text"], ["w1 w2 w3", "w4 w5"], words, most=most)
    assert words.decode(found) == f"code : {kept} text : w4 w5"


def test_plain_text_begins_as_the_tokenizer_lets_texts_begin() -> None:
    """A chat's template sets the start itself."""
    for chat in (False, True):
        bare, started = tokenizer(chat=chat), tokenizer(chat=chat)
        started.add_special_tokens({"bos_token": "<pad>"})
        start = started.bos_token_id
        started.backend_tokenizer.post_processor = TemplateProcessing(
            single="<pad> $A", special_tokens=[("<pad>", start)]
        )
        own, other = (dialogue(ASK, ["code"], SHOWN, of, most=8).before for of in (bare, started))
        assert list(other) == ([] if chat else [start]) + list(own)


def test_an_answer_is_read_as_it_goes_on() -> None:
    """A tokenizer that sets a space before every text sets none before the answer, where there is one already."""
    spaced = Tokenizer(
        WordLevel({"<unk>": 0, "▁Answer:": 1, "▁red": 2, "▁blue": 3, "▁": 4, "▁Answer": 5}, unk_token="<unk>")
    )
    spaced.normalizer = Sequence([Prepend("▁"), Replace("\n", " "), Replace(" ", "▁")])
    spaced.pre_tokenizer = Split("▁", "merged_with_next")
    words = PreTrainedTokenizerFast(tokenizer_object=spaced, unk_token="<unk>")
    assert words(" red", add_special_tokens=False)["input_ids"] == [4, 2]
    laid = dialogue(ASK, ["code"], [], words, most=8)
    assert laid.after[-1] == 1
    assert laid.words == ((2,), (3,))


def test_a_model_that_may_think_is_told_not_to() -> None:
    words = tokenizer(chat=True)
    assert isinstance(words.chat_template, str)
    words.chat_template += "{% if enable_thinking is not defined or enable_thinking %}two{% endif %}"
    laid = dialogue(ASK, ["code"], [], words, most=8)
    assert words.decode(laid.after) == f"{MARK} assistant"
