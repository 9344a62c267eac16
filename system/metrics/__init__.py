"""How good predictions are, and how far to trust their uncertainty; each figure with a 95 % interval."""

from magbayes.system.metrics.classification import (
    Entropy,
    Reliability,
    brier_scores,
    classification_metrics,
    entropy,
    expected_calibration_error,
    mean_confidence_gap,
    probabilities,
    reliability,
)
from magbayes.system.metrics.ranking import auroc, risk_coverage, shift_aurocs
from magbayes.system.metrics.regression import (
    COVERAGE_LEVELS,
    Noise,
    calibration_curve,
    coverage_distance,
    crps_scores,
    mixture_quantile,
    regression_metrics,
)
from magbayes.system.metrics.resampling import SHARES, bootstrapped, mean_of, over_chips

__all__ = [
    "COVERAGE_LEVELS",
    "SHARES",
    "Entropy",
    "Noise",
    "Reliability",
    "auroc",
    "bootstrapped",
    "brier_scores",
    "calibration_curve",
    "classification_metrics",
    "coverage_distance",
    "crps_scores",
    "entropy",
    "expected_calibration_error",
    "mean_confidence_gap",
    "mean_of",
    "mixture_quantile",
    "over_chips",
    "probabilities",
    "regression_metrics",
    "reliability",
    "risk_coverage",
    "shift_aurocs",
]
