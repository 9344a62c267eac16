"""Propose the points of a round of a design, from the results of the rounds before."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.workflow.designs import rounds
    from magbayes.workflow.designs.design import Design

    params = snakemake.params
    design = Design.model_validate(params.design)
    history = rounds.history(design, params.proposals, params.tried)
    proposals = rounds.next_round(design, params.base, history, params.size)
    rounds.write_proposals(snakemake.output[0], design, proposals)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
