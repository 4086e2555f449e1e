"""Mutants of the query engine, the loader's client side and the store client (DCS 3.2.1, 3.2.2.2, 3.2.3)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pynetdicom.dimse_primitives import C_FIND, C_MOVE

from dicom_workstation import operation_register, query_keys
from dicom_workstation.loader import loader_client
from dicom_workstation.network import requestor, upper_layer, verification
from dicom_workstation.outcome import OperationEndedError, Result, StatusClass, is_defined, status_class
from dicom_workstation.query import query_engine
from dicom_workstation.storage import store_client
from dicom_workstation.tables import IMPLICIT_VR_LITTLE_ENDIAN, UNCOMPRESSED
from mutation import Catalogue, Patch

CLIENTS = Catalogue()

UNLIMITED = 1 << 30


# -- statuses


def _tell(patch: Patch, module: Any, told: Callable[[int, Result], Result]) -> None:
    """Have one service tell its user another result of a final status."""

    def otherwise(status: int) -> Result:
        return told(status, result_of(status))

    result_of = patch.set(module, "result_of", otherwise)


@CLIENTS.mutant("query/final-status-first[A700]", "outcome")
def tells_a_failed_query_as_success(patch: Patch) -> None:
    """A C-FIND that failed is told as success without matches."""
    _tell(patch, query_engine, lambda _, result: Result.SUCCESS if result is Result.FAILURE else result)


@CLIENTS.mutant("retrieve/final-status-last[B000]", "outcome")
def tells_a_warning_as_failure(patch: Patch) -> None:
    """A C-MOVE that ended with a warning is told as failure."""
    _tell(patch, loader_client, lambda _, result: Result.FAILURE if result is Result.WARNING else result)


@CLIENTS.mutant("verification/workstation-reacts-to-each-status[0300]", "outcome")
def tells_an_undefined_status_as_success(patch: Patch) -> None:
    """A C-ECHO-RSP with a status that nobody defined is told as success."""
    _tell(patch, verification, lambda status, result: result if is_defined(status) else Result.SUCCESS)


@CLIENTS.mutant("verification/pending-is-no-answer[FF00]", "outcome")
def takes_pending_for_the_answer(patch: Patch) -> None:
    """A pending response is taken where the operation has only one."""
    patch.set(requestor.Requestor, "receive_final", requestor.Requestor.receive)
    patch.set(verification, "result_of", lambda _: Result.SUCCESS)


@CLIENTS.mutant("query/pending-middle[FF01]", "outcome")
def ends_at_the_second_kind_of_pending(patch: Patch) -> None:
    """FF01 (pending, optional keys not supported) ends the query."""

    def narrow(status: int) -> StatusClass:
        return StatusClass.FAILURE if status == 0xFF01 else status_class(status)

    patch.set(query_engine, "status_class", narrow)


@CLIENTS.mutant("query/association-is-rejected", "outcome")
def does_not_tell_a_rejection(patch: Patch) -> None:
    """A rejected association is told as an unreachable peer."""

    def vague(fields: tuple[int, int, int]) -> OperationEndedError:
        return replace(rejected(fields), result=Result.UNREACHABLE)

    rejected = patch.set(requestor, "_rejected", vague)


@CLIENTS.mutant("query/wrong-message-id", "outcome")
def takes_the_answer_to_another_message(patch: Patch) -> None:
    """The Message ID being responded to is not looked at."""

    def careless(self: Any, block: bool = False) -> Any:
        context_id, message = get_msg(self, block)
        if getattr(message, "MessageIDBeingRespondedTo", None) is not None:
            message.MessageIDBeingRespondedTo = requestor.MESSAGE_ID
        return context_id, message

    get_msg = patch.set(upper_layer.DIMSE, "get_msg", careless)


# -- queries


@CLIENTS.mutant("query/study-root-series-level", "outcome")
def loses_a_match(patch: Patch) -> None:
    """The first match of a query is not told."""

    def forgetful(self: Any, result: Result, **more: Any) -> Any:
        told = outcome(self, result, **more)
        return replace(told, matches=told.matches[1:])

    outcome = patch.set(query_engine._Find, "outcome", forgetful)


@CLIENTS.mutant("query/study-root-study-level", "data_set")
def encodes_keys_in_another_transfer_syntax(patch: Patch) -> None:
    """Identifiers go out in Implicit VR Little Endian, whatever transfer syntax was accepted."""

    def implicit(keys: Any, transfer_syntax: str) -> bytes:
        return encode(keys, IMPLICIT_VR_LITTLE_ENDIAN)

    encode = patch.set(query_engine, "encode_identifier", implicit)


@CLIENTS.mutant("association/query-engine-one-association-an-archive", "association")
def opens_two_associations_to_one_archive(patch: Patch) -> None:
    """A second query of an archive does not wait for the first."""

    def at_once(self: Any, archive: Any, operation: Any) -> Any:
        return self._turns.taken((archive.host, archive.port), lambda: UNLIMITED, operation)

    patch.set(query_engine.QueryEngine, "_turn", at_once)


@CLIENTS.mutant("association/query-engine-one-association-an-archive", "outcome")
def drops_the_second_query_of_an_archive(patch: Patch) -> None:
    """A second query of an archive is not performed, instead of waiting for its turn."""
    busy: set[Any] = set()
    lock = threading.Lock()

    @contextmanager
    def turned_away(self: Any, archive: Any, operation: Any) -> Iterator[bool]:
        with lock:
            admitted = archive.port not in busy
            busy.add(archive.port)
        try:
            yield admitted
        finally:
            if admitted:
                busy.discard(archive.port)

    patch.set(query_engine.QueryEngine, "_turn", turned_away)


@CLIENTS.mutant("association/query-several-archives-at-once", "association")
def asks_one_archive_after_the_other(patch: Patch) -> None:
    """Only one query goes on at a time, though the archives are several."""

    def in_a_row(self: Any, archive: Any, operation: Any) -> Any:
        return self._turns.taken("", lambda: 1, operation)

    patch.set(query_engine.QueryEngine, "_turn", in_a_row)


@CLIENTS.mutant("association/query-engine-announces-itself", "dimse")
def has_two_operations_outstanding(patch: Patch) -> None:
    """A C-FIND-RQ is followed by another before its response."""

    def twice(self: Any, request: Any, context_id: int) -> None:
        send(self, request, context_id)
        if isinstance(request, C_FIND) and request.MessageID == requestor.MESSAGE_ID:
            again = C_FIND()
            again.MessageID = requestor.MESSAGE_ID + 1
            again.AffectedSOPClassUID, again.Priority = request.AffectedSOPClassUID, request.Priority
            again.Identifier = request.Identifier
            send(self, again, context_id)

    send = patch.set(requestor.Requestor, "send", twice)


@CLIENTS.mutant("association/query-engine-opens-when-a-device-is-explored", "association")
def never_releases(patch: Patch) -> None:
    """An association is ended by closing the connection."""

    def abrupt(self: Any) -> None:
        self._association.is_established = False

    patch.set(requestor.Requestor, "release", abrupt)


@CLIENTS.mutant("query/final-status-first[0000]", "association")
def aborts_instead_of_releasing(patch: Patch) -> None:
    """An association is ended by A-ABORT, though nothing went wrong."""
    patch.set(requestor.Requestor, "release", lambda self: self.abort())


@CLIENTS.mutant("query/matches-are-told-as-they-came", "outcome")
def drops_a_key(patch: Patch) -> None:
    """Accession Number is left out of the query, though the user asks for it."""

    def without(keys: Any, transfer_syntax: str) -> bytes:
        return encode({name: value for name, value in keys.items() if name != "AccessionNumber"}, transfer_syntax)

    encode = patch.set(query_engine, "encode_identifier", without)


def _other_time_out(patch: Patch, other: Callable[[float], float]) -> None:
    def begin(self: Any, configuration: Any, *further: Any) -> None:
        changed = configuration.changed(dimse_timeout_s=other(configuration.dimse_timeout_s))
        initialise(self, changed, *further)

    initialise = patch.set(requestor.Requestor, "__init__", begin)


@CLIENTS.mutant("query/time-out-without-a-response", "outcome", deadline_s=3.0)
def ignores_the_time_out(patch: Patch) -> None:
    """An archive that does not answer is waited for without end."""
    _other_time_out(patch, lambda _: 3600.0)


@CLIENTS.mutant("retrieve/time-out-without-a-response", "elapsed")
def gives_up_too_early(patch: Patch) -> None:
    """An archive is given up after a tenth of the time that is configured."""
    _other_time_out(patch, lambda configured_s: configured_s / 10)


@CLIENTS.mutant("query/cancelled-by-the-user", "dimse")
def ignores_the_users_cancel(patch: Patch) -> None:
    """A query goes on though the user cancels it."""
    patch.set(operation_register.OperationRegister, "cancel", lambda self, peer=None: 1)


# -- retrieves


@CLIENTS.mutant("retrieve/cancelled-by-the-user", "dimse")
def aborts_instead_of_c_cancel(patch: Patch) -> None:
    """A retrieve that the user cancels is aborted, and no C-CANCEL-RQ is sent."""
    patch.set(requestor.Requestor, "cancel", lambda self, *_: self.stop())


@CLIENTS.mutant("retrieve/success-too-early", "outcome")
def tells_success_after_a_part(patch: Patch) -> None:
    """What the peer calls success is told as success, though instances are missing."""

    def trusting(self: Any, status: int, detail: str) -> Any:
        told = reconcile(self, status, detail)
        return replace(told, result=Result.SUCCESS) if told.result is Result.PARTIAL else told

    reconcile = patch.set(loader_client._Move, "reconcile", trusting)


@CLIENTS.mutant("retrieve/nothing-arrives-though-success-is-told", "outcome")
def counts_as_arrived_what_the_peer_tells(patch: Patch) -> None:
    """The number of arrived instances is the peer's, not what is in memory."""

    def trusting(self: Any, result: Result, **more: Any) -> Any:
        told = outcome(self, result, **more)
        return replace(told, arrived=told.completed or 0)

    outcome = patch.set(loader_client._Move, "outcome", trusting)


@CLIENTS.mutant("query/unique-keys-above-are-needed", "dimse")
def asks_for_the_series_of_any_study(patch: Patch) -> None:
    """A C-FIND of series goes out without saying of which one study."""
    patch.set(query_keys, "missing_unique_key", lambda *_: "")


@CLIENTS.mutant("query/unique-key-of-the-level-is-sent", "data_set")
def leaves_out_the_unique_key_of_the_level(patch: Patch) -> None:
    """A C-FIND asks for what the user asked for, and for no unique key beside it."""
    encode = query_engine.encode_identifier

    def bare(keys: Any, transfer_syntax: str) -> bytes:
        return encode(
            {keyword: value for keyword, value in keys.items() if value or "UID" not in keyword}, transfer_syntax
        )

    patch.set(query_engine, "encode_identifier", bare)


@CLIENTS.mutant("retrieve/only-unique-keys-are-sent", "data_set")
def retrieves_by_any_key(patch: Patch) -> None:
    """A C-MOVE bears whatever key the user gives."""
    patch.set(query_keys, "beyond_unique", lambda *_: [])


@CLIENTS.mutant("retrieve/unique-keys-above-are-needed", "dimse")
def retrieves_the_series_of_any_study(patch: Patch) -> None:
    """A C-MOVE of series goes out without saying of which one study."""
    patch.set(query_keys, "missing_unique_key", lambda *_: "")


@CLIENTS.mutant("retrieve/names-itself-as-destination", "dimse")
def names_another_destination(patch: Patch) -> None:
    """The Move Destination is not the workstation's own AE title."""

    def elsewhere(self: Any, request: Any, context_id: int) -> None:
        if isinstance(request, C_MOVE):
            request.MoveDestination = "ELSEWHERE"
        send(self, request, context_id)

    send = patch.set(requestor.Requestor, "send", elsewhere)


@CLIENTS.mutant("retrieve/names-itself-as-destination", "data_set")
def asks_at_the_image_level(patch: Patch) -> None:
    """A study is asked for at the level IMAGE."""

    def imaged(keys: Any, transfer_syntax: str) -> bytes:
        return encode({**keys, "QueryRetrieveLevel": "IMAGE"}, transfer_syntax)

    encode = patch.set(loader_client, "encode_identifier", imaged)


@CLIENTS.mutant("retrieve/names-itself-as-destination", "data_set")
def asks_with_further_keys(patch: Patch) -> None:
    """The Identifier of a C-MOVE-RQ has Patient's Name besides the unique keys."""

    def talkative(keys: Any, transfer_syntax: str) -> bytes:
        return encode({**keys, "PatientName": ""}, transfer_syntax)

    encode = patch.set(loader_client, "encode_identifier", talkative)


@CLIENTS.mutant("retrieve/part-of-it-fails", "outcome")
def does_not_tell_which_instances_failed(patch: Patch) -> None:
    """The Failed SOP Instance UID List of the archive is not told."""
    patch.set(loader_client, "_failed_instances", lambda *_: ())


@CLIENTS.mutant("association/loader-client-retrieves-in-parallel", "association")
def ignores_the_limit_of_parallel_retrieves(patch: Patch) -> None:
    """As many retrieves go on at once as are asked for."""

    def unlimited(self: Any, key: object, limit: Any, operation: Any) -> Any:
        return taken(self, key, (lambda: UNLIMITED) if key == "" else limit, operation)

    taken = patch.set(operation_register.Turns, "taken", unlimited)


# -- stores


@CLIENTS.mutant("storage/store-client-stops-first[A700]", "dimse")
def goes_on_after_a_failure(patch: Patch) -> None:
    """The next C-STORE follows a failure."""

    def heedless(self: Any, item: Any, status: int, response: Any) -> None:
        note_status(self, item, status, response)
        self._failed = None

    note_status = patch.set(store_client._Sending, "_note_status", heedless)


@CLIENTS.mutant("storage/store-client-goes-on-first[B000]", "dimse")
def stops_after_a_warning(patch: Patch) -> None:
    """No C-STORE follows a warning."""

    def timid(self: Any, item: Any, status: int, response: Any) -> None:
        note_status(self, item, status, response)
        if status_class(status) is StatusClass.WARNING:
            self._failed = status

    note_status = patch.set(store_client._Sending, "_note_status", timid)


@CLIENTS.mutant("storage/store-client-opens-one-association", "association")
def stores_on_one_association_an_instance(patch: Patch) -> None:
    """Each C-STORE has an association of its own."""

    def divided(items: Any, configuration: Any) -> Any:
        return [part for item in items for part in groups([item], configuration)]

    groups = patch.set(store_client, "_groups", divided)


@CLIENTS.mutant("storage/store-client-ends-when-aborted", "outcome")
def tells_a_premature_end_as_success(patch: Patch) -> None:
    """An association that is aborted before its time is told as success."""

    def rosy(self: Any, *told: bool) -> Result:
        return Result.SUCCESS if self.end is not None else result(self, *told)

    result = patch.set(store_client._Sending, "_result", rosy)


@CLIENTS.mutant("storage/store-client-sends-as-it-is", "store")
def decodes_what_could_go_as_it_is(patch: Patch) -> None:
    """An instance is sent uncompressed though its own transfer syntax was accepted."""

    def uncompressed(accepted: Any, item: Any) -> Any:
        plain = tuple(context for context in accepted if context.transfer_syntax in UNCOMPRESSED)
        return context_for(plain or accepted, item)

    context_for = patch.set(store_client, "_context_for", uncompressed)


@CLIENTS.mutant("storage/store-client-decodes-what-is-not-accepted", "store")
def decodes_to_other_pixels(patch: Patch) -> None:
    """The last byte of what had to be decoded is altered."""

    def altered(data_set: bytes, transfer_syntax: str, wanted: str) -> bytes:
        decoded = convert(data_set, transfer_syntax, wanted)
        return decoded[:-1] + bytes([decoded[-1] ^ 1])

    convert = patch.set(store_client, "convert", altered)


@CLIENTS.mutant("storage/store-client-decodes-what-is-not-accepted", "store")
def cuts_off_what_it_decodes(patch: Patch) -> None:
    """The second half of what had to be decoded is missing: pixels that nobody can decode."""

    def cut(data_set: bytes, transfer_syntax: str, wanted: str) -> bytes:
        decoded = convert(data_set, transfer_syntax, wanted)
        return decoded[: len(decoded) // 4 * 2]

    convert = patch.set(store_client, "convert", cut)


@CLIENTS.mutant("storage/store-client-opens-one-association", "store")
def alters_what_it_sends(patch: Patch) -> None:
    """The last byte of an instance differs from that of its file, though nothing had to be decoded."""

    def altered(path: Any) -> Any:
        item = item_of_file(path)

        def load() -> bytes:
            data_set = item.load()
            return data_set[:-1] + bytes([data_set[-1] ^ 1])

        return replace(item, load=load)

    item_of_file = patch.set(store_client, "item_of_file", altered)
