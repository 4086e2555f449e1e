"""Three tables of the statuses of PS3.4 H.4, each written by itself: the court's, the printer's, the workstation's."""

from __future__ import annotations

import pytest

from dicom_conformance.scenario.print_statuses import (
    GENERAL,
    GENERAL_WARNINGS,
    OCCURRENCES,
    SERVICES,
    SOP_CLASSES,
    TABLE,
    rows,
)
from dicom_simulators.printer.replies import STATUSES
from dicom_simulators.printer.sop_classes import SERVICES as SERVED
from dicom_wire.statuses import status_class as class_on_the_wire
from dicom_workstation.outcome import status_class
from dicom_workstation.printing.protocol.statuses import GENERAL as GENERAL_WORDS
from dicom_workstation.printing.protocol.statuses import SPECIFIC, Service

OF = {
    Service.CREATE_SESSION: ("N-CREATE", "film_session"),
    Service.ACT_ON_SESSION: ("N-ACTION", "film_session"),
    Service.DELETE_SESSION: ("N-DELETE", "film_session"),
    Service.CREATE_FILM: ("N-CREATE", "film_box"),
    Service.ACT_ON_FILM: ("N-ACTION", "film_box"),
    Service.DELETE_FILM: ("N-DELETE", "film_box"),
    Service.SET_IMAGE: ("N-SET", "grayscale_image_box"),
    Service.SET_COLOR_IMAGE: ("N-SET", "color_image_box"),
    Service.SET_ANNOTATION: ("N-SET", "annotation_box"),
    Service.CREATE_LUT: ("N-CREATE", "presentation_lut"),
    Service.DELETE_LUT: ("N-DELETE", "presentation_lut"),
    Service.GET_PRINTER: ("N-GET", "printer"),
    Service.GET_JOB: ("N-GET", "print_job"),
}


def codes(statuses: tuple[str, ...]) -> set[int]:
    return {int(status, 16) for status in statuses}


def test_the_printer_s_table_is_the_court_s() -> None:
    court = {(SOP_CLASSES[of], f"{service}-RQ"): codes(statuses) for (service, of), statuses in TABLE.items()}
    assert {key: {int(status) for status in statuses} for key, statuses in STATUSES.items()} == court


def test_the_printer_serves_what_the_court_asks_for() -> None:
    court = {SOP_CLASSES[of]: {f"{service}-RQ" for service in services} for of, services in SERVICES.items()}
    assert {sop_class: set(requests) for sop_class, requests in SERVED.items()} == court


@pytest.mark.parametrize("service", Service)
def test_the_workstation_s_words_are_for_the_codes_of_the_court(service: Service) -> None:
    assert set(SPECIFIC.get(service, {})) == codes(TABLE.get(OF[service], ()))


def test_what_no_operation_of_the_workstation_asks_is_left_out_of_it() -> None:
    assert {key for key in TABLE if key not in OF.values()} == {("N-SET", "film_session"), ("N-SET", "film_box")}


def test_every_general_status_of_a_service_has_words() -> None:
    assert {code for statuses in GENERAL.values() for code in codes(statuses)} <= set(GENERAL_WORDS)
    assert "0113" not in GENERAL["N-ACTION"]  # no such event type: of N-EVENT-REPORT alone (PS3.7 10.1.1.1.8)
    assert all(len(set(statuses)) == len(statuses) for statuses in GENERAL.values())


def test_three_classifications_agree() -> None:
    for row in rows():
        code = int(row.status, 16)
        told = {row.status_class, status_class(code).value, class_on_the_wire(code).value}
        assert told == {row.status_class}, row
        assert (row.status_class == "warning") == (row.status in GENERAL_WARNINGS or row.status.startswith("B"))


def test_which_occurrence_is_meant_is_said_for_services_that_there_are() -> None:
    assert all(service in SERVICES[of] for service, of in OCCURRENCES)
