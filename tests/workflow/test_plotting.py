"""Figures are drawn one after another, each in the same style, and their files hold what they draw."""

import csv
import io
import json
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


def values_of(drawing):
    return json.loads(plotting.picture(drawing).values)


def test_values_have_their_places_in_the_image_and_say_their_intervals():
    drawing = plotting.figure(6, 2)
    left, right = drawing.subplots(1, 2, sharey=True)
    left.errorbar([1.0, 3.0], [0, 1], xerr=[[0.5, 0.25], [1, 2]], fmt="o", label="points")
    left.set_yticks([0, 1], ["ADC", "<DAC>"])
    left.set(xlabel="energy / nJ", title="parts", xlim=(0, 4))
    right.barh([0, 1], [1.0, -12345.678], left=[2.0, 0.0])
    right.set(xlim=(-20000, 20000))
    right.plot([1.0, 1.0, 19000.0, 60000.0], [0.0, 0.001, 0.0, 0.0], label="line")
    parts, bars = values_of(drawing)
    assert (parts["title"], parts["x"], parts["y"]) == ("parts", "energy / nJ", "")
    [[name, points]] = parts["series"]
    assert name == "points"
    assert [point[2:] for point in points] == [["1 (0.5 to 2)", "ADC"], ["3 (2.75 to 5)", "<DAC>"]]
    # Where matplotlib draws them, from the upper left corner in parts of the image.
    drawn = left.transData.transform([(1, 0), (3, 1)]) / (drawing.bbox.width, drawing.bbox.height)
    assert np.abs(np.array([point[:2] for point in points]) / 1e4 - (drawn * (1, -1) + (0, 1))).max() < 1e-4
    # A bar that begins elsewhere says where; panels that share an axis share its categories.
    [nameless, line] = bars["series"]
    assert [point[2:] for point in nameless[1]] == [["1 (from 2 to 3)", "ADC"], ["−12350", "<DAC>"]]
    # Of a line, points on top of each other are one; what lies outside the panel is not seen.
    assert [point[2] for point in line[1]] == ["1", "19000"]
    assert "<" not in plotting.picture(drawing).values  # nothing of it can end the element that it stands in


def test_values_of_bands_clouds_and_images():
    drawing = plotting.figure(9, 2)
    band, cloud, image, picture, arrows = drawing.subplots(1, 5)
    band.fill_between([1, 2], [2, 3], [4, 5], label="interval")
    cloud.scatter([1, 2], [3, 4], c=[5, 6])
    image.imshow([[1.0, 2.0], [0.0, 3.0]])
    picture.imshow(np.zeros((30, 30)))
    arrows.quiver([1.0], [2.0], [0.5], [-0.5])
    found = values_of(drawing)
    assert [point[2:] for point in found[0]["series"][0][1]] == [["1", "2 to 4"]] * 2 + [["2", "3 to 5"]] * 2
    assert [point[2:] for point in found[1]["series"][0][1]] == [["1", "3", "5"], ["2", "4", "6"]]
    assert [point[4] for point in found[2]["series"][0][1]] == ["1", "2", "0", "3"]
    assert [panel["series"] for panel in found[3:]] == [[], []]  # of a picture nobody reads pixels


def test_a_drawing_without_numbers_has_no_values():
    drawing = plotting.figure(2, 2)
    drawing.subplots().axis("off")
    assert plotting.picture(drawing).values == ""
