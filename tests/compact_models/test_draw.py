"""Models drawn from the uncertainty of a fit spread as the fits of fresh ensembles do."""

import dataclasses

import jax
import numpy as np
import pytest

from magbayes.compact_models import CompactModels, load, save
from magbayes.compact_models.fit import analyse_fluctuation, fit_domain_wall_mtj, fit_stochastic_mtj
from magbayes.compact_models.precession import Memory

WIDTHS = {-1.0: 0.1, 0.0: 0.2, 1.0: 0.3}


@pytest.fixture(scope="module")
def models(fluctuation, pulses, rest, varied, held):
    ensembles = [fluctuation(v, lambda z, w=w: w * z, seed=i) for i, (v, w) in enumerate(WIDTHS.items())]
    smtj = fit_stochastic_mtj(ensembles, varied, seed=1)[0]
    return CompactModels({300.0: smtj}, fit_domain_wall_mtj(pulses, rest, varied, held), 300.0)


@pytest.fixture(scope="module")
def drawn(models):
    return [models.draw(jax.random.key(seed)) for seed in range(200)]


def test_the_same_key_draws_the_same_model(models, drawn):
    again = models.draw(jax.random.key(3))
    for device in ("smtj", "dwmtj"):
        for name in type(getattr(models, device)).__dataclass_fields__:
            assert np.array_equal(getattr(getattr(again, device), name), getattr(getattr(drawn[3], device), name))
    assert not np.array_equal(again.smtj.conductance_sigma, drawn[4].smtj.conductance_sigma)


def test_sigma_spreads_by_its_error(models, drawn):
    """200 draws of 64 resamples know a spread to 10 %; half of it or twice it would be wrong."""
    half = (models.smtj.sigma_high - models.smtj.sigma_low) / 2 / 2.04  # Student's t of 32 replicas
    spread = np.std([m.smtj.conductance_sigma for m in drawn], axis=0)
    assert spread == pytest.approx(half, rel=0.35)
    assert np.mean([m.smtj.conductance_sigma for m in drawn], axis=0) == pytest.approx(
        models.smtj.conductance_sigma, abs=0.5 * half.max()
    )


@pytest.mark.slow
def test_memory_spreads_as_fresh_ensembles_do(fluctuation, models, drawn):
    fresh = [analyse_fluctuation(fluctuation(0.0, lambda z: 0.2 * z, seed=50 + seed), seed=1) for seed in range(16)]
    for name in Memory._fields:
        truth = np.std([getattr(point, name) for point in fresh], ddof=1)
        spread = np.std([getattr(m.smtj, name)[1] for m in drawn])
        # 16 ensembles know a spread to 18 %.
        assert truth / 2 < spread < 2 * truth, name


def test_sigma_rises_in_every_draw(drawn):
    assert all((np.diff(m.smtj.conductance_sigma) > 0).all() for m in drawn)


def test_pulses_and_levels_spread(models, drawn):
    share = np.array([m.dwmtj.depinning_probability.value for m in drawn])
    assert share[:, 0].mean(axis=0) == pytest.approx([0.2, 0.9], abs=0.01)
    assert share[:, 0].std(axis=0) == pytest.approx([0.02, 0.015], rel=0.2)  # sqrt(p (1 - p) / 400)
    level = np.array([m.dwmtj.level_mean for m in drawn])
    assert level.std(axis=0) == pytest.approx(models.dwmtj.level_error, rel=0.2)
    # 16 replicas of 200 independent readings of jitter 1 %.
    assert models.dwmtj.level_error == pytest.approx(np.full(4, 2e-4 * 0.46 * 0.01 / 3200**0.5), rel=0.6)


def test_a_drawn_model_is_a_model(drawn, tmp_path):
    save(tmp_path / "drawn.h5", drawn[0])
    found = load(tmp_path / "drawn.h5")
    assert np.array_equal(found.smtj.conductance_sigma, drawn[0].smtj.conductance_sigma)


def test_voltages_too_close_for_their_uncertainty_are_refused(models):
    flat = dataclasses.replace(
        models.smtj, resampled_sigma=np.full_like(models.smtj.resampled_sigma, models.smtj.conductance_sigma[0])
    )
    with pytest.raises(ValueError, match="too close for its uncertainty"):
        flat.draw(np.random.default_rng(0))
