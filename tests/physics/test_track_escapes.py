"""Escapes of a wall from its notch, counted in trajectories, beside forward flux and Langer's rate.

From Langer's rate retention follows.
"""

import warnings

import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import mu_0

from magbayes.micromag import PathWarning, forward_flux, path, rate, wall_position
from magbayes.micromag.llg.midpoint import largest_step
from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.paths.swarm import Swarm
from tests.tracks import small_track

TEMPERATURE = 300.0
REPLICAS, EVENTS = 100, 60
"""Sixty events leave an error of 13 %."""

FACTOR = 5.0
"""What harmonic theory may miss: the barrier is 5 kT, and escapes were a factor of 2.6 rarer."""

# Shallow notches, and a field that pushes the wall to +x, lest it leaves to either side.
TRACK = small_track(notches=2, notch_depth=5e-9)
FIELD = mm.Zeeman(H=(0, 0, 25e-3 / mu_0))


def pushed(track):
    """A wall at the first notch, in the field."""
    system = track.system(0, temperature=TEMPERATURE)
    system.energy += FIELD
    return system


def langer(track):
    """Langer's rate from the first notch to the second, through slanted walls, 1/s."""
    here, there = track.notch_positions
    way, slopes = np.linspace(here, there, 7), 0.7 * np.sin(np.linspace(0, np.pi, 7))
    between = [track.wall(float(x), float(slope)) for x, slope in zip(way[1:-1], slopes[1:-1], strict=True)]
    found = path(
        pushed(track), track.wall(float(here)), track.wall(float(there)), images=15, initial=between, iterations=600
    )
    return rate(found, temperature=TEMPERATURE, depopulated=False).langer


def passages(track, seed):
    """Rate in 1/s at which walls first come to the second notch, of replicas that settled at the first one."""
    system = pushed(track)
    order, model = wall_position(system), translate(system)
    swarm = Swarm(model, order, 1.0, REPLICAS, 20 * largest_step(model), None, seed)
    start = to_grid(system.m.orientation.array)
    states = np.broadcast_to(start, (REPLICAS, *start.shape)).astype(np.float32)
    for _ in range(40):
        states = swarm.advance(states)
    settled, random = states[swarm.order(states) < 0], np.random.default_rng(seed)
    events = looks = 0
    while events < EVENTS:
        states = swarm.advance(states)
        looks += 1
        gone = swarm.order(states) >= track.notch_positions[1] - 2e-9
        states[gone] = settled[random.integers(len(settled), size=gone.sum())]
        events += int(gone.sum())
    return events / (looks * swarm.interval * REPLICAS)


@pytest.fixture(scope="module")
def watched():
    """Rate of escapes that were counted, 1/s."""
    return passages(TRACK, seed=5)


@pytest.mark.slow
def test_forward_flux_is_the_rate_at_which_walls_were_watched_to_escape(watched):
    """Over 5 kT, by the place of the wall. Control: the flux alone, as if all that leave arrived."""
    system = pushed(TRACK)
    here, there = (TRACK.wall(float(x)) for x in TRACK.notch_positions)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PathWarning)
        found = forward_flux(system, wall_position(system), here, there, seed=1)
    errors = [np.log(found.rate.high / found.rate.low) / (2 * 1.96), 1 / np.sqrt(EVENTS)]
    assert abs(np.log(found.rate.value / watched)) < 3 * np.hypot(*errors)
    assert np.log(found.flux / watched) > 3 * np.hypot(*errors)


@pytest.mark.slow
def test_walls_escape_as_the_bare_parameters_say(watched):
    """Control: with the parameters of the film, whose fluctuations then count twice, Langer's rate is off."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PathWarning)
        bare, film = langer(TRACK), langer(TRACK.changed(renormalise="none"))
    assert 1 / FACTOR < bare / watched < FACTOR
    assert film / watched > FACTOR
