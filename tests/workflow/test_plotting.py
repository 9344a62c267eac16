"""Figures are drawn one after another, each in the same style."""

from functools import partial

import matplotlib as mpl
import pytest

from magbayes.workflow.report.figures import plotting


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
