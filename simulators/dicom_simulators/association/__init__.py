"""One association over `dicom_wire`, from either side; servers and the link that stands between two systems.

May import: `dicom_wire`, `encoding`, `faults`.
Begin with `association`, then `acceptor` and `requestor`; `simulator` is what every simulator is built on.
"""

from dicom_simulators.association.acceptor import Acceptor, Request, Service
from dicom_simulators.association.arguments import Arguments
from dicom_simulators.association.connection import READ_BYTES, Connection, ConnectionLostError, DeadlineError, prepare
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
    Unsecured,
    in_words,
)
from dicom_simulators.association.incoming import Indication, Oversized, ReleaseIndication
from dicom_simulators.association.memory import MEMORY_BYTES
from dicom_simulators.association.negotiation import (
    APPLICATION_CONTEXT,
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
    MAXIMUM_LENGTH_BYTES,
    VERIFICATION,
    Context,
    Established,
    Policy,
    Supported,
)
from dicom_simulators.association.notices import Ending, OnResponse, ignore_response
from dicom_simulators.association.outcomes import Outcome, of_end, of_status, outcome
from dicom_simulators.association.proposals import contexts_of, user_information_of
from dicom_simulators.association.requestor import Proposal, Requestor, propose
from dicom_simulators.association.responses import (
    SOP_CLASS_NOT_SUPPORTED,
    SUCCESS,
    UNRECOGNIZED_OPERATION,
    Answers,
    Response,
    answer_to,
    apply_responds,
    is_followed,
    without_memory,
)
from dicom_simulators.association.server import Server
from dicom_simulators.association.simulator import Operation, OwnOperation, Simulator, StoredInstance, echo
from dicom_simulators.association.tls import TLS, HandshakeError, Termination
from dicom_simulators.association.upper_layer import UpperLayer

__all__ = [
    "APPLICATION_CONTEXT",
    "IMPLEMENTATION_CLASS_UID",
    "IMPLEMENTATION_VERSION_NAME",
    "MAXIMUM_LENGTH_BYTES",
    "MEMORY_BYTES",
    "READ_BYTES",
    "SOP_CLASS_NOT_SUPPORTED",
    "SUCCESS",
    "TLS",
    "UNRECOGNIZED_OPERATION",
    "VERIFICATION",
    "Aborted",
    "Acceptor",
    "Answers",
    "Arguments",
    "AssociationEndedError",
    "Closed",
    "Connection",
    "ConnectionLostError",
    "Context",
    "DeadlineError",
    "Deadlines",
    "End",
    "Ending",
    "Established",
    "HandshakeError",
    "Indication",
    "OnResponse",
    "Operation",
    "Outcome",
    "Oversized",
    "OwnOperation",
    "Policy",
    "Proposal",
    "Rejected",
    "ReleaseIndication",
    "Released",
    "Request",
    "Requestor",
    "Response",
    "Server",
    "Service",
    "Simulator",
    "StoredInstance",
    "Supported",
    "Termination",
    "TimedOut",
    "Unreachable",
    "Unsecured",
    "UpperLayer",
    "answer_to",
    "apply_responds",
    "contexts_of",
    "echo",
    "ignore_response",
    "in_words",
    "is_followed",
    "of_end",
    "of_status",
    "outcome",
    "prepare",
    "propose",
    "user_information_of",
    "without_memory",
]
