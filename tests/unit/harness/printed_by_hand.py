"""Print conversations written by hand, in any of the transfer syntaxes of Table 5."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from hand_written import IMPLICIT, A, R, Talk
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from dicom_conformance.trace.trace import Trace
from dicom_wire.capture.sighting import Recorder

GRAY, COLOR, JOB = "1.2.840.10008.5.1.1.9", "1.2.840.10008.5.1.1.18", "1.2.840.10008.5.1.1.14"
SESSION, BOX = "1.2.840.10008.5.1.1.1", "1.2.840.10008.5.1.1.2"
GRAY_BOX, COLOR_BOX = "1.2.840.10008.5.1.1.4", "1.2.840.10008.5.1.1.4.1"
ANNOTATION_BOX, PRINTER, LUT = "1.2.840.10008.5.1.1.15", "1.2.840.10008.5.1.1.16", "1.2.840.10008.5.1.1.23"
BIG = "1.2.840.10008.1.2.2"


def encoded(data_set: Dataset, syntax: str) -> bytes:
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = syntax != BIG, syntax == IMPLICIT
    write_dataset(stream, data_set)
    return stream.getvalue()


def attributes(**values: object) -> Dataset:
    data_set = Dataset()
    for keyword, value in values.items():
        setattr(data_set, keyword, value)
    return data_set


def references(sop_class: str, *uids: str) -> list[Dataset]:
    return [attributes(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=uid) for uid in uids]


def content(pixels: NDArray[np.integer], bits: int = 8, syntax: str = IMPLICIT, **changes: object) -> Dataset:
    """Make the item of a Basic Grayscale or Color Image Sequence; a change to None leaves the element out."""
    colour = pixels.ndim == 3
    allocated = 16 if bits > 8 else 8
    planes = np.moveaxis(pixels, 2, 0) if colour else pixels
    raw = planes.astype((">" if syntax == BIG else "<") + f"u{allocated // 8}").tobytes()
    values: dict[str, object] = {
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": allocated,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
        "PixelData": raw + b"\0" * (len(raw) % 2),
    }
    values |= {"PlanarConfiguration": 1} if colour else {}
    item = attributes(**{key: value for key, value in {**values, **changes}.items() if value is not None})
    if "PixelData" in item:
        item["PixelData"].VR = "OW" if allocated == 16 else "OB"
    return item


class PrintTalk:
    """One association with a printer; UIDs are assigned by the printer, unless `proposed`."""

    def __init__(
        self,
        recorder: Recorder,
        syntax: str = IMPLICIT,
        colour: bool = False,
        proposed: bool = False,
        requestor: str = "workstation",
    ) -> None:
        self.syntax, self.colour, self.proposed = syntax, colour, proposed
        self.talk = Talk(recorder, requestor, "printer")
        self.talk.opened((COLOR if colour else GRAY, (syntax,)), (JOB, (syntax,)))
        self.number = 0
        self.counts: dict[str, int] = {}

    def ask(
        self,
        service: str,
        sop_class: str,
        uid: str | None,
        asked: Dataset | None = None,
        told: Dataset | None = None,
        status: int | None = 0,
        response_uid: str | None = None,
        context_id: int = 1,
        **elements: object,
    ) -> None:
        """Say a request, and unless `status` is None its response."""
        self.number += 1
        prefix = "Affected" if service == "N-CREATE" else "Requested"
        names = {f"{prefix}SOPClassUID": sop_class, **({f"{prefix}SOPInstanceUID": uid} if uid else {})}
        raw = None if asked is None else encoded(asked, self.syntax)
        self.talk.say(R, f"{service}-RQ", raw, context_id, MessageID=self.number, **names, **elements)
        if status is None:
            return
        answered = {"AffectedSOPClassUID": sop_class, "AffectedSOPInstanceUID": response_uid or uid or "1.2.3"}
        back = None if told is None else encoded(told, self.syntax)
        answered |= {"MessageIDBeingRespondedTo": self.number, "Status": status}
        self.talk.say(A, f"{service}-RSP", back, context_id, **answered)

    def _uid(self, kind: str) -> tuple[str | None, str]:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        uid = f"2.25.{sum(map(ord, kind))}{self.counts[kind]}"
        return (uid if self.proposed else None), uid

    def session(self, **values: object) -> str:
        asked, uid = self._uid("session")
        self.ask("N-CREATE", SESSION, asked, attributes(**values), response_uid=uid)
        return uid

    def box(self, session: str, boxes: int = 1, told: Mapping[str, object] = {}, **values: object) -> str:
        asked, uid = self._uid("box")
        values = {"ImageDisplayFormat": f"STANDARD\\{boxes},1", **values}
        data_set = attributes(**values, ReferencedFilmSessionSequence=references(SESSION, session))
        images = references(COLOR_BOX if self.colour else GRAY_BOX, *(f"{uid}.{n}" for n in range(1, boxes + 1)))
        back = attributes(**told, ReferencedImageBoxSequence=images)
        self.ask("N-CREATE", BOX, asked, data_set, back, response_uid=uid)
        return uid

    def image(
        self,
        box: str,
        position: int,
        pixels: NDArray[np.integer],
        bits: int = 8,
        status: int | None = 0,
        parameters: Mapping[str, object] = {},
        place: int | None = None,
        **changes: object,
    ) -> None:
        item = content(pixels, bits, self.syntax, **changes)
        keyword = "BasicColorImageSequence" if self.colour else "BasicGrayscaleImageSequence"
        asked = attributes(**parameters, ImageBoxPosition=position)
        setattr(asked, keyword, [item])
        sop_class = COLOR_BOX if self.colour else GRAY_BOX
        self.ask("N-SET", sop_class, f"{box}.{place or position}", asked, status=status)

    def action(self, uid: str, sop_class: str = BOX, status: int | None = 0, job: str | None = None) -> None:
        told = None if job is None else attributes(ReferencedPrintJobSequencePullStoredPrint=references(JOB, job))
        self.ask("N-ACTION", sop_class, uid, None, told, status, ActionTypeID=1)

    def delete(self, uid: str, sop_class: str = BOX, status: int | None = 0) -> None:
        self.ask("N-DELETE", sop_class, uid, status=status)

    def event(
        self, kind: int, uid: str = PRINTER + ".17", sop_class: str = PRINTER, answer: int | None = 0, **v: object
    ) -> None:
        elements = {"AffectedSOPClassUID": sop_class, "AffectedSOPInstanceUID": uid, "EventTypeID": kind}
        context_id = 3 if sop_class == JOB else 1
        raw = encoded(attributes(**v), self.syntax) if v else None
        self.talk.say(A, "N-EVENT-REPORT-RQ", raw, context_id, MessageID=900 + kind, **elements)
        if answer is not None:
            told = {**elements, "MessageIDBeingRespondedTo": 900 + kind, "Status": answer}
            self.talk.say(R, "N-EVENT-REPORT-RSP", None, context_id, **told)


def ramp(rows: int = 4, columns: int = 6, bits: int = 8) -> NDArray[np.uint16]:
    """Make an image of which every sample differs, and that ends at neither black nor white."""
    step = ((1 << bits) - 1) / (rows * columns + 1)
    return np.round((np.arange(rows * columns) + 1) * step).astype(np.uint16).reshape(rows, columns)


def one_film(recorder: Recorder, syntax: str = IMPLICIT, **box: object) -> PrintTalk:
    """Print one film of two images, the second of which is another, and delete it."""
    talk = PrintTalk(recorder, syntax)
    session = talk.session(NumberOfCopies="2", PrintPriority="HIGH")
    film = talk.box(session, 2, **box)
    talk.image(film, 1, ramp(), parameters={"Polarity": "NORMAL"})
    talk.image(film, 2, ramp()[::-1])
    talk.action(film, job="2.25.77")
    talk.delete(film)
    talk.delete(session, SESSION)
    return talk


def trace_with(*talks: object) -> Trace:
    recorder = Recorder()
    for talk in talks:
        talk(recorder)  # type: ignore[operator]
    return Trace(recorder)
