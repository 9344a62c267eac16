"""An ellipse from its simulation to the array: nothing on the way knows the shape by name."""

from dataclasses import replace
from typing import get_args

import jax.numpy as jnp
import numpy as np
import pytest

from magbayes.compact_models.fit import fit_stochastic_mtj
from magbayes.micromag import EllipticMTJ, Fluctuation
from magbayes.micromag.protocols.variation import DiskVariation
from magbayes.system.array.accelerator import Accelerator
from magbayes.system.network.posterior import Layer, Posterior, forward
from magbayes.system.settings import AcceleratorSettings, Imperfection

RUN = {"temperature": 300.0, "engine": "native"}
VOLTAGES = (-3.0, -1.8, -0.6)


@pytest.fixture(scope="module")
def recorded():
    """Ensembles of an ellipse in a few coarse cells, and how such devices differ."""
    device = EllipticMTJ(diameter=48e-9, aspect=2.0, cell_size=8e-9, damping=0.3, gate_thickness=1.5e-9)
    protocol = Fluctuation(replicas=32, draws=100, duration=2e-9, sample_interval=5e-11)
    ensembles = [protocol.run(device, v, seed=i, **RUN) for i, v in enumerate(VOLTAGES)]
    sizes = DiskVariation(replicas=16, draws=40, voltages=VOLTAGES[1:2])
    return device, ensembles, sizes.run(device, seed=9, **RUN)[0]


@pytest.mark.slow
def test_an_ellipse_goes_from_its_simulation_to_the_array(recorded, models, key):
    device, ensembles, varied = recorded
    smtj, points = fit_stochastic_mtj(ensembles, {name: np.asarray(value) for name, value in varied.items()}, seed=1)
    widths = [np.sqrt((e.draws.magnetisation.astype(float) ** 2).mean(axis=(0, 1))) for e in ensembles]
    for point, width in zip(points, widths, strict=True):
        # Pooled over the gates, it is known better than by one gate's draws, from which it is some of their errors.
        assert point.marginal.sigma == pytest.approx(width[0], rel=0.05)
        assert point.marginal.sigma_error < 0.02 * point.marginal.sigma
        assert width[0] > 1.05 * width[1]
    assert smtj.largest_deviation[0] == pytest.approx(
        device.perpendicular_conductance(device.area) * device.polarisation_squared
    )
    rng = np.random.default_rng(1)
    layer = Layer(rng.normal(size=(7, 5)), rng.uniform(0.07, 0.1, (7, 5)))
    posterior = Posterior((layer,), "regression", 1.0, 0.1, rng.normal(size=(50, 6)), np.zeros(1))
    both = replace(models, smtj=smtj)
    inputs = posterior.calibration[:5]
    ideal = frozenset(get_args(Imperfection)) - {"noise"}
    quiet = Accelerator(posterior, both, AcceleratorSettings(ideal=ideal | {"noise"}), key)
    expected = np.asarray(forward([jnp.asarray(layer.mean)], jnp.asarray(inputs), 1.0))
    assert np.abs(quiet.predict(key, inputs, samples=2) - expected).max() < 5e-6 * np.abs(expected).max()
    # Noise of the ellipses: sum over the inputs (1 is that of the bias) of (sigma x)^2.
    noisy = Accelerator(posterior, both, AcceleratorSettings(ideal=ideal), key).predict(key, inputs, samples=400)
    spread = np.sqrt(np.column_stack([inputs, np.ones(5)]) ** 2 @ np.asarray(layer.std) ** 2)
    ratio = noisy.std(axis=0) / spread
    assert np.median(ratio) == pytest.approx(1, abs=0.15)
