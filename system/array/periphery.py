"""How converters and mirrors of one chip differ from what they should be.

All act as factors on what a device counts for at the end of its column, but for the errors of the ADCs. Each is drawn
by a generator of its own name, so that a chip without one of them has the others as they were.
"""

from __future__ import annotations

import jax
import numpy as np

from magbayes.data.keys import generator_of
from magbayes.system.settings import AcceleratorSettings


def _by_tile(drawn: np.ndarray, tile: int, length: int, axis: int) -> np.ndarray:
    """Repeat what is drawn for every tile along an axis for each of its rows or columns."""
    return np.repeat(drawn, tile, axis=axis).take(np.arange(length), axis=axis)


def row_gains(key: jax.Array, shape: tuple[int, int], settings: AcceleratorSettings) -> np.ndarray:
    """Return the gains (rows, columns) of the DACs of the chip `key`, one for every row of a tile."""
    if "mismatch" in settings.ideal:
        return np.ones(shape)
    rows, columns = shape
    drawn = generator_of(key, "dac_gain").standard_normal((rows, -(-columns // settings.columns)))
    return 1 + settings.spread("converters") * settings.dac_spread * _by_tile(drawn, settings.columns, columns, 1)


def mirror_gains(key: jax.Array, shape: tuple[int, int], settings: AcceleratorSettings) -> np.ndarray:
    """Return the relative gains (2, rows, columns) of the mirrors of the chip `key`, one for every line of a tile.

    The devices of a pair that meet on a line have the same.
    """
    if "mismatch" in settings.ideal:
        return np.ones((2, *shape))
    rows, columns = shape
    lines = 1 if settings.opposite else 2
    drawn = generator_of(key, "mirror_gain").standard_normal((lines, -(-rows // settings.rows), columns))
    gains = 1 + settings.spread("mirrors") * settings.mirror_spread * _by_tile(drawn, settings.rows, rows, 1)
    return np.broadcast_to(gains, (2, *shape))


def adc_errors(key: jax.Array, shape: tuple[int, int], settings: AcceleratorSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return gains and offsets, in codes, of the ADCs of the chip `key`: (row tiles, columns) each."""
    converters = (-(-shape[0] // settings.rows), shape[1])
    if "mismatch" in settings.ideal:
        return np.ones(converters), np.zeros(converters)
    gain, offset = (generator_of(key, name).standard_normal(converters) for name in ("adc_gain", "adc_offset"))
    factor = settings.spread("converters")
    return 1 + factor * settings.adc_spread * gain, factor * settings.adc_offset * offset
