"""Prompting: what a general model answers without any training, the baseline of the study.

A task's :class:`~trainers.prompting.question.Question` holds an instruction and a word for every class. Examples of
train, if any are shown, and the instruction come first and are computed once
(:mod:`trainers.prompting.continuations`); then every example of the held-out split is answered twice over: by the
log-probabilities of the words, and by what the model writes, which counts only if it is one of the words
(:mod:`trainers.prompting.parsing`). One :class:`~trainers.prompting.prompt_job.PromptJob` does it for one task.
"""
