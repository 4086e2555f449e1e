"""The pages of a capture and of a load run in headless Chromium: axe finds nothing, and none is too wide."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from importlib.resources import files
from pathlib import Path

import pytest
from tests.browser.test_report_in_chromium import dom
from tests.unit.reports import test_capture_page, test_load_page

from dicom_conformance.results import write_capture_run, write_load_run
from dicom_reports.capture_page import render_capture
from dicom_reports.load_page import render_load


def capture(folder: Path) -> Path:
    write_capture_run(folder / "run.json", test_capture_page.RUN)
    return render_capture(folder)


def load(folder: Path) -> Path:
    write_load_run(folder / "run.json", test_load_page.RUN)
    return render_load(folder)


@pytest.mark.parametrize("made", [capture, load])
def test_axe_finds_nothing_and_the_page_fits(made: Callable[[Path], Path], tmp_path: Path) -> None:
    page = made(tmp_path)
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8").replace("</", "<\\/")
    script = f"""{axe};
    const found = await axe.run(); const wide = document.documentElement.scrollWidth - innerWidth;
    document.body.dataset.said = (found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)
      + ' ' + n.any.map(a => a.message).join(' ')).slice(0, 4).join(' / ')).join('; ') || 'nothing')
      + ' ' + (wide > 0)"""
    html = page.read_text(encoding="utf-8").replace("</body>", f"<script type='module'>{script}</script></body>")
    page.write_text(html, encoding="utf-8")
    found = re.search(r'data-said="([^"]*)"', dom(page, "", tmp_path / "profile"))
    assert found is not None, "the script of the test failed"
    assert unescape(found[1]) == "nothing false"
