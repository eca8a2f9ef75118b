"""Splits that estimators may look at; test is not among them."""

SPLITS = ("train", "stop", "select")
"""Fitted on, read along the way, judged on."""
