"""An answer is one of the words, or it is none."""

import pytest

from trainers.prompting.parsing import NO_ANSWER, parse

WORDS = ("no", "yes")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", 1),
        (" Yes.\nBecause it loops.", 1),
        ('"NO"', 0),
        ("**no**", 0),
        ("\n\nno", 0),
        ("", NO_ANSWER),
        ("not vulnerable", NO_ANSWER),
        ("yes and no", NO_ANSWER),
        ("nothing", NO_ANSWER),
        ("The answer is yes", NO_ANSWER),
        ("ja", NO_ANSWER),
    ],
)
def test_only_the_word_itself_counts(text: str, answer: int) -> None:
    assert parse(text, WORDS) == answer
