"""What the Optuna sampler is made of (:class:`grouping.sampler.PartitionSampler`): partitions as trials of a study.

A partition is a row of labels (:mod:`grouping.labels`), and ``allowed`` knows which there may be. What trials said is
``told``; from it come worlds (``sampled_worlds``), which are solved (``solved_worlds``), and ``proposing`` picks a
partition that was not tried yet.
"""
