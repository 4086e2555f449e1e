"""Mutants of the archive simulator in what it keeps and what it counts: one deviation each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dicom_simulators.archive import holdings, move, services
from dicom_simulators.association import Request, acceptor
from dicom_simulators.encoding import encoding_of, read_elements, tag_of, write_elements
from dicom_wire import Message
from mutants_of_the_archive import changed, sent_without
from mutation import Catalogue, Patch

STORAGE = Catalogue()
LAWFUL_STORAGE = Catalogue()
PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.1"
SERIES_DESCRIPTION = tag_of("SeriesDescription")


def counts_as(patch: Patch, status: int) -> None:
    """Count what has no response as if it had been answered with this status."""

    def counting(self: Any, uid: str, answered: int | None, fault: str = "") -> None:
        count(self, uid, status if answered is None else answered, fault)

    count = patch.set(move.SubOperations, "count", counting)


@STORAGE.mutant("scp/move/class-refused", "retrieved")
def counts_what_was_refused_as_completed(patch: Patch) -> None:
    """An instance whose class the destination refuses counts as completed, though it was not sent."""
    counts_as(patch, 0x0000)


@STORAGE.mutant("scp/move/destination-away[falling silent and then aborting]", "dimse")
def counts_what_was_aborted_as_completed(patch: Patch) -> None:
    """An instance that the destination never answered counts as completed."""
    counts_as(patch, 0x0000)


@STORAGE.mutant("scp/move/destination-away[falling silent and then closing]", "retrieved")
def counts_what_was_cut_off_as_warned_of(patch: Patch) -> None:
    """An instance that the destination never answered counts as stored with a warning."""
    counts_as(patch, 0xB000)


@STORAGE.mutant("scp/get/counts-agree[one failed]", "retrieved")
def forgets_one_failure(patch: Patch) -> None:
    """The final response of a C-GET has one failed sub-operation less."""

    def fewer(self: Any, status: int) -> dict[str, int]:
        counts: dict[str, int] = count(self, status)
        return {**counts, "NumberOfFailedSuboperations": max(0, self.failed - 1)}

    count = patch.set(move.SubOperations, "elements", fewer)


@STORAGE.mutant("scp/storage/interrupted", "dimse")
def keeps_what_came_of_an_instance(patch: Patch) -> None:
    """What has come of a data set is kept when its association ends."""

    def running(self: Any) -> Any:
        end = run(self)
        incoming = self._upper_layer.incoming
        command = incoming._command
        if command is not None and command.message == "C-STORE-RQ":
            data_set = b"".join(bytes(part) for part in incoming._fragments)
            message = Message(incoming._context_id, command, data_set)
            request = Request(self, message, self.contexts[message.context_id])
            list(self._services["C-STORE-RQ"](request))
        return end

    run = patch.set(acceptor.Acceptor, "run", running)


@STORAGE.mutant("scp/storage/duplicates", "store")
def keeps_the_first_of_two_data_sets(patch: Patch) -> None:
    """Another data set under a known UID is answered with success and dropped."""

    def adding(self: Any, instance: Any, header: Any = None) -> None:
        if self.instance(instance.SOPInstanceUID) is None:
            add(self, instance, header)

    add = patch.set(holdings.Holdings, "add", adding)


@STORAGE.mutant("scp/storage/duplicates", "store")
def mixes_two_data_sets(patch: Patch) -> None:
    """Another data set under a known UID takes the place of the first, but for its Series Description."""

    def adding(self: Any, instance: Any, header: Any = None) -> None:
        before = self.instance(instance.SOPInstanceUID)
        if before is not None:
            old, new = (read_elements(one.data_set, one.transfer_syntax) for one in (before, instance))
            mixed = {**new, SERIES_DESCRIPTION: old[SERIES_DESCRIPTION]}
            data_set = write_elements(dict(sorted(mixed.items())), encoding_of(instance.transfer_syntax))
            instance, header = replace(instance, data_set=data_set), None
        add(self, instance, header)

    add = patch.set(holdings.Holdings, "add", adding)


@STORAGE.mutant("scp/storage/round-trip-of-presentation-states", "store")
def moves_images_alone(patch: Patch) -> None:
    """A retrieval leaves presentation states out."""

    def images(*given: Any) -> list[Any]:
        return [one for one in select(*given) if one.SOPClassUID != PRESENTATION_STATE]

    select = patch.set(services, "select", images)


@STORAGE.mutant("scp/move/destinations", "retrieved")
def moves_to_the_last_destination_where_the_title_is_unknown(patch: Patch) -> None:
    """What is asked for under a title that nobody has goes to the destination of the last retrieval."""
    last: list[str] = []

    def moving(held: Any, query: Any, destination: str, knows: Any, *further: Any) -> Any:
        if knows(destination):
            last.append(destination)
        return before(held, query, destination if knows(destination) else last[-1], knows, *further)

    before = patch.set(services, "move", moving)


@STORAGE.mutant("scp/move/destinations", "retrieved")
def knows_no_destination(patch: Patch) -> None:
    """A title that is configured is refused like one that is not."""

    def moving(held: Any, query: Any, destination: str, knows: Any, *further: Any) -> Any:
        return before(held, query, destination, lambda title: False, *further)

    before = patch.set(services, "move", moving)


@STORAGE.mutant("scp/move/destinations", "dimse")
def succeeds_for_an_unknown_destination(patch: Patch) -> None:
    """A title that is not configured is answered with success, and nothing is sent."""
    patch.set(services, "STATUS_DESTINATION_UNKNOWN", 0x0000)


@STORAGE.mutant("scp/storage/level-2", "retrieved")
def drops_private_elements(patch: Patch) -> None:
    """Private elements do not come back."""
    sent_without(patch, lambda tag: bool(tag >> 16 & 1))


@STORAGE.mutant("scp/storage/level-2", "retrieved")
def drops_an_attribute_of_type_3(patch: Patch) -> None:
    """Series Description, which is of type 3, does not come back."""
    sent_without(patch, lambda tag: tag == SERIES_DESCRIPTION)


# -- lawful


@LAWFUL_STORAGE.mutant("scp/move/destinations", "dimse")
def refuses_an_unknown_destination_for_another_reason(patch: Patch) -> None:
    """A title that is not configured is answered with A702: the statement promises no status."""
    patch.set(services, "STATUS_DESTINATION_UNKNOWN", 0xA702)


@LAWFUL_STORAGE.mutant("scp/storage/level-2", "retrieved")
def sends_the_last_instance_first(patch: Patch) -> None:
    """The instances of a retrieval come in the reverse order."""
    changed(patch, services, "select", lambda found, *given: list(reversed(found)))
