"""Plain HTML pages of headings, paragraphs and tables, which need no network.

May import: nothing of the harness.
Begin with `html`.
"""

from dicom_conformance.pages.html import Cell, heading, page, paragraph, table

__all__ = ["Cell", "heading", "page", "paragraph", "table"]
