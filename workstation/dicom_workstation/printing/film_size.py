"""Film Size ID: how large a film is.

References
----------
PS3.3 Table C.13-3 (Film Size ID: 8INX10IN, 8_5INX11IN, ... 24CMX30CM, A4, A3)
"""

from __future__ import annotations

import re
from typing import Final

from dicom_workstation.printing.errors import PrintError

DEFAULT: Final = "14INX17IN"
MM: Final = {"IN": 25.4, "CM": 10.0, "MM": 1.0}
# PS3.3 Table C.13-3: a film of 10INX14IN is 25.7 by 36.4 centimetres
PAPER_MM: Final = {"A4": (210.0, 297.0), "A3": (297.0, 420.0), "10INX14IN": (257.0, 364.0)}
_SIZE: Final = re.compile(r"(\d+(?:_\d+)?)(IN|CM|MM)X(\d+(?:_\d+)?)(IN|CM|MM)")


def size_mm(film_size: str | None, orientation: str | None) -> tuple[float, float]:
    """Return width and height of a film; PrintError if the Film Size ID does not tell them.

    Parameters
    ----------
    film_size : str or None
        None stands for a film of 14 by 17 inches.
    orientation : str or None
        LANDSCAPE exchanges width and height.
    """
    name = film_size or DEFAULT
    found = _SIZE.fullmatch(name)
    if name in PAPER_MM:
        width, height = PAPER_MM[name]
    elif found is not None:
        width, height = (float(found[n].replace("_", ".")) * MM[found[n + 1]] for n in (1, 3))
    else:
        raise PrintError(f"film_size: {name} does not define the size of the film")
    if not width or not height:
        raise PrintError(f"film_size: {name} is not a film size")
    return (height, width) if orientation == "LANDSCAPE" else (width, height)
