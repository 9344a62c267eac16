"""Put a brute-force front of ours on record: ``python -m tests.workflow.record_front compact_models.h5``.

The file is that of the default scenario. Two parameters of the array, how long and at what voltage a device is read,
decide which range of widths a network is offered beside the electrical noise of the column, and the Joule heat that
the read of a pair of stochastic MTJs takes.
"""

import argparse
import csv
import datetime
from pathlib import Path

import numpy as np

from magbayes.compact_models import store
from magbayes.data import container
from magbayes.system.array.electrical import TYPICAL, offered_ratio
from magbayes.system.settings import AcceleratorSettings

HOME = Path(__file__).parent / "recorded" / "front.csv"
SIDE = 21
"""Values of each parameter."""

TIMES = np.geomspace(0.1e-9, 10e-9, SIDE)
VOLTAGES = np.geomspace(0.02, 0.3, SIDE)


def record(path):
    """Rows of the table: read time in s, read voltage in V, offered ratio of widths, heat of a pair in J."""
    models = store.load(path)
    conductance = models.smtj.conductance_mean.mean()
    for time in TIMES:
        for voltage in VOLTAGES:
            reading = AcceleratorSettings(read_time=float(time), read_voltage=float(voltage)).reading
            heat = 2 * conductance * (TYPICAL * voltage) ** 2 * time
            try:
                ratio = offered_ratio(models, reading)
            except ValueError:  # a read voltage that leaves no gate voltage within what was characterised
                ratio = float("nan")
            yield [time, voltage, ratio, heat]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", help="compact models of the default scenario")
    path = parser.parse_args().models
    commit = container.read(path, store.KIND, store.VERSION).provenance["git_commit"]
    with HOME.open("w", encoding="utf-8", newline="") as file:
        file.write(
            f"# tests/workflow/record_front.py, {datetime.date.today():%Y-%m-%d}; compact models of the default\n"
        )
        file.write(f"# scenario, commit {commit}. Read time / s, read voltage / V, ratio of widths / 1, heat / J\n")
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["read_time", "read_voltage", "offered_ratio", "heat"])
        rows.writerows([f"{value:.8g}" for value in row] for row in record(path))
