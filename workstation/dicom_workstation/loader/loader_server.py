"""The loader, server side: Verification and the 32 storage classes as SCP, images kept in memory.

Invariants: it never initiates an association; it sets no limit to their number; each C-STORE is answered with
one of four statuses, each with a real cause:

- 0000: the data set is in memory, byte for byte as received (also if the same one was there already);
- B000: it is in memory, with a real deficiency: Pixel Data is missing or shorter than Rows, Columns and the like say;
  or another content of the same SOP Instance UID came first, and that one stays;
- A700: the memory budget does not allow it;
- C000: it cannot be understood: no data set, a UID that identifies it is missing or invalid, or its SOP Class UID or
  SOP Instance UID is not the one that the command names.

What is wrong with an instance that is kept (`docs/reading-images.md`) stands in the log and with the instance.

Besides, 0122 where the command's SOP Class is not the presentation context's, and 0211 for an operation that is
neither C-ECHO nor C-STORE (PS3.7 Annex C).

References
----------
Conformance statement, 3.2.2.1; PS3.4 Annex B.2; PS3.7 Section 9.1.1 and 9.1.5
"""

from __future__ import annotations

import ssl
import traceback
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from pynetdicom.dimse_primitives import C_ECHO, C_STORE, DIMSEPrimitive
from pynetdicom.presentation import PresentationContext

from dicom_workstation.configuration import Configuration
from dicom_workstation.data_sets import DataSetError, describe
from dicom_workstation.instances import KeepResult, Memory, StoredInstance
from dicom_workstation.network import Association, ConfiguredAcceptor, Listener, application_entity
from dicom_workstation.tables import LOADER_SOP_CLASSES, PDU_LENGTH_BYTES, SELECTION_POLICIES, VERIFICATION

MOST_UID: Final = 64  # characters, PS3.5 Section 9.1: what a response can repeat
SUCCESS: Final = 0x0000
OUT_OF_RESOURCES: Final = 0xA700
STORED_WITH_DEFICIENCY: Final = 0xB000
CANNOT_UNDERSTAND: Final = 0xC000
SOP_CLASS_NOT_SUPPORTED: Final = 0x0122
UNRECOGNIZED_OPERATION: Final = 0x0211
PROCESSING_FAILURE: Final = 0x0110  # PS3.7 Annex C: of the workstation's own


class LoaderServer(ConfiguredAcceptor):
    """Listens, and answers Verification and storage requests."""

    def __init__(self, configuration: Configuration, memory: Memory, note: Callable[[str], None]) -> None:
        super().__init__("loader", configuration, note)
        self._memory = memory
        self._listener: Listener | None = None
        self._address: tuple[str, int] | None = None
        self._tls: ssl.SSLContext | None = None
        self.reconfigure(configuration)

    def reconfigure(self, configuration: Configuration) -> None:
        """Apply a configuration to the associations that come from now on; host and port need a restart.

        Raises
        ------
        OSError
            A certificate, key or authority cannot be read; everything stays as it was.
        """
        tls = None if configuration.tls is None else configuration.tls.server_context()
        syntaxes = SELECTION_POLICIES[configuration.jpeg_configuration]
        self._configuration, self._tls = configuration, tls
        self._gate.forget()
        self._transfer_syntaxes = MappingProxyType(dict.fromkeys((VERIFICATION, *LOADER_SOP_CLASSES), syntaxes))
        if self._listener is not None:
            self._listener.reconfigure(application_entity(configuration), tls)

    def start(self) -> tuple[str, int]:
        """Listen; returns host and port. OSError when the port is taken."""
        configuration = self._configuration
        listener = Listener(application_entity(configuration), self, PDU_LENGTH_BYTES, self._tls)
        self._address = listener.start(configuration.host, configuration.port)
        self._listener = listener
        return self._address

    def stop(self) -> None:
        """Abort what is open and listen no more."""
        if self._listener is not None:
            self._listener.stop()
        self._listener = self._address = None

    # -- what an accepted association asks (upper_layer.Acceptor)

    @property
    def transfer_syntaxes(self) -> Mapping[str, tuple[str, ...]]:
        """3.2.2.1.3.1.4 and 3.2.2.1.3.2.5: what is accepted, most wanted first."""
        return self._transfer_syntaxes

    def reserve(self, count_bytes: int) -> bool:
        """Whether the memory can take so many more bytes than it holds and than others are sending."""
        return self._memory.reserve(count_bytes)

    def release(self, count_bytes: int) -> None:
        """Give back what was reserved."""
        self._memory.release(count_bytes)

    def serve(
        self, request: DIMSEPrimitive, context: PresentationContext, association: Association
    ) -> DIMSEPrimitive | None:
        """Perform C-ECHO or C-STORE; this AE supports no other operation."""
        response = type(request)()
        response.MessageIDBeingRespondedTo = request.MessageID
        sop_class = getattr(request, "AffectedSOPClassUID", None)
        if sop_class is not None and len(sop_class) <= MOST_UID and hasattr(response, "AffectedSOPClassUID"):
            response.AffectedSOPClassUID = sop_class
        is_verification = context.abstract_syntax == VERIFICATION
        if not isinstance(request, C_ECHO if is_verification else C_STORE):
            response.Status = UNRECOGNIZED_OPERATION
        elif sop_class != context.abstract_syntax:
            response.Status = SOP_CLASS_NOT_SUPPORTED
        elif is_verification:
            response.Status = SUCCESS
        else:
            if len(request.AffectedSOPInstanceUID) <= MOST_UID:
                response.AffectedSOPInstanceUID = request.AffectedSOPInstanceUID
            response.Status, response.ErrorComment = self._store(request, context, association)
        return response

    def _store(
        self, request: DIMSEPrimitive, context: PresentationContext, association: Association
    ) -> tuple[int, str | None]:
        """Keep the data set of a C-STORE; returns Status and Error Comment."""
        try:
            status, comment = self._keep(request, str(context.transfer_syntax[0]), association)
        except Exception as error:  # the peer has no part in it: it is told so, and the association goes on
            for line in traceback.format_exc().splitlines():
                self.note(line)
            status, comment = PROCESSING_FAILURE, f"internal error: {type(error).__name__}"
        uid = str(request.AffectedSOPInstanceUID)
        self.note(f"{association.requestor.ae_title or '?'}: C-STORE {uid}: {status:04X} {comment or ''}".rstrip())
        return status, comment[:64] if comment else None

    def _keep(self, request: DIMSEPrimitive, transfer_syntax: str, association: Association) -> tuple[int, str | None]:
        if request.lost_bytes:
            return OUT_OF_RESOURCES, "memory budget exceeded"
        data_set = request.DataSet.getvalue()
        try:
            description = describe(data_set, transfer_syntax)
        except DataSetError as fault:
            return CANNOT_UNDERSTAND, f"data set {fault}"
        for keyword, name in (("SOPClassUID", "SOP Class UID"), ("SOPInstanceUID", "SOP Instance UID")):
            if getattr(description, keyword) != getattr(request, f"Affected{keyword}"):
                return CANNOT_UNDERSTAND, f"{name} differs between data set and command"
        originator = request.MoveOriginatorApplicationEntityTitle
        instance = StoredInstance(
            SOPClassUID=description.SOPClassUID,
            SOPInstanceUID=description.SOPInstanceUID,
            StudyInstanceUID=description.StudyInstanceUID,
            SeriesInstanceUID=description.SeriesInstanceUID,
            TransferSyntaxUID=transfer_syntax,
            data_set=data_set,
            calling_ae_title=association.requestor.ae_title,
            move_originator=str(originator) if originator else None,
            warnings=description.warnings,
        )
        reserved, request.reserved_bytes = request.reserved_bytes, 0
        admission = self._memory.keep(instance, reserved)
        if admission is KeepResult.NO_ROOM:
            return OUT_OF_RESOURCES, "memory budget exceeded"
        for remark in description.remarks:
            self.note(f"{association.requestor.ae_title or '?'}: warning: {description.SOPInstanceUID} {remark}")
        if admission is KeepResult.OTHER_CONTENT:
            return STORED_WITH_DEFICIENCY, "this instance is already kept with other content"
        if description.deficiency is not None:
            return STORED_WITH_DEFICIENCY, description.deficiency
        return SUCCESS, None
