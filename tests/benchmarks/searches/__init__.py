"""Tests of the benchmark of searches."""
