"""Compact models of two devices, each from its data sheet or from compact models that are there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from magbayes.compact_models import store
from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.measured import said
from magbayes.compact_models.measured.domain_wall_mtj import domain_wall_model
from magbayes.compact_models.measured.idealised import domain_wall_sheet, stochastic_sheet
from magbayes.compact_models.measured.settings import IDEALISED, Idealised
from magbayes.compact_models.measured.sheet import MODELS, Measured, located, read_sheet
from magbayes.compact_models.measured.stochastic_mtj import stochastic_model
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.compact_models.store import CompactModels, signed
from magbayes.data import container

NO_ENGINE = {"engine": "measurement", "version": ""}
"""What stands in the provenance where models of an engine name it."""


def _stochastic(
    name: str, seed: int, idealised: Idealised
) -> tuple[Mapping[float, StochasticModel], dict[str, Any] | None, Any]:
    """The stochastic MTJ by temperature, what is said of its sheet, and the provenance of the file it is taken from."""
    if name != IDEALISED and (path := located(name)).suffix == MODELS:
        models = store.load(path)
        return models.stochastic, models.measured.get("smtj"), models.provenance
    measured = stochastic_sheet(idealised) if name == IDEALISED else read_sheet("smtj", name)
    model = stochastic_model(measured, seed)
    about = said.described(measured, said.missing_of_stochastic(measured), said.doubts_of_stochastic(measured, model))
    return {measured.sheet.temperature.value: model}, about, None


def _domain_wall(name: str, idealised: Idealised) -> tuple[DomainWallModel, float, dict[str, Any] | None, Any]:
    """The domain-wall MTJ and its temperature in K, and the same of it."""
    if name != IDEALISED and (path := located(name)).suffix == MODELS:
        models = store.load(path)
        return models.dwmtj, models.temperature, models.measured.get("dwmtj"), models.provenance
    measured: Measured = domain_wall_sheet(idealised) if name == IDEALISED else read_sheet("dwmtj", name)
    model = domain_wall_model(measured)
    about = said.described(measured, said.missing_of_domain_wall(measured), said.doubts_of_domain_wall(measured, model))
    return model, measured.sheet.temperature.value, about, None


def assemble(
    smtj: str | os.PathLike[str], dwmtj: str | os.PathLike[str], seed: int, idealised: Idealised | None = None
) -> CompactModels:
    """Compact models of two devices.

    Parameters
    ----------
    smtj, dwmtj
        A data sheet (``.yaml``), the name of one in data/devices, compact models (``.h5``) whose device is taken,
        or ``idealised``.
    seed
        Of the draws in which the errors of measurements travel.
    idealised
        Numbers of a device that is idealised.

    Raises
    ------
    ValueError
        A file is wrong, or the devices are not known at one temperature: one line that says what would be accepted.
    """
    idealised = idealised or Idealised()
    stochastic, of_stochastic, stochastic_origin = _stochastic(os.fspath(smtj), seed, idealised)
    wall, temperature, of_wall, wall_origin = _domain_wall(os.fspath(dwmtj), idealised)
    low, high = min(stochastic), max(stochastic)
    if not low <= temperature <= high:
        accepted = f"{low:g} K" if low == high else f"{low:g} to {high:g} K"
        raise ValueError(
            f"{dwmtj}: the domain-wall MTJ is known at {temperature:g} K and the stochastic MTJ ({smtj}) is not; "
            f"accepted: {accepted}"
        )
    about = {key: value for key, value in (("smtj", of_stochastic), ("dwmtj", of_wall)) if value is not None}
    files = {"smtj": Path(smtj).name, "dwmtj": Path(dwmtj).name}
    origins = {
        key: dict(value) for key, value in (("smtj", stochastic_origin), ("dwmtj", wall_origin)) if value is not None
    }
    models = CompactModels(
        stochastic=stochastic,
        dwmtj=wall,
        temperature=temperature,
        provenance=container.provenance(
            {"compact_models": files}, seed=seed, engine=NO_ENGINE, measured=about, taken_from=origins
        ),
    )
    try:
        store.check_models(models)
    except ValueError as error:
        raise ValueError(f"{smtj} and {dwmtj}: {error}") from None
    return signed(models)
