"""Tests of the package that searches for groupings."""
