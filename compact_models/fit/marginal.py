"""Distribution of m·p at each gate voltage: its width, slope and shape, with errors from the spread between chains.

Where states were drawn together with their energies, those of all gates are pooled, and each gate takes from the others
what it can; elsewhere each gate has its own. Chains, or replicas where a record tells the width, are independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.constants import k
from scipy.interpolate import make_interp_spline
from scipy.stats import norm

from magbayes.compact_models.fit.controls import Equilibrium
from magbayes.compact_models.fit.reweighting import pool
from magbayes.compact_models.reads import SCORES
from magbayes.data import convergence
from magbayes.data.seeds import generator
from magbayes.micromag.raw import COEFFICIENTS, GATED, Draws, RawEnsemble, along_reference

RESAMPLES = 64
"""Resamples of the replicas, with replacement, in which the uncertainty of a fit travels."""

LEAST = 1e-3
"""Share of the mean square that a resample keeps at least: a root must exist."""

BINS = 4000
"""Bins of abs(m·p) between 0 and 1 in which chains are summed up for resampling."""


@dataclass(frozen=True)
class Marginal:
    """Distribution of m·p at one gate voltage.

    Attributes
    ----------
    sigma, sigma_error
        Width about 0, and its standard error.
    slope
        d sigma / dV in 1/V; None where there are no energies to tell it.
    sensitivity, sensitivity_error
        (parameters,), d ln sigma / d ln of what the energy of each term of `COEFFICIENTS` is proportional to, and of
        the temperature alone; None likewise.
    effective_samples
        Number of independent states that would tell sigma as well.
    convergence
        R-hat of what was drawn at this gate, see `magbayes.data.convergence`.
    skewness, skewness_error, excess_kurtosis, kurtosis_error
        Of m along the reference layer, and of m·p.
    quantiles
        (scores,), of the symmetric marginal, in units of m·p.
    resampled_sigma, resampled_slope, resampled_quantiles
        (resamples, ...), what else they could have been.
    equilibrium
        Means of other functions of m; None where a record tells the width.
    """

    sigma: float
    sigma_error: float
    slope: float | None
    sensitivity: np.ndarray | None
    sensitivity_error: np.ndarray | None
    effective_samples: float
    convergence: float
    skewness: float
    skewness_error: float
    excess_kurtosis: float
    kurtosis_error: float
    quantiles: np.ndarray
    resampled_sigma: np.ndarray
    resampled_slope: np.ndarray | None
    resampled_quantiles: np.ndarray
    equilibrium: Equilibrium | None


def standardised(quantiles: np.ndarray) -> np.ndarray:
    """Quantile function at `SCORES` (..., scores), straight beyond them, scaled to variance 1."""
    fine = np.linspace(-6.0, 6.0, 4001)
    weight = norm.pdf(fine) / np.sum(norm.pdf(fine))
    # Linear between the scores and beyond: each value counts with its share of the points.
    share = make_interp_spline(SCORES, np.eye(len(SCORES)), k=1)(fine)
    spread = ((quantiles @ share.T) ** 2) @ weight
    scaled: np.ndarray = quantiles / np.sqrt(spread)[..., None]
    return scaled


def resampled_rows(chains: int, seed: int) -> np.ndarray:
    """Chains (resamples, chains) drawn with replacement: B. Efron, Ann. Stat. 7, 1 (1979)."""
    return generator(seed, "bootstrap").integers(max(chains, 1), size=(RESAMPLES, chains))


def _counted(rows: np.ndarray) -> np.ndarray:
    """How often each chain was drawn, (resamples, chains)."""
    return np.array([np.bincount(row, minlength=len(row)) for row in rows])


def marginals(ensembles: Sequence[RawEnsemble], seeds: Sequence[int]) -> list[Marginal]:
    """Distributions at the gates of one temperature.

    Parameters
    ----------
    ensembles
        One a gate voltage.
    seeds
        One each, of the resampling of its chains.
    """
    drawn = [e.draws for e in ensembles if e.draws is not None and e.draws.coefficients[GATED] != 0]
    if len(drawn) < max(2, len(ensembles)):
        return [_Gates([e], [seed]).marginal(0) for e, seed in zip(ensembles, seeds, strict=True)]
    gates = _Gates(ensembles, seeds, drawn)
    return [gates.marginal(index) for index in range(len(ensembles))]


class _Gates:
    """Gate voltages whose states are pooled."""

    def __init__(
        self, ensembles: Sequence[RawEnsemble], seeds: Sequence[int], drawn: Sequence[Draws] | None = None
    ) -> None:
        self.ensembles, self.drawn = ensembles, drawn
        self.reads = [
            along_reference(e.equilibrium.astype(np.float64), e.in_plane_symmetric) for e in ensembles
        ]  # (chains, states, components)
        shapes = [read.shape[:2] for read in self.reads]
        self.states = np.concatenate([e.equilibrium.reshape(-1, 3).astype(np.float64) for e in ensembles])
        if drawn is None:
            self.pool = pool([np.zeros(shape) for shape in shapes], np.zeros(len(shapes)))
        else:
            self.unit = k * float(ensembles[0].value("temperature"))
            self.voltages = np.array([float(e.value("voltage")) for e in ensembles])
            self.gated = np.array([d.coefficients[GATED] for d in drawn])
            self.conjugates = {
                term: np.concatenate([(d.energies[term] / d.coefficients[term]).ravel() for d in drawn])
                for term in COEFFICIENTS
            }
            x = np.split(self.conjugates[GATED] / self.unit, np.cumsum([a * b for a, b in shapes])[:-1])
            self.pool = pool([part.reshape(shape) for part, shape in zip(x, shapes, strict=True)], self.gated)
        self.x = np.concatenate([read.reshape(-1, read.shape[-1]) for read in self.reads])
        self.times = np.concatenate(
            [_counted(resampled_rows(chains, seed)) for (chains, _), seed in zip(shapes, seeds, strict=True)], axis=1
        )

    def marginal(self, gate: int) -> Marginal:
        """What is known of one of the gates, by its index."""
        weights = self.pool.weights(self.pool.parameters[gate])
        square = self.x**2
        values = [square.mean(axis=1), (square**2).mean(axis=1), self.x[:, 0] ** 3]
        if self.drawn is not None:
            energies = [
                conjugate * self.drawn[gate].coefficients[term] / self.unit
                for term, conjugate in self.conjugates.items()
            ]
            # About their means, or the rounding of hundreds of kT counts.
            centred = [energy - weights @ energy for energy in energies]
            values += [values[0] * energy for energy in centred] + centred
        (second, fourth, third, *rest), parts = self.pool.mean(weights, np.stack(values, axis=1))
        sigma, width = np.sqrt(second), parts[:, 0] / (2 * np.sqrt(second))
        kurtosis = parts[:, 1] / second**2 - 2 * fourth / second**3 * parts[:, 0]
        # Along the reference layer only: x and y might be skewed in opposite ways.
        skewness = parts[:, 2] / second**1.5 - 1.5 * third / second**2.5 * parts[:, 0]
        slope = sensitivity = sensitivity_error = resampled_slope = None
        if self.drawn is not None:
            terms = len(COEFFICIENTS)
            products, means = np.array(rest[:terms]), np.array(rest[terms:])
            by_term = -(products / second - means) / 2
            # A temperature divides all terms.
            sensitivity = np.append(by_term, -by_term.sum())
            part = (
                parts[:, 3 : 3 + terms] / second - np.outer(parts[:, 0], products) / second**2 - parts[:, 3 + terms :]
            )
            part = -part / 2
            sensitivity_error = self.pool.error(np.column_stack([part, part.sum(axis=1)]))
            # The gate's coefficient is linear in the voltage.
            rate = np.gradient(self.gated, self.voltages)[gate] / self.gated[gate]
            index = list(COEFFICIENTS).index(GATED)
            slope = float(rate * sigma * sensitivity[index])
            resampled_slope = slope + self._resampled(rate * (sigma * part[:, index] + width * sensitivity[index]))
        quantiles, resampled_quantiles = self._quantiles(weights)
        return Marginal(
            sigma=float(sigma),
            sigma_error=float(self.pool.error(width)),
            slope=slope,
            sensitivity=sensitivity,
            sensitivity_error=sensitivity_error,
            effective_samples=float((fourth - second**2) / self.pool.error(parts[:, 0]) ** 2),
            convergence=convergence.convergence(convergence.with_squares(self.reads[gate])),
            skewness=float(third / second**1.5),
            skewness_error=float(self.pool.error(skewness)),
            excess_kurtosis=float(fourth / second**2 - 3),
            kurtosis_error=float(self.pool.error(kurtosis)),
            quantiles=quantiles,
            # The mean square is what is linear in the weights of the chains.
            resampled_sigma=np.sqrt(np.maximum(second + self._resampled(parts[:, 0]), LEAST * second)),
            resampled_slope=resampled_slope,
            resampled_quantiles=resampled_quantiles,
            equilibrium=None
            if self.ensembles[gate].draws is None
            else Equilibrium(self.pool, weights, self.states, self.times),
        )

    def _resampled(self, parts: np.ndarray) -> np.ndarray:
        """Changes (resamples,) of an average to which chains add `parts` (chains,)."""
        changes: np.ndarray = (self.times - 1) @ parts
        return changes

    def _quantiles(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Quantiles (scores,) and (resamples, scores) of the symmetric marginal: its size alone has all of it."""
        size = np.abs(self.x)
        share = 2 * norm.cdf(SCORES[SCORES >= 0]) - 1
        each = np.repeat(weights / size.shape[1], size.shape[1])
        order = np.argsort(size, axis=None)
        below = np.cumsum(each[order]) - each[order] / 2
        upper = np.interp(share, below, size.ravel()[order])
        edges = np.linspace(0, max(1.0, size.max()), BINS + 1)
        bins = np.minimum(np.searchsorted(edges, size, side="right") - 1, BINS - 1)
        chains = self.times.shape[1]
        place = (self.pool.chain[:, None] * BINS + bins).ravel()
        counts = np.bincount(place, each, chains * BINS).reshape(chains, BINS)
        shares = np.cumsum(self.times @ counts, axis=1)
        drawn = np.array([np.interp(share, row / row[-1], edges[1:]) for row in shares])
        return _mirrored(upper), _mirrored(drawn)


def _mirrored(upper: np.ndarray) -> np.ndarray:
    return np.concatenate([-upper[..., :0:-1], upper], axis=-1)
