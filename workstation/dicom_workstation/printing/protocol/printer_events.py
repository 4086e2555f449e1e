"""What a printer reports of itself and of print jobs, and how its reports are answered.

Invariants: each report is kept, in order, before it is answered; one that the standard does not know is answered
with the status that says so, and changes nothing.

References
----------
PS3.4 Section H.4.6.2.1 (events of the Printer), H.4.5.2.1 (of a Print Job); PS3.7 Section 10.1.1.1.8 (statuses);
PS3.3 Section C.13.8, C.13.9
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pydicom.dataset import Dataset
from pynetdicom.dimse_primitives import N_EVENT_REPORT, DIMSEPrimitive

from dicom_workstation.network import AcceptedContext
from dicom_workstation.outcome import PrinterEvent
from dicom_workstation.printing.protocol.services import attributes_of, text_of
from dicom_workstation.tables import BASIC_COLOR_PRINT, BASIC_GRAYSCALE_PRINT, PRINT_JOB, PRINTER, PRINTER_INSTANCE

PRINTER_EVENTS: Final = {1: "NORMAL", 2: "WARNING", 3: "FAILURE"}
PRINT_JOB_EVENTS: Final = {1: "PENDING", 2: "PRINTING", 3: "DONE", 4: "FAILURE"}
EVENTS_KEPT: Final = 1000

SUCCESS, NO_SUCH_INSTANCE, NO_SUCH_EVENT_TYPE, NO_SUCH_CLASS = 0x0000, 0x0112, 0x0113, 0x0118
UNRECOGNIZED_OPERATION: Final = 0x0211


def now() -> str:
    """Return the time of day, with milliseconds."""
    seconds = time.time()
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{int(seconds * 1000) % 1000:03d}"


def answer(
    request: DIMSEPrimitive,
    context: AcceptedContext,
    knows_job: Callable[[str], bool],
    take: Callable[[PrinterEvent, Dataset], None],
) -> DIMSEPrimitive:
    """Take a request of the printer's; returns the response, without its message ID."""
    response = type(request)()
    if not isinstance(request, N_EVENT_REPORT):
        response.Status = UNRECOGNIZED_OPERATION
        return response
    response.AffectedSOPClassUID = request.AffectedSOPClassUID
    response.AffectedSOPInstanceUID = request.AffectedSOPInstanceUID
    response.EventTypeID = request.EventTypeID
    response.Status = _status(request, context, knows_job)
    if response.Status == SUCCESS:
        fields = attributes_of(request.EventInformation, context)
        take(_event(request, fields), fields)
    return response


def _status(request: DIMSEPrimitive, context: AcceptedContext, knows_job: Callable[[str], bool]) -> int:
    sop_class, instance = str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID)
    if sop_class == PRINTER and context.abstract_syntax in (BASIC_GRAYSCALE_PRINT, BASIC_COLOR_PRINT):
        events, is_known = PRINTER_EVENTS, instance == PRINTER_INSTANCE
    elif sop_class == PRINT_JOB == context.abstract_syntax:
        events, is_known = PRINT_JOB_EVENTS, knows_job(instance)
    else:
        return NO_SUCH_CLASS
    if not is_known:
        return NO_SUCH_INSTANCE
    return SUCCESS if request.EventTypeID in events else NO_SUCH_EVENT_TYPE


def _event(request: DIMSEPrimitive, fields: Dataset) -> PrinterEvent:
    if str(request.AffectedSOPClassUID) == PRINTER:
        status, info = PRINTER_EVENTS[request.EventTypeID], text_of(fields, "PrinterStatusInfo")
        return PrinterEvent("printer", status, info, now())
    status, info = PRINT_JOB_EVENTS[request.EventTypeID], text_of(fields, "ExecutionStatusInfo")
    return PrinterEvent("print_job", status, info, now(), str(request.AffectedSOPInstanceUID))
