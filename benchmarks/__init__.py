"""Measurements that the README's claims rest on; each prints a table and writes JSON to ``benchmarks/results``."""
