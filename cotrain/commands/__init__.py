"""The commands, one file each.

A command reads its options, loads the suite, calls :mod:`cotrain.api`, and prints: for people through
:mod:`reports.terminal`, or with ``--json`` the object of the file on standard output and nothing else. What is heavy
(torch, pandas, matplotlib) is imported when a command runs, so that ``--help`` answers at once.
"""
