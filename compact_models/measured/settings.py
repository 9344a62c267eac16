"""The section of the configuration that names models in place of simulations."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from magbayes.data.section import Section

IDEALISED = "idealised"
"""What stands in place of a file."""


class Idealised(Section):
    """Numbers of idealised devices; those that are left out are near the default scenario's."""

    conductance: float = Field(9.3e-5, ge=1e-9, le=0.1, description="mean conductance of the stochastic MTJ, S")
    sigma_largest: float = Field(
        1.6e-5, ge=1e-12, le=0.1, description="standard deviation of its conductance at the highest gate voltage, S"
    )
    sigma_ratio: float = Field(3.0, ge=1.01, le=1000, description="largest over smallest standard deviation")
    decay_time: float = Field(1e-9, ge=1e-12, le=1e-3, description="correlation time of the conductance, s")
    conductance_spread: float = Field(
        0.025, ge=0, le=0.3, description="relative std between stochastic MTJs of conductance and standard deviation"
    )
    levels: int = Field(8, ge=2, le=128, description="levels of the domain-wall MTJ, evenly spaced")
    level_lowest: float = Field(1.19e-4, ge=1e-9, le=0.1, description="conductance of the first level, S")
    level_highest: float = Field(2.79e-4, ge=1e-9, le=0.1, description="conductance of the last level, S")
    level_spread: float = Field(0.025, ge=0, le=2, description="std of a level between devices, in level spacings")
    level_jitter: float = Field(
        0.002, ge=0, le=2, description="std of reads of one level at rest, however long, in level spacings"
    )
    temperature: float = Field(300.0, ge=1, le=600, description="temperature at which both are known, K")

    @model_validator(mode="after")
    def _check(self) -> Idealised:
        if self.level_lowest >= self.level_highest:
            raise ValueError(f"level_lowest = {self.level_lowest:g} S must be below level_highest")
        if self.sigma_largest > self.conductance / 2:
            raise ValueError(
                f"sigma_largest = {self.sigma_largest:g} S must be at most half of conductance, {self.conductance:g} S"
            )
        return self


class GivenModels(Section):
    """Devices that are not simulated: measured ones by their data sheets, or those of compact models that are there."""

    smtj: str | None = Field(
        None,
        min_length=1,
        description="stochastic MTJ: a data sheet (.yaml), compact models (.h5), a published device of data/devices, or"
        " idealised; null simulates it",
    )
    dwmtj: str | None = Field(None, min_length=1, description="domain-wall MTJ: the same; null simulates it")
    idealised: Idealised = Field(default_factory=Idealised, description="numbers of what is idealised of them")

    @model_validator(mode="before")
    @classmethod
    def _of_both(cls, values: Any) -> Any:
        return {"smtj": values, "dwmtj": values} if isinstance(values, str) else values

    @model_validator(mode="after")
    def _check(self) -> GivenModels:
        if (self.smtj is None) != (self.dwmtj is None):
            missing = "smtj" if self.smtj is None else "dwmtj"
            raise ValueError(
                f"{missing} is missing; one device alone is not simulated: name compact models for it, those of a "
                "scenario that was run for instance (results/default/compact_models.h5)"
            )
        return self

    @property
    def files(self) -> dict[str, str]:
        """Files that are given, by device."""
        return {device: name for device, name in self.paths.items() if name != IDEALISED}

    @property
    def paths(self) -> dict[str, str]:
        """What was given, by device; empty where both are simulated."""
        return {} if self.smtj is None or self.dwmtj is None else {"smtj": self.smtj, "dwmtj": self.dwmtj}
