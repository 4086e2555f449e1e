"""The association with a printer: opened, kept, heard and closed, and its end told; against pynetdicom's own SCP."""

from __future__ import annotations

import socket
import threading
from collections import deque
from contextlib import suppress

import pytest
from pydicom.uid import generate_uid
from pynetdicom_printer import PRINTER, within

from dicom_workstation.tables import BASIC_GRAYSCALE_PRINT, PRINT_JOB


def in_thread(call, *arguments, **keywords):
    """Begin something in another thread; the result comes with `join`."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(call(*arguments, **keywords)))
    thread.start()

    def join() -> object:
        thread.join(10)
        assert not thread.is_alive()
        return found[0]

    return join


def end(association, how: str) -> None:
    """End an association by bytes: pynetdicom sometimes closes before its A-ABORT is sent."""
    if how == "abort":
        association.dul.socket.socket.sendall(b"\x07\0\0\0\0\x04\0\0\0\0")
    with suppress(OSError):  # whoever is told of the abort may close first
        association.dul.socket.socket.shutdown(socket.SHUT_RDWR)


def test_select_opens_and_asks(station, printer):
    printer.printer_status = {
        "PrinterStatus": "WARNING",
        "PrinterStatusInfo": "SUPPLY LOW",
        "PrinterName": "HALL 3",
        "Manufacturer": "Maker",
        "ManufacturerModelName": "M1",
        "SoftwareVersions": "1.0",
    }
    workstation = station()
    outcome = workstation.select_printer("laser")
    assert (outcome.result, outcome.status, outcome.events) == ("success", "0000", ())
    shown = outcome.printer.as_dict()
    assert (shown["name"], shown["connected"], shown["status"]) == ("laser", True, "WARNING")
    assert (shown["status_info"], shown["printer_name"], shown["model"]) == ("SUPPLY LOW", "HALL 3", "M1")
    assert (shown["manufacturer"], shown["software"], shown["serial_number"]) == ("Maker", "1.0", None)
    assert printer.steps() == ["get printer"]
    assert workstation.printer().printer == outcome.printer
    assert printer.steps() == ["get printer"]


@pytest.mark.parametrize("status", [0x0105, 0x0106])
def test_a_printer_that_refuses_attributes_is_asked_for_what_it_has(station, printer, status):
    printer.statuses["get printer"] = deque([status, 0x0000])
    outcome = station().select_printer("laser")
    assert (outcome.result, outcome.status, outcome.printer.details.status) == ("success", "0000", "NORMAL")
    assert len(printer.asked[0].attributes.FrameIncrementPointer) == 7
    assert printer.asked[1].attributes.FrameIncrementPointer is None


def test_a_printer_that_does_not_tell_how_it_is_stays_chosen(station, printer):
    printer.statuses["get printer"] = deque([0x0110])
    workstation = station()
    outcome = workstation.select_printer("laser")
    assert (outcome.result, outcome.status, outcome.printer.connected) == ("failure", "0110", True)
    assert "processing failure" in outcome.detail
    assert outcome.printer.details.status is None


def test_another_printer_closes_the_association_before(station, printer):
    workstation = station()
    workstation.select_printer("laser")
    printer.before["get printer"] = lambda assoc: ends.append(list(printer.ends))
    ends: list[list[str]] = []
    assert workstation.select_printer("other").result == "success"
    assert "released" in ends[0]
    assert len(printer.associations) == 2
    assert workstation.printer().printer.name == "other"
    assert workstation.printer("laser").result == "refused"


def test_the_association_is_kept_and_used_again(station, printer, images):
    workstation = station()
    uids = images(workstation)
    workstation.select_printer("laser")
    assert workstation.select_printer("laser").result == "success"
    assert workstation.preview(images=uids).result == "success"
    assert workstation.print(images=uids).result == "success"
    assert workstation.print("laser", images=uids).result == "success"
    assert len(printer.associations) == 1
    assert printer.ends == []
    left = workstation.leave_printer()
    assert (left.result, left.printer.connected) == ("success", False)
    printer.wait(lambda: "released" in printer.ends)
    assert workstation.printer().detail == "not connected: released"


def test_the_previewer_opens_an_association_and_prints_nothing(station, printer, images):
    workstation = station()
    outcome = workstation.preview("laser", images=images(workstation, 2), film_size="8INX10IN")
    assert (outcome.result, len(outcome.films)) == ("success", 2)
    film = outcome.films[0]
    assert len(film.data) == film.rows * film.columns * film.samples
    assert len(printer.associations) == 1
    assert printer.steps() == []
    assert workstation.printer().printer.connected


def test_nothing_is_shown_or_left_where_nothing_is_chosen(station):
    workstation = station()
    assert workstation.printer().result == "refused"
    assert workstation.leave_printer().result == "refused"
    assert workstation.select_printer("nobody").result == "refused"
    assert workstation.leave_printer("laser").printer.as_dict() == {"name": "laser", "connected": False}


@pytest.mark.parametrize(
    ("how", "told"), [("release", "released the association"), ("abort", "A-ABORT"), ("close", "connection closed")]
)
def test_the_end_of_an_idle_association_is_told(station, printer, images, how, told):
    workstation = station()
    workstation.select_printer("laser")
    association = printer.associations[0]
    if how == "release":
        association.release()
    else:
        end(association, how)
    assert within(lambda: not workstation.printer().printer.connected)
    outcome = workstation.printer()
    assert (outcome.result, outcome.printer.details.status) == ("success", "NORMAL")
    assert told in outcome.detail
    assert any("has ended" in line and told in line for line in workstation.log())
    assert workstation.print(images=images(workstation)).result == "success"
    assert len(printer.associations) == 2


def test_a_release_by_the_printer_is_answered(station, printer):
    workstation = station()
    workstation.select_printer("laser")
    printer.associations[0].release()
    assert printer.associations[0].is_released


# -- events


def test_an_event_between_two_requests_is_heard_and_answered(station, printer):
    workstation = station()
    workstation.select_printer("laser")
    assert [printer.report(2, "SUPPLY LOW"), printer.report(3, "COVER OPEN"), printer.report(1, "NORMAL")] == [0, 0, 0]
    outcome = workstation.printer()
    assert [(e.of, e.status, e.info) for e in outcome.events] == [
        ("printer", "WARNING", "SUPPLY LOW"),
        ("printer", "FAILURE", "COVER OPEN"),
        ("printer", "NORMAL", "NORMAL"),
    ]
    assert (outcome.printer.details.status, outcome.printer.details.status_info) == ("NORMAL", "NORMAL")
    assert workstation.select_printer("laser").result == "success"


@pytest.mark.parametrize("step", ["create session", "create film", "set image", "print film", "delete film"])
def test_an_event_while_a_response_is_awaited_loses_neither(station, printer, images, step):
    workstation = station()
    printer.before[step] = lambda _: printer.report(2, "SUPPLY LOW")
    outcome = workstation.print("laser", images=images(workstation, 3))
    assert outcome.result == "success", outcome.detail
    assert outcome.films_printed == 3
    count = 1 if step == "create session" else 3
    assert printer.event_statuses == [0x0000] * count
    assert [event.status for event in outcome.events if event.of == "printer"] == ["WARNING"] * count


def test_events_of_many_threads_and_requests_go_on_together(station, printer, images):
    workstation = station()
    workstation.select_printer("laser")
    uids = images(workstation, 8)
    for number in range(4):
        assert printer.report(2, f"N{number}") == 0
        assert workstation.print(images=uids[:2]).result == "success"
    events = [event.info for event in workstation.printer().events if event.of == "printer"]
    assert events == ["N0", "N1", "N2", "N3"]


@pytest.mark.parametrize(
    ("event_type", "sop_class", "instance", "status"),
    [
        (4, PRINTER, "1.2.840.10008.5.1.1.17", 0x0113),
        (0, PRINTER, "1.2.840.10008.5.1.1.17", 0x0113),
        (1, PRINTER, "1.2.3", 0x0112),
        (1, PRINT_JOB, "1.2.3", 0x0112),
        (1, "1.2.840.10008.5.1.1.2", "1.2.3", 0x0118),
    ],
)
def test_an_event_that_is_none_is_answered_so_and_changes_nothing(
    station, printer, event_type, sop_class, instance, status
):
    workstation = station()
    workstation.select_printer("laser")
    assert printer.report(event_type, "X", sop_class, instance) == status
    outcome = workstation.printer()
    assert outcome.events == ()
    assert (outcome.printer.connected, outcome.printer.details.status) == (True, "NORMAL")


def test_a_job_is_followed_by_its_events(station, printer, images):
    workstation = station(print_job_interval_s=60.0)
    reported = []

    def report_later(assoc, job):
        for event_type, info in ((1, "QUEUED"), (2, "NORMAL"), (3, "NORMAL")):
            reported.append(printer.report(event_type, info, PRINT_JOB, job))

    printer.after_action = report_later
    outcome = workstation.print("laser", images=images(workstation))
    assert (outcome.result, reported) == ("success", [0, 0, 0])
    assert [event.status for event in outcome.events] == ["PENDING", "PRINTING", "DONE"]
    assert outcome.events[0].print_job == outcome.films[0].print_job
    assert outcome.films[0].execution_status == "DONE"
    assert "get job" not in printer.steps()


def test_a_job_of_a_printer_without_events_is_asked_for(station, printer, images):
    printer.job_status.clear()
    printer.job_status.extend([("PENDING", "NORMAL"), ("PRINTING", "NORMAL"), ("DONE", "NORMAL")])
    told = []
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation), progress=told.append)
    assert (outcome.result, outcome.films[0].execution_status) == ("success", "DONE")
    assert printer.steps().count("get job") == 3
    assert [entry["execution_status"] for entry in told if set(entry) & {"print_job"} and "number" not in entry][
        -1
    ] == "DONE"


@pytest.mark.parametrize("by_event", [True, False])
def test_a_job_that_fails_after_success_is_a_failure(station, printer, images, by_event):
    printer.job_status.clear()
    printer.job_status.append(("FAILURE", "INVALID PAGE DES"))
    if by_event:
        printer.after_action = lambda assoc, job: printer.report(4, "INVALID PAGE DES", PRINT_JOB, job)
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation))
    assert (outcome.result, outcome.films_printed, outcome.films_failed) == ("failure", 0, 1)
    assert "FAILURE INVALID PAGE DES" in outcome.detail
    assert outcome.films[0].execution_status_info == "INVALID PAGE DES"
    assert outcome.films[0].status == outcome.status == "0000"


def test_one_of_two_jobs_that_fails_is_partial(station, printer, images):
    printer.job_status.clear()
    printer.job_status.extend([("FAILURE", "X"), ("DONE", "NORMAL")])
    outcome = (workstation := station()).print("laser", images=images(workstation, 2))
    assert (outcome.result, outcome.films_printed) == ("partial", 1)


def test_a_job_that_told_of_trouble_is_a_warning(station, printer, images):
    printer.job_status.clear()
    printer.job_status.extend([("PENDING", "SUPPLY EMPTY"), ("DONE", "NORMAL")])
    outcome = (workstation := station()).print("laser", images=images(workstation))
    assert (outcome.result, outcome.films_printed) == ("warning", 1)


def test_a_job_without_end_is_given_up(station, printer, images):
    printer.job_status.clear()
    printer.job_status.append(("PRINTING", "NORMAL"))
    workstation = station(print_job_timeout_s=0.3)
    outcome = workstation.print("laser", images=images(workstation))
    assert (outcome.result, outcome.films[0].execution_status) == ("timeout", "PRINTING")
    assert "film 1: PRINTING" in outcome.detail
    assert workstation.printer().printer.connected


def test_a_job_that_the_printer_has_forgotten_is_a_warning(station, printer, images):
    printer.statuses["get job"] = deque([0x0112])
    outcome = (workstation := station()).print("laser", images=images(workstation))
    assert (outcome.result, outcome.status, outcome.films_printed) == ("warning", "0112", 1)
    assert printer.steps().count("get job") == 1


def test_a_job_that_ends_while_it_is_asked_for_is_no_trouble(station, printer, images):
    jobs = []
    printer.after_action = lambda assoc, job: jobs.append(job)
    printer.before["get job"] = lambda _: printer.report(3, "NORMAL", PRINT_JOB, jobs[0])
    printer.statuses["get job"] = deque([0x0112])
    outcome = (workstation := station()).print("laser", images=images(workstation))
    assert (outcome.result, outcome.status, outcome.warnings) == ("success", "0000", ())
    assert outcome.films[0].execution_status == "DONE"


# -- the end meanwhile


STEPS = [
    "create session",
    "create film",
    "set image",
    "print film",
    "delete film",
    "delete session",
    "get job",
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("how", ["abort", "close"])
def test_an_association_that_is_lost_at_a_step(station, printer, images, step, how):
    printer.before[step] = lambda association: end(association, how)
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation, 2))
    assert outcome.result == ("aborted" if how == "abort" else "connection_lost"), outcome.detail
    if how == "abort":
        assert (outcome.abort.source, outcome.abort.reason) == (0, 0)
    printed = {"delete film": 1, "delete session": 2, "get job": 2}.get(step, 0)
    assert (outcome.films_printed, outcome.films_failed) == (printed, 2 - printed)
    left = {"create session": 0, "create film": 1, "delete session": 1, "get job": 0}.get(step, 2)
    assert len(outcome.not_deleted) == left
    assert workstation.printer().printer.connected is False
    printer.before.clear()
    assert workstation.print(images=images(workstation)).result == "success"


def test_a_printer_that_never_answers(station, printer, images):
    answered = threading.Event()
    printer.before["set image"] = lambda _: answered.wait(10)
    workstation = station(dimse_timeout_s=0.3)
    outcome = workstation.print("laser", images=images(workstation))
    answered.set()
    assert outcome.result == "timeout"
    assert "N-SET-RSP" in outcome.detail
    assert len(outcome.not_deleted) == 2
    assert not workstation.printer().printer.connected


def test_events_are_no_substitute_for_a_response(station, printer, images):
    done = threading.Event()

    def chatter(_):
        while not done.wait(0.02) and printer.associations[-1].is_established:
            printer.report(2, "BUSY")

    printer.before["set image"] = chatter
    workstation = station(dimse_timeout_s=0.3)
    outcome = workstation.print("laser", images=images(workstation))
    done.set()
    assert outcome.result == "timeout"
    assert len(outcome.events) > 2


def test_another_printer_chosen_in_the_middle_ends_the_print(station, printer, images):
    at_image, go_on = threading.Event(), threading.Event()
    workstation = station()

    def hold(_):
        at_image.set()
        assert go_on.wait(5)

    printer.before["set image"] = hold
    uids = images(workstation, 3)
    printing = in_thread(workstation.print, "laser", images=uids)
    assert at_image.wait(5)
    selecting = in_thread(workstation.select_printer, "other")
    assert within(lambda: workstation._print_client._chosen.unwanted != "")
    go_on.set()
    outcome = printing()
    assert (outcome.result, outcome.films_printed, outcome.not_deleted) == ("cancelled", 0, ())
    assert outcome.detail == "another printer was chosen"
    assert selecting().result == "success"
    steps = printer.steps()
    assert steps[steps.index("set image") + 1 :] == ["delete film", "delete session", "get printer"]
    assert printer.ends.count("released") == 1


def test_another_printer_chosen_while_a_job_is_followed(station, printer, images):
    printer.job_status.clear()
    printer.job_status.append(("PRINTING", "NORMAL"))
    workstation = station(print_job_timeout_s=30.0)
    printing = in_thread(workstation.print, "laser", images=images(workstation))
    printer.wait(lambda: any(each.step == "get job" for each in printer.asked))
    assert workstation.select_printer("other").result == "success"
    outcome = printing()
    assert (outcome.result, outcome.films_printed) == ("warning", 1)
    assert "not followed to its end" in outcome.detail


def test_a_print_that_is_cancelled_cleans_up(station, printer, images):
    workstation = station()
    printer.before["set image"] = lambda _: workstation.cancel("laser")
    outcome = workstation.print("laser", images=images(workstation, 3))
    assert (outcome.result, outcome.detail, outcome.not_deleted) == ("cancelled", "cancelled", ())
    assert printer.steps()[-2:] == ["delete film", "delete session"]
    assert workstation.printer().printer.connected


def test_two_prints_on_one_printer_take_turns(station, printer, images):
    workstation = station()
    uids = images(workstation, 2)
    both = [in_thread(workstation.print, "laser", images=uids, follow=False) for _ in range(2)]
    assert [join().result for join in both] == ["success", "success"]
    steps = printer.steps()
    assert steps[: len(steps) // 2] == steps[len(steps) // 2 :]
    assert len(printer.associations) == 1


def test_stop_ends_a_print_and_the_association(station, printer, images):
    at_image, go_on = threading.Event(), threading.Event()

    def hold(_):
        at_image.set()
        go_on.wait(5)

    printer.before["set image"] = hold
    workstation = station()
    printing = in_thread(workstation.print, "laser", images=images(workstation))
    assert at_image.wait(5)
    workstation.stop()
    go_on.set()
    outcome = printing()
    assert (outcome.result, outcome.detail) == ("aborted", "stopped by the workstation")
    assert workstation.printer().result == "refused"


def test_stop_and_forget_release_an_idle_association(station, printer):
    workstation = station()
    workstation.select_printer("laser")
    workstation.forget()
    assert printer.ends.count("released") == 1
    workstation.select_printer("laser")
    workstation.stop()
    assert printer.ends.count("released") == 2


def test_a_printer_that_is_not_there(station, printer):
    gone = {"ae_title": "GONE", "host": "127.0.0.1", "port": 1}
    workstation = station(printers={"gone": gone})
    outcome = workstation.select_printer("gone")
    assert (outcome.result, outcome.printer.connected) == ("unreachable", False)
    assert not workstation.printer().printer.connected
    assert workstation.select_printer("laser").result == "success"


def test_a_printer_that_takes_no_print_management(station, printer):
    printer.accepted = (PRINT_JOB,)
    workstation = station()
    outcome = workstation.select_printer("laser")
    assert (outcome.result, outcome.printer.connected) == ("not_accepted", False)
    printer.wait(lambda: "released" in printer.ends)


def test_a_print_job_event_without_its_context_is_no_class(station, printer):
    printer.accepted = (BASIC_GRAYSCALE_PRINT,)
    workstation = station()
    workstation.select_printer("laser")
    job = generate_uid(None)
    association = printer.associations[0]
    status, _ = association.send_n_event_report(None, 3, PRINT_JOB, job, meta_uid=BASIC_GRAYSCALE_PRINT)
    assert status.Status == 0x0118
