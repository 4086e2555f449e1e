"""Mutants of the OSM: one deviation each, which the archive suite has to catch.

The case of a mutant is a scenario of `scenarios/scp/` or one of its cases, the check the noun whose finding must be
unmet.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

from sqlalchemy import select

from dicom_workstation.data_sets import encode_identifier
from dicom_workstation.network import Reply, service_server
from dicom_workstation.network.upper_layer import own_requests
from dicom_workstation.osm import server
from dicom_workstation.osm.index import SERIES, STUDY, Level, answers, conditions, matching, names
from dicom_workstation.osm.services import (
    commitment_service,
    find_service,
    get_service,
    move_service,
    reporting,
    sub_operations,
)
from dicom_workstation.osm.store import disk_store
from dicom_workstation.storage import storage_service
from mutation import Catalogue, Patch

OSM = Catalogue()
SEARCH = sys.modules["dicom_workstation.osm.index.search"]  # the package exports a function of this name
PENDING = (0xFF00, 0xFF01)


def changed(patch: Patch, owner: Any, name: str, change: Callable[..., Any]) -> None:
    """Let `change` have what a function returned, and the arguments that it was given."""

    def changing(*arguments: Any, **named: Any) -> Any:
        return change(before(*arguments, **named), *arguments)

    before = patch.set(owner, name, changing)


def changed_replies(patch: Patch, owner: Any, change: Callable[[Reply], Reply | None]) -> None:
    """Let `change` have each reply of a service; None takes it away."""

    def changing(self: Any, request: Any, call: Any) -> Iterator[Reply]:
        for reply in before(self, request, call):
            said = change(reply)
            if said is not None:
                yield said

    before = patch.set(owner, "perform", changing)


def final(change: Callable[[Reply], Reply | None]) -> Callable[[Reply], Reply | None]:
    """Change the final reply alone."""
    return lambda reply: reply if reply.status in PENDING else change(reply)


def as_status(status: int) -> Callable[[Reply], Reply]:
    return lambda reply: replace(reply, status=status)


# -- C-FIND


@OSM.mutant("scp/query/pending-and-final", "query_responses")
def a_match_comes_without_an_identifier(patch: Patch) -> None:
    """A pending response has no Identifier."""
    changed_replies(patch, find_service.FindService, lambda reply: replace(reply, data_set=None))


@OSM.mutant("scp/query/response-keys", "query_responses")
def a_key_is_left_out(patch: Patch) -> None:
    """A response has not every key that was asked for."""

    def fewer(self: Any, answer: Any) -> bytes:
        return before(self, {key: value for key, value in answer.items() if key != "StudyDate"})

    before = patch.set(answers.Answers, "_encode", fewer)


@OSM.mutant("scp/query/response-level", "query_responses")
def the_level_is_left_out(patch: Patch) -> None:
    """A response has no Query/Retrieve Level."""

    def fewer(self: Any, answer: Any) -> bytes:
        return before(self, {key: value for key, value in answer.items() if key != "QueryRetrieveLevel"})

    before = patch.set(answers.Answers, "_encode", fewer)


@OSM.mutant("scp/query/retrieve-ae", "query_responses")
def the_retrieve_ae_is_left_out(patch: Patch) -> None:
    """A response has no Retrieve AE Title."""

    def fewer(self: Any, answer: Any) -> bytes:
        return before(self, {key: value for key, value in answer.items() if key != "RetrieveAETitle"})

    before = patch.set(answers.Answers, "_encode", fewer)


@OSM.mutant("scp/query/unknown-value", "matches")
def an_unknown_value_matches_nothing(patch: Patch) -> None:
    """A Required Key that is held with zero length does not match."""
    before = server.MatchingRules
    patch.set(server, "MatchingRules", lambda match_unknown: before(False))


@OSM.mutant("scp/query/date-range", "matches")
def the_end_of_a_range_is_left_out(patch: Patch) -> None:
    """The last day of a range does not match."""
    for module in (matching, conditions):
        changed(patch, module, "range_of", _without_its_end)


def _without_its_end(found: Any, vr: str, text: str) -> Any:
    return replace(found, last=found.last - 86_400_000_000) if found and vr == "DA" and "-" in text else found


@OSM.mutant("scp/query/time-range", "matches")
def the_begin_of_a_range_is_left_out(patch: Patch) -> None:
    """The first moment of a range of times does not match."""
    for module in (matching, conditions):
        changed(
            patch,
            module,
            "range_of",
            lambda found, vr, text: replace(found, first=found.first + 1) if found and vr == "TM" else found,
        )


@OSM.mutant("scp/query/name-case", "matches")
def names_are_compared_with_their_case(patch: Patch) -> None:
    """A name matches only in the case in which it is held."""
    exact = lambda group: group.rstrip("^")  # noqa: E731
    groups = lambda name: (*(exact(each) for each in name.split("=")), "", "", "")[:3]  # noqa: E731
    for module, name, value in (
        (matching, "folded", exact),
        (matching, "folded_groups", groups),
        (conditions, "folded_groups", groups),
        (names, "folded", exact),
    ):
        patch.set(module, name, value)
    names.folded_groups.cache_clear()
    patch.afterwards(names.folded_groups.cache_clear)


@OSM.mutant("scp/query/question-mark", "matches")
def a_question_mark_is_a_character(patch: Patch) -> None:
    """A question mark matches itself alone."""
    changed(patch, conditions, "glob_of", lambda found, pattern: found.replace("?", "[?]"))


@OSM.mutant("scp/query/star", "matches")
def a_star_is_one_character(patch: Patch) -> None:
    """An asterisk matches one character alone."""
    changed(patch, conditions, "glob_of", lambda found, pattern: found.replace("*", "?"))


@OSM.mutant("scp/query/case", "matches")
def text_is_compared_without_its_case(patch: Patch) -> None:
    """Another case of a key matches."""
    patch.set(SEARCH, "narrowed", lambda statement, level, keys: statement)
    changed(patch, matching, "comparable", lambda found, text: found.casefold())


@OSM.mutant("scp/query/uid-list", "matches")
def one_uid_of_a_list_is_looked_for(patch: Patch) -> None:
    """Of a list of UIDs the first alone is looked for."""
    changed(patch, SEARCH, "_in_parts", lambda found, request: [{**keys, **_first_of(keys)} for keys in found])


def _first_of(keys: dict[str, Any]) -> dict[str, Any]:
    return {name: value[:1] for name, value in keys.items() if name.endswith("InstanceUID")}


@OSM.mutant("scp/query/one-value-of-several", "query_responses")
def one_modality_of_a_study_is_known(patch: Patch) -> None:
    """Of the modalities of a study the first alone is returned."""
    changed(
        patch,
        SEARCH,
        "_matches",
        lambda found, *_: ({**each, "ModalitiesInStudy": each.get("ModalitiesInStudy", [])[:1]} for each in found),
    )


@OSM.mutant("scp/query/counts", "query_responses")
def one_instance_too_many_is_counted(patch: Patch) -> None:
    """The number of instances of a study is one too large."""

    def more(found: dict[str, Any], level: Any, row: Any) -> dict[str, Any]:
        return {key: [str(int(value[0]) + 1)] for key, value in found.items()}

    changed(patch, SEARCH, "_counted", more)


@OSM.mutant("scp/query/unsupported-key", "query_responses")
def an_unsupported_key_is_passed_over(patch: Patch) -> None:
    """FF00 is sent although a key is not supported."""
    changed_replies(patch, find_service.FindService, lambda reply: replace(reply, status=reply.status & 0xFF00))


@OSM.mutant("scp/query/keys-above", "matches")
def the_keys_above_are_not_looked_at(patch: Patch) -> None:
    """Series of every study are found, whichever study is named."""

    def everywhere(request: Any) -> Any:
        if request.level is Level.SERIES:
            joined = SERIES.join(STUDY, SERIES.c.study_pk == STUDY.c.study_pk)
            return select(SERIES.c.series_pk).select_from(joined)
        return before(request)

    before = patch.set(SEARCH, "_below_a_study", everywhere)


@OSM.mutant("scp/query/level-wrong", "dimse")
def a_level_of_another_model_is_answered(patch: Patch) -> None:
    """A query at a level that the model does not have is a success without matches."""
    changed_replies(patch, find_service.FindService, final(as_status(0x0000)))


@OSM.mutant("scp/query/sequence", "matches")
def a_sequence_is_not_matched(patch: Patch) -> None:
    """A key in a sequence matches everything."""
    patch.set(matching, "_sequence", lambda keyword, items, rules: None)


@OSM.mutant("scp/query/universal", "matches")
def only_some_matches_are_returned(patch: Patch) -> None:
    """No more than two matches are returned."""
    changed(patch, SEARCH, "_keys_of_rows", lambda found, *_: found[:2])


@OSM.mutant("scp/query/single-value", "matches")
def keys_are_not_matched(patch: Patch) -> None:
    """Every study matches, whatever its keys are."""
    patch.set(SEARCH, "narrowed", lambda statement, level, keys: statement)
    patch.set(SEARCH, "item_matches", lambda predicates, attributes: True)


@OSM.mutant("scp/query/cancel", "dimse")
def a_query_goes_on_after_c_cancel(patch: Patch) -> None:
    """A C-CANCEL of a C-FIND is not seen."""
    patch.set(service_server._AcceptedCall, "is_cancelled", property(lambda self: self.is_ending))


@OSM.mutant("scp/query/set-out", "query_responses")
def the_character_set_is_not_said(patch: Patch) -> None:
    """Text that is not ASCII comes without Specific Character Set."""

    def without(keys: Any, syntax: str, candidates: Any) -> bytes:
        raw: bytes = encode_identifier(keys, syntax, candidates)
        at = raw.find(b"\x08\x00\x05\x00")
        return raw if at else raw[8 + int.from_bytes(raw[6:8], "little") :]

    patch.set(answers, "encode_identifier", without)


# -- C-MOVE


@OSM.mutant("scp/move/originator", "retrieved")
def another_originator_is_named(patch: Patch) -> None:
    """The C-STORE of a C-MOVE names another originator than who asked."""
    before = patch.set(move_service, "Move", lambda *arguments: replace(before(*arguments), originator="SOMEBODY"))


@OSM.mutant("scp/move/counts-agree", "retrieved")
def a_sub_operation_is_counted_twice(patch: Patch) -> None:
    """One more completed sub-operation is counted than there was."""
    changed_replies(patch, move_service.MoveService, _with_one_more)


def _with_one_more(reply: Reply) -> Reply:
    return replace(reply, counts=reply.counts and replace(reply.counts, completed=reply.counts.completed + 1))


@OSM.mutant("scp/move/failed-list", "retrieved")
def what_failed_is_not_listed(patch: Patch) -> None:
    """A C-MOVE with failures has no Failed SOP Instance UID List."""
    changed_replies(patch, move_service.MoveService, final(lambda reply: replace(reply, data_set=None)))


@OSM.mutant("scp/move/status-agrees", "retrieved")
def a_failure_is_a_success(patch: Patch) -> None:
    """A C-MOVE of which some failed is a success."""
    changed_replies(patch, move_service.MoveService, final(as_status(0x0000)))


@OSM.mutant("scp/move/no-remaining-at-the-end", "dimse")
def what_remains_stands_at_the_end(patch: Patch) -> None:
    """The final response of a C-MOVE has a number of remaining sub-operations."""
    changed_replies(
        patch,
        move_service.MoveService,
        final(lambda reply: replace(reply, counts=reply.counts and replace(reply.counts, remaining=0))),
    )


@OSM.mutant("scp/move/unknown-destination", "dimse")
def an_unknown_destination_is_no_fault(patch: Patch) -> None:
    """A C-MOVE to an unknown destination is a success."""
    changed_replies(patch, move_service.MoveService, final(as_status(0x0000)))


@OSM.mutant("scp/move/third-party", "association")
def everything_goes_to_whoever_asked(patch: Patch) -> None:
    """A C-MOVE sends to the AE that asked for it, wherever it was to go."""

    class ToTheCaller(move_service.SubAssociation):
        def __init__(self, configuration: Any, move: Any, instances: Any, wake: Any, note: Any) -> None:
            caller = configuration.archives["scu"]
            super().__init__(configuration, replace(move, destination=caller), instances, wake, note)

    patch.set(move_service, "SubAssociation", ToTheCaller)


@OSM.mutant("scp/move/uid-lists", "retrieved")
def one_study_of_a_list_is_sent(patch: Patch) -> None:
    """Of a list of UIDs the first alone is retrieved."""
    changed(patch, sub_operations, "read_retrieve", lambda found, *_: replace(found, values=found.values[:1]))


@OSM.mutant("scp/move/cancel", "dimse")
def a_move_goes_on_after_c_cancel(patch: Patch) -> None:
    """A C-CANCEL of a C-MOVE is not seen."""
    patch.set(service_server._AcceptedCall, "is_cancelled", property(lambda self: self.is_ending))


@OSM.mutant("scp/move/destination-away", "dimse")
def an_absent_destination_is_no_fault(patch: Patch) -> None:
    """A C-MOVE to a destination that cannot be reached is a success."""
    changed_replies(patch, move_service.MoveService, final(as_status(0x0000)))


# -- C-GET


@OSM.mutant("scp/get/message-ids", "dimse")
def the_sub_operation_has_the_message_id_of_the_get(patch: Patch) -> None:
    """The first C-STORE of a C-GET has the Message ID of the C-GET."""
    before = own_requests.OwnRequests.expect
    patch.set(own_requests.OwnRequests, "expect", lambda self, request, served=None: before(self, request))


@OSM.mutant("scp/get/without-the-role", "retrieved")
def a_get_without_the_role_is_a_success(patch: Patch) -> None:
    """A C-GET whose requestor is no SCP is a success."""
    changed_replies(patch, get_service.GetService, final(lambda reply: replace(reply, status=0, data_set=None)))


@OSM.mutant("scp/get/roles", "retrieved")
def no_role_is_granted(patch: Patch) -> None:
    """Role selection is not answered."""
    patch.set(service_server.ServiceServer, "peer_may_be_scp", property(lambda self: frozenset()))


@OSM.mutant("scp/get/counts-agree", "retrieved")
def the_counts_of_a_get_are_wrong(patch: Patch) -> None:
    """One more completed sub-operation of a C-GET is counted than there was."""
    changed_replies(patch, get_service.GetService, _with_one_more)


@OSM.mutant("scp/get/each-level", "retrieved")
def one_instance_is_forgotten(patch: Patch) -> None:
    """The last instance of a C-GET is not sent."""
    changed(patch, get_service, "selected", lambda found, *_: found[:-1])


# -- storage commitment


@OSM.mutant("scp/commitment/has-it-not", "committed")
def what_is_not_held_is_committed_to(patch: Patch) -> None:
    """A commitment is given for an instance that is not held."""
    patch.set(reporting.CommitmentReporter, "_failure", lambda self, sop_class, uid: None)


@OSM.mutant("scp/commitment/wrong-class", "committed")
def the_sop_class_of_a_reference_is_not_looked_at(patch: Patch) -> None:
    """A commitment is given for an instance that is held under another SOP Class."""

    def lenient(self: Any, sop_class: str, uid: str) -> int | None:
        found: int | None = before(self, sop_class, uid)
        return None if found == reporting._CLASS_CONFLICT else found

    before = patch.set(reporting.CommitmentReporter, "_failure", lenient)


@OSM.mutant("scp/commitment/has-it", "committed")
def the_report_has_a_transaction_of_its_own(patch: Patch) -> None:
    """The report of a commitment has another Transaction UID."""

    def renamed(self: Any, due: Any, *others: Any) -> Any:
        return before(self, replace(due, transaction="2.25.1"), *others)

    before = patch.set(reporting.CommitmentReporter, "_report", renamed)


@OSM.mutant("scp/commitment/has-a-part", "committed")
def a_failure_is_reported_as_complete(patch: Patch) -> None:
    """The report of a commitment with failures has Event Type 1."""

    def complete(found: Any, *_: object) -> Any:
        found.EventTypeID = 1
        return found

    changed(patch, reporting.CommitmentReporter, "_report", complete)


@OSM.mutant("scp/commitment/on-a-new-association", "association")
def the_role_of_scp_is_not_proposed(patch: Patch) -> None:
    """The new association for a report does not propose the role of SCP."""

    class AsSCU(reporting.Requestor):
        def __init__(self, *arguments: Any, as_scp: Any = ()) -> None:
            super().__init__(*arguments)

        def is_scp_of(self, abstract_syntax: str) -> bool:
            return True

    patch.set(reporting, "Requestor", AsSCU)
    # whether the association of the request still lives is a race: the report always takes the new one
    patch.set(reporting.CommitmentReporter, "_report_on", lambda self, call, due, committed, failed: False)


@OSM.mutant("scp/commitment/unknown-action", "response")
def any_action_is_taken(patch: Patch) -> None:
    """An action that the Push Model does not have is a success."""
    changed_replies(patch, commitment_service.CommitmentService, final(as_status(0x0000)))


# -- C-STORE


@OSM.mutant("scp/storage/duplicates", "store")
def another_content_takes_the_place(patch: Patch) -> None:
    """Another content of a SOP Instance UID takes the place of what is held."""
    changed(patch, server, "limits_of", lambda found, section: replace(found, replaces=True))


@OSM.mutant("scp/storage/kept", "store")
def the_last_bytes_are_lost(patch: Patch) -> None:
    """What is sent lacks its last bytes."""
    patch.set(disk_store.HeldOnDisk, "open", lambda held: BytesIO(held.data_set()[:-2] + b"\0\0"))


@OSM.mutant("scp/storage/unparsable", "dimse")
def what_cannot_be_read_is_a_success(patch: Patch) -> None:
    """A data set that cannot be read is answered with success."""
    changed_replies(patch, storage_service.StorageService, as_status(0x0000))


# -- associations


@OSM.mutant("scp/association/selects-as-claimed", "negotiation")
def implicit_vr_is_preferred(patch: Patch) -> None:
    """Implicit VR Little Endian is chosen before Explicit VR Little Endian."""
    patch.set(server, "UNCOMPRESSED_SYNTAXES", tuple(sorted(server.UNCOMPRESSED_SYNTAXES)))
    patch.set(server, "NINE_SYNTAXES", tuple(sorted(server.NINE_SYNTAXES)))


@OSM.mutant("scp/association/accepts-each-claimed-context", "context")
def a_class_is_not_offered(patch: Patch) -> None:
    """A storage SOP Class of the statement is not accepted."""
    patch.set(server, "LOADER_SOP_CLASSES", tuple(server.LOADER_SOP_CLASSES)[1:])
