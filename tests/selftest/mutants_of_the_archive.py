"""Mutants of the archive simulator: one deviation each, which the archive suite has to catch.

The case of a mutant is a scenario of `scenarios/scp/`, the check the noun whose finding must be unmet.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

from dicom_simulators.archive import archive as archive_module
from dicom_simulators.archive import (
    commitment,
    commitment_reports,
    find,
    get_link,
    holdings,
    information_model,
    matching,
    moments,
    move,
    move_destination,
    services,
)
from dicom_simulators.archive.matching import Candidate
from dicom_simulators.association import Response, acceptor, negotiation, upper_layer
from dicom_simulators.encoding import Element, encoding_of, read_head, tag_of, write_element, write_elements
from dicom_wire import MaximumLength, UserInformation
from mutation import Catalogue, Patch

ARCHIVE = Catalogue()
MR = "1.2.840.10008.5.1.4.1.1.4"
PENDING = (0xFF00, 0xFF01)


def changed(patch: Patch, owner: Any, name: str, change: Callable[..., Any]) -> None:
    """Let `change` have what a function returned, and the arguments that it was given."""

    def changing(*arguments: Any, **named: Any) -> Any:
        return change(before(*arguments, **named), *arguments)

    before = patch.set(owner, name, changing)


def changed_responses(patch: Patch, owner: Any, name: str, change: Callable[[Response], Response | None]) -> None:
    """Let `change` have each response of a service; None takes it away."""

    def changing(*arguments: Any) -> Generator[Response, None, None]:
        for response in before(*arguments):
            said = change(response)
            if said is not None:
                yield said

    before = patch.set(owner, name, changing)


def only(status: int) -> Generator[Response, None, None]:
    """Answer with this status."""
    yield Response(status)


def with_status(response: Response, status: int) -> Response:
    return replace(response, status=status)


def without(response: Response, *keywords: str) -> Response:
    return replace(response, elements={key: one for key, one in response.elements.items() if key not in keywords})


# -- association


@ARCHIVE.mutant("scp/association/one-result-for-each-context", "negotiation")
def leaves_a_refused_context_unanswered(patch: Patch) -> None:
    """A context that is not accepted has no result."""
    changed(
        patch,
        negotiation,
        "_acceptance",
        lambda made, *given: replace(
            made, items=tuple(one for one in made.items if getattr(one, "result", 0) == negotiation.ACCEPTANCE)
        ),
    )


@ARCHIVE.mutant("scp/association/accepted-as-proposed", "negotiation")
def accepts_a_syntax_that_was_not_proposed(patch: Patch) -> None:
    """The first transfer syntax of its own is accepted, proposed or not."""
    patch.set(negotiation, "_choose", lambda proposed, supported, order: supported[0] if supported else proposed[0])


@ARCHIVE.mutant("scp/association/window-and-roles", "negotiation")
def takes_a_role_that_was_not_proposed(patch: Patch) -> None:
    """Each role selection is answered with both roles."""
    changed(
        patch,
        negotiation,
        "_roles",
        lambda answers, *given: {uid: replace(one, scu=1, scp=1) for uid, one in answers.items()},
    )


@ARCHIVE.mutant("scp/association/announces-itself", "association")
def announces_another_length(patch: Patch) -> None:
    """The maximum length announced is not the one stated."""

    def shorter(made: Any, *given: Any) -> Any:
        items = []
        for one in made.items:
            if isinstance(one, UserInformation):
                inner = tuple(
                    MaximumLength(1024) if isinstance(each, MaximumLength) else each for each in one.sub_items
                )
                one = UserInformation(inner)
            items.append(one)
        return replace(made, items=tuple(items))

    changed(patch, negotiation, "_acceptance", shorter)


@ARCHIVE.mutant("scp/association/length-kept", "pdu")
def sends_longer_fragments_than_announced(patch: Patch) -> None:
    """The maximum length of the requestor is not obeyed."""
    patch.set(acceptor, "usable_length", lambda offered: 0)


@ARCHIVE.mutant("scp/association/answers-in-place", "dimse")
def answers_another_message_id(patch: Patch) -> None:
    """A response names the Message ID after that of its request."""
    changed(
        patch,
        acceptor,
        "answer_to",
        lambda made, request, response: made.changed(MessageIDBeingRespondedTo=(request.number("MessageID") or 0) + 1),
    )


@ARCHIVE.mutant("scp/association/answers-in-place", "dimse")
def answers_in_the_name_of_another_class(patch: Patch) -> None:
    """A response names MR Image Storage, whatever was asked."""
    changed(
        patch,
        acceptor,
        "answer_to",
        lambda made, *given: made.changed(AffectedSOPClassUID=MR),
    )


@ARCHIVE.mutant("scp/association/echo", "dimse")
def answers_an_echo_with_a_failure(patch: Patch) -> None:
    """C-ECHO is answered with 0110."""
    patch.set(archive_module, "echo", lambda request: only(0x0110))


@ARCHIVE.mutant("scp/association/foreign-operation", "dimse")
def answers_an_unknown_operation_with_success(patch: Patch) -> None:
    """An operation that is not served is answered with 0000."""
    patch.set(acceptor, "unrecognized", lambda: only(0x0000))


@ARCHIVE.mutant("scp/association/accepts-each-claimed-context", "context")
def refuses_a_class_that_it_claims(patch: Patch) -> None:
    """MR Image Storage is answered with result 3."""
    changed(
        patch,
        negotiation,
        "_answer",
        lambda made, *given: replace(made, result=3, transfer_syntax="") if made.abstract_syntax == MR else made,
    )


@ARCHIVE.mutant("scp/association/selects-as-claimed", "negotiation")
def selects_by_the_order_of_the_other_side(patch: Patch) -> None:
    """The transfer syntax is chosen by the requestor's order instead of its own, or the reverse."""

    def other(proposed: Any, supported: Any, order: str) -> Any:
        return before(proposed, supported, "requestor" if order == "acceptor" else "acceptor")

    before = patch.set(negotiation, "_choose", other)


@ARCHIVE.mutant("scp/association/titles-repeated", "negotiation")
def exchanges_the_titles(patch: Patch) -> None:
    """The A-ASSOCIATE-AC has the calling title where the called one was."""
    changed(
        patch,
        negotiation,
        "_acceptance",
        lambda made, *given: replace(
            made, called_ae_title=made.calling_ae_title, calling_ae_title=made.called_ae_title
        ),
    )


@ARCHIVE.mutant("scp/association/release-answered", "pdu")
def closes_instead_of_answering_a_release(patch: Patch) -> None:
    """A-RELEASE-RQ is followed by the end of the connection, without an A-RELEASE-RP."""
    patch.set(upper_layer.UpperLayer, "respond_release", lambda self: self.close())


# -- query: matching


def other_test(patch: Patch, change: Callable[[str, str, str], bool | None]) -> None:
    """Test a value of VR, key and attribute by `change`; None leaves it to the archive."""

    def testing(vr: str, given: str, agreed: Any) -> Any:
        test = before(vr, given, agreed)

        def tested(value: str, candidate: Candidate) -> bool:
            said = change(vr, given, value)
            return bool(test is not None and test(value, candidate)) if said is None else said

        return tested

    before = patch.set(matching, "_value_test", testing)


@ARCHIVE.mutant("scp/query/single-value", "matches")
def matches_the_beginning_of_a_value(patch: Patch) -> None:
    """A1 finds A10."""
    other_test(patch, lambda vr, given, value: value.startswith(given) if vr == "SH" else None)


@ARCHIVE.mutant("scp/query/case", "matches")
def matches_ids_whatever_their_case(patch: Patch) -> None:
    """Ab1 finds AB1."""
    other_test(patch, lambda vr, given, value: given.lower() == value.lower() if vr == "LO" else None)


@ARCHIVE.mutant("scp/query/no-other-wildcards", "matches")
def has_the_wild_cards_of_a_database(patch: Patch) -> None:
    """An underscore matches any character."""
    other_test(
        patch,
        lambda vr, given, value: matching.wildcard_match(given.replace("_", "?"), value) if "_" in given else None,
    )


@ARCHIVE.mutant("scp/query/number", "matches")
def matches_numbers_by_their_beginning(patch: Patch) -> None:
    """Series Number 1 finds 11."""
    other_test(patch, lambda vr, given, value: value.startswith(given) if vr == "IS" else None)


@ARCHIVE.mutant("scp/query/name-components", "matches")
def matches_longer_names(patch: Patch) -> None:
    """DOE^JANE finds DOE^JANET."""
    other_test(patch, lambda vr, given, value: value.lower().startswith(given.lower()) if vr == "PN" else None)


@ARCHIVE.mutant("scp/query/uid-list", "matches")
def reads_the_first_uid_of_a_list(patch: Patch) -> None:
    """Of a list of UIDs only the first is searched."""
    changed(patch, find, "values", lambda found, element, *further: found[:1] if element.vr == "UI" else found)


@ARCHIVE.mutant("scp/query/uid-list-long", "matches")
def reads_a_hundred_uids_of_a_list(patch: Patch) -> None:
    """Of a list of UIDs the first hundred are searched, and the status is success."""
    changed(patch, find, "values", lambda found, element, *further: found[:100] if element.vr == "UI" else found)


@ARCHIVE.mutant("scp/query/universal", "matches")
def hides_what_has_no_value_for_an_empty_key(patch: Patch) -> None:
    """A key of zero length matches only attributes with a value."""
    changed(
        patch,
        find,
        "compile_key",
        lambda made, key, *given: (lambda held: bool(held.values)) if not key.value and key.vr != "SQ" else made,
    )


@ARCHIVE.mutant("scp/query/star-alone", "matches")
def takes_a_star_alone_for_at_least_one_character(patch: Patch) -> None:
    """A single asterisk does not match an attribute without a value."""
    changed(
        patch,
        find,
        "compile_key",
        lambda made, key, *given: (lambda held: bool(held.values)) if key.value.strip() == b"*" else made,
    )


@ARCHIVE.mutant("scp/query/star", "matches")
def knows_no_asterisk(patch: Patch) -> None:
    """An asterisk among other characters stands for itself."""
    other_test(patch, lambda vr, given, value: given == value if vr in ("LO", "SH") and "*" in given else None)


@ARCHIVE.mutant("scp/query/star-for-nothing", "matches")
def takes_a_star_for_one_character_at_least(patch: Patch) -> None:
    """A1* does not find A1."""
    other_test(patch, lambda vr, given, value: False if given.endswith("*") and given[:-1] == value else None)


@ARCHIVE.mutant("scp/query/question-mark", "matches")
def takes_a_question_mark_for_nothing(patch: Patch) -> None:
    """P1? finds P1."""
    other_test(patch, lambda vr, given, value: True if given.endswith("?") and given[:-1] == value else None)


@ARCHIVE.mutant("scp/query/wildcard-case", "matches")
def matches_wild_cards_whatever_the_case(patch: Patch) -> None:
    """ab* finds ABC."""
    other_test(
        patch,
        lambda vr, given, value: (
            matching.wildcard_match(given.lower(), value.lower()) if "*" in given and vr != "PN" else None
        ),
    )


@ARCHIVE.mutant("scp/query/wildcard-in-CS", "matches")
def knows_no_wild_cards_in_code_strings(patch: Patch) -> None:
    """C? does not find CT."""
    other_test(patch, lambda vr, given, value: given == value if vr == "CS" else None)


@ARCHIVE.mutant("scp/query/wildcard-where-none-is", "matches")
def ignores_a_date_that_is_an_asterisk(patch: Patch) -> None:
    """Wild cards in a date or UID are taken for universal matching."""
    patch.set(information_model, "find_fault", lambda key: None)
    changed(patch, find, "compile_key", lambda made, key, *given: None if b"*" in key.value else made)
    changed(patch, find, "values", lambda found, element, *further: () if found == ("*",) else found)


def other_range(patch: Patch, change: Callable[[moments.Interval], moments.Interval], vr: str, dash: str = "-") -> None:
    """Change the ranges of a VR."""
    changed(
        patch,
        matching,
        "parse_range",
        lambda made, of, text, zone: change(made) if made is not None and of == vr and dash in text else made,
    )


@ARCHIVE.mutant("scp/query/date-range", "matches")
def leaves_the_last_day_out(patch: Patch) -> None:
    """The upper end of a range of dates does not belong to it."""
    day = 86_400_000_000
    other_range(patch, lambda made: moments.Interval(made.first, made.last - day), "DA")


@ARCHIVE.mutant("scp/query/date-open", "matches")
def reads_an_open_range_as_a_day(patch: Patch) -> None:
    """A date with a hyphen behind it finds that day alone."""
    day = 86_400_000_000
    other_range(
        patch,
        lambda made: (
            moments.Interval(made.first, made.first + day - 1) if made.last == moments.LAST_MOMENT_US else made
        ),
        "DA",
    )


@ARCHIVE.mutant("scp/query/date-single", "matches")
def finds_the_day_after_as_well(patch: Patch) -> None:
    """A single date matches the next day too."""
    day = 86_400_000_000
    other_range(
        patch,
        lambda made: moments.Interval(made.first, made.last + day) if made.last - made.first < day else made,
        "DA",
        dash="",
    )


@ARCHIVE.mutant("scp/query/time-range", "matches")
def ends_a_range_of_times_at_its_first_second(patch: Patch) -> None:
    """A range that ends with 1200 leaves 12:00:30 out."""
    other_range(patch, lambda made: moments.Interval(made.first, made.last - 59_999_999), "TM")


@ARCHIVE.mutant("scp/query/date-and-time-apart", "matches")
def combines_date_and_time_unasked(patch: Patch) -> None:
    """Ranges of date and time are one range though that was not negotiated."""
    changed(
        patch,
        archive_module,
        "behave",
        lambda made, *given: replace(made, matching=replace(made.matching, date_time=True)),
    )


@ARCHIVE.mutant("scp/query/date-and-time-together", "matches")
def matches_date_and_time_apart_though_agreed(patch: Patch) -> None:
    """Combined matching is granted and not done."""
    patch.set(find, "_compile_pairs", lambda request: {})


@ARCHIVE.mutant("scp/query/unknown-value", "matches")
def lets_no_unknown_value_match(patch: Patch) -> None:
    """An attribute without a value matches no key that has one."""
    changed(
        patch,
        archive_module,
        "behave",
        lambda made, *given: replace(made, matching=replace(made.matching, unknown_matches=False)),
    )


@ARCHIVE.mutant("scp/query/sequence", "matches")
def matches_item_keys_in_different_items(patch: Patch) -> None:
    """Each key of an item may match in another item."""

    def apart(inner: Any, item: Any, candidate: Candidate) -> bool:
        return all(any(before({tag: test}, one, candidate) for one in candidate.items) for tag, test in inner.items())

    before = patch.set(matching, "item_matches", apart)


@ARCHIVE.mutant("scp/query/one-value-of-several", "matches")
def collects_one_modality_of_a_study(patch: Patch) -> None:
    """Modalities in Study has one value."""
    tag = tag_of("ModalitiesInStudy")

    def first(self: Any, asked: int) -> Element | None:
        element: Element | None = before(self, asked)
        if element is None or asked != tag:
            return element
        return replace(element, value=element.value.split(b"\\")[0])

    before = patch.set(holdings.Entity, "element", first)


@ARCHIVE.mutant("scp/query/several-values-asked", "matches")
def needs_one_of_several_values_though_agreed(patch: Patch) -> None:
    """Multiple value matching is granted, and one value suffices."""
    changed(
        patch,
        archive_module,
        "behave",
        lambda made, *given: replace(made, matching=replace(made.matching, multiple_value=False)),
    )


@ARCHIVE.mutant("scp/query/empty-value", "matches")
def takes_two_quotation_marks_for_text(patch: Patch) -> None:
    """Empty value matching is granted and not done; what has no value does not match either."""
    changed(
        patch,
        archive_module,
        "behave",
        lambda made, *given: replace(made, matching=replace(made.matching, empty_value=False, unknown_matches=False)),
    )


@ARCHIVE.mutant("scp/query/keys-together", "matches")
def lets_one_of_several_keys_suffice(patch: Patch) -> None:
    """What matches the first key is found, whatever the others ask."""
    changed(patch, find, "_compile_tests", lambda tests, *given: tests[:1])


@ARCHIVE.mutant("scp/query/keys-above", "matches")
def forgets_the_keys_above(patch: Patch) -> None:
    """A query below a study looks through all studies."""

    def everywhere(self: Any, level: Any, above: Any, unique: Any) -> Any:
        return before(self, level, (), unique)

    before = patch.set(holdings.Holdings, "entities", everywhere)


@ARCHIVE.mutant("scp/query/each-required-key", "matches")
def does_not_match_the_study_id(patch: Patch) -> None:
    """Study ID, a required key, is returned and not matched."""
    tag = tag_of("StudyID")
    changed(patch, find, "_compile_tests", lambda tests, *given: [(one, test) for one, test in tests if one != tag])


@ARCHIVE.mutant("scp/query/each-required-key-of-patients", "matches")
def does_not_match_the_patients_name(patch: Patch) -> None:
    """Patient's Name, a required key of the level of patients, is returned and not matched."""
    tag = tag_of("PatientName")
    changed(patch, find, "_compile_tests", lambda tests, *given: [(one, test) for one, test in tests if one != tag])


@ARCHIVE.mutant("scp/query/unsupported-key", "query_responses")
def keeps_silent_about_unsupported_keys(patch: Patch) -> None:
    """The pending status is FF00 though a key is not supported."""
    patch.set(find, "STATUS_PENDING_KEYS_UNSUPPORTED", 0xFF00)


@ARCHIVE.mutant("scp/query/each-level", "matches")
def tells_each_entity_twice(patch: Patch) -> None:
    """Each match comes twice."""

    def twice(*arguments: Any) -> Iterator[Any]:
        for entity in before(*arguments):
            yield entity
            yield entity

    before = patch.set(services, "find_matches", twice)


@ARCHIVE.mutant("scp/query/level-wrong", "dimse")
def takes_a_wrong_level_for_no_match(patch: Patch) -> None:
    """A query without a proper level ends with success."""
    changed_responses(
        patch, services, "find", lambda said: with_status(said, 0x0000) if said.status == 0xA900 else said
    )


# -- query: responses


def other_identifier(patch: Patch, change: Callable[[bytes, Any], bytes]) -> None:
    """Change the Identifier of each pending response."""

    def changing(self: Any, entity: Any) -> bytes:
        return change(before(self, entity), self)

    before = patch.set(find.Responder, "identifier", changing)


def left_out(patch: Patch, *keywords: str) -> None:
    """Leave attributes out of each response Identifier."""
    tags = {tag_of(keyword) for keyword in keywords}

    def lacking(self: Any, *arguments: Any) -> None:
        before(self, *arguments)
        self._tags = [tag for tag in self._tags if tag not in tags]

    before = patch.set(find.Responder, "__init__", lacking)


@ARCHIVE.mutant("scp/query/response-level", "query_responses")
def tells_no_level(patch: Patch) -> None:
    """A match does not bear Query/Retrieve Level."""
    left_out(patch, "QueryRetrieveLevel")


@ARCHIVE.mutant("scp/query/response-keys", "query_responses")
def leaves_keys_out_that_were_asked_for(patch: Patch) -> None:
    """Accession Number and Study Description do not come back."""
    left_out(patch, "AccessionNumber", "StudyDescription")


@ARCHIVE.mutant("scp/query/response-keys", "query_responses")
def tells_what_was_not_asked_for(patch: Patch) -> None:
    """Each match bears Patient Comments (0010,4000)."""
    comments = Element(tag_of("PatientComments"), "LT", b"unasked ")
    other_identifier(patch, lambda raw, responder: raw + write_element(comments, responder._encoding))


@ARCHIVE.mutant("scp/query/retrieve-ae", "query_responses")
def says_nothing_about_where_to_retrieve(patch: Patch) -> None:
    """A match bears neither Retrieve AE Title nor a Storage Media File-Set."""
    left_out(patch, "RetrieveAETitle")


@ARCHIVE.mutant("scp/query/counts", "query_responses")
def counts_one_instance_too_many(patch: Patch) -> None:
    """Number of Study Related Instances is one too high."""
    tag = tag_of("NumberOfStudyRelatedInstances")

    def more(self: Any, asked: int) -> Element | None:
        element: Element | None = before(self, asked)
        if element is None or asked != tag:
            return element
        return replace(element, value=str(int(element.value) + 1).encode())

    before = patch.set(holdings.Entity, "element", more)


@ARCHIVE.mutant("scp/query/pending-and-final", "query_responses")
def sends_an_identifier_with_the_final_response(patch: Patch) -> None:
    """The final response of a query repeats the Identifier of the last match."""

    def repeating(*arguments: Any) -> Generator[Response, None, None]:
        last: bytes | None = None
        for response in before(*arguments):
            last = response.data_set or last
            yield replace(response, data_set=last)

    before = patch.set(services, "find", repeating)


@ARCHIVE.mutant("scp/query/pending-and-final", "query_responses")
def sends_a_second_final_response(patch: Patch) -> None:
    """A query ends twice."""

    def twice(*arguments: Any) -> Generator[Response, None, None]:
        for response in before(*arguments):
            yield response
            if response.status not in PENDING:
                yield response

    before = patch.set(services, "find", twice)


@ARCHIVE.mutant("scp/query/set-out", "query_responses")
def tells_no_character_set(patch: Patch) -> None:
    """A match with text that is not ASCII bears no Specific Character Set."""
    patch.set(
        find,
        "needs_character_set",
        lambda element: False,
    )
    patch.set(holdings, "needs_character_set", lambda element: False)


@ARCHIVE.mutant("scp/query/cancel", "matches")
def ends_a_cancelled_query_with_success(patch: Patch) -> None:
    """A query that is cancelled ends with 0000, though matches are missing."""
    changed_responses(
        patch, services, "find", lambda said: with_status(said, 0x0000) if said.status == 0xFE00 else said
    )


@ARCHIVE.mutant("scp/query/many", "matches")
def tells_a_hundred_matches_and_success(patch: Patch) -> None:
    """After a hundred matches a query ends with success."""

    def some(*arguments: Any) -> Generator[Response, None, None]:
        for number, response in enumerate(before(*arguments)):
            if number < 100 or response.status not in PENDING:
                yield response

    before = patch.set(services, "find", some)


@ARCHIVE.mutant("scp/query/relational", "query_responses")
def grants_what_was_not_asked(patch: Patch) -> None:
    """The answer to extended negotiation grants every option."""
    patch.set(archive_module, "answer", lambda sop_class, requested, offered: bytes([1] * len(requested)) or None)


@ARCHIVE.mutant("scp/query/relational", "matches")
def grants_relational_queries_and_refuses_them(patch: Patch) -> None:
    """Relational queries are granted, and refused when they come."""
    changed(patch, archive_module, "behave", lambda made, *given: replace(made, relational=False))


# -- move and get


@ARCHIVE.mutant("scp/move/each-level", "retrieved")
def moves_the_whole_study(patch: Patch) -> None:
    """Whatever the level, all of the study goes out."""

    def whole(held: Any, request: Any) -> Any:
        study = dict(request.above).get(information_model.Level.STUDY)
        if study is None:
            return before(held, request)
        wider = replace(request, level=information_model.Level.STUDY, above=(), unique_values=(study,))
        return before(held, wider)

    before = patch.set(services, "select", whole)


@ARCHIVE.mutant("scp/move/uid-lists", "retrieved")
def moves_the_first_of_a_list(patch: Patch) -> None:
    """Of a list of UIDs the first is moved."""

    def first(held: Any, request: Any) -> Any:
        return before(held, replace(request, unique_values=request.unique_values[:1]))

    before = patch.set(services, "select", first)


@ARCHIVE.mutant("scp/move/counts-agree", "retrieved")
def counts_failures_as_completed(patch: Patch) -> None:
    """A sub-operation that failed is counted as completed."""

    def lenient(self: Any, uid: str, status: int | None, fault: str = "") -> None:
        before(self, uid, 0x0000 if status is not None and status >= 0xA000 else status, fault)

    before = patch.set(move.SubOperations, "count", lenient)


@ARCHIVE.mutant("scp/move/counts-agree", "retrieved")
def counts_warnings_as_failures(patch: Patch) -> None:
    """A sub-operation that ended with a warning is counted as failed."""
    patch.set(move, "is_warning", lambda status: False)


@ARCHIVE.mutant("scp/move/counts-agree", "retrieved")
def leaves_a_count_out_of_pending_responses(patch: Patch) -> None:
    """A pending response does not say how many sub-operations ended with a warning."""
    changed_responses(
        patch,
        services,
        "move",
        lambda said: without(said, "NumberOfWarningSuboperations") if said.status in PENDING else said,
    )


@ARCHIVE.mutant("scp/move/no-remaining-at-the-end", "dimse")
def tells_what_remains_at_the_end(patch: Patch) -> None:
    """The final response says that 0 sub-operations remain."""
    changed(
        patch,
        move.SubOperations,
        "elements",
        lambda made, *given: {"NumberOfRemainingSuboperations": given[0].remaining, **made},
    )


@ARCHIVE.mutant("scp/move/status-agrees", "retrieved")
def succeeds_whatever_failed(patch: Patch) -> None:
    """The final status is 0000 though sub-operations failed."""
    patch.set(move.SubOperations, "final_status", lambda self: 0x0000)


@ARCHIVE.mutant("scp/move/status-agrees", "retrieved")
def warns_where_all_failed(patch: Patch) -> None:
    """The final status is B000 where no sub-operation succeeded."""
    changed(patch, move.SubOperations, "final_status", lambda status, *given: 0xB000 if status == 0xA702 else status)


@ARCHIVE.mutant("scp/move/failed-list", "retrieved")
def tells_no_failed_instances(patch: Patch) -> None:
    """There is no Failed SOP Instance UID List."""
    patch.set(move.SubOperations, "identifier", lambda self, status, encoding: None)


@ARCHIVE.mutant("scp/move/failed-list", "retrieved")
def lists_one_failed_instance_of_several(patch: Patch) -> None:
    """The list of failed instances ends after the first."""

    def first(self: Any, status: int, encoding: Any) -> bytes | None:
        return before(replace(self, failed_uids=self.failed_uids[:1]), status, encoding)

    before = patch.set(move.SubOperations, "identifier", first)


@ARCHIVE.mutant("scp/move/unknown-destination", "dimse")
def succeeds_with_an_unknown_destination(patch: Patch) -> None:
    """A move to a title that is not known ends with success."""
    patch.set(services, "STATUS_DESTINATION_UNKNOWN", 0x0000)


@ARCHIVE.mutant("scp/move/destination-away", "dimse")
def takes_a_destination_that_is_away_for_success(patch: Patch) -> None:
    """Sub-operations that could not begin are counted as completed."""

    def lenient(self: Any, uid: str, status: int | None, fault: str = "") -> None:
        before(self, uid, 0x0000 if status is None else status, fault)

    before = patch.set(move.SubOperations, "count", lenient)


def other_originator(patch: Patch, **changes: Any) -> None:
    """Change what sub-operations say of their move."""
    changed(patch, archive_module, "Originator", lambda made, *given: replace(made, **changes))


@ARCHIVE.mutant("scp/move/originator", "retrieved")
def names_itself_as_originator(patch: Patch) -> None:
    """Move Originator AE Title is not that of the requestor."""
    other_originator(patch, ae_title="ARCHIVE")


@ARCHIVE.mutant("scp/move/originator", "retrieved")
def names_another_move(patch: Patch) -> None:
    """Move Originator Message ID is not that of the C-MOVE."""
    other_originator(patch, message_id=4711)


@ARCHIVE.mutant("scp/move/sub-operations", "retrieved")
def names_another_instance_in_the_command(patch: Patch) -> None:
    """The command of a sub-operation names another instance than its data set."""

    def other(self: Any, instance: Any, syntax: str, data_set: bytes) -> Any:
        named = replace(instance, SOPInstanceUID=instance.SOPInstanceUID + "9")
        return before(self, named, syntax, data_set)

    before = patch.set(move_destination.DestinationLink, "store", other)


@ARCHIVE.mutant("scp/move/nothing-to-retrieve", "dimse")
def never_ends_where_nothing_is_to_be_moved(patch: Patch) -> None:
    """A move of an unknown study has no final response."""
    changed_responses(
        patch,
        services,
        "move",
        lambda said: None if said.elements.get("NumberOfCompletedSuboperations") == 0 else said,
    )


@ARCHIVE.mutant("scp/move/cancel", "dimse")
def finishes_a_move_that_was_cancelled(patch: Patch) -> None:
    """C-CANCEL of a move has no effect."""

    def regardless(*arguments: Any) -> Any:
        return before(*arguments[:-1], lambda: False)

    before = patch.set(services, "move", regardless)


@ARCHIVE.mutant("scp/get/each-level", "retrieved")
def leaves_the_last_instance_of_a_get_out(patch: Patch) -> None:
    """A C-GET sends all but the last instance."""
    changed(patch, services, "select", lambda found, *given: found[:-1])


@ARCHIVE.mutant("scp/get/counts-agree", "retrieved")
def counts_a_get_twice(patch: Patch) -> None:
    """The number of completed sub-operations of a C-GET is one too high."""

    def more(said: Response) -> Response:
        completed = said.elements.get("NumberOfCompletedSuboperations")
        if said.status in PENDING or not isinstance(completed, int):
            return said
        return replace(said, elements={**said.elements, "NumberOfCompletedSuboperations": completed + 1})

    changed_responses(patch, services, "get", more)


@ARCHIVE.mutant("scp/get/status-agrees", "retrieved")
def succeeds_with_a_get_whatever_failed(patch: Patch) -> None:
    """A C-GET ends with 0000 though sub-operations failed."""
    changed_responses(
        patch, services, "get", lambda said: with_status(said, 0x0000) if said.status in (0xB000, 0xA702) else said
    )


@ARCHIVE.mutant("scp/get/failed-list", "retrieved")
def tells_no_failed_instances_of_a_get(patch: Patch) -> None:
    """A C-GET has no Failed SOP Instance UID List."""
    changed_responses(patch, services, "get", lambda said: replace(said, data_set=None))


@ARCHIVE.mutant("scp/get/cancel", "dimse")
def finishes_a_get_that_was_cancelled(patch: Patch) -> None:
    """C-CANCEL of a C-GET has no effect."""

    def regardless(*arguments: Any) -> Any:
        return before(*arguments[:-1], lambda: False)

    before = patch.set(services, "get", regardless)


@ARCHIVE.mutant("scp/get/final-comes", "dimse")
def sends_no_final_response_to_a_get(patch: Patch) -> None:
    """The final response of a C-GET is missing."""
    changed_responses(patch, services, "get", lambda said: said if said.status in PENDING else None)


@ARCHIVE.mutant("scp/get/without-the-role", "retrieved")
def sends_without_the_role(patch: Patch) -> None:
    """C-STORE goes out in contexts in which the requestor is no SCP."""

    def every(self: Any, sop_class: str) -> Any:
        contexts = self._request.acceptor.contexts.values()
        return tuple(one for one in contexts if one.abstract_syntax == sop_class)

    patch.set(get_link.GetLink, "_contexts", every)


@ARCHIVE.mutant("scp/get/message-ids", "dimse")
def uses_the_message_id_of_the_get(patch: Patch) -> None:
    """Each C-STORE has the Message ID of its C-GET."""

    def same(self: Any, message: Any) -> Any:
        command = message.command.changed(MessageID=self._serving.message_id)
        return before(self, replace(message, command=command))

    before = patch.set(acceptor.Acceptor, "exchange", same)


# -- storage


@ARCHIVE.mutant("scp/storage/kept", "store")
def forgets_what_it_stored(patch: Patch) -> None:
    """C-STORE is answered with 0000, and nothing is kept."""
    patch.set(services, "store", lambda *arguments: Response(0x0000))


@ARCHIVE.mutant("scp/storage/round-trip-of-classes", "store")
def damages_pixel_data(patch: Patch) -> None:
    """The last byte of what goes out is another."""

    def damaged(link: Any, instance: Any) -> Any:
        data = instance.data_set
        return before(link, replace(instance, data_set=data[:-1] + bytes([data[-1] ^ 1])))

    before = patch.set(services, "_store_at", damaged)


def sent_without(patch: Patch, dropped: Callable[[int], bool]) -> None:
    """Leave attributes out of what goes out."""

    def lacking(link: Any, instance: Any) -> Any:
        elements, rest = read_head(instance.data_set, instance.transfer_syntax)
        kept = {tag: one for tag, one in elements.items() if not dropped(tag)}
        head = write_elements(kept, encoding_of(instance.transfer_syntax))
        return before(link, replace(instance, data_set=head + rest))

    before = patch.set(services, "_store_at", lacking)


@ARCHIVE.mutant("scp/storage/attributes-kept", "retrieved")
def loses_optional_attributes(patch: Patch) -> None:
    """Study Description does not come back."""
    sent_without(patch, lambda tag: tag == tag_of("StudyDescription"))


@ARCHIVE.mutant("scp/commitment/keeps-all", "retrieved")
def loses_private_attributes(patch: Patch) -> None:
    """Private attributes do not come back."""
    sent_without(patch, lambda tag: bool(tag >> 16 & 1))


@ARCHIVE.mutant("scp/storage/mismatch", "dimse")
def takes_an_instance_under_another_name(patch: Patch) -> None:
    """A data set of another instance than the command names is stored with 0000."""
    changed(
        patch,
        services,
        "store",
        lambda said, *given: with_status(said, 0x0000) if said.status == 0xA900 else said,
    )


@ARCHIVE.mutant("scp/storage/mismatch", "dimse")
def answers_what_does_not_match_with_another_status(patch: Patch) -> None:
    """A data set that is not what its command names is answered with A700, as if there were no room."""
    patch.set(services, "STATUS_DOES_NOT_MATCH_SOP_CLASS", 0xA700)


@ARCHIVE.mutant("scp/storage/unparsable", "dimse")
def answers_what_it_cannot_read_with_another_status(patch: Patch) -> None:
    """A data set that cannot be read is answered with A700."""
    patch.set(services, "STATUS_CANNOT_UNDERSTAND", 0xA700)


@ARCHIVE.mutant("scp/storage/again", "dimse")
def keeps_an_instance_twice(patch: Patch) -> None:
    """An instance that is stored again is found twice."""
    twice: set[str] = set()

    def again(self: Any, instance: Any, header: Any) -> None:
        if instance.SOPInstanceUID in self._instances:
            twice.add(instance.SOPInstanceUID)
        before(self, instance, header)

    def finding(held: Any, request: Any, *further: Any) -> Generator[Any, None, None]:
        for entity in find_matches(held, request, *further):
            yield entity
            if any(held._instances.get(uid) is entity for uid in twice):
                yield entity

    before = patch.set(holdings.Holdings, "_index_one", again)
    find_matches = patch.set(services, "find_matches", finding)


# -- commitment


def other_report(patch: Patch, change: Callable[[commitment.Report], commitment.Report]) -> None:
    """Change the report of each transaction."""
    changed(patch, archive_module, "judge", lambda made, *given: change(made))


@ARCHIVE.mutant("scp/commitment/has-it", "committed")
def reports_another_transaction(patch: Patch) -> None:
    """The report bears another Transaction UID."""
    other_report(patch, lambda made: replace(made, transaction=f"{made.transaction}.1"))


@ARCHIVE.mutant("scp/commitment/has-it", "committed")
def reports_all_but_one(patch: Patch) -> None:
    """The report leaves the last reference out."""
    other_report(patch, lambda made: replace(made, committed=made.committed[:-1]))


@ARCHIVE.mutant("scp/commitment/has-it", "committed")
def never_reports(patch: Patch) -> None:
    """N-ACTION is answered, and no report follows."""
    patch.set(commitment_reports.Reports, "send", lambda self, report, *where: None)


@ARCHIVE.mutant("scp/commitment/has-it-not", "committed")
def commits_to_what_it_does_not_hold(patch: Patch) -> None:
    """Instances that were never stored are committed."""
    patch.set(commitment, "_failure", lambda held, reference: 0x0000)


@ARCHIVE.mutant("scp/commitment/has-it-not", "committed")
def reports_failures_as_success(patch: Patch) -> None:
    """The Event Type is 1 though failures exist."""
    patch.set(commitment.Report, "event_type", 1)


@ARCHIVE.mutant("scp/commitment/has-it-not", "committed")
def gives_another_failure_reason(patch: Patch) -> None:
    """What was never stored fails with 0110."""
    changed(patch, commitment, "_failure", lambda reason, *given: 0x0110 if reason == 0x0112 else reason)


@ARCHIVE.mutant("scp/commitment/has-a-part", "committed")
def leaves_failures_out(patch: Patch) -> None:
    """A report of a part does not list what failed."""
    other_report(patch, lambda made: replace(made, failed=made.failed[:0] if made.committed else made.failed))


@ARCHIVE.mutant("scp/commitment/on-a-new-association", "association")
def reports_without_the_role(patch: Patch) -> None:
    """On a new association the role of the SCP is not proposed."""

    def as_scu(self: Any, destination: str, contexts: Any, user_information: Any = ()) -> Any:
        called = before(self, destination, contexts, ())
        if called is None or not user_information:
            return called
        requestor, established = called
        taken = tuple(replace(one, scp=True) for one in established.contexts)
        return requestor, replace(established, contexts=taken)

    before = patch.set(move_destination.Dialler, "call", as_scu)


@ARCHIVE.mutant("scp/commitment/on-a-new-association", "committed")
def loses_the_report_of_an_association_that_ended(patch: Patch) -> None:
    """After the requestor has released, no new association is opened."""
    patch.set(commitment_reports.Reports, "_put", lambda self, addressed: None)


@ARCHIVE.mutant("scp/commitment/on-the-same", "committed")
def reports_on_a_new_association_whatever_is_stated(patch: Patch) -> None:
    """The report comes on a new association though the other is open."""

    def elsewhere(self: Any, *arguments: Any) -> None:
        before(self, *arguments)
        self._on_same = False

    before = patch.set(commitment_reports.Reports, "__init__", elsewhere)


@ARCHIVE.mutant("scp/commitment/unknown-action", "response")
def takes_every_action_type(patch: Patch) -> None:
    """An unknown Action Type is answered with 0000."""
    patch.set(commitment, "NO_SUCH_ACTION_TYPE", 0x0000)


@ARCHIVE.mutant("scp/commitment/unknown-instance", "response")
def takes_every_instance_for_its_own(patch: Patch) -> None:
    """N-ACTION of another SOP Instance is answered with 0000."""
    patch.set(commitment, "NO_SUCH_OBJECT_INSTANCE", 0x0000)
