"""Data sets as bytes: parsed, written, converted to another transfer syntax or character set.

May import: `dicom_wire`.
Begin with `data_set_codec`.
"""

from dicom_simulators.encoding.data_set_codec import (
    CHARACTER_SET_VRS,
    FIRST_PIXEL_TAG,
    NUMBER_FORMATS,
    SIGNIFICANT_LEADING_SPACE_VRS,
    SPECIFIC_CHARACTER_SET,
    TEXT_VRS,
    DataSetError,
    Element,
    Elements,
    Encoding,
    character_set,
    deflated,
    element_header,
    encoding_of,
    inflated,
    read_elements,
    read_head,
    tag_of,
    text_element,
    values,
    vr_of,
    write_element,
    write_elements,
)
from dicom_simulators.encoding.data_set_text import encode_texts
from dicom_simulators.encoding.keyword_values import decode_attributes, encode_attributes, tag_of_name
from dicom_simulators.encoding.re_encoding import encode_text, recoded
from dicom_simulators.encoding.text import decode_text, is_plain
from dicom_simulators.encoding.transcoding import transcode
from dicom_simulators.encoding.transfer_syntax_uids import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EVERY_STORAGE_TRANSFER_SYNTAX,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    UNCOMPRESSED,
)
from dicom_simulators.encoding.uid_keywords import uid_of

__all__ = [
    "CHARACTER_SET_VRS",
    "DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN",
    "EVERY_STORAGE_TRANSFER_SYNTAX",
    "EXPLICIT_VR_BIG_ENDIAN",
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "FIRST_PIXEL_TAG",
    "IMPLICIT_VR_LITTLE_ENDIAN",
    "NUMBER_FORMATS",
    "SIGNIFICANT_LEADING_SPACE_VRS",
    "SPECIFIC_CHARACTER_SET",
    "TEXT_VRS",
    "UNCOMPRESSED",
    "DataSetError",
    "Element",
    "Elements",
    "Encoding",
    "character_set",
    "decode_attributes",
    "decode_text",
    "deflated",
    "element_header",
    "encode_attributes",
    "encode_text",
    "encode_texts",
    "encoding_of",
    "inflated",
    "is_plain",
    "read_elements",
    "read_head",
    "recoded",
    "tag_of",
    "tag_of_name",
    "text_element",
    "transcode",
    "uid_of",
    "values",
    "vr_of",
    "write_element",
    "write_elements",
]
