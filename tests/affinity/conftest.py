"""Heads that were fitted for one test serve the others."""

from tests.trainers.remembered_fits import remembered_fits  # noqa: F401
