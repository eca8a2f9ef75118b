"""Where gains come from (:class:`grouping.oracle.GroupOracle`) beside the trainer of this project, which is one itself.

``command`` drives somebody's own training stack in lines of JSON, ``table`` replays a finished experiment;
``remembered`` keeps the answers of another oracle in a ledger, and ``weighted`` counts some tasks more than others.
"""
