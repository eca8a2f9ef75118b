"""A trainer of one's own for ``cotrain search --trainer``: four questions about digits share a small hidden layer.

    cotrain search --trainer 'python docs/examples/own_trainer.py' --tasks even,high,prime,round --models 6

It is started once, reads one question per line and answers each with one line, until its input ends. What it prints
for people goes to standard error: standard output is for answers alone.
"""

import json
import sys
from functools import cache

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

TASKS = {"even": {0, 2, 4, 6, 8}, "high": {5, 6, 7, 8, 9}, "prime": {2, 3, 5, 7}, "round": {0, 6, 8, 9}}
"""Digits that are to be answered with yes, by task."""
PASSES = 12
TRAINED = 300
"""Images to train on; the others are held out."""


@cache
def data() -> tuple[Tensor, dict[str, Tensor]]:
    """Images, shape ``(N, 64)``, and every task's targets, in one random order."""
    images, digits = load_digits(return_X_y=True)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0)).numpy()
    targets = {name: torch.tensor([float(digit in yes) for digit in digits[order]]) for name, yes in TASKS.items()}
    return torch.tensor(images[order] / 16, dtype=torch.float32), targets


@cache
def losses(group: tuple[str, ...], seed: int) -> dict[str, float]:
    """Held-out loss of every task after training the group: one hidden layer for all, one head for each."""
    torch.manual_seed(seed)
    images, targets = data()
    shared = nn.Sequential(nn.Linear(64, 6), nn.Tanh())
    heads = {name: nn.Linear(6, 1) for name in group}
    weights = [*shared.parameters(), *(weight for head in heads.values() for weight in head.parameters())]
    optimizer = torch.optim.Adam(weights, lr=0.02)
    for _ in range(PASSES):
        for rows in torch.randperm(TRAINED).split(30):
            optimizer.zero_grad()
            hidden = shared(images[rows])
            parts = [loss_of(heads[name](hidden), targets[name][rows]) for name in group]
            torch.stack(parts).sum().backward()
            optimizer.step()
    with torch.no_grad():
        hidden = shared(images[TRAINED:])
        return {name: float(loss_of(heads[name](hidden), targets[name][TRAINED:])) for name in group}


def loss_of(outputs: Tensor, wanted: Tensor) -> Tensor:
    """The logistic loss."""
    return nn.functional.binary_cross_entropy_with_logits(outputs.squeeze(1), wanted)


def constant(name: str) -> float:
    """Loss of the best constant answer, the scale of the gains: it makes tasks comparable."""
    wanted = data()[1][name]
    share = wanted[:TRAINED].mean().clamp(0.01, 0.99)
    return float(loss_of(torch.logit(share).expand(len(wanted) - TRAINED, 1), wanted[TRAINED:]))


def gains(group: tuple[str, ...], seed: int) -> dict[str, float]:
    """What every task gains over being trained alone with the same seeds, mean over three."""
    seeds = range(3 * seed, 3 * seed + 3)
    apart = {name: [losses((name,), of)[name] - losses(group, of)[name] for of in seeds] for name in group}
    return {name: sum(of) / len(of) / constant(name) for name, of in apart.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    for line in sys.stdin:
        question = json.loads(line)
        unknown = sorted(set(question["tasks"]) - set(TASKS))
        answer: dict[str, object] = {"error": f"no task {', '.join(unknown)}"}
        if not unknown:
            answer = {"gains": gains(tuple(question["tasks"]), question["seed"])}
        print(json.dumps(answer), flush=True)
