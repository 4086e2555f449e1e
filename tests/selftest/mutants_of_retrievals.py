"""Mutants of the archive that retrieves, stores and commits wrongly, besides those of `mutants_of_the_archive`."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from dicom_simulators.archive import commitment, information_model, move, move_destination, services
from dicom_simulators.association import Response
from mutants_of_the_archive import changed, changed_responses
from mutation import Catalogue, Patch

RETRIEVALS = Catalogue()
CT = "1.2.840.10008.5.1.4.1.1.2"
MEGABYTE = 1 << 20
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


def of_level(level: information_model.Level, request: Any) -> bool:
    """Tell whether a retrieval is of this level."""
    return bool(request.level is level)


def one_study_of_the_patient(patch: Patch) -> None:
    """Let a retrieval of a patient find the instances of one study only."""

    def one(held: Any, request: Any) -> Any:
        found = list(before(held, request))
        if not of_level(information_model.Level.PATIENT, request):
            return found
        studies = [instance.data_set.partition(b"\x20\x00\x0d\x00")[2][:40] for instance in found]
        return [instance for instance, study in zip(found, studies, strict=True) if study == studies[0]]

    before = patch.set(services, "select", one)


@RETRIEVALS.mutant("scp/move/patient-level", "retrieved")
def moves_one_study_of_a_patient(patch: Patch) -> None:
    """A C-MOVE of a patient sends one of the patient's studies."""
    one_study_of_the_patient(patch)


@RETRIEVALS.mutant("scp/get/patient-level", "retrieved")
def gets_one_study_of_a_patient(patch: Patch) -> None:
    """A C-GET of a patient sends one of the patient's studies."""
    one_study_of_the_patient(patch)


@RETRIEVALS.mutant("scp/get/uid-lists", "retrieved")
def gets_the_last_of_a_list(patch: Patch) -> None:
    """Of a list of UIDs the last is sent."""

    def last(held: Any, request: Any) -> Any:
        return before(held, replace(request, unique_values=request.unique_values[-1:]))

    before = patch.set(services, "select", last)


@RETRIEVALS.mutant("scp/get/roles", "retrieved")
def counts_what_was_not_offered_as_completed(patch: Patch) -> None:
    """An instance whose class was not offered counts as completed, though it was not sent."""

    def lenient(self: Any, uid: str, status: int | None, fault: str = "") -> None:
        before(self, uid, 0x0000 if status is None else status, fault)

    before = patch.set(move.SubOperations, "count", lenient)


@RETRIEVALS.mutant("scp/get/no-remaining-at-the-end", "dimse")
def says_that_nothing_remains_of_a_get(patch: Patch) -> None:
    """The final response of a C-GET says that 0 sub-operations remain."""
    changed(
        patch,
        move.SubOperations,
        "elements",
        lambda made, *given: {"NumberOfRemainingSuboperations": given[0].remaining, **made},
    )


@RETRIEVALS.mutant("scp/get/nothing-to-retrieve", "dimse")
def ends_a_get_of_nothing_twice(patch: Patch) -> None:
    """A C-GET of a study that is not there has two final responses."""

    def twice(*arguments: Any) -> Generator[Response, None, None]:
        for response in before(*arguments):
            yield response
            if response.status == 0x0000 and response.elements.get("NumberOfCompletedSuboperations") == 0:
                yield response

    before = patch.set(services, "get", twice)


@RETRIEVALS.mutant("scp/move/final-comes", "dimse")
def ends_a_move_with_pending(patch: Patch) -> None:
    """The last response of a C-MOVE is pending."""
    changed_responses(
        patch, services, "move", lambda said: said if said.status == 0xFF00 else replace(said, status=0xFF00)
    )


def takes_any_level(patch: Patch, service: str) -> None:
    """Answer a retrieval at a level that does not exist with success."""

    def anyway(*arguments: Any) -> Generator[Response, None, None]:
        for response in before(*arguments):
            yield Response(0x0000) if response.status == 0xA900 else response

    before = patch.set(services, service, anyway)


@RETRIEVALS.mutant("scp/move/level-wrong", "dimse")
def moves_at_any_level(patch: Patch) -> None:
    """A C-MOVE at a level that does not exist ends with success."""
    takes_any_level(patch, "move")


@RETRIEVALS.mutant("scp/get/level-wrong", "dimse")
def gets_at_any_level(patch: Patch) -> None:
    """A C-GET at a level that does not exist ends with success."""
    takes_any_level(patch, "get")


def says_nothing_to_refused(patch: Patch, service: str) -> None:
    """Answer a retrieval that would be refused with nothing at all."""
    changed_responses(patch, services, service, lambda said: None if said.status == 0xA900 else said)


@RETRIEVALS.mutant("scp/move/key-above-missing", "dimse")
def never_answers_a_move_without_the_key_above(patch: Patch) -> None:
    """A C-MOVE of a series without the UID of its study has no response."""
    says_nothing_to_refused(patch, "move")


@RETRIEVALS.mutant("scp/get/key-above-missing", "dimse")
def never_answers_a_get_without_the_key_above(patch: Patch) -> None:
    """A C-GET of a series without the UID of its study has no response."""
    says_nothing_to_refused(patch, "get")


@RETRIEVALS.mutant("scp/move/third-party", "association")
def sends_to_whoever_asks(patch: Patch) -> None:
    """The instances go to the AE that asks, and not to the destination."""

    def to_the_scu(self: Any, originator: Any, destination: str, contexts: Any) -> Any:
        return before(self, originator, "CONFSCU", contexts)

    before = patch.set(move_destination.Dialler, "dial", to_the_scu)


@RETRIEVALS.mutant("scp/storage/sizes", "dimse")
def refuses_large_instances(patch: Patch) -> None:
    """An instance above one megabyte is refused."""

    def small(held: Any, instance: Any, *others: Any) -> Response:
        return Response(0xA700) if len(instance.data_set) > MEGABYTE else before(held, instance, *others)

    before = patch.set(services, "store", small)


@RETRIEVALS.mutant("scp/storage/round-trip-of-transfer-syntaxes", "store")
def forgets_the_transfer_syntax(patch: Patch) -> None:
    """Compressed pixels are sent as if they were native."""

    def mislabelled(link: Any, instance: Any) -> Any:
        if link.accepted(CT):
            return link.store(instance, link.accepted(CT)[-1], instance.data_set), ""
        return before(link, instance)

    before = patch.set(services, "_store_at", mislabelled)


@RETRIEVALS.mutant("scp/storage/mismatch", "dimse")
def takes_another_instance_than_the_command_names(patch: Patch) -> None:
    """A data set whose instance is not that of its command is answered with success."""

    def anyway(*arguments: Any) -> Response:
        response = before(*arguments)
        return Response(0x0000) if response.status == 0xA900 else response

    before = patch.set(services, "store", anyway)


@RETRIEVALS.mutant("scp/commitment/wrong-class", "committed")
def commits_whatever_the_class(patch: Patch) -> None:
    """An instance that is referred to by another SOP Class is committed."""
    changed(patch, commitment, "_failure", lambda reason, *given: 0x0000 if reason == 0x0119 else reason)


@RETRIEVALS.mutant("scp/get/counts-agree", "retrieved")
def leaves_a_count_out_of_the_pending_responses_of_a_get(patch: Patch) -> None:
    """A pending response of a C-GET does not say how many sub-operations failed."""

    def without(said: Response) -> Response:
        if said.status != 0xFF00:
            return said
        left = {key: value for key, value in said.elements.items() if key != "NumberOfFailedSuboperations"}
        return replace(said, elements=left)

    changed_responses(patch, services, "get", without)
