"""Warming of a strip on an oxide against closed solutions; a wrong diffusivity fails each of them."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erf, erfcx
from scipy.stats import fisher_exact

from magbayes.micromag import DomainWallMTJ, Pulses
from magbayes.micromag.devices.heat import Pulse, strip
from tests.tracks import small_track

CONDUCTIVITY, CAPACITY, LAYERS = 1.4, 1.63e6, 0.02
EFFUSIVITY = math.sqrt(CONDUCTIVITY * CAPACITY)
TIMES = np.array([5e-11, 2e-10, 5e-10, 1e-9, 2e-9])
TOLERANCE = 0.012
"""The cells make up to 1 % of the rise, most at the shortest time; a conductivity that is off by 5 % makes 2.5 %."""


def oxide(width=math.inf, **changes):
    """A strip without layers on an oxide that no heat passes within nanoseconds."""
    usual = {"layers": 1e-9, "interface": 0.0, "conductivity": CONDUCTIVITY, "capacity": CAPACITY, "thickness": 5e-7}
    return strip(width, **usual | changes)


def half_space(time):
    """Surface of a half-space under a constant flux: 2 sqrt(t / pi) / e, with the effusivity e."""
    return 2 * np.sqrt(time / np.pi) / EFFUSIVITY


def covered_half_space(time):
    """The same under a layer of capacity C per area, from the Laplace transform 1 / (s (C s + e sqrt(s)))."""
    return half_space(time) - LAYERS / EFFUSIVITY**2 * (1 - erfcx(EFFUSIVITY * np.sqrt(time) / LAYERS))


def strip_on_half_space(time, width=40e-9):
    """Mean under a strip of constant flux: the share of the heat of each moment that is still below the strip."""

    def share(root):
        spread = root * math.sqrt(CONDUCTIVITY / CAPACITY) * 2 / width
        return erf(1 / spread) - spread / math.sqrt(math.pi) * -math.expm1(-1 / spread**2) if root else 1.0

    # With the root of the time as variable, the integrand has no singularity.
    return np.array([quad(share, 0, math.sqrt(t))[0] for t in time]) * 2 / math.sqrt(math.pi) / EFFUSIVITY


CASES = {
    "half-space": (half_space, {}),
    "half-space under a layer": (covered_half_space, {"layers": LAYERS}),
    "strip": (strip_on_half_space, {"width": 40e-9}),
}


@pytest.mark.parametrize("name", CASES)
def test_rise_is_that_of_the_closed_solution(name):
    closed, changes = CASES[name]
    assert oxide(**changes).rise(TIMES) == pytest.approx(closed(TIMES), rel=TOLERANCE)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_a_wrong_diffusivity_is_rejected(name, factor):
    closed, changes = CASES[name]
    wrong = oxide(**changes, conductivity=factor * CONDUCTIVITY)
    assert wrong.rise(TIMES[-1]) != pytest.approx(closed(TIMES)[-1], rel=TOLERANCE)


def test_a_layer_takes_all_heat_at_first():
    """Adiabatic: t / C, less 0.5 % that an oxide of little conductivity lets through."""
    time = 1e-12
    rise = oxide(layers=LAYERS, conductivity=1e-2).rise(time)
    assert rise == pytest.approx(time / LAYERS, rel=0.01)
    assert oxide(layers=1.1 * LAYERS, conductivity=1e-2).rise(time) != pytest.approx(time / LAYERS, rel=0.01)


@pytest.mark.parametrize("resistance", [0.0, 5e-9])
def test_steady_state_of_a_film_is_that_of_resistances_in_series(resistance):
    film = oxide(thickness=1e-7, interface=resistance, layers=LAYERS)
    assert film.rise(1.0) == pytest.approx(1e-7 / CONDUCTIVITY + resistance, rel=1e-9)


def test_cooling_is_a_step_less_a_later_step():
    pulse = Pulse(oxide(layers=LAYERS), 5e9, 1e-9)
    times = 1e-9 + TIMES
    closed = 5e9 * (covered_half_space(times) - covered_half_space(TIMES))
    assert pulse.rise(times) == pytest.approx(closed, rel=TOLERANCE)
    assert pulse.peak == pytest.approx(pulse.rise(np.linspace(0, 3e-9, 301)).max())
    assert pulse.rise(-1e-9) == 0


def test_mean_over_a_time_is_that_of_the_curve():
    pulse = Pulse(oxide(40e-9, layers=LAYERS), 5e9, 1e-9)
    for start, end in ((0.0, 3e-10), (8e-10, 1.4e-9), (1e-9, 2.5e-9)):
        curve = pulse.rise(np.linspace(start, end, 2001))
        # The trapezoidal rule is good to 1e-5 beside the start, where the rise has its largest slope.
        assert pulse.mean_rise(start, end) == pytest.approx(np.trapezoid(curve) / 2000, rel=1e-4)


def test_a_wide_strip_is_a_film_and_a_narrow_one_stays_cooler():
    wide, narrow, film = (oxide(width, layers=LAYERS).rise(1e-9) for width in (1e-5, 40e-9, math.inf))
    assert wide == pytest.approx(film, rel=0.01)
    assert narrow < 0.9 * film


def test_power_and_layers_of_the_track():
    """J^2 rho t per area, into the layers alone at first."""
    track = small_track()
    pulse = track.heating(8e11, 1e-9)
    assert pulse.power == pytest.approx(8e11**2 * 2e-6 * 4e-9)
    layers = 4e-9 * 2.55e6 + 1.2e-9 * 3.6e6 + 0.03
    assert pulse.response.weights.sum() == pytest.approx(1 / layers)
    assert pulse.peak == pytest.approx(61.5, abs=0.3)
    assert track.heating(4e11, 1e-9).peak == pytest.approx(pulse.peak / 4)


def test_necks_of_an_etched_metal_are_hotter():
    """The power near a notch lies between the mean over the track, its Joule heat over its area, and the neck's."""
    etched = DomainWallMTJ()
    pulse = etched.heating(3e11, 1e-9)
    mean = etched.pulse_energy(3e11, 1.0) / etched.coverage.area
    full = etched.changed(heavy_metal_etched=False).heating(3e11, 1e-9).power
    neck = full * (etched.width / (etched.width - 2 * etched.notch_depth)) ** 2
    assert 1.2 * mean < pulse.power < 0.7 * neck
    assert full < 0.5 * mean
    # In a short pulse heat stays in the neck.
    assert etched.heating(3e11, 1e-11).power > 1.1 * pulse.power


@pytest.mark.slow
def test_heat_moves_walls_and_dropping_it_is_seen():
    """Of 200 walls more leave their notch with the heat of a pulse than without: Fisher's exact test at 1e-3.

    A pulse of 1 ns that ends 41 K warmer moves about a half where 300 K moves a quarter.
    """
    track, replicas = small_track(notches=2), 100

    def moved(seed, **changes):
        pulses = Pulses(replicas=2 * replicas, relaxation=1e-9, **changes)
        ensemble = pulses.run_pulse(track, 6.5e11, 1e-9, temperature=300.0, seed=seed, engine="native")
        strayed = np.abs(ensemble.value("wall_position") - track.notch_positions[:, None]) > track.notch_pitch / 2
        return int(strayed.sum())

    with_heat, again, without = moved(1), moved(2), moved(3, heating=False)
    total = 2 * replicas
    assert fisher_exact([[with_heat, total - with_heat], [again, total - again]]).pvalue > 1e-3
    assert fisher_exact([[with_heat, total - with_heat], [without, total - without]], "greater").pvalue < 1e-3
