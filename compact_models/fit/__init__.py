"""Fit compact models to raw ensembles."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from magbayes.compact_models.fit.domain_wall_mtj import fit_domain_wall_mtj
from magbayes.compact_models.fit.marginal import marginals
from magbayes.compact_models.fit.stochastic_mtj import analyse_fluctuation, fit_stochastic_mtj
from magbayes.compact_models.store import CompactModels, signed
from magbayes.data.container import FileFormatError, Quantity
from magbayes.data.seeds import derive, text_of
from magbayes.micromag import raw

__all__ = ["analyse_fluctuation", "fit", "fit_domain_wall_mtj", "fit_stochastic_mtj", "marginals"]


def fit(
    fluctuations: Sequence[str | os.PathLike[str]],
    pulses: Sequence[str | os.PathLike[str]],
    rest: str | os.PathLike[str],
    retention: str | os.PathLike[str],
    disks: str | os.PathLike[str],
    tracks: str | os.PathLike[str],
    provenance: Mapping[str, Any],
    seed: int,
) -> CompactModels:
    """Compact models from the raw files of every bias point.

    Parameters
    ----------
    fluctuations
        Stochastic MTJ, a file a gate voltage and temperature.
    pulses, rest
        Domain-wall MTJ, a file a current density and width; the file of its levels at rest.
    retention
        Its barriers.
    disks, tracks
        How devices of either kind differ.
    provenance
        See `magbayes.data.container.provenance`; `seed` and what the engine said are added.
    seed
        Of the resampling of replicas.
    """
    resting = raw.read(rest)
    own = float(resting.value("temperature"))
    varied = raw.read_variation(disks, "stochastic_mtj")
    by_temperature: dict[float, list[raw.RawEnsemble]] = {}
    for ensemble in map(raw.read, fluctuations):
        by_temperature.setdefault(float(ensemble.value("temperature")), []).append(ensemble)
    if own not in by_temperature:
        raise FileFormatError(
            f"the stochastic MTJ was at {sorted(by_temperature)} K; expected {own:g} K as the domain-wall MTJ"
        )
    voltages = {
        kelvin: sorted(float(e.value("voltage")) for e in ensembles) for kelvin, ensembles in by_temperature.items()
    }
    for kelvin, own_voltages in voltages.items():
        if own_voltages != (expected := voltages[own]):
            raise FileFormatError(
                f"gate voltages at {kelvin:g} K are {own_voltages}; expected {expected} as at {own:g} K"
            )
    fitted = {
        kelvin: fit_stochastic_mtj(ensembles, varied, derive(seed, "smtj", f"{text_of(kelvin)}K"))
        for kelvin, ensembles in sorted(by_temperature.items())
    }
    points = fitted[own][1]
    models = CompactModels(
        stochastic={kelvin: model for kelvin, (model, _) in fitted.items()},
        dwmtj=fit_domain_wall_mtj(
            [raw.read(path) for path in pulses],
            resting,
            raw.read_variation(tracks, "domain_wall_mtj"),
            raw.read_retention(retention),
        ),
        temperature=own,
        diagnostics={
            "smtj/lags": Quantity(points[0].lags, "s", "lags of the autocorrelation"),
            "smtj/autocorrelation": Quantity(
                np.stack([p.autocorrelation for p in points]), "1", "autocorrelation of the normal scores: voltage, lag"
            ),
        },
        provenance={**provenance, "seed": seed, "engine": resting.provenance["simulation"]},
    )
    return signed(models)
