"""Heads, losses, pooling, mixing, averaging and padded inputs: hand values and laws."""

import numpy as np
import pytest
import torch
from torch import nn

from tasks.kinds import KINDS
from tests.trainers.samples import every_kind, tokens, word_task
from trainers.averaging import MovingAverage, averaged
from trainers.heads import Linear, Similarity, make_head
from trainers.inputs import StateInputs, TokenInputs
from trainers.losses import LOSSES, in_batch
from trainers.mixing import one_pass
from trainers.pooling import pool

ROUNDING = 1e-5
"""fp32 against a float64 reference."""
CPU = torch.device("cpu")


@pytest.mark.parametrize(("kind", "outputs"), [("binary", 1), ("multiclass", 4), ("multilabel", 3), ("regression", 1)])
def test_losses_equal_the_kinds_numpy_reference(kind: str, outputs: int) -> None:
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(20, outputs)).astype(np.float32)
    targets = {
        "binary": generator.integers(2, size=20),
        "multiclass": generator.integers(4, size=20),
        "multilabel": generator.integers(2, size=(20, 3)).astype(np.float32),
        "regression": generator.normal(size=20).astype(np.float32),
    }[kind]
    found = LOSSES[kind](torch.from_numpy(scores), torch.from_numpy(targets))
    np.testing.assert_allclose(found.numpy(), KINDS[kind].losses(scores, targets), atol=ROUNDING, rtol=ROUNDING)


def test_in_batch_loss_by_hand() -> None:
    scores = torch.tensor([[2.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 3.0, 1.0]])
    documents = torch.tensor([7, 8, 7])  # the first and the last example ask for the same document
    found = in_batch(scores, documents)
    expected = [np.log(np.exp(2) + 1) - 2, np.log(3), np.log(np.exp(3) + np.exp(1)) - 1]
    np.testing.assert_allclose(found.numpy(), expected, rtol=ROUNDING)


def test_pooling_ignores_padding() -> None:
    states = torch.tensor([[[1.0], [3.0], [100.0]], [[2.0], [4.0], [6.0]]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert pool(states, mask, "mean").tolist() == [[2.0], [4.0]]
    assert pool(states, mask, "last").tolist() == [[3.0], [6.0]]


def test_pair_features_are_those_named() -> None:
    head = Linear(2, 1, sides=2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]]))
    left, right = torch.tensor([[0.0, 10.0]]), torch.tensor([[10.0, 0.0]])  # normalised: (-1, 1) and (1, -1)
    assert head(left, right).item() == pytest.approx(4.0, abs=1e-3)


def test_similarity_is_a_scaled_cosine() -> None:
    head = Similarity(temperature=0.5)
    scores = head(torch.tensor([[3.0, 0.0]]), torch.tensor([[5.0, 0.0], [0.0, 2.0], [-1.0, 0.0]]))
    torch.testing.assert_close(scores, torch.tensor([[2.0, 0.0, -2.0]]))


def test_heads_depend_on_seed_and_name_alone() -> None:
    task, other = word_task("a", word=2), word_task("b", word=2)
    first = make_head(task, hidden=4, seed=3, temperature=0.1).state_dict()["weight"]
    again = make_head(task, hidden=4, seed=3, temperature=0.1).state_dict()["weight"]
    assert torch.equal(first, again)
    assert not torch.equal(first, make_head(task, hidden=4, seed=4, temperature=0.1).state_dict()["weight"])
    assert not torch.equal(first, make_head(other, hidden=4, seed=3, temperature=0.1).state_dict()["weight"])


def test_a_pass_holds_every_example_of_every_member_once() -> None:
    tasks = every_kind()
    steps = one_pass(list(tasks), tasks, batch_size=5, seed=0, number=0)
    for name, task in tasks.items():
        rows = np.concatenate([rows for member, rows in steps if member == name])
        assert sorted(rows) == list(range(len(task.splits["train"])))


@pytest.mark.parametrize("number", [0, 1])
def test_a_tasks_own_batches_do_not_depend_on_its_partners(number: int) -> None:
    tasks = every_kind()
    alone = one_pass(["pair"], tasks, batch_size=5, seed=0, number=number)
    group = one_pass(["pair", "binary", "retrieval"], tasks, batch_size=5, seed=0, number=number)
    reversed_group = one_pass(["retrieval", "binary", "pair"], tasks, batch_size=5, seed=0, number=number)
    own = [rows.tolist() for name, rows in group if name == "pair"]
    assert own == [rows.tolist() for _, rows in alone]
    assert [(name, rows.tolist()) for name, rows in group] == [(name, rows.tolist()) for name, rows in reversed_group]


def test_passes_are_shuffled_anew() -> None:
    tasks = every_kind()
    orders = [one_pass(["pair", "binary"], tasks, batch_size=5, seed=0, number=number) for number in range(2)]
    assert [rows.tolist() for _, rows in orders[0]] != [rows.tolist() for _, rows in orders[1]]
    assert [name for name, _ in orders[0]] != [name for name, _ in orders[1]]


def test_moving_average_by_hand() -> None:
    weight = nn.Parameter(torch.tensor([1.0]))
    average = MovingAverage([weight], decay=0.9)
    with torch.no_grad():
        weight.fill_(3.0)
    average.update()  # decay (1 + 1) / (10 + 1)
    assert average.average[0].item() == pytest.approx(1 * 2 / 11 + 3 * 9 / 11)
    with averaged([average]):
        assert weight.item() == pytest.approx(29 / 11)
    assert weight.item() == 3.0


def test_no_decay_reads_the_last_weights() -> None:
    weight = nn.Parameter(torch.tensor([1.0]))
    average = MovingAverage([weight], decay=0.0)
    with torch.no_grad():
        weight.fill_(5.0)
    average.update()
    assert average.average[0].item() == 5.0


def test_padded_batches_hold_the_texts() -> None:
    store = tokens([[1, 7, 8], [1, 9], [1, 6, 6, 6]])
    batch = TokenInputs(store).batch(np.array([1, 2]), CPU)
    assert batch.values.tolist() == [[1, 9, 0, 0], [1, 6, 6, 6]]
    assert batch.mask.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert batch.tokens == 8
    states = np.arange(9, dtype=np.float32)[:, None]
    cached = StateInputs(store, states).batch(np.array([1, 0]), CPU)
    assert cached.values[..., 0].tolist() == [[3, 4, 0], [0, 1, 2]]
