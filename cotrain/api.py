"""The functions that people call: recommend, heatmap, validate, reproduce, plan, compare, load."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cotrain.clock import began
from cotrain.progress import Progress, progress_by_default
from cotrain.suite import LoadedSuite, builtin_suite, load_suite, override

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix
    from cotrain.answer import Answer
    from cotrain.candidates import Candidate
    from cotrain.given_grouping import Given
    from cotrain.loaded_run import LoadedRun
    from cotrain.place import ExecutorName

SuiteLike = LoadedSuite | Path | str | None
"""A suite file, one that is loaded, or None for the built-in tasks."""
Trackers = str | Sequence[str] | None
"""Names of experiment trackers, one or several; the suite's `report_to` if None."""


def recommend(
    suite: "SuiteLike | Sequence[Candidate]" = None,
    *,
    out: Path | str = "cotrain-run",
    validate: bool = True,
    controls: bool = False,
    equal_sizes: bool = False,
    compare: "Given | None" = None,
    earlier: Sequence[Path] = (),
    sources: Sequence[Path] = (),
    tasks: Sequence[str] | None = None,
    workers: int | None = None,
    device: str = "auto",
    executor: "ExecutorName" = "local",
    address: str | None = None,
    storage: str | None = None,
    estimator: str | None = None,
    settings: Mapping[str, Any] | None = None,
    report_to: Trackers = None,
    progress: Progress | None = None,
) -> "Answer":
    """Finds which tasks should share an adapter, and proves it: affinities, search, validation, report.

    Args:
        suite: A suite file, whose `base_model` and `method` may be lists; the built-in tasks if None.
        estimator: Where affinities come from; the suite's `estimator` if None.
        out: The run folder; the same call resumes in it. Of several base models or methods each has one within it.
        validate: Whether the choice and its baselines are retrained and test is opened.
        controls: Built-in suite: adds a task cut into two halves, and one with shuffled labels.
        equal_sizes: Whether pairs with negative transfer are trained again with the larger data set cut to the
            smaller one's size, to tell dominance from conflict.
        compare: A grouping of yours that is validated beside the choice: lists of task names, or a file with them.
        earlier: Folders of finished runs with the same base model, method and estimator, whose forecasts of gains are
            held against what they measured: a clear bias is corrected.
        sources: Built-in suite: folders of Python source; the standard library if empty.
        tasks: Built-in suite: names of tasks; the default selection if None.
        workers: Worker processes; by default one per core.
        device: A torch device; `auto` takes a GPU if there is one.
        executor: ``local``, this process and workers of it, or ``ray``, workers of a Ray cluster (extra `ray`).
        address: Of the cluster, ``host:port`` or ``auto``; one is started on this machine if None.
        storage: Address of a PostgreSQL database that keeps finished runs and studies (extra `postgres`); files of the
            run folder if None.
        settings: Values by dotted field in place of the suite's, such as ``{"budget.passes": 2}``.
        report_to: Names of :data:`cotrain.tracking.TRACKERS`; the suite's if None.
        progress: Where progress is shown; by default in a notebook's cell, and nowhere elsewhere.

    Returns:
        The object of ``recommendation.json``, with ``groups``, ``verdict``, ``to_frame()``, ``run``.

    Raises:
        InputError: If the suite, its data, an earlier run or the run folder is unusable.
    """
    from cotrain.answer import Answer
    from cotrain.given_grouping import given_partition
    from cotrain.place import Machine
    from cotrain.recommending import run_recommendation
    from cotrain.running import session
    from cotrain.wishes import Wishes

    started = began()
    mined = {"names": tasks, "sources": sources, "controls": controls}
    on = Machine(workers=workers, device=device, executor=executor, address=address, storage=storage)
    shown = progress or progress_by_default()
    candidates = _candidates(suite, _settings(settings, estimator=estimator, report_to=report_to))
    if len(candidates) > 1:
        from cotrain.candidate_runs import CandidateRuns
        from cotrain.choosing import recommend_among

        runs = CandidateRuns(Path(out), on, shown, mined)
        found = recommend_among(
            candidates, runs, validate=validate, equal_sizes=equal_sizes, compare=compare, earlier=earlier
        )
        return Answer(found, Path(out))
    with session(candidates[0].loaded, out=Path(out), machine=on, progress=shown, mined=mined, searched=True) as opened:
        own = None if compare is None else given_partition(compare, opened.workspace.tasks, place="compare")
        wishes = Wishes(validate=validate, equal_sizes=equal_sizes, compared=own, earlier=earlier)
        return Answer(run_recommendation(opened, wishes, started=started), Path(out))


def heatmap(
    suite: SuiteLike = None,
    *,
    out: Path | str = "cotrain-run",
    tasks: Sequence[str] | None = None,
    workers: int | None = None,
    device: str = "auto",
    executor: "ExecutorName" = "local",
    address: str | None = None,
    storage: str | None = None,
    estimator: str | None = None,
    settings: Mapping[str, Any] | None = None,
    report_to: Trackers = None,
    progress: Progress | None = None,
) -> "AffinityMatrix":
    """Estimates how much every task helps every other, and draws it.

    Args:
        settings: As of :func:`recommend`.
        estimator: A name of :func:`affinity.estimators.estimators`: built in, or of another distribution; the suite's
            `estimator` if None.

    Returns:
        The matrix; ``affinity.json``, ``.csv``, ``.parquet`` and the picture are in ``out``.

    Raises:
        InputError: If the suite, its data, the estimator or the run folder is unusable.
    """
    from cotrain.affinity_files import save_affinities
    from cotrain.drawn import log_drawn
    from cotrain.estimator import find_estimator
    from cotrain.place import Machine
    from cotrain.running import session
    from reports import render_heatmap

    with session(
        _loaded(suite, _settings(settings, estimator=estimator, report_to=report_to)),
        out=Path(out),
        machine=Machine(workers=workers, device=device, executor=executor, address=address, storage=storage),
        progress=progress or progress_by_default(),
        mined={"names": tasks},
    ) as opened:
        opened.cache_layers(["train", "stop", "select"])
        matrix = find_estimator(opened.suite.estimator).estimate(opened.trainer).matrix
        save_affinities(opened.folder, matrix)
        render_heatmap(matrix, None, opened.folder.figures)
        log_drawn(opened.folder)
        opened.drop_cache()
        return matrix


def validate(
    suite: SuiteLike,
    *,
    grouping: "Given",
    compare: "Given | None" = None,
    out: Path | str = "cotrain-run",
    workers: int | None = None,
    device: str = "auto",
    executor: "ExecutorName" = "local",
    address: str | None = None,
    storage: str | None = None,
    settings: Mapping[str, Any] | None = None,
    report_to: Trackers = None,
    progress: Progress | None = None,
) -> "Answer":
    """Trains a given grouping against singles, all-together and a random grouping of its shape, and judges it on test.

    Args:
        grouping: Lists of task names, or a JSON or YAML file with them, a ``recommendation.json``, or the file of a
            search, whose groups may overlap.
        compare: Another one, validated beside it.
        settings: As of :func:`recommend`.

    Returns:
        The object of ``recommendation.json``, as of :func:`recommend`, with nothing predicted.

    Raises:
        InputError: If the suite, its data, the grouping or the run folder is unusable.
    """
    from cotrain.answer import Answer
    from cotrain.given_grouping import given_grouping, given_partition
    from cotrain.place import Machine
    from cotrain.running import session
    from cotrain.validating import run_validation

    started = began()
    loaded = _loaded(suite, _settings(settings, report_to=report_to))
    with session(
        loaded,
        out=Path(out),
        machine=Machine(workers=workers, device=device, executor=executor, address=address, storage=storage),
        progress=progress or progress_by_default(),
    ) as opened:
        tasks = opened.workspace.tasks
        choice, own = given_grouping(grouping, tasks), None
        if compare is not None:
            own = given_partition(compare, tasks, place="compare")
        return Answer(run_validation(opened, choice, started=started, compared=own), Path(out))


def reproduce(
    suite: Path | str | None = None,
    *,
    out: Path | str = "cotrain-study",
    tasks: Sequence[str] | None = None,
    base_models: Sequence[str] = (),
    methods: Sequence[str] = (),
    full: Collection[str] | None = None,
    prompted: Collection[str] | None = None,
    tuned: Collection[str] | None = None,
    shots: Sequence[int] = (0, 4),
    step_sizes: Sequence[float] = (0.33, 1.0, 3.0),
    pairs: bool = True,
    layers: str | None = None,
    settings: Mapping[str, Any] | None = None,
    workers: int | None = None,
    device: str = "auto",
    executor: "ExecutorName" = "local",
    address: str | None = None,
    storage: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The study's tables on a suite: tasks alone, tuned alone, in pairs, all together, in full; and prompted models.

    Args:
        suite: A suite file, whose `base_model` and `method` may be lists; the built-in tasks if None.
        out: The folder of all runs; the same call resumes in it.
        tasks: Names of some of the tasks.
        base_models: In place of the suite's.
        methods: Names in place of the suite's.
        full: Short names of the base models that are fine-tuned in full too; None for all.
        prompted: Short names of those that are prompted; None for all that write text.
        tuned: Short names of those of which tuned singles are trained; None for all.
        shots: Numbers of examples of train that prompts show.
        step_sizes: Of tuned singles, over the method's own; 1, which is trained anyway, is always among them.
        pairs: Whether every pair is trained.
        layers: What methods but `full` and `head` work on; the suite's if None.
        settings: Values by dotted field in place of the suite's, such as ``{"budget.passes": 2}``.

    Returns:
        The object of ``reproduction.json``.

    Raises:
        InputError: If the suite, its data, a base model or the folder is unusable.
    """
    from cotrain.candidate_runs import CandidateRuns
    from cotrain.candidates import load_candidates, on_layers, with_full
    from cotrain.place import Machine
    from cotrain.smoke import refuse_smoke
    from cotrain.study.reproduce import Study
    from cotrain.study.reproduce import reproduce as run
    from cotrain.suite import select_tasks

    candidates = load_candidates(suite, base_models=base_models, methods=methods)
    if layers is not None:
        candidates = [on_layers(of, layers) for of in candidates]
    candidates = with_full(candidates, full)
    candidates = [replace(of, loaded=override(of.loaded, settings or {})) for of in candidates]
    refuse_smoke(candidates[0].loaded)
    if suite is not None and tasks is not None:
        candidates = [replace(of, loaded=select_tasks(of.loaded, tasks)) for of in candidates]
    mined = {"names": tasks} if suite is None else {}
    study = Study(
        pairs=pairs, tuned=tuned, factors=tuple(sorted({1.0, *step_sizes})), shots=tuple(shots), prompted=prompted
    )
    machine = Machine(workers=workers, device=device, executor=executor, address=address, storage=storage)
    return run(candidates, study, CandidateRuns(Path(out), machine, progress or progress_by_default(), mined))


def plan(
    suite: SuiteLike = None,
    *,
    out: Path | str = "cotrain-run",
    validate: bool = True,
    equal_sizes: bool = False,
    tasks: Sequence[str] | None = None,
    workers: int | None = None,
    device: str = "auto",
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """What a run would train: jobs, tokens, hours, memory and disk by phase. Trains nothing.

    Args:
        equal_sizes: As of :func:`recommend`; the most that it may train is counted.
        settings: As of :func:`recommend`.

    Raises:
        InputError: If the suite or its data are unusable.
    """
    from cotrain.place import Machine
    from cotrain.run_plan import plan_run

    machine = Machine(workers=workers, device=device)
    planned = plan_run(
        _loaded(suite, settings),
        out=Path(out),
        validate=validate,
        names=tasks,
        machine=machine,
        equal_sizes=equal_sizes,
        progress=progress or progress_by_default(),
    )
    return planned.to_dict()


def compare(a: Path | str, b: Path | str, *, out: Path | str | None = None) -> dict[str, Any]:
    """Two runs side by side: two base models, methods, seeds, estimators or versions of data. Trains nothing.

    Args:
        a: Folder of one run, of :func:`recommend`, :func:`validate` or :func:`heatmap`.
        b: Folder of the other.
        out: An HTML file with heatmaps, scatter and tables; none is written without.

    Returns:
        What ``cotrain compare --json`` prints. What the runs have of the same kind stands under ``a`` and ``b``, every
        ``difference`` is ``b`` minus ``a``, what is not known is null:

        - ``schema``: 1.
        - ``runs``: of each ``name``, ``path``, ``kind`` (``recommendation``, ``affinities`` or ``given``),
          ``complete``, ``base_model``, ``method``, ``affinities`` (whether it has any), ``estimator``, ``seed``,
          ``verdict``.
        - ``tasks``: ``shared``, ``only`` (of each), ``not_learnable``, ``left_out``.
        - ``affinities``, null where a run has none: ``verdict`` (``agree``, ``agree in part``, ``disagree``,
          ``undecided``); ``pearson``, ``spearman``, ``within`` with ``value``, ``low``, ``high``, ``attainable``;
          ``reliability``, ``noise_ratio``, ``signs`` (``pairs``, ``alike``, ``decided``, ``same``), and ``pairs``:
          ``source``, ``target``, ``score``, ``error``, ``counts``, ``difference``, ``beyond``, ``beyond_all``. See
          :class:`affinity.concordance.Concordance`.
        - ``groupings``, null where a run recommends nothing: ``groups``, ``proposed``, ``likeness`` (``rand``,
          ``same``, ``changed``), ``judged_by`` (by whose measurements, then of whose answer).
        - ``per_task``: per shared task ``sides`` (``metric``, ``single``, ``grouped``, ``delta``, ``low``, ``high``,
          ``margin``, ``verdict``), ``comparable``, ``why_not``, and points by which ``b`` is better: ``alone`` and
          ``served``.
        - ``standing``: ``tasks``, ``served``, ``higher``, ``gain``, ``gain_difference``, ``better`` (``a``, ``b``,
          ``equal``, ``undecided`` or ``not compared``).
        - ``costs``: ``phases``, ``adapters``, ``stored`` (bytes), ``finding`` (FLOPs), ``cheaper`` (``a``, ``b``,
          ``equal``, ``mixed`` or ``not compared``).
        - ``differing``: ``area``, ``field`` and ``value`` of every setting, data set, version and machine that
          differs; ``unknown``: areas that a folder says nothing of.

        :mod:`reports.comparison` says what each field means.

    Raises:
        InputError: If a folder holds no run, both are the same, they have no task in common, or ``out`` cannot be
            written.
    """
    from cotrain.comparing import compare_runs, write_page

    comparison = compare_runs(Path(a), Path(b))
    if out is not None:
        write_page(comparison, Path(out))
    return comparison.to_dict()


def load(run: Path | str) -> "LoadedRun":
    """A finished run: its matrix, recommendation and evidence, and its trained groups on new examples::

        cotrain.load("run").predict("clone", ["def f(): ..."], ["def g(): ..."])

    Raises:
        InputError: If the folder holds no finished run.
    """
    from cotrain.loaded_run import LoadedRun

    return LoadedRun.of(Path(run))


def _settings(settings: Mapping[str, Any] | None, **fields: Any) -> dict[str, Any]:
    """Fields in place of the suite's; ``fields`` that are given are some of them."""
    return {**(settings or {}), **{name: value for name, value in fields.items() if value is not None}}


def _candidates(suite: "SuiteLike | Sequence[Candidate]", settings: Mapping[str, Any]) -> "list[Candidate]":
    from cotrain.candidates import Candidate, load_candidates

    if isinstance(suite, LoadedSuite):
        found = [Candidate("", "", suite)]
    else:
        found = load_candidates(suite) if suite is None or isinstance(suite, Path | str) else list(suite)
    return [replace(of, loaded=override(of.loaded, settings)) for of in found]


def _loaded(suite: SuiteLike, settings: Mapping[str, Any] | None = None) -> LoadedSuite:
    if suite is None:
        suite = builtin_suite()
    loaded = suite if isinstance(suite, LoadedSuite) else load_suite(suite)
    return override(loaded, settings) if settings else loaded
