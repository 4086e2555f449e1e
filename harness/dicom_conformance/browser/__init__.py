"""The browser in which the harness uses the pages of a subject: the operation `browse`.

May import: `errors`, `files`, `trace`.
Begin with `journey`, then `window`.
"""

from dicom_conformance.browser.journey import BROWSE, Journey, journey_mistakes
from dicom_conformance.browser.window import Window

__all__ = ["BROWSE", "Journey", "Window", "journey_mistakes"]
