"""The study's tables on any suite: every task alone, tuned alone, in pairs and all together, by several base models and
methods, full fine-tuning among them, beside what general models answer when they are prompted.

:mod:`cotrain.study.arrangements` trains, :mod:`cotrain.study.prompted` prompts, :mod:`cotrain.study.rows` turns runs
into scores with intervals, :mod:`cotrain.study.costs` counts, and :mod:`cotrain.study.reproduce` goes through all of it
as one resumable run.
"""
