import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

from system import metrics


def test_certain_predictions_lie_in_the_last_bin():
    predicted = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0 + 2e-16, 0.0]])
    diagram = metrics.reliability(predicted, np.array([0, 0, 1, 1]))
    assert diagram.inputs.tolist() == [0] * 14 + [4]
    assert (diagram.confidence[-1], diagram.accuracy[-1]) == (1.0, 0.75)
    assert metrics.expected_calibration_error(predicted, np.array([0, 0, 1, 1])) == pytest.approx(0.25)


def test_calibration_error_by_hand():
    # All fall into the upper of two bins, which includes its lower edge; two of three are right.
    predicted = np.array([[0.5, 0.5], [0.9, 0.1], [0.9, 0.1]])
    error = metrics.expected_calibration_error(predicted, np.array([0, 0, 1]), bins=2)
    assert error == pytest.approx(abs((0.5 + 0.9 + 0.9) - 2) / 3)


def test_classification_agrees_with_scikit_learn():
    random = np.random.default_rng(0)
    predicted, labels = random.dirichlet(np.ones(4), 200), random.integers(0, 4, 200)
    found = metrics.classification_metrics(predicted, labels, seed=0)
    assert found["accuracy"].value == pytest.approx(accuracy_score(labels, predicted.argmax(axis=1)))
    assert found["nll"].value == pytest.approx(log_loss(labels, predicted))
    expected = brier_score_loss(labels, predicted, labels=range(4), scale_by_half=False)
    assert found["brier"].value == pytest.approx(expected)
    for estimate in found.values():
        assert estimate.low <= estimate.value <= estimate.high


def test_the_bootstrap_interval_of_an_accuracy_is_that_of_a_binomial():
    labels = np.arange(400) % 2
    predicted = np.tile([0.7, 0.3], (400, 1))
    estimate = metrics.classification_metrics(predicted, labels, seed=0)["accuracy"]
    # 1.96 std of a mean of 400 fair coins is 0.049; 500 resamples fix a quantile to about 10 %.
    assert estimate.high - estimate.low == pytest.approx(2 * 0.049, rel=0.2)


def test_regression_with_one_sample_is_a_plain_gaussian():
    draws, targets = np.zeros((1, 4)), np.array([0.0, 0.5, -1.0, 3.0])
    found = metrics.regression_metrics(draws, 0.5, targets, scale=10.0, seed=0)
    assert found["rmse"].value == pytest.approx(10 * np.sqrt(np.mean(targets**2)))
    assert found["nll"].value == pytest.approx(-stats.norm.logpdf(10 * targets, 0, 5).mean())
    # Within 0.67, 1.28, 1.64 and 1.96 std of 0.5: the first; two; two; two and, at 2 std, not the third.
    names = ("coverage_50", "coverage_80", "coverage_90", "coverage_95")
    assert [found[name].value for name in names] == [0.25, 0.5, 0.5, 0.5]


def test_right_predictions_are_covered_as_promised():
    random = np.random.default_rng(3)
    draws = random.normal(size=(40, 2000))
    centre = draws[random.integers(0, 40, 2000), np.arange(2000)]
    found = metrics.regression_metrics(draws, 0.3, centre + 0.3 * random.normal(size=2000), 1.0, seed=0)
    # A false alarm of 1e-4 over four levels: 4.06 std of a binomial.
    for level in metrics.COVERAGE_LEVELS:
        tolerance = 4.06 * np.sqrt(level * (1 - level) / 2000)
        assert abs(found[f"coverage_{round(100 * level)}"].value - level) < tolerance


def test_quantiles_of_a_mixture():
    draws = np.array([[0.0, -1.0], [0.0, 1.0]])
    assert metrics.mixture_quantile(draws, 2.0, 0.95)[0] == pytest.approx(2 * stats.norm.ppf(0.95), rel=1e-6)
    assert metrics.mixture_quantile(draws, 2.0, 0.5)[1] == pytest.approx(0, abs=1e-6)
