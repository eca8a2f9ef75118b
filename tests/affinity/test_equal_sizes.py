"""Losing pairs at equal sizes: planted answers, what is trained, and the rows that a cut leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from affinity.equal_sizes import Compared, compare_sizes, losing_pairs
from affinity.gains import trained_alone
from affinity.matrix import AffinityMatrix
from tasks.encoding import EncodedTask
from tests.affinity.samples import run, task
from tests.trainers.samples import every_kind, spec_of, word_task
from trainers.bench import BenchSpec, open_bench
from trainers.budget import Budget
from trainers.cost import Cost
from trainers.cut_job import CutJob, nested_rows
from trainers.executors import InProcess
from trainers.fitted_heads import fitted_heads, initial_head
from trainers.ledger import Ledger
from trainers.result import GroupResult
from trainers.runs import Runs
from trainers.settings import Training
from trainers.some_rows import on_rows
from trainers.train_job import TrainJob
from trainers.trainer import Trainer
from trainers.turns import Temperature

ROWS = 60
SEEDS = 3


def sized(name: str, examples: int) -> EncodedTask:
    """A task with this many training examples; its select half has 60."""
    whole = task(name, np.arange(ROWS) % 2)
    train = replace(whole.splits["train"], units=np.arange(examples), targets=np.arange(examples) % 2)
    return replace(whole, splits={**whole.splits, "train": train, "stop": whole.splits["select"]})


@dataclass(frozen=True)
class Planted:
    """A trainer whose target's loss is 0.5 alone, and as planted in a pair."""

    tasks: Mapping[str, EncodedTask]
    whole: Mapping[tuple[str, str], float]
    cut: Mapping[tuple[str, str], float]
    noise: float = 0.002
    failing: bool = False
    budget: Budget = field(default_factory=lambda: Budget(seeds=1, reference_seeds=SEEDS))
    training: Training = field(default_factory=Training)
    spec: BenchSpec = field(init=False)
    asked: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        spec = object.__new__(BenchSpec)
        object.__setattr__(spec, "tasks", self.tasks)
        object.__setattr__(spec, "training", self.training)
        object.__setattr__(self, "spec", spec)

    def losses(self, level: float, seed: int, *parts: object) -> np.ndarray:
        generator = np.random.default_rng([seed, *map(len, map(str, parts))])
        return level + self.noise * (generator.standard_normal() + generator.standard_normal(ROWS))

    def probe_seeds(self, count: int) -> list[int]:
        return list(range(count))

    def run(self, groups: Sequence[tuple[str, ...]], *, seeds: Sequence[int], phase: str) -> Runs:
        self.asked.extend((group, seed) for group in groups for seed in seeds)
        found = {}
        for group in groups:
            level = {t: self.whole.get((s, t), 0.5) for s, t in (group, group[::-1])}
            found[group] = [
                replace(run(group, seed, {n: self.losses(level[n], seed, n) for n in group}), cost=Cost(jobs=1))
                for seed in seeds
            ]
        return Runs(found, {})

    def jobs(self, jobs: Sequence["Cut"], *, phase: str) -> list[GroupResult]:
        self.asked.extend(jobs)
        found = []
        for job in jobs:
            (target,) = set(job.group) - {job.cut}
            losses = {target: self.losses(self.cut[job.cut, target], job.seed, target)}
            losses[job.cut] = self.losses(0.5, job.seed, job.cut)
            made = replace(run(job.group, job.seed, losses), cost=Cost(jobs=1))
            found.append(replace(made, failed="its loss became nan", members={}) if self.failing else made)
        return found

    def references(self) -> dict[str, list[GroupResult]]:
        return {
            name: [run((name,), seed, {name: self.losses(0.5, seed, name, "alone")}) for seed in range(SEEDS)]
            for name in self.tasks
        }


@dataclass(frozen=True)
class Cut:
    """What a job asks for, in place of a bench's hashes."""

    group: tuple[str, ...]
    seed: int
    cut: str
    rows: int
    passes: int

    @classmethod
    def of(cls, _spec: object, group: tuple[str, ...], *, seed: int, passes: int, cut: str, rows: int) -> "Cut":
        return cls(group, seed, cut, rows, passes)


@pytest.fixture(autouse=True)
def plain_jobs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "tmp_path" not in request.fixturenames:
        monkeypatch.setattr("affinity.equal_sizes.CutJob", Cut)


TASKS = {"big": sized("big", 200), "small": sized("small", 50), "other": sized("other", 55)}
PAIR = ("big", "small")


def compared(whole: float, cut: float, *, failing: bool = False, noise: float = 0.002) -> Compared:
    planted = Planted(TASKS, {PAIR: whole}, {PAIR: cut}, failing=failing, noise=noise)
    return compare_sizes(planted, [PAIR], references=planted.references())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("whole", "cut", "verdict"),
    [(0.6, 0.5, "dominance"), (0.6, 0.45, "dominance"), (0.6, 0.6, "conflict"), (0.6, 0.56, "conflict")],
)
def test_what_was_planted_is_found(whole: float, cut: float, verdict: str) -> None:
    (found,) = compared(whole, cut).pairs
    assert found.verdict == verdict
    assert found.before is not None
    assert found.after is not None
    assert found.change is not None
    assert found.before.value == pytest.approx(0.5 - whole, abs=0.02)
    assert found.after.value == pytest.approx(0.5 - cut, abs=0.02)
    assert found.change.value == pytest.approx(whole - cut, abs=0.01)
    assert found.change.value == pytest.approx(found.after.value - found.before.value, abs=0.01)
    assert (found.source_examples, found.target_examples, found.seeds) == (200, 50, SEEDS)


def test_a_reference_that_needs_more_passes_is_not_taken_for_conflict() -> None:
    """Alone it reads 0.62 after the three passes of a pair, and 0.5 after six."""
    planted = Planted(TASKS, {PAIR: 0.6}, {PAIR: 0.6})
    references = planted.references()
    longer = [
        replace(
            of,
            grid=np.arange(1.0, 7.0),
            members={"small": replace(of.members["small"], curve=np.array([0.9, 0.7, 0.62, 0.6, 0.55, 0.5]))},
        )
        for of in references["small"]
    ]
    (found,) = compare_sizes(planted, [PAIR], references={**references, "small": longer}).pairs  # type: ignore[arg-type]
    assert found.short == pytest.approx(-0.12)
    assert (found.verdict, "as few passes" in found.reason) == ("undecided", True)


@pytest.mark.parametrize(
    "training",
    [{"mixing": "equal"}, {"aggregator": "upgrad"}, {"mixing": Temperature(name="temperature", temperature=20)}],
    ids=["equal", "aggregator", "temperature"],
)
def test_a_source_that_takes_no_more_steps_cannot_dominate(training: dict[str, object]) -> None:
    """Cut, its target would only make fewer passes than before, and lose by that."""
    planted = Planted(TASKS, {PAIR: 0.6}, {PAIR: 0.6}, training=Training(**training))  # type: ignore[arg-type]
    (found,) = compare_sizes(planted, [PAIR], references=planted.references()).pairs  # type: ignore[arg-type]
    assert (found.verdict, planted.asked) == ("not answerable", [])
    assert "both take about as many steps whatever their sizes" in found.reason


@pytest.mark.parametrize(("temperature", "passes"), [(1, 3), (2, 4), (4, 5)])
def test_the_target_makes_as_many_passes_as_in_the_whole_pair(temperature: float, passes: int) -> None:
    """13 and 4 batches: of 17 the target has 4, 6 and 7; three passes of the pair are 3, 4.5 and 5.25 of its own."""
    mixing = Temperature(name="temperature", temperature=temperature)
    planted = Planted(TASKS, {PAIR: 0.6}, {PAIR: 0.6}, training=Training(mixing=mixing))
    (found,) = compare_sizes(planted, [PAIR], references=planted.references()).pairs  # type: ignore[arg-type]
    cuts = [job for job in planted.asked if isinstance(job, Cut)]
    assert len(cuts) == found.seeds == SEEDS
    assert {job.passes for job in cuts} == {passes}


def test_a_help_and_noise_are_undecided() -> None:
    (found,) = compared(0.45, 0.5).pairs
    assert (found.verdict, "not certain" in found.reason) == ("undecided", True)
    (found,) = compared(0.52, 0.5, noise=0.1).pairs
    assert found.verdict == "undecided"


def test_runs_that_failed_are_undecided() -> None:
    (found,) = compared(0.6, 0.5, failing=True).pairs
    assert (found.verdict, found.reason, found.after) == ("undecided", "its runs failed", None)
    assert found.to_dict()["change_low"] is None


def test_what_is_trained_and_what_cannot_be_answered() -> None:
    """The source is cut to the target's size with the seeds of the whole pair; a smaller source answers nothing."""
    pairs = [("small", "big"), PAIR, ("small", "other"), ("big", "other")]
    planted = Planted(TASKS, {PAIR: 0.6, ("big", "other"): 0.6}, {PAIR: 0.5, ("big", "other"): 0.6})
    found = compare_sizes(planted, pairs, references=planted.references())  # type: ignore[arg-type]
    assert [(of.source, of.target, of.verdict) for of in found.pairs] == [
        ("big", "small", "dominance"),
        ("big", "other", "conflict"),
        ("small", "big", "not answerable"),
        ("small", "other", "not answerable"),
    ]
    cuts = [job for job in planted.asked if isinstance(job, Cut)]
    assert {(job.cut, job.rows, job.seed) for job in cuts} == {("big", n, seed) for n in (50, 55) for seed in range(3)}
    assert found.cost.jobs == len(planted.asked) == 12
    assert "larger training split" in found.pairs[2].reason
    assert "about as large" in found.pairs[3].reason


def test_the_largest_losses_come_first_and_known_runs_cost_nothing() -> None:
    planted = Planted(TASKS, {}, {PAIR: 0.5, ("big", "other"): 0.5})
    pairs = [("big", "other"), PAIR]
    known = {("big", "other"): [run(("big", "other"), 0, {"big": np.ones(3), "other": np.ones(3)})]}
    found = compare_sizes(planted, pairs, references=planted.references(), known=known, most=1)  # type: ignore[arg-type]
    assert [of.target for of in found.pairs] == ["other"]
    assert (found.left, found.cost.jobs) == (1, 2 * SEEDS - 1)


def test_nothing_to_train() -> None:
    planted = Planted(TASKS, {}, {})
    found = compare_sizes(planted, [], references=planted.references())  # type: ignore[arg-type]
    assert (found.pairs, found.left, found.cost.jobs, planted.asked) == ([], 0, 0, [])


def test_losing_pairs_are_those_below_zero_the_lowest_first() -> None:
    scores = np.array([[0.0, -0.1, 0.2], [-0.3, 0.0, 0.0], [-0.2, 0.1, 0.0]])
    matrix = AffinityMatrix(("a", "b", "c"), scores, np.full((3, 3), 0.1), estimator="pairwise")
    assert losing_pairs(matrix) == [("b", "a"), ("c", "a"), ("a", "b")]
    gains = replace(trained_alone("a", seeds=1), group=("a", "b"), gain=np.array([0.1, -0.9]))  # of a, and of b
    assert losing_pairs(matrix, {("a", "b"): gains}) == [("a", "b"), ("c", "a")]


def test_a_cut_is_nested_and_every_seed_draws_its_own() -> None:
    big = word_task("big", word=2, count=80)
    few, more = (nested_rows(big, count, seed=1) for count in (20, 50))
    assert set(few) < set(more)
    assert len(few) == 20
    assert sorted(few) == few.tolist()
    assert set(few) != set(nested_rows(big, 20, seed=2))


def specification(folder: Path, **training: object) -> BenchSpec:
    tasks = {
        "big": word_task("big", word=2, count=64, label_noise=True),
        "small": word_task("small", word=3, count=16),
        "found": every_kind()["retrieval"],
    }
    tasks["found"] = replace(tasks["found"], name="found")
    settings = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2, **training)  # type: ignore[arg-type]
    return spec_of(folder, tasks, training=settings)


def test_a_cut_bench_reads_the_rows_that_it_says_and_leaves_the_others(tmp_path: Path) -> None:
    bench = open_bench(specification(tmp_path))
    rows = nested_rows(bench.tasks["big"], 16, seed=0)
    cut = on_rows(bench, {"big": rows}, mark="16", whole=["small"])
    assert cut.tasks["small"] is bench.tasks["small"]
    np.testing.assert_array_equal(
        cut.tasks["big"].splits["train"].targets, bench.tasks["big"].splits["train"].targets[rows]
    )
    assert cut.tasks["big"].splits["select"] is bench.tasks["big"].splits["select"]
    for own, same in zip(
        initial_head(cut, "small", seed=0).parameters(), fitted_heads(bench, "small").whole.parameters(), strict=True
    ):
        np.testing.assert_array_equal(own.detach(), same.detach())


@pytest.mark.parametrize("heads", ["fitted", "random"])
@pytest.mark.parametrize("group", [("big", "small"), ("big", "found")])
def test_a_cut_run_takes_the_steps_of_what_is_left(tmp_path: Path, heads: str, group: tuple[str, str]) -> None:
    """Eight batches a pass become two; the partner's stay, and it is read on the same examples."""
    spec = specification(tmp_path, heads=heads)
    bench = open_bench(spec)
    job = CutJob.of(spec, group, seed=0, passes=2, cut="big", rows=16)
    found, whole = job.run(bench), job.train.run(bench)
    assert whole.steps - found.steps == 2 * (8 - 2)
    assert found.failed is None
    assert len(found.members[group[1]].losses["select"]) == len(bench.tasks[group[1]].splits["select"])
    again = job.decode(job.encode(found))
    assert again.steps == found.steps
    keys = {CutJob.of(spec, group, seed=0, passes=2, cut="big", rows=rows).key for rows in (15, 16)}
    assert len({*keys, job.train.key}) == 3
    assert job.size < job.train.size


@pytest.mark.parametrize(("cut", "rows"), [("found", 8), ("small", 16), ("big", 0), ("big", 64)])
def test_a_cut_that_cuts_nothing_is_refused(tmp_path: Path, cut: str, rows: int) -> None:
    with pytest.raises(ValueError, match="more than"):
        CutJob.of(specification(tmp_path), ("big", "small"), seed=0, passes=1, cut=cut, rows=rows)


def test_a_real_pair_is_compared_and_its_runs_are_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = specification(tmp_path)
    budget = Budget(passes=2, seeds=1, reference_seeds=2)
    trainer = Trainer(spec, InProcess(open_bench, spec), Ledger(tmp_path / "ledger.sqlite"), budget, seed=0)
    references = trainer.run([], seeds=[0], references=["small"], reference_seeds=[0, 1]).references
    found = compare_sizes(trainer, [PAIR], references=references)
    (pair,) = found.pairs
    assert pair.verdict in ("dominance", "conflict", "undecided")
    assert (found.cost.jobs, pair.seeds) == (4, 2)

    def trained(_self: object, _context: object) -> GroupResult:
        raise AssertionError("Expected every run to be in the ledger.")

    monkeypatch.setattr(CutJob, "run", trained)
    monkeypatch.setattr(TrainJob, "run", trained)
    (again,) = compare_sizes(trainer, [PAIR], references=references).pairs
    assert again.to_dict() == pair.to_dict()
