"""Figures are drawn one after another, each in the same style, and their files hold what they draw."""

import csv
import io
from functools import partial

import matplotlib as mpl
import numpy as np
import pytest

from magbayes.workflow.report.figures import numbers, plotting


def line(slope):
    drawing = plotting.figure(3, 2)
    drawing.subplots().plot([0, 1], [0, slope])
    return drawing


def test_each_figure_has_the_style_whatever_was_drawn_before():
    def spoilt():
        mpl.rcParams["lines.linewidth"] = 20
        return line(1)

    drawings = {"before": partial(line, 1), "spoilt": spoilt, "after": partial(line, 1), "other": partial(line, 2)}
    pictures = plotting.pictures(drawings)
    assert list(pictures) == list(drawings)
    assert pictures["after"] == pictures["before"] != pictures["spoilt"]
    assert pictures["other"] != pictures["before"]  # the comparison tells figures apart


def test_an_error_in_a_figure_is_the_callers():
    def broken():
        raise ValueError("no such figure")

    with pytest.raises(ValueError, match="no such figure"):
        plotting.pictures({"one": partial(line, 1), "two": broken})


def rows_of(drawing):
    return list(csv.DictReader(io.StringIO(plotting.picture(drawing).csv)))


def places(rows, drawn, *columns):
    return [tuple(row[column] for column in columns) for row in rows if row["drawn"] == drawn]


def test_a_table_has_what_a_figure_draws():
    drawing = plotting.figure(6, 2)
    left, right = drawing.subplots(1, 2)
    left.plot([1, 2], [3, 4], label="measured")
    left.axhline(3.5)
    left.fill_between([1, 2], [2, 3], [4, 5], label="interval")
    left.errorbar([1.0, 2.0], [3.0, 4.0], yerr=[[0.5, 0.25], [1, 2]], fmt="o", label="points")
    left.set(xlabel="voltage / V", ylabel="sigma / µS", title="left")
    right.barh(["ADC", "DAC"], [1.5, 2.5])
    right.errorbar([1.5, 2.5], [0, 1], xerr=[[0.5, 0.5], [1, 1]], fmt="none")
    rows = rows_of(drawing)
    assert {(row["panel"], row["title"], row["x axis"], row["y axis"]) for row in rows if row["panel"] == "1"} == {
        ("1", "left", "voltage / V", "sigma / µS")
    }
    # A line across the panel marks a value, and is none that was measured.
    assert places(rows, "line", "series", "x", "y") == [("measured", "1", "3"), ("measured", "2", "4")]
    assert places(rows, "band", "series", "x", "y_low", "y_high") == [
        ("interval", "1", "2", "4"),
        ("interval", "2", "3", "5"),
    ]
    assert places(rows, "points", "series", "x", "y", "y_low", "y_high")[:2] == [
        ("points", "1", "3", "2.5", "4"),
        ("points", "2", "4", "3.75", "6"),
    ]
    assert places(rows, "bar", "x", "y") == [("1.5", "ADC"), ("2.5", "DAC")]
    assert places(rows, "points", "x", "y", "x_low", "x_high")[2:] == [("", "ADC", "1", "2.5"), ("", "DAC", "2", "3.5")]


def test_a_table_of_clouds_images_and_arrows():
    drawing = plotting.figure(6, 2)
    cloud, image, arrows = drawing.subplots(1, 3)
    cloud.scatter([1, 2], [3, 4], c=[5, 6])
    image.imshow(np.ma.masked_equal([[1.0, 2.0], [0.0, 3.0]], 0), origin="lower", extent=(0, 2, 0, 20))
    arrows.quiver([1.0], [2.0], [0.5], [-0.5])
    drawing.colorbar(mpl.cm.ScalarMappable(), ax=[cloud])
    rows = rows_of(drawing)
    assert places(rows, "points", "x", "y", "value") == [("1", "3", "5"), ("2", "4", "6")]
    assert places(rows, "pixel", "x", "y", "value") == [("0.5", "5", "1"), ("1.5", "5", "2"), ("1.5", "15", "3")]
    assert [row["value"] for row in rows if row["drawn"].startswith("arrow")] == ["0.5", "-0.5"]
    assert {row["panel"] for row in rows} == {"1", "2", "3"}


def test_a_drawing_without_numbers_has_no_table():
    drawing = plotting.figure(2, 2)
    axes = drawing.subplots()
    axes.axis("off")
    axes.plot([0, 1], [0, 1])
    assert numbers.table(drawing) == ""
    assert list(plotting.picture(drawing).files()) == [".svg", ".pdf"]
    assert list(plotting.picture(line(1)).files()) == [".svg", ".pdf", ".csv"]


def test_files_of_figures_are_the_same_bytes_for_the_same_figure():
    drawn = [plotting.pictures({"digits/nll": partial(line, 1)}) for _ in range(2)]
    assert plotting.files(drawn[0]) == plotting.files(drawn[1])
    assert list(plotting.files(drawn[0])) == ["digits-nll.svg", "digits-nll.pdf", "digits-nll.csv"]
    assert plotting.files(drawn[0]) != plotting.files(plotting.pictures({"digits/nll": partial(line, 2)}))
    assert plotting.shown(drawn[0])["digits/nll"].files == "figures/digits-nll.svg, .pdf, .csv"
