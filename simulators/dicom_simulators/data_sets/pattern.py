"""The synthetic picture: something a person recognises in a report, and a program can compare.

Invariants: integer arithmetic only, so that every machine draws the same picture; the picture depends on its
size, its seed and its label, and nothing else. It shows a gradient, a disc that wanders from frame to frame, a ring, a
step wedge and the label in letters of a 3 x 5 raster. Colours change slowly over the picture, the sharp edges are grey:
what chroma subsampling takes away stays small, so that a bound for the lossy codecs can be stated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # numpy costs 60 ms at start-up: only what draws imports it
    import numpy as np
    from numpy.typing import NDArray

FULL = 1023
"""Brightness runs from 0 to this."""

_RASTER = {  # five rows of three bits, one octal digit a row, top row first
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717", "6": "74757", "7": "71122",
    "8": "75757", "9": "75717", "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644",
    "G": "34553", "H": "55755", "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555",
    "O": "25552", "P": "65644", "Q": "25563", "R": "65655", "S": "34216", "T": "72222", "U": "55557", "V": "55552",
    "W": "55775", "X": "55255", "Y": "55222", "Z": "71247", ".": "00002", "-": "00700", "/": "11244",
}  # fmt: skip


def draw(rows: int, columns: int, frames: int, seed: int, label: tuple[str, ...]) -> NDArray[np.int32]:
    """Draw the picture in grey.

    Parameters
    ----------
    rows, columns, frames : int
        Size, in pixels and frames.
    seed : int
        Moves the disc and the ring.
    label : tuple of str
        Lines of text, written from the upper left corner.

    Returns
    -------
    ndarray, shape (frames, rows, columns), int32
        Brightness, 0 to `FULL`.
    """
    import numpy as np  # here for a quick start of programs that draw nothing

    y = np.arange(rows, dtype=np.int32)[:, None]
    x = np.arange(columns, dtype=np.int32)[None, :]
    side = max(8, min(rows, columns))
    ground = (y * 300) // max(1, rows) + (x * 400) // max(1, columns)
    wedge = (x * 8 // max(1, columns)) * (FULL // 8)
    ground = np.where(y >= rows - max(1, rows // 8), wedge, ground)
    picture = np.empty((frames, rows, columns), dtype=np.int32)
    letters = _letters(rows, columns, label)
    for frame in range(frames):
        centre_x = columns // 4 + (seed * 7 + frame * 5) % max(1, columns // 2)
        centre_y = rows // 2 + (seed * 3 + frame * 2) % max(1, rows // 8)
        distance = (x - centre_x) ** 2 + (y - centre_y) ** 2
        shapes = np.where(distance <= (side // 6) ** 2, 850 - (distance * 200) // max(1, (side // 6) ** 2), ground)
        ring = (distance >= (side // 4) ** 2) & (distance <= (side // 4 + max(1, side // 24)) ** 2)
        shapes = np.where(ring, 60, shapes)
        picture[frame] = np.where(letters, FULL, shapes)
    return picture


def tint(picture: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give the picture slowly changing colours.

    Parameters
    ----------
    picture : ndarray, shape (frames, rows, columns), int32
        Brightness, 0 to `FULL`.

    Returns
    -------
    ndarray, shape (frames, rows, columns, 3), int32
        Red, green, blue, each 0 to `FULL`.
    """
    import numpy as np  # here for a quick start of programs that draw nothing

    _, rows, columns = picture.shape
    y = np.arange(rows, dtype=np.int32)[None, :, None]
    x = np.arange(columns, dtype=np.int32)[None, None, :]
    red = 160 - (x * 320) // max(1, columns)
    green = (y * 240) // max(1, rows) - 120
    blue = (x * 160) // max(1, columns) - (y * 160) // max(1, rows)
    inner = 160 + picture * (FULL - 320) // FULL  # room for the tint, so that nothing is clipped
    return np.stack([inner + red, inner + green, inner + blue], axis=-1)


def scale(picture: NDArray[np.int32], minimum: int, maximum: int) -> NDArray[np.int64]:
    """Spread brightness over a range of stored values.

    Parameters
    ----------
    picture : ndarray, int32
        Brightness, 0 to `FULL`.
    minimum, maximum : int
        Stored values of 0 and of `FULL`.

    Returns
    -------
    ndarray, same shape, int64
        Stored values.
    """
    import numpy as np  # here for a quick start of programs that draw nothing

    return minimum + picture.astype(np.int64) * (maximum - minimum) // FULL


def _letters(rows: int, columns: int, label: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return a mask, shape (rows, columns), of the pixels that the text covers; what does not fit is cut off."""
    import numpy as np  # here for a quick start of programs that draw nothing

    mask = np.zeros((rows, columns), dtype=np.bool_)
    size = max(1, min(rows, columns) // 48)
    for line, text in enumerate(label):
        for place, letter in enumerate(text.upper()):
            for row, digit in enumerate(_RASTER.get(letter, "00000")):
                for column in range(3):
                    if int(digit, 8) & (4 >> column):
                        top = (2 + line * 7 + row) * size
                        left = (2 + place * 4 + column) * size
                        mask[top : top + size, left : left + size] = True
    return mask
