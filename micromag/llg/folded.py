"""Demagnetising field of one layer of cells: a Fourier transform along x folded by its symmetry, dense across y.

Put the origin of x into the middle of the mesh and call xi >= 0 the distance from it in cells. A moment M(x, y) has an
even part e = M(xi) + M(-xi) and an odd part o = M(xi) - M(-xi). With P cells in a period (twice those of the mesh, or
as many where it repeats) the transform of M at the frequency k is A - i B,

    A = sum over xi of cos(2 pi k xi / P) e,    B = sum over xi of sin(2 pi k xi / P) o:

two real products with matrices of half the size. Along x the components N_xx, N_yy, N_zz of the tensor are even, so
that their transforms are real, and N_xy is odd: its transform is i q with q real. One layer has no N_xz and N_yz.
So the field H = -N M has the even and odd parts, for x, y, z and the frequencies k = 0 ... P / 2,

    -(xx A_x + q B_y), -(yy A_y + q B_x), -zz A_z    and    -(xx B_x - q A_y), -(yy B_y - q A_x), -zz B_z.

Here xx, yy, zz and q are matrices over the rows y of the mesh. The pairs (A_x, B_y) and (B_x, -A_y) see the same one,
[[xx, q], [-q, yy]]. What comes back is a sum over k with cos for the even part and sin for the odd one.

Some 12 nx + 20 ny operations a cell and replica, against 5 log2 of a fast transform's length for each of six transforms
of four times the cells: but these are products of real matrices, with the replicas side by side in memory, which a
processor does at ten times the rate, and nothing is padded.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import DTypeLike

from magbayes.micromag.llg.grid import Grid
from magbayes.micromag.llg.kernels import kernels

LONGEST = 480
"""nx + 2 ny up to which this is the fastest method for a batch of states, on a CPU. With 16 replicas it takes, of the
time of fast Fourier transforms, 0.3 for 32 x 32 and 68 x 20 cells and 0.65 for 150 x 150; for 1024 x 16 it takes 1.4.
The matrices of the largest mesh take 80 MB."""

LONGEST_EACH = 60
"""nx + 2 ny for each state of a small batch up to which this is the fastest method. Then reading the matrices is what
takes the time: of that of fast Fourier transforms 0.7 for 100 x 100 cells with 8 states, 1.6 with 4; for 64 x 64 cells
0.9 with 2 states, 1.6 with one."""


Numbers = Array | np.ndarray

Arrays = TypeVar("Arrays")


class Folded(NamedTuple):
    """Arrays of one mesh and list of cells; `half` is the number of columns of cells from the middle on."""

    rows: Numbers
    """(2, half, 3, ny), place in the flattened state of the cells right and left of the middle; 0 outside the list."""
    saturation: Numbers
    """(2, half, 1, ny, 1), Ms in A/m; 0 outside the list, and on the left for the column in the middle, if any."""
    cosine: Numbers
    """(frequencies, half)."""
    sine: Numbers
    cosine_back: Numbers
    """(half, frequencies), with the weights of the sum over frequencies."""
    sine_back: Numbers
    inplane: Numbers
    """(frequencies, 2 ny, 2 ny), -[[xx, q], [-q, yy]]."""
    axial: Numbers
    """(frequencies, ny, ny), -zz."""
    back: Numbers
    """(3, cells), place of each cell of the list in the flattened half (half, 3, ny)."""
    side: Numbers
    """(cells, 1), 1 right of the middle, -1 left of it."""


def foldable(grid: Grid, states: int) -> bool:
    """Whether the field of so many states of this mesh, at once, is best folded."""
    nz, ny, nx = grid.shape
    return nz == 1 and states > 1 and nx + 2 * ny <= min(LONGEST, LONGEST_EACH * states)


def fold(grid: Grid, cells: np.ndarray) -> Folded:
    """Arrays of a mesh of one layer, in float64, for states on the list `cells` of places on the flattened grid."""
    _, ny, nx = grid.shape
    period = nx if grid.periodic[0] else 2 * nx
    height = ny if grid.periodic[1] else 2 * ny - 1
    across = (np.arange(ny)[:, None] - np.arange(ny)) % height  # (to y, from y')
    tensor = kernels(grid, (1, height, period))
    spectrum = {
        name: np.moveaxis(np.fft.rfft(tensor[name][0], axis=-1), -1, 0)[:, across] for name in ("xx", "yy", "zz", "xy")
    }
    odd = spectrum["xy"].imag

    right = np.arange(nx // 2, nx)
    left = nx - 1 - right
    sides = np.stack([right, left])
    frequencies = np.arange(period // 2 + 1)
    phase = 2 * np.pi / period * np.outer(frequencies, right - (nx - 1) / 2)
    cosine, sine = np.cos(phase), np.sin(phase)
    # All frequencies but 0 and half the period stand for their negative too.
    weight = np.where(frequencies % (period / 2) == 0, 1, 2) / period

    saturation = np.zeros(ny * nx)
    saturation[cells] = grid.saturation.ravel()[cells]
    saturation = saturation.reshape(ny, nx)[:, sides].transpose(1, 2, 0)
    saturation[1, left == right] = 0.0
    places = np.zeros(ny * nx, int)
    places[cells] = np.arange(len(cells))
    places = places.reshape(ny, nx)[:, sides].transpose(1, 2, 0)
    components = np.arange(3)[:, None]
    y, x = np.divmod(cells, nx)
    column = np.maximum(x, nx - 1 - x) - nx // 2
    return Folded(
        rows=components * len(cells) + places[:, :, None],
        saturation=saturation[:, :, None, :, None],
        cosine=cosine,
        sine=sine,
        cosine_back=(weight[:, None] * cosine).T,
        sine_back=(weight[:, None] * sine).T,
        inplane=-np.block([[spectrum["xx"].real, odd], [-odd, spectrum["yy"].real]]),
        axial=-spectrum["zz"].real,
        back=(3 * column + components) * ny + y,
        side=np.where(x >= nx // 2, 1.0, -1.0)[:, None],
    )


def folded_field(f: Folded, m: Array) -> Array:
    """Demagnetising field in A/m of a state m (3, cells, replicas) of the list, of the same shape."""
    replicas, ny = m.shape[-1], f.rows.shape[-1]
    rows = m.reshape(-1, replicas)
    # Half by half: one gather of both, which XLA would store, takes a tenth more.
    right, left = (rows.at[f.rows[side]].get(mode="clip") * f.saturation[side] for side in (0, 1))

    def forward(matrix: Numbers, part: Array) -> tuple[Array, ...]:
        parts = jnp.matmul(matrix, part.reshape(len(part), -1)).reshape(-1, 3, ny, replicas)
        return parts[:, 0], parts[:, 1], parts[:, 2]

    def across(matrix: Numbers, vectors: Array) -> tuple[Array, Array]:
        product = jnp.einsum("kij,kjr->kir", matrix, vectors)
        return product[..., :replicas], product[..., replicas:]

    def backward(matrix: Numbers, *parts: Array) -> Array:
        half = jnp.matmul(matrix, jnp.stack(parts, axis=1).reshape(len(f.axial), -1))
        return half.reshape(-1, replicas).at[f.back].get(mode="clip")

    even_x, even_y, even_z = forward(f.cosine, right + left)
    odd_x, odd_y, odd_z = forward(f.sine, right - left)
    pairs = [jnp.concatenate(pair, axis=1) for pair in ((even_x, odd_y), (odd_x, -even_y))]
    first, second = across(f.inplane, jnp.concatenate(pairs, axis=2))
    even_z, odd_z = across(f.axial, jnp.concatenate([even_z, odd_z], axis=2))
    even = backward(f.cosine_back, first[:, :ny], -second[:, ny:], even_z)
    return even + f.side * backward(f.sine_back, second[:, :ny], first[:, ny:], odd_z)


def in_precision(arrays: Arrays, dtype: DTypeLike) -> Arrays:
    """A tree of arrays in a precision; places stay whole numbers."""
    converted: Arrays = jax.tree.map(lambda a: jnp.asarray(a, dtype) if a.dtype == float else jnp.asarray(a), arrays)
    return converted
