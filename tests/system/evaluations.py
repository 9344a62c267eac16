"""Small evaluations of one network on the same inputs: with two seeds of chips and noise, and without noise."""

from dataclasses import replace

import jax
import numpy as np

from magbayes.data.container import provenance
from magbayes.system.datasets import load_dataset
from magbayes.system.evaluation.evaluate import evaluate
from magbayes.system.evaluation.results import write_evaluation
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks, software_predict
from magbayes.system.settings import AcceleratorSettings
from tests.system.conftest import FakeModels

SETTINGS = AcceleratorSettings(samples=60, sample_interval=1e-6, sampling="columns", ideal=frozenset({"levels", "adc"}))
CHIPS = 4


def write_runs(folder):
    """Write ``one.h5``, ``other seed.h5`` and ``silent.h5``; returns their paths by name."""
    models = FakeModels().with_smtj(offset_std=0.005, scale_std=0.01).with_dwmtj(count=32)
    cubic = load_dataset("cubic", seed=1)
    rng = np.random.default_rng(1)
    layers = tuple(Layer(rng.normal(size=s), rng.uniform(0.1, 0.3, s)) for s in ((2, 8), (9, 1)))
    posterior = Posterior(layers, "regression", 1.0, 0.1, cubic.train_inputs[:50], np.zeros(1))
    draws = software_predict(posterior, jax.random.key(3), cubic.test_inputs, len(cubic.test_inputs))
    cubic = replace(cubic, test_targets=np.diagonal(draws[..., 0]))
    silent = SETTINGS.model_copy(update={"ideal": SETTINGS.ideal | {"noise"}})
    paths = {}
    for name, settings, seed in (("one", SETTINGS, 1), ("other seed", SETTINGS, 2), ("silent", silent, 1)):
        networks = TrainedNetworks(posterior, posterior, posterior)
        evaluation = evaluate(cubic, networks, models, settings, seed, chips=CHIPS)
        paths[name] = folder / f"{name}.h5"
        write_evaluation(paths[name], evaluation, cubic, provenance({}, seed=seed))
    return paths
