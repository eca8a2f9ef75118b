"""Questions: from the suite's own words, or from names of task and classes."""

from dataclasses import replace
from typing import Any

import pytest

from tasks.errors import InputError
from tasks.kinds import KINDS
from tasks.spec import TaskSpec
from tests.trainers.prompting.causal import colours
from trainers.prompting.question import Question

TASK = colours()


def question(task: Any = TASK, **fields: Any) -> Question:
    return Question.of(task, TaskSpec(data="x.csv", text="code", label="hue", **fields), ["code"])


def test_names_speak_where_the_suite_does_not() -> None:
    (ask,) = question().asks
    assert ask.text == "Task: colour. Answer with one of: red, green, blue."
    (own,) = question(instruction="Which colour?", words={"red": "R", "green": "G", "blue": "B"}).asks
    assert own.text == "Which colour? Answer with one of: R, G, B."


def test_numbers_are_no_and_yes() -> None:
    binary = replace(TASK, kind=KINDS["binary"], classes=("0", "1"))
    assert question(binary).asks[0].words == ("no", "yes")
    assert question(binary, words={"0": "safe", "1": "vulnerable"}).asks[0].words == ("safe", "vulnerable")
    bare = replace(binary, classes=("false", "true"))
    assert question(bare, words={"false": False, "true": True}).asks[0].words == (
        "no",
        "yes",
    )  # as YAML reads no and yes


def test_every_label_is_asked_about() -> None:
    labels = replace(TASK, kind=KINDS["multilabel"])
    asks = question(labels, instruction="Look at it.", words={"red": "is it red", "green": "G", "blue": "B"}).asks
    assert [ask.words for ask in asks] == [("no", "yes")] * 3
    assert asks[0].text == "Look at it. Is this so: is it red? Answer with one of: no, yes."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"redd": "r"}, r"no class `redd`; did you mean `red`\?"),
        ({"red": "r"}, "no word for the class `blue`"),
        ({"red": "r", "green": "R", "blue": "b"}, "a different word for every class"),
        ({"red": "r", "green": " ", "blue": "b"}, "a different word for every class"),
        ({"red": "r", "green": "'R.'", "blue": "b"}, "quotes and stops around it aside"),
        ({"red": "r", "green": "*", "blue": "b"}, "quotes and stops around it aside"),
    ],
)
def test_words_that_do_not_fit_are_refused(words: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        question(words=words)


def test_kinds_without_words_are_refused() -> None:
    with pytest.raises(InputError, match="a regression task has no words"):
        question(replace(TASK, kind=KINDS["regression"]))
