"""Make the pictures of docs/explorer.md: python docs/screens.py, with Playwright and Chromium installed.

The demo runs with its synthetic studies, a browser goes through the pages, and each picture is written to
docs/explorer/.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from dicom_conformance.__main__ import exploring
from dicom_conformance.commands import demonstration

FOLDER = Path(__file__).parent / "explorer"
SETTLED = ".pane[data-active] canvas[data-settled=yes]"


def main() -> int:
    """Write the pictures; returns the exit status."""
    FOLDER.mkdir(exist_ok=True)
    with demonstration(None, 0, exploring()) as explored, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 680}, reduced_motion="reduce")
        page.set_default_timeout(120_000)
        page.goto(explored.link)
        go_through(page, explored.link.partition("/enter")[0])
        browser.close()
    return 0


def picture(page: Page, name: str) -> None:
    """Write what the page shows."""
    page.screenshot(path=FOLDER / f"{name}.png")
    sys.stdout.write(f"{FOLDER / name}.png\n")


def go_through(page: Page, site: str) -> None:
    """Go from the archive to the film."""
    page.get_by_role("button", name="Explore PACS").click()
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("4 studies").wait_for()
    picture(page, "studies")
    page.get_by_role("link", name="DOE, JANE").click()
    page.get_by_role("button", name="Retrieve study").click()
    page.locator("#running").wait_for(state="visible")
    picture(page, "retrieving")
    page.locator("#running").wait_for(state="hidden")
    page.get_by_role("link", name="Open", exact=True).click()
    page.wait_for_selector(SETTLED)
    for _ in range(2):
        page.keyboard.press("PageDown")
    for _ in range(11):
        page.keyboard.press("ArrowDown")
    page.get_by_role("img", name="image 12/24").wait_for()
    page.wait_for_selector(SETTLED)
    page.get_by_role("button", name="Four panes").click()
    page.wait_for_function("() => document.querySelectorAll('canvas[data-settled=yes]').length === 4")
    page.wait_for_load_state("networkidle")
    picture(page, "viewer")
    page.keyboard.press("y")
    page.get_by_role("region", name="Display protocol").wait_for()
    picture(page, "protocol")
    page.goto(f"{site}/loaded")
    page.get_by_role("link", name="Print DOE, JANE").click()
    page.get_by_label("Film size").select_option("14INX17IN")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("img", name="Film 1").wait_for()
    page.wait_for_load_state("networkidle")
    picture(page, "print")


if __name__ == "__main__":
    sys.exit(main())
