"""Every estimator tells of every method: those that look at single examples do it through LoRA."""

from pathlib import Path

import numpy as np
import pytest

from affinity.estimators import ESTIMATORS
from tests.trainers.samples import spec_of, word_task
from tests.trainers.test_support import NATIVE, SMALL
from trainers.bench import open_bench
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.methods import DoRA, LoRA, Method
from trainers.settings import Training
from trainers.trainer import Trainer

TASKS = {name: word_task(name, word=word, count=24) for name, word in (("a", 2), ("b", 3), ("c", 4))}
CASES = [
    *(("bert", method, "pooled") for method in SMALL.values()),
    ("bart", NATIVE["lora"], "native"),
    ("t5", NATIVE["dora"], "native"),
    ("llama", NATIVE["vera"], "native"),
    ("gpt2", NATIVE["lora"], "pooled"),
    ("bert", LoRA(r=2, alpha=4, layers="all", rank_per_task=True), "pooled"),
    ("bert", DoRA(r=2, alpha=4, rank_per_task=True), "pooled"),
    ("gpt2", NATIVE["dora"], "pooled"),
    ("electra", SMALL["head"], "pooled"),
]


@pytest.mark.parametrize("estimator", ["linearized", "lookahead", "cosine"])
@pytest.mark.parametrize(("family", "method", "head"), CASES, ids=[f"{of[0]}-{of[1].name}-{of[2]}" for of in CASES])
def test_affinities_are_estimated(tmp_path: Path, family: str, method: Method, head: str, estimator: str) -> None:
    training = Training(
        batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2, head=head  # type: ignore[arg-type]
    )  # fmt: skip
    spec = spec_of(tmp_path, TASKS, family=family, method=method, training=training)
    with InProcess(open_bench, spec) as executor:
        budget = Budget(passes=1, seeds=1, reference_seeds=2)
        trainer = Trainer(spec, executor, Ledger(tmp_path / "ledger.sqlite"), budget, 0)
        matrix = ESTIMATORS[estimator]().estimate(trainer).matrix
    assert matrix.tasks == ("a", "b", "c")
    assert np.isfinite(matrix.scores).all()
    shares = matrix.scores[~np.eye(3, dtype=bool)].any()
    assert shares or (method.name, estimator) == ("head", "lookahead")  # it steps on what is shared: nothing
