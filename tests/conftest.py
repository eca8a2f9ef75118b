"""Sampled inputs are the same on every run, and no test is judged by the clock."""

from hypothesis import settings

settings.register_profile("cotrain", deadline=None, derandomize=True)
settings.load_profile("cotrain")
