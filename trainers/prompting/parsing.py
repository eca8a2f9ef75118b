"""What a model wrote, as one of the words; anything else is no answer."""

from collections.abc import Sequence

QUOTES = " \t\"'`*.,:;!"
"""Signs around a word that change nothing."""
NO_ANSWER = -1


def bare(word: str) -> str:
    """A word without letter case and :data:`QUOTES` around it: words that are equal then are one."""
    return word.strip(QUOTES).casefold()


def parse(text: str, words: Sequence[str]) -> int:
    """Index of the word that the first line is, as :func:`bare` sees both; else ``NO_ANSWER``.

    "not vulnerable" is not "vulnerable", and a sentence that holds the word is no answer.
    """
    lines = text.strip().splitlines()
    said = bare(lines[0]) if lines else ""
    for place, word in enumerate(words):
        if said == bare(word):
            return place
    return NO_ANSWER
