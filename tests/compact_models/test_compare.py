"""Two models beside each other."""

import dataclasses

import pytest

from magbayes.compact_models import CompactModels, compare
from magbayes.compact_models.compare import Comparison
from magbayes.compact_models.fit import fit_domain_wall_mtj, fit_stochastic_mtj
from magbayes.data.estimate import Estimate


@pytest.fixture
def models(fluctuation, pulses, rest, varied, held):
    return CompactModels(
        stochastic(fluctuation, varied, 1, 0.1),
        fit_domain_wall_mtj(pulses, rest, varied, held),
        300.0,
        {},
        {"engine": {}},
    )


def stochastic(fluctuation, varied, seed, width):
    """Model of a device of that width at 0 V, and of twice the width at 0.2 V."""
    ensembles = [fluctuation(v, lambda x, s=s: s * x, seed=seed) for v, s in ((0.0, width), (0.2, 2 * width))]
    return {300.0: fit_stochastic_mtj(ensembles, varied, seed=1)[0]}


def test_a_model_agrees_with_itself_and_with_another_sample_of_it(models, fluctuation, varied):
    assert all(c.agrees and c.distance == 0 for c in compare(models, models))
    found = compare(models, dataclasses.replace(models, stochastic=stochastic(fluctuation, varied, 2, 0.1)))
    assert [c.quantity for c in found] == ["sigma"] * 2 + ["depinning by 0.5 ns"] * 2
    assert all(abs(c.distance) < 2 for c in found)  # 4 standard errors
    assert found[0].distance != 0


@pytest.mark.slow
def test_a_sigma_that_is_ten_percent_off_is_seen(models, fluctuation, varied):
    found = compare(models, dataclasses.replace(models, stochastic=stochastic(fluctuation, varied, 2, 0.11)))
    assert [c.agrees for c in found] == [False, False, True, True]
    assert found[0].distance > 1


def test_the_margins_that_face_each_other_count():
    one, other = Estimate(0.5, 0.2, 0.6), Estimate(0.8, 0.7, 1.0)
    assert Comparison("p", 1, "", "1", one, other).distance == pytest.approx(0.3 / (0.1**2 + 0.1**2) ** 0.5)
    assert Comparison("p", 1, "", "1", other, one).distance == pytest.approx(-0.3 / (0.1**2 + 0.1**2) ** 0.5)


def test_models_without_a_common_point_are_refused(models):
    dwmtj = dataclasses.replace(models.dwmtj, current_density=models.dwmtj.current_density * 2)
    smtj = dataclasses.replace(models.smtj, voltage=models.smtj.voltage + 0.05)
    with pytest.raises(ValueError, match="share neither"):
        compare(models, dataclasses.replace(models, dwmtj=dwmtj, stochastic={300.0: smtj}))
