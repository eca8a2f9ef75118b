"""Equal fits of heads are made once in a session: most tests open benches on the same tiny model and tasks."""

import copy
from collections.abc import Hashable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from tasks.encoding import EncodedTask
from trainers import fitted_heads, head_fits
from trainers.head_fits import FittedHeads, fit_heads
from trainers.losses import LOSSES
from trainers.native import Template

_known: dict[Hashable, FittedHeads] = {}


@pytest.fixture(scope="package", autouse=True)
def remembered_fits() -> Iterator[None]:
    """Fitting heads is a function of its arguments and nothing else; ``test_fitted_heads`` holds that."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fitted_heads, "fit_heads", remembered)
        patched.setattr(head_fits, "fit_heads", remembered)
        yield


def remembered(
    task: EncodedTask,
    frozen: tuple[Tensor, ...],
    *,
    tokens: int,
    hidden: int,
    temperature: float,
    template: Template | None = None,
) -> FittedHeads:
    """What :func:`fit_heads` gives for these arguments: bit by bit, and a copy that may be changed."""
    if template is not None:
        return fit_heads(task, frozen, tokens=tokens, hidden=hidden, temperature=temperature, template=template)
    rows = task.splits["train"]
    settings = (
        head_fits.FOLDS,
        tuple(head_fits.PENALTIES),
        head_fits.PATIENCE,
        head_fits.STEPS,
        LOSSES[task.kind.name],
    )
    key = (
        (task.name, task.kind.name, task.outputs, tokens, hidden, temperature),
        (*settings, torch.get_num_threads()),  # threads order sums
        tuple(_content(values) for values in (rows.targets, rows.units)),
        tuple((side.device, _content(side.detach().cpu().numpy())) for side in frozen),
    )
    if key not in _known:
        _known[key] = fit_heads(task, frozen, tokens=tokens, hidden=hidden, temperature=temperature)
    return copy.deepcopy(_known[key])


def _content(values: np.ndarray) -> Hashable:
    return values.dtype.str, values.shape, values.tobytes()
