"""Further mutants of the archive: names, spaces and optional keys, character sets, cancellation, associations."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from dicom_simulators.archive import find, information_model, services
from dicom_simulators.association import Response, acceptor, incoming
from dicom_simulators.encoding import tag_of
from dicom_wire import Message
from mutants_of_the_archive import PENDING, changed, changed_responses, only, other_test, with_status
from mutation import Catalogue, Patch

QUERIES = Catalogue()


# -- matching


@QUERIES.mutant("scp/query/padding", "matches")
def takes_trailing_spaces_of_a_key_for_text(patch: Patch) -> None:
    """A key with spaces at its end does not find the value without them."""
    changed(
        patch,
        find,
        "compile_key",
        lambda made, key, *given: (lambda held: False) if key.vr == "SH" and key.value.endswith(b"    ") else made,
    )


@QUERIES.mutant("scp/query/name-case", "matches")
def matches_names_by_their_case(patch: Patch) -> None:
    """Names match by case, though the statement says that they do not."""
    other_test(patch, lambda vr, given, value: given == value if vr == "PN" else None)


@QUERIES.mutant("scp/query/name-wildcards", "matches")
def knows_no_wild_cards_in_names(patch: Patch) -> None:
    """Wild cards in names stand for themselves, though the statement says that they are wild."""
    other_test(patch, lambda vr, given, value: given == value if vr == "PN" and set(given) & set("*?") else None)


@QUERIES.mutant("scp/query/each-optional-key", "matches")
def returns_the_birth_date_and_does_not_match_it(patch: Patch) -> None:
    """Patient's Birth Date comes back with FF00, but finds whatever is asked for."""
    tag = tag_of("PatientBirthDate")
    changed(patch, find, "_compile_tests", lambda tests, *given: [(one, test) for one, test in tests if one != tag])


@QUERIES.mutant("scp/query/each-claimed-key", "matches")
def finds_every_study_description(patch: Patch) -> None:
    """Study Description, which the statement gives as a key, finds whatever is asked for."""
    tag = tag_of("StudyDescription")
    changed(patch, find, "_compile_tests", lambda tests, *given: [(one, test) for one, test in tests if one != tag])


@QUERIES.mutant("scp/query/each-claimed-key-returned", "query_responses")
def leaves_study_descriptions_out(patch: Patch) -> None:
    """Study Description, which the statement gives as a key, does not come back."""
    tag = tag_of("StudyDescription")

    def lacking(self: Any, *arguments: Any) -> None:
        before(self, *arguments)
        self._tags = [one for one in self._tags if one != tag]

    before = patch.set(find.Responder, "__init__", lacking)


@QUERIES.mutant("scp/query/each-level-of-patients", "matches")
def repeats_a_patient_for_each_study(patch: Patch) -> None:
    """Each match at PATIENT comes twice."""

    def twice(*arguments: Any) -> Generator[Any, None, None]:
        for entity in before(*arguments):
            yield entity
            if entity.level is information_model.Level.PATIENT:
                yield entity

    before = patch.set(services, "find_matches", twice)


@QUERIES.mutant("scp/query/set-in", "matches")
def compares_the_bytes_of_texts(patch: Patch) -> None:
    """A key that is not ASCII finds nothing."""
    other_test(patch, lambda vr, given, value: None if given.isascii() else False)


# -- responses


@QUERIES.mutant("scp/query/key-above-missing", "query_responses")
def answers_a_query_without_the_key_above_with_a_pending_status_alone(patch: Patch) -> None:
    """A query without the unique key above gets a status that the standard does not know."""
    changed_responses(
        patch, services, "find", lambda said: with_status(said, 0x4444) if said.status == 0xA900 else said
    )


@QUERIES.mutant("scp/query/set-unknown", "query_responses")
def ends_a_query_in_an_unknown_set_twice(patch: Patch) -> None:
    """The final response comes twice."""

    def twice(*arguments: Any) -> Generator[Response, None, None]:
        for response in before(*arguments):
            yield response
            if response.status not in PENDING:
                yield response

    before = patch.set(services, "find", twice)


@QUERIES.mutant("scp/query/cancel", "query_responses")
def goes_on_after_a_cancellation(patch: Patch) -> None:
    """After FE00 a further match comes."""

    def further(*arguments: Any) -> Generator[Response, None, None]:
        last: Response | None = None
        for response in before(*arguments):
            yield response
            if response.status == 0xFE00 and last is not None:
                yield last
            last = response

    before = patch.set(services, "find", further)


@QUERIES.mutant("scp/query/cancel", "dimse")
def goes_on_after_c_cancel(patch: Patch) -> None:
    """A C-CANCEL of a C-FIND is not seen, and every match is returned, with success."""
    patch.set(acceptor.Request, "cancel", lambda self: None)


@QUERIES.mutant("scp/query/side-by-side", "matches")
def answers_the_first_query_of_an_association_alone(patch: Patch) -> None:
    """Every query after the first finds nothing."""
    asked: list[object] = []

    def once(*arguments: Any) -> Generator[Response, None, None]:
        asked.append(arguments)
        yield from before(*arguments) if len(asked) == 1 else only(0x0000)

    before = patch.set(services, "find", once)


@QUERIES.mutant("scp/query/date-range", "matches")
def reads_a_range_of_dates_as_one_day(patch: Patch) -> None:
    """A range of dates finds its first day alone."""
    other_test(
        patch, lambda vr, given, value: value == given.partition("-")[0] if vr == "DA" and given[:1] != "-" else None
    )


@QUERIES.mutant("scp/query/response-keys", "query_responses")
def leaves_the_key_above_out(patch: Patch) -> None:
    """A match at SERIES and IMAGE does not have the Study Instance UID."""
    tag = tag_of("StudyInstanceUID")

    def lacking(self: Any, request: Any, *arguments: Any) -> None:
        before(self, request, *arguments)
        if request.level.unique_key != tag:
            self._tags = [one for one in self._tags if one != tag]

    before = patch.set(find.Responder, "__init__", lacking)


@QUERIES.mutant("scp/query/unsupported-key", "matches")
def finds_nothing_by_an_unsupported_key(patch: Patch) -> None:
    """A query with a key that is not supported has no match."""
    changed(patch, find, "find_matches", lambda found, *given: found)
    before = patch.set(
        services,
        "find_matches",
        lambda held, request, title: iter(()) if request.unsupported else before(held, request, title),
    )


@QUERIES.mutant("scp/query/cancel-of-nothing", "matches")
def finds_nothing_after_a_late_cancellation(patch: Patch) -> None:
    """A cancellation of a query that is over counts for the next one."""
    late: list[object] = []

    def noting(self: Any, indication: Any) -> None:
        is_cancel = isinstance(indication, Message) and indication.command.message == "C-CANCEL-RQ"
        if is_cancel and not self._serving:
            late.append(indication)
        take(self, indication)

    def cancelled(*arguments: Any) -> Generator[Response, None, None]:
        yield from only(0xFE00) if late else before(*arguments)
        late.clear()

    take = patch.set(acceptor.Acceptor, "_take", noting)
    before = patch.set(services, "find", cancelled)


@QUERIES.mutant("scp/query/many-fragments", "matches")
def reads_four_fragments_of_a_data_set(patch: Patch) -> None:
    """Of a data set in many fragments the first four are read."""

    def shortened(self: Any) -> Any:
        if not self._flags & 1:
            del self._fragments[4:]
        return complete(self)

    complete = patch.set(incoming.Incoming, "_complete", shortened)
