"""The store client: C-STORE as SCU, with the conversion of transfer syntaxes (conformance statement, 3.2.3).

May import: `network`, `pixels` and what stands below them.
Begin with `store_client`.
"""

from dicom_workstation.storage.decoding import DecodingError, bytes_to_convert, convert
from dicom_workstation.storage.store_client import StoreClient, item_of_instance

__all__ = [
    "DecodingError",
    "StoreClient",
    "bytes_to_convert",
    "convert",
    "item_of_instance",
]
