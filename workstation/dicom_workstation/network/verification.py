"""C-ECHO as SCU: the workstation's maintenance asks whether a peer answers.

Invariants: one association, one C-ECHO in the default transfer syntax, and the peer's status reported as it came.

References
----------
PS3.4 Annex A; PS3.7 Section 9.1.5
"""

from __future__ import annotations

from pynetdicom.dimse_primitives import C_ECHO

from dicom_workstation.configuration import Archive, Configuration
from dicom_workstation.network.requestor import MESSAGE_ID, Requestor
from dicom_workstation.network.responses import describe_status, preferred, result_of
from dicom_workstation.operation_register import OperationRegister
from dicom_workstation.outcome import OperationEndedError, Outcome, status_text
from dicom_workstation.tables import IMPLICIT_VR_LITTLE_ENDIAN, PDU_LENGTH_BYTES, VERIFICATION


def echo(configuration: Configuration, register: OperationRegister, name: str, peer: Archive) -> Outcome:
    """Perform a C-ECHO with a peer."""
    proposed = ((VERIFICATION, IMPLICIT_VR_LITTLE_ENDIAN),)
    try:
        with (
            register.entered(name) as operation,
            Requestor(configuration, peer, proposed, PDU_LENGTH_BYTES, operation.note).governed_by(
                operation, is_abandoned_on_cancel=True
            ) as requestor,
        ):
            context = preferred(requestor.accepted, VERIFICATION)
            request = C_ECHO()
            request.MessageID = MESSAGE_ID
            request.AffectedSOPClassUID = VERIFICATION
            requestor.send(request, context.context_id)
            response = requestor.receive_final(C_ECHO, context.context_id)
    except OperationEndedError as end:
        return Outcome.ended(name, end)
    status = int(response.Status)
    return Outcome(
        peer=name,
        result=result_of(status),
        status=status_text(status),
        detail=describe_status(status, response),
    )
