"""The fields of a script, as data: what `send` and `receive` take, for the reference and the JSON Schema.

`scripted.script` and `scripted.script_send` read the fields; a test holds this table against what they accept, so
that neither knows a field that the other lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dicom_simulators.scripted.script import PDU_NAMES, WITHIN_S
from dicom_wire import MESSAGE_TYPES
from dicom_wire.command_elements import BY_KEYWORD

Kind = Literal["text", "texts", "number", "seconds", "truth", "bytes", "entries", "data_set", "mapping", "value"]


@dataclass(frozen=True, slots=True)
class ScriptField:
    """One key of a line of a script.

    Parameters
    ----------
    kind : str
        What its value is: `bytes` are hex digits, `entries` a list of mappings with the keys in `entries`, `value` is
        what `meaning` says.
    default : str
        In words; empty where the key must be given.
    """

    name: str
    kind: Kind
    meaning: str
    default: str = "none"
    entries: tuple[ScriptField, ...] = ()


@dataclass(frozen=True, slots=True)
class OperationFields:
    """What an operation does, and its arguments."""

    meaning: str
    fields: tuple[ScriptField, ...] = ()


_ANY_PDU = (
    ScriptField("reserved", "number", "the reserved byte 2 of the PDU, 0 to 255", "0"),
    ScriptField("length", "number", "the PDU-length field, right or wrong, in bytes", "the true length"),
)
_ITEM_LENGTH = ScriptField("length", "number", "the item-length field, right or wrong, in bytes", "the true length")
_TRAILING = ScriptField("trailing", "bytes", "bytes after the last field, within the PDU", "none")
_CONTEXT_ID = ScriptField("context_id", "number", "presentation context ID, 0 to 255", "1")

_CONTEXTS_RQ = ScriptField(
    "contexts",
    "entries",
    "the presentation contexts proposed (PS3.8 9.3.2.2)",
    "none",
    (
        ScriptField("context_id", "number", "presentation context ID, 0 to 255", "1, 3, 5 ... in order"),
        ScriptField("sop_class", "text", "abstract syntax", ""),
        ScriptField("transfer_syntaxes", "texts", "transfer syntaxes, in order", ""),
        ScriptField("count", "number", "how many such contexts, with IDs that follow one another in steps of 2", "1"),
        _ITEM_LENGTH,
    ),
)
_CONTEXTS_AC = ScriptField(
    "contexts",
    "entries",
    "the answers to presentation contexts (PS3.8 9.3.3.2)",
    "each proposed context is answered with `result` and its first transfer syntax",
    (
        _CONTEXT_ID,
        ScriptField("result", "number", "result/reason (PS3.8 Table 9-18), 0 to 255", "0"),
        ScriptField("transfer_syntax", "text", "the transfer syntax; `absent` leaves the sub-item out", "absent"),
        _ITEM_LENGTH,
    ),
)
_EVERY_CONTEXT = (
    ScriptField("result", "number", "result of each proposed context, where there are no `contexts`, 0 to 255", "0"),
    ScriptField(
        "reversed", "truth", "whether presentation contexts are answered in the reverse of their order", "false"
    ),
)
_USER_INFORMATION = (
    ScriptField("maximum_length", "number", "maximum length announced, in bytes; 0 is unlimited", "the simulator's"),
    ScriptField("implementation_class_uid", "text", "Implementation Class UID", "the simulator's"),
    ScriptField("implementation_version_name", "text", "Implementation Version Name", "the simulator's"),
    ScriptField(
        "asynchronous_operations",
        "entries",
        "Asynchronous Operations Window sub-items (PS3.7 D.3.3.3)",
        "none",
        (
            ScriptField("invoked", "number", "maximum number of operations invoked; 0 is unlimited", "1"),
            ScriptField("performed", "number", "maximum number of operations performed; 0 is unlimited", "1"),
            _ITEM_LENGTH,
        ),
    ),
    ScriptField(
        "roles",
        "entries",
        "SCP/SCU Role Selection sub-items (PS3.7 D.3.3.4)",
        "none",
        (
            ScriptField("sop_class", "text", "the SOP Class", ""),
            ScriptField("scu", "number", "SCU role, 0 to 255", "0"),
            ScriptField("scp", "number", "SCP role, 0 to 255", "0"),
            _ITEM_LENGTH,
        ),
    ),
    ScriptField(
        "extended_negotiation",
        "entries",
        "SOP Class Extended Negotiation sub-items (PS3.7 D.3.3.5)",
        "none",
        (
            ScriptField("sop_class", "text", "the SOP Class", ""),
            ScriptField("information", "bytes", "service-class-application-information", "none"),
            _ITEM_LENGTH,
        ),
    ),
    ScriptField(
        "user_identity",
        "entries",
        "User Identity sub-items (PS3.7 D.3.3.7)",
        "none",
        (
            ScriptField("type", "number", "User-Identity-Type, 0 to 255; 1 is a user name, 2 with a passcode", "1"),
            ScriptField("primary", "text", "primary field, such as the user name", "empty"),
            ScriptField("secondary", "text", "secondary field: the passcode", "empty"),
            ScriptField("response_requested", "number", "whether a response is asked for, 0 to 255", "0"),
            ScriptField("server_response", "text", "makes it the sub-item of an acceptance, with this", "none"),
            _ITEM_LENGTH,
        ),
    ),
)
_REST_OF_ASSOCIATE = (
    *_USER_INFORMATION,
    ScriptField(
        "sub_item_lengths",
        "entries",
        "the item-length fields of sub-items that every negotiation has, right or wrong",
        "the true lengths",
        tuple(
            ScriptField(name, "number", "in bytes", "the true length")
            for name in ("maximum_length", "implementation_class_uid", "implementation_version_name")
        ),
    ),
    ScriptField(
        "sub_items",
        "entries",
        "further sub-items of the User Information item, after the others",
        "none",
        (ScriptField("bytes", "bytes", "a whole sub-item, with its type and length", ""),),
    ),
    ScriptField(
        "items",
        "entries",
        "further items, after the others",
        "none",
        (ScriptField("bytes", "bytes", "a whole item, with its type and length", ""),),
    ),
    ScriptField(
        "omit",
        "texts",
        "items left out: `application_context`, `maximum_length`, `implementation_class_uid`, "
        "`implementation_version_name`, `user_information`",
        "none",
    ),
    *_ANY_PDU,
)
_HEAD_OF_ASSOCIATE = (
    ScriptField("called_ae_title", "text", "called AE title", "as requested, or ANY-SCP"),
    ScriptField("calling_ae_title", "text", "calling AE title", "as requested, or the simulator's AE title"),
    ScriptField("protocol_version", "number", "protocol version, 0 to 65535", "1"),
    ScriptField("application_context_name", "text", "application context name", "1.2.840.10008.3.1.1.1"),
)

PDU_FIELDS: dict[str, tuple[ScriptField, ...]] = {
    "A-ASSOCIATE-RQ": (*_HEAD_OF_ASSOCIATE, _CONTEXTS_RQ, *_REST_OF_ASSOCIATE),
    "A-ASSOCIATE-AC": (*_HEAD_OF_ASSOCIATE, _CONTEXTS_AC, *_EVERY_CONTEXT, *_REST_OF_ASSOCIATE),
    "A-ASSOCIATE-RJ": (
        ScriptField("result", "number", "1 rejected permanently, 2 rejected for the time being", "1"),
        ScriptField("source", "number", "1 service user, 2 service provider (ACSE), 3 (presentation)", "1"),
        ScriptField("reason", "number", "reason, by source (PS3.8 Table 9-21); 1 is no reason given", "1"),
        _TRAILING,
        *_ANY_PDU,
    ),
    "P-DATA-TF": (
        ScriptField(
            "pdvs",
            "entries",
            "the presentation data values (PS3.8 9.3.5.1)",
            "none",
            (
                _CONTEXT_ID,
                ScriptField("is_command", "truth", "whether it holds a command, not a data set", "false"),
                ScriptField("is_last", "truth", "whether it is the last fragment", "true"),
                ScriptField("data", "bytes", "the fragment", "none"),
                ScriptField("reserved_bits", "number", "bits 2 to 7 of the message control header", "0"),
                ScriptField("length", "number", "the item-length field, right or wrong, in bytes", "the true length"),
            ),
        ),
        _TRAILING,
        *_ANY_PDU,
    ),
    "A-RELEASE-RQ": (_TRAILING, *_ANY_PDU),
    "A-RELEASE-RP": (_TRAILING, *_ANY_PDU),
    "A-ABORT": (
        ScriptField("source", "number", "0 service user, 2 service provider (PS3.8 Table 9-26)", "0"),
        ScriptField("reason", "number", "reason of the service provider (PS3.8 Table 9-26)", "0"),
        _TRAILING,
        *_ANY_PDU,
    ),
}
"""PDU to what `send: {pdu: NAME, ...}` takes besides."""

UNKNOWN_PDU_FIELDS = (ScriptField("data", "bytes", "everything after the PDU-length field", "none"), *_ANY_PDU)
"""The same for a PDU of any other type, such as `pdu: "0x2A"`."""

MESSAGE_FIELDS = (
    ScriptField("context_id", "number", "presentation context ID", "that of the message received last, or 1"),
    ScriptField(
        "in_another_context",
        "truth",
        "send it in another accepted context of the same abstract syntax, where there is one",
        "false",
    ),
    ScriptField("maximum_length", "number", "longest PDU, in bytes; 0 is unlimited", "what the peer announced"),
    ScriptField("one_pdu", "truth", "put every fragment of the message into one P-DATA-TF PDU", "false"),
    ScriptField("transfer_syntax", "text", "in which a `data_set` of keywords is encoded", "that of the context"),
    ScriptField("data_set", "data_set", "hex digits, or a mapping of keywords to values", "no data set"),
    ScriptField(
        "further_elements",
        "bytes",
        "whole command elements, each with its tag and length, after the others; CommandGroupLength counts them",
        "none",
    ),
)
"""What `send: {dimse: NAME, ...}` takes besides command elements."""

COMMAND_ELEMENTS = tuple(BY_KEYWORD)
"""Keywords of the command elements that any message may be given."""

MESSAGES = MESSAGE_TYPES
MESSAGE_NAMES = tuple(row.name for row in MESSAGES)

RECEIVE_FIELDS = (
    ScriptField("pdu", "text", f"a PDU: {', '.join(PDU_NAMES)}"),
    ScriptField("dimse", "text", "a DIMSE message, by its name"),
    ScriptField(
        "any_of",
        "texts",
        "the first of several: names of PDUs and DIMSE messages, `closed`, `ended` (a release, an abort or `closed`)",
    ),
    ScriptField("within_s", "seconds", "how long to wait, in seconds", f"{WITHIN_S:g}"),
    ScriptField(
        "optional",
        "truth",
        "whether it may not come; what is not optional and does not come leaves the case open",
        "false",
    ),
)
"""What `receive: {...}` takes: `pdu`, `dimse` or `any_of`, how long, and whether it has to come."""

STALL_FIELDS = (ScriptField("s", "seconds", "how long nothing is read or written, in seconds", ""),)
"""What `stall: {...}` takes."""
