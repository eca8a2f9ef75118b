"""Multi-task training of one shared adapter per group of tasks.

A *group* trains one PEFT adapter on a frozen base model, with one head per member task. What happens, in the order of
the modules::

    spec = BenchSpec(find_checkpoint("embedded"), LoRA(), Training(), tasks, ...)   # checkpoint, methods, settings
    prepare(spec, ["train", "stop", "select"], threads=2)    # prefix_cache: frozen lower layers, once
    bench = open_bench(spec)                     # families, backbone, cut, adapters: the model with what is trained
    result = train_group(bench, ["clone", "defect"], seed=0, passes=3)   # loop: the only training loop

    trainer = Trainer(spec, executor, ledger, budget, seed=42)     # executors, ledger: many runs, none done twice
    runs = trainer.run([("clone", "defect")], seeds=[0, 1])
    runs = trainer.run([group], seeds=[0, 1], forms={group: Private()})       # forms: other ways to come by a group

    save_adapter(folder, result, spec)           # export: PEFT's files and the heads; vanilla: what PEFT alone reads
    load_groups([folder]).scores("clone", [tokens])          # loaded, predictions: trained groups on new texts

A task's *reference* is its single run, long enough that no partner helps merely by moving the adapter more often
(:func:`trainers.loop.train_group` with ``reference=True``). Runs of equal seed share adapter initialisation, heads and
the order of each task's own batches, so that their difference shows the partner and little else.

Importing this package imports no torch; its modules do, except ``settings``, ``budget``, ``methods``, ``result``,
``cost``, ``job`` and ``ledger``.
"""
