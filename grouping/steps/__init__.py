"""What the search step by step is made of (:func:`grouping.sequential.search_sequentially`): it counts trained models.

``trained_groups`` holds the answers and the exact choice among them. The next ``step`` comes from ``listed_steps``
where all groups can be listed, from ``climbed_steps`` where there are too many; both weigh what a group would improve,
and the first also what it would tell (``information``).
"""
