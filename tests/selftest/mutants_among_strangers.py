"""Mutants that fail with peers of other stacks: contexts of responses, AE titles, repeated matches, leading spaces."""

from __future__ import annotations

from typing import Any

from dicom_workstation.data_sets import data_set_display, identifiers
from dicom_workstation.network import configured_acceptor, requestor
from dicom_workstation.network.responses import preferred
from dicom_workstation.network.upper_layer import state_machine, titles
from dicom_workstation.query import query_engine
from mutation import Catalogue, Patch

STRANGERS = Catalogue()


# -- responses in another context


@STRANGERS.mutant("query/response-in-another-context", "outcome")
def aborts_on_a_response_in_another_context(patch: Patch) -> None:
    """A response in another accepted context of the same abstract syntax ends the association."""

    def strict(self: Any, received_id: int, context_id: int) -> None:
        if received_id != context_id:
            self._invalid(f"response in presentation context {received_id} to a request in {context_id}")

    patch.set(requestor.Requestor, "_check_context", strict)


@STRANGERS.mutant("query/response-in-another-context", "outcome")
def reads_a_response_as_the_context_of_its_request_has_it(patch: Patch) -> None:
    """An Identifier is read in the transfer syntax of the request, whatever context the response came in."""

    def of_the_request(self: Any, message: Any) -> Any:
        return preferred(self.accepted, self.proposed[0][0])

    patch.set(requestor.Requestor, "context_of", of_the_request)


@STRANGERS.mutant("storage/response-in-another-context", "log")
def keeps_silent_about_another_context(patch: Patch) -> None:
    """A response in another context is taken without a word in the log."""

    def silent(self: Any, received_id: int, context_id: int) -> None:
        self._elsewhere_noted = True
        check(self, received_id, context_id)

    check = patch.set(requestor.Requestor, "_check_context", silent)


@STRANGERS.mutant("storage/response-in-a-context-of-another-class", "outcome")
def takes_a_response_in_the_context_of_another_class(patch: Patch) -> None:
    """A response is taken in whatever context it comes."""
    patch.set(requestor.Requestor, "_check_context", lambda self, received_id, context_id: None)


# -- titles padded with NUL


@STRANGERS.mutant("association/loader-rejects-titles-padded-with-nul", "association")
def takes_titles_padded_with_nul_unasked(patch: Patch) -> None:
    """NUL in a title is read as a space, though the configuration does not say so."""
    patch.set(configured_acceptor.ConfiguredAcceptor, "reads_nul_as_space", True)


@STRANGERS.mutant("association/loader-takes-titles-padded-with-nul", "association")
def rejects_titles_padded_with_nul_whatever_is_configured(patch: Patch) -> None:
    """The setting that takes titles padded with NUL has no effect."""
    patch.set(titles, "without_nul", lambda field: field)


@STRANGERS.mutant("association/loader-takes-titles-padded-with-nul", "pdu")
def does_not_repeat_titles_as_they_came(patch: Patch) -> None:
    """The A-ASSOCIATE-AC has spaces where the titles of the A-ASSOCIATE-RQ had NUL."""

    def spaced(primitive: Any, peer_titles: Any) -> Any:
        return acceptance(primitive)

    acceptance = patch.set(state_machine, "acceptance", spaced)


# -- matches


@STRANGERS.mutant("query/repeated-match-is-told-once[1]", "outcome")
def shows_a_repeated_match_twice(patch: Patch) -> None:
    """A match that the archive sends again is shown again."""

    def forgetful(self: Any, response: Any, transfer_syntax: str) -> None:
        self._known.clear()
        take(self, response, transfer_syntax)

    take = patch.set(query_engine._Find, "_take", forgetful)


@STRANGERS.mutant("query/two-matches-of-one-unique-key", "outcome")
def drops_a_second_match_of_one_unique_key(patch: Patch) -> None:
    """Whatever has the unique key of an earlier match counts as its repetition."""

    def hasty(self: Any, response: Any, transfer_syntax: str) -> None:
        before = len(self._matches)
        take(self, response, transfer_syntax)
        unique = self._identifier.unique_key
        earlier = {match.get(unique) for match in self._matches[:before]}
        if len(self._matches) > before and self._matches[-1].get(unique) in earlier:
            del self._matches[before:], self._doubtful[before:]

    take = patch.set(query_engine._Find, "_take", hasty)


@STRANGERS.mutant("query/two-matches-of-one-unique-key", "outcome")
def has_no_doubt_about_a_second_match_of_one_unique_key(patch: Patch) -> None:
    """Two matches with one unique key and other values are shown as if nothing were wrong."""

    def confident(self: Any, response: Any, transfer_syntax: str) -> None:
        take(self, response, transfer_syntax)
        self._doubtful = [()] * len(self._doubtful)

    take = patch.set(query_engine._Find, "_take", confident)


# -- leading spaces


@STRANGERS.mutant("query/leading-spaces-are-significant", "outcome")
def strips_leading_spaces_of_a_key(patch: Patch) -> None:
    """A key goes out without its leading spaces, whatever its VR."""

    def stripped(value: object) -> list[str]:
        return [text.strip() for text in values(value)]

    values = patch.set(identifiers, "_values", stripped)


@STRANGERS.mutant("query/leading-spaces-are-significant", "outcome")
def strips_leading_spaces_of_what_it_shows(patch: Patch) -> None:
    """LT is shown without its leading spaces."""

    def stripped(text: str, vr: str) -> str:
        return "\\".join(part.strip() for part in trimmed(text, vr).split("\\"))

    trimmed = patch.set(data_set_display, "trimmed", stripped)
