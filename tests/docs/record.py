"""Keep the numbers of a finished scenario and of the study of the diameter that pages cite, with when and where.

``python -m tests.docs.record results/default results/studies/diameter`` writes ``tests/docs/recorded/numbers.yaml``, by
which ``tests/docs/test_numbers.py`` judges README.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from magbayes import compact_models
from magbayes.compact_models import numbers as of_devices
from magbayes.data import container
from magbayes.data.estimate import Estimate
from magbayes.system.evaluation import numbers as of_networks
from magbayes.system.evaluation.costs import best_rivals
from magbayes.system.evaluation.results import bought_of, metrics_of, read_evaluation
from magbayes.system.evaluation.variants import ACCELERATOR
from magbayes.system.evaluation.verdict import judge
from magbayes.workflow.report import study as study_report

PATH = Path(__file__).with_name("recorded") / "numbers.yaml"
YIELD = "yield"


def of_scenario(folder: Path) -> Iterator[tuple[str, Estimate]]:
    """Numbers of the devices and networks of a finished scenario, in SI units, by name."""
    models = compact_models.load(folder / "compact_models.h5")
    for name, number in of_devices.NUMBERS.items():
        yield name, number.of(models)
    verdicts = []
    for path in sorted((folder / "accelerator").glob("*.h5")):
        evaluation = read_evaluation(path)
        verdicts += [judgement.met for judgement in judge(evaluation)]
        shifts = [name for name in metrics_of(evaluation, "variants")[ACCELERATOR] if name.startswith("auroc_")]
        names = [*of_networks.NUMBERS[str(evaluation["task"][0])], *shifts, *(f"range_{name}" for name in shifts)]
        for name in (name for name in names if not name.startswith(YIELD)):
            yield f"{path.stem}/{name}", of_networks.number_of(evaluation, name)
        for name, gained in bought_of(evaluation).items():
            yield f"{path.stem}/bought/{name}", gained
        for rival in best_rivals(evaluation):
            yield f"{path.stem}/over_array/{rival.network}/{rival.hardware}", rival.ratio
    for name, count in (("met", sum(verdicts)), ("all", len(verdicts))):
        yield f"targets/{name}", Estimate(count, count, count)


def of_study(folder: Path, parameter: str) -> Iterator[tuple[str, Estimate]]:
    """Numbers of the points of a study, by name and the value of a parameter in nm."""
    with (folder / "table.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name in (key.removesuffix("_low") for key in row if key.endswith("_low")):
                ends = [row[f"{name}{end}"] for end in ("", "_low", "_high")]
                if all(ends):
                    yield f"{name}@{round(1e9 * float(row[parameter]))}", Estimate(*map(float, ends))


def main(scenario: str, study: str) -> None:
    """Write the numbers of a scenario's folder and of a study's."""
    numbers = dict(of_scenario(Path(scenario))) | dict(of_study(Path(study), "smtj.diameter"))
    evaluation = read_evaluation(next((Path(scenario) / "accelerator").glob("*.h5")))
    table = container.read(Path(study) / "table.h5", study_report.KIND, study_report.VERSION)
    record = {
        "scenario": evaluation.provenance["time"],
        "study": table.provenance["time"],
        "numbers": {name: [float(f"{value:.5g}") for value in number] for name, number in numbers.items()},
    }
    PATH.write_text(yaml.safe_dump(record, sort_keys=False, default_flow_style=None, width=120), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
