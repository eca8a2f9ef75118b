"""What a model wrote, as one of the words; anything else is no answer."""

from collections.abc import Sequence

QUOTES = " \t\"'`*.,:;!"
"""Signs around a word that change nothing."""
NO_ANSWER = -1


def parse(text: str, words: Sequence[str]) -> int:
    """Index of the word that the first line is, letter case and :data:`QUOTES` around it aside; else ``NO_ANSWER``.

    "not vulnerable" is not "vulnerable", and a sentence that holds the word is no answer.
    """
    lines = text.strip().splitlines()
    said = lines[0].strip(QUOTES).casefold() if lines else ""
    for place, word in enumerate(words):
        if said == word.strip(QUOTES).casefold():
            return place
    return NO_ANSWER
