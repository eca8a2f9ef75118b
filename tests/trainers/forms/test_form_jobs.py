"""Forms as jobs: other content hashes, one ledger, and the trainer that makes them."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affinity.gains import measure_groups
from tests.trainers.samples import spec_of, word_task
from trainers.bench import BenchSpec, open_bench
from trainers.budget import Budget
from trainers.cost import Cost
from trainers.executors import InProcess, WorkerProcesses
from trainers.forms import FORMS, Dare, Equal, Form, Mean, Private, Shared, Tempered, Ties, Weighted, words
from trainers.forms.form_job import FormJob
from trainers.ledger import Ledger
from trainers.loop import train_group
from trainers.methods import LoRA
from trainers.result import GroupResult
from trainers.settings import Training
from trainers.train_job import train_job
from trainers.trainer import Trainer
from trainers.turns import Temperature

TASKS = {name: word_task(name, word=word, count=count) for name, word, count in (("a", 2, 24), ("b", 3, 48))}
TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2)
SEEDS = [7, 8]
GROUP = ("a", "b")
EVERY: list[Form] = [
    Shared(),
    Private(),
    Private(rank=1),
    Mean(),
    Ties(),
    Ties(density=0.3),
    Dare(),
    Equal(),
    Tempered(),
    Weighted(task="a"),
    Weighted(task="b", factor=0.5),
]


def trainer_on(folder: Path, *, workers: int = 1, **settings: object) -> Trainer:
    spec = spec_of(folder, TASKS, training=TRAINING)
    executor = WorkerProcesses(open_bench, spec, workers=workers) if workers > 1 else InProcess(open_bench, spec)
    return Trainer(spec, executor, Ledger(folder / "ledger"), Budget(passes=1), 7, **settings)  # type: ignore[arg-type]


def made(trainer: Trainer, form: Form, **settings: object) -> list[GroupResult]:
    """The group's runs in a form."""
    runs = trainer.run([GROUP], seeds=SEEDS, references=GROUP, forms={GROUP: form}, **settings)  # type: ignore[arg-type]
    return list(runs.groups[GROUP])


def labels(folder: Path) -> set[str]:
    """Of all finished runs."""
    with sqlite3.connect(folder / "ledger") as connection:
        return {label for (label,) in connection.execute("SELECT label FROM jobs")}


def test_content_hashes_differ_by_form_and_setting_and_not_by_order(tmp_path: Path) -> None:
    trainer = trainer_on(tmp_path)
    keys: dict[str, int] = {}
    for index, form in enumerate(EVERY):
        if form.merges:
            refs = {
                n: (
                    train_job(trainer.spec, [n], seed=7, passes=1, reference=True, keep_weights=True),
                    GroupResult((n,), 7, True, np.empty(0), 0, {}, 0, cost=Cost(), failed="not made here"),
                )
                for n in GROUP
            }
            jobs = [
                FormJob.of(trainer.spec, form, order, seed=7, passes=1, references=dict(items))
                for order, items in ((GROUP, refs.items()), (GROUP[::-1], reversed(refs.items())))
            ]
            other = replace(refs["a"][0], splits=("select", "test"))
            changed = {**refs, "a": (other, refs["a"][1])}
            assert FormJob.of(trainer.spec, form, GROUP, seed=7, passes=1, references=changed).key != jobs[0].key
        else:
            jobs = [FormJob.of(trainer.spec, form, order, seed=7, passes=1) for order in (GROUP, GROUP[::-1])]
        assert jobs[0].key == jobs[1].key
        keys.setdefault(jobs[0].key, index)
    assert len(keys) == len(EVERY)


def test_shared_and_mixed_runs_are_those_of_a_suite_that_has_no_forms(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, TASKS, training=TRAINING)
    plain = train_job(spec, GROUP, seed=7, passes=1)
    assert FormJob.of(spec, Shared(), GROUP, seed=7, passes=1).key == plain.key
    for form, mixing in ((Equal(), "equal"), (Tempered(), Temperature(name="temperature", temperature=3))):
        own = replace(spec, training=replace(TRAINING, mixing=mixing))  # type: ignore[arg-type]
        assert_made_as(FormJob.of(spec, form, GROUP, seed=7, passes=1, keep_weights=True), own, spec)


def test_weighted_runs_are_those_of_a_suite_with_that_weight(tmp_path: Path) -> None:
    tasks = {**TASKS, "b": replace(TASKS["b"], weight=2.0)}
    spec = spec_of(tmp_path, tasks, training=TRAINING)
    own = replace(spec, tasks={**tasks, "b": replace(TASKS["b"], weight=8.0)})
    job = FormJob.of(spec, Weighted(task="b", factor=4), GROUP, seed=7, passes=1, keep_weights=True)
    assert_made_as(job, own, spec)
    assert job.key != train_job(spec, GROUP, seed=7, passes=1, keep_weights=True).key


def test_a_weight_without_a_task_is_tried_on_every_member() -> None:
    form = Weighted(factor=2)
    assert tuple(form.variants(["b", "a"])) == (Weighted(task="a", factor=2), Weighted(task="b", factor=2))
    assert tuple(Weighted(task="b").variants(GROUP)) == (Weighted(task="b"),)
    assert not Weighted(task="c").variants(GROUP)
    assert tuple(Equal().variants(GROUP)) == (Equal(),)
    assert [words(of) for of in (form, Weighted(task="a"))] == ["weighted, factor 2", "weighted, task a, factor 3"]


def assert_made_as(job: FormJob, own: BenchSpec, spec: BenchSpec) -> None:
    """A form's run on the suite's bench has the hash and the weights of the plain run on another bench."""
    assert job.key == train_job(own, GROUP, seed=7, passes=1, keep_weights=True).key
    found = job.run(open_bench(spec))
    expected = train_group(open_bench(own), GROUP, seed=7, passes=1, keep_weights=True)
    for name, of in expected.weights.items():
        np.testing.assert_array_equal(of, found.weights[name], err_msg=name)


@pytest.mark.parametrize("form", EVERY[1:])
def test_a_form_is_measured_like_any_group_and_made_once(form: Form, tmp_path: Path) -> None:
    trainer = trainer_on(tmp_path, keep_references=True)
    shared = trainer.run([GROUP], seeds=SEEDS, references=GROUP)
    before = labels(tmp_path)
    assert len(before) == 6
    runs = made(trainer, form, weights_of=[GROUP])
    assert [run.seed for run in runs] == SEEDS
    assert [bool(run.weights) for run in runs] == [True, False]
    assert labels(tmp_path) - before == {f"a+b, seed {seed}, {form.name}" for seed in SEEDS}
    of = measure_groups({GROUP: runs}, shared.references, TASKS)[GROUP]
    assert np.isfinite(of.gain).all()
    assert np.isfinite(of.gain_error).all()
    start = [run.cost.seconds for run in runs]
    assert [run.cost.seconds for run in made(trainer, form, weights_of=[GROUP])] == start  # found, not made again


def test_workers_make_the_same(tmp_path: Path) -> None:
    found = []
    for workers in (1, 2):
        trainer = (
            trainer_on(tmp_path / str(workers), workers=workers) if (tmp_path / str(workers)).mkdir() is None else None
        )
        assert trainer is not None
        with trainer.executor:
            found.append([made(trainer, form) for form in (Private(), Dare())])
    for first, second in zip(*found, strict=True):
        for run, other in zip(first, second, strict=True):
            for name, member in run.members.items():
                np.testing.assert_array_equal(member.losses["select"], other.members[name].losses["select"])


def test_references_keep_what_is_merged(tmp_path: Path) -> None:
    """Only those of members, unless all are to keep it; a merge finds them without training."""
    trainer = trainer_on(tmp_path)
    runs = trainer.run([GROUP], seeds=SEEDS, references=GROUP, forms={GROUP: Ties()})
    assert all(run.weights for of in runs.references.values() for run in of)
    keeping = replace(trainer, keep_references=True)
    again = keeping.run([], seeds=SEEDS, references=GROUP)
    for name, of in again.references.items():
        assert [run.cost.seconds for run in of] == [run.cost.seconds for run in runs.references[name]]


def test_a_merge_without_its_references_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected the reference of a with seed 7"):
        trainer_on(tmp_path).run([GROUP], seeds=SEEDS, forms={GROUP: Mean()})


def test_a_mixing_that_the_suite_has_is_refused() -> None:
    for form, mixing in ((Equal(), "equal"), (Tempered(temperature=1), "proportional")):
        training = replace(TRAINING, mixing=mixing)  # type: ignore[arg-type]
        assert "that is how the suite mixes already" in str(form.refusal(LoRA(), training))
    assert Equal().refusal(LoRA(), TRAINING) is None


def test_names_are_those_of_the_dict() -> None:
    for name, form in FORMS.items():
        assert form().name == name
    assert words(Private(rank=3)) == "private, rank 3"
    assert words(Equal()) == "equal"
