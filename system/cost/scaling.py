"""Energies and areas of logic from one technology to another.

A. Stillmaker and B. Baas, Integration 58, 74 (2017), doi:10.1016/j.vlsi.2017.02.002: the energy of a gate is a
parabola in the supply voltage, other coefficients for each technology, and its area a number. The coefficients are
those that hwcomponents (``hwcomponents/scaling/techscaling.py``, MIT license) quotes from the paper, which was not
read itself. Between technologies both are interpolated linearly. The simple rule C V^2, with a capacitance in
proportion to the node, is the other end of the range.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_NODES = 1e-9 * np.array([7, 10, 14, 16, 20, 32, 45, 65, 90, 130])
# Energy: of V^2, of V, and without it.
_ENERGY = np.array(
    [
        [0.1776, -0.09097, 0.02447],
        [0.2068, -0.09311, 0.02375],
        [0.2363, -0.09675, 0.02239],
        [0.2958, -0.1241, 0.03024],
        [0.373, -0.1582, 0.04104],
        [0.9559, -0.7823, 0.471],
        [1.103, -0.362, 0.2767],
        [3.755, -4.398, 1.975],
        [4.762, -4.781, 2.092],
        [7.171, -6.709, 2.904],
    ]
)
# Area beside that of 130 nm.
_AREA = np.array([0.0092, 0.016, 0.027, 0.03, 0.033, 0.072, 0.16, 0.23, 0.44, 1.0])


class Factor(NamedTuple):
    """What a published number is multiplied with, and the ends of its range."""

    value: float
    low: float
    high: float


def _checked(node: float) -> float:
    if not _NODES[0] <= node <= _NODES[-1]:
        raise ValueError(f"no scaling to or from {1e9 * node:g} nm; accepted: {1e9 * _NODES[0]:g} to 130 nm")
    return node


def _gate(node: float, voltage: float) -> float:
    parabola = _ENERGY @ np.array([voltage**2, voltage, 1.0])
    return float(np.interp(_checked(node), _NODES, parabola))


def energy_factor(node: float, voltage: float, to_node: float, to_voltage: float) -> Factor:
    """Return what an energy at `node` (m) and `voltage` (V) is multiplied with at another node and voltage.

    Raises
    ------
    ValueError
        A node is outside 7 to 130 nm.
    """
    if (node, voltage) == (to_node, to_voltage):
        return Factor(1.0, 1.0, 1.0)
    value = _gate(to_node, to_voltage) / _gate(node, voltage)
    simple = to_node / node * (to_voltage / voltage) ** 2
    return Factor(value, min(value, simple), max(value, simple))


def area_factor(node: float, to_node: float) -> Factor:
    """Return what an area at `node` (m) is multiplied with at another; the simple rule is the square of the node.

    Raises
    ------
    ValueError
        A node is outside 7 to 130 nm.
    """
    if node == to_node:
        return Factor(1.0, 1.0, 1.0)
    value = float(np.interp(_checked(to_node), _NODES, _AREA) / np.interp(_checked(node), _NODES, _AREA))
    simple = (to_node / node) ** 2
    return Factor(value, min(value, simple), max(value, simple))
