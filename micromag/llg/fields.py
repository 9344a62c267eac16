"""Effective fields of every energy term, on the grid, as pure functions of the magnetisation.

All functions take unit vectors `m` of shape (..., 3, nz, ny, nx) that vanish outside the material, and return
fields in A/m of the same shape. All terms but Zeeman are linear in `m`, so an engine may gather them into one
matrix.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.constants import mu_0

from micromag.llg.model import Model
from micromag.llg.newell import demag_tensor

Field = Callable[[Array], Array]

STRIP_LIMIT = 32
"""Cells across a single layer up to which `strip_demag_field` beats the fast Fourier transform on a CPU."""

# Axis of the grid (nz, ny, nx), counted from the end, along x, y, z.
_AXIS = {0: -1, 1: -2, 2: -3}


def _neighbour(m: Array, direction: int, sign: int) -> Array:
    """Value of the next cell along `direction` (0, 1, 2 for x, y, z); zero beyond the mesh."""
    axis = _AXIS[direction]
    count = m.shape[axis]
    inner = (
        jax.lax.slice_in_dim(m, 1, count, axis=axis) if sign > 0 else jax.lax.slice_in_dim(m, 0, count - 1, axis=axis)
    )
    pad = [(0, 0)] * m.ndim
    pad[axis] = (0, 1) if sign > 0 else (1, 0)
    return jnp.pad(inner, pad)


def _inverse_saturation(model: Model) -> np.ndarray:
    return np.where(model.mask, 1 / np.where(model.mask, model.saturation, 1.0), 0.0)


def exchange_field(model: Model) -> Field:
    """Six-neighbour exchange with free surfaces; second order in the cell size."""
    factor = 2 * model.exchange / mu_0 * _inverse_saturation(model)
    directions = [d for d in range(3) if model.shape[_AXIS[d]] > 1]

    def field(m: Array) -> Array:
        occupied = jnp.asarray(model.mask, m.dtype)
        total = jnp.zeros_like(m)
        for d in directions:
            for sign in (1, -1):
                difference = _neighbour(m, d, sign) - _neighbour(occupied, d, sign) * m
                total = total + difference / model.cell[d] ** 2
        return jnp.asarray(factor, m.dtype) * total

    return field


def dmi_field(model: Model) -> Field:
    """Interfacial DMI, w = D (m . grad m_z - m_z div m), as pairs of neighbours.

    Pairs that are cut by a surface are left out, which gives the canted edges of Rohart and Thiaville,
    Phys. Rev. B 88, 184422 (2013).
    """
    factor = model.dmi / mu_0 * _inverse_saturation(model)
    directions = [d for d in range(2) if model.shape[_AXIS[d]] > 1]

    def field(m: Array) -> Array:
        parts = [jnp.zeros_like(m[..., 0, :, :, :])] * 3
        for d in directions:
            slope = (_neighbour(m, d, 1) - _neighbour(m, d, -1)) / model.cell[d]
            parts[d] = parts[d] - slope[..., 2, :, :, :]
            parts[2] = parts[2] + slope[..., d, :, :, :]
        return jnp.asarray(factor, m.dtype) * jnp.stack(parts, axis=-4)

    return field


def anisotropy_field(model: Model) -> Field:
    """Uniaxial anisotropy of first order, all such terms together."""
    factors = [2 * strength / mu_0 * _inverse_saturation(model) for strength, _ in model.anisotropies]

    def field(m: Array) -> Array:
        total = jnp.zeros_like(m)
        for factor, (_, axis) in zip(factors, model.anisotropies, strict=True):
            easy = jnp.asarray(axis, m.dtype)
            # Written out: XLA's reduction over a strided axis costs ten times as much on a CPU.
            projection = sum(m[..., c, :, :, :] * easy[c] for c in range(3))
            total = total + (jnp.asarray(factor, m.dtype) * projection)[..., None, :, :, :] * easy
        return total

    return field


def demag_field(model: Model) -> Field:
    """Demagnetising field by the method that is faster for the mesh."""
    nz, ny, _ = model.shape
    return strip_demag_field(model) if nz == 1 and ny <= STRIP_LIMIT else fourier_demag_field(model)


def fourier_demag_field(model: Model) -> Field:
    """Demagnetising field by a fast Fourier transform of the zero-padded magnetisation."""
    nz, ny, nx = model.shape
    padded = tuple(2 * n if n > 1 else 1 for n in (nz, ny, nx))
    kernels = {}
    for name, tensor in demag_tensor((nx, ny, nz), model.cell).items():
        kernel = np.zeros(padded)
        index = [np.arange(-(n - 1), n) % size for n, size in zip((nz, ny, nx), padded, strict=True)]
        kernel[np.ix_(*index)] = tensor.transpose(2, 1, 0)
        # Every component is even or, in two coordinates, odd: its spectrum is real.
        kernels[name] = np.fft.rfftn(kernel).real
    axes = (-3, -2, -1)

    def field(m: Array) -> Array:
        k = {name: jnp.asarray(values, m.dtype) for name, values in kernels.items()}
        spectrum = jnp.fft.rfftn(jnp.asarray(model.saturation, m.dtype) * m, s=padded, axes=axes)
        x, y, z = (spectrum[..., c, :, :, :] for c in range(3))
        hx = k["xx"] * x + k["xy"] * y
        hy = k["xy"] * x + k["yy"] * y
        hz = k["zz"] * z
        if nz > 1:  # xz and yz are odd in z
            hx, hy, hz = hx + k["xz"] * z, hy + k["yz"] * z, hz + k["xz"] * x + k["yz"] * y
        full = jnp.fft.irfftn(jnp.stack([hx, hy, hz], axis=-4), s=padded, axes=axes)
        return -jnp.asarray(model.mask, m.dtype) * full[..., :nz, :ny, :nx]

    return field


def strip_demag_field(model: Model) -> Field:
    """Demagnetising field of one narrow layer: a Fourier transform along x, a dense product across y.

    The transform is a matrix product too, which beats the fast algorithm at these lengths. With i m_y in place of
    m_y every product is real: N_xx, N_yy, N_zz are even in x and N_xy is odd.
    """
    _, ny, nx = model.shape
    period = 2 * nx
    frequencies = nx + 1
    tensor = demag_tensor((nx, ny, 1), model.cell)
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
        rows = (jnp.asarray(model.saturation, m.dtype) * m).reshape(-1, 3, ny, nx)
        x, y, z = (rows[:, c] @ there[c % 2] for c in range(3))
        both = jnp.concatenate([x, y], axis=1).reshape(-1, 2 * ny, 2, frequencies)
        both = jnp.einsum("rkpf,flk->rlpf", both, wide).reshape(-1, 2 * ny, 2 * frequencies)
        alone = jnp.einsum("rkpf,flk->rlpf", z.reshape(-1, ny, 2, frequencies), narrow)
        alone = alone.reshape(-1, ny, 2 * frequencies)
        full = jnp.stack([both[:, :ny] @ back[0], both[:, ny:] @ back[1], alone @ back[0]], axis=1)
        return jnp.asarray(model.mask, m.dtype) * full.reshape(*lead, 3, 1, ny, nx)

    return field


def linear_terms(model: Model) -> dict[str, Field]:
    """The field of each linear term that the model has, by the term's name."""
    terms: dict[str, Field] = {}
    if model.exchange:
        terms["exchange"] = exchange_field(model)
    if model.dmi:
        terms["dmi"] = dmi_field(model)
    if model.anisotropies:
        terms["anisotropy"] = anisotropy_field(model)
    if model.demag:
        terms["demag"] = demag_field(model)
    return terms


def energies(model: Model, m: np.ndarray) -> dict[str, float]:
    """Energy of each term in J, in float64, for unit vectors `m` of shape (3, nz, ny, nx)."""
    moment = mu_0 * model.saturation * model.cell_volume
    with jax.enable_x64(True):
        state = jnp.asarray(m, jnp.float64) * model.mask
        result = {
            name: float(-0.5 * jnp.sum(moment * state * term(state))) for name, term in linear_terms(model).items()
        }
        result["zeeman"] = float(-jnp.sum(moment * state * model.applied))
    return result
