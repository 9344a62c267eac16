"""Bare parameters against Monte Carlo: what a film shows, and whether a disk's sigma belongs to its mesh."""

import numpy as np
import pytest
from scipy import stats

from magbayes.micromag import StochasticMTJ
from magbayes.micromag.devices.film import correlations, film_waves
from magbayes.micromag.llg.newell import demag_tensor
from tests.physics import equilibrium

# Twice the room's temperature, where what is not of first order is large: s^2 is 0.3 %.
CELL, THICKNESS, MS, A, TEMPERATURE, FIELD = 5e-9, 1.2e-9, 1.2e6, 20e-12, 600.0, 0.5
CELLS = 20
# Two-sided, for each of five numbers; the neglected third order of the spin waves is s^3.
LIMIT = stats.norm.isf(0.5e-4)


@pytest.fixture(scope="module")
def waves():
    return film_waves(CELL, THICKNESS, MS, A, TEMPERATURE, FIELD)


@pytest.fixture(scope="module")
def gap(waves):
    """Energy of a cell in the field over the coupling of two cells, with the bare parameters."""
    bare_ms, bare_a = MS / waves.moment, A / waves.exchange
    return FIELD * bare_ms * CELL**2 / (2 * bare_a)


@pytest.fixture(scope="module")
def film(waves, gap):
    """Moment, <P2>, m.m of neighbours, demagnetisation and the power of long waves, each of every replica."""
    states = equilibrium.film(waves.temperature_scale, gap, cells=CELLS, replicas=24, sweeps=250, discard=40, seed=1)
    spectrum = np.fft.fft2(states)
    pairs = np.fft.ifft2(np.abs(spectrum) ** 2).real.mean(axis=0) / CELLS**2
    along = pairs[:, 2] - pairs[:, :2].mean(axis=1)
    z = states[:, :, 2]
    reach = CELLS // 2
    weights = 1.5 * demag_tensor((reach, reach, 1), (CELL, CELL, THICKNESS))["zz"][:, :, 0]
    weights[reach - 1, reach - 1] -= 0.5
    index = np.arange(1 - reach, reach)
    moment = z.mean(axis=(0, 2, 3))
    kinetic = 2 - 2 * np.cos(2 * np.pi * np.arange(CELLS) / CELLS)
    kinetic = kinetic[:, None] + kinetic
    denominator = waves.bond * kinetic + gap
    power = (np.abs(spectrum[:, :, :2]) ** 2).mean(axis=(0, 2)) / CELLS**2
    return {
        "moment": moment,
        "anisotropy": 1.5 * (z**2).mean(axis=(0, 2, 3)) - 0.5,
        "bond": pairs[:, :, 0, 1].sum(axis=1),
        # Far away the components along and across do not know of each other: the sum is that of m^2, of weight 1.
        "demagnetisation": (weights * along[:, index][:, :, index]).sum(axis=(1, 2)) + (1 - weights.sum()) * moment**2,
        "exchange": (power * denominator)[:, (kinetic > 0) & (kinetic < 1)].mean(axis=1),
    }


def expected(waves):
    return {
        "moment": waves.moment,
        "anisotropy": waves.anisotropy,
        "bond": waves.bond**2,
        "demagnetisation": waves.demagnetisation,
        # Transverse fluctuations of long waves, M^2 / (M H + 2 A k^2), over those with M = 1: the moment.
        "exchange": waves.temperature_scale * waves.moment,
    }


def agrees(found, value, waves):
    neglected = waves.shortening**3 * value
    return abs(found.mean() - value) < LIMIT * stats.sem(found) + neglected


@pytest.mark.parametrize("name", ["moment", "anisotropy", "bond", "demagnetisation", "exchange"])
def test_a_film_shows_what_spin_waves_say(film, waves, name):
    assert agrees(film[name], expected(waves)[name], waves)


def test_wrong_factors_are_seen(film, waves, gap):
    """Spin waves that know nothing of each other; the powers that are often taken; exchange as in the ground state."""
    free = correlations(waves.temperature_scale, 1.0, gap, CELLS)
    m = waves.moment
    assert not agrees(film["moment"], 1 - free[0, 0], waves)
    assert not agrees(film["bond"], (1 - free[0, 0] + free[0, 1]) ** 2, waves)
    assert not agrees(film["anisotropy"], m**2, waves)
    assert not agrees(film["demagnetisation"], m**2, waves)
    assert not agrees(film["demagnetisation"], m**3, waves)
    assert not agrees(film["exchange"], waves.temperature_scale, waves)
    assert not agrees(film["exchange"], waves.temperature_scale * m**2, waves)


@pytest.mark.slow
def test_sigma_does_not_belong_to_the_mesh():
    """The default disk at 0 V, where 1 % of K_eff is 0.06 % of K_i, in 52 and in 208 cells."""
    tolerance = 0.02

    def spread(**keys):
        logs = []
        for size in (5e-9, 2.5e-9):
            device = StochasticMTJ(cell_size=size, **keys)
            system = device.system(voltage=0.0, temperature=300.0)
            sigma, error = equilibrium.width(system, replicas=24, sweeps=120)
            logs.append((np.log(sigma / device.bare(300.0).moment), error / sigma))
        return abs(logs[1][0] - logs[0][0]), np.hypot(logs[0][1], logs[1][1])

    difference, error = spread()
    assert error < tolerance / 2
    assert difference < tolerance + LIMIT * error / 2
    difference, error = spread(renormalise="none")
    assert difference > tolerance + LIMIT * error
