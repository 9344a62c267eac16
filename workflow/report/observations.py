"""What the devices of a scenario did, in sentences that follow from their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.equilibrium import p_text
from magbayes.compact_models.residuals import (
    likeliest_single_move,
    notch_of_wall,
    offered_ratios,
    shown_start,
    width,
)
from magbayes.compact_models.stochastic_mtj import StochasticModel
from magbayes.compact_models.threshold import half_currents
from magbayes.data.container import Contents
from magbayes.data.estimate import equality
from magbayes.micromag.raw import RawEnsemble
from magbayes.system.evaluation.results import blend_of, scores_of
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE, LABELS
from magbayes.workflow.report.reading import number, span

SIGNIFICANT = 0.05
"""P-value below which depinning differs between the cell sizes."""


def widths(ensembles: Sequence[RawEnsemble]) -> str:
    """Standard deviation of m·p in ensembles of a stochastic MTJ, by their gate voltage."""
    parts = [f"{number(width(e), '.2g')} at {number(float(e.value('voltage')))} V" for e in ensembles]
    return f"Standard deviation of m·p: {', '.join(parts)}."


def wall_after(rest: RawEnsemble, pulse: RawEnsemble) -> str:
    """Where the wall of the first replica is at rest, and after the pulse that is shown, both from one notch."""
    start = shown_start(pulse)

    def place(ensemble: RawEnsemble, group: int) -> str:
        notch = notch_of_wall(ensemble, group)
        return "off the track" if notch is None else f"at notch {notch}"

    before, after = place(rest, start), place(pulse, 0)
    held = f"The wall was put at notch {start}"
    held += "; at rest it stays there" if before == f"at notch {start}" else f"; at rest it ends {before}"
    moved = "the pulse leaves it there" if after == f"at notch {start}" else f"after the pulse it is {after}"
    return f"{held}, and {moved}."


def beside_rigid_spin(model: StochasticModel) -> str:
    """Sigma beside the small-angle limit of one rigid spin, at the gate voltages that have one."""
    rigid = model.macrospin_sigma > 0
    if not rigid.any():
        return (
            "At no gate voltage has one rigid spin a perpendicular barrier, so that there is no limit to compare with."
        )
    limit, count = model.macrospin_sigma[rigid], int(rigid.sum())
    above, below = int((model.sigma_low[rigid] > limit).sum()), int((model.sigma_high[rigid] < limit).sum())
    text = (
        f"It is {span(model.conductance_sigma[rigid] / limit, form='.2g')} times the small-angle limit of one rigid "
        f"spin: {_sides(above, below, count)}."
    )
    if above:
        text += " Thermal spin waves, which shorten the moment and with it the anisotropy, put sigma above that limit."
    return text


def _sides(above: int, below: int, count: int) -> str:
    """At how many of `count` gate voltages sigma is above a limit, and below it, by more than its interval."""
    by = "by more than the interval"
    if count in (above, below):
        return f"{'above' if above else 'below'} it at each of {count} gate voltages {by}"
    return f"above it at {above} and below it at {below} of {count} gate voltages {by}"


def memory(model: StochasticModel) -> str:
    """Whether the fluctuation rings, whether large amplitudes are slower, and how well the sampler has its memory."""
    rings = model.angular_frequency * model.decay_time > 1
    decay = f"{span(model.decay_time, 1e9)} ns"
    frequency = f"{span(model.angular_frequency[rings], 1e-9 / (2 * np.pi))} GHz" if rings.any() else ""
    if rings.all():
        text = f"It rings at {frequency} while it decays in {decay}."
    elif rings.any():
        text = f"It decays in {decay}, and rings, at {frequency}, at {rings.sum()} of {len(rings)} gate voltages."
    else:
        text = f"It decays in {decay} without ringing."
    slower = np.quantile(model.resampled_shift, 0.975, axis=0) < 0
    if slower.any():
        where = "" if slower.all() else f" (at {slower.sum()} of {len(slower)} gate voltages)"
        text += f" Large amplitudes precess slower{where}, so that replicas dephase."
    misfit = number(model.memory_misfit.max(), ".2g")
    return f"{text} The sampler's autocorrelation is within {misfit} of the measured one."


def reads(model: StochasticModel, read_time: float) -> str:
    """What reads over the read time offer, beside instants and the times between."""
    times = np.geomspace(model.integration_time[1], model.longest_integration, 200)
    ratios = offered_ratios(model, times)
    instant, own = offered_ratios(model, np.array([0.0, read_time]))
    widest = number(ratios.max(), ".2g")
    text = (
        f"Reads over {number(1e9 * read_time)} ns, the read time, offer a factor of {number(own, '.2g')}, and instants "
        f"one of {number(instant, '.2g')}; the most is {widest}, over {number(1e9 * times[ratios.argmax()], '.2g')} ns."
    )
    periods = 2 * np.pi / np.maximum(model.angular_frequency, np.finfo(float).tiny)
    if read_time > 1.5 * periods.min() and own < 0.9 * ratios.max():
        text += (
            f" Periods of precession are {span(periods[periods < 1], 1e9, '.2g')} ns: a longer read averages over a "
            "whole number of them at some voltage, from which on sigma falls before it rises again."
        )
    return text


def _differ(sigma: np.ndarray) -> str:
    """How far values (points, 3) lie apart, %."""
    return number(100 * (sigma[:, 0].max() / sigma[:, 0].min() - 1), ".2g")


def discretisation(points: Contents) -> str:
    """By how much sigma differs between the cell sizes at each gate voltage, and between the time steps."""
    parts = []
    if len(points["cell_size"]) > 1:
        gates = [
            f"{_differ(sigma)} % at {number(float(voltage))} V (p of no difference {p_text(p_value)})"
            for voltage, sigma, p_value in zip(points["voltage"], points["sigma"], points["p_value"], strict=True)
        ]
        parts.append(f"between the cell sizes by up to {', '.join(gates)}")
    if len(points["time_step"]) > 1:
        sigma = points["sigma_of_step"]
        chance = p_text(equality(sigma).p_value)
        parts.append(f"between the time steps by up to {_differ(sigma)} % (p of no difference {chance})")
    return (
        f"Sigma differs {'. It differs '.join(parts)}." if parts else "One cell size and one time step were simulated."
    )


def track_discretisation(points: Contents) -> str:
    """By how much barrier, levels and depinning of the domain-wall MTJ differ between the cell sizes."""
    sizes = [number(1e9 * size) for size in points["cell_size"].tolist()]
    if len(sizes) == 1:
        return f"The domain-wall MTJ was simulated in cells of {sizes[0]} nm alone."
    barrier, spacing = (
        number(100 * (points[name].max() / points[name].min() - 1), ".2g") for name in ("barrier", "level_spacing")
    )
    *first, last = (number(100 * share) for share in points["depinning"][:, 0].tolist())
    agree = "do not differ" if points["p_value"] >= SIGNIFICANT else "differ"
    return (
        f"Between cells of {', '.join(sizes[:-1])} and {sizes[-1]} nm the barrier of the domain-wall MTJ differs by "
        f"{barrier} %, and the distance of its levels by {spacing} %. Of {int(points['pulses'])} pulses in each, "
        f"{', '.join(first)} and {last} % move the wall: at the 95 % level these {agree} (chi-squared "
        f"{number(float(points['chi_squared']), '.2g')}, degrees of freedom {len(sizes) - 1}, "
        f"p {p_text(float(points['p_value']))})."
    )


def thresholds(model: DomainWallModel) -> str:
    """Current density of which half of the pulses of each width move a wall."""
    parts = []
    for time, half in zip(model.pulse_width.tolist(), half_currents(model), strict=True):
        name = f"pulses of {number(1e9 * time)} ns"
        if half is None:
            parts.append(f"of {name} it is not enclosed by these currents")
        else:
            middle, low, high = (number(1e-11 * end, ".3g") for end in half)
            parts.append(f"{middle} ({low} to {high}) × 10¹¹ A/m² of {name}")
    return f"The current that moves half of the walls: {'; '.join(parts)}."


def single_move(model: DomainWallModel) -> str:
    """How often the pulse of which traces are shown moves the wall, and by one notch."""
    pulse = likeliest_single_move(model)
    left = model.depinning_probability.value[0, pulse]
    one = model.move_probabilities.value[0, pulse, model.moves == 1].sum()
    return (
        f"Of all pulses of this kind, {number(100 * float(left))} % move the wall out of its notch, "
        f"{number(100 * float(one))} % to the next one."
    )


def bands(evaluation: Contents) -> str:
    """Width of the 90 % band within the range of the training data and beyond it, in software and on the array."""
    grid, train = evaluation["grid/input"], evaluation["train/input"]
    within = (train.min() <= grid) & (grid <= train.max())
    parts = []
    for variant in (DEVICE_RANGE, ACCELERATOR):
        low, _, high = evaluation[f"variants/{variant}/band/quantiles"]
        shown = [number((high - low)[where].mean(), ".2g") if where.any() else "–" for where in (within, ~within)]
        parts.append(f"{shown[0]} and {shown[1]} ({LABELS[variant]})")
    return f"Its mean width within the range of the training data and beyond it: {'; '.join(parts)}."


def operating(evaluation: Contents) -> str:
    """What the points of the trade-off beside the configured interval are; empty where there are none."""
    interval = evaluation["tradeoff/interval"]
    others = np.unique(interval[interval != interval[0]])
    if not len(others):
        return ""
    shorter, longer = others[others < interval[0]], others[others > interval[0]]
    parts = [f"{span(shorter, 1e9)} ns, which saves time and correlates the reads more"] if len(shorter) else []
    parts += [f"{span(longer, 1e9)} ns, which takes time and correlates the reads less"] if len(longer) else []
    return f"Orange: all passes, with other times between successive reads: {'; '.join(parts)}."


def mixed(evaluation: Contents) -> int:
    """How many test inputs are mixed with images from elsewhere."""
    fraction = blend_of(evaluation, ACCELERATOR)["fraction"][-1]
    return scores_of(evaluation, ACCELERATOR, f"{fraction:g}")["nll"].shape[1]
