"""Kinds of task: what is predicted, and what follows from it.

A kind owns the numeric form of the targets, the number of scores that a head gives, the constant predictor that every
loss is measured against, the training loss (here in numpy, as the reference of the one that trainers compute) and the
strata that a random split keeps even::

    kind = KINDS["multiclass"]
    kind.outputs(12)                                     # 12 scores per example
    kind.prior_loss(train_targets, held_out_targets)     # loss of the class frequencies

| kind | targets | scores | loss | constant predictor |
|---|---|---|---|---|
| binary | `(N,)` int64, 1 is the positive class | `(N, 1)` | logistic | class frequencies |
| multiclass | `(N,)` int64 | `(N, C)` | cross-entropy | class frequencies |
| multilabel | `(N, C)` float32, 0 or 1 | `(N, C)` | mean of C logistic losses | frequency per label |
| regression | `(N,)` float32, standardised on train | `(N, 1)` | squared error | training mean |
| retrieval | `(N,)` int64, equal for equal documents | `(N, P)` | cross-entropy over P candidates | uniform |
| text | `(N, U)` int32, -1 behind the completion's tokens | `(P, V)`, all tokens | mean cross-entropy | frequencies |
| tokens | `(N, U)` int32, -1 behind a text's last span | `(P, C)`, all spans | mean cross-entropy | class frequencies |

A pair of texts is no kind of its own: it is a binary or multiclass task with two sides.
"""

from tasks.kinds.binary import Binary
from tasks.kinds.completion import Completion
from tasks.kinds.kind import Kind
from tasks.kinds.multiclass import Multiclass
from tasks.kinds.multilabel import Multilabel
from tasks.kinds.regression import Regression
from tasks.kinds.retrieval import Retrieval
from tasks.kinds.token_labels import TokenLabels

KINDS: dict[str, Kind] = {
    "binary": Binary(),
    "multiclass": Multiclass(),
    "multilabel": Multilabel(),
    "regression": Regression(),
    "retrieval": Retrieval(),
    "tokens": TokenLabels(),
    "text": Completion(),
}
"""Every kind by its name in a suite file."""

__all__ = [
    "KINDS",
    "Binary",
    "Completion",
    "Kind",
    "Multiclass",
    "Multilabel",
    "Regression",
    "Retrieval",
    "TokenLabels",
]
