"""Sentences of the report follow from its numbers: each is tried where it holds and where it does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import k

from magbayes.compact_models import load
from magbayes.compact_models.store import VERSION
from magbayes.data.container import Contents, Quantity
from magbayes.data.estimate import binomial_share, equal_shares, equality
from magbayes.micromag import DomainWallMTJ, StochasticMTJ
from magbayes.micromag.raw import RawEnsemble
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE
from magbayes.system.metrics.sensitivity import Index, Ranking
from magbayes.workflow.report import observations, statements
from magbayes.workflow.report.figures import cell as cell_figures
from magbayes.workflow.report.figures import physics as physics_figures
from magbayes.workflow.report.tables import devices as device_tables
from tests.workflow.conftest import ROOT


@pytest.fixture(scope="module")
def models():
    return load(ROOT / "tests" / "compact_models" / "frozen" / f"version{VERSION}.h5")


def disk(voltage, width, symmetric=True):
    reads = width * np.random.default_rng(1).choice([-1.0, 1.0], size=(1, 20, 500, 3))
    quantities = {"in_plane_symmetric": Quantity(symmetric, "1")}
    return RawEnsemble(
        "stochastic_mtj",
        np.arange(500.0),
        reads,
        np.zeros((1, 2, 2, 1, 3)),
        np.ones(3),
        {"voltage": Quantity(voltage, "V")},
        quantities,
    )


def test_widths_are_those_of_the_ensembles_shown():
    rising = observations.widths([disk(-1.0, 0.1), disk(0.0, 0.2), disk(1.0, 0.3)])
    assert rising == "Standard deviation of m·p: 0.1 at −1 V, 0.2 at 0 V, 0.3 at 1 V."
    assert observations.widths([disk(0.0, 0.2), disk(1.0, 0.1)]) == (
        "Standard deviation of m·p: 0.2 at 0 V, 0.1 at 1 V."
    )


def track(places, starts):
    """Walls of one replica of each group on a track of three notches, by the notch where they ended; 3 is off."""
    quantities = {"notch_positions": Quantity(32e-9 * np.arange(3), "m")}
    further = {"wall_position": Quantity(32e-9 * np.array(places, float)[:, None], "m")}
    bias = {"start_notch": Quantity(np.array(starts), "1")}
    n = len(places)
    return RawEnsemble(
        "domain_wall_mtj",
        np.arange(2.0),
        np.zeros((n, 1, 2, 3)),
        np.zeros((n, 2, 2, 1, 3)),
        np.ones(3),
        bias,
        quantities,
        further,
    )


@pytest.mark.parametrize(
    ("rest", "pulse", "said"),
    [
        (1, 2, "at rest it stays there, and after the pulse it is at notch 2."),
        (1, 1, "at rest it stays there, and the pulse leaves it there."),
        (1, 3, "at rest it stays there, and after the pulse it is off the track."),
        (0, 1, "at rest it ends at notch 0, and the pulse leaves it there."),
    ],
)
def test_where_the_wall_is(rest, pulse, said):
    sentence = observations.wall_after(track([0, rest, 2], [0, 1, 2]), track([pulse, 0], [1, 1]))
    assert sentence == f"The wall was put at notch 1; {said}"


def test_sigma_beside_the_limit_of_a_rigid_spin(models):
    smtj = models.smtj
    cause = "Thermal spin waves, which shorten the moment"
    above = observations.beside_rigid_spin(replace(smtj, macrospin_sigma=0.5 * smtj.conductance_sigma))
    assert "It is 2 times the small-angle limit" in above
    assert "above it at each of 3 gate voltages by more" in above
    assert cause in above
    below = observations.beside_rigid_spin(replace(smtj, macrospin_sigma=2 * smtj.conductance_sigma))
    assert "It is 0.5 times" in below
    assert "below it at each of 3" in below
    assert cause not in below
    none = observations.beside_rigid_spin(replace(smtj, macrospin_sigma=0 * smtj.conductance_sigma))
    assert none.startswith("At no gate voltage")


def test_whether_the_fluctuation_rings(models):
    smtj = models.smtj
    rings = observations.memory(smtj)
    assert "It rings at " in rings
    assert "Large amplitudes precess slower" in rings
    damped = replace(smtj, angular_frequency=0.1 / smtj.decay_time, resampled_shift=0 * smtj.resampled_shift)
    assert "without ringing" in observations.memory(damped)
    assert "precess slower" not in observations.memory(damped)
    some = replace(smtj, angular_frequency=np.array([0.1, 5, 5]) / smtj.decay_time)
    assert "at 2 of 3 gate voltages" in observations.memory(some)
    assert "within 0.3 of the measured" in observations.memory(replace(smtj, memory_misfit=np.array([0, 0.3, 0])))


def resolution(sigmas, steps):
    """Widths (gates, cells) and of time steps, each with an interval of 0.01 to either side."""
    table, of_step = (np.stack([a, a - 0.01, a + 0.01], axis=-1) for a in map(np.array, (sigmas, steps)))
    data = {
        "voltage": np.array([-0.6, 0.4])[: len(table)],
        "cell_size": 1e-9 * np.arange(5.0, 5.0 - table.shape[1], -1),
        "sigma": table,
        "p_value": np.array([equality(row).p_value for row in table]),
        "time_step": 1e-13 / (1 + np.arange(len(steps))),
        "sigma_of_step": of_step,
    }
    return Contents(Path("file.h5"), data, {}, {})


def test_what_the_discretisation_changes():
    alike = resolution([[0.2, 0.201], [0.3, 0.3]], [0.2, 0.201])
    assert observations.discretisation(alike) == (
        "Sigma differs between the cell sizes by up to 0.5 % at −0.6 V (p of no difference = 0.9), 0 % at "
        "0.4 V (p of no difference = 1). It differs between the time steps by up to 0.5 % (p of no difference = 0.9)."
    )
    apart = observations.discretisation(resolution([[0.3, 0.2]], [0.2, 0.2]))
    assert "between the cell sizes by up to 50 % at −0.6 V (p of no difference < 1e-12)" in apart
    assert "between the time steps by up to 0 % (p of no difference = 1)" in apart
    assert observations.discretisation(resolution([[0.2]], [])) == "One cell size and one time step were simulated."


def test_every_gate_and_cell_size_is_in_figure_and_table():
    points = resolution([[0.2, 0.201], [0.3, 0.3]], [])
    points.data.update(
        {name: np.array([0.2, 0.3]) for name in ("common_sigma", "rigid_spin_sigma")}, chi_squared=np.array([1.0, 0.0])
    )
    cells, *_ = physics_figures.resolution(points, StochasticMTJ()).axes  # without time steps, too
    assert [label.get_text() for label in cells.get_legend().get_texts()] == ["\N{MINUS SIGN}0.6 V", "0.4 V"]
    table = device_tables.resolution(points)
    assert table.columns[1:3] == ["5 nm", "4 nm"]
    assert [row[2].order for row in table.rows] == [0.201, 0.3]


def track_resolution(barriers, moved):
    """A track in cells of 4.5, 3, ... nm, with 32 pulses in each; barriers in kT."""
    cells, shares = len(barriers), equal_shares(moved, 32)
    data = {
        "cell_size": np.array([4.5e-9, 3e-9, 2.25e-9])[:cells],
        "barrier": np.array(barriers) * k * 300,
        "converged": np.array([1] + [0] * (cells - 1)),
        "level_spacing": 2e-5 + 2e-9 * np.arange(cells),
        "moved": np.array(moved),
        "pulses": np.array(32),
        "depinning": np.stack(binomial_share(moved, 32), axis=-1),
        "common_depinning": np.array(shares.mean),
        "chi_squared": np.array(shares.chi_squared),
        "p_value": np.array(shares.p_value),
        "temperature": np.array(300.0),
    }
    return Contents(Path("file.h5"), data, {}, {})


def test_what_the_mesh_of_a_track_changes():
    alike = observations.track_discretisation(track_resolution([90.0, 90.9], [16, 18]))
    assert alike == (
        "Between cells of 4.5 and 3 nm the barrier of the domain-wall MTJ differs by 1 %, and the distance of its "
        "levels by 0.01 %. Of 32 pulses in each, 50 and 56.2 % move the wall: at the 95 % level these do not differ "
        "(chi-squared 0.25, degrees of freedom 1, p = 0.6)."
    )
    apart = observations.track_discretisation(track_resolution([90.0, 90.9, 91.8], [2, 18, 31]))
    assert "Between cells of 4.5, 3 and 2.25 nm the barrier of the domain-wall MTJ differs by 2 %" in apart
    assert "6.25, 56.2 and 96.9 % move the wall: at the 95 % level these differ" in apart
    alone = observations.track_discretisation(track_resolution([90.0], [16]))
    assert alone == "The domain-wall MTJ was simulated in cells of 4.5 nm alone."
    table = device_tables.track_resolution(track_resolution([90.0, 90.9], [16, 18]))
    assert [row[1].text for row in table.rows] == ["90", "90.9"]
    assert [row[1].detail for row in table.rows] == ["", "not converged"]
    assert [row[3].text for row in table.rows] == ["16 of 32", "18 of 32"]


def test_the_current_that_moves_half_of_the_walls(models):
    dwmtj = replace(
        models.dwmtj,
        current_density=np.array([3e11, 4e11]),
        pulse_width=np.array([1e-9, 2e-9]),
        moves=np.array([0, 1]),
        moved=np.array([[[30, 2], [2, 30]], [[32, 0], [32, 0]]]),
    )
    said = observations.thresholds(dwmtj)
    assert said.startswith("The current that moves half of the walls: 3.46 (")
    assert said.endswith(" × 10¹¹ A/m² of pulses of 1 ns; of pulses of 2 ns it is not enclosed by these currents.")


def test_bare_parameters_stand_beside_measured_ones():
    disk, track = StochasticMTJ(), DomainWallMTJ()
    rows = {row[0].text: [cell.order for cell in row[1:]] for row in device_tables.bare(disk, 330.0).rows}
    film, given = disk.at(330.0), disk.bare(330.0)
    assert rows["Ms / (A/m)"][:2] == [film.saturation_magnetisation, given.saturation_magnetisation]
    assert rows["mean m of a cell in the saturated film"][1] == given.moment < 0.97
    assert not any(name.startswith("D ") for name in rows)
    tracks = {row[0].text: [cell.order for cell in row[1:]] for row in device_tables.bare(track, 300.0).rows}
    assert tracks["D / (J/m²)"][2] == pytest.approx(track.bare(300.0).dmi_factor) != 1
    # Control: without the correction both columns are the same.
    given = device_tables.bare(disk.changed(renormalise="none"), 330.0)
    assert all(row[1].order == row[2].order for row in given.rows)


def test_p_values_of_equal_numbers_are_uniform():
    """2000 sets of four; at 5 %, within bounds of binomial chance at 1e-4; unequal ones are found."""
    rng = np.random.default_rng(1)

    def rate(spread):
        values = 1 + 0.1 * rng.normal(size=(2000, 4)) + spread * np.arange(4)
        tables = np.stack([values, values - 0.196, values + 0.196], axis=-1)
        return np.mean([equality(table).p_value < 0.05 for table in tables])

    assert 0.033 < rate(0.0) < 0.069
    assert rate(0.1) > 0.4


def test_how_often_the_wall_moves(models):
    said = observations.single_move(models.dwmtj)
    assert said == "Of all pulses of this kind, 90 % move the wall out of its notch, 80 % to the next one."
    still = np.zeros_like(models.dwmtj.moved)
    still[...] = [399, 1, 0]
    rare = observations.single_move(replace(models.dwmtj, moved=still))
    assert "0.25 % move the wall out of its notch" in rare


def cubic(outside):
    """Bands that are 2 wide between -4 and 4, and `outside` beyond."""
    grid = np.linspace(-6, 6, 121)
    half = np.where(np.abs(grid) <= 4, 1.0, outside / 2)
    data = {"grid/input": grid, "train/input": np.array([-4.0, 4.0])}
    for variant in (DEVICE_RANGE, ACCELERATOR):
        data[f"variants/{variant}/band/quantiles"] = np.stack([-half, 0 * half, half])
    return Contents(Path("file.h5"), data, {}, {})


def test_how_wide_bands_are():
    assert "beyond it: 2 and 8 (software BNN (device range)); 2 and 8 (accelerator)." in observations.bands(cubic(8.0))
    assert "2 and 1 (accelerator)" in observations.bands(cubic(1.0))


def test_other_times_between_reads_are_named_if_there_are_any():
    def said(*interval):
        return observations.operating(
            Contents(Path("file.h5"), {"tradeoff/interval": 1e-9 * np.array(interval)}, {}, {})
        )

    assert said(20, 20, 20) == ""
    assert said(20, 20, 5, 10).endswith("reads: 5 to 10 ns, which saves time and correlates the reads more.")
    assert said(20, 40).endswith("reads: 40 ns, which takes time and correlates the reads less.")


def test_why_parameters_are_not_ranked():
    parameters = {"a": np.arange(5.0), "b": np.arange(5.0)[::-1]}
    numbers = {"n": np.ones((5, 3)), "m": np.arange(15.0).reshape(5, 3)}
    ranked = Ranking(0.9, [Index("a", 0.9, 0.1, 0.9, 0.1)])
    assert statements.unranked(parameters, numbers, dict.fromkeys("nm", ranked), "latin") == []
    assert statements.unranked({"a": parameters["a"]}, numbers, {}, "latin") == []
    same, few = statements.unranked(parameters, numbers, {}, "latin")
    assert same == "The same in all points, so that there is nothing to rank: n."
    assert few == "5 points are too few to rank 2 parameters for m: 10 are needed."
    (refused,) = statements.unranked(parameters, numbers, {"n": ranked, "m": Ranking(0.31, [])}, "latin")
    assert "predicts too little" in refused
    assert "(70 % are asked for): m (31 %)." in refused
    (tied,) = statements.unranked(parameters, numbers, {}, "zip")
    assert "change in step" in tied


def test_dots_of_sigma_are_called_what_they_are_and_every_temperature_is_drawn(models):
    many = {float(t): models.smtj for t in range(240, 300, 10)} | {300.0: replace(models.smtj)}
    drawing = physics_figures.sigma_of_voltage(replace(models, stochastic=many))
    labels = [text.get_text() for text in drawing.axes[0].get_legend().get_texts()]
    assert "characterised voltages" in labels
    assert not any("micromagnetics" in label for label in labels)
    assert [f"at {t} K" in labels for t in range(240, 300, 10)] == [True] * 6


def test_cross_sections_name_no_material():
    texts = [text.get_text() for axes in cell_figures.layers().axes for text in axes.texts]
    assert not any(word in text for text in texts for word in ("tungsten", "MgO", "CoFeB"))


def test_a_gate_voltage_in_doubt_is_marked_in_the_table(models):
    marks = lambda m: [row[0].detail for row in device_tables.stochastic(m).rows]  # noqa: E731
    assert marks(models) == ["", "", ""]
    late = replace(models.smtj, drift_p_value=np.array([1.0, 1e-6, 1.0]))
    assert marks(replace(models, stochastic={**models.stochastic, 300.0: late})) == ["", "in doubt", ""]


def test_a_device_that_holds_no_weight_is_called_volatile(models):
    """40 kT at 300 K hold for 1e6 s, 35 kT at 350 K for 8e2 s, and the worst of 1e5 devices for far less."""
    dwmtj = models.dwmtj
    assert statements.volatile(dwmtj, 100.0, 1.0) == ""
    assert statements.volatile(dwmtj, 1000.0, 1.0).startswith("The domain-wall MTJ is volatile: 1000 s are asked")
    assert "the worst of 1 × 10⁵ devices holds" in statements.volatile(dwmtj, 100.0, 1e5)
    said = statements.retention(dwmtj, 100.0, 1.0)
    assert "At 300 K the barrier is 40 kT. A level holds for 1 × 10⁶ (90000 to 2 × 10⁷) s" in said
    assert said.endswith("100 s are asked for, which lies within an interval: not significant.")
    assert statements.retention(dwmtj, 1.0, 1.0).endswith(" 1 s are asked for.")
    assert said.count(" kT") == len(dwmtj.barrier)


def test_pulses_are_listed_with_what_they_heat_to(models):
    table = device_tables.pulses(models)
    assert table.columns[-1] == "peak / K"
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["0.5", "5", "20.0", "0.20", "12.8", "340"],
        ["0.5", "6", "90.0", "1.00", "18.4", "358"],
    ]
