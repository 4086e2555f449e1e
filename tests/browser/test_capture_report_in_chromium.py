"""The page of a judged capture in headless Chromium: axe's rules, and that nothing is wider than the window."""

from __future__ import annotations

import re
from html import unescape
from importlib.resources import files
from pathlib import Path

from tests.browser.test_report_in_chromium import dom
from tests.unit.reports.test_capture_page import RUN

from dicom_conformance.results import write_capture_run
from dicom_reports.capture_page import render_capture


def test_axe_finds_nothing_in_the_page_of_a_capture_and_it_fits(tmp_path: Path) -> None:
    write_capture_run(tmp_path / "run.json", RUN)
    page = render_capture(tmp_path)
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
