"""Heads that were fitted for one command serve the others, and so do pictures."""

from tests.cotrain.remembered_pictures import remembered_pictures  # noqa: F401
from tests.trainers.remembered_fits import remembered_fits  # noqa: F401
