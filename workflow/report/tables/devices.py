"""Tables of the devices and their compact models."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scipy.constants import k, mu_0

from magbayes.compact_models.compare import Comparison
from magbayes.compact_models.equilibrium import p_text
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.compact_models.store import CompactModels
from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.micromag.devices.device import MagneticTunnelJunction
from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
from magbayes.system.array.two_terminals import Bias
from magbayes.system.array.two_terminals import Comparison as TwoTerminals
from magbayes.workflow.report.reading import number
from magbayes.workflow.report.tables.cells import PageCell, PageTable, estimate, plain

LEAST_P = 1e-12
"""P-value below which its size is not said."""


def device(junction: MagneticTunnelJunction, stack: Mapping[str, Any]) -> PageTable:
    """Key, value, meaning and source of a device's parameters."""
    rows = []
    for key, field in type(junction).model_fields.items():
        value = getattr(junction, key)
        entry = stack.get(key)
        source = "design choice" if entry is None else entry["source"] if entry["value"] == value else "configuration"
        shown = PageCell(str(value)) if isinstance(value, str | bool) else plain(value, "g")
        rows.append([PageCell(key), shown, PageCell(field.description or ""), PageCell(source)])
    return PageTable(["key", "value", "meaning and unit", "source"], rows)


def bare(junction: MagneticTunnelJunction, temperature: float) -> PageTable:
    """What a device's film shows at a temperature in K, and what its cells are given so that it does."""
    film, given = junction.at(temperature), junction.bare(temperature)
    rows = [
        ("Ms / (A/m)", film.saturation_magnetisation, given.saturation_magnetisation),
        ("A / (J/m)", film.exchange_stiffness, given.exchange_stiffness),
        ("K without voltage / (J/m³)", film.anisotropy, given.anisotropy(film.anisotropy)),
    ]
    if isinstance(film, DomainWallTrack):
        rows.append(("D / (J/m²)", film.dmi, given.dmi_factor * film.dmi))
    rows.append(("mean m of a cell in the saturated film", 1.0, given.moment))
    return PageTable(
        ["parameter", "measured", "bare", "bare / measured"],
        [
            [PageCell(name), plain(measured, ".4g"), plain(value, ".4g"), plain(value / measured, ".4g")]
            if measured
            else [PageCell(name), plain(measured, ".4g"), plain(value, ".4g"), PageCell("–")]
            for name, measured, value in rows
        ],
    )


def resolution(points: Contents) -> PageTable:
    """Sigma at each gate voltage in cells of each size, whether it is one, and that of a rigid spin."""
    rows = [
        [
            plain(float(voltage)),
            *(estimate(Estimate(*sigma), form="#.4g") for sigma in points["sigma"][i]),
            plain(float(points["common_sigma"][i]), "#.4g"),
            plain(float(points["chi_squared"][i]), ".2f"),
            plain(float(points["p_value"][i]), ".2g"),
            plain(float(points["rigid_spin_sigma"][i]), "#.4g"),
        ]
        for i, voltage in enumerate(points["voltage"])
    ]
    sizes = [f"{number(1e9 * size)} nm" for size in points["cell_size"].tolist()]
    freedom = len(sizes) - 1
    return PageTable(["gate / V", *sizes, "mean", f"chi² ({freedom} d.o.f.)", "p (one sigma)", "rigid spin"], rows)


def track_resolution(points: Contents) -> PageTable:
    """Barrier, levels and depinning of the domain-wall MTJ in cells of each size."""
    thermal = k * float(points["temperature"])
    rows = [
        [
            plain(1e9 * float(size)),
            plain(float(points["barrier"][i]) / thermal, ".4g")._replace(
                detail="" if points["converged"][i] else "not converged"
            ),
            plain(1e6 * float(points["level_spacing"][i]), ".5g"),
            PageCell(f"{int(points['moved'][i])} of {int(points['pulses'])}", float(points["moved"][i])),
            estimate(Estimate(*points["depinning"][i]), 100),
        ]
        for i, size in enumerate(points["cell_size"])
    ]
    columns = ("cells / nm", "barrier / kT", "distance of levels / µS", "walls moved", "depinning / %")
    return PageTable(columns, rows)


def stochastic(models: CompactModels) -> PageTable:
    """The fit at each gate voltage."""
    smtj, turn = models.smtj, 1e9 * math.tau
    rows = []
    for i, voltage in enumerate(smtj.voltage):
        sigma = Estimate(smtj.conductance_sigma[i], smtj.sigma_low[i], smtj.sigma_high[i])
        rows.append(
            [
                PageCell(number(voltage), voltage, "in doubt" if smtj.doubts(i) else ""),
                estimate(sigma, 1e6),
                plain(smtj.effective_samples[i], ".0f"),
                plain(smtj.convergence[i], ".3f"),
                _drift(smtj, i),
                plain(1e9 * smtj.decay_time[i]),
                plain(smtj.angular_frequency[i] / turn),
                plain(smtj.frequency_shift[i] / turn),
                plain(smtj.memory_misfit[i], ".3f"),
                plain(smtj.excess_kurtosis[i, 0], ".2f"),
                _p_value(smtj.gaussian_p_value[i]),
            ]
        )
    columns = ("gate / V", "sigma / µS", "independent samples", "R-hat", "last fifth / %")
    return PageTable(
        [*columns, "decay / ns", "frequency / GHz", "shift / GHz", "largest misfit", "excess kurtosis", "p (Gaussian)"],
        rows,
    )


def _p_value(value: float) -> PageCell:
    """A p-value, which is never 0."""
    return plain(value, ".2g") if value >= LEAST_P else PageCell("< 10⁻¹²", value)


def sensitivities(models: CompactModels) -> PageTable:
    """What moves sigma at each gate voltage: the voltage, and what the cells were given."""
    smtj = models.smtj
    rows = []
    for i, voltage in enumerate(smtj.voltage):
        cells = [estimate(Estimate(*(end[i] for end in of_all))) for of_all in smtj.sensitivities().values()]
        rows.append([PageCell(number(voltage), voltage), plain(1e6 * smtj.sigma_slope[i], ".3g"), *cells])
    return PageTable(["gate / V", "slope / µS/V", "A", "K", "Ms²", "T"], rows)


def two_terminals(cells: TwoTerminals) -> PageTable:
    """What a junction whose barrier is its gate does at the largest sigma and, below, at the smallest."""
    rows = []
    for cell in cells.cells:
        ends = cell.high, cell.low

        def both(value: Callable[[Bias], float], form: str = "#.2g", ends: tuple[Bias, Bias] = ends) -> PageCell:
            largest, smallest = (value(bias) for bias in ends)
            return PageCell(number(largest, form), largest, number(smallest, form))

        faults = {"spin torque": cell.undriven, "heat": cell.cool() is not False, "noise": cell.quiet(cells.least)}
        rows.append(
            [
                plain(1e9 * cell.thickness, "#.3g"),
                PageCell(", ".join(name for name, good in faults.items() if not good) or "nothing"),
                plain(1e12 * cell.resistance_area),
                both(lambda bias: bias.voltage),
                both(lambda bias: 1e6 * bias.current),
                both(lambda bias: 1e6 * bias.current * bias.voltage),
                both(lambda bias: 1e15 * bias.energy),
                both(lambda bias: 1e3 * mu_0 * bias.torque),
                both(lambda bias: 100 * (bias.response.read - 1), "+.1f"),
                estimate(cell.high.rise, form="#.2g"),
                PageCell("–") if cell.high.warmed is None else estimate(cell.high.warmed, 100, form="+.1f"),
                both(lambda bias: bias.noise / bias.sigma),
                plain(cell.ratio, "#.2g"),
            ]
        )
    columns = ("barrier / nm", "ruled out by", "RA / Ω µm²", "voltage / V", "current / µA", "power / µW", "a read / fJ")
    limits = ("torque / mT", "sigma by torque / %", "warmer by / K", "sigma by heat / %", "noise / sigma")
    return PageTable([*columns, *limits, "ratio of stds"], rows)


def _drift(smtj: StochasticModel, index: int) -> PageCell:
    """Sigma in the last part of the record over that in the first, less 1, and the p-value of no drift."""
    first, *_, last = smtj.sigma_parts[index]
    change = 100 * (last / first - 1) if first else 0.0
    return PageCell(number(change, "+.2g"), change, f"p {p_text(smtj.drift_p_value[index])}")


def pulses(models: CompactModels) -> PageTable:
    """What each pulse does to a wall, costs and heats."""
    dwmtj = models.dwmtj
    share = dwmtj.depinning_probability
    rows = [
        [
            plain(1e9 * width),
            plain(1e-11 * current),
            estimate(Estimate(*(end[w, j] for end in share)), 100),
            plain(dwmtj.mean_moves[w, j], ".2f"),
            plain(1e15 * dwmtj.pulse_energy[w, j]),
            plain(dwmtj.peak_temperature[w, j], ".0f"),
        ]
        for w, width in enumerate(dwmtj.pulse_width.tolist())
        for j, current in enumerate(dwmtj.current_density.tolist())
    ]
    columns = ("width / ns", "current density / 10¹¹ A/m²", "depinning / %", "mean move", "energy / fJ", "peak / K")
    return PageTable(columns, rows)


def agreement(comparisons: Sequence[Comparison]) -> PageTable:
    """What two engines say of the same devices."""
    rows = []
    for c in comparisons:
        scale, unit = (1e6, "µS") if c.unit == "S" else (100, "%")
        distance = PageCell(number(c.distance, "+.2f"), c.distance, "" if c.agrees else "outside")
        both = [estimate(e, scale) for e in (c.one, c.other)]
        rows.append(
            [PageCell(f"{c.quantity} / {unit}"), PageCell(f"{number(c.bias)} {c.bias_unit}", c.bias), *both, distance]
        )
    return PageTable(["quantity", "at", "native", "OOMMF", "difference / joint margin"], rows)
