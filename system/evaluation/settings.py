"""The configuration of an evaluation: fields with units, bounds and defaults."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from magbayes.data.section import Section


class EvaluationSettings(Section):
    """The section `evaluation`: over what the figures are taken."""

    chips: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="chips, each with devices and noise of its own; figures are means over them",
    )
    intervals: tuple[Annotated[float, Field(gt=0, le=1e-3)], ...] = Field(
        default=(2e-9, 5e-9, 10e-9),
        description="other times between successive reads at which a chip is looked at, s",
    )
    controls: bool = Field(
        default=True,
        description="also look at chips whose noise is wrong: a data set on which they meet the targets cannot tell",
    )
    ablation: bool = Field(default=True, description="also look at an ideal chip, and at each imperfection alone")
