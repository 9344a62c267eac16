"""The section of the configuration that names models in place of simulations."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from magbayes.data.section import Section


class GivenModels(Section):
    """Devices that are not simulated: measured ones by their data sheets, or those of compact models that are there."""

    smtj: str | None = Field(
        None,
        min_length=1,
        description="stochastic MTJ: a data sheet (.yaml), compact models (.h5), or a published device of data/devices;"
        " null simulates it",
    )
    dwmtj: str | None = Field(None, min_length=1, description="domain-wall MTJ: the same; null simulates it")

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
    def paths(self) -> dict[str, str]:
        """What was given, by device; empty where both are simulated."""
        return {} if self.smtj is None or self.dwmtj is None else {"smtj": self.smtj, "dwmtj": self.dwmtj}
