"""How good predictions are, and how far to trust their uncertainty; each figure with a 95 % interval."""

from magbayes.system.metrics.classification import (
    Entropy,
    Reliability,
    brier_scores,
    classification_metrics,
    classification_statistics,
    entropy,
    expected_calibration_error,
    mean_confidence_gap,
    probabilities,
    reliability,
)
from magbayes.system.metrics.ranking import auroc, auroc_of, risk_coverage, shift_aurocs
from magbayes.system.metrics.regression import (
    COVERAGE_LEVELS,
    Noise,
    calibration_curve,
    coverage_distance,
    crps_scores,
    mixture_quantile,
    nll_scores,
    regression_metrics,
    regression_statistics,
)
from magbayes.system.metrics.resampling import SHARES, bootstrapped, differences, mean_of, over_chips

__all__ = [
    "COVERAGE_LEVELS",
    "SHARES",
    "Entropy",
    "Noise",
    "Reliability",
    "auroc",
    "auroc_of",
    "bootstrapped",
    "brier_scores",
    "calibration_curve",
    "classification_metrics",
    "classification_statistics",
    "coverage_distance",
    "crps_scores",
    "differences",
    "entropy",
    "expected_calibration_error",
    "mean_confidence_gap",
    "mean_of",
    "mixture_quantile",
    "nll_scores",
    "over_chips",
    "probabilities",
    "regression_metrics",
    "regression_statistics",
    "reliability",
    "risk_coverage",
    "shift_aurocs",
]
