"""The memory of an ensemble is known before it starts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from magbayes.data.memory import MemoryShortageError
from magbayes.micromag import StochasticMTJ, simulate
from magbayes.micromag.llg import ensemble
from magbayes.micromag.llg.coefficients import coefficients
from magbayes.micromag.llg.lattice import lattice
from magbayes.micromag.llg.model import translate
from tests.tracks import small_track


@pytest.mark.slow
@pytest.mark.parametrize("system", [StochasticMTJ().system(), small_track().system(wall=2)], ids=["disk", "track"])
def test_prediction_covers_what_xla_says(system):
    model = translate(system)
    cells = lattice(model)
    count, replicas, samples = len(cells.cells), 16, 2
    arrays, grid_field = coefficients(model, cells, model.mask / model.mask.sum(), 1e-13, replicas)
    factors = np.zeros((1, 0), np.float32)
    program = ensemble._run.lower(
        arrays,
        jnp.zeros((1, 3, count, replicas)),
        jax.random.key(0),
        jnp.arange(replicas)[None],
        factors,
        factors,
        jnp.float32(1e-13),
        jnp.array([samples, 1]),
        jnp.zeros((samples, 0)),
        colours=cells.colours,
        grid_field=grid_field,
        noisy=True,
        scheme="midpoint",
    ).compile()
    said = program.memory_analysis()
    found = said.temp_size_in_bytes + said.output_size_in_bytes
    predicted = ensemble.memory(count, replicas, samples, batch=replicas)
    # The prediction is for the hungriest of meshes, a block; it may exceed a film's need, but not without bounds.
    assert found < predicted < 8 * found


def test_batches_shrink_to_fit_and_what_never_fits_is_refused(monkeypatch):
    state = 3 * 1000 * 4
    monkeypatch.setattr(ensemble, "room", lambda: 200 * state)
    batches, size = ensemble.batches_for(cells=1000, replicas=10, samples=10)
    assert batches * size >= 10
    assert ensemble.memory(1000, 10, 10, size) <= 100 * state
    with pytest.raises(
        MemoryShortageError, match=r"^40 replicas of 1000 cells with 10 samples: needs .* 0\.0012 GB may"
    ):
        ensemble.batches_for(cells=1000, replicas=40, samples=10)


@pytest.mark.parametrize(
    ("cells", "replicas", "expected"),
    [
        (704, 96, (6, 16)),
        (768, 96, (6, 16)),
        (768, 24, (2, 16)),
        (768, 12, (1, 16)),
        (768, 4, (1, 4)),
        (80, 96, (1, 96)),
    ],
)
def test_batches_fill_cache_lines(monkeypatch, cells, replicas, expected):
    """By the cache alone 768 cells would run in batches of 14, at twice the time a replica."""
    monkeypatch.setattr(ensemble, "room", lambda: 10**10)
    assert ensemble.batches_for(cells, replicas, 10) == expected


def test_an_ensemble_that_cannot_fit_ends_before_it_starts():
    with pytest.raises(MemoryShortageError, match="GB may be used"):
        simulate(StochasticMTJ().system(), replicas=10**9, duration=1e-12, sample_interval=1e-12, seed=0)
