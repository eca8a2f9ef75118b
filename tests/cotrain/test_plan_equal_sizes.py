"""What a plan counts for ``--equal-sizes`` beside what is trained."""

from dataclasses import replace
from pathlib import Path

import pytest

import cotrain
from affinity.equal_sizes import MOST, compare_sizes
from cotrain.plan_equal_sizes import EqualSizesWork
from cotrain.plan_tokens import PlannedTokens
from cotrain.suite import load_suite, override, select_tasks
from tests.cotrain.samples import run
from tests.trainers.samples import every_kind, spec_of, word_task
from trainers.bench import BenchSpec, open_bench
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.settings import Training
from trainers.trainer import Trainer
from trainers.turns import Temperature

PADDING = 0.1
"""A plan counts the batches of one pass of another seed."""
BUDGET = Budget(passes=2, seeds=1, reference_seeds=2)


def specification(folder: Path, **training: object) -> BenchSpec:
    tasks = {"big": word_task("big", word=2, count=64), "small": word_task("small", word=3, count=16)}
    tasks["found"] = replace(every_kind(count=32)["retrieval"], name="found")
    return spec_of(folder, tasks, training=Training(batch_size=8, **training))  # type: ignore[arg-type]


def planned(spec: BenchSpec, *, pairs_trained: bool = False) -> EqualSizesWork:
    work = {name: PlannedTokens.of(spec, task, passes=BUDGET.passes) for name, task in spec.tasks.items()}
    return EqualSizesWork.of(spec, work, budget=BUDGET, pairs_trained=pairs_trained)


@pytest.mark.parametrize("mixing", ["proportional", Temperature(name="temperature", temperature=2)])
def test_it_is_what_is_trained_if_all_pairs_lose(tmp_path: Path, mixing: object) -> None:
    spec = specification(tmp_path, mixing=mixing)
    trainer = Trainer(spec, InProcess(open_bench, spec), Ledger(tmp_path / "ledger.sqlite"), BUDGET, seed=0)
    references = trainer.run([], seeds=[0], references=list(spec.tasks), reference_seeds=[0, 1]).references
    pairs = [(source, target) for source in spec.tasks for target in spec.tasks if source != target]
    made, found = compare_sizes(trainer, pairs, references=references), planned(spec)
    assert (found.pairs, found.jobs) == (3, made.cost.jobs) == (3, 12)
    assert found.backward == pytest.approx(made.cost.tokens_backward, rel=PADDING)
    assert found.forward == pytest.approx(made.cost.tokens_forward, rel=PADDING)


def test_pairs_that_were_trained_before_are_not_counted_again(tmp_path: Path) -> None:
    spec = specification(tmp_path)
    before, after = planned(spec), planned(spec, pairs_trained=True)
    assert (before.jobs, after.jobs) == (12, 9)
    assert after.backward < before.backward


def test_no_more_pairs_are_counted_than_are_trained(tmp_path: Path) -> None:
    tasks = {name: word_task(name, word=2, count=8 * 2**place) for place, name in enumerate("abcd")}
    found = planned(spec_of(tmp_path, tasks, training=Training(batch_size=8)))
    assert (found.pairs, found.jobs) == (MOST, 4 * MOST)


@pytest.mark.parametrize("training", [{"mixing": "equal"}, {"aggregator": "upgrad"}])
def test_nothing_is_counted_where_no_source_takes_more_steps(tmp_path: Path, training: dict[str, object]) -> None:
    assert planned(specification(tmp_path, **training)) == EqualSizesWork(0, 0, 0, 0)


def test_a_plan_names_the_phase(suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = select_tasks(load_suite(suite), ["same", "number", "tags"])
    plain = cotrain.plan(loaded, out=tmp_path / "run", workers=1)
    more = cotrain.plan(loaded, out=tmp_path / "run", workers=1, equal_sizes=True)
    assert [*plain["phases"], "equal sizes"] == list(more["phases"])
    assert more["jobs"] == plain["jobs"] + more["phases"]["equal sizes"]["jobs"]
    assert more["phases"]["equal sizes"]["jobs"] > 0
    assert any("as if 2 pairs lost" in note for note in more["notes"])
    equal = cotrain.plan(override(loaded, {"training.mixing": "equal"}), out=tmp_path / "run", equal_sizes=True)
    assert equal["phases"]["equal sizes"]["jobs"] == 0
    assert any("equal sizes would train nothing" in note for note in equal["notes"])
    code, out, _ = run(capsys, "plan", str(suite), "--workers", "1", "--equal-sizes", "--no-validate")
    assert code == 0
    assert "equal sizes" in out


def test_two_tasks_are_a_pair_that_every_run_trains(suite: Path, tmp_path: Path) -> None:
    loaded = select_tasks(load_suite(suite), ["same", "number"])
    found = cotrain.plan(loaded, out=tmp_path / "run", workers=1, equal_sizes=True)
    assert found["phases"]["equal sizes"]["jobs"] == 3  # of two seeds, one of the whole pair is a probe run
