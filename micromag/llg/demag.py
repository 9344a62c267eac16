"""Demagnetising field of a grid, by the method that is faster for the mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.fft import next_fast_len

from magbayes.micromag.llg.grid import Field, Grid, Term, component
from magbayes.micromag.llg.newell import demag_tensor
from magbayes.micromag.llg.periodic import periodic_demag_tensor

STRIP_LIMIT = (256, 64)
"""Cells along and across a single layer up to which, for a batch of states, `strip_demag_field` beats the fast Fourier
transform on a CPU: by 2.5 times for 80 x 10, and not any more for 320 x 10. For one state it never does."""

LAYER_LIMIT = 4
"""Layers up to which a dense product across them beats their Fourier transform: by 5 times for 2, 1.2 for 4."""


@dataclass(frozen=True, eq=False)
class Demag(Term):
    """Magnetostatic interaction of all cells, exact for uniformly magnetised cuboids."""

    def field(self, grid: Grid) -> Field:
        """Demagnetising field."""
        nz, ny, nx = grid.shape
        narrow = nz == 1 and nx <= STRIP_LIMIT[0] and ny <= STRIP_LIMIT[1] and not any(grid.periodic)

        @cache
        def method(batch: bool) -> Field:
            return strip_demag_field(grid) if narrow and batch else fourier_demag_field(grid)

        return lambda m: method(m.ndim > 4)(m)

    def largest(self, grid: Grid) -> float:
        """Ms, the field of a thin plate along its normal, A/m."""
        return float(grid.saturation.max())


def _kernels(grid: Grid, padded: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Demagnetising tensor by difference of cells, (nz, ny, nx) with negative differences at the end."""
    n = grid.shape[::-1]
    tensor = periodic_demag_tensor(n, grid.cell, grid.periodic) if any(grid.periodic) else demag_tensor(n, grid.cell)
    starts = [0 if wrap else 1 - count for count, wrap in zip(n, grid.periodic, strict=True)]
    index = [np.arange(start, count) % size for start, count, size in zip(starts, n, padded[::-1], strict=True)]
    kernels = {name: np.zeros(padded) for name in tensor}
    for name, kernel in kernels.items():
        kernel[np.ix_(*index[::-1])] = tensor[name].transpose(2, 1, 0)
    return kernels


def fourier_demag_field(grid: Grid) -> Field:
    """Demagnetising field by a fast Fourier transform, with zeros around what does not repeat.

    Few layers are not transformed but multiplied, each with each. Then the spectra of N_xz and N_yz, which are odd in
    one of x and y, are imaginary, and their i goes to m_z. All other spectra are real, as every component of the tensor
    is even or, in two coordinates, odd.
    """
    nz, _, nx = grid.shape
    layers = nz <= LAYER_LIMIT and not grid.periodic[2]
    axes = [axis for axis in ((-2,) if layers else (-2, -3)) if grid.shape[axis] > 1]
    # 2 n - 1 zeros and cells are enough, and lengths without large prime factors are transformed far faster.
    padded = tuple(
        n if n == 1 or wrap else next_fast_len(2 * n - 1, real=True)
        for n, wrap in zip(grid.shape, grid.periodic[::-1], strict=True)
    )
    kernels = _kernels(grid, padded)
    if layers:
        between = (np.arange(nz)[:, None] - np.arange(nz)) % padded[0]  # (to, from)
        spectra = {name: np.fft.rfftn(kernel, axes=(-2, -1))[between] for name, kernel in kernels.items()}
        kernels = {name: spectrum.imag if name in ("xz", "yz") else spectrum.real for name, spectrum in spectra.items()}
    else:
        kernels = {name: np.fft.rfftn(kernel).real for name, kernel in kernels.items()}
    i = 1j if layers else 1

    def field(m: Array) -> Array:
        def product(name: str, spectrum: Array) -> Array:
            kernel = jnp.asarray(kernels[name], m.dtype)
            return jnp.sum(kernel * spectrum[..., None, :, :, :], axis=-3) if layers else kernel * spectrum

        # One axis after the other: most of what `rfftn` and `irfftn` transform is zero or thrown away.
        spectrum = jnp.fft.rfft(jnp.asarray(grid.saturation, m.dtype) * m, padded[-1])
        for axis in axes:
            spectrum = jnp.fft.fft(spectrum, padded[axis], axis)
        x, y, z = (component(spectrum, c) for c in range(3))
        hx = product("xx", x) + product("xy", y)
        hy = product("xy", x) + product("yy", y)
        hz = product("zz", z)
        if nz > 1:  # xz and yz are odd in z
            hx, hy = hx + product("xz", i * z), hy + product("yz", i * z)
            hz = hz + i * (product("xz", x) + product("yz", y))
        full = jnp.stack([hx, hy, hz], axis=-4)
        for axis in reversed(axes):
            full = jax.lax.slice_in_dim(jnp.fft.ifft(full, axis=axis), 0, grid.shape[axis], axis=axis)
        return -jnp.asarray(grid.mask, m.dtype) * jnp.fft.irfft(full, padded[-1])[..., :nx]

    return field


def strip_demag_field(grid: Grid) -> Field:
    """Demagnetising field of one narrow layer: a Fourier transform along x, a dense product across y.

    The transform is a matrix product too, which beats the fast algorithm at these lengths. With i m_y in place of
    m_y every product is real: N_xx, N_yy, N_zz are even in x and N_xy is odd.
    """
    _, ny, nx = grid.shape
    period = 2 * nx
    frequencies = nx + 1
    tensor = demag_tensor((nx, ny, 1), grid.cell)
    across = np.arange(ny)[:, None] - np.arange(ny)[None, :] + ny - 1  # (to y, from y')
    spectrum = {}
    for name in ("xx", "yy", "zz", "xy"):
        padded = np.zeros((period, 2 * ny - 1))
        padded[np.arange(-(nx - 1), nx) % period] = tensor[name][:, :, 0]
        spectrum[name] = np.fft.rfft(padded, axis=0)[:, across]
    odd = spectrum["xy"].imag
    inplane = -np.block([[spectrum["xx"].real, odd], [-odd, spectrum["yy"].real]])
    axial = -spectrum["zz"].real

    phase = 2 * np.pi * np.outer(np.arange(nx), np.arange(frequencies)) / period
    cosine, sine = np.cos(phase), np.sin(phase)
    weight = np.full(frequencies, 2 / period)
    weight[[0, -1]] = 1 / period
    forward = np.stack([np.hstack([cosine, -sine]), np.hstack([sine, cosine])])  # for x and z; for i m_y
    backward = np.stack([np.vstack([(weight * part).T for part in np.split(f, 2, axis=1)]) for f in forward])

    def field(m: Array) -> Array:
        there, back, wide, narrow = (jnp.asarray(a, m.dtype) for a in (forward, backward, inplane, axial))
        lead = m.shape[:-4]
        rows = (jnp.asarray(grid.saturation, m.dtype) * m).reshape(-1, 3, ny, nx)
        x, y, z = (rows[:, c] @ there[c % 2] for c in range(3))
        both = jnp.concatenate([x, y], axis=1).reshape(-1, 2 * ny, 2, frequencies)
        both = jnp.einsum("rkpf,flk->rlpf", both, wide).reshape(-1, 2 * ny, 2 * frequencies)
        alone = jnp.einsum("rkpf,flk->rlpf", z.reshape(-1, ny, 2, frequencies), narrow)
        alone = alone.reshape(-1, ny, 2 * frequencies)
        full = jnp.stack([both[:, :ny] @ back[0], both[:, ny:] @ back[1], alone @ back[0]], axis=1)
        return jnp.asarray(grid.mask, m.dtype) * full.reshape(*lead, 3, 1, ny, nx)

    return field
