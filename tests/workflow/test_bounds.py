"""Every key of devices and protocols at its ends, alone and in pairs: refused by name, or the jobs can begin."""

import itertools
import random
import re

import numpy as np
import pytest

from magbayes.data.seeds import generator
from magbayes.micromag.devices import device as devices
from magbayes.micromag.llg.ensemble import time_step_for
from magbayes.micromag.llg.model import translate
from magbayes.micromag.protocols.widths import INTERVAL
from magbayes.workflow.amount import amount_of
from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.sources import merge
from magbayes.workflow.tasks import tasks_of
from tests.tracks import SMALL_TRACK
from tests.workflow.keys import ends, keys, nested
from tests.workflow.test_bad_input import check_lines

SECTIONS = (
    "temperature",
    "smtj",
    "fluctuation",
    "resolution",
    "dwmtj",
    "pulses",
    "retention",
    "track_resolution",
    "variation",
)

SMALL = {
    "smtj": {"cell_size": 8e-9},
    "dwmtj": SMALL_TRACK | {"cell_size": 8e-9, "notches": 2},
    "resolution": {"cells_across": [4]},
    "track_resolution": {"finer": []},
    "variation": {"dwmtj": {"tracks": 2}},
}


@pytest.fixture(autouse=True)
def small_meshes(monkeypatch):
    """What is larger takes a job no other way, only longer."""
    monkeypatch.setattr(devices, "LARGEST_MESH", 2000)


def changes():
    """One key at an end of what its schema accepts, or a list with an entry there."""
    for path, schema, _ in keys():
        if path[0] not in SECTIONS:
            continue
        if schema.get("type") in ("number", "integer"):
            yield from (nested(path, end) for end in ends(schema))
        if schema.get("type") == "array":
            lows_and_highs = ends(schema["items"])
            yield nested(path, lows_and_highs)
            yield nested(path, [])
            # Four voltages are the fewest.
            low, high = lows_and_highs
            yield nested(path, [low, low + (high - low) / 3, low + (high - low) / 2, high])


def step(system, interval):
    """Translate a system and choose its time step, as an ensemble begins."""
    model = translate(system)
    assert model.mask.any()
    length, steps = time_step_for(model, interval)
    assert 0 < length <= interval * (1 + 1e-9)
    assert steps >= 1


def begin_disks(c):
    """What the jobs of the stochastic MTJ do first, at the ends of voltages and temperatures."""
    kelvins = c.fluctuation.temperatures(c.temperature)
    for voltage, kelvin in {(c.fluctuation.voltages[0], kelvins[0]), (c.fluctuation.voltages[-1], kelvins[-1])}:
        step(c.smtj.system(voltage, kelvin), c.fluctuation.sample_interval)
        assert np.isfinite(c.smtj.barrier(voltage))
    damped = c.smtj.changed(damping=c.resolution.damping)
    for count in c.resolution.cells_across:
        step(damped.in_cells(count).system(c.resolution.voltages[0], c.temperature), INTERVAL)
    damped = c.smtj.changed(damping=c.variation.smtj.damping)
    for factor in (1 - c.variation.smtj.change, 1 + c.variation.smtj.change):
        step(damped.scaled(factor).system(c.variation.smtj.voltages[0], c.temperature), INTERVAL)


def begin_tracks(c):
    """What the jobs of the domain-wall MTJ do first."""
    pulse = c.pulses.current_densities[-1], c.pulses.widths[-1]
    hottest = max(part.rise for part in c.pulses.pulse_stages(c.dwmtj, *pulse))
    step(c.dwmtj.system(0, *pulse, temperature=c.temperature + hottest), c.pulses.sample_interval)
    track = c.variation.dwmtj.draw(c.dwmtj, generator(c.seed_for("dwmtj/variation"), "track", 0))
    step(track.system(track.notches - 1, temperature=c.temperature), INTERVAL)


def is_refused(change):
    """Whether a configuration is refused; of one that is not, the jobs begin."""
    try:
        configuration = validate(merge(SMALL, change))
    except ConfigurationError as error:
        said = str(error)
        check_lines(said)
    else:
        if change.keys() & {"temperature", "smtj", "fluctuation", "resolution"} or "smtj" in change.get(
            "variation", {}
        ):
            begin_disks(configuration)
        if change.keys() & {"temperature", "dwmtj", "pulses"} or "dwmtj" in change.get("variation", {}):
            begin_tracks(configuration)
        for task in tasks_of(configuration, "native").values():
            assert 0 < amount_of(task.rule, task.params) < np.inf
        return False
    # A lever of the barrier can be too long for the accelerator's read voltage.
    assert re.match(rf"({'|'.join((*SECTIONS, 'accelerator'))})\b[\w.]*: ", said)
    return True


CHANGES = list(changes())


@pytest.fixture(scope="module")
def accepted():
    """The changes that are not refused, of which the jobs have begun."""
    return [change for change in CHANGES if not is_refused(change)]


@pytest.mark.slow
def test_a_key_at_its_end_is_refused_or_jobs_begin(accepted):
    assert 0.1 * len(CHANGES) < len(CHANGES) - len(accepted) < 0.6 * len(CHANGES)


@pytest.mark.slow
def test_pairs_of_keys_at_their_ends_are_refused_or_jobs_begin(accepted):
    pairs = random.Random(1).sample(list(itertools.combinations(accepted, 2)), 40)
    refused = sum(is_refused(merge(one, other)) for one, other in pairs)
    assert refused < 30
