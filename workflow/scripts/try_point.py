"""Try a point that a round of a design proposes: its devices, and its networks if these meet the constraints."""

from functools import partial
from pathlib import Path
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.workflow.designs import rounds, stages
    from magbayes.workflow.designs.design import Design
    from magbayes.workflow.studies.points import Point

    params = snakemake.params
    design = Design.model_validate(params.design)
    inputs = {Path(path).stem: Path(path) for path in snakemake.input.shared}
    proposed = rounds.read_proposals(snakemake.input.proposals, design)[params.slot : params.slot + 1]
    look = partial(stages.look, params.base, inputs)
    points = [
        Point("", {}, one.failure) if one.failure else stages.try_point(design, one.point, look) for one in proposed
    ]
    values = {"base": params.base, "points": [dict(one.point) for one in proposed]}
    rounds.write_tried(snakemake.output[0], design, points, values)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
