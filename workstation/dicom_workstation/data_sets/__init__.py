"""Data sets as bytes and as text: their structure, what an instance says of itself, character sets, identifiers.

May import: `tables`.
Begin with `structure` (walks the elements of a data set without trusting it), then `inspection` and `character_sets`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.data_sets.character_sets import (
        ENCODED_TEXT,
        LEAST_FIRST,
        CharacterSet,
        UnencodableError,
        choose,
        defined_character_set,
    )
    from dicom_workstation.data_sets.codestream_headers import (
        STARTS,
        Codestream,
        CodestreamError,
        has_end,
        read_jpeg,
        read_jpeg_2000,
    )
    from dicom_workstation.data_sets.data_set_display import show
    from dicom_workstation.data_sets.data_set_encoding import UNREADABLE, encode, is_our_mistake, read
    from dicom_workstation.data_sets.data_set_reading import read_elements
    from dicom_workstation.data_sets.data_set_text import copy_element, decode_texts, encode_texts
    from dicom_workstation.data_sets.element_tree import ElementNode, Encoding, Item, read_items, read_nodes, read_tree
    from dicom_workstation.data_sets.file_meta import FileError, Part10File, inflate, open_part10, read_file_meta
    from dicom_workstation.data_sets.fragments import FragmentError, items
    from dicom_workstation.data_sets.identifiers import (
        InvalidKeyError,
        Keys,
        decode_identifier,
        encode_identifier,
        values_of,
        with_character_set,
    )
    from dicom_workstation.data_sets.inspection import Description, describe
    from dicom_workstation.data_sets.pydicom_warnings import suppress_warnings
    from dicom_workstation.data_sets.re_encoding import (
        PIXEL_DATA,
        Scope,
        encapsulated_data_set,
        settled_vr,
        swapped,
        word_bytes,
        write_tree,
    )
    from dicom_workstation.data_sets.structure import DataSetError, follow, walk
    from dicom_workstation.data_sets.wording import counted

__all__ = [
    "ENCODED_TEXT",
    "LEAST_FIRST",
    "PIXEL_DATA",
    "STARTS",
    "UNREADABLE",
    "CharacterSet",
    "Codestream",
    "CodestreamError",
    "DataSetError",
    "Description",
    "ElementNode",
    "Encoding",
    "FileError",
    "FragmentError",
    "InvalidKeyError",
    "Item",
    "Keys",
    "Part10File",
    "Scope",
    "UnencodableError",
    "choose",
    "copy_element",
    "counted",
    "decode_identifier",
    "decode_texts",
    "defined_character_set",
    "describe",
    "encapsulated_data_set",
    "encode",
    "encode_identifier",
    "encode_texts",
    "follow",
    "has_end",
    "inflate",
    "is_our_mistake",
    "items",
    "open_part10",
    "read",
    "read_elements",
    "read_file_meta",
    "read_items",
    "read_jpeg",
    "read_jpeg_2000",
    "read_nodes",
    "read_tree",
    "settled_vr",
    "show",
    "suppress_warnings",
    "swapped",
    "values_of",
    "walk",
    "with_character_set",
    "word_bytes",
    "write_tree",
]

# Loaded at first use: `--help` must not wait for the libraries of every module.
_MODULES = {
    "ElementNode": "element_tree",
    "Encoding": "element_tree",
    "Item": "element_tree",
    "read_items": "element_tree",
    "read_nodes": "element_tree",
    "read_tree": "element_tree",
    "encapsulated_data_set": "re_encoding",
    "PIXEL_DATA": "re_encoding",
    "Scope": "re_encoding",
    "settled_vr": "re_encoding",
    "swapped": "re_encoding",
    "word_bytes": "re_encoding",
    "write_tree": "re_encoding",
    "CharacterSet": "character_sets",
    "Codestream": "codestream_headers",
    "CodestreamError": "codestream_headers",
    "DataSetError": "structure",
    "ENCODED_TEXT": "character_sets",
    "FileError": "file_meta",
    "Part10File": "file_meta",
    "follow": "structure",
    "FragmentError": "fragments",
    "InvalidKeyError": "identifiers",
    "Keys": "identifiers",
    "LEAST_FIRST": "character_sets",
    "STARTS": "codestream_headers",
    "UNREADABLE": "data_set_encoding",
    "UnencodableError": "character_sets",
    "choose": "character_sets",
    "copy_element": "data_set_text",
    "counted": "wording",
    "decode_identifier": "identifiers",
    "decode_texts": "data_set_text",
    "defined_character_set": "character_sets",
    "Description": "inspection",
    "describe": "inspection",
    "encode": "data_set_encoding",
    "encode_identifier": "identifiers",
    "encode_texts": "data_set_text",
    "has_end": "codestream_headers",
    "inflate": "file_meta",
    "is_our_mistake": "data_set_encoding",
    "items": "fragments",
    "open_part10": "file_meta",
    "read": "data_set_encoding",
    "read_elements": "data_set_reading",
    "read_file_meta": "file_meta",
    "read_jpeg": "codestream_headers",
    "read_jpeg_2000": "codestream_headers",
    "show": "data_set_display",
    "suppress_warnings": "pydicom_warnings",
    "values_of": "identifiers",
    "walk": "structure",
    "with_character_set": "identifiers",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return found
