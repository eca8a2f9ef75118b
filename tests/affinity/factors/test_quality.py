import numpy as np
import pytest

from affinity.factors import quality
from tasks.audit import audit
from tests.tasks.audit.build import clean_texts, make_task


def test_shares_by_hand() -> None:
    """60 rows a split: 3 test rows from train, 6 from the other task's, 2 in conflict, 45 train rows of one class."""
    one, other = clean_texts(0), clean_texts(1)
    one["test"][:3] = one["train"][:3]
    other["test"][:6] = [*one["train"][:5], one["train"][5] + " tail"]
    one["select"][1] = one["select"][0]
    targets = {split: np.arange(60) % 2 for split in one} | {"train": np.arange(60) % 4 // 3}
    targets["test"][:3] = targets["train"][:3]  # leaked rows that do not contradict
    first, second = quality(audit([make_task("one", one, targets=targets), make_task("other", other, targets=targets)]))
    assert (first.task, second.task) == ("one", "other")
    assert first.conflicting == pytest.approx(2 / 240)
    assert (first.seen, first.seen_elsewhere) == (pytest.approx(3 / 60), 0)
    assert (second.seen, second.seen_elsewhere) == (0, pytest.approx(6 / 60))
    assert first.majority == pytest.approx(45 / 60)
    assert first.truncated is None


def test_clean_data_have_no_fault_and_no_classes_no_majority() -> None:
    texts = clean_texts(2)
    targets = {split: np.linspace(0, 1, 60) for split in texts}
    task = make_task("number", texts, targets=targets, kind="regression", classes=(), metric="r2")
    (found,) = quality(audit([task]))
    assert (found.conflicting, found.seen, found.seen_elsewhere, found.majority) == (0, 0, 0, None)


def test_the_order_of_tasks_changes_no_share() -> None:
    tasks = [make_task(name, clean_texts(seed)) for seed, name in enumerate("abc")]
    forward, backward = quality(audit(tasks)), quality(audit(tasks[::-1]))
    assert forward == backward[::-1]
