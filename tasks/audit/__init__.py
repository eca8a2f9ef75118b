"""What is wrong with the data, before anything is trained.

A recommendation is only as good as the data behind it. A test row that training has seen makes a group look better
than it is, and with one adapter for several tasks there is a way for it that single-task checks miss: a test text of
one task that stands in the *train* split of another::

    from tasks.audit import audit

    result = audit(tasks)
    for finding in result.findings:       # worst first, one sentence each
        print(finding)
    result.tables()["leaks"]              # flat rows, for a table or a file
    result.to_dict()                      # plain objects, for JSON

Six checks, one file each:

- :mod:`~tasks.audit.sizes`: rows and units per split, and the smallest margin that the test rows can settle;
- :mod:`~tasks.audit.balance`: class counts and the score of a predictor that ignores its input;
- :mod:`~tasks.audit.duplicates`: copies and near copies within a split;
- :mod:`~tasks.audit.leaks`: rows, single sides and units that two splits, or two tasks, have in common;
- :mod:`~tasks.audit.conflicts`: the same input with different labels;
- :mod:`~tasks.audit.truncation`: texts that are cut at the chosen length (needs the encoded tasks).

Two texts are *equal* if they differ in white space only. They are *near* if the Jaccard similarity of their sets of
three consecutive tokens, case folded, reaches ``near``. The pairs are found exactly (:mod:`~tasks.audit.near`), with
no hashing and no luck. Of a pair or a retrieval row every side must be near.

The audit reads test rows, never a model's scores, and it refuses nothing: it tells, and the user decides.
"""

from tasks.audit.finding import SEVERITIES, Example, Finding
from tasks.audit.result import CHECKS, Audit
from tasks.audit.suite import audit

__all__ = ["CHECKS", "SEVERITIES", "Audit", "Example", "Finding", "audit"]
