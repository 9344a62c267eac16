"""Widths that are set as a read voltage makes them."""

from dataclasses import dataclass, replace
from typing import get_args

import jax
import numpy as np
import pytest

from magbayes.system.array.accelerator import Accelerator
from magbayes.system.array.electrical import Drive
from magbayes.system.array.tuning import tuning
from magbayes.system.network.posterior import Layer, Posterior
from magbayes.system.settings import AcceleratorSettings, Imperfection
from tests.system.conftest import FakeStochastic, exactly

FULL = 0.05
SETTINGS = AcceleratorSettings(read_voltage=FULL)


@dataclass(frozen=True)
class Steep(FakeStochastic):
    """Sigma grows by a factor of e in 0.1 V: steeper than any device."""

    read_lever: float = 2.0
    voltage_range = (0.0, 1.0)

    def sigma(self, voltage, integration_time):
        return exactly(1e-6 * np.exp(10 * np.asarray(voltage)))

    def sigma_range(self, integration_time, read_voltage=0.0):
        ends = np.array([self.read_lever * read_voltage, 1 - self.read_lever * read_voltage])
        return tuple(float(x) for x in self.sigma(ends, integration_time).value)

    def voltage_for(self, sigma, integration_time):
        return np.log(np.asarray(sigma) / 1e-6) / 10


def driven(typical, lean=None):
    typical = np.asarray(typical, float)
    return Drive(np.ones(1), 1.0, 1.0, typical, np.zeros_like(typical) if lean is None else np.asarray(lean, float))


def test_each_row_has_the_width_of_its_own_voltage():
    """At v the variance of a pair is cosh(2 * 10 * 2 v) times that without voltage: exactly, for this device."""
    tuned = tuning(Steep(), SETTINGS, driven([0.0, 0.02, FULL]))
    gate = np.full((2, 3, 4), 0.4)
    shown = tuned.sigma(gate)
    plain = 1e-6 * np.exp(4.0)
    expected = plain * np.sqrt(np.cosh(40 * np.array([0.0, 0.02, FULL])))
    assert shown[1, :, 3] == pytest.approx(expected, rel=1e-4)
    assert tuned.voltage_for(shown) == pytest.approx(gate, rel=1e-4)
    assert expected[2] > 1.9 * plain


def test_pairs_that_see_one_voltage_lean_with_it():
    """Whose mean voltage is all of it: sigma is that of the gate and it."""
    alike = SETTINGS.model_copy(update={"pair_drive": "alike"})
    tuned = tuning(Steep(), alike, driven([0.03], [0.03]))
    assert tuned.sigma(np.full((1, 1), 0.4)) == pytest.approx(1e-6 * np.exp(4.6), rel=1e-4)
    opposite = tuning(Steep(), SETTINGS, driven([0.03], [0.03]))
    assert opposite.sigma(np.full((1, 1), 0.4)) == pytest.approx(1e-6 * np.exp(4) * np.sqrt(np.cosh(1.2)), rel=1e-4)


def test_without_the_effect_widths_are_those_without_a_voltage():
    ideal = SETTINGS.model_copy(update={"ideal": frozenset({"input_voltage"})})
    for tuned in (tuning(Steep(), ideal, driven([FULL])), tuning(Steep(), SETTINGS)):
        assert tuned.sigma(np.full((1, 1), 0.4)) == pytest.approx(1e-6 * np.exp(4.0), rel=1e-4)


def test_what_no_gate_voltage_makes_is_told():
    tuned = tuning(Steep(), SETTINGS, driven([0.0, FULL]))
    low, high = tuned.width[:, 0], tuned.width[:, -1]
    sigma = np.stack([low, 1.01 * high, 0.99 * low], axis=1)
    assert tuned.within(sigma).tolist() == [[True, False, False]] * 2
    assert tuned.voltage_for(sigma)[:, 1] == pytest.approx(np.full(2, tuned.voltage[-1]))


@pytest.mark.parametrize("drive", ["opposite", "alike"])
def test_a_chip_shows_the_variance_of_the_posterior_on_average_over_inputs(models, drive, monkeypatch):
    """With a device whose variance a full-scale input makes 1.5 times as large, by its second order alone."""
    steep = replace(models, smtj=Steep(read_lever=1.0, decay_time=1e-12))
    rng = np.random.default_rng(1)
    layer = Layer(rng.normal(size=(21, 30)), rng.uniform(0.1, 0.2, (21, 30)))
    inputs = rng.uniform(0.2, 1.0, (40, 20))
    posterior = Posterior((layer,), "regression", 1.0, 0.1, inputs, np.zeros(1))
    keys = jax.random.key(1, impl="rbg"), jax.random.key(2, impl="rbg")
    ideal = frozenset(get_args(Imperfection)) - {"noise", "input_voltage"}
    settings = AcceleratorSettings(ideal=ideal, read_voltage=0.05, pair_drive=drive, sampling="columns")

    def excess():
        outputs = Accelerator(posterior, steep, settings, keys[0]).predict(keys[1], inputs, samples=400)
        wanted = np.column_stack([inputs, np.ones(40)]) ** 2 @ layer.std**2
        return outputs.var(axis=0, ddof=1).sum() / wanted.sum() - 1

    # 480 000 numbers tell 0.2 %; of the fourth order in the voltage, 1 to 2 % are left.
    assert abs(excess()) < 0.03
    monkeypatch.setattr("magbayes.system.array.writing.tuning", lambda model, settings, _: tuning(model, settings))
    assert excess() > 0.1
