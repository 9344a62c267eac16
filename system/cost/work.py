"""What a network that is unsure has to compute for a prediction, whatever circuit does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Network = Literal["deterministic", "ensemble", "dropout", "weights", "sums"]
"""One network; several, each once; one that leaves out hidden units; a Bayesian network that draws each weight in each
pass, ``mu + sigma eps``, or the sums: the sum of Gaussian products is one Gaussian (D. P. Kingma et al., NeurIPS 2015,
local reparameterisation), whose mean and variance take a product each. Both have the same distribution for an input by
itself, as the array has."""

RIVAL_PARTS = ("generator", "memory", "products", "outputs", "buffers", "control", "leakage")


class Layer(NamedTuple):
    """Rows (bias included) and columns of a matrix, and uses of it in a pass: positions of a convolution."""

    rows: int
    columns: int
    uses: int = 1


@dataclass(frozen=True)
class Work:
    """What one layer computes in a prediction.

    Attributes
    ----------
    stored
        Bytes of weights.
    draws
        Gaussian random numbers.
    weighing
        Products that make weights: ``sigma eps + mu``.
    matrices
        Products of the whole matrix with a vector.
    fetches, results
        Vectors that come and that leave.
    halves
        Of the matrices, those that are added to another one of the same pass before they leave.
    logic
        Further operations by the names of their coefficients.
    """

    stored: int
    draws: float
    weighing: float
    matrices: float
    fetches: float
    results: float
    halves: float = 0.0
    logic: dict[str, float] = field(default_factory=dict)


def work(network: Network, layer: Layer, first: bool, samples: int) -> Work:
    """Return what a layer computes for a prediction of so many passes, or members.

    The inputs of the first layer are the same in every pass: what it makes of them without drawing is computed once.
    """
    rows, columns, uses = layer
    weights = rows * columns
    once = 1 if first else samples
    if network == "weights":
        # A convolution uses a drawn weight at all positions.
        fixed, noisy = float(uses * once), float(uses * samples)
        return Work(2 * weights, samples * weights, samples * weights, noisy, uses * once, noisy, fixed)
    if network == "sums":
        passes, sums = uses * once, uses * samples * columns
        logic = {
            # Squares of the inputs; root of the variance by look-up, times the Gaussian, and the mean.
            "integer_multiply": float(passes * rows + sums),
            "table_load": float(sums),
            "integer_add": float(sums),
        }
        return Work(2 * weights, sums, 0.0, 2.0 * passes, passes, uses * samples, 0.0, logic)
    if network == "dropout":
        # A random bit for each unit, by a shift register that takes no more than an addition.
        logic = {"integer_add": float(uses * samples * columns)}
        return Work(weights, 0.0, 0.0, uses * once, uses * once, uses * samples, 0.0, logic)
    members = samples if network == "ensemble" else 1
    fetches = uses * (1 if first else members)
    return Work(members * weights, 0.0, 0.0, uses * members, fetches, uses * members)
