"""What no job could do, though every key of a configuration is within its bounds: told before the first job."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil
from pydantic import ValidationError

from magbayes.compact_models.measured.sheet import located
from magbayes.data import cited
from magbayes.data.memory import MemoryShortageError, require_memory
from magbayes.data.section import refusal
from magbayes.data.seeds import generator
from magbayes.micromag.devices import registry
from magbayes.micromag.devices.device import Stack
from magbayes.micromag.engines import Engine
from magbayes.micromag.protocols.pulses import DIRECTIONS
from magbayes.micromag.protocols.track_resolution import in_cells
from magbayes.micromag.raw import PULSED_NOTCHES
from magbayes.system.array.metal import load_metal
from magbayes.system.array.settling import require_settled
from magbayes.system.array.slices import require_few
from magbayes.system.cost.converters import converter
from magbayes.system.cost.gate import hold_interval, shortest_interval
from magbayes.system.cost.table import load_table
from magbayes.workflow.remembered import once

if TYPE_CHECKING:
    from magbayes.compact_models.store import CompactModels
    from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
    from magbayes.micromag.devices.stochastic_mtj import StochasticJunction
    from magbayes.micromag.engines import Engine
    from magbayes.workflow.configuration import Configuration

LEAST_SAMPLES = 20
"""Samples of a replica from which a memory can be fitted: its autocorrelation, of which a quarter counts."""

MOST_TRACKS = 100
"""Tracks of points that are kept with what was solved of them."""

RESULT = 3 * 4 * 3
"""Bytes of the machine's memory that a vector of an ensemble's result takes: three copies in single precision, as
`magbayes.micromag.llg.ensemble.RESULT_STATES`."""

FINER_CELLS = (1.25, 1.5, 2, 2.5, 3, 4)
"""Factors by which cells may be finer, of which those that fit are named."""

FIT = 150
"""Bytes that the fit of the stochastic MTJ takes for each sample of a replica, at one gate voltage at a time."""


DRAWN, DRAWN_FROM = 400, 60
"""Bytes that the fit takes for each state drawn at a temperature, and more for each gate voltage of the pool."""


ASKED = ("target", "cells")
"""Keys of ``retention`` that say what is asked for, and not what is computed."""


class Need(NamedTuple):
    """Ensembles of a job."""

    key: tuple[str, ...]
    replicas: int
    samples: int
    cells: int
    turns: int = 1
    """Runs of the engine that share the replicas, one after another."""

    @property
    def at_once(self) -> int:
        """Replicas that are in memory at once."""
        return self.replicas // self.turns

    @property
    def bytes(self) -> int:
        """What they take, bytes."""
        return self.at_once * (self.samples + self.cells) * RESULT


@cache
def machine_memory() -> int:
    """Memory of this machine, bytes."""
    return int(psutil.virtual_memory().total)


def check(c: Configuration) -> None:
    """Refuse what could only end in an error, or in nonsense, after hours.

    Raises
    ------
    ValueError
        The key, its value, and what would be accepted.
    """
    for key, read in (("cost_table", load_table), ("wire", load_metal)):
        try:
            read(getattr(c.accelerator, key))
        except ValueError as error:
            raise refusal(("accelerator", key), str(error)) from None
    _check_converters(c)
    # As most networks are read, and as each is that says something else.
    ways = (None, *c.networks.read_otherwise())
    for network in ways:
        _check_reads(c, network)
    if c.compact_models.paths:
        _check_files(c)
        return
    _check_stacks(c)
    _check_temperatures(c)
    _check_voltages(c)
    _check_slices(c)
    _check_fluctuation(c)
    for network in ways:
        _check_times(c, network)
    _check_cells_across(c)
    _check_varied_disks(c)
    _check_varied_tracks(c)
    _check_bare(c)
    _check_retention(c)
    _check_heat(c)
    for network in ways:
        _check_gate(c, network)
    _check_track_cells(c)
    _check_memory(c)


def key_of(c: Configuration, network: str | None, key: str) -> tuple[str, ...]:
    """Return the path of a key of `accelerator`, or that of the network that has it for itself."""
    own = network is not None and key in c.networks.reads_of(network).given
    return ("networks", str(network), "reads", key) if own else ("accelerator", key)


@once
def _check_converters(c: Configuration) -> None:
    """Refuse a column converter that nobody has built."""
    bits = c.accelerator.effective_bits
    asked = [(("accelerator", "adc_effective_bits"), c.accelerator.sample_interval)]
    asked += [(("evaluation", "intervals"), interval) for interval in c.evaluation.intervals]
    for key, interval in asked:
        try:
            converter(bits, 1 / interval)
        except ValueError as error:
            raise refusal(key, f"{bits:g} effective bits every {interval:g} s: {error}") from None


@once
def _check_stacks(c: Configuration) -> None:
    for section in registry.SHAPES:
        device = getattr(c, section)
        shapes = [registry.class_of(role, name) for role in registry.SHAPES for name in registry.types(role)]
        known = {key for shape in shapes for key in shape.model_fields}
        for name in cited.load_as(Stack, "stacks", device.stack).parameters:
            if name not in known:
                raise refusal(
                    (section, device.type, "stack"),
                    f"{name!r} in data/stacks/{device.stack}.yaml is a parameter of no device; "
                    f"accepted: {', '.join(sorted(known))}",
                )


@once
def _check_temperatures(c: Configuration) -> None:
    kelvins = c.fluctuation.temperatures(c.temperature)
    low, high = kelvins[0], kelvins[-1]
    used = c.accelerator.temperature
    if used is not None and "temperature" not in c.accelerator.ideal and not low <= used <= high:
        raise refusal(
            ("accelerator", "temperature"),
            f"{used:g} K is not characterised; accepted: {low:g} to {high:g} K (of temperature and "
            "fluctuation.other_temperatures)",
        )


@once
def _check_bare(c: Configuration) -> None:
    """Refuse films that have no bare parameters, of every device that is simulated."""
    used: list[tuple[tuple[str, ...], Any, float]] = []
    for section, kelvins in (("smtj", c.fluctuation.temperatures(c.temperature)), ("dwmtj", [c.temperature])):
        device = getattr(c, section)
        used += [((section, device.type, "renormalise"), device, kelvin) for kelvin in kelvins]
    across = c.resolution.cells_across
    # Between the coarsest cells and the finest none are worse than both.
    for count in sorted({min(across), max(across)} if across else ()):
        used.append((("resolution", "cells_across"), c.smtj.in_cells(count), c.temperature))
    for sign in (-1, 1):
        used.append((("variation", "smtj", "change"), c.smtj.scaled(1 + sign * c.variation.smtj.change), c.temperature))
    for key, device, temperature in used:
        try:
            device.check(temperature)
        except ValueError as error:
            at = f"{temperature:g} K: " if isinstance(error, ValidationError) else ""
            raise refusal(key, f"{at}{_reason(error)}") from None


_tracks: dict[str, DomainWallTrack] = {}


def one_track(track: DomainWallTrack) -> DomainWallTrack:
    """Return the first track with the same keys: its current is solved once for the thousand points of a study."""
    if len(_tracks) > MOST_TRACKS:
        _tracks.clear()
    return _tracks.setdefault(track.model_dump_json(), track)


@once
def _check_heat(c: Configuration) -> None:
    """Refuse pulses that heat the track to where it has no parameters, or holds no wall."""
    current, width = c.pulses.current_densities[-1], c.pulses.widths[-1]
    heat = c.pulses.warming(one_track(c.dwmtj), current, width)
    if heat is None:
        return
    try:
        c.dwmtj.check(c.temperature + heat.peak)
    except ValueError as error:
        raise refusal(
            ("pulses", "current_densities"),
            f"{current:g} A/m^2 for {width:g} s (pulses.widths) heats the track to {c.temperature + heat.peak:.4g} K: "
            f"{_reason(error)}; or weaker or shorter pulses, or 'heating: false'",
        ) from None


@once
def _check_retention(c: Configuration) -> None:
    """Refuse temperatures at which the track holds no wall, and drift at one for which there is no barrier."""
    kelvins = c.retention.temperatures(c.temperature)
    for kelvin in c.retention.other_temperatures:
        try:
            c.dwmtj.at(kelvin)
        except ValueError as error:
            raise refusal(("retention", "other_temperatures"), f"{kelvin:g} K: {_reason(error)}") from None
    settings = c.accelerator
    used = c.temperature if "temperature" in settings.ideal else settings.temperature or c.temperature
    if settings.rest > 0 and "drift" not in settings.ideal and not kelvins[0] <= used <= kelvins[-1]:
        raise refusal(
            ("retention", "other_temperatures"),
            f"walls drift at {used:g} K (accelerator.rest, accelerator.temperature), where no barrier is known; "
            "accepted: with that temperature among them",
        )


def _reason(error: ValueError) -> str:
    """What an error says; of several faults of a device the first, with the parameter that it is about."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    text = first["msg"].removeprefix("Value error, ")
    return f"{first['loc'][-1]} {first['input']:g}: {text[0].lower()}{text[1:]}" if first["loc"] else text


@once
def _check_voltages(c: Configuration) -> None:
    low, high = c.fluctuation.voltages[0], c.fluctuation.voltages[-1]
    for voltage in c.variation.smtj.voltages:
        if not low <= voltage <= high:
            raise refusal(
                ("variation", "smtj", "voltages"),
                f"{voltage:g} V is not characterised; accepted: {low:g} to {high:g} V (fluctuation.voltages)",
            )


@once
def _check_gate(c: Configuration, network: str | None) -> None:
    """Refuse a gate that leaks faster than a tile can be refreshed."""
    section, settings = "smtj", c.accelerator_of(network)
    device, table, rows = getattr(c, section), load_table(settings.cost_table), settings.rows
    low, high = c.fluctuation.voltages[0], c.fluctuation.voltages[-1]
    held = settings.held_voltages(low, high, device.read_lever)
    if not held[0] < held[1]:
        raise refusal(
            key_of(c, network, "read_voltage"),
            f"{settings.read_voltage:g} V acts as {held[0] - low:.3g} V at the gate, and leaves none of the "
            f"{low:g} to {high:g} V of fluctuation.voltages; accepted: less than "
            f"{(high - low) / 2 / device.read_lever:.3g} V, or voltages farther apart",
        )
    voltage = max(held, key=abs)
    leaks = abs(voltage) * float(device.gate.conductance(voltage, device.area))
    holds = hold_interval(leaks, table)
    needed = shortest_interval(rows, table)
    if holds < needed:
        raise refusal(
            (section, device.type, "gate_thickness"),
            f"{device.gate_thickness:g} m leaks {leaks:.3g} A at {voltage:.3g} V (fluctuation.voltages) and holds for "
            f"{holds:.3g} s, while a refresh of {rows} rows (accelerator.rows) takes {needed:.3g} s; accepted: a "
            "thicker gate, smaller voltages, or fewer rows",
        )


@once
def _check_slices(c: Configuration) -> None:
    if not c.networks.selected():
        return
    try:
        require_few(c.dwmtj.notches, c.accelerator.slices)
    except ValueError as error:
        raise refusal(("accelerator", "slices"), f"{error}, or fewer of dwmtj.notches") from None


@once
def _check_reads(c: Configuration, network: str | None) -> None:
    """Refuse reads that do not settle, or overlap."""
    settings, key = c.accelerator_of(network), key_of(c, network, "read_time")
    if settings.read_time > settings.sample_interval:
        raise refusal(
            key,
            f"{settings.read_time:g} s is too long; accepted: {settings.sample_interval:g} s "
            "(accelerator.sample_interval) or less",
        )
    try:
        require_settled(settings)
    except ValueError as error:
        raise refusal(key, str(error)) from None
    for interval in c.evaluation.intervals:
        if interval < settings.read_time:
            raise refusal(
                ("evaluation", "intervals"),
                f"{interval:g} s is too short; accepted: {settings.read_time:g} s ({'.'.join(key)}) or more",
            )


@once
def _check_fluctuation(c: Configuration) -> None:
    if c.fluctuation.samples < LEAST_SAMPLES:
        raise refusal(
            ("fluctuation", "duration"),
            f"{c.fluctuation.duration:g} s holds {c.fluctuation.samples} samples, too few for a fit; accepted: "
            f"{LEAST_SAMPLES * c.fluctuation.sample_interval:g} s ({LEAST_SAMPLES} times sample_interval) or more",
        )


@once
def _check_times(c: Configuration, network: str | None) -> None:
    fluctuation, time = c.fluctuation, c.accelerator_of(network).read_time
    longest = fluctuation.samples // 2 * fluctuation.sample_interval
    if time > longest:
        raise refusal(
            key_of(c, network, "read_time"),
            f"{time:g} s is not within the record of the fluctuation; accepted: up to "
            f"{longest:.4g} s, half of fluctuation.duration: lengthen that for longer reads",
        )


def _check_files(c: Configuration) -> None:
    """Refuse devices whose files are not there; what is in them is read once, before the first job."""
    for device, name in c.compact_models.files.items():
        try:
            located(name)
        except ValueError as error:
            raise refusal(("compact_models", device), str(error)) from None


def check_given(c: Configuration) -> None:
    """Read the compact models that are given, and refuse an accelerator that asks for what they do not know.

    Raises
    ------
    ValueError
        A file is wrong, or a key with its value and what would be accepted: one line.
    """
    from magbayes.compact_models.measured.models import assemble  # with JAX, which a configuration is checked without

    paths, settings = c.compact_models.paths, c.accelerator
    try:
        models = assemble(paths["smtj"], paths["dwmtj"], c.seed_for("compact_models"), c.compact_models.idealised)
    except (ValueError, OSError) as error:
        raise ValueError(f"compact_models: {error}") from None
    dwmtj = models.dwmtj
    used = models.temperature if "temperature" in settings.ideal else settings.temperature or models.temperature
    low, high = min(models.stochastic), max(models.stochastic)
    if not low <= used <= high:
        accepted = f"{low:g} K" if low == high else f"{low:g} to {high:g} K"
        raise ValueError(
            f"accelerator.temperature: at {used:g} K the stochastic MTJ is not known ({paths['smtj']}); "
            f"accepted: {accepted}"
        )
    if settings.rest > 0 and "drift" not in settings.ideal:
        try:
            dwmtj.escape_rate(used)
        except ValueError as error:
            raise ValueError(
                f"accelerator.rest: {settings.rest:g} s: {error} ({paths['dwmtj']}); accepted: 0, or barriers"
            ) from None
    try:
        require_few(len(dwmtj.level_mean), settings.slices)
    except ValueError as error:
        raise ValueError(f"accelerator.slices: {error}, or a domain-wall MTJ of fewer levels") from None
    for network in (None, *c.networks.read_otherwise()):
        _check_given_reads(c, models, network)


def _check_given_reads(c: Configuration, models: CompactModels, network: str | None) -> None:
    """Refuse reads of times or voltages that the given devices do not know."""
    from magbayes.system.array.tmr import fall_of  # with JAX, too

    smtj, paths, settings = models.smtj, c.compact_models.paths, c.accelerator_of(network)
    key, read_time = ".".join(key_of(c, network, "read_time")), settings.read_time
    shortest = min(models.measured.get("smtj", {}).get("times", [0.0]))
    if not shortest <= read_time <= smtj.longest_integration:
        raise ValueError(
            f"{key}: {read_time:g} s is not within the times over which sigma was measured "
            f"({paths['smtj']}); accepted: {shortest:g} to {smtj.longest_integration:.4g} s"
        )
    times = models.measured.get("dwmtj", {}).get("jitter_times", [])
    if times and 0 < max(times) < read_time:
        raise ValueError(
            f"{key}: {read_time:g} s is longer than the times over which the jitter of levels was "
            f"measured ({paths['dwmtj']}); accepted: up to {max(times):g} s, or a jitter over longer times"
        )
    _check_given_gate(c, models, network)
    try:
        fall_of(models, settings)
    except ValueError as error:
        raise ValueError(f"{'.'.join(key_of(c, network, 'read_voltage'))}: {error}") from None
    try:
        smtj.sigma_range(read_time, settings.read_voltage)
    except ValueError as error:
        raise ValueError(f"{key}: {error} ({paths['smtj']})") from None


def _check_given_gate(c: Configuration, models: CompactModels, network: str | None) -> None:
    """Refuse read voltages that leave no gate voltage, and a gate that leaks faster than a tile can be refreshed."""
    settings, table, smtj = c.accelerator_of(network), load_table(c.accelerator.cost_table), models.smtj
    low, high = smtj.voltage_range
    held = settings.held_voltages(low, high, smtj.read_lever)
    if not held[0] < held[1]:
        raise ValueError(
            f"{'.'.join(key_of(c, network, 'read_voltage'))}: {settings.read_voltage:g} V acts as "
            f"{held[0] - low:.3g} V at the gate, and leaves none of {low:g} to {high:g} V ({c.compact_models.smtj}); "
            f"accepted: less than {(high - low) / 2 / smtj.read_lever:.3g} V"
        )
    leaks = max(float(smtj.leakage(voltage)) for voltage in held)
    holds, needed = hold_interval(leaks, table), shortest_interval(settings.rows, table)
    if holds < needed:
        raise ValueError(
            f"accelerator.rows: {settings.rows} rows take {needed:.3g} s to refresh, and a gate that leaks {leaks:.3g} "
            f"A ({c.compact_models.smtj}) holds for {holds:.3g} s; accepted: fewer rows"
        )


@once
def _check_cells_across(c: Configuration) -> None:
    for count in c.resolution.cells_across:
        if not _can_have(c.smtj, count):
            accepted = ", ".join(str(other) for other in range(4, 65) if _can_have(c.smtj, other))
            raise refusal(
                ("resolution", "cells_across"),
                f"{count} does not fit smtj; accepted: {accepted or 'none, an empty list: []'}",
            )


def _can_have(device: StochasticJunction, count: int) -> bool:
    """Whether a stochastic MTJ can be made of so many cells along x."""
    try:
        device.in_cells(count)
    except ValueError:
        return False
    return True


@once
def _check_track_cells(c: Configuration) -> None:
    """Refuse cells that do not divide the track, or have no bare parameters in it, and pulses that are too hot."""
    p = c.track_resolution
    for factor in p.finer:
        if not _track_can_have(c.dwmtj, factor):
            accepted = ", ".join(f"{other:g}" for other in FINER_CELLS if _track_can_have(c.dwmtj, other))
            raise refusal(
                ("track_resolution", "finer"),
                f"{factor:g} does not fit dwmtj; accepted, for instance: {accepted or 'an empty list: []'}",
            )
    heat = one_track(c.dwmtj).heating(p.current_density, p.width) if c.pulses.heating else None
    for track in p.tracks(c.dwmtj):
        try:
            track.check(c.temperature)
        except ValueError as error:
            raise refusal(("track_resolution", "finer"), _reason(error)) from None
        try:
            track.check(c.temperature + (heat.peak if heat else 0.0))
        except ValueError as error:
            raise refusal(
                ("track_resolution", "current_density"),
                f"{p.current_density:g} A/m^2 for {p.width:g} s (track_resolution.width): {_reason(error)}; or a "
                "weaker or shorter pulse",
            ) from None


def _track_can_have(device: DomainWallTrack, finer: float) -> bool:
    """Whether a domain-wall MTJ can be made of cells that are so many times finer."""
    try:
        in_cells(device, finer)
    except ValueError:
        return False
    return True


@once
def _check_varied_disks(c: Configuration) -> None:
    for sign in (-1, 1):
        try:
            c.smtj.scaled(1 + sign * c.variation.smtj.change)
        except ValueError:
            raise refusal(
                ("variation", "smtj", "change"),
                f"{c.variation.smtj.change:g} takes smtj.diameter or smtj.cell_size, {c.smtj.diameter:g} and "
                f"{c.smtj.cell_size:g} m, out of their bounds; accepted: a smaller change, or another device",
            ) from None


@once
def _check_varied_tracks(c: Configuration) -> None:
    varied, track = c.variation.dwmtj, c.dwmtj
    try:
        varied.check(track)
    except ValueError as error:
        raise refusal(("variation", "dwmtj", "edge_roughness"), str(error)) from None
    seed = c.seed_for("dwmtj/variation")
    # Six standard deviations are more than any number of tracks draws; nearer to the bounds, all are drawn.
    for factor in (1 - 6 * varied.interface_anisotropy, 1 + 6 * varied.interface_anisotropy):
        try:
            track.changed(interface_anisotropy=factor * track.interface_anisotropy)
        except ValueError:
            break
    else:
        return
    for index in range(varied.tracks):
        try:
            varied.draw(track, generator(seed, "track", index))
        except ValueError:
            raise refusal(
                ("variation", "dwmtj", "interface_anisotropy"),
                f"{varied.interface_anisotropy:g} makes of {track.interface_anisotropy:g} J/m^2 "
                f"(dwmtj.interface_anisotropy) a value that cannot be, in track {index}; accepted: less",
            ) from None


def needs(c: Configuration) -> Iterator[Need]:
    """Largest ensembles of each kind of job, and what the fit holds of all gate voltages and temperatures."""
    disk, track = c.smtj.cells, c.dwmtj.cells
    fluctuation, pulses, resolution = c.fluctuation, c.pulses, c.resolution
    engines: tuple[Engine, ...] = ("native", "oommf") if c.engine == "both" else (c.engine,)
    for engine in engines:
        settling = round(fluctuation.settling(engine) / fluctuation.sample_interval)
        yield Need(("fluctuation", "draws"), fluctuation.replicas, fluctuation.draws_with(engine), disk)
        yield Need(("fluctuation", "replicas"), fluctuation.replicas, fluctuation.samples + settling, disk)
    largest = max([c.smtj.cells, *(c.smtj.in_cells(count).cells for count in resolution.cells_across)])
    records = [*(resolution.samples(engine) for engine in engines), resolution.recorded]
    yield Need(("resolution", "replicas"), resolution.replicas, max(records), largest)
    varied = c.variation
    drawn = max(varied.smtj.samples(engine) for engine in engines)
    yield Need(("variation", "smtj", "replicas"), varied.smtj.replicas, drawn, disk)
    largest = varied.dwmtj.largest_mesh(c.dwmtj)
    yield Need(("variation", "dwmtj", "replicas"), varied.dwmtj.replicas, varied.dwmtj.samples, largest)
    longest = round((c.pulses.widths[-1] + pulses.relaxation) / pulses.sample_interval)
    short = c.dwmtj.changed(notches=min(c.dwmtj.notches, PULSED_NOTCHES)).cells
    yield Need(("pulses", "replicas"), pulses.replicas, longest, short, len(DIRECTIONS))
    finest = max(track.cells for track in c.track_resolution.tracks(c.dwmtj))
    tried = c.track_resolution
    yield Need(("track_resolution", "replicas"), tried.replicas, tried.samples, finest, len(DIRECTIONS))
    resting = round((pulses.rest_equilibration + pulses.rest_duration) / pulses.sample_interval)
    yield Need(("pulses", "rest_replicas"), pulses.rest_replicas, resting, track)


def _require_room(key: tuple[str, ...], what: str, needed: float, instead: str) -> None:
    """Refuse a key whose value needs more than this machine has, whatever else is done on it now."""
    try:
        require_memory(what, needed, machine_memory(), instead=f"accepted: {instead}")
    except MemoryShortageError as error:
        raise refusal(key, str(error)) from None


@once
def _check_memory(c: Configuration) -> None:
    for need in needs(c):
        _require_room(
            need.key,
            f"{need.replicas} with {need.samples} samples each and {need.cells} cells",
            need.bytes,
            "fewer replicas, fewer draws, shorter durations, or samples farther apart",
        )
    fluctuation = c.fluctuation
    gates = len(fluctuation.voltages)
    ensembles = gates * len(fluctuation.temperatures(c.temperature))
    drawn = 0 if c.engine == "oommf" else fluctuation.draws
    _require_room(
        ("fluctuation", "replicas"),
        f"{fluctuation.replicas} with {fluctuation.samples} samples and {drawn} draws at {ensembles} gate voltages and "
        "temperatures, to be fitted",
        fluctuation.replicas
        * (fluctuation.samples * (12 * ensembles + FIT) + drawn * gates * (DRAWN + DRAWN_FROM * gates)),
        "fewer replicas or draws, a shorter duration, or a longer sample_interval",
    )
