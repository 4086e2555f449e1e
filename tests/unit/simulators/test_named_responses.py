"""Responses that later requests of the SCU refer to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dicom_simulators.association import Arguments
from dicom_simulators.printer import Printer
from dicom_simulators.scu import Scu
from dicom_simulators.scu.named_responses import NamedResponses, UnansweredError
from dicom_simulators.scu.raw import read_raw
from dicom_wire import Recorder

GRAYSCALE_META = "1.2.840.10008.5.1.1.9"
SAID = {"instance": "1.2", "attributes": {"Boxes": [{"ReferencedSOPInstanceUID": "1.3"}, {}]}}


@pytest.fixture
def named() -> NamedResponses:
    made = NamedResponses()
    made.keep("film", SAID)
    return made


def test_references_stand_for_uids_at_any_depth(named: NamedResponses) -> None:
    value = {"a": [{"b": {"named": "film"}}], "c": {"named": "film", "in": "Boxes"}, "d": "text"}
    assert named.resolved(value) == {"a": [{"b": "1.2"}], "c": "1.3", "d": "text"}


def test_bytes_are_repeated(named: NamedResponses) -> None:
    assert named.resolved({"PixelData": {"repeat": "00ff", "times": "3"}}) == {"PixelData": b"\x00\xff" * 3}


@pytest.mark.parametrize(
    "reference",
    [
        {"named": "film", "in": "Boxes", "item": "2"},
        {"named": "film", "in": "Boxes", "item": "3"},
        {"named": "film", "in": "Others"},
        {"named": "empty"},
    ],
)
def test_what_a_response_does_not_have_is_said(named: NamedResponses, reference: dict[str, Any]) -> None:
    named.keep("empty", {})
    with pytest.raises(UnansweredError):
        named.resolved(reference)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"named": "nobody"}, "no response has the name"),
        ({"named": "film", "in": "Boxes", "item": "0"}, "expected a number from 1"),
        ({"repeat": "zz", "times": "1"}, "hexadecimal"),
        ({"repeat": "00", "times": "x"}, "expected a number"),
        ({"repeat": "00", "times": str(1 << 40)}, "at most"),
    ],
)
def test_a_mistake_of_the_scenario_is_a_value_error(named: NamedResponses, value: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        named.resolved(value)


@pytest.fixture
def bench() -> Iterator[tuple[Scu, tuple[str, int]]]:
    with Printer("printer", "PRINTER", Recorder()) as printer, Scu("scu", "SCU", Recorder()) as scu:
        yield scu, printer.address


def test_what_follows_a_refused_request_is_not_sent(bench: tuple[Scu, tuple[str, int]]) -> None:
    scu, address = bench
    opening = {"sop_class": GRAYSCALE_META, "transfer_syntaxes": ["1.2.840.10008.1.2"]}
    scu.perform("associate", address, {"hold": True, "association": "one", "contexts": [opening]})
    box = {"association": "one", "sop_class": "BasicFilmBox"}
    refused = scu.perform("n_create", address, {**box, "attributes": {"FilmSizeID": "A4"}, "name": "film"})
    assert refused["status"] == "0120", refused
    first = scu.perform("n_set", address, {**box, "instance": {"named": "film"}, "attributes": {}, "name": "set"})
    assert (first["result"], first["status"]) == ("invalid_response", None)
    second = scu.perform("n_delete", address, {**box, "instance": {"named": "set"}})
    assert str(second["detail"]).startswith("not sent")
    assert scu.perform("release", address, {"association": "one"})["result"] == "success"


def test_a_print_names_its_session_and_its_jobs(bench: tuple[Scu, tuple[str, int]]) -> None:
    scu, address = bench
    printed = scu.perform("print", address, {"name": "printed", "instances": []})
    assert printed["jobs"]
    reference = {"named": "printed", "in": "ReferencedPrintJobSequencePullStoredPrint"}
    got = scu.perform("n_get", address, {"sop_class": "PrintJob", "instance": reference})
    assert got["status"] == "0000"


@pytest.mark.parametrize("value", ["many", "0x", ""])
def test_a_command_element_that_is_no_number_is_a_wrong_argument(value: str) -> None:
    given = {"message": "C-ECHO-RQ", "command": {"MessageID": value}}
    with pytest.raises(ValueError, match=r"command\.MessageID: expected a number, not "):
        read_raw(Arguments(given))
