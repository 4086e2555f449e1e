"""Mutants that a case could not catch while it only named a claim: numbers, ports, time-outs, roles, statuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

from pydicom.filereader import read_dataset
from pynetdicom.pdu_primitives import A_RELEASE, SCP_SCU_RoleSelectionNegotiation, SOPClassExtendedNegotiation

from dicom_workstation.configuration import configuration
from dicom_workstation.instances import memory
from dicom_workstation.instances.encode_instance import stored_instance
from dicom_workstation.loader import loader_client
from dicom_workstation.network import listener, requestor, upper_layer, verification
from dicom_workstation.network.upper_layer import negotiation
from dicom_workstation.outcome import Result, StatusClass, status_class
from dicom_workstation.printing import client as print_client
from dicom_workstation.printing.protocol import association as printer_association
from dicom_workstation.query import query_engine
from dicom_workstation.storage import store_client
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN, PDU_LENGTH_BYTES
from dicom_workstation.viewing import viewer
from mutation import Catalogue, Patch

CLAIMS = Catalogue()

NO_TIME_OUT = "storage/store-client-has-no-time-out-of-its-own"


# -- what is configured


@CLAIMS.mutant("workflow/port-is-configured", "association")
def listens_at_a_port_of_its_own(patch: Patch) -> None:
    """The port that is configured is ignored; whoever asks is told the port where it listens instead."""
    start = patch.set(listener.Listener, "start", lambda self, host, port: start(self, host, 0))


def _take_a_smaller_length(patch: Patch, taken: Callable[[int], int]) -> None:
    def lenient(self: Any, **changes: Any) -> Any:
        wanted = int(changes.pop("query_pdu_length_bytes", self.query_pdu_length_bytes))
        return changed(self, **changes).model_copy(update={"query_pdu_length_bytes": taken(wanted)})

    changed = patch.set(configuration.Configuration, "changed", lenient)


@CLAIMS.mutant("association/query-engine-refuses-a-smaller-length[32767]", "association")
def announces_less_than_32_kib(patch: Patch) -> None:
    """A maximum length below 32 KiB can be configured, and is announced."""
    _take_a_smaller_length(patch, lambda wanted: wanted)


@CLAIMS.mutant("association/query-engine-refuses-a-smaller-length[16384]", "outcome")
def tells_a_smaller_length_as_taken(patch: Patch) -> None:
    """A maximum length below 32 KiB is told as configured, though 32 KiB is announced."""
    _take_a_smaller_length(patch, lambda wanted: max(wanted, PDU_LENGTH_BYTES))


# -- time-outs of its own


def _bound(patch: Patch, field: str, most_s: float) -> None:
    def impatient(known: Any, *further: Any) -> Any:
        return begin(known.changed(**{field: min(most_s, getattr(known, field))}), *further)

    begin = patch.set(store_client, "Requestor", impatient)


@CLAIMS.mutant(f"{NO_TIME_OUT}[C-STORE-RQ,3,", "elapsed")
def gives_a_store_up_after_two_seconds(patch: Patch) -> None:
    """The store client waits two seconds for a C-STORE-RSP, whatever is configured."""
    _bound(patch, "dimse_timeout_s", 2.0)


@CLAIMS.mutant(f"{NO_TIME_OUT}[A-ASSOCIATE-RQ,3,", "elapsed")
def gives_an_association_to_store_up_after_two_seconds(patch: Patch) -> None:
    """The store client waits two seconds for an A-ASSOCIATE-AC, whatever is configured."""
    _bound(patch, "association_timeout_s", 2.0)


@CLAIMS.mutant("storage/store-client-waits-for-a-slow-archive", "outcome")
def gives_a_slow_archive_up(patch: Patch) -> None:
    """The store client waits five seconds for a C-STORE-RSP, whatever is configured."""
    _bound(patch, "dimse_timeout_s", 5.0)


# -- how many at once


@CLAIMS.mutant("association/query-fifty-archives-at-once", "association")
def asks_thirty_two_archives_at_once(patch: Patch) -> None:
    """A query waits while thirty-two others go on, though its archive is free."""
    patch.set(
        query_engine.QueryEngine, "_turn", lambda self, archive, operation: self._turns.taken("", lambda: 32, operation)
    )


@CLAIMS.mutant("storage/store-clients-store-fifty-at-once", "association")
def stores_thirty_two_at_once(patch: Patch) -> None:
    """A store operation waits while thirty-two others go on."""
    turns = threading.Semaphore(32)

    def in_turn(self: Any, *arguments: Any) -> Any:
        with turns:
            return store(self, *arguments)

    store = patch.set(store_client.StoreClient, "store", in_turn)


@CLAIMS.mutant("association/loader-server-serves-others-while-one-is-busy", "elapsed")
def serves_nobody_while_an_instance_arrives(patch: Patch) -> None:
    """From the first part of a data set until its response, no other association is served."""
    lock, holding = threading.Lock(), set[int]()

    def hold(self: Any) -> None:
        if id(self) not in holding:
            lock.acquire()
            holding.add(id(self))

    def let_go(self: Any) -> None:
        if id(self) in holding:
            holding.discard(id(self))
            lock.release()

    def receive_alone(self: Any, command: Any, context_id: int) -> Any:
        hold(self)
        return receipt_for(self, command, context_id)

    def serve_alone(self: Any, request: Any, context_id: int) -> None:
        hold(self)
        try:
            serve(self, request, context_id)
        finally:
            let_go(self)

    def live_alone(self: Any) -> None:
        try:
            live(self)
        finally:
            let_go(self)

    receipt_for = patch.set(upper_layer.AcceptedAssociation, "receipt_for", receive_alone)
    serve = patch.set(upper_layer.AcceptedAssociation, "serve", serve_alone)
    live = patch.set(upper_layer.AcceptedAssociation, "run_reactor", live_alone)


# -- who releases, and what is printed


@CLAIMS.mutant("retrieve/releases-the-association-itself", "association")
def leaves_the_release_to_the_archive(patch: Patch) -> None:
    """After a retrieve the association stays open until the archive releases it."""

    def patient(self: Any, timeout_s: float | None = None) -> None:
        asked = self._association.dul.receive_pdu(wait=True, timeout=10.0)
        if isinstance(asked, A_RELEASE):
            self._association.is_established = False
            self._association.acse.send_release(is_response=True)
            self._association.linger(1.0)

    patch.set(requestor.Requestor, "release", patient)


@CLAIMS.mutant("print/proposes-every-context-of-table-5[PRINT-GRAY,1.2.840.10008.1.2.2]", "outcome")
def prints_in_explicit_little_endian_alone(patch: Patch) -> None:
    """Every context of Table 5 is proposed, but only those in Explicit VR Little Endian are used."""

    def choosy(self: Any, abstract_syntax: str) -> Any:
        found = context(self, abstract_syntax)
        return found if found is not None and found.transfer_syntax == EXPLICIT_VR_LITTLE_ENDIAN else None

    context = patch.set(printer_association.PrinterAssociation, "context", choosy)


@CLAIMS.mutant("print/choosing-another-printer-closes-the-previewers", "association")
def keeps_what_the_previewer_opened(patch: Patch) -> None:
    """The association that the previewer opened stays open when another printer is chosen."""
    previewed: set[str] = set()

    def preview_and_note(self: Any, name: str, request: Any) -> Any:
        previewed.add(name)
        return preview(self, name, request)

    def release_others(self: Any, chosen: Any, reason: str, timeout_s: float | None = None) -> None:
        if reason != "another printer was chosen" or chosen.name not in previewed:
            release(self, chosen, reason, timeout_s)

    preview = patch.set(print_client.PrintClient, "preview", preview_and_note)
    release = patch.set(print_client.PrintClient, "_release", release_others)


def _sign(patch: Patch, modality: Callable[[str], bool]) -> None:
    def signed(made: Any) -> Any:
        if modality(made.Modality):
            made.private_block(0x0009, "DIRECTVIEW", create=True).add_new(0x01, "LO", "5.2")
        return encode(made)

    encode = patch.set(viewer, "stored_instance", signed)


@CLAIMS.mutant("storage/store-client-adds-no-private-elements", "data_set")
def signs_a_presentation_state(patch: Patch) -> None:
    """A presentation state is created with a private element."""
    _sign(patch, lambda modality: modality == "PR")


@CLAIMS.mutant("storage/store-client-adds-no-private-elements", "data_set")
def signs_what_is_displayed(patch: Patch) -> None:
    """What is displayed is saved with a private element."""
    _sign(patch, lambda modality: modality != "PR")


@CLAIMS.mutant("storage/store-client-adds-no-private-elements", "data_set")
def strips_private_elements(patch: Patch) -> None:
    """The private elements of a received image are not kept."""

    def strip(self: Any, instance: Any) -> Any:
        found = read_dataset(BytesIO(instance.data_set), False, True)
        found.remove_private_tags()
        return keep(self, replace(instance, data_set=stored_instance(found).data_set))

    keep = patch.set(memory.Memory, "keep", strip)


# -- roles and extended negotiation


def _both_roles(sop_class: str) -> SCP_SCU_RoleSelectionNegotiation:
    item = SCP_SCU_RoleSelectionNegotiation()
    item.sop_class_uid, item.scu_role, item.scp_role = sop_class, True, True
    return item


def _extended(sop_class: str) -> SOPClassExtendedNegotiation:
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid, item.service_class_application_information = sop_class, b"\x01"
    return item


def _propose(patch: Patch, negotiated: Callable[[str], Any]) -> None:
    def further(self: Any) -> Any:
        self._association.requestor.add_negotiation_item(negotiated(self.proposed[0][0]))
        return contexts(self)

    contexts = patch.set(requestor.Requestor, "_contexts", further)


@CLAIMS.mutant("query/proposes-table-1-alone", "association")
def proposes_both_roles_for_a_query(patch: Patch) -> None:
    """Both roles are proposed for Study Root FIND."""
    _propose(patch, _both_roles)


@CLAIMS.mutant("query/proposes-table-1-alone", "association")
def proposes_relational_queries(patch: Patch) -> None:
    """Relational queries are proposed by extended negotiation."""
    _propose(patch, _extended)


@CLAIMS.mutant("retrieve/proposes-table-4-alone", "association")
def proposes_both_roles_for_a_retrieve(patch: Patch) -> None:
    """Both roles are proposed for Study Root MOVE."""
    _propose(patch, _both_roles)


@CLAIMS.mutant("retrieve/proposes-table-4-alone", "association")
def proposes_relational_retrieval(patch: Patch) -> None:
    """Relational retrieval is proposed by extended negotiation."""
    _propose(patch, _extended)


@CLAIMS.mutant("print/proposes-table-5-alone", "association")
def proposes_both_roles_to_a_printer(patch: Patch) -> None:
    """Both roles are proposed for Basic Grayscale Print Management."""
    _propose(patch, _both_roles)


@CLAIMS.mutant("print/proposes-table-5-alone", "association")
def proposes_extended_negotiation_to_a_printer(patch: Patch) -> None:
    """Extended negotiation is proposed for Basic Grayscale Print Management."""
    _propose(patch, _extended)


def _answer(patch: Patch, negotiated: Callable[[str], Any]) -> None:
    def generous(self: Any, contexts: Any) -> None:
        choose(self, contexts)
        self.acceptor.add_negotiation_item(negotiated(contexts[0].abstract_syntax))

    choose = patch.set(negotiation.ACSE, "_choose_transfer_syntaxes", generous)


@CLAIMS.mutant("verification/loader-is-scp-in-every-context-of-table-2[VERIFICATION,1.2.840.10008.1.2]", "association")
def grants_both_roles_of_verification(patch: Patch) -> None:
    """The requestor is granted the role of SCP of Verification."""
    _answer(patch, _both_roles)


@CLAIMS.mutant(
    "verification/loader-is-scp-in-every-context-of-table-2[VERIFICATION,1.2.840.10008.1.2.1]", "association"
)
def answers_extended_negotiation_of_verification(patch: Patch) -> None:
    """Extended negotiation of Verification is answered."""
    _answer(patch, _extended)


@CLAIMS.mutant("storage/loader-is-scp-in-every-context-of-table-3[CT,1.2.840.10008.1.2.1]", "association")
def grants_both_roles_of_storage(patch: Patch) -> None:
    """The requestor is granted the role of SCP of a storage class."""
    _answer(patch, _both_roles)


@CLAIMS.mutant("storage/loader-is-scp-in-every-context-of-table-3[CT,1.2.840.10008.1.2.4.90]", "association")
def answers_extended_negotiation_of_storage(patch: Patch) -> None:
    """Extended negotiation of a storage class is answered."""
    _answer(patch, _extended)


# -- statuses that no boundary of a range brought up


def _tell(patch: Patch, module: Any, told: int, otherwise: Result) -> None:
    result_of = patch.set(module, "result_of", lambda status: otherwise if status == told else result_of(status))


@CLAIMS.mutant("query/final-status-first[0124]", "outcome")
def tells_an_unauthorized_query_as_cancelled(patch: Patch) -> None:
    """0124 (not authorized) in answer to a C-FIND is told as cancelled."""
    _tell(patch, query_engine, 0x0124, Result.CANCELLED)


@CLAIMS.mutant("query/final-status-middle[0211]", "outcome")
def tells_an_unknown_operation_as_success(patch: Patch) -> None:
    """0211 (unrecognized operation) in answer to a C-FIND is told as success."""
    _tell(patch, query_engine, 0x0211, Result.SUCCESS)


@CLAIMS.mutant("retrieve/final-status-first[0119]", "outcome")
def tells_a_conflict_as_warning(patch: Patch) -> None:
    """0119 (class-instance conflict) in answer to a C-MOVE is told as a warning."""
    _tell(patch, loader_client, 0x0119, Result.WARNING)


@CLAIMS.mutant("verification/workstation-reacts-to-each-status[0118]", "outcome")
def tells_a_missing_class_as_verified(patch: Patch) -> None:
    """0118 (no such SOP Class) in answer to a C-ECHO is told as success."""
    _tell(patch, verification, 0x0118, Result.SUCCESS)


@CLAIMS.mutant("storage/store-client-stops-first[0119]", "dimse")
def goes_on_after_a_conflict(patch: Patch) -> None:
    """The next C-STORE follows 0119 (class-instance conflict), as if it were a warning."""

    def lenient(status: int) -> StatusClass:
        return StatusClass.WARNING if status == 0x0119 else status_class(status)

    patch.set(store_client, "status_class", lenient)
