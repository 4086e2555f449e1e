"""Chromium without a screen, one for each process, and the visits that are made in it.

Invariants: a browser that is missing, cannot start or breaks is never reported as a fault of the subject; every wait
has a deadline, also the one for the program that starts the browser.
"""

from __future__ import annotations

import importlib
import importlib.util
import queue
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dicom_conformance.browser.journey import Journey, JourneyStep
from dicom_conformance.errors import HarnessError
from dicom_conformance.trace import PageSeen, Violation

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

T = TypeVar("T")

START_S: Final = 30.0
STEP_S: Final = 15.0
VISIT_S: Final = 25.0
"""For all steps of a visit together; less than a case may take, so that the page is reported, and not silence."""
LOOK_S: Final = 20.0
CLOSE_S: Final = 10.0
PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
MOST_OF_AN_ELEMENT: Final = 120
_AXE: Final = (
    "async () => (await axe.run()).violations.map((each) => [each.id, each.help, each.nodes.map((node) => node.html)])"
)


class Window:
    """Opens the browser at the first visit and keeps it until `close`.

    Playwright binds its objects to the thread that made them, so a thread of its own does all that concerns them.
    """

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._reason: str | None = None  # None: it has not been tried
        self._browser: Browser | None = None
        self._stop: Callable[[], None] = lambda: None

    def reason(self) -> str:
        """Start the browser if need be, and say why there is none; empty where there is one."""
        with self._lock:
            if self._reason is None:
                self._reason = self._started()
            return self._reason

    def visit(self, link: str, journey: Journey) -> dict[str, Any]:
        """Come by the link, take the steps, and look at the page on which they end.

        Returns
        -------
        dict
            An outcome: `result` is ``success`` or ``failure`` (a step could not be taken, `detail` says which); `page`
            is the `PageSeen`.

        Raises
        ------
        HarnessError
            The browser is missing, or broke.
        """
        reason = self.reason()
        if reason:
            raise HarnessError(reason)
        return self._asked(lambda: self._visit(link, journey), VISIT_S + STEP_S + LOOK_S, "the visit")

    def close(self) -> None:
        """End the browser; one that does not end in time ends with this process."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._reason = "the browser was closed"
        if thread is not None:
            self._tasks.put(self._end)
            self._tasks.put(None)
            thread.join(CLOSE_S)

    def _started(self) -> str:
        if importlib.util.find_spec("playwright") is None:
            return "no browser: Playwright is not installed (the extra `browser`)"
        self._thread = threading.Thread(target=self._work, name="browser", daemon=True)
        self._thread.start()
        try:
            self._asked(self._launch, START_S, "the start of the browser")
        except HarnessError as error:
            return f"no browser: {error}"
        return ""

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()

    def _asked(self, work: Callable[[], T], within_s: float, what: str) -> T:
        """Have the thread of the browser do something; HarnessError where that fails or takes too long."""
        answer: Future[T] = Future()

        def task() -> None:
            try:
                answer.set_result(work())
            except Exception as error:  # handed to whoever waits for the answer
                answer.set_exception(error)

        self._tasks.put(task)
        try:
            return answer.result(within_s)
        except TimeoutError as error:
            raise HarnessError(f"{what} took more than {within_s:g} s") from error
        except HarnessError:
            raise
        except Exception as error:
            raise HarnessError(f"{what}: {_first_line(error)}") from error

    def _launch(self) -> None:
        from playwright.sync_api import sync_playwright

        play = sync_playwright().start()
        self._stop = play.stop
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)  # else the one that Playwright installs
        self._browser = play.chromium.launch(
            executable_path=program,
            args=["--disable-gpu"],
            timeout=START_S * 1000 / 2,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    def _end(self) -> None:
        browser, self._browser = self._browser, None
        try:
            if browser is not None:
                browser.close()
        finally:
            self._stop()

    def _visit(self, link: str, journey: Journey) -> dict[str, Any]:
        if self._browser is None:
            raise HarnessError("the browser did not start")
        context = self._browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        try:
            page = context.new_page()
            detail = _taken(page, link, journey, time.monotonic() + VISIT_S)
            page.set_default_timeout(LOOK_S * 1000)
            seen = _seen(page, context)
        finally:
            context.close()
        return {"operation": "browse", "result": "failure" if detail else "success", "detail": detail, "page": seen}


def _taken(page: Page, link: str, journey: Journey, deadline: float) -> str:
    """Take the steps; say which could not be taken, and why; empty where all were."""
    from playwright.sync_api import Error
    from playwright.sync_api import TimeoutError as TookTooLong

    what = "open the link that the subject gives out"
    root = "/".join(link.split("/")[:3])
    try:
        _open(page, link, deadline)
        for number, step in enumerate(journey.steps, 1):
            what = f"step {number} ({step})"
            _take(page, root, step, deadline)
    except TookTooLong:
        return f"{what} could not be done in time on the page {_path(page)}"
    except Error as error:
        if page.is_closed() or not page.context.browser or not page.context.browser.is_connected():
            raise
        why = _first_line(error).replace(link, "the link")  # in which a token may stand
        return f"{what} could not be done on the page {_path(page)}: {why}"
    return ""


def _take(page: Page, root: str, step: JourneyStep, deadline: float) -> None:
    timeout = _left_ms(deadline)
    page.set_default_timeout(timeout)
    if step.open is not None:
        _open(page, root + step.open, deadline)
    elif step.click is not None:
        role: Any = step.click.role
        page.get_by_role(role, name=step.click.name, exact=True).first.click()
    elif step.type is not None:
        page.get_by_label(step.type.label, exact=True).first.fill(step.type.text)
    elif step.press is not None:
        page.keyboard.press(step.press)
    elif step.see is not None:
        page.get_by_text(step.see).filter(visible=True).first.wait_for()


def _open(page: Page, address: str, deadline: float) -> None:
    page.goto(address, timeout=_left_ms(deadline))


def _left_ms(deadline: float) -> float:
    """Give the time for a step in milliseconds, at least 1: 0 would stand for no limit."""
    return max(1.0, 1000 * min(STEP_S, deadline - time.monotonic()))


def _seen(page: Page, context: BrowserContext) -> PageSeen:
    """Look at a page: its text, its accessibility tree, what axe says, a picture of it."""
    page.wait_for_load_state()
    tree = context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    elements = tuple(
        (str(node.get("role", {}).get("value", "")), str(node.get("name", {}).get("value", "")))
        for node in tree["nodes"]
        if not node.get("ignored")
    )
    return PageSeen(
        _path(page), page.inner_text("body"), elements, _violations(page), page.screenshot(animations="disabled")
    )


def _violations(page: Page) -> tuple[Violation, ...] | None:
    if importlib.util.find_spec("axe_core_python") is None:
        return None
    page.evaluate(files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    return tuple(
        Violation(str(rule), str(words), tuple(str(html)[:MOST_OF_AN_ELEMENT] for html in elements))
        for rule, words, elements in page.evaluate(_AXE)
    )


def _path(page: Page) -> str:
    """Give the path of a page, without the query, in which the token of the link may stand."""
    return "/" + page.url.partition("://")[2].partition("/")[2].partition("?")[0]


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
