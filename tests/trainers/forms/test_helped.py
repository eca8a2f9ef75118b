"""A group that is trained with the help of a task that it does not serve."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.trainers.samples import spec_of, word_task
from trainers.bench import open_bench
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.forms import Helped, words
from trainers.forms.form_job import FormJob
from trainers.ledger import Ledger
from trainers.loop import train_group, train_run
from trainers.run import Run
from trainers.settings import Training
from trainers.trainer import Trainer

TASKS = {
    name: word_task(name, word=word, count=count)
    for name, word, count in (("a", 2, 24), ("b", 3, 48), ("c", 4, 32), ("d", 5, 24))
}
TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2)
GROUP = ("a", "c")


def test_it_is_the_run_of_all_of_which_the_group_alone_is_read(tmp_path: Path) -> None:
    """At one point, nothing is chosen: adapter and heads are those of the larger group."""
    bench = open_bench(spec_of(tmp_path, TASKS, training=replace(TRAINING, grid=1)))
    every = train_group(bench, ("a", "b", "c"), seed=3, passes=1, keep_weights=True)
    run = Run(group=GROUP, helpers=("b",), seed=3, passes=1, keep_weights=True)
    helped = train_run(bench, run)
    assert (helped.group, set(helped.members), helped.reference) == (GROUP, set(GROUP), False)
    assert helped.steps == every.steps
    assert helped.cost.tokens_backward == every.cost.tokens_backward
    assert helped.cost.tokens_forward < every.cost.tokens_forward  # the helper is not read
    assert set(helped.weights) == {name for name in every.weights if not name.startswith("heads.b.")}
    for name, of in helped.weights.items():
        np.testing.assert_array_equal(of, every.weights[name])
    for name in GROUP:
        np.testing.assert_array_equal(helped.members[name].losses["select"], every.members[name].losses["select"])


def test_the_point_is_the_best_one_of_the_group(tmp_path: Path) -> None:
    bench = open_bench(spec_of(tmp_path, TASKS, training=replace(TRAINING, grid=4, learning_rate=0.05)))
    chosen = set()
    for seed in range(4):
        helped = train_run(bench, Run(group=GROUP, helpers=("b",), seed=seed, passes=2))
        prior = {name: bench.tasks[name].splits["stop"].prior_loss for name in GROUP}
        assert helped.chosen == np.argmin(np.mean([helped.members[n].curve / prior[n] for n in GROUP], axis=0))
        every = train_group(bench, ("a", "b", "c"), seed=seed, passes=2)
        chosen.add((helped.chosen, every.chosen))
    assert any(ours != theirs for ours, theirs in chosen)  # with the helper, another would be


def test_its_key_tells_the_helper_and_its_data(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, TASKS, training=TRAINING)

    def key(helper: str, of: object = spec) -> str:
        return FormJob.of(of, Helped(helper=helper, tries=None), GROUP, seed=1, passes=1).key  # type: ignore[arg-type]

    other = replace(spec, tasks={**TASKS, "b": replace(TASKS["b"], fingerprint="other data")})
    assert len({key("b"), key("d"), key("b", other)}) == 3
    assert key("d") == key("d", other)
    assert key("b") == key("b")
    plain = FormJob.of(spec, Helped(helper="b", tries=None), GROUP, seed=1, passes=1)
    assert plain.size > plain.train.size
    assert plain.label.endswith("helped")


def test_an_open_helper_stands_for_the_most_promising_ones() -> None:
    assert [words(of) for of in Helped().variants(("a", "c"), ["d", "b", "e"])] == [
        "helped, helper d",
        "helped, helper b",
    ]
    assert [of.helper for of in Helped(tries=1).variants(("a", "c"), ["c", "d", "b"])] == ["d"]
    assert [of.helper for of in Helped(helper="b").variants(("a", "c"), ["d", "b"])] == ["b"]
    assert Helped(helper="c").variants(("a", "c"), ["d", "b"]) == ()
    assert Helped().variants(("a", "c")) == ()


def test_several_help_together_where_they_are_named() -> None:
    both = Helped(helper=("b", "e"))
    assert words(both) == "helped, helper b and e, tries 2"
    (one,) = both.variants(("a", "c"), ["e", "d", "b"])
    assert (one.helpers, one.tries, words(one)) == (("b", "e"), None, "helped, helper b and e")
    assert both.variants(("a", "e"), ["d", "b"]) == ()
    assert Helped.by(["e", "b"]) == one
    assert Helped.by(["b"]) == Helped(helper="b", tries=None)


def test_a_trainer_makes_it_and_finds_it_again(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, TASKS, training=TRAINING)
    trainer = Trainer(spec, InProcess(open_bench, spec), Ledger(tmp_path / "ledger"), Budget(passes=1), 7)
    form = Helped(helper="b", tries=None)
    first = trainer.run([GROUP], seeds=[7], references=GROUP, forms={GROUP: form}, weights_of=[GROUP])
    (made,) = first.groups[GROUP]
    assert made.group == GROUP
    assert not any(name.startswith("heads.b.") for name in made.weights)
    (again,) = trainer.run([GROUP], seeds=[7], references=GROUP, forms={GROUP: form}, weights_of=[GROUP]).groups[GROUP]
    np.testing.assert_array_equal(again.members["a"].losses["select"], made.members["a"].losses["select"])


def test_gradients_are_combined_with_the_helpers(tmp_path: Path) -> None:
    pytest.importorskip("torchjd")
    training = replace(TRAINING, aggregator="upgrad", grid=1)
    bench = open_bench(spec_of(tmp_path, TASKS, training=training))
    helped = train_run(bench, Run(group=("a",), helpers=("b",), seed=3, passes=1, keep_weights=True))
    both = train_group(bench, ("a", "b"), seed=3, passes=1, keep_weights=True)
    for name, of in helped.weights.items():
        np.testing.assert_array_equal(of, both.weights[name])
