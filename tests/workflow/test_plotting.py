"""Figures are drawn by several processes, and are what one process draws."""

import os
import signal
from concurrent.futures.process import BrokenProcessPool
from functools import partial

import matplotlib as mpl
import pytest

from magbayes.workflow.report.figures import plotting


def line(slope):
    drawing = plotting.figure(3, 2)
    drawing.subplots().plot([0, 1], [0, slope])
    return drawing


def test_pictures_are_those_of_one_process():
    drawings = {f"slope {slope}": partial(line, slope) for slope in range(5)}
    several = plotting.pictures(drawings, processes=3)
    assert several == plotting.pictures(drawings, processes=1)
    assert list(several) == list(drawings)
    assert len(set(several.values())) == len(drawings)  # the comparison tells figures apart


def test_each_figure_has_the_style_whatever_was_drawn_before():
    def spoilt():
        mpl.rcParams["lines.linewidth"] = 20
        return line(1)

    drawings = {"before": partial(line, 1), "spoilt": spoilt, "after": partial(line, 1)}
    pictures = plotting.pictures(drawings, processes=1)
    assert pictures["after"] == pictures["before"] != pictures["spoilt"]


def test_an_error_in_a_figure_is_the_callers():
    def broken():
        raise ValueError("no such figure")

    with pytest.raises(ValueError, match="no such figure"):
        plotting.pictures({"one": partial(line, 1), "two": broken}, processes=2)


def test_a_process_that_is_killed_is_an_error():
    with pytest.raises(BrokenProcessPool):
        plotting.pictures({"killed": lambda: os.kill(os.getpid(), signal.SIGKILL)}, processes=2)
