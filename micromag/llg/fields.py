"""Fields and energies of all terms of a model, gathered.

Fields are pure functions of unit vectors `m` (..., 3, nz, ny, nx) that vanish outside the material, in A/m and of the
same shape and type; they may be used inside `jax.jit`. Dictionaries go by the names of the terms in the ubermag system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.constants import mu_0

from magbayes.data.shapes import Factors, GridVectors
from magbayes.micromag.llg.exchange import Exchange
from magbayes.micromag.llg.grid import Density, Field, Term, dot
from magbayes.micromag.llg.model import Model
from magbayes.micromag.llg.program import share
from magbayes.micromag.llg.zeeman import Zeeman


def _total(fields: Iterable[Field]) -> Field:
    together = tuple(fields)
    return lambda m: sum((field(m) for field in together[1:]), start=together[0](m)) if together else jnp.zeros_like(m)


def _gather(terms: Iterable[Term], field: Callable[[Term], Field]) -> dict[str, Field]:
    parts: dict[str, list[Field]] = {}
    for term in terms:
        parts.setdefault(term.name, []).append(field(term))
    return {name: _total(fields) for name, fields in parts.items()}


def linear_terms(model: Model) -> dict[str, Field]:
    """Terms linear in m: exchange, DMI, uniaxial anisotropy, strain, demag, bilinear RKKY."""
    return _gather((t for t in model.terms if t.linear), lambda term: term.field(model))


def nonlinear_terms(model: Model) -> dict[str, Field]:
    """Energy terms of a higher power of m: K2, cubic anisotropy, biquadratic RKKY."""
    return _gather((t for t in model.terms if not t.linear), lambda term: term.field(model))


def pair_terms(model: Model) -> dict[str, Field]:
    """The linear terms that couple nearest neighbours, less what is along a cell's own m and exerts no torque."""
    return _gather((t for t in model.terms if t.pairs), lambda term: term.pair_field(model))


def exchange_field(model: Model, local: bool = True) -> Field:
    """Field of the exchange between neighbours; without `local`, less what is along a cell's own m."""
    terms = [term for term in model.terms if isinstance(term, Exchange)]
    return _total(term.field(model) if local else term.pair_field(model) for term in terms)


def driven_fields(model: Model, factors: Array) -> dict[str, Array]:
    """Fields (3, nz, ny, nx) of the Zeeman terms that vary in time, for the factors (n,) of `Model.factors`."""
    fields, start = {}, len(model.torques)
    for term in model.zeeman:
        if term.profile is not None:
            end = start + len(term.patterns)
            fields[term.name] = term.field(factors[start:end])
            start = end
    return fields


def effective_field(model: Model) -> Callable[[Array, Array], Array]:
    """The whole deterministic field of m and the factors (n,) of `Model.factors`, spin torques included."""
    terms = _total(term.field(model) for term in model.terms)
    torques = [torque.field(model) for torque in model.torques]
    constant = model.applied

    def field(m: Array, factors: Array) -> Array:
        factors = factors.astype(m.dtype)
        total = terms(m) + jnp.asarray(constant, m.dtype)
        for driven in driven_fields(model, factors).values():
            total = total + driven
        for index, torque in enumerate(torques):
            total = total + factors[index] * torque(m)
        return total

    return field


def conjugate_densities(model: Model) -> dict[str, Density]:
    """Energy densities by the parameters that they are linear in, without what varies in time.

    Names are those of the terms; a term that has several parts gives one for each, such as ``"uniaxialanisotropy.K2"``.
    """
    parts = [(term.name, term.parameter, term.density(model)) for term in model.terms]
    parts += [(z.name, "", _zeeman_density(model, z)) for z in model.zeeman if z.profile is None]
    names = [name for name, _, _ in parts]
    return {f"{name}.{key}" if names.count(name) > 1 else name: density for name, key, density in parts}


def _zeeman_density(model: Model, term: Zeeman) -> Density:
    moment = -mu_0 * model.saturation * term.patterns[0]
    return lambda m: dot(m, jnp.asarray(moment, m.dtype))


def densities(model: Model, m: Array, factors: Array) -> dict[str, Array]:
    """Energy density (nz, ny, nx) in J/m^3 of each energy term, for the factors (n,) of `Model.factors`."""
    densities = {name: density(m) for name, density in _gather(model.terms, lambda term: term.density(model)).items()}
    applied = _constant_fields(model) | driven_fields(model, factors)
    return densities | {name: -mu_0 * model.saturation * dot(m, field) for name, field in applied.items()}


def _constant_fields(model: Model) -> dict[str, Array]:
    return {z.name: jnp.asarray(z.patterns[0]) for z in model.zeeman if z.profile is None}


Grids = dict[str, np.ndarray]


@lru_cache(maxsize=4)
def _program(model: Model) -> Callable[[np.ndarray, np.ndarray], tuple[Grids, Grids]]:
    """Energy densities and fields of all energy terms, compiled."""

    def evaluate(m: Array, factors: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        m = m * model.mask
        fields = {name: field(m) for name, field in _gather(model.terms, lambda term: term.field(model)).items()}
        applied = _constant_fields(model) | driven_fields(model, factors)
        return densities(model, m, factors), fields | {name: field * model.mask for name, field in applied.items()}

    return share(evaluate, np.zeros((3, *model.shape)), model.factors(np.zeros(1))[0])


def _evaluate(model: Model, m: GridVectors, factors: Factors | None) -> tuple[Grids, Grids]:
    if factors is None:
        factors = model.factors(np.zeros(1))[0]
    return _program(model)(np.asarray(m, np.float64), np.asarray(factors, np.float64))


def energies(model: Model, m: GridVectors, factors: Factors | None = None) -> dict[str, float]:
    """Energy of each term in J, in float64.

    An anisotropy counts -K (m . u)^2, as in ubermag's formula; OOMMF adds K where it is positive.

    Parameters
    ----------
    model
        The system.
    m
        Unit vectors (3, nz, ny, nx).
    factors
        Factors (n,) of `Model.factors`; those at time 0 if left out.
    """
    densities = energy_densities(model, m, factors)
    return {name: float(density.sum() * model.cell_volume) for name, density in densities.items()}


def energies_once(model: Model, m: GridVectors) -> dict[str, float]:
    """Energy of each term in J at time 0, as `energies`, without compiling: for a model that is asked once or twice."""
    with jax.enable_x64(True):
        factors = jnp.asarray(model.factors(np.zeros(1))[0], jnp.float64)
        found = densities(model, jnp.asarray(m * model.mask, jnp.float64), factors)
    return {name: float(np.asarray(density).sum() * model.cell_volume) for name, density in found.items()}


def energy_densities(model: Model, m: GridVectors, factors: Factors | None = None) -> Grids:
    """Energy density (nz, ny, nx) of each term in J/m^3, in float64; see `energies`."""
    return _evaluate(model, m, factors)[0]


def effective_fields(model: Model, m: GridVectors, factors: Factors | None = None) -> Grids:
    """Field (3, nz, ny, nx) of each energy term in A/m, in float64; see `energies`."""
    return _evaluate(model, m, factors)[1]
