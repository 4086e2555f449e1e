"""C-STORE: the store client, with the conversion of transfer syntaxes (conformance statement, 3.2.3), and the SCP.

May import: `network`, `pixels` and what stands below them.
Begin with `store_client` (SCU) and `storage_service` (what every SCP of the workstation answers by).
"""

from dicom_workstation.storage.decoding import DecodingError, bytes_to_convert, convert
from dicom_workstation.storage.storage_service import (
    CANNOT_UNDERSTAND,
    DATA_SET_DOES_NOT_MATCH,
    DUPLICATE_SOP_INSTANCE,
    OUT_OF_RESOURCES,
    STORED_WITH_DEFICIENCY,
    StorageService,
    StoreStatuses,
)
from dicom_workstation.storage.store_client import StoreClient, item_of_instance

__all__ = [
    "CANNOT_UNDERSTAND",
    "DATA_SET_DOES_NOT_MATCH",
    "DUPLICATE_SOP_INSTANCE",
    "OUT_OF_RESOURCES",
    "STORED_WITH_DEFICIENCY",
    "DecodingError",
    "StorageService",
    "StoreClient",
    "StoreStatuses",
    "bytes_to_convert",
    "convert",
    "item_of_instance",
]
