"""How fast the Archive Explorer is in headless Chromium: a list of 5,000 studies, a study of 2,000 images, the mouse.

Three promises, each measured in a browser with Playwright, everything on this machine:

- a list of 5,000 studies is on the screen in less than 1 s after the answers came, also when it is sorted or turned to
  another page, and scrolls at 50 frames a second. With `--whole` the same studies are shown in one table beside it;
- a study of 2,000 images of 512 x 512 opens while it is still arriving: the first picture is on the screen in less than
  2 s after Open, and a further image in less than 0.25 s;
- the window of such an image follows the mouse at 30 steps a second, and so does the image where it is moved. The same
  is measured while the study arrives, when archive, workstation and browser share the cores, and has no aim.

The exit status is 1 if a promise is not kept. The figures depend on the machine more than others do: look at the load
that is printed first.

    python benchmarks/explorer.py [--studies 5000] [--images 2000] [--whole]
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from unittest.mock import patch

from machine import print_machine
from playwright.sync_api import Page, sync_playwright
from pydicom import dcmread

from dicom_simulators.archive import Archive
from dicom_simulators.data_sets import Instance, build_study
from dicom_simulators.phantoms import PhantomSeries, PhantomStudy, write_studies
from dicom_wire import Recorder
from dicom_workstation.application import Workstation
from dicom_workstation.configuration import Configuration
from dicom_workstation.explorer import ExplorerServer

SETTLED = ".pane[data-active] canvas[data-settled=yes]"
MOST_LIST_S, MOST_OPEN_S, MOST_IMAGE_S = 1.0, 2.0, 0.25
LEAST_FRAMES, LEAST_STEPS = 50.0, 30.0
ON_SCREEN = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
)
FRAMES = """() => {
  window.intervals = [];
  let before = performance.now();
  const step = (now) => { window.intervals.push(now - before); before = now; requestAnimationFrame(step); };
  requestAnimationFrame(step);
}"""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, and its aim; `is_most` says whether the aim is an upper bound."""

    what: str
    value: float
    unit: str
    aim: float | None
    is_most: bool = True

    @property
    def is_kept(self) -> bool:
        return self.aim is None or (self.value <= self.aim if self.is_most else self.value >= self.aim)

    def __str__(self) -> str:
        if self.aim is None:
            return f"{self.what}: {self.value:.2f} {self.unit}"
        aim = f"aim: {'at most' if self.is_most else 'at least'} {self.aim:g}"
        return f"{self.what}: {self.value:.2f} {self.unit} ({aim}{'' if self.is_kept else ': NOT KEPT'})"


def studies(count: int) -> Iterator[Instance]:
    """Studies of one image each, of as many patients."""
    day = datetime.date(2026, 1, 1)
    for number in range(count):
        yield from build_study(
            modalities=("CT",),
            instances=1,
            seed=number,
            PatientName=f"PATIENT^NUMBER {number:05}",
            PatientID=f"ID{number:05}",
            AccessionNumber=f"A{number:05}",
            StudyDescription="CT thorax",
            StudyDate=(day - datetime.timedelta(days=number % 700)).strftime("%Y%m%d"),
        )


def write_long_study(folder: Path, count: int) -> None:
    """Write one study with one series of CT images of 512 x 512."""
    series = (PhantomSeries("chest", "Thorax", 1, 512),)
    study = PhantomStudy("LONG^STUDY", "LONG", "19610204", "F", "L1", "CT long", 1, "CT", series)
    write_studies(folder, [study], datetime.date(2026, 1, 1))
    (first,) = folder.iterdir()
    made = dcmread(first)
    uid = str(made.SOPInstanceUID)
    for number in range(2, count + 1):
        made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f"{uid[:50]}.{number}"
        made.InstanceNumber = number
        made.save_as(folder / f"{number}.dcm", enforce_file_format=True)


def run_archives(folder: Path, count: int, link: Connection) -> None:
    """Run two archives in a process of their own; the workstation's address comes over the connection."""
    with ExitStack() as stack:
        archives = {
            "MANY": Archive("many", "MANY", Recorder(), instances=tuple(studies(count))),
            "LONG": Archive("long", "LONG", Recorder(), folder=folder),
        }
        for archive in archives.values():
            archive.start()
            stack.callback(archive.stop)
        link.send({name: each.address[1] for name, each in archives.items()})
        title, address = link.recv()
        archives["LONG"].destinations[title] = address
        link.recv()


def run_workstation(ports: dict[str, int], link: Connection) -> None:
    """Run the workstation and its explorer in a process of their own; a number that comes is the rows of a page."""
    known = {name: {"ae_title": name, "host": "127.0.0.1", "port": port} for name, port in ports.items()}
    configuration = Configuration.from_keywords(archives=known)
    with Workstation(configuration) as workstation, ExplorerServer(workstation) as explorer:
        link.send((configuration.ae_title, workstation.address, explorer.link))
        while (rows := link.recv()) is not None:
            with patch("dicom_workstation.explorer.archive_pages.PAGE_ROWS", rows):
                link.send(rows)
                link.recv()


@contextmanager
def child(target: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    """Run a function in a process of its own; it ends when it gets None."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=target, args=(*arguments, theirs))
    process.start()
    try:
        yield ours
    finally:
        ours.send(None)
        process.join(30)


@contextmanager
def explored(folder: Path, count: int) -> Iterator[tuple[str, Connection]]:
    """Run archives and workstation; yields the explorer's link, and the connection to the workstation's process."""
    with child(run_archives, folder, count) as archives, child(run_workstation, archives.recv()) as workstation:
        title, address, link = workstation.recv()
        archives.send((title, address))
        yield link, workstation


def on_screen_s(page: Page, address: str) -> float:
    """Open a page; returns the time from the beginning of the navigation until it is painted."""
    page.goto(address)
    return float(page.evaluate(ON_SCREEN)) / 1000


def scroll(page: Page, what: str, aim: float | None, wheel_px: int = 120, turns: int = 60) -> Iterator[Figure]:
    """Turn the wheel over a list: the median of the frames a second, and what 95 of 100 of them reach."""
    page.locator(".scroll").hover()
    page.evaluate(FRAMES)
    for _ in range(turns):
        page.mouse.wheel(0, wheel_px)
    intervals = sorted(page.evaluate("() => window.intervals.slice(1)"))
    yield Figure(what, 1000 / statistics.median(intervals), "frames/s", aim, is_most=False)
    yield Figure(f"{what}, 95 of 100 frames", 1000 / intervals[int(0.95 * (len(intervals) - 1))], "frames/s", None)


def measure_list(page: Page, site: str, count: int) -> Iterator[Figure]:
    """The list: after the answers came, sorted, another page of it, scrolled."""
    address = f"{site}/devices/MANY/studies?PatientName=&ask=list"
    began = time.perf_counter()
    page.goto(address)
    page.get_by_text(f"{count} studies").wait_for()
    yield Figure(f"query of {count} studies and their list", time.perf_counter() - began, "s", None)
    for what, further in (("list", ""), ("sorted by name", "&sort=PatientName"), ("last page", "&page=99999")):
        found = statistics.median(on_screen_s(page, address + further) for _ in range(3))
        yield Figure(f"{what}, after the answers came", found, "s", MOST_LIST_S)
    yield from scroll(page, "scrolling the list", LEAST_FRAMES)


def measure_one_table(page: Page, site: str, count: int, workstation: Connection) -> Iterator[Figure]:
    """The same studies in one table: why there are pages."""
    workstation.send(count)
    workstation.recv()
    address = f"{site}/devices/MANY/studies?PatientName=&ask=list"
    yield Figure(f"{count} rows in one table, on the screen", on_screen_s(page, address), "s", None)
    yield from scroll(page, "scrolling them", None)
    workstation.send(0)


def arrived(page: Page) -> int:
    """Read from the series strip how many images the viewer knows of."""
    return int(page.locator(".series-strip button span").last.inner_text().split()[0])


def measure_long_study(page: Page, site: str, count: int) -> Iterator[Figure]:
    """A study that is looked at while it arrives."""
    page.goto(f"{site}/devices/LONG/studies?ask=long")
    page.get_by_role("link", name="LONG, STUDY").click()
    page.get_by_role("button", name="Retrieve study").click()
    began = time.perf_counter()
    page.get_by_role("link", name="Open", exact=True).click()
    opened = time.perf_counter()
    page.wait_for_selector(SETTLED)
    yield Figure("first picture after Open", time.perf_counter() - opened, "s", MOST_OPEN_S)
    known = arrived(page)
    yield Figure(f"images that had arrived by then, of {count}", known, "images", count - 1)
    steps = []
    for _ in range(20):
        before = time.perf_counter()
        page.keyboard.press("ArrowDown")
        page.wait_for_selector(SETTLED)
        steps.append(time.perf_counter() - before)
    yield Figure("a further image while it arrives, median of 20", statistics.median(steps), "s", MOST_IMAGE_S)
    yield Figure("a further image while it arrives, slowest of 20", max(steps), "s", None)
    yield from measure_mouse(page, " while it arrives", None)
    page.locator("#running").wait_for(state="hidden", timeout=600_000)
    yield Figure("the whole study arrived after", time.perf_counter() - began, "s", None)
    page.get_by_text(f"{count} images").first.wait_for()
    page.goto(page.url)
    opened = time.perf_counter()
    page.wait_for_selector(SETTLED)
    yield Figure("first picture of the whole study", time.perf_counter() - opened, "s", MOST_OPEN_S)


def measure_mouse(page: Page, when: str, aim: float | None) -> Iterator[Figure]:
    """Steps a second that a drag of the mouse is followed by."""
    box = page.locator(".pane canvas").bounding_box()
    if box is None:
        raise RuntimeError("the viewer has no pane")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for tool, what in (("Window", "window"), ("Pan", "moving")):
        page.get_by_role("button", name=tool, exact=True).click()
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 5, y + 5, steps=5)
        before = int(page.locator(".pane canvas").get_attribute("data-paints") or 0)
        began = time.perf_counter()
        page.mouse.move(x + 180, y + 120, steps=180)
        seconds = time.perf_counter() - began
        painted = int(page.locator(".pane canvas").get_attribute("data-paints") or 0) - before
        page.mouse.up()
        yield Figure(f"{what} by the mouse{when}", painted / seconds, "steps/s", aim, is_most=False)
    page.get_by_role("button", name="Fit").click()


def measure(page: Page, site: str, options: argparse.Namespace, workstation: Connection) -> Iterator[Figure]:
    yield from measure_list(page, site, options.studies)
    if options.whole:
        yield from measure_one_table(page, site, options.studies, workstation)
    yield from measure_long_study(page, site, options.images)
    page.wait_for_selector(SETTLED)
    yield from measure_mouse(page, "", LEAST_STEPS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=5000)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--whole", action="store_true", help="show all studies in one table, too")
    options = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("no Chromium: apt-get install chromium")
    print_machine()
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_long_study(folder, options.images)
        with explored(folder, options.studies) as (link, workstation), sync_playwright() as play:
            browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(120_000)
            page.goto(link)
            for figure in measure(page, link.partition("/enter")[0], options, workstation):
                found.append(figure)
                print(figure, flush=True)
            browser.close()
    return 0 if all(each.is_kept for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
