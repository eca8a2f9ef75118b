"""A folder of files to entries of a suite: which files make one task, and what their columns mean.

Names and contents tell, and what they leave open is said instead of guessed::

    found, others = find_data(Path("data"))          # {"defect": {"train": Path("data/defect/train.jsonl"), ...}}, {}
    guess_entry(table)                                # {"text": "code", "label": "target"}

Whoever uses it shows what was guessed: a person corrects a wrong column in seconds, if it can be seen.
"""

from tasks.guessing.columns import guess_entry
from tasks.guessing.files import Data, find_data

__all__ = ["Data", "find_data", "guess_entry"]
