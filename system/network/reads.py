"""How a network is read, where that is not as the array reads all others."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from magbayes.data.section import Section

ReadVoltage = Annotated[float, Field(ge=1e-4, le=1)]
ReadTime = Annotated[float, Field(ge=1e-12, le=1e-6)]
Percentile = Annotated[float, Field(ge=50, le=100)]


class Reads(Section):
    """How one network is read: what a chip sets by its program, and not by how it is built."""

    read_voltage: ReadVoltage | None = Field(
        default=None, description="voltage of a full-scale input, V; null: that of `accelerator`"
    )
    read_time: ReadTime | None = Field(default=None, description="integration time, s; null: that of `accelerator`")
    range_percentile: Percentile | None = Field(
        default=None,
        description="percentile of what a converter sees during calibration that is its full scale, %; null: that of "
        "`accelerator`",
    )

    @property
    def given(self) -> dict[str, float]:
        """What is not as in `accelerator`."""
        return self.model_dump(exclude_none=True)
