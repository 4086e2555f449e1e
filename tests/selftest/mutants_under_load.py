"""Mutants of a workstation under load or at its stop: caught by a test of the suite, since no scenario can see them.

What they do wrong shows in threads, in memory, or in how long something lasts; a case judges what goes over the wire.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from dicom_workstation import operation_register
from dicom_workstation.application import Workstation
from dicom_workstation.control import jobs
from dicom_workstation.data_sets import file_meta, pydicom_warnings
from dicom_workstation.instances import memory, memory_store
from dicom_workstation.network import ending, requestor, service_server, upper_layer
from dicom_workstation.printing.printer import ChosenPrinter
from mutation import Catalogue, Patch

UNDER_LOAD = Catalogue()

UNIT = "tests/unit/workstation"
STOP, MEMORY, JOBS = (f"{UNIT}/test_{name}.py" for name in ("stop_at_every_step", "memory_under_load", "kept_jobs"))
LOADER = f"{UNIT}/test_loader_server.py"
OTHERS, PRINTING = f"{UNIT}/test_others_in_the_process.py", f"{UNIT}/printing/test_stop_while_printing.py"


# -- memory


@UNDER_LOAD.mutant(f"{MEMORY}::test_what_others_send_counts_until_it_is_kept_or_cut", "test")
def forgets_the_budget_of_a_cut_data_set(patch: Patch) -> None:
    """What was reserved for a data set that is cut off is never given back."""
    patch.set(upper_layer.DIMSE, "close", lambda self: None)


@UNDER_LOAD.mutant(f"{MEMORY}::test_a_data_set_that_is_cut_off_is_forgotten_with_its_association[reset]", "test")
def holds_the_bytes_of_a_cut_data_set(patch: Patch) -> None:
    """The budget of a data set that is cut off is given back, but its bytes stay until a collection of cycles."""

    def forgetful(self: Any) -> None:
        reserved, self._reserved_bytes = self._reserved_bytes, 0
        self._memory.release(reserved)

    patch.set(upper_layer.DIMSE, "release", lambda self: self._receipt and self._receipt.discard())
    patch.set(memory_store.MemoryReceipt, "discard", forgetful)


@UNDER_LOAD.mutant(f"{MEMORY}::test_room_that_was_reserved_is_used_by_whom_it_was_reserved_for", "test")
def takes_the_room_that_others_reserved(patch: Patch) -> None:
    """An instance is kept although others have reserved the room that it takes."""

    def greedy(self: Any, instance: Any, reserved_bytes: int = 0) -> Any:
        others, self._reserved_bytes = self._reserved_bytes - reserved_bytes, 0
        result = keep(self, instance)
        self._reserved_bytes = others
        return result

    keep = patch.set(memory.Memory, "keep", greedy)


@UNDER_LOAD.mutant(f"{MEMORY}::test_the_data_set_of_a_request_that_is_refused_takes_no_memory", "test")
def gathers_what_it_refuses(patch: Patch) -> None:
    """The data set of a request that no service offers is gathered in memory."""
    patch.set(service_server.ServiceServer, "takes_data_set", lambda self, command_field, context: True)


@UNDER_LOAD.mutant(f"{LOADER}::TestOtherRequests::test_requests_without_end_end_the_association", "test")
def lets_any_number_of_requests_wait(patch: Patch) -> None:
    """However many requests of an association wait, more are taken."""
    patch.set(service_server.ServiceServer, "most_waiting", None)


@UNDER_LOAD.mutant(f"{LOADER}::TestOtherRequests::test_what_was_asked_before_a_release_is_answered", "test")
def answers_nothing_after_a_request_to_release(patch: Patch) -> None:
    """What was asked before an A-RELEASE-RQ is not answered once that has come."""
    patch.set(service_server._AcceptedCall, "can_be_answered", property(lambda self: not self.is_ending))


@UNDER_LOAD.mutant(f"{LOADER}::TestOtherRequests::test_a_request_that_is_none_leaves_nothing_behind[MessageID]", "test")
def keeps_the_room_of_a_request_that_is_none(patch: Patch) -> None:
    """The room of a data set whose request is not valid is never given back."""

    def forgetful(self: Any, request: Any, context_id: int) -> Any:
        if not request.is_valid_request:
            request.receipt = None
        return answer(self, request, context_id)

    answer = patch.set(upper_layer.AcceptedAssociation, "_answer", forgetful)


@UNDER_LOAD.mutant(f"{MEMORY}::test_what_is_deflated_is_inflated_within_its_bound_alone", "test")
def inflates_without_a_bound(patch: Patch) -> None:
    """A deflated file is inflated whole, whatever its size."""
    patch.set(file_meta, "_LARGEST_RATIO", 0)


@UNDER_LOAD.mutant(f"{JOBS}::test_sixty_four_finished_jobs_are_kept", "test")
def keeps_all_jobs(patch: Patch) -> None:
    """No finished job is forgotten."""
    patch.set(jobs.Jobs, "_forget_oldest", lambda self: None)


@UNDER_LOAD.mutant(f"{JOBS}::test_their_pictures_take_a_quarter_of_a_gibibyte_at_most", "test")
def counts_no_pictures(patch: Patch) -> None:
    """Finished jobs are counted, but not the bytes of their pictures."""
    patch.set(jobs, "_bytes_in", lambda value: 0)


# -- stop and cancel


@UNDER_LOAD.mutant(f"{STOP}::test_stop[echo, no A-ASSOCIATE-AC]", "test")
def stops_too_late(patch: Patch) -> None:
    """A stop does not reach an association that is being opened: it ends with its time-out."""

    def late(self: Any) -> None:
        if self._ending.phase is not ending.Phase.OPENING:
            stop(self)

    stop = patch.set(requestor.Requestor, "stop", late)


@UNDER_LOAD.mutant(f"{STOP}::test_cancel[query, no A-ASSOCIATE-AC]", "test")
def cancels_too_late(patch: Patch) -> None:
    """A cancel does not reach an association that is being opened."""
    patch.set(requestor.Requestor, "leave_off", lambda self: None)


@UNDER_LOAD.mutant(f"{STOP}::test_stop[store, reads no data set]", "test")
def cannot_be_stopped_while_it_sends(patch: Patch) -> None:
    """A stop does not reach an association whose peer takes no bytes."""
    patch.set(upper_layer.UpperLayer, "stop_soon", upper_layer.UpperLayer.call_soon)


@UNDER_LOAD.mutant(f"{STOP}::test_nothing_begins_after_the_stop", "test")
def begins_operations_after_the_stop(patch: Patch) -> None:
    """An operation that is asked for after the stop is performed."""
    patch.set(operation_register.OperationRegister, "close", operation_register.OperationRegister.stop)


@UNDER_LOAD.mutant(f"{STOP}::test_reading_the_address_never_listens", "test")
def listens_when_its_address_is_read(patch: Patch) -> None:
    """Reading `address` starts the listener."""
    patch.set(Workstation, "address", property(Workstation.start))


@UNDER_LOAD.mutant(f"{PRINTING}::test_stop_at[create film]", "test")
def leaves_a_printer_that_is_silent_to_its_time_out(patch: Patch) -> None:
    """A stop does not reach a print that waits for a response."""
    patch.set(ChosenPrinter, "governed_by", lambda self, operation: None)
    patch.set(requestor.Requestor, "stop", lambda self: None)


# -- others in the process


@dataclass(frozen=True, slots=True)
class _Lock:
    """A filter that stands while a lock of the process is held, as it once did."""

    held: Any

    def begin(self) -> None:
        self.held.acquire()

    def end(self) -> None:
        self.held.release()


@UNDER_LOAD.mutant(f"{OTHERS}::test_an_echo_is_answered_while[a state is created]", "test")
def holds_a_lock_while_it_creates_a_state(patch: Patch) -> None:
    """A lock of the process is held while a presentation state is created."""
    patch.set(pydicom_warnings, "_silence", _Lock(threading.RLock()))
