"""The pages of the explorer without a socket: a site with images in memory, asked directly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import urlencode

from asgi_request import Answered, ask
from pydicom.dataset import Dataset
from pydicom.filebase import DicomIO
from pydicom.filewriter import write_dataset

from dicom_workstation.application import Workstation
from dicom_workstation.configuration import Configuration
from dicom_workstation.control import Jobs
from dicom_workstation.explorer.session import Session
from dicom_workstation.explorer.site import build
from dicom_workstation.instances.memory import StoredInstance

EXPLICIT = "1.2.840.10008.1.2.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
STATE = "1.2.840.10008.5.1.4.1.1.11.1"
SESSION = Session("key", "csrf-of-the-session")


class Answer(Answered):
    """What the site answered."""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> object:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Site:
    """The site of a workstation that was never started."""

    workstation: Workstation
    session: Session = SESSION
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        """Build it."""
        self.jobs = Jobs(self.workstation)
        self._app = build(self.workstation, self.jobs)

    def get(self, address: str, **query: str) -> Answer:
        """Ask for a page."""
        return self._ask("GET", f"{address}?{urlencode(query)}", b"", {})

    def post(self, address: str, form: Mapping[str, object], **headers: str) -> Answer:
        """Send a form, with the token of the session unless another is in it."""
        body = urlencode({"csrf": self.session.csrf, **form}, doseq=True).encode()
        return self._ask("POST", address, body, headers)

    def _ask(self, method: str, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        found = ask(self._app, method, address, headers, body, state={"session": self.session})
        return Answer(found.status, found.headers, found.body)


def site(**keywords: object) -> Site:
    """A site with two archives."""
    archives = {name: {"ae_title": name, "host": "127.0.0.1", "port": 1} for name in ("PACS", "VAULT")}
    return Site(Workstation(Configuration.from_keywords(**{"archives": archives, **keywords})))


def held(
    uid: str, study: str = "1.2", series: str = "1.2.1", *, sop_class: str = CT, rows: int = 2, **values: object
) -> StoredInstance:
    """An instance as the memory holds it; without rows it is no image."""
    data_set = Dataset()
    data_set.SOPClassUID, data_set.SOPInstanceUID = sop_class, uid
    data_set.StudyInstanceUID, data_set.SeriesInstanceUID = study, series
    if rows:
        data_set.SamplesPerPixel, data_set.PhotometricInterpretation = 1, "MONOCHROME2"
        data_set.Rows, data_set.Columns = rows, 3
        data_set.BitsAllocated, data_set.BitsStored, data_set.HighBit, data_set.PixelRepresentation = 16, 12, 11, 0
        frames = int(values.get("NumberOfFrames", 1))
        data_set.PixelData = bytes(range(1, rows * 3 * 2 * frames + 1))
    for keyword, value in values.items():
        setattr(data_set, keyword, value)
    encoded = BytesIO()
    write_dataset(_little_endian(encoded), data_set)
    return StoredInstance(sop_class, uid, study, series, EXPLICIT, encoded.getvalue())


def _little_endian(stream: BytesIO) -> object:
    written = DicomIO(stream)
    written.is_little_endian, written.is_implicit_VR = True, False
    return written
