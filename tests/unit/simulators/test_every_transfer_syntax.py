"""Archive and destination take instances in every transfer syntax of PS3.6, keep the bytes and give them back."""

from __future__ import annotations

import zlib

import pytest
from pydicom.uid import UID, UID_dictionary

from dicom_simulators.archive.archive import Archive
from dicom_simulators.association.association import Deadlines
from dicom_simulators.association.negotiation import Established, Supported
from dicom_simulators.association.requestor import Proposal, Requestor, propose
from dicom_simulators.data_sets import Instance, build
from dicom_simulators.destination import Destination
from dicom_simulators.encoding import EVERY_STORAGE_TRANSFER_SYNTAX
from dicom_simulators.encoding.transfer_syntax_uids import DEFLATED
from dicom_wire import Message, Recorder

CT, MOVE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.2"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
RLE, JPEG_LS, HTJ2K, HEVC = (f"1.2.840.10008.1.2.{last}" for last in ("5", "4.80", "4.201", "4.107"))
SHORT = Deadlines(2.0, 2.0, 2.0, 2.0, 2.0, 0.2, 2.0)
NOT_FOR_STORAGE = {"1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.6.2", "1.2.840.10008.1.20"}


def instance_in(syntax: str) -> Instance:
    """Return an instance in a transfer syntax; the fragment of a compressed one is none of any codec."""
    if syntax in (IMPLICIT, EXPLICIT, "1.2.840.10008.1.2.2"):
        return build("smallest", CT, syntax, seed=5)
    made = build("smallest", CT, EXPLICIT, seed=5)
    head = made.data_set[: made.data_set.index(b"\xe0\x7f\x10\x00")]
    fragments = b"\xfe\xff\x00\xe0" + bytes(4) + b"\xfe\xff\x00\xe0\x04\x00\x00\x00\x01\x02\x03\x04"
    pixels = b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff" + fragments + b"\xfe\xff\xdd\xe0" + bytes(4)
    data_set = made.data_set if syntax in DEFLATED else head + pixels
    if syntax in DEFLATED:
        deflater = zlib.compressobj(wbits=-15)
        data_set = deflater.compress(data_set) + deflater.flush()
        data_set += b"\0" * (len(data_set) % 2)
    return Instance(CT, made.SOPInstanceUID, syntax, data_set)


def associated(address: tuple[str, int], *contexts: tuple[str, list[str]]) -> Requestor:
    proposal = Proposal("ANY", "SCU", propose(*contexts))
    one = Requestor(Recorder(), address, proposal, name="scu", peer="scp", deadlines=SHORT)
    assert isinstance(one.associate(), Established)
    return one


def stored(one: Requestor, instance: Instance) -> int | None:
    uid = instance.SOPInstanceUID
    command = one.command("C-STORE-RQ", b"", AffectedSOPClassUID=CT, AffectedSOPInstanceUID=uid, Priority=0)
    (response,) = one.request(Message(1, command, instance.data_set))
    return response.command.number("Status")


def asked(one: Requestor, name: str, instance: Instance, **elements: str) -> list[Message]:
    study = str(build("smallest", CT, EXPLICIT, seed=5).read().StudyInstanceUID).encode()
    study += b"\0" * (len(study) % 2)
    identifier = b"\x08\x00\x52\x00\x06\x00\x00\x00STUDY \x20\x00\x0d\x00" + len(study).to_bytes(4, "little") + study
    sop_class = MOVE if name == "C-MOVE-RQ" else FIND
    command = one.command(name, identifier, AffectedSOPClassUID=sop_class, Priority=0, **elements)
    return list(one.request(Message(1, command, identifier)))


def test_the_list_is_that_of_the_standard():
    listed = {uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"}
    storage = {uid for uid in listed - NOT_FOR_STORAGE if not uid.startswith("1.2.840.10008.1.2.7.")}
    assert storage <= set(EVERY_STORAGE_TRANSFER_SYNTAX)
    later = {"1.2.840.10008.1.2.8.1", *(f"1.2.840.10008.1.2.4.{last}" for last in (110, 111, 112))}
    assert set(EVERY_STORAGE_TRANSFER_SYNTAX) - storage <= later  # in PS3.6 since pydicom's list was made
    assert len(set(EVERY_STORAGE_TRANSFER_SYNTAX)) == len(EVERY_STORAGE_TRANSFER_SYNTAX)


@pytest.mark.parametrize("syntax", EVERY_STORAGE_TRANSFER_SYNTAX)
def test_what_is_stored_is_kept_found_and_given_back_byte_by_byte(syntax):
    instance = instance_in(syntax)
    destination = Destination("destination", "DEST", Recorder(), deadlines=SHORT)
    destination.start()
    archive = Archive("archive", "ARCHIVE", Recorder(), destinations={"DEST": destination.address}, deadlines=SHORT)
    archive.start()
    store = associated(archive.address, (CT, [syntax]))
    assert stored(store, instance) == 0
    store.release()
    query = associated(archive.address, (FIND, [IMPLICIT]))
    assert [one.command["Status"] for one in asked(query, "C-FIND-RQ", instance)] == [0xFF00, 0]
    query.release()
    move = associated(archive.address, (MOVE, [IMPLICIT]))
    assert asked(move, "C-MOVE-RQ", instance, MoveDestination="DEST")[-1].command["Status"] == 0
    move.release()
    archive.stop()
    destination.stop()
    for simulator in (archive, destination):
        assert [(one.transfer_syntax, one.data_set) for one in simulator.stored] == [(syntax, instance.data_set)]


@pytest.mark.parametrize("syntax", [RLE, JPEG_LS, HTJ2K, HEVC])
def test_what_cannot_be_converted_fails_by_status_and_in_words(syntax):
    instance = instance_in(syntax)
    supports = (Supported(CT, (EXPLICIT,)),)
    destination = Destination("destination", "DEST", Recorder(), supports=supports, deadlines=SHORT)
    destination.start()
    archive = Archive(
        "archive",
        "ARCHIVE",
        Recorder(),
        instances=(instance,),
        destinations={"DEST": destination.address},
        deadlines=SHORT,
    )
    archive.start()
    move = associated(archive.address, (MOVE, [IMPLICIT]))
    final = asked(move, "C-MOVE-RQ", instance, MoveDestination="DEST")[-1].command
    move.release()
    archive.stop()
    destination.stop()
    assert (final["Status"], final["NumberOfFailedSuboperations"]) == (0xA702, 1)
    assert final["ErrorComment"] == f"cannot be converted: {UID(syntax).name}"[:64]
    assert destination.stored == []


def test_a_deflated_instance_is_inflated_for_a_destination_that_takes_no_other():
    instance = instance_in("1.2.840.10008.1.2.1.99")
    destination = Destination(
        "destination", "DEST", Recorder(), supports=(Supported(CT, (EXPLICIT,)),), deadlines=SHORT
    )
    destination.start()
    archive = Archive(
        "archive",
        "ARCHIVE",
        Recorder(),
        instances=(instance,),
        destinations={"DEST": destination.address},
        deadlines=SHORT,
    )
    archive.start()
    move = associated(archive.address, (MOVE, [IMPLICIT]))
    assert asked(move, "C-MOVE-RQ", instance, MoveDestination="DEST")[-1].command["Status"] == 0
    move.release()
    archive.stop()
    destination.stop()
    assert [one.data_set for one in destination.stored] == [build("smallest", CT, EXPLICIT, seed=5).data_set]
