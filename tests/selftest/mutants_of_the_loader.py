"""Mutants of the loader's server side: what it answers, what it keeps, and whom it lets in (DCS 3.2.2.1)."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from pynetdicom import acse
from pynetdicom.dimse_primitives import C_ECHO, C_STORE

from dicom_workstation.instances import Selection, memory
from dicom_workstation.network import Reply, configured_acceptor, listener, service_server, upper_layer
from dicom_workstation.network.requestor import Requestor
from dicom_workstation.storage import storage_service
from dicom_workstation.tables import PDU_LENGTH_BYTES, TABLE_1
from mutation import Catalogue, Patch

LOADER = Catalogue()

TABLE_3 = "storage/loader-accepts-every-context-of-table-3"


# -- what it answers


def _answer_success_instead_of(patch: Patch, status: int) -> None:
    def swallowing(self: Any, request: Any, peer: Any) -> Reply:
        reply: Reply = kept(self, request, peer)
        return Reply(storage_service.SUCCESS) if reply.status == status else reply

    kept = patch.set(storage_service.StorageService, "_kept", swallowing)


@LOADER.mutant("storage/loader-refuses-what-does-not-fit", "dimse")
def answers_success_instead_of_a700(patch: Patch) -> None:
    """An instance for which memory does not suffice is answered 0000."""
    _answer_success_instead_of(patch, storage_service.OUT_OF_RESOURCES)


@LOADER.mutant("storage/loader-warns-of-pixel-data-too-short[CT,", "dimse")
def answers_success_instead_of_b000(patch: Patch) -> None:
    """An instance with a deficiency is answered 0000."""
    _answer_success_instead_of(patch, storage_service.STORED_WITH_DEFICIENCY)


@LOADER.mutant("storage/loader-cannot-understand[CT,", "dimse")
def answers_success_instead_of_c000(patch: Patch) -> None:
    """A data set that cannot be understood is answered 0000."""
    _answer_success_instead_of(patch, storage_service.CANNOT_UNDERSTAND)


@LOADER.mutant("verification/loader-answers-echo", "dimse")
def answers_the_second_echo_twice(patch: Patch) -> None:
    """The second C-ECHO-RQ of an association is answered by two C-ECHO-RSPs."""

    def twice(self: Any, request: Any, context_id: int) -> None:
        serve(self, request, context_id)
        if isinstance(request, C_ECHO) and request.MessageID > 1:
            serve(self, request, context_id)

    serve = patch.set(upper_layer.AcceptedAssociation, "serve", twice)


@LOADER.mutant("verification/loader-answers-echo", "dimse")
def answers_another_message_id(patch: Patch) -> None:
    """The second C-ECHO-RSP of an association answers a Message ID that nobody used."""

    def mistaken(self: Any, request: Any, context: Any, association: Any) -> Any:
        response = serve(self, request, context, association)
        if isinstance(request, C_ECHO) and request.MessageID > 1:
            response.MessageIDBeingRespondedTo = request.MessageID + 1000
        return response

    serve = patch.set(service_server.ServiceServer, "serve", mistaken)


@LOADER.mutant("scp/verification/echo", "dimse")
def answers_the_first_echo_by_another_message_id(patch: Patch) -> None:
    """Each C-ECHO-RSP answers a Message ID that nobody used."""

    def mistaken(self: Any, request: Any, context: Any, association: Any) -> Any:
        response = serve(self, request, context, association)
        if isinstance(request, C_ECHO):
            response.MessageIDBeingRespondedTo = request.MessageID + 1000
        return response

    serve = patch.set(service_server.ServiceServer, "serve", mistaken)


@LOADER.mutant("storage/loader-names-the-instance-that-it-answers-for", "dimse")
def names_another_instance(patch: Patch) -> None:
    """A C-STORE-RSP bears the SOP Instance UID of the instance before it."""
    uids: list[str] = []

    def late(self: Any, request: Any, context: Any, association: Any) -> Any:
        response = serve(self, request, context, association)
        if isinstance(request, C_STORE):
            uids.append(str(request.AffectedSOPInstanceUID))
            response.AffectedSOPInstanceUID = uids[-2:][0]
        return response

    serve = patch.set(service_server.ServiceServer, "serve", late)


@LOADER.mutant("storage/loader-hands-over-what-it-stored", "association")
def answers_in_another_context(patch: Patch) -> None:
    """A response goes out in a presentation context other than its request's."""

    def astray(self: Any, primitive: Any, context_id: int) -> None:
        others = [known for known in self.assoc._accepted_cx if known != context_id]
        is_response = primitive.MessageIDBeingRespondedTo is not None
        send_msg(self, primitive, others[0] if is_response and others else context_id)

    send_msg = patch.set(upper_layer.DIMSE, "send_msg", astray)


# -- what it keeps


@LOADER.mutant("storage/loader-hands-over-what-it-stored", "store")
def loses_every_other_instance(patch: Patch) -> None:
    """Every other instance is answered 0000 and not kept."""
    count = iter(range(1 << 30))

    def forgetful(self: Any, instance: Any, reserved_bytes: int = 0) -> Any:
        return memory.KeepResult.KEPT if next(count) % 2 else keep(self, instance, reserved_bytes)

    keep = patch.set(memory.Memory, "keep", forgetful)


@LOADER.mutant(f"{TABLE_3}[CT,1.2.840.10008.1.2.1]", "store")
def alters_a_byte_of_pixel_data(patch: Patch) -> None:
    """The last byte of each data set, which is Pixel Data, is kept altered."""

    def altering(self: Any, instance: Any, reserved_bytes: int = 0) -> Any:
        data_set = instance.data_set
        return keep(self, replace(instance, data_set=data_set[:-1] + bytes([data_set[-1] ^ 1])), reserved_bytes)

    keep = patch.set(memory.Memory, "keep", altering)


@LOADER.mutant("storage/loader-hands-over-what-it-stored", "store")
def drops_group_length(patch: Patch) -> None:
    """The first element of each data set is kept away: not the pixels differ, the data set does."""

    def trimming(self: Any, instance: Any, reserved_bytes: int = 0) -> Any:
        first_length = int.from_bytes(instance.data_set[6:8], "little")
        return keep(self, replace(instance, data_set=instance.data_set[8 + first_length :]), reserved_bytes)

    keep = patch.set(memory.Memory, "keep", trimming)


@LOADER.mutant("storage/loader-warns-of-pixel-data-too-short[CT,", "store")
def drops_what_it_warned_of(patch: Patch) -> None:
    """An instance that is answered B000 is not kept."""

    def dropping(self: Any, request: Any, peer: Any) -> Reply:
        reply: Reply = kept(self, request, peer)
        if reply.status == storage_service.STORED_WITH_DEFICIENCY:
            self._store.remove(Selection(instances=(request.sop_instance,)))
        return reply

    kept = patch.set(storage_service.StorageService, "_kept", dropping)


@LOADER.mutant("storage/loader-keeps-as-long-as-the-user-says", "store")
def keeps_beyond_the_time(patch: Patch) -> None:
    """An instance stays for ever, whatever duration the user set."""

    def unending(self: Any, budget_bytes: int, keep_s: float | None) -> None:
        configure(self, budget_bytes, None)

    configure = patch.set(memory.Memory, "configure", unending)


@LOADER.mutant("storage/loader-keeps-until-told-otherwise", "store")
def forgets_before_the_time(patch: Patch) -> None:
    """An instance is gone after 0.1 s, though the user set no duration."""

    def hasty(self: Any, budget_bytes: int, keep_s: float | None) -> None:
        configure(self, budget_bytes, 0.1)

    configure = patch.set(memory.Memory, "configure", hasty)


# -- whom it lets in


@LOADER.mutant("security/loader-rejects-an-unknown-caller", "association")
def ignores_the_list_of_callers(patch: Patch) -> None:
    """Anyone may connect, whoever is on the list."""

    def lenient(self: Any, request: Any, address: str) -> tuple[int, int, int] | None:
        refusal = rejection(self, request, address)
        return None if refusal == configured_acceptor.NO_SUCH_CALLING_AE_TITLE else refusal

    rejection = patch.set(configured_acceptor.ConfiguredAcceptor, "rejection", lenient)


@LOADER.mutant("security/loader-rejects-an-address", "association")
def ignores_the_address_of_a_caller(patch: Patch) -> None:
    """A caller whose title is on the list may connect from any address."""

    def lenient(self: Any, request: Any, address: str) -> tuple[int, int, int] | None:
        titles = {caller.partition("@")[0] for caller in self._configuration.allowed_callers or ()}
        known = str(request.calling_ae_title).strip() in titles
        return None if known else rejection(self, request, address)

    rejection = patch.set(configured_acceptor.ConfiguredAcceptor, "rejection", lenient)


@LOADER.mutant("security/loader-rejects-an-unknown-caller", "association")
def rejects_for_another_reason(patch: Patch) -> None:
    """An unknown caller is rejected without a reason given (1) instead of calling AE title not recognized (3)."""
    patch.set(configured_acceptor, "NO_SUCH_CALLING_AE_TITLE", (1, 1, 1))


@LOADER.mutant("security/loader-rejects-a-wrong-called-title", "association")
def ignores_the_called_title(patch: Patch) -> None:
    """Whatever AE title is called, the loader answers."""

    def lenient(self: Any, request: Any, address: str) -> tuple[int, int, int] | None:
        refusal = rejection(self, request, address)
        return None if refusal == configured_acceptor.NO_SUCH_CALLED_AE_TITLE else refusal

    rejection = patch.set(configured_acceptor.ConfiguredAcceptor, "rejection", lenient)


@LOADER.mutant("security/loader-accepts-a-known-caller", "dimse")
def rejects_a_caller_known_by_title_and_address(patch: Patch) -> None:
    """A caller that is on the list with its address is rejected."""

    def strict(self: Any, request: Any, address: str) -> tuple[int, int, int] | None:
        allowed = self._configuration.allowed_callers
        if allowed is not None and str(request.calling_ae_title).strip() not in allowed:
            return configured_acceptor.NO_SUCH_CALLING_AE_TITLE
        return rejection(self, request, address)

    rejection = patch.set(configured_acceptor.ConfiguredAcceptor, "rejection", strict)


@LOADER.mutant("security/loader-rejects-an-unknown-caller", "association")
def closes_instead_of_rejecting(patch: Patch) -> None:
    """An unknown caller finds its connection closed without an A-ASSOCIATE-RJ."""

    def abrupt(self: Any, *_: int) -> None:
        self.assoc.kill()

    patch.set(acse.ACSE, "send_reject", abrupt)


@LOADER.mutant("security/loader-notes-whom-it-rejects", "log")
def keeps_no_record_of_rejections(patch: Patch) -> None:
    """A rejection is not written into the log."""

    def silent(self: Any, text: str) -> None:
        if "rejected" not in text:
            note(self, text)

    note = patch.set(configured_acceptor.ConfiguredAcceptor, "note", silent)


# -- its associations


@LOADER.mutant("association/loader-server-has-many-associations", "association")
def takes_no_more_than_ten_associations(patch: Patch) -> None:
    """The eleventh association at once is rejected, local limit exceeded."""
    open_now: set[Any] = set()
    lock = threading.Lock()

    def limited(self: Any, request: Any) -> tuple[int, int, int] | None:
        with lock:
            open_now.intersection_update({known for known in open_now if known.is_alive()})
            if len(open_now) >= 10:
                return 2, 3, 2
            open_now.add(self)
        return rejection(self, request)

    rejection = patch.set(upper_layer.AcceptedAssociation, "rejection", limited)


@LOADER.mutant("association/loader-server-has-many-associations", "association", deadline_s=3.0)
def serves_one_association_after_the_other(patch: Patch) -> None:
    """An association waits until the one before it has ended."""
    turn = threading.Lock()

    def in_a_row(self: Any) -> None:
        with turn:
            run_reactor(self)

    run_reactor = patch.set(upper_layer.AcceptedAssociation, "run_reactor", in_a_row)


@LOADER.mutant("association/loader-never-initiates", "association")
def opens_an_association_by_itself(patch: Patch) -> None:
    """After each C-STORE the loader opens an association with the first archive that it knows."""

    def curious(self: Any, request: Any, context: Any, association: Any) -> Any:
        response = serve(self, request, context, association)
        for archive in list(self._configuration.archives.values())[:1] if isinstance(request, C_STORE) else ():
            with Requestor(self._configuration, archive, TABLE_1, PDU_LENGTH_BYTES):
                pass
        return response

    serve = patch.set(service_server.ServiceServer, "serve", curious)


@LOADER.mutant("association/loader-survives-an-abort", "association")
def listens_no_more_after_an_abort(patch: Patch) -> None:
    """Once a peer aborts, every later connection is closed unheard."""
    deaf = threading.Event()

    def offended(self: Any) -> None:
        serve_next(self)
        if self.is_aborted:
            deaf.set()

    def opened(self: Any, connection: Any, address: Any) -> None:
        if deaf.is_set():
            connection.close()
        else:
            open_(self, connection, address)

    serve_next = patch.set(upper_layer.AcceptedAssociation, "_serve_next", offended)
    open_ = patch.set(listener.Listener, "_open", opened)
