"""Images of letters, from elsewhere for a classifier of clothing or digits: those of EMNIST, or drawn from fonts."""

from __future__ import annotations

import string
from functools import cache
from pathlib import Path

import numpy as np

from magbayes.system.datasets import idx

FONTS = (
    *(f"DejaVu{family}{style}" for family in ("Sans", "SansMono") for style in ("", "-Bold", "-Oblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    "cmr10", "cmb10", "cmss10", "cmtt10",
)  # fmt: skip
"""Those of letters among the fonts that come with matplotlib, by the names of their files."""

TILT, SHEAR, STRETCH = 0.25, 0.25, 0.15
"""Largest turn and shear in rad, and change of either side, of a letter that is drawn."""

_POINTS = 48  # size of a letter before it is scaled down, pixels
_MARGIN = 1 / 14  # of an image, free at each edge: EMNIST has 2 of 28 pixels


@cache
def _glyph(font: str, letter: str) -> np.ndarray:
    """Return a letter in white on black, 0..1, in a square with room to be turned in."""
    import matplotlib  # slow, and a configuration is checked without it
    from PIL import Image, ImageDraw, ImageFont

    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    picture = Image.new("L", (3 * _POINTS, 3 * _POINTS))
    drawing = ImageDraw.Draw(picture)
    middle = 3 * _POINTS / 2
    drawing.text((middle, middle), letter, fill=255, font=ImageFont.truetype(str(file), _POINTS), anchor="mm")
    return np.asarray(picture) / 255.0


def drawn(count: int, random: np.random.Generator) -> np.ndarray:
    """Return `count` images (n, 28, 28), 0..1, of letters of both cases in many fonts, turned, sheared and stretched.

    As in EMNIST a letter fills its image but for a margin, and is a little blurred; it is no handwriting.
    """
    from scipy import ndimage  # slow, and a configuration is checked without it

    pictures = np.zeros((count, 28, 28))
    room = round(28 * (1 - 2 * _MARGIN))
    for index in range(count):
        font, letter = FONTS[random.integers(len(FONTS))], string.ascii_letters[random.integers(52)]
        tilt, shear = random.uniform(-TILT, TILT), random.uniform(-SHEAR, SHEAR)
        stretch = 1 + random.uniform(-STRETCH, STRETCH, 2)
        turned = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
        matrix = turned @ np.array([[1, shear], [0, 1]]) @ np.diag(stretch)
        middle = np.full(2, (3 * _POINTS - 1) / 2)
        picture = ndimage.affine_transform(_glyph(font, letter), matrix, middle - matrix @ middle, order=1)
        rows, columns = (np.flatnonzero(picture.max(axis=axis) > 0.1) for axis in (1, 0))
        cut = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        side = max(cut.shape)
        square = np.zeros((side, side))
        top, left = ((side - length) // 2 for length in cut.shape)
        square[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
        # Pixels are areas: what becomes smaller is blurred by as much as a new pixel is wide.
        soft = ndimage.gaussian_filter(square, 0.4 * side / room)
        small = ndimage.zoom(soft, room / side, order=1, mode="nearest", grid_mode=True)
        start = (28 - room) // 2
        pictures[index, start : start + small.shape[0], start : start + small.shape[1]] = np.clip(small, 0, 1)
    return pictures


def read(path: Path) -> np.ndarray:
    """Return images (n, height, width), 0..1, of EMNIST's letters from the IDX file of its images, upright.

    Raises
    ------
    ValueError
        The file is damaged, or holds no images of bytes.
    """
    pictures = idx.read(path)
    if pictures.ndim != 3 or not pictures.size or pictures.dtype != np.uint8:
        raise ValueError(
            f"{path}: holds {pictures.dtype} of shape {pictures.shape}; accepted: images (n, height, width) of bytes, "
            "such as emnist-letters-test-images-idx3-ubyte.gz"
        )
    # EMNIST's files have rows and columns exchanged.
    return pictures.transpose(0, 2, 1) / 255.0
