"""Draws of several gates in one pool, against a family of distributions whose widths, slopes and chains are known."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from scipy.constants import k
from scipy.stats import binom, norm
from scipy.stats import t as student

from magbayes.compact_models.fit import fit_stochastic_mtj
from magbayes.compact_models.fit.marginal import marginals
from magbayes.compact_models.fit.reweighting import pool
from magbayes.micromag.raw import COEFFICIENTS, Draws

THERMAL = k * 300.0
STIFFNESS, RATE = 40.0, -25.0
"""1 / <x^2> of m_x at 0 V, and its slope in 1/V: a harmonic well that a gate softens."""

VOLTAGES = (-0.6, -0.2, 0.2, 0.6)
MEMORY = 0.7
"""Correlation of successive draws of a chain."""


def stiffness(voltage):
    return STIFFNESS + RATE * voltage


def width(voltage):
    return stiffness(voltage) ** -0.5


def chains(rng, deviation, chains, draws):
    """Autoregressions of first order, (chains, draws)."""
    x = np.empty((chains, draws))
    x[:, 0] = rng.normal(size=chains)
    for i in range(1, draws):
        x[:, i] = MEMORY * x[:, i - 1] + np.sqrt(1 - MEMORY**2) * rng.normal(size=chains)
    return deviation * x


def gate(fluctuation, voltage, rng, number=32, draws=100, samples=60):
    """A raw ensemble whose states have the energy kT stiffness(V) (m_x^2 + m_y^2) / 2, with as much of another term.

    The coefficient of the gated term is the stiffness and 60 more, that of exchange is -60 in the same squares.
    """
    m = np.stack([chains(rng, width(voltage), number, draws) for _ in range(2)] + [np.zeros((number, draws))], axis=-1)
    squares = (m**2).sum(axis=-1) / 2
    coefficients = dict.fromkeys(COEFFICIENTS, 1.0) | {
        "uniaxialanisotropy": stiffness(voltage) + 60.0,
        "exchange": 60.0,
    }
    energies = {
        "uniaxialanisotropy": coefficients["uniaxialanisotropy"] * squares * THERMAL,
        "exchange": -60.0 * squares * THERMAL,
        "demag": np.zeros_like(squares),
    }
    raw = fluctuation(voltage, lambda z: width(voltage) * z, seed=rng.integers(2**31), replicas=number, samples=samples)
    return replace(raw, draws=Draws(m, energies, coefficients))


def gates(fluctuation, seed, voltages=VOLTAGES, **sizes):
    rng = np.random.default_rng(seed)
    return [gate(fluctuation, voltage, rng, **sizes) for voltage in voltages]


def alone(ensembles):
    """What each gate tells without the others: those of one gate are no pool."""
    return [marginals([e], [0])[0] for e in ensembles]


def test_width_slope_and_sensitivities_are_those_of_the_family(fluctuation):
    ensembles = gates(fluctuation, 1)
    for voltage, drawn, single in zip(VOLTAGES, marginals(ensembles, range(4)), alone(ensembles), strict=True):
        assert abs(drawn.sigma - width(voltage)) < 4 * drawn.sigma_error
        assert drawn.sigma_error < 0.8 * single.sigma_error  # else nothing was lent
        # d ln sigma / d ln of a coefficient c of c x^2 / 2 is -c / (2 stiffness).
        gated = -(stiffness(voltage) + 60) / (2 * stiffness(voltage))
        exact = {"exchange": 60 / (2 * stiffness(voltage)), "uniaxialanisotropy": gated, "demag": 0.0}
        # The width goes with the root of the temperature.
        exact = [*(exact[term] for term in COEFFICIENTS), 0.5]
        for value, truth, error in zip(drawn.sensitivity, exact, drawn.sensitivity_error, strict=True):
            assert abs(value - truth) <= 4 * error + 1e-12
            assert error < 0.05 * abs(gated)
        slope = -RATE / 2 * stiffness(voltage) ** -1.5
        assert abs(drawn.slope - slope) < 4 * np.std(drawn.resampled_slope)
        assert np.std(drawn.resampled_slope) < 0.1 * slope
        # A Gaussian, and what else it could have been.
        assert abs(drawn.excess_kurtosis) < 4 * drawn.kurtosis_error
        assert np.std(drawn.resampled_sigma) == pytest.approx(drawn.sigma_error, rel=0.35)


def test_a_gate_that_was_left_out_is_within_the_interval_and_its_neighbours_are_not(fluctuation):
    ensembles = gates(fluctuation, 2, (-0.6, -0.2, 0.6), draws=600)
    x = [e.draws.energies["uniaxialanisotropy"] / e.draws.coefficients["uniaxialanisotropy"] for e in ensembles]
    coefficients = np.array([e.draws.coefficients["uniaxialanisotropy"] for e in ensembles])
    states = pool([part / THERMAL for part in x], coefficients)
    square = np.concatenate([(e.draws.magnetisation[..., :2] ** 2).mean(axis=-1).ravel() for e in ensembles])

    def at(parameter):
        mean, parts = states.mean(states.weights(parameter), square[:, None])
        return float(mean[0]), float(states.error(parts)[0])

    value, error = at(stiffness(0.2) + 60)
    assert abs(value - width(0.2) ** 2) < 3 * error
    assert error < 0.03 * value
    # Control: states that are not weighted, or weighted for a gate that is 0.2 V off.
    assert abs(square.mean() - width(0.2) ** 2) > 5 * error
    assert abs(at(stiffness(0.0) + 60)[0] - width(0.2) ** 2) > 5 * error
    # Each gate knows itself best, and all of it is known from somewhere.
    assert np.allclose(states.overlap.sum(axis=1), 1)
    assert (states.overlap.argmax(axis=1)[[0, 2]] == [0, 2]).all()


@pytest.mark.slow
def test_intervals_of_width_and_slope_cover_the_truth_as_often_as_they_say(fluctuation):
    """400 repetitions; two-sided bounds of binomial chance at 1e-3 are 91 and 98 %.

    Control: errors that take every draw as independent are too small by sqrt((1 + r^2) / (1 - r^2)) = 1.7, and cover
    75 % of the time.
    """
    hits, naive, slopes, number = 0, 0, 0, 400
    for seed in range(number):
        rng = np.random.default_rng([3, seed])
        m = [np.stack([chains(rng, width(v), 16, 50) for _ in range(2)], axis=-1) for v in VOLTAGES]
        squares = [(part**2).mean(axis=-1) for part in m]
        states = pool(squares, np.array([stiffness(v) for v in VOLTAGES]))
        flat = np.concatenate([s.ravel() for s in squares])
        weights = states.weights(stiffness(0.2))
        mean, parts = states.mean(weights, np.stack([flat, flat**2], axis=1))
        error = states.error(parts[:, 0])
        quantile = student.ppf(0.975, 4 * 15)
        hits += abs(mean[0] - width(0.2) ** 2) < quantile * error
        separate = replace(states, chain=np.arange(len(flat)), gate=states.gate[states.chain])
        independent = separate.error(separate.mean(weights, flat[:, None])[1])[0]
        naive += abs(mean[0] - width(0.2) ** 2) < norm.isf(0.025) * independent
        # -d <s> / d stiffness is the variance of s, of two Gaussian components width^4.
        change = parts[:, 1] - 2 * mean[0] * parts[:, 0]
        slopes += abs(mean[1] - mean[0] ** 2 - width(0.2) ** 4) < quantile * states.error(change)
    low, high = binom.ppf([0.5e-3, 1 - 0.5e-3], number, 0.95)
    assert low <= hits <= high
    assert low - 0.02 * number <= slopes <= high  # a fourth moment, whose estimate and error go together
    assert naive < 0.85 * number


def test_the_process_keeps_its_precision(fluctuation):
    """Pymbar turns JAX to 64 bits for good where it is let."""
    before = jax.config.jax_enable_x64
    marginals(gates(fluctuation, 4, draws=20), range(4))
    assert jax.config.jax_enable_x64 == before
    assert jax.numpy.ones(1).dtype == (np.float64 if before else np.float32)


def test_without_energies_each_gate_stands_alone(fluctuation):
    ensembles = [replace(e, draws=None) for e in gates(fluctuation, 5)]
    for together, single in zip(marginals(ensembles, range(4)), alone(ensembles), strict=True):
        assert together.sigma == single.sigma
        assert together.slope is None
        assert together.sensitivity is None


def test_the_model_knows_its_slope_and_lies_within_its_interval_between_gates(fluctuation, varied):
    model = fit_stochastic_mtj(gates(fluctuation, 6), varied, seed=1)[0]
    fine = np.linspace(*model.voltage_range, 61)
    estimate = model.sigma(fine)
    assert (np.diff(estimate.value) > 0).all()
    assert ((estimate.low <= estimate.value) & (estimate.value <= estimate.high)).all()
    scale = estimate.value[0] / model.sigma(-0.6).value * model.conductance_sigma[0]
    exact = width(fine) / width(-0.6) * scale
    # Errors of a percent at the ends, of which both have one.
    assert estimate.value == pytest.approx(exact, rel=0.04)
    # Control: a monotone curve without slopes is further off, in the widest gap by the same draws.
    straight = fit_stochastic_mtj([replace(e, draws=None) for e in gates(fluctuation, 6)], varied, seed=1)[0]
    assert straight.sensitivity.shape == (0, 4)
    temperature = model.sensitivities()["temperature"]
    assert ((temperature.low < 0.5) & (temperature.high > 0.5)).all()
    assert straight.sensitivities() == {}
    assert (model.record_p_value > 1e-3).all()


def test_trajectories_that_are_too_wide_are_in_doubt(fluctuation, varied):
    """A time step that heats by 20 % would do that."""
    ensembles = gates(fluctuation, 7, samples=400)
    hot = [replace(e, magnetisation=np.float32(1.1) * e.magnetisation) for e in ensembles]
    assert not any("not as wide" in line for line in fit_stochastic_mtj(ensembles, varied, seed=1)[0].warnings())
    warnings = fit_stochastic_mtj(hot, varied, seed=1)[0].warnings()
    assert any("trajectories at -0.2 V are not as wide as the states drawn" in line for line in warnings)


def test_gates_that_share_no_states_keep_what_they_know():
    rng = np.random.default_rng(8)
    curvatures = np.array([40.0, 41.0, 1e7])
    squares = [(rng.normal(size=(16, 50, 2)) ** 2).mean(axis=-1) / curvature for curvature in curvatures]
    states = pool(squares, curvatures)
    own = states.weights(curvatures[2])[-800:]
    assert own == pytest.approx(np.full(800, 1 / 800))
    assert states.overlap[:2, 2] == pytest.approx([0, 0], abs=1e-3)
    assert states.overlap[0, 1] == pytest.approx(0.5, abs=0.01)
