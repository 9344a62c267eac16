"""When a column may be drawn as a Gaussian, and that the error which is said is the error which is made."""

import numpy as np
import pytest
from scipy import stats

from magbayes.system.array.sampling import aggregation, by_columns, largest_correlation
from magbayes.system.settings import AcceleratorSettings

GATE = np.full((2, 3, 2), 0.5)


@pytest.mark.parametrize("interval", [2e-9, 10e-9, 40e-9])
def test_the_correlation_is_that_of_the_memory(models, interval):
    assert largest_correlation(GATE, models.smtj, interval, 1e-9) == pytest.approx(np.exp(-interval / 5e-9))


@pytest.mark.parametrize(
    ("sampling", "interval", "columns"),
    [
        ("auto", 40e-9, True),
        ("auto", 10e-9, False),
        ("columns", 40e-9, True),
        ("devices", 40e-9, False),
    ],
)
def test_columns_are_drawn_where_reads_are_independent(models, sampling, interval, columns):
    settings = AcceleratorSettings(sampling=sampling, sample_interval=interval)
    assert by_columns(aggregation(GATE, models.smtj, settings), settings) == columns


@pytest.mark.parametrize(("changes", "interval"), [({}, 10e-9), ({"kurtosis": -1.5}, 40e-9)])
def test_columns_are_refused_where_reads_do_not_allow_them(models, changes, interval):
    settings = AcceleratorSettings(sampling="columns", sample_interval=interval)
    found = aggregation(GATE, models.with_smtj(**changes).smtj, settings)
    with pytest.raises(ValueError, match=r"sampling = columns needs .* lengthen the interval, or take"):
        by_columns(found, settings)


def test_the_distance_from_a_gaussian_is_that_of_a_single_pair(models):
    """Uniform devices, excess kurtosis -1.2: the difference of two is triangular."""
    found = aggregation(GATE, models.with_smtj(kurtosis=-1.2).smtj, AcceleratorSettings())
    scores = np.linspace(-4, 4, 10_001)
    triangle = stats.triang(0.5, -np.sqrt(6), 2 * np.sqrt(6))
    # To first order in the kurtosis, which leaves out a quarter of so large a one.
    assert found.distance == pytest.approx(np.abs(triangle.cdf(scores) - stats.norm.cdf(scores)).max(), rel=0.3)
