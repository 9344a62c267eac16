"""Tables of the published devices in data/devices, computed from what was read at the source and from assumptions.

``python -m tests.compact_models.measured.published`` writes them; a test holds the files to it.
"""

import math
from itertools import product

import numpy as np
from scipy.linalg import expm
from scipy.stats import norm

from tests.imports import ROOT

FOLDER = ROOT / "data" / "devices"

# arXiv:2301.05694, abstract: 50 nm, 15 Ohm um^2, autocorrelation times down to 5 ns.
DIAMETER, RESISTANCE_AREA, DECAY = 50e-9, 15e-12, 5e-9
# Assumed, see the sheet.
TMR, LOGISTIC, SIGMA_ERROR, DECAY_ERROR = 1.0, 0.05, 0.03, 1e-9
VOLTAGES = (-0.25, -0.2, -0.15, -0.1, -0.05, 0.0)
TIMES = (0.0, 5e-9, 1e-8, 2e-8, 5e-8, 1e-7, 2e-7)


def moments(share, decay, time):
    """Mean, variance and excess kurtosis of the time for which a two-state process is in its upper state, over `time`.

    The process is there for `share` of the time and forgets in `decay`. E exp(s X) is that of a matrix exponential; s
    is taken as a nilpotent matrix, so that its powers are the moments, with no error of differences.
    """
    if time == 0:
        variance = share * (1 - share)
        return share, variance, (1 - 6 * variance) / variance
    up, down = share / decay, (1 - share) / decay
    order = 5
    step = np.diag(np.ones(order - 1), 1)  # s
    rates = np.array([[-up, up], [down, -down]]) * time
    counted = np.array([[0.0, 0.0], [0.0, 1.0]])
    whole = expm(np.kron(np.eye(order), rates) + np.kron(step, counted))
    blocks = [whole[:2, 2 * i : 2 * i + 2] for i in range(order)]
    start = np.array([1 - share, share])
    raw = [float(start @ block @ np.ones(2)) * math.factorial(i) for i, block in enumerate(blocks)]
    mean = raw[1]
    variance = raw[2] - mean**2
    fourth = raw[4] - 4 * mean * raw[3] + 6 * mean**2 * raw[2] - 3 * mean**4
    return mean, variance, fourth / variance**2 - 3


def conductances():
    """Conductance of both states, antiparallel first."""
    parallel = math.pi / 4 * DIAMETER**2 / RESISTANCE_AREA
    return parallel / (1 + TMR), parallel


def _lines(rows):
    return "".join(", ".join(f"{value:.6g}" for value in row) + "\n" for row in rows)


def sigma_table():
    """Text of the table of sigma."""
    low, high = conductances()
    rows = []
    for voltage, time in product(VOLTAGES, TIMES):
        share = 1 / (1 + math.exp(-voltage / LOGISTIC))
        _, variance, kurtosis = moments(share, DECAY, time)
        sigma = (high - low) * math.sqrt(variance)
        rows.append((voltage, 1e9 * time, 1e6 * sigma, 1e6 * SIGMA_ERROR * sigma, kurtosis))
    return (
        "# Computed for two states, not measured: (G_P - G_AP) sqrt(p (1 - p)) for instants, p = 1 / (1 +\n"
        "# exp(-V / V0)), V0 = 50 mV, G_P = pi/4 (50 nm)^2 / (15 Ohm um^2), G_AP = G_P / 2; averages of what forgets\n"
        "# in 5 ns.\n"
        "# Diameter, resistance-area product and 5 ns were read at the source, the rest is assumed: see the sheet.\n"
        "voltage / V, integration_time / ns, sigma / uS, sigma_error / uS, excess_kurtosis / 1\n" + _lines(rows)
    )


def bias_table():
    """Text of the table of mean and memory."""
    low, high = conductances()
    shares = [1 / (1 + math.exp(-voltage / LOGISTIC)) for voltage in VOLTAGES]
    rows = [
        (voltage, 1e6 * (low + share * (high - low)), 1e9 * DECAY, 1e9 * DECAY_ERROR)
        for voltage, share in zip(VOLTAGES, shares, strict=True)
    ]
    return (
        "# Mean of the two states; the decay time is the shortest of the source, and is taken at every voltage.\n"
        "voltage / V, mean / uS, decay_time / ns, decay_time_error / ns\n" + _lines(rows)
    )


# Appl. Phys. Lett. 118, 112401, abstract: 171 %, 29 Ohm um^2, 7 to 10 %. arXiv:2111.11516, abstract: 4 to 5 levels.
WALL_TMR, WALL_RESISTANCE_AREA, VARIATION, LEVELS = 1.71, 29e-12, 0.085, 5
# Assumed, see the sheet.
AREA, LEVEL_ERROR, THRESHOLD, WIDTH, PULSES = 0.02e-12, 0.05, 3e11, 50e-9, 100
CURRENTS = (2.4e11, 2.7e11, 3.0e11, 3.3e11, 3.6e11)


def levels_table():
    """Text of the table of levels."""
    high = AREA / WALL_RESISTANCE_AREA
    mean = np.linspace(high / (1 + WALL_TMR), high, LEVELS)
    error = LEVEL_ERROR * (mean[1] - mean[0])
    rows = [(i, 1e6 * value, 1e6 * error) for i, value in enumerate(mean)]
    return (
        "# Computed: five levels, evenly spaced from G_P / 2.71 to G_P = 0.02 um^2 / (29 Ohm um^2).\n"
        "# The number of levels, 171 % and 29 Ohm um^2 were read at the sources, the rest is assumed: see the sheet.\n"
        "level / 1, conductance / uS, conductance_error / uS\n" + _lines(rows)
    )


def pulses_table():
    """Text of the table of pulses."""
    rows = []
    for current in CURRENTS:
        moved = round(PULSES * float(norm.cdf((current / THRESHOLD - 1) / VARIATION)))
        rows += [(1e9 * WIDTH, 1e-9 * current, 0, PULSES - moved), (1e9 * WIDTH, 1e-9 * current, 1, moved)]
    return (
        "# Computed: 100 pulses of each current density, of which a share moves the wall by one level: that of a\n"
        "# normal threshold of 300 GA/m^2 that varies by 8.5 %. The variation was read (7 to 10 % of the\n"
        "# switching voltage), the rest is assumed: see the sheet.\n"
        "width / ns, current_density / GA/m^2, moves / 1, pulses / 1\n" + _lines(rows)
    )


TABLES = {
    "schnitzspan-2023_sigma.csv": sigma_table,
    "schnitzspan-2023_bias.csv": bias_table,
    "leonard-2022_levels.csv": levels_table,
    "leonard-2022_pulses.csv": pulses_table,
}


if __name__ == "__main__":
    for name, text in TABLES.items():
        (FOLDER / name).write_text(text(), encoding="utf-8")
