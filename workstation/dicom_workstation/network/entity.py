"""The application entity of pynetdicom that every association of the workstation belongs to.

Invariants: its title, time-outs and implementation are those of the configuration and of the statement.
"""

from __future__ import annotations

from pydicom.uid import UID
from pynetdicom.ae import ApplicationEntity

from dicom_workstation.configuration import Configuration
from dicom_workstation.tables import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME


def application_entity(configuration: Configuration) -> ApplicationEntity:
    """Return pynetdicom's AE as the statement and the configuration want it (3.2.1.1.4; PS3.7 Annex D.3.3.2)."""
    ae = ApplicationEntity(configuration.ae_title)
    ae.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    ae.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    ae.acse_timeout = configuration.acse_timeout_s
    ae.dimse_timeout = configuration.dimse_timeout_s
    ae.network_timeout = configuration.network_timeout_s
    ae.connection_timeout = configuration.association_timeout_s
    return ae
