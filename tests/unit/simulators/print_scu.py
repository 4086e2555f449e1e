"""A print SCU for tests, on the project's own requestor: what it asks is written as keywords and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pydicom
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset

from dicom_simulators.association.association import (
    AssociationEndedError,
    Deadlines,
    Established,
    Proposal,
    Requestor,
    propose,
)
from dicom_simulators.encoding.data_set_text import encode_texts
from dicom_simulators.printer.sop_classes import (
    ANNOTATION_BOX,
    COLOR_META,
    FILM_BOX,
    FILM_SESSION,
    GRAYSCALE_IMAGE_BOX,
    GRAYSCALE_META,
    PRESENTATION_LUT,
    PRINT_JOB,
    PRINTER,
    PRINTER_INSTANCE,
)
from dicom_wire import CommandDataSetType, Message, Recorder, command_set

IMPLICIT = "1.2.840.10008.1.2"
EVERY_CLASS = (GRAYSCALE_META, COLOR_META, PRINT_JOB, PRESENTATION_LUT, ANNOTATION_BOX)
SHORT = Deadlines(2.0, 2.0, 2.0, 5.0, 5.0, 0.5, 2.0)


def read(data: bytes | None, transfer_syntax: str = IMPLICIT) -> pydicom.Dataset:
    """Read a data set of a response."""
    if data is None:
        return pydicom.Dataset()
    implicit, little = transfer_syntax == IMPLICIT, transfer_syntax != "1.2.840.10008.1.2.2"
    return read_dataset(DicomBytesIO(data), implicit, little)


def gray(rows: int = 4, columns: int = 6, bits: int = 8, **changes: Any) -> dict[str, Any]:
    """Make an item of a Basic Grayscale Image Sequence: a ramp."""
    allocated = 8 if bits == 8 else 16
    samples = [(index * 7) % (1 << bits) for index in range(rows * columns)]
    pixels = b"".join(sample.to_bytes(allocated // 8, "little") for sample in samples)
    item = {
        "SamplesPerPixel": "1",
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": allocated,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
        "PixelData": pixels.hex(),
    }
    return {key: value for key, value in {**item, **changes}.items() if value is not None}


def colour(rows: int = 4, columns: int = 6, **changes: Any) -> dict[str, Any]:
    """Make an item of a Basic Color Image Sequence."""
    item = gray(rows, columns, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=1)
    item["PixelData"] = bytes((index * 5) % 256 for index in range(rows * columns * 3)).hex()
    return {key: value for key, value in {**item, **changes}.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Reply:
    """A response."""

    status: int
    uid: str
    data: pydicom.Dataset
    command: Any


class PrintSCU:
    """One association with a printer."""

    def __init__(
        self,
        address: tuple[str, int],
        recorder: Recorder,
        classes: tuple[str, ...] = EVERY_CLASS,
        transfer_syntax: str = IMPLICIT,
        title: str = "SCU",
        tls: Any = None,
    ) -> None:
        contexts = propose(*((one, [transfer_syntax]) for one in classes))
        proposal = Proposal("PRINTER", title, contexts)
        self.syntax = transfer_syntax
        self.requestor = Requestor(recorder, address, proposal, name="scu", peer="printer", deadlines=SHORT, tls=tls)
        established = self.requestor.associate()
        assert isinstance(established, Established), established
        self.established = established

    def ask(self, name: str, context: str, data: Mapping[str, Any] | None = None, **elements: Any) -> Reply:
        """Send a request; return its response."""
        raw = None if data is None else encode_texts(data, self.syntax)
        found = self.established.find(context)
        assert found is not None
        command = self.requestor.command(name, raw, **{k: v for k, v in elements.items() if v is not None})
        replies = list(self.requestor.request(Message(found.context_id, command, raw)))
        assert len(replies) == 1, self.requestor.ended
        command = replies[0].command
        uid = command.text("AffectedSOPInstanceUID") or ""
        return Reply(command.number("Status") or 0, uid, read(replies[0].data_set, self.syntax), command)

    def create(
        self, sop_class: str, data: Mapping[str, Any] | None, uid: str | None = None, context: str = ""
    ) -> Reply:
        """N-CREATE."""
        context = context or (sop_class if sop_class == PRESENTATION_LUT else GRAYSCALE_META)
        return self.ask("N-CREATE-RQ", context, data, AffectedSOPClassUID=sop_class, AffectedSOPInstanceUID=uid)

    def session(self, **attributes: Any) -> str:
        """Create a film session; return its UID."""
        reply = self.create(FILM_SESSION, attributes or None)
        assert reply.status == 0, hex(reply.status)
        return reply.uid

    def film_box(self, session: str, layout: str = "STANDARD\\1,1", context: str = "", **attributes: Any) -> Reply:
        """Create a film box."""
        return self.create(FILM_BOX, film_box(session, layout, **attributes), context=context)

    def set(self, sop_class: str, uid: str, data: Mapping[str, Any], context: str = GRAYSCALE_META) -> Reply:
        """N-SET."""
        return self.ask("N-SET-RQ", context, data, RequestedSOPClassUID=sop_class, RequestedSOPInstanceUID=uid)

    def image(self, uid: str, position: int = 1, item: Mapping[str, Any] | None = None, **attributes: Any) -> Reply:
        """Set a grayscale image."""
        sequence = [gray() if item is None else item]
        data = {"ImageBoxPosition": position, "BasicGrayscaleImageSequence": sequence, **attributes}
        return self.set(GRAYSCALE_IMAGE_BOX, uid, data)

    def print(self, sop_class: str, uid: str, action: int = 1, context: str = GRAYSCALE_META) -> Reply:
        """N-ACTION."""
        named = {"RequestedSOPClassUID": sop_class, "RequestedSOPInstanceUID": uid, "ActionTypeID": action}
        return self.ask("N-ACTION-RQ", context, None, **named)

    def get(self, sop_class: str, uid: str, tags: tuple[int, ...] | None = None, context: str = "") -> Reply:
        """N-GET."""
        context = context or (PRINT_JOB if sop_class == PRINT_JOB else GRAYSCALE_META)
        named = {"RequestedSOPClassUID": sop_class, "RequestedSOPInstanceUID": uid, "AttributeIdentifierList": tags}
        return self.ask("N-GET-RQ", context, None, **named)

    def printer(self, *tags: int) -> Reply:
        """N-GET of the printer."""
        return self.get(PRINTER, PRINTER_INSTANCE, tags or None)

    def delete(self, sop_class: str, uid: str, context: str = GRAYSCALE_META) -> Reply:
        """N-DELETE."""
        return self.ask("N-DELETE-RQ", context, None, RequestedSOPClassUID=sop_class, RequestedSOPInstanceUID=uid)

    def hear(self, status: int = 0, answers: bool = True, **elements: Any) -> Message:
        """Wait for an event, and answer it."""
        indication = self.requestor.upper_layer.receive(5.0, "an event")
        assert isinstance(indication, Message)
        if answers:
            self.answer(indication, status, **elements)
        return indication

    def hear_to_the_end(self) -> int:
        """Answer events until the association ends; return how many there were."""
        heard = 0
        try:
            while True:
                self.hear()
                heard += 1
        except AssociationEndedError:
            return heard

    def answer(self, event: Message, status: int = 0, **elements: Any) -> None:
        """Answer an event."""
        named = {
            "MessageIDBeingRespondedTo": event.command["MessageID"],
            "AffectedSOPClassUID": event.command["AffectedSOPClassUID"],
            "AffectedSOPInstanceUID": event.command["AffectedSOPInstanceUID"],
            "EventTypeID": event.command["EventTypeID"],
            "Status": status,
            "CommandDataSetType": int(CommandDataSetType.NULL),
            **elements,
        }
        self.requestor.upper_layer.send(Message(event.context_id, command_set("N-EVENT-REPORT-RSP", **named)))


def film_box(session: str, layout: str = "STANDARD\\1,1", **attributes: Any) -> dict[str, Any]:
    """Make the attributes of a film box."""
    reference = [{"ReferencedSOPClassUID": FILM_SESSION, "ReferencedSOPInstanceUID": session}]
    return {"ImageDisplayFormat": layout, "ReferencedFilmSessionSequence": reference, **attributes}


def boxes(reply: Reply) -> list[str]:
    """Return the UIDs of the image boxes of a film box."""
    return [str(item.ReferencedSOPInstanceUID) for item in reply.data.ReferencedImageBoxSequence]
