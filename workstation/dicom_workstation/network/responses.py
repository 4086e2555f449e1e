"""What every SCU does with accepted contexts and final statuses, whatever the service."""

from __future__ import annotations

from typing import Final

from pynetdicom.dimse_primitives import DIMSEPrimitive

from dicom_workstation.network.contexts import AcceptedContext
from dicom_workstation.outcome import OperationEndedError, Result, is_defined, one_line, status_class, status_text
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN, UNCOMPRESSED

_PREFERENCE: Final = (EXPLICIT_VR_LITTLE_ENDIAN, *UNCOMPRESSED)


def preferred(accepted: tuple[AcceptedContext, ...], abstract_syntax: str) -> AcceptedContext:
    """Return the accepted context to use: Explicit VR Little Endian if it is there, then uncompressed, then any.

    Raises
    ------
    OperationEndedError
        If no context of the abstract syntax was accepted.
    """
    usable = [context for context in accepted if context.abstract_syntax == abstract_syntax]
    for syntax in _PREFERENCE:
        for context in usable:
            if context.transfer_syntax == syntax:
                return context
    if not usable:
        raise OperationEndedError(Result.NOT_ACCEPTED, f"no presentation context for {abstract_syntax} was accepted")
    return usable[0]


def identifier_syntax(context: AcceptedContext) -> str:
    """Return how an Identifier is encoded in a context: under a JPEG syntax, Explicit VR Little Endian (PS3.5 A.4)."""
    return context.transfer_syntax if context.transfer_syntax in UNCOMPRESSED else EXPLICIT_VR_LITTLE_ENDIAN


def result_of(status: int) -> Result:
    """Return the result that a final status means."""
    return Result(status_class(status).value)


def describe_status(status: int, response: DIMSEPrimitive) -> str:
    """Return words for a final status: undefined codes, Error Comment, Offending Element."""
    words = [] if is_defined(status) else [f"status {status_text(status)} is not defined"]
    if getattr(response, "ErrorComment", None):
        words.append(one_line(response.ErrorComment))
    offending = getattr(response, "OffendingElement", None)
    if offending:
        words.append(f"offending element {offending}")
    return "; ".join(words)
