"""One association, both sides: the driver that every simulator is built on.

As **acceptor**, a simulator gives a `Server` its `Policy` (what it supports) and its services, one generator function
for each DIMSE request; everything else, faults included, is the driver's::

    def echo(request: Request) -> Generator[Response]:
        yield Response(SUCCESS)

    def find(request: Request) -> Generator[Response]:
        for identifier in matches(request.data_set, request.transfer_syntax):
            if request.cancelled:                          # looks at the socket, never waits
                yield Response(CANCEL)
                return
            yield Response(PENDING, identifier)            # bytes, encoded in request.transfer_syntax
        yield Response(SUCCESS)

    policy = Policy((Supported(VERIFICATION), Supported(STUDY_ROOT_FIND)), order="acceptor")
    server = Server("archive", recorder, lambda: policy, lambda: {"C-ECHO-RQ": echo, "C-FIND-RQ": find})
    server.start(); server.address; server.stop()

`Response(status, data_set, elements)`: the driver adds MessageIDBeingRespondedTo, the affected SOP Class and Instance
UIDs, CommandDataSetType; `elements` overrides (counts of sub-operations, ErrorComment ...). A service is closed when
its association ends early (`GeneratorExit`): put what must be undone into `finally`. `request.cancelled` and every
`yield` may end that way; `AssociationEndedError` is not to be caught by a service.

As **requestor**::

    proposal = Proposal("WORKSTATION", "ARCHIVE", propose((CT_IMAGE, [IMPLICIT_VR_LITTLE_ENDIAN])))
    requestor = Requestor(recorder, address, proposal, name="archive", peer="workstation", stopping=event)
    established = requestor.associate()                    # Established, or how it ended (`association.ends`)
    if isinstance(established, Established):
        context = established.find(CT_IMAGE)
        command = requestor.command("C-STORE-RQ", data_set, AffectedSOPClassUID=..., AffectedSOPInstanceUID=...,
                                    Priority=0)
        for response in requestor.request(Message(context.context_id, command, data_set)):
            response.command["Status"]
        requestor.ended                                    # None, or how the association ended meanwhile
        requestor.release()

A requestor belongs to one thread; only `interrupt()` may be called from another.
"""

from dicom_simulators.association.acceptor import Acceptor, Request, Service
from dicom_simulators.association.deadlines import Deadlines
from dicom_simulators.association.ends import (
    Aborted,
    AssociationEndedError,
    Closed,
    End,
    Rejected,
    Released,
    TimedOut,
    Unreachable,
)
from dicom_simulators.association.negotiation import VERIFICATION, Context, Established, Policy, Supported, negotiate
from dicom_simulators.association.requestor import Proposal, Requestor, propose
from dicom_simulators.association.responses import (
    CANCEL,
    PENDING,
    PENDING_WITH_WARNING,
    SUCCESS,
    Elements,
    Response,
    is_pending,
)
from dicom_simulators.association.server import Server
from dicom_simulators.association.upper_layer import UpperLayer
from dicom_simulators.encoding import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    UNCOMPRESSED,
)

__all__ = [
    "CANCEL",
    "EXPLICIT_VR_BIG_ENDIAN",
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "IMPLICIT_VR_LITTLE_ENDIAN",
    "PENDING",
    "PENDING_WITH_WARNING",
    "SUCCESS",
    "UNCOMPRESSED",
    "VERIFICATION",
    "Aborted",
    "Acceptor",
    "AssociationEndedError",
    "Closed",
    "Context",
    "Deadlines",
    "Elements",
    "End",
    "Established",
    "Policy",
    "Proposal",
    "Rejected",
    "Released",
    "Request",
    "Requestor",
    "Response",
    "Server",
    "Service",
    "Supported",
    "TimedOut",
    "Unreachable",
    "UpperLayer",
    "is_pending",
    "negotiate",
    "propose",
]
