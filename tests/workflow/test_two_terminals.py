"""What the report says of a cell of two terminals, for devices of every kind."""

import pytest

from magbayes.data.estimate import Estimate
from magbayes.system.array.two_terminals import Bias, Cell, Comparison
from magbayes.system.settings import AcceleratorSettings
from magbayes.workflow.report import statements
from magbayes.workflow.report.figures import cell as figures
from magbayes.workflow.report.tables import devices as tables
from tests.system.conftest import FakeStochastic
from tests.system.test_two_terminals import Answer

SETTINGS = AcceleratorSettings()


def cell(nanometres, read=1.0, warmer=0.0, noise=1e-9):
    """A barrier whose torque makes reads so much wider, whose heat sigma so much larger, and with so much noise."""
    warmed = Estimate(warmer, warmer / 5, warmer * 4)
    bias = Bias(0.5, 0.4, 2e-6, 80.0, Answer(0.1, 1.0, read), Estimate(5.0, 1.0, 20.0), warmed, 1e-9, noise, 1e-15)
    return Cell(1e-9 * nanometres, 1e-11, bias, bias._replace(sigma=1e-8))


THIN, GOOD, THICK = cell(1.0, read=1.5, warmer=0.8), cell(1.5, warmer=0.05), cell(3.0, noise=1e-6)


def comparison(*cells, excess=(5.0, 1.3)):
    return Comparison(list(cells), 4.0, 4e-17, 0.2, excess, 2e-10, 1.6e-12, 3.5e-11)


def test_a_window_of_barriers_and_inputs_that_do_not_fit():
    text = statements.two_terminals(comparison(THIN, GOOD, cell(2.0), THICK), SETTINGS)
    assert text.startswith(
        "The junction itself would work with a barrier of 1.5 to 2 nm. Thinner ones are ruled out by"
    )
    assert "ruled out by spin torque and heat (from 1.5 to 2 nm on, by the thermal resistance). With thicker" in text
    assert "the std of the charge is then 5 (smallest sigma) and 1.3 times (largest) that of weight times input" in text
    assert "reads of 0.2 ns or less" in text
    assert "Two terminals with inputs coded in time are ruled out." in text
    assert (
        "0.58 to 1 times the std, take 7 reads and conversions in place of one, and need a driver of up to 2 µA" in text
    )


def test_no_barrier_works():
    text = statements.two_terminals(comparison(THIN, THICK), SETTINGS)
    assert text.startswith("The junction itself would work with none of the barriers.")
    assert text.endswith("are ruled out.")


def test_two_terminals_would_do():
    text = statements.two_terminals(comparison(GOOD, excess=(1.0, 1.05)), SETTINGS)
    assert text.startswith("The junction itself would work with a barrier of 1.5 nm. ")
    assert text.endswith("Two terminals would work.")
    assert "ruled out" not in text


@pytest.mark.parametrize(("barrier", "fault"), [(THIN, "spin torque, heat"), (GOOD, "nothing"), (THICK, "noise")])
def test_a_row_names_what_rules_a_barrier_out(barrier, fault):
    table = tables.two_terminals(comparison(barrier))
    (row,) = table.rows
    assert len(row) == len(table.columns)
    assert row[table.columns.index("ruled out by")].text == fault


def test_where_heat_is_not_known_the_table_says_so_and_the_figure_leaves_it_out():
    bare = [
        entry._replace(low=entry.low._replace(warmed=None), high=entry.high._replace(warmed=None))
        for entry in (THIN, GOOD, THICK)
    ]
    cells = comparison(*bare)
    names = tables.two_terminals(cells).columns
    assert tables.two_terminals(cells).rows[0][names.index("sigma by heat / %")].text == "–"
    left = figures.two_terminals(cells, FakeStochastic(), 1e-9).axes[0]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["spin torque", "electrical noise / sigma"]
    left = figures.two_terminals(comparison(THIN, GOOD, THICK), FakeStochastic(), 1e-9).axes[0]
    assert "heat" in [text.get_text() for text in left.get_legend().get_texts()]
