"""The page of a load run in headless Chromium: axe's rules, and that nothing is wider than the window."""

from __future__ import annotations

import re
from html import unescape
from importlib.resources import files
from pathlib import Path

from tests.browser.test_report_in_chromium import dom
from tests.unit.reports.test_load_page import RUN

from dicom_conformance.results import write_load_run
from dicom_reports.load_page import render_load


def test_axe_finds_nothing_and_the_page_fits(tmp_path: Path) -> None:
    write_load_run(tmp_path / "run.json", RUN)
    page = render_load(tmp_path)
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
