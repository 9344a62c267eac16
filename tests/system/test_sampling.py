"""When a column may be drawn as a Gaussian, and that the error which is said is the error which is made."""

import numpy as np
import pytest
from scipy import stats

from magbayes.system.array.electrical import Drive
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


def test_a_column_is_as_gaussian_as_its_rows_are_driven(models):
    """Sixty devices of kurtosis 3, of which each input drives a third, by 0.2 or by 0.1 V."""
    rng = np.random.default_rng(1)
    count, rows = 4000, 30
    voltage = np.where(rng.uniform(size=(count, rows)) < 1 / 3, rng.choice([0.1, 0.2], (count, rows)), 0.0)
    second, fourth = (voltage**2).mean(axis=0), (voltage**4).mean(axis=0)
    driven = Drive(second, 1.0, rows, np.sqrt(fourth / second), np.zeros(rows))
    gate = np.full((2, rows, 2), 0.5)
    smtj = models.with_smtj(kurtosis=3.0).smtj
    alone, found = (aggregation(gate, smtj, AcceleratorSettings(), drive).distance for drive in (None, driven))
    # Laplace noise has an excess kurtosis of 3; of pairs 1.5. Sums have its share over the inputs.
    noise = rng.laplace(size=(count, 50, rows)) + rng.laplace(size=(count, 50, rows))
    current = np.einsum("nr,nsr->ns", voltage, noise)
    variance = 4 * (voltage**2).sum(axis=1)  # 2 of each
    measured = 0.5506 / 24 * ((current**4).mean() - 3 * (variance**2).mean()) / variance.mean() ** 2
    assert alone == pytest.approx(0.5506 / 24 * 1.5)
    # Fourth moments of 200 000 draws are known to 0.02 squared variances, a tenth of what is left here.
    assert found == pytest.approx(measured, rel=0.3)
    assert found < alone / 5
    # The control: all rows driven at once by the same would say less than half of that.
    full = Drive(np.ones(1), 1.0, rows, np.ones(1), np.zeros(1))
    assert aggregation(gate, smtj, AcceleratorSettings(), full).distance < 0.5 * found
