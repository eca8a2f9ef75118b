r"""Draws of a process over subsets whose covariance falls with every member that one has and the other has not.

The covariance :math:`c^{|P \triangle P'|}` is a product over the tasks of :math:`2 \times 2` matrices, so its root is
one too: white noise on the whole cube of subsets becomes a draw by mixing it along every axis in turn. No matrix of all
pairs of subsets is made, and one draw of a cube of ``d`` tasks costs ``d`` times its :math:`2^d` numbers.

Source: Kronecker structure of kernels on grids, Saatçi, 2011, https://mlg.eng.cam.ac.uk/pub/pdf/Saa11.pdf.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def draw_on_cube(members: NDArray[np.bool_], closeness: float, *, draws: int, generator: np.random.Generator) -> Array:
    """Joint draws of mean 0, variance 1 and covariance ``closeness`` to the number of differences.

    Args:
        members: Subsets as rows of membership, shape ``(G, T)``; memory is taken for all subsets of the columns that
            differ between them.
        closeness: Correlation of two subsets that differ by one member, from 0 to 1.

    Returns:
        Shape ``(draws, G)``; equal rows have one value in one draw.
    """
    bits = members[:, members.any(axis=0) & ~members.all(axis=0)]
    values = generator.standard_normal((draws, *[2] * bits.shape[1]))
    one, other = np.sqrt(1 + closeness), np.sqrt(1 - closeness)  # roots of the eigenvalues of [[1, c], [c, 1]]
    for axis in range(1, values.ndim):
        values = ((one + other) * values + (one - other) * np.flip(values, axis)) / 2
    place = bits @ (1 << np.arange(bits.shape[1])[::-1])
    found: Array = values.reshape(draws, 1 << bits.shape[1])[:, place]
    return found


def closenesses(one: NDArray[np.bool_], two: NDArray[np.bool_], closeness: float) -> Array:
    """The covariance that is drawn from, between the rows of both, shape ``(G, N)``."""
    left, right = one.astype(np.float64), two.astype(np.float64)
    apart = left.sum(axis=1)[:, None] + right.sum(axis=1) - 2 * left @ right.T
    found: Array = closeness**apart
    return found
