"""More mutants of the archive simulator: retrieval, storage and commitment, one deviation each.

The case of a mutant is a scenario of `scenarios/scp/`, the check the noun whose finding must be unmet.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from dicom_simulators.archive import archive as archive_module
from dicom_simulators.archive import commitment, information_model, move, services
from dicom_simulators.association import Response
from mutants_of_the_archive import PENDING, changed, changed_responses
from mutation import Catalogue, Patch

MORE = Catalogue()


# -- helpers of several mutants


def repeats_the_final_response(patch: Patch, service: str) -> None:
    """Let a service send each final response twice."""

    def twice(*arguments: Any) -> Generator[Response, None, None]:
        for response in before(*arguments):
            yield response
            if response.status not in PENDING:
                yield response

    before = patch.set(services, service, twice)


def selecting(patch: Patch, change: Callable[[list[Any], Any], list[Any]]) -> None:
    """Change which instances a retrieval selects; `change` has those and the request."""
    changed(patch, services, "select", lambda found, held, request: change(found, request))


# -- move


@MORE.mutant("scp/move/final-comes", "dimse")
def ends_a_move_twice(patch: Patch) -> None:
    """The final response of a C-MOVE comes twice."""
    repeats_the_final_response(patch, "move")


@MORE.mutant("scp/move/final-comes", "dimse")
def sends_no_final_response_to_a_move(patch: Patch) -> None:
    """The final response of a C-MOVE is missing."""
    changed_responses(patch, services, "move", lambda said: said if said.status in PENDING else None)


@MORE.mutant("scp/move/each-level", "retrieved")
def moves_each_instance_twice(patch: Patch) -> None:
    """Each instance is sent two times."""
    selecting(patch, lambda found, request: [one for one in found for _ in range(2)])


@MORE.mutant("scp/move/nothing-to-retrieve", "retrieved")
def moves_everything_where_nothing_is_found(patch: Patch) -> None:
    """A UID that nothing has moves all that the archive holds."""

    def everything(held: Any, request: Any) -> Any:
        return before(held, request) or [
            image.instance
            for study in held.entities(information_model.Level.STUDY, (), frozenset())
            for image in study.at_level(information_model.Level.IMAGE)
        ]

    before = patch.set(services, "select", everything)


@MORE.mutant("scp/move/unknown-destination", "dimse")
def names_another_reason_for_an_unknown_destination(patch: Patch) -> None:
    """A title that is not known is answered with A702."""
    patch.set(services, "STATUS_DESTINATION_UNKNOWN", 0xA702)


@MORE.mutant("scp/move/failed-list", "retrieved")
def lists_failures_in_pending_responses(patch: Patch) -> None:
    """Pending responses have an Identifier."""
    changed_responses(
        patch,
        services,
        "move",
        lambda said: replace(said, data_set=b"\x08\0\x58\0\0\0\0\0") if said.status in PENDING else said,
    )


@MORE.mutant("scp/move/counts-agree", "retrieved")
def loses_what_remains_on_the_way(patch: Patch) -> None:
    """Pending responses say that nothing remains."""
    changed(
        patch,
        move.SubOperations,
        "elements",
        lambda made, *given: {key: 0 if "Remaining" in key else one for key, one in made.items()},
    )


@MORE.mutant("scp/move/status-agrees", "retrieved")
def fails_where_a_part_failed(patch: Patch) -> None:
    """The final status is A702 where some sub-operations succeeded."""
    changed(patch, move.SubOperations, "final_status", lambda status, *given: 0xA702 if status == 0xB000 else status)


# -- get


@MORE.mutant("scp/get/final-comes", "dimse")
def ends_a_get_twice(patch: Patch) -> None:
    """The final response of a C-GET comes twice."""
    repeats_the_final_response(patch, "get")


@MORE.mutant("scp/get/nothing-to-retrieve", "dimse")
def does_not_end_a_get_of_nothing(patch: Patch) -> None:
    """A C-GET of an unknown study has no final response."""
    changed_responses(
        patch,
        services,
        "get",
        lambda said: None if said.elements.get("NumberOfCompletedSuboperations") == 0 and said.status == 0 else said,
    )


@MORE.mutant("scp/get/uid-lists", "retrieved")
def gets_the_first_of_a_list(patch: Patch) -> None:
    """Of a list of UIDs a C-GET sends the first."""

    def first(held: Any, request: Any) -> Any:
        return before(held, replace(request, unique_values=request.unique_values[:1]))

    before = patch.set(services, "select", first)


# -- storage


@MORE.mutant("scp/storage/round-trip-of-transfer-syntaxes", "store")
def damages_big_endian_pixels(patch: Patch) -> None:
    """The last bytes of what was stored in Big Endian are others."""

    def damaged(link: Any, instance: Any) -> Any:
        data = instance.data_set
        if instance.transfer_syntax == "1.2.840.10008.1.2.2":
            instance = replace(instance, data_set=data[:-2] + bytes(each ^ 0x55 for each in data[-2:]))
        return before(link, instance)

    before = patch.set(services, "_store_at", damaged)


@MORE.mutant("scp/storage/unparsable", "dimse")
def refuses_everything_after_what_it_cannot_read(patch: Patch) -> None:
    """After a data set that cannot be read, no instance is taken."""
    spoilt: list[bool] = []

    def sulking(held: Any, instance: Any, *more: Any) -> Response:
        if spoilt:
            return Response(0xA700)
        response = before(held, instance, *more)
        if response.status == services.STATUS_CANNOT_UNDERSTAND:
            spoilt.append(True)
        return response

    before = patch.set(services, "store", sulking)


# -- commitment


@MORE.mutant("scp/commitment/has-a-part", "committed")
def commits_to_nothing_where_a_part_failed(patch: Patch) -> None:
    """A report of a part does not list what is committed."""
    changed(patch, archive_module, "judge", lambda made, *given: replace(made, committed=()) if made.failed else made)


@MORE.mutant("scp/commitment/unknown-instance", "response")
def names_another_reason_for_another_instance(patch: Patch) -> None:
    """N-ACTION of another SOP Instance is answered with 0110."""
    patch.set(commitment, "NO_SUCH_OBJECT_INSTANCE", 0x0110)
