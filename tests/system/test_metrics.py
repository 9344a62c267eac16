import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from magbayes.data.estimate import Estimate
from magbayes.system import metrics
from magbayes.system.metrics.classification import calibration_error_of
from magbayes.system.metrics.ranking import aurc_of, auroc_of


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


def test_mean_confidence_less_accuracy_has_a_sign():
    predicted = np.array([[0.6, 0.4], [0.8, 0.2]])
    assert metrics.mean_confidence_gap(predicted, np.array([0, 0])) == pytest.approx(0.7 - 1)
    assert metrics.mean_confidence_gap(predicted, np.array([1, 0])) == pytest.approx(0.7 - 0.5)


def test_distance_of_a_coverage_from_its_nominal_value():
    distance = metrics.coverage_distance(np.array([[0.85, 0.8, 0.89], [0.95, 0.92, 0.99]]), 0.9)
    np.testing.assert_allclose(distance, [[0.05, 0.01, 0.1], [0.05, 0.02, 0.09]])


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


def test_adaptive_bins_hold_equally_many_inputs():
    confidence = np.array([0.95, 0.9, 0.85, 0.6])
    predicted, labels = np.stack([confidence, 1 - confidence], axis=1), np.array([0, 1, 0, 1])
    # The less certain two: one of two is right at 0.725; the more certain two: one of two at 0.925.
    error = calibration_error_of(predicted, labels, bins=2, equal=True)(np.ones((1, 4)))
    assert error[0] == pytest.approx((0.225 + 0.425) / 2)


def test_a_weighted_statistic_is_that_of_the_resampled_inputs():
    random = np.random.default_rng(1)
    predicted, labels = random.dirichlet(np.ones(3), 60), random.integers(0, 3, 60)
    loss, doubt = random.exponential(size=60), np.round(random.uniform(size=60), 1)
    drawn = random.integers(0, 60, 60)
    counts = np.bincount(drawn, minlength=60)[None]
    error = calibration_error_of(predicted, labels)(counts)[0]
    assert error == pytest.approx(metrics.expected_calibration_error(predicted[drawn], labels[drawn]))
    assert auroc_of(doubt, loss > 1)(counts)[0] == pytest.approx(roc_auc_score(loss[drawn] > 1, doubt[drawn]))
    ties_broken = doubt + 1e-6 * np.arange(60)
    again = aurc_of(ties_broken[drawn], loss[drawn])(np.ones((1, 60)))[0]
    # Copies of one input enter together there and one by one here.
    assert aurc_of(ties_broken, loss)(counts)[0] == pytest.approx(again, rel=0.05)


def test_auroc_counts_ties_half_and_does_without_positives():
    scores, positive = np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, True, False, True])
    assert auroc_of(scores, positive)(np.ones((1, 4)))[0] == pytest.approx(roc_auc_score(positive, scores))
    assert metrics.auroc(scores, np.zeros(4, bool), 0) is None


def test_risk_falls_when_doubt_is_right():
    loss = np.arange(10.0)
    curve = metrics.risk_coverage(loss, loss)
    assert (curve["coverage"][0], curve["coverage"][-1]) == (0.1, 1.0)
    np.testing.assert_allclose(curve["risk"], (np.arange(1, 11) - 1) / 2)
    assert aurc_of(loss, loss)(np.ones((1, 10)))[0] == pytest.approx(curve["risk"].mean())


def test_entropy_splits_into_what_samples_share_and_what_they_differ_in():
    sure, even = [50.0, 0.0], [0.0, 0.0]
    logits = np.array([[sure, even], [sure[::-1], even]])
    parts = metrics.entropy(logits)
    # Samples that contradict one another are all epistemic; samples that all say one half are all aleatoric.
    np.testing.assert_allclose(parts.epistemic, [np.log(2), 0], atol=1e-12)
    np.testing.assert_allclose(parts.aleatoric, [0, np.log(2)], atol=1e-12)
    np.testing.assert_allclose(parts.total, np.log(2))


def test_crps_of_a_mixture_is_the_integral_of_its_definition():
    draws, noise = np.array([[0.0], [1.0], [3.0]]), np.array([[0.5], [1.0], [0.2]])
    x = np.linspace(-15, 20, 200_001)
    distribution = stats.norm.cdf(x, draws, noise).mean(axis=0)
    expected = np.sum((distribution - (x >= 0.7)) ** 2) * (x[1] - x[0])
    assert metrics.crps_scores(draws, noise, np.array([0.7]))[0] == pytest.approx(expected, rel=1e-3)
    # One Gaussian, as tabulated: crps = std (2 pdf(0) - 1 / sqrt(pi)) at its mean.
    one = metrics.crps_scores(np.zeros((1, 1)), 2.0, np.zeros(1))[0]
    assert one == pytest.approx(2 * (2 * stats.norm.pdf(0) - 1 / np.sqrt(np.pi)))


def test_quantiles_of_right_predictions_are_calibrated_and_of_narrow_ones_are_not():
    random = np.random.default_rng(4)
    targets = random.normal(size=4000)
    right, narrow = (metrics.calibration_curve(np.zeros((1, 4000)), std, targets) for std in (1.0, 0.5))
    # 4.8 std of a binomial at one half: a false alarm of 3e-5 over 19 levels.
    assert np.abs(right["observed"] - right["level"]).max() < 4.8 * 0.5 / np.sqrt(4000)
    assert np.abs(narrow["observed"] - narrow["level"]).max() > 0.1


def test_intervals_over_chips_cover_the_mean_of_all_chips():
    """Chips of std 0.1 around 1 with input errors of std 0.05; the 95 % interval must hold 1 as often as it says."""
    random, hits, trials = np.random.default_rng(5), 0, 1000
    for _ in range(trials):
        values = 1 + 0.05 * random.normal() + 0.1 * random.normal(size=3)
        found = metrics.over_chips([Estimate(v, v - 1.96 * 0.05, v + 1.96 * 0.05) for v in values])
        hits += found.low <= 1 <= found.high
    # Adding half-widths of 4.3 and 1.96 std in squares is wider than need be, never narrower: 4 std of a binomial.
    assert 0.95 - 4 * np.sqrt(0.95 * 0.05 / trials) < hits / trials < 0.995
    assert metrics.over_chips([Estimate(0.99, 0.97, 1.0)] * 2, largest=1.0).high == 1.0
    one = Estimate(0.5, 0.4, 0.7)
    assert metrics.over_chips([one]) == pytest.approx(one)
