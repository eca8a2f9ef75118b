"""What the benchmark of searches is made of: tables of gains, methods that train groups of them, and figures.

A table knows what a search is told of every group, and what counts afterwards. A method gets an oracle with a budget
and says what it would choose after any number of models::

    table = planted("blocks", tasks=6, seed=0)
    oracle = Oracle(Problem(table, adapters=3, mode="cover"), models=10)
    choice_after = METHODS["random groups"].search(oracle, seed=0)
    value = table.value(choice_after(10))
"""
