"""Mutants for the scenarios that judge any SCU: each of them deviates in one thing, and each file below `scu/` has one.

One deviation is often played in several services. `VIOLATING` breaks what the standard demands, and fails; `ADVISED`
does not do what it recommends, and is warned of.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any

from dicom_workstation.loader import loader_client
from dicom_workstation.network import requestor, service_server, upper_layer
from dicom_workstation.network.requestor import Requestor
from dicom_workstation.network.upper_layer.association import Association
from dicom_workstation.network.upper_layer.provider import UpperLayer
from dicom_workstation.outcome import OperationEndedError, Result, StatusClass, status_class
from dicom_workstation.printing import film_session
from dicom_workstation.printing.protocol import services
from dicom_workstation.query import query_engine
from dicom_workstation.storage import store_client
from dicom_workstation.tables import IMPLICIT_VR_LITTLE_ENDIAN
from mutation import Mutant, Mutate, Patch

ELSEWHERE = "2.25.4711"


def _mutants(played: Mapping[Mutate, tuple[str, tuple[str, ...]]]) -> tuple[Mutant, ...]:
    """Make a mutant of each deviation and each case in which it is played."""
    return tuple(
        Mutant(f"{mutate.__name__.replace('_', '-')}-{case}", (mutate.__doc__ or "").strip(), case, check, mutate)
        for mutate, (check, cases) in played.items()
        for case in cases
    )


# -- proposals


def _announces(patch: Patch, change: Any) -> None:
    def contexts(self: Any) -> Any:
        change(self._association)
        return proposed(self)

    proposed = patch.set(Requestor, "_contexts", contexts)


def calls_by_another_title(patch: Patch) -> None:
    """The called AE title is not that of the peer."""
    _announces(patch, lambda association: setattr(association.acceptor, "ae_title", "SOMEBODY"))


def announces_another_class(patch: Patch) -> None:
    """The Implementation Class UID is not the one that the statement gives."""
    _announces(patch, lambda association: setattr(association.requestor, "implementation_class_uid", ELSEWHERE))


def announces_another_length(patch: Patch) -> None:
    """The maximum length announced is not the one that the statement gives."""
    _announces(patch, lambda association: setattr(association.requestor, "maximum_length", 12346))


def leaves_out_the_default_transfer_syntax(patch: Patch) -> None:
    """Implicit VR Little Endian is proposed for no SOP Class."""

    def contexts(self: Any) -> Any:
        return [each for each in proposed(self) if IMPLICIT_VR_LITTLE_ENDIAN not in each.transfer_syntax]

    proposed = patch.set(Requestor, "_contexts", contexts)


def numbers_contexts_evenly(patch: Patch) -> None:
    """Presentation context IDs are even."""

    def contexts(self: Any) -> Any:
        found = proposed(self)
        for context in found:
            context._context_id = context.context_id + 1
        return found

    proposed = patch.set(Requestor, "_contexts", contexts)


# -- lengths and fragments


def ignores_the_length_announced(patch: Patch) -> None:
    """P-DATA-TF PDUs are as long as the requestor's own maximum, whatever the acceptor announced."""

    def establish(self: Any, ours: Any, peers: Any) -> None:
        agreed(self, ours, peers)
        self.peer_maximum_length = ours.maximum_length

    agreed = patch.set(Association, "establish", establish)


def sends_fragments_of_odd_length(patch: Patch) -> None:
    """Where an odd length was announced, fragments fill it to the last byte."""

    def fragments(self: Any, context_id: int, control: int, data: Any, maximum_length: int) -> None:
        size, whole = maximum_length - 6, bytes(data)
        if size % 2 == 0 or len(whole) <= size:
            return send(self, context_id, control, whole, maximum_length)
        head, rest = whole[:size], whole[size:]
        pdv = bytes((context_id, control)) + head
        self.socket.send(b"\4\0" + (len(pdv) + 4).to_bytes(4, "big") + len(pdv).to_bytes(4, "big") + pdv)
        return send(self, context_id, control, rest, maximum_length)

    send = patch.set(UpperLayer, "send_fragments", fragments)


def reads_whole_messages_alone(patch: Patch) -> None:
    """A message that comes in several fragments is taken for an error."""

    def fragment(self: Any, context_id: int, control: int, data: memoryview) -> None:
        if not control & 2:
            raise ValueError("a message in fragments")
        receive(self, context_id, control, data)

    receive = patch.set(upper_layer.DIMSE, "receive_fragment", fragment)


# -- acceptances


def uses_contexts_that_were_refused(patch: Patch) -> None:
    """Every context that is answered counts as accepted, whatever its result."""

    def take(self: Any, answer: Any) -> None:
        for context in answer.presentation_context_definition_results_list:
            _, syntax = self.proposed[context.context_id // 2]
            context.result = 0x00
            context.transfer_syntax = [syntax]
        taken(self, answer)

    taken = patch.set(Requestor, "_take_answer", take)


def _insists(patch: Patch, on: Any) -> None:
    def take(self: Any, answer: Any) -> None:
        if not on(answer):
            self._invalid("not the acceptor that was expected")
        taken(self, answer)

    taken = patch.set(Requestor, "_take_answer", take)


def insists_on_a_version_name(patch: Patch) -> None:
    """An acceptor that gives no Implementation Version Name is left."""
    _insists(patch, lambda answer: answer.implementation_version_name)


def insists_on_a_limit(patch: Patch) -> None:
    """An acceptor that announces no limit is left."""
    _insists(patch, lambda answer: answer.maximum_length_received)


def insists_on_the_order_of_contexts(patch: Patch) -> None:
    """An acceptor that answers contexts in another order is left."""

    def ordered(answer: Any) -> bool:
        found = [context.context_id for context in answer.presentation_context_definition_results_list]
        return found == sorted(found)

    _insists(patch, ordered)


# -- requests


def _sends(patch: Patch, change: Any) -> None:
    def send(self: Any, request: Any, context_id: int) -> None:
        if request.MessageIDBeingRespondedTo is None:
            change(request)
        sent(self, request, context_id)

    sent = patch.set(Requestor, "send", send)


def asks_two_things_at_once(patch: Patch) -> None:
    """Each request is followed by another one before its response."""

    def send(self: Any, request: Any, context_id: int) -> None:
        sent(self, request, context_id)
        if request.MessageIDBeingRespondedTo is None:
            again = copy(request)
            again.MessageID = request.MessageID + 100
            sent(self, again, context_id)

    sent = patch.set(Requestor, "send", send)


def names_another_sop_class(patch: Patch) -> None:
    """The command names a SOP Class that is not the service's."""
    _sends(patch, lambda request: setattr(request, "AffectedSOPClassUID", "1.2.840.10008.5.1.4.1.1.2"))


def names_another_instance(patch: Patch) -> None:
    """The command names an instance that is not that of the data set."""
    _sends(patch, lambda request: setattr(request, "AffectedSOPInstanceUID", ELSEWHERE))


def converts_nothing(patch: Patch) -> None:
    """A data set is sent as it is, whatever transfer syntax was accepted."""
    patch.set(store_client, "convert", lambda data_set, transfer_syntax, wanted: data_set)


def cancels_another_message(patch: Patch) -> None:
    """A C-CANCEL-RQ names a Message ID that nobody used."""

    def cancel(self: Any, context_id: int, message_id: int = requestor.MESSAGE_ID) -> None:
        cancelled(self, context_id, message_id + 1)

    cancelled = patch.set(Requestor, "cancel", cancel)


def _encodes(patch: Patch, change: Any, *modules: Any) -> None:
    for module in modules:
        encode = vars(module)["encode_identifier"]
        patch.set(module, "encode_identifier", lambda keys, *more, encode=encode: encode(change(dict(keys)), *more))


def leaves_out_the_study(patch: Patch) -> None:
    """The unique key above the level is left out."""
    _encodes(patch, lambda keys: {name: keys[name] for name in keys if name != "StudyInstanceUID"}, query_engine)


def leaves_out_the_patient(patch: Patch) -> None:
    """Patient ID is left out of a query by the Patient Root."""
    _encodes(patch, lambda keys: {name: keys[name] for name in keys if name != "PatientID"}, query_engine)


def declares_another_character_set(patch: Patch) -> None:
    """A key is encoded in one character set, and declared to be in none."""
    encode = query_engine.encode_identifier

    def undeclared(keys: Any, transfer_syntax: str, *more: Any) -> bytes:
        raw = encode({**keys, "SpecificCharacterSet": "ISO_IR 192"}, transfer_syntax, *more)
        at = raw.index(b"ISO_IR 192")
        return raw[: at - 8] + raw[at + 10 :]

    patch.set(query_engine, "encode_identifier", undeclared)


def retrieves_with_further_keys(patch: Patch) -> None:
    """The Identifier of a C-MOVE-RQ has Patient's Name as well."""
    _encodes(patch, lambda keys: {**keys, "PatientName": ""}, loader_client)


# -- answers


def takes_ff01_for_a_failure(patch: Patch) -> None:
    """FF01 ends the query as a failure would."""

    def narrow(status: int) -> StatusClass:
        return StatusClass.FAILURE if status == 0xFF01 else status_class(status)

    patch.set(query_engine, "status_class", narrow)


def _insists_on_matches(patch: Patch, fits: Any) -> None:
    def take(self: Any, response: Any, transfer_syntax: str) -> None:
        if not fits(response.Identifier.getvalue()):
            raise OperationEndedError(Result.INVALID_RESPONSE, "not a match that was expected")
        taken(self, response, transfer_syntax)

    taken = patch.set(query_engine._Find, "_take", take)


def takes_a_repeated_match_for_an_error(patch: Patch) -> None:
    """A match that comes twice ends the query."""
    seen: list[bytes] = []

    def is_new(raw: bytes) -> bool:
        seen.append(raw)
        return raw not in seen[:-1]

    _insists_on_matches(patch, is_new)


def reads_only_the_default_character_set(patch: Patch) -> None:
    """A match with a Specific Character Set ends the query."""
    _insists_on_matches(patch, lambda raw: b"ISO" not in raw)


def insists_on_the_context_of_the_request(patch: Patch) -> None:
    """A response in another accepted context of the same abstract syntax ends the association."""

    def strict(self: Any, received_id: int, context_id: int) -> None:
        if received_id != context_id:
            self._invalid("a response in another context")

    patch.set(Requestor, "_check_context", strict)


def refuses_what_it_asked_for(patch: Patch) -> None:
    """What a retrieval brings is answered with A700."""

    def refuse(self: Any, request: Any, *further: Any) -> Any:
        response = serve(self, request, *further)
        response.Status = 0xA700
        return response

    serve = patch.set(service_server.ServiceServer, "serve", refuse)


def leaves_events_unanswered(patch: Patch) -> None:
    """An N-EVENT-REPORT-RQ is read, and never answered."""

    def read(self: Any, message: Any, context_id: int) -> bool:
        return self.on_request is not None and message.MessageIDBeingRespondedTo is None

    patch.set(Requestor, "_is_served", read)


# -- printing


def makes_films_without_a_session(patch: Patch) -> None:
    """A film box refers to a film session that there is not."""

    def attributes(self: Any) -> Any:
        found = made(self)
        found.ReferencedFilmSessionSequence[0].ReferencedSOPInstanceUID = ELSEWHERE
        return found

    made = patch.set(film_session.FilmSession, "_film_attributes", attributes)


def refers_to_the_uids_that_it_proposed(patch: Patch) -> None:
    """The UIDs that the printer gives are not looked at."""

    def create(self: Any, sop_class: str, instance: Any, attributes: Any) -> Any:
        return replace(created(self, sop_class, instance, attributes), instance=instance or "")

    created = patch.set(services.Services, "create", create)


def prints_one_image_a_film(patch: Patch) -> None:
    """Each film has a single image, whatever format was asked for."""

    def attributes(self: Any) -> Any:
        found = made(self)
        found.ImageDisplayFormat = "STANDARD\\1,1"
        return found

    made = patch.set(film_session.FilmSession, "_film_attributes", attributes)


# -- what is only recommended


def does_nothing_twice(patch: Patch) -> None:
    """After its first association the requestor opens no other."""
    opened: list[Any] = []

    def open_(self: Any) -> None:
        if opened:
            raise OperationEndedError(Result.UNREACHABLE, "once was enough")
        opened.append(self)
        connect(self)

    connect = patch.set(Requestor, "_open", open_)


def closes_instead_of_releasing(patch: Patch) -> None:
    """An association is ended by closing the connection."""
    patch.set(Requestor, "release", lambda self, timeout_s=None: setattr(self._association, "is_established", False))


def takes_warnings_for_failures(patch: Patch) -> None:
    """A warning of the printer ends the print."""
    patch.set(services.Response, "is_done", property(lambda self: self.kind is StatusClass.SUCCESS))


def prints_nothing_after_the_first_print(patch: Patch) -> None:
    """Once a print was tried, another one makes no film."""
    tried: list[Any] = []

    def make(self: Any) -> None:
        if tried:
            raise film_session._AllEndedError
        tried.append(self)
        made(self)

    made = patch.set(film_session.FilmSession, "_make_films", make)


VIOLATING = _mutants(
    {
        calls_by_another_title: ("association", ("scu/verification/proposal", "scu/print/proposal")),
        announces_another_class: ("association", ("scu/move/proposal",)),
        announces_another_length: ("association", ("scu/query/proposal",)),
        numbers_contexts_evenly: ("pdu", ("scu/verification/proposal", "scu/move/proposal")),
        leaves_out_the_default_transfer_syntax: ("context", ("scu/storage/proposal", "scu/query/proposal")),
        ignores_the_length_announced: (
            "pdu",
            tuple(f"scu/{each}/length-kept[63]" for each in ("verification", "storage", "query", "move", "print")),
        ),
        sends_fragments_of_odd_length: ("pdu", ("scu/verification/length-kept[63]", "scu/storage/length-kept[63]")),
        reads_whole_messages_alone: (
            "association",
            tuple(
                f"scu/{each}/answer-in-fragments[{together}]"
                for each in ("verification", "storage", "query", "move")
                for together in ("true", "false")
            ),
        ),
        uses_contexts_that_were_refused: (
            "dimse",
            (
                *(f"scu/{each}/refused-contexts" for each in ("verification", "storage", "query", "move", "print")),
                "scu/storage/one-class-refused",
            ),
        ),
        insists_on_a_version_name: (
            "dimse",
            ("scu/verification/lawful-acceptor[no_version_name]", "scu/move/lawful-acceptor[no_version_name]"),
        ),
        insists_on_a_limit: ("dimse", ("scu/storage/lawful-acceptor[no_limit]",)),
        insists_on_the_order_of_contexts: ("dimse", ("scu/query/lawful-acceptor[reversed_contexts]",)),
        asks_two_things_at_once: (
            "dimse",
            (
                *(f"scu/{each}/statuses" for each in ("verification", "storage", "query", "move")),
                "scu/storage/several-instances",
                "scu/print/order",
            ),
        ),
        names_another_sop_class: ("dimse", ("scu/verification/echo", "scu/query/identifier[STUDY]")),
        names_another_instance: ("data_set", ("scu/storage/several-instances", "scu/storage/statuses[B000]")),
        converts_nothing: (
            "data_set",
            ("scu/storage/accepted-syntax[1.2.840.10008.1.2]", "scu/storage/another-syntax"),
        ),
        cancels_another_message: ("dimse", ("scu/query/cancel", "scu/move/cancel")),
        leaves_out_the_study: ("data_set", ("scu/query/identifier[SERIES]", "scu/query/identifier[IMAGE]")),
        leaves_out_the_patient: ("data_set", ("scu/query/identifier-in-patient-root[STUDY]",)),
        declares_another_character_set: ("data_set", ("scu/query/character-set",)),
        retrieves_with_further_keys: ("data_set", ("scu/move/identifier[STUDY]",)),
        takes_ff01_for_a_failure: ("outcome", ("scu/query/pending[FF01]",)),
        takes_a_repeated_match_for_an_error: ("association", ("scu/query/matches[repeated",)),
        reads_only_the_default_character_set: (
            "association",
            ("scu/query/matches[utf_8", "scu/query/matches[code_extensions"),
        ),
        insists_on_the_context_of_the_request: ("outcome", ("scu/query/answer-in-another-context",)),
        refuses_what_it_asked_for: ("dimse", ("scu/move/sub-operations",)),
        leaves_events_unanswered: ("dimse", ("scu/print/events",)),
        makes_films_without_a_session: ("film", ("scu/print/order",)),
        refers_to_the_uids_that_it_proposed: ("film", ("scu/print/uids-of-the-printer[always]",)),
        prints_one_image_a_film: ("film", ("scu/print/layouts[STANDARD\\2,2]",)),
    }
)

ADVISED = _mutants(
    {
        does_nothing_twice: (
            "association",
            tuple(f"scu/{each}/survives[aborted]" for each in ("verification", "storage", "query", "move", "print")),
        ),
        closes_instead_of_releasing: (
            "association",
            tuple(f"scu/{each}/statuses" for each in ("verification", "storage", "query", "move")),
        ),
        prints_nothing_after_the_first_print: ("film", ("scu/print/failures[N-SET-RQ",)),
        takes_warnings_for_failures: ("film", ("scu/print/warnings[N-CREATE-RQ,BasicFilmSession,B600]",)),
    }
)
