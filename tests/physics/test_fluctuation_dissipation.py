"""Thermal fluctuation of stiff spins: the spectrum that the damping dictates, and equipartition among spin waves."""

from functools import partial

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy import stats
from scipy.constants import k, mu_0
from scipy.optimize import curve_fit

from magbayes.micromag.llg.model import translate
from tests.physics.theory import P_VALUE, p_value_of_variances

MS, EDGE, EXCHANGE = 1e6, 10e-9, 4e-12
FIELD, HARD_AXIS = 4e5, 4e5  # A/m: the stiffness against m_x is the former, against m_y their sum
# Cold: with mu0 Ms V H / kT = 1200, angles beyond the linear theory shift variance and frequency by 1 / 1200.
TEMPERATURE = 30.0
# Those angles, and the step of 0.06 rad with (omega dt)^2 / 6 in the frequency.
BIAS = 0.002


def film(n, damping):
    """Spins along a field z with a hard axis y; exchange couples them."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=tuple(EDGE * count for count in n), n=n)
    system = mm.System(
        name="film",
        energy=mm.Zeeman(H=(0, 0, FIELD))
        + mm.UniaxialAnisotropy(K=-mu_0 * MS * HARD_AXIS / 2, u=(0, 1, 0))
        + mm.Exchange(A=EXCHANGE),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=damping),
        m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=MS),
        T=TEMPERATURE,
    )
    return translate(system)


def up(model):
    return np.stack([0.0 * model.mask, 0.0 * model.mask, 1.0 * model.mask])


def resonance(damping):
    """Angular frequency and full width at half maximum: C. Kittel, Phys. Rev. 73, 155 (1948), with damping.

    The width is damping (H_x + H_y) gamma0 / (1 + damping^2); it is 2 damping omega for a circular precession.
    """
    rate = mm.consts.gamma0 / (1 + damping**2)
    stiffness = np.array([FIELD, FIELD + HARD_AXIS])
    return rate * np.sqrt((1 + damping**2) * stiffness.prod()), rate * damping * stiffness.sum()


def variance(stiffness, cells=1):
    """Equipartition: mu0 Ms V H <m_x^2> = kT."""
    return k * TEMPERATURE / (mu_0 * MS * EDGE**3 * cells * stiffness)


def periodogram(interval, samples):
    """Expectation of |FFT|^2 / samples for m_x, as a function of frequency, width and variance.

    From the linearised equation's correlation in time, so that neither the end of the record nor the sampling counts.
    """
    time = interval * np.arange(samples)
    ellipticity = HARD_AXIS / (2 * FIELD + HARD_AXIS)

    def spectrum(_, frequency, width, variance):
        ringing = np.sqrt(frequency**2 - width**2 / 4)
        phase = ringing * time
        correlation = np.exp(-width * time / 2) * (np.cos(phase) + ellipticity * width / 2 / ringing * np.sin(phase))
        return variance * (2 * np.fft.rfft((1 - np.arange(samples) / samples) * correlation).real - 1)

    return spectrum


def p_value_of_spectrum(run, model, damping, replicas):
    """Smallest p-value of frequency, width and area of the peak, each fitted to groups of replicas."""
    groups, kept = 32, 400
    frequency, width = resonance(damping)
    interval = 0.6 / frequency  # ten samples a period, of ten steps each
    settling = round(10 / width / interval)
    trajectory = run(
        model,
        up(model),
        replicas=replicas,
        samples=settling + kept,
        interval=interval,
        seed=3,
        time_step=interval / 10,
    )
    power = np.abs(np.fft.rfft(trajectory.mean[:, settling:, 0].astype(float))) ** 2 / kept
    power = power.reshape(groups, -1, power.shape[1]).mean(axis=1)
    spectrum = periodogram(interval, kept)
    expected = np.array([frequency, width, variance(FIELD, model.mask.sum())])
    error = spectrum(None, *expected)  # of a periodogram is proportional to its expectation
    ratios = [curve_fit(spectrum, error, group, p0=expected, sigma=error)[0] / expected for group in power]
    excess = np.maximum(np.abs(np.mean(ratios, axis=0) - 1) - BIAS, 0)
    return 3 * 2 * stats.t.sf(excess / stats.sem(ratios), groups - 1).min()  # three at once, two-sided


@pytest.mark.slow
def test_spectrum_of_one_spin(run, scaled_noise):
    """Noise that is 5 % too strong shows in the area, damping that is 10 % too strong in the width."""
    damping = 0.05
    model = film((1, 1, 1), damping)
    p_value = partial(p_value_of_spectrum, run, damping=damping, replicas=1600)
    assert p_value(model) > P_VALUE
    assert p_value(scaled_noise(model, 1.05)) < P_VALUE**2
    assert p_value(film((1, 1, 1), 1.1 * damping)) < P_VALUE**2


@pytest.mark.slow
def test_spectrum_of_a_film_is_that_of_one_large_spin(run):
    """Exchange leaves its mean moment alone, and the noise of its cells adds up."""
    assert p_value_of_spectrum(run, film((2, 2, 1), 0.05), 0.05, replicas=640) > P_VALUE


@pytest.mark.slow
def test_equipartition_among_spin_waves(run, scaled_noise, without_exchange):
    """Every cosine wave of a coupled film has kT for each of its two components, the shortest as the longest."""
    n, replicas = (4, 4, 1), 1000
    model = film(n, damping=0.5)
    index = np.arange(4)
    wave = np.cos(np.pi * np.outer(index, index + 0.5) / 4)
    wave /= np.linalg.norm(wave, axis=1)[:, None]
    curvature = 2 * EXCHANGE / (mu_0 * MS * EDGE**2) * (2 - 2 * np.cos(np.pi * index / 4))
    stiffness = curvature[:, None] + curvature + np.reshape([FIELD, FIELD + HARD_AXIS], (2, 1, 1))

    def p_value(model):
        # A third of a radian a step for the fastest wave, with a damping of 0.5 of it: at the largest step that the
        # Heun scheme allows, the film lacks 4 % of its energy, which falls with the square of the step.
        trajectory = run(model, up(model), replicas=replicas, samples=1, interval=3e-10, seed=3, time_step=7.5e-13)
        waves = wave @ trajectory.final[:, :2, 0].astype(float) @ wave.T
        return p_value_of_variances((waves**2).mean(axis=0) / variance(stiffness), replicas)

    assert p_value(model) > P_VALUE
    assert p_value(scaled_noise(model, 1.05)) < P_VALUE**2
    assert p_value(without_exchange(model)) < P_VALUE**2
