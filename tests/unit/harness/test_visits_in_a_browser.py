"""The checks of pages, the steps of a visit, and what is said where no browser can be had."""

from __future__ import annotations

import importlib.util
import time
from types import SimpleNamespace

import pytest
from hand_written import judged, met, operation, trace_of

from dicom_conformance.browser import BROWSE, Journey, Window, journey_mistakes, window
from dicom_conformance.browser.window import _taken
from dicom_conformance.play.subjects import Product
from dicom_conformance.trace import PageSeen, Trace, Violation

PAGE = PageSeen(
    "/devices/archive/studies",
    "Studies\nDOE, JANE\n1 study",
    (("heading", "Studies"), ("link", "DOE, JANE"), ("button", "Ask"), ("button", "")),
    (),
)
NAMELESS = Violation("button-name", "Buttons must have discernible text", ("<button></button>",))


def visited(page: PageSeen | None = PAGE, detail: str = "") -> Trace:
    trace = trace_of()
    result = "failure" if detail else "success"
    trace.operations.append(operation({"result": result, "detail": detail, "page": page}, BROWSE))
    return trace


@pytest.mark.parametrize(
    ("wanted", "is_met"),
    [
        ({"contains": "DOE, JANE"}, True),
        ({"contains": ["DOE, JANE", "POE"]}, False),
        ({"absent": "POE"}, True),
        ({"absent": "JANE"}, False),
        ({"role": "link", "name": "DOE, JANE", "count": "1"}, True),
        ({"role": "link", "name": "DOE"}, False),
        ({"role": "button", "count": "2"}, True),
        ({"role": "button", "count": "at most 1"}, False),
        ({"role": "dialog", "count": "0"}, True),
        ({"role": "dialog"}, False),
    ],
)
def test_a_page_shows_texts_and_elements(wanted, is_met):
    assert bool(met(visited(), "page", **wanted)) is is_met


def test_what_stands_on_the_page_is_named_where_something_is_missing():
    (found,) = judged(visited(), "page", contains="POE, EDGAR")
    assert found.expected == "the page /devices/archive/studies shows 'POE, EDGAR'"
    assert found.actual == "it shows: 'Studies DOE, JANE 1 study'"


@pytest.mark.parametrize("noun", ["page", "axe"])
def test_a_visit_that_stopped_is_never_met(noun):
    wanted = {"absent": "POE"} if noun == "page" else {}
    (found,) = judged(visited(detail="step 2 (click the button 'Ask') could not be done"), noun, **wanted)
    assert (found.met, found.actual) == (False, "step 2 (click the button 'Ask') could not be done")
    assert not met(visited(page=None), noun, **wanted)
    assert not met(trace_of(), noun, **wanted)


def test_axe_counts_the_rules_that_are_broken():
    broken = PageSeen("/devices", "", (), (NAMELESS,))
    assert met(visited(), "axe")
    assert met(visited(broken), "axe", violations="at most 1")
    (found,) = judged(visited(broken), "axe")
    assert not found.met
    assert "button-name (Buttons must have discernible text): <button></button>" in found.actual


def test_without_axe_nothing_is_judged():
    (found,) = judged(visited(PageSeen("/devices", "")), "axe")
    assert (found.judged, found.actual) == (False, "not judged: axe-core-python is not installed")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"open": "devices"}], "pattern"),
        ([{"open": "/", "press": "Enter"}], "exactly one of open, click, type, press, see"),
        ([{}], "exactly one of"),
        ([{"clik": "Ask"}], "Extra inputs"),
        ([{"click": {"role": "button"}}], "required"),
        ([], "at least 1"),
    ],
)
def test_mistakes_in_the_steps_are_named(steps, said):
    assert any(said in message for _, message in journey_mistakes({"steps": steps}))


def test_lawful_steps_and_variables_are_no_mistakes():
    steps = [{"open": "/devices"}, {"click": {"role": "button", "name": "Ask"}}, {"press": "Enter"}, {"see": "1 study"}]
    assert list(journey_mistakes({"steps": [*steps, {"type": {"label": "Name", "text": ""}}]})) == []
    assert list(journey_mistakes({"steps": [{"open": "$page"}]})) == []


class WithPages:
    """A product that has pages."""

    operations = frozenset[str]()
    configurations = ("1",)

    def pages(self) -> None: ...

    def close(self) -> None: ...


def test_without_playwright_the_operation_is_not_offered(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    product = Product("embedded", WithPages)
    assert product.offers(BROWSE, "1") == "no browser: Playwright is not installed (the extra `browser`)"
    product.close()


def test_a_product_without_pages_does_not_offer_it():
    class Bare:
        operations = frozenset[str]()
        configurations = ("1",)

        def close(self) -> None: ...

    product = Product("bare", Bare)
    assert product.offers(BROWSE, "1") == "the subject bare offers no operation browse"
    product.close()


def test_a_browser_that_cannot_start_is_tried_once_and_its_reason_said(monkeypatch):
    pytest.importorskip("playwright")
    monkeypatch.setattr(window, "PROGRAMS", ("false",))
    opened = Window()
    reason = opened.reason()
    assert reason.startswith("no browser: the start of the browser: ")
    monkeypatch.setattr(Window, "_started", lambda self: pytest.fail("it is tried again"))
    assert opened.reason() == reason
    opened.close()


def test_the_token_of_the_link_is_in_no_reason():
    error_class = pytest.importorskip("playwright.sync_api").Error
    link = "http://127.0.0.1:1/enter?token=secret"

    class Unreachable:
        url = "about:blank"
        context = SimpleNamespace(browser=SimpleNamespace(is_connected=lambda: True))

        def is_closed(self):
            return False

        def goto(self, address, timeout):
            raise error_class(f"Page.goto: net::ERR_CONNECTION_REFUSED at {address}")

    detail = _taken(Unreachable(), link, Journey(steps=[{"see": "Studies"}]), time.monotonic() + 60)
    assert detail.endswith("net::ERR_CONNECTION_REFUSED at the link")
    assert "secret" not in detail
