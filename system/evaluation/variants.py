"""The networks that an evaluation compares: what they are called in result files, and what a reader calls them."""

from __future__ import annotations

DETERMINISTIC = "deterministic"
TEMPERATURE, DROPOUT, ENSEMBLE = "temperature", "dropout", "ensemble"
LAPLACE, NUTS = "laplace", "nuts"
SOFTWARE, DEVICE_RANGE, ACCELERATOR = "software", "software (device range)", "accelerator"
"""Unconstrained posterior; device-range posterior, in floating point; the latter on the devices."""

IDEAL, ONLY = "ideal", "only "
"""Chip of the ablation without imperfections, and what the names of those with one start with."""

NOISE_OFF = "noise off"
"""The negative control whose stochastic MTJs do not fluctuate."""

LABELS = {
    DETERMINISTIC: "deterministic",
    TEMPERATURE: "temperature-scaled",
    DROPOUT: "MC dropout",
    ENSEMBLE: "deep ensemble",
    LAPLACE: "last-layer Laplace",
    NUTS: "NUTS",
    SOFTWARE: "software BNN",
    DEVICE_RANGE: "software BNN (device range)",
    ACCELERATOR: "accelerator",
}
"""Names in tables, figures and sentences, by the variant's key in a result file."""
