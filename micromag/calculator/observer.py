"""What a table says of a state: energies, driven fields, mean magnetisation."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.constants import mu_0

from magbayes.micromag.llg.fields import densities, driven_fields
from magbayes.micromag.llg.model import Model
from magbayes.micromag.llg.program import share


class Observer:
    """Columns of a table for the states of a system."""

    def __init__(self, model: Model) -> None:
        self._model = model
        factors = model.factors(np.zeros(1))[0]
        zeeman = [term.name for term in model.zeeman if term.profile is None]
        self._driven = [term.name for term in model.zeeman if term.profile is not None]
        self._energies = list(dict.fromkeys([*(term.name for term in model.terms), *zeeman, *self._driven]))

        def observe(m: Array, factors: Array) -> tuple[Array, Array]:
            energies = [model.cell_volume * jnp.sum(density) for density in densities(model, m, factors).values()]
            means = [jnp.mean(field, axis=(1, 2, 3)) for field in driven_fields(model, factors).values()]
            return jnp.array(energies), jnp.array(means)

        self._observe = share(observe, np.zeros((3, *model.shape)), factors)

    def row(self, m: np.ndarray, time: float = 0.0) -> dict[str, float]:
        """Columns of unit vectors (3, nz, ny, nx) at a time in s.

        ``E`` and ``E_<term>`` in J; ``B_<term>`` with its components in mT, the mean over the mesh, of the Zeeman terms
        that vary in time; ``mx``, ``my``, ``mz``, the mean weighted with the moment of the cells.
        """
        energies, fields = self._observe(m, self._model.factors(np.array([time]))[0])
        row = {"E": float(energies.sum())}
        row |= {f"E_{name}": float(energy) for name, energy in zip(self._energies, energies, strict=True)}
        for name, field in zip(self._driven, fields, strict=True):
            row |= flux_columns(name, field)
        return row | mean_columns(mean_magnetisation(self._model, m))


def mean_magnetisation(model: Model, m: np.ndarray) -> np.ndarray:
    """Mean (3,) of unit vectors (3, nz, ny, nx), weighted with the moment of the cells."""
    return np.asarray((m * model.saturation).sum(axis=(1, 2, 3)) / model.saturation.sum())


def mean_columns(mean: np.ndarray, suffix: str = "") -> dict[str, float]:
    """Columns ``mx``, ``my``, ``mz``."""
    return {f"m{axis}{suffix}": float(value) for axis, value in zip("xyz", mean, strict=True)}


def flux_columns(name: str, field: np.ndarray) -> dict[str, float]:
    """Columns ``B_<name>``, ``Bx_<name>``, ... in mT for a field (3,) in A/m."""
    flux = 1e3 * mu_0 * field
    components = {f"B{axis}_{name}": float(value) for axis, value in zip("xyz", flux, strict=True)}
    return {f"B_{name}": float(np.linalg.norm(flux)), **components}
