"""The Archive Explorer as a person uses it, in headless Chromium: by mouse, by keyboard, after a failure, with axe."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import pytest
from explorer_world import SCRIPT, World, world
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, expect, sync_playwright

from dicom_simulators.faults import Fault, build

DEADLINE_MS = 60_000
expect.set_options(timeout=DEADLINE_MS)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("phantoms")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        text = "no Chromium: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def context(browser: Browser, scene: World) -> Iterator[BrowserContext]:
    """A browser that came by the link."""
    made = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    made.set_default_timeout(DEADLINE_MS)
    page = made.new_page()
    page.goto(scene.explorer.link)
    assert page.url == f"{scene.explorer.url}/devices", "the token does not stay in the address"
    page.close()
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, scene: World) -> Iterator[Page]:
    """A tab; it fails the test where a script fails, the policy is broken, or another origin is asked."""
    wrong: list[str] = []
    made = context.new_page()

    def asked(request: Request) -> None:
        if not request.url.startswith(scene.explorer.url):
            wrong.append(f"asked {request.url}")

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 404" not in message.text:
            wrong.append(message.text)

    made.on("request", asked)
    made.on("console", said)
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
    yield made
    made.close()
    assert wrong == []


def settled(page: Page) -> None:
    """Wait until the active pane shows the picture that the server rendered."""
    page.wait_for_selector(".pane[data-active] canvas[data-settled=yes]")


def open_series(page: Page, scene: World, name: str) -> None:
    """Show the series of a study of which nothing is in memory."""
    scene.workstation.memory.clear()
    page.goto(f"{scene.explorer.url}/devices/PACS/studies?ask=1")
    page.get_by_role("link", name=name).first.click()


@contextmanager
def deviating(scene: World, fault: Fault) -> Iterator[None]:
    """Have the archive misbehave for a while."""
    scene.archive.faults.add(fault)
    yield
    scene.archive.faults.clear()


def retrieve(page: Page, scene: World, name: str) -> str:
    """Retrieve a study over the pages, unless it is there; return the address of its viewer."""
    page.goto(f"{scene.explorer.url}/devices/PACS/studies?ask=1")
    page.get_by_role("row").filter(has_text=name).get_by_role("link").first.click()
    page.get_by_role("button", name="Retrieve study").click()
    opening = page.get_by_role("link", name="Open", exact=True)
    expect(opening).to_be_visible()
    expect(page.locator("#running")).to_be_hidden()
    return scene.explorer.url + str(opening.get_attribute("href"))


def grey(page: Page) -> list[int]:
    """Read the grey values of the picture in the middle of the canvas, which is shown one to one."""
    return page.evaluate(
        """() => {
          const canvas = document.querySelector(".pane[data-active] canvas");
          const [left, top] = [Math.round(canvas.width / 2 - 32), Math.round(canvas.height / 2 - 32)];
          const copy = new OffscreenCanvas(64, 64).getContext("2d");
          copy.drawImage(canvas, -left, -top);
          const { data } = copy.getImageData(0, 0, 64, 64);
          return Array.from({ length: 64 * 64 }, (_, place) => data[4 * place]);
        }"""
    )


def test_a_journey_by_mouse_from_the_archive_to_the_film(page: Page, scene: World) -> None:
    page.goto(f"{scene.explorer.url}/devices")
    page.get_by_role("button", name="Explore PACS").click()
    page.get_by_label("Name").fill("DOE*")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("1 study", exact=True)).to_be_visible()
    page.get_by_role("link", name="DOE, JANE").click()
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Retrieve study").click()
    page.get_by_role("link", name="Open", exact=True).click()
    settled(page)
    page.get_by_role("button", name="CT 2 Thorax").click()
    page.get_by_role("button", name="One to one").click()
    settled(page)
    area = page.locator(".pane canvas").bounding_box()
    assert area is not None
    middle = (area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 20, steps=6)
    page.wait_for_selector(".pane canvas[data-settled=no]")
    computed = grey(page)
    page.mouse.up()
    settled(page)
    shown = page.url
    window = dict(zip(("center", "width"), map(float, shown.split("window=")[1].split("%2C")[:2]), strict=True))
    uid = shown.split("image=")[1].split("&")[0]
    rendered = scene.workstation.render(SOPInstanceUID=uid, window=window).rendering
    assert rendered is not None
    assert grey(page) == list(rendered.data), "the settled picture is what `render` gives"
    assert max(abs(one - other) for one, other in zip(computed, rendered.data, strict=True)) <= 1
    page.reload()
    settled(page)
    assert page.url == shown
    assert grey(page) == list(rendered.data), "the address is the view"

    page.get_by_role("button", name="Line").click()
    page.mouse.move(middle[0] - 20, middle[1] - 20)
    page.mouse.down()
    page.mouse.move(middle[0] + 20, middle[1] + 10, steps=3)
    page.mouse.up()
    page.get_by_role("button", name="Create state").click()
    page.get_by_label("Label").fill("line")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("state LINE created")
    page.wait_for_url(re.compile("state="))
    settled(page)
    state = page.url.split("state=")[1].split("&")[0]
    presented = scene.workstation.render(SOPInstanceUID=uid, state=state).rendering
    assert presented is not None
    assert grey(page) == list(presented.data)
    assert presented.data != rendered.data, "the line is in the picture"

    page.get_by_role("button", name="Save picture").click()
    expect(page.get_by_role("status")).to_contain_text("saved as a Secondary Capture image")
    page.get_by_role("button", name="Print").click()
    expect(page.get_by_role("img", name="Film 1 of 1")).to_be_visible()
    page.get_by_role("button", name="Print on FILM").click()
    expect(page.get_by_text("1 film printed")).to_be_visible()


def test_a_journey_by_keyboard_alone(page: Page, scene: World) -> None:
    page.goto(f"{scene.explorer.url}/devices/PACS/studies")
    page.keyboard.press("/")
    page.keyboard.type("POE*")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 study", exact=True)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("r")
    page.wait_for_load_state()
    expect(page.locator("#running")).to_be_hidden()
    page.keyboard.press("l")
    expect(page.get_by_role("row").filter(has_text="POE, EDGAR")).to_be_visible()
    page.keyboard.press("ArrowDown")
    while "POE" not in page.evaluate("document.activeElement.textContent"):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settled(page)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("img", name="frame 2/6")).to_be_focused()
    for key, part in (("i", "invert=1"), ("t", "turn=90"), ("f", "flip=1"), ("Shift+ArrowLeft", "pan=-40")):
        page.keyboard.press(key)
        page.wait_for_url(f"**{part}**")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_url("**window=**")
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Cine")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("c")
    page.keyboard.press("Escape")
    page.wait_for_url("**/loaded")


def test_scripts_in_names_are_shown_as_text(page: Page, scene: World) -> None:
    viewer = retrieve(page, scene, "<script>")
    expect(page.get_by_text(SCRIPT.partition("^")[0]).first).to_be_visible()
    page.goto(viewer)
    settled(page)
    expect(page.locator(".corner.tl")).to_contain_text("<script>alert(1)</script>")
    page.goto(f"{scene.explorer.url}/loaded")
    expect(page.get_by_role("link", name="<script>").first).to_be_visible()


def test_an_answer_is_asked_for_once(page: Page, scene: World, context: BrowserContext) -> None:
    address = f"{scene.explorer.url}/devices/PACS/studies?PatientName=*&ask=once"
    before = scene.queries()
    page.goto(address)
    page.get_by_role("link", name="Date").click()
    expect(page.get_by_role("columnheader", name="Date")).to_have_attribute("aria-sort", "ascending")
    page.go_back()
    page.reload()
    other = context.new_page()
    other.goto(address)
    other.close()
    assert scene.queries() == before + 1
    page.get_by_role("link", name="Ask again").click()
    expect(page.get_by_text("3 studies")).to_be_visible()
    assert scene.queries() == before + 2


def test_the_page_lives_where_the_archive_does_not(page: Page, scene: World) -> None:
    page.goto(f"{scene.explorer.url}/devices")
    page.get_by_role("button", name="Explore VAULT").click()
    expect(page.get_by_role("main").get_by_text("unreachable")).to_be_visible()
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("main").get_by_text("unreachable")).to_be_visible()
    expect(page.get_by_role("link", name="Ask again")).to_be_visible()
    page.get_by_role("link", name="PACS").click()
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("3 studies")).to_be_visible()


def test_the_osm_is_the_first_of_the_archives_and_takes_what_is_sent(page: Page, scene: World) -> None:
    retrieve(page, scene, "POE, EDGAR")
    page.goto(f"{scene.explorer.url}/loaded")
    row = page.get_by_role("row").filter(has_text="POE, EDGAR")
    row.get_by_label("Archive to send POE, EDGAR to").select_option("osm")
    row.get_by_role("button", name="Send POE, EDGAR").click()
    page.get_by_role("link", name="Archives").click()
    expect(page.get_by_role("rowheader").first).to_have_text("osm")
    page.get_by_role("link", name="osm").first.click()
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("link", name="POE, EDGAR")).to_be_visible()


def test_a_retrieve_that_is_partial_says_so(page: Page, scene: World) -> None:
    counts = {f"NumberOf{each}Suboperations": 0 for each in ("Failed", "Warning")}
    claim = {"to": "C-MOVE-RQ", "status": "0000", "NumberOfCompletedSuboperations": 2, **counts}
    open_series(page, scene, "POE, EDGAR")
    with deviating(scene, build("respond", claim)):
        page.get_by_role("button", name="Retrieve study").click()
        expect(page.locator("#running")).to_be_hidden()
        page.get_by_role("link", name="Jobs").click()
        page.get_by_role("link", name="retrieve").first.click()
        expect(page.get_by_text("partial").first).to_be_visible()
        expect(page.get_by_text("0 of 2 images arrived, 2 did not").first).to_be_visible()
    page.get_by_role("button", name="Retrieve again").click()
    expect(page.get_by_text("success").first).to_be_visible()


def test_a_retrieve_can_be_cancelled(page: Page, scene: World) -> None:
    open_series(page, scene, "DOE, JANE")
    with deviating(scene, build("delay", {"on": "before C-MOVE-RSP", "s": 0.5})):
        page.get_by_role("button", name="Retrieve study").click()
        page.get_by_role("link", name="Jobs").click()
        page.get_by_role("button", name="Cancel what runs with PACS").click()
        expect(page.get_by_role("row").nth(1)).to_contain_text("cancelled")


def test_the_viewer_says_which_display_protocol_was_chosen_and_shows_it(page: Page, scene: World) -> None:
    page.goto(retrieve(page, scene, "DOE, JANE"))
    settled(page)
    page.keyboard.press("y")
    reasons = page.get_by_role("region", name="Display protocol")
    expect(reasons).to_be_focused()
    expect(reasons).to_contain_text("CT of the chest: it is the only one that fits")
    expect(reasons.get_by_role("row").nth(1)).to_have_text("left half1CT 2 Thorax, 3 images")
    expect(reasons.get_by_role("row").nth(2)).to_have_text("right half1CT 1 Scout, 1 image")
    expect(reasons.get_by_role("definition")).to_contain_text("not met: modality is MG (CT)")
    page.keyboard.press("Escape")
    expect(reasons).to_be_hidden()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Show as the protocol says").click()
    shown = page.get_by_role("img", name="DOE, JANE")
    expect(shown.first).to_have_attribute("aria-label", re.compile("Thorax"))
    expect(shown.last).to_have_attribute("aria-label", re.compile("Scout"))
    page.wait_for_url("**layout=1x2**")
    page.reload()
    settled(page)
    expect(shown.first).to_have_attribute("aria-label", re.compile("Thorax"))
    expect(shown.last).to_have_attribute("aria-label", re.compile("Scout"))
    page.get_by_text("Display protocol: CT of the chest").click()
    page.get_by_role("link", name="All rules").click()
    expect(page.get_by_role("region", name="Rules of Mammography")).to_contain_text("failed")


def test_what_stands_beside_a_picture_is_of_that_picture(page: Page, scene: World) -> None:
    page.goto(retrieve(page, scene, "DOE, JANE"))
    settled(page)
    image = page.locator(".pane canvas")
    expect(page.locator(".corner.tr")).to_contain_text("CT 1 Scout")
    held: list[Route] = []
    is_holding = True
    page.route(re.compile("/(picture|values)"), lambda each: held.append(each) if is_holding else each.continue_())
    page.keyboard.press("PageDown")
    expect(page.locator(".corner.br")).to_have_text("loading image 1/3")
    expect(page.locator(".corner.tr")).to_contain_text("CT 1 Scout")
    expect(image).to_have_attribute("data-settled", "no")
    expect(image).to_have_attribute("aria-label", "loading image 1/3")
    is_holding = False
    for each in held:
        each.continue_()
    expect(page.locator(".corner.tr")).to_contain_text("CT 2 Thorax")
    settled(page)


def test_a_reader_goes_from_one_study_of_a_worklist_to_the_next(page: Page, scene: World) -> None:
    scene.workstation.memory.clear()
    page.goto(f"{scene.explorer.url}/worklists/all")
    page.get_by_role("button", name="Next study").click()
    page.wait_for_url("**/viewer/**worklist=all**")
    settled(page)
    first = page.url
    page.get_by_role("button", name="Next study").click()
    page.wait_for_url(lambda address: address != first and "/viewer/" in address)
    settled(page)
    page.keyboard.press("Escape")
    page.wait_for_url("**/worklists/all")


def test_films_are_made_of_the_images_that_are_chosen_of_a_study(page: Page, scene: World) -> None:
    retrieve(page, scene, "DOE, JANE")
    page.goto(f"{scene.explorer.url}/loaded")
    expect(page.get_by_role("row").filter(has_text="DOE, JANE")).to_contain_text("complete")
    page.get_by_role("link", name="Print DOE, JANE").click()
    expect(page.get_by_text("4 images", exact=True)).to_be_visible()
    page.get_by_label("From image").fill("2")
    page.get_by_label("Every").fill("2")
    page.get_by_label("Layout").select_option("1x1")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("2 images", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="Film 2 of 2")).to_be_visible()


def test_axe_finds_nothing_on_any_page(page: Page, scene: World) -> None:
    rules = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    viewer = retrieve(page, scene, "DOE, JANE").removeprefix(scene.explorer.url)
    series = page.url.removeprefix(scene.explorer.url)
    images = str(page.get_by_role("row").last.get_by_role("link").first.get_attribute("href"))
    studies = "/devices/PACS/studies"
    places = ["/devices", studies, f"{studies}?ask=axe", "/devices/VAULT/studies?ask=axe", series, images]
    places += ["/loaded", viewer, f"{viewer}?layout=2x2", "/jobs", "/jobs/1", "/worklists", "/worklists/all"]
    places += [
        viewer.replace("/viewer/", "/protocols/"),
        f"{viewer}?worklist=all",
        f"/print?study={viewer.split('/')[2]}",
    ]
    places += ["/configuration", "/log", "/keys", "/print", "/nowhere"]
    page.goto(scene.explorer.url + viewer)
    page.wait_for_url(re.compile("image="))
    image = page.url.split("image=")[1].split("&")[0]
    places += [f"/print?images={image}&preview=1", f"{viewer}?turn=90&invert=1"]
    found: dict[str, list[str]] = {}
    for place in places:
        page.goto(scene.explorer.url + place)
        if place.startswith("/viewer"):
            settled(page)
        if "worklist=" in place:
            page.keyboard.press("y")
        if "turn" in place:
            page.get_by_role("button", name="Create state").click()
        page.evaluate(rules)
        found[place] = page.evaluate(
            "async () => (await axe.run()).violations.map("
            "(each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 120)).join(' ')}`)"
        )
    assert {place: said for place, said in found.items() if said} == {}
