"""Printing as a subject of a test, and over the control interface."""

from __future__ import annotations

import numpy as np
import pytest
from print_bench import image_data_set

from dicom_workstation.configuration.configuration import Configuration, ConfigurationError
from dicom_workstation.instances.encode_instance import stored_instance
from dicom_workstation.instances.part10 import part10_file
from dicom_workstation.subjects import Embedded, Process

OPERATIONS = {"select_printer", "preview", "print", "printer", "leave_printer"}


@pytest.fixture
def film_file(tmp_path):
    made = image_data_set(np.full((4, 6), 100, np.uint8))
    path = tmp_path / "image.dcm"
    path.write_bytes(part10_file(stored_instance(made)))
    return str(path)


@pytest.fixture
def peers(printer):
    return {"laser": {"ae_title": "PRINTER", "host": "127.0.0.1", "port": printer.port}}


@pytest.mark.parametrize("kind", [Embedded, Process])
def test_every_operation_of_a_subject(printer, peers, film_file, kind):
    subject = kind()
    try:
        assert subject.operations >= OPERATIONS
        subject.prepare("none", peers, {"printers": {"laser": {"bits": "8", "film_size": "A4"}}})
        assert subject.perform("printer", None, {})["result"] == "refused"
        told = subject.perform("select_printer", "laser", {})
        assert (told["result"], told["printer"]["connected"], told["events"]) == ("success", True, [])
        assert printer.report(2, "SUPPLY LOW") == 0
        told = subject.perform("printer", None, {})
        assert [event["info"] for event in told["events"]] == ["SUPPLY LOW"]
        told = subject.perform("preview", "laser", {"files": [film_file]})
        [film] = told["films"]
        assert len(film["data"]) == film["rows"] * film["columns"]
        told = subject.perform("print", None, {"files": [film_file], "layout": "1x1"})
        assert (told["result"], told["peer"], told["films_printed"]) == ("success", "laser", 1)
        assert told["films"][0]["execution_status"] == "DONE"
        assert next(each.attributes for each in printer.asked if each.step == "create film").FilmSizeID == "A4"
        told = subject.perform("leave_printer", None, {})
        assert (told["result"], told["printer"]["connected"]) == ("success", False)
        assert subject.perform("print", "laser", {"sparkle": 1})["result"] == "refused"
    finally:
        subject.close()


def test_no_association_survives_a_case(printer, peers):
    subject = Embedded()
    try:
        subject.prepare("none", peers, {})
        subject.perform("select_printer", "laser", {})
        subject.prepare("lossy", peers, {})
        assert "released" in printer.ends
        assert subject.perform("printer", None, {})["result"] == "refused"
    finally:
        subject.close()


def test_a_print_over_http_tells_its_progress(printer, peers, film_file):
    subject = Embedded()
    try:
        subject.prepare("none", peers, {})
        arguments = {"files": [film_file], "through": "control_interface"}
        told = subject.perform("print", "laser", arguments)
        assert (told["result"], told["films_printed"]) == ("success", 1)
    finally:
        subject.close()


def test_printers_are_configured_by_themselves_or_as_archives():
    address = {"ae_title": "P", "host": "h", "port": 1}
    known = Configuration.from_keywords(
        archives={"a": address}, printers={"p": {**address, "bits": 12, "colour": False}}
    )
    archive, printer = known.printer("a"), known.printer("p")
    assert archive is not None
    assert printer is not None
    assert (archive.bits, archive.colour, archive.film_size, archive.ae_title) == (None, None, None, "P")
    assert (printer.bits, printer.colour) == (12, False)
    assert known.printer("x") is None
    assert (known.extensions, known.print_pdu_length_bytes) == ((), 32768)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"printers": {"p": {"ae_title": "P", "host": "h", "port": 1, "bits": 10}}}, "bits"),
        ({"printers": {"p": {"ae_title": "P", "host": "h", "port": 1, "film_size": "a4"}}}, "film_size"),
        ({"extensions": ["stored_print"]}, "extensions"),
        ({"print_pdu_length_bytes": 16384}, "print_pdu_length_bytes"),
        ({"print_job_interval_s": 0}, "print_job_interval_s"),
    ],
)
def test_a_wrong_printer_is_told(wrong, field):
    with pytest.raises(ConfigurationError, match=field):
        Configuration.from_keywords(**wrong)
