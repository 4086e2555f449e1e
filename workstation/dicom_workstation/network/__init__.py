"""Associations: the upper layer on pynetdicom, the requestor, the listener, C-ECHO.

May import: `configuration`, `data_sets`, `instances`, `outcome`, `operation_register`, `tables`.
Begin with `requestor` (an association that we request) and `listener` (associations that we accept).
"""

from dicom_workstation.network.configured_acceptor import ConfiguredAcceptor, printable
from dicom_workstation.network.contexts import AcceptedContext
from dicom_workstation.network.entity import application_entity
from dicom_workstation.network.listener import Listener
from dicom_workstation.network.pynetdicom_version import check_pynetdicom
from dicom_workstation.network.requestor import MESSAGE_ID, Requestor
from dicom_workstation.network.responses import describe_status, identifier_syntax, preferred, result_of
from dicom_workstation.network.service import Call, Counts, Offer, Peer, Reply, Service, ServiceRequest
from dicom_workstation.network.service_server import ServiceServer
from dicom_workstation.network.upper_layer import AcceptedAssociation, Association, StreamedDataSet
from dicom_workstation.network.verification import echo
from dicom_workstation.network.verification_service import VerificationService

__all__ = [
    "MESSAGE_ID",
    "AcceptedAssociation",
    "AcceptedContext",
    "Association",
    "Call",
    "ConfiguredAcceptor",
    "Counts",
    "Listener",
    "Offer",
    "Peer",
    "Reply",
    "Requestor",
    "Service",
    "ServiceRequest",
    "ServiceServer",
    "StreamedDataSet",
    "VerificationService",
    "application_entity",
    "check_pynetdicom",
    "describe_status",
    "echo",
    "identifier_syntax",
    "preferred",
    "printable",
    "result_of",
]
