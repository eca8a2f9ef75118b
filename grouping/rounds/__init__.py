"""What the search in rounds is made of (:func:`grouping.loop.search`): gains have errors, and tasks may have floors.

In a round, partitions are proposed from posterior draws (``proposals``), the groups worth training are picked
(``acquisition``) and trained together; what was measured is ``knowledge``. The choice is made by a posterior lower
bound (``acceptance``), and ``conclusion`` puts it beside its baselines.
"""
