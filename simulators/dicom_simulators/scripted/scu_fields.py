"""The operations of the SCU, as data: what each does, and its arguments."""

from __future__ import annotations

from dicom_simulators.scripted.script_fields import OperationFields, ScriptField

_INSTANCES = ScriptField("instances", "texts", "numbers, from 1, or SOP Instance UIDs of what it holds", "all")
_CHARACTER_SET = ScriptField(
    "character_set", "texts", "Specific Character Set in which texts are encoded, and which is sent", "none"
)
_LINGER = ScriptField("linger_s", "seconds", "how long later responses are waited for, in seconds", "0")
_SOP_CLASS = ScriptField("sop_class", "text", "SOP Class, by UID or keyword", "")
_INSTANCE = ScriptField(
    "instance",
    "value",
    "SOP Instance UID, the keyword of a well-known one, or a reference to a response that has a name: `{named: film}`, "
    "`{named: film, in: ReferencedImageBoxSequence, item: 2}`",
    "none",
)
_NAME = ScriptField("name", "text", "a name for the response, by which later requests refer to its instances", "none")
_ABSTRACT_SYNTAX = ScriptField(
    "abstract_syntax", "text", "whose presentation context is used", "a meta SOP Class of it, else the SOP Class"
)
_ATTRIBUTES = ScriptField(
    "attributes",
    "mapping",
    "keywords and values; several values are a list, items of a sequence mappings; a UID may be a reference as in "
    "`instance`, bytes `{repeat: 0080ff00, times: 64}`",
    "none",
)
_DIMSE_N = (_SOP_CLASS, _INSTANCE, _ABSTRACT_SYNTAX, _NAME)

_KEYS = (
    ScriptField(
        "model", "text", "`study_root`, `patient_root`, `patient_study_only`, `worklist` (find), or a UID", "study_root"
    ),
    ScriptField("level", "text", "Query/Retrieve Level", "none"),
    ScriptField(
        "keys", "mapping", "keywords and values; several values are a list, items of a sequence mappings", "none"
    ),
    ScriptField(
        "cancel",
        "value",
        "`at_once`: send a C-CANCEL-RQ in the same write, or `{after: N}`: after N pending responses",
        "no cancel",
    ),
    _LINGER,
    _CHARACTER_SET,
    ScriptField(
        "extended",
        "texts",
        "extended negotiation: `relational`, `multi_frame`; of a find also `date_time`, `fuzzy`, `time_zone`, "
        "`empty_value`, `multiple_value`",
        "none",
    ),
    ScriptField("transfer_syntax", "texts", "proposed for the query, by UID or keyword", "the two of Little Endian"),
    ScriptField("priority", "number", "Priority", "0"),
    ScriptField("query_id", "text", "a name for the query, which its outcome repeats", "none"),
)

_RECEIVING = (
    ScriptField(
        "sop_classes",
        "texts",
        "storage SOP Classes proposed with the SCP role, by UID or keyword",
        "those it holds, else all that can be built",
    ),
    ScriptField(
        "storage_transfer_syntaxes", "texts", "proposed for each of them, by UID or keyword", "the two of Little Endian"
    ),
    ScriptField(
        "answers",
        "mapping",
        "SOP Instance UID, number of the C-STORE-RQ (from 1), or `*` for any other, to the status of its C-STORE-RSP",
        "0000",
    ),
    ScriptField("delay_s", "seconds", "how long each C-STORE-RSP waits, in seconds", "0"),
)

_COMMITMENT = (
    _INSTANCES,
    ScriptField(
        "references",
        "entries",
        "what is to be committed instead of what it holds",
        "none",
        (_SOP_CLASS, ScriptField("instance", "text", "SOP Instance UID", "")),
    ),
    ScriptField("transaction", "text", "Transaction UID", "a new one"),
    ScriptField("keep_open", "truth", "keep the association open until the event came", "false"),
    ScriptField("within_s", "seconds", "how long the event is waited for, in seconds", "10"),
    ScriptField("linger_s", "seconds", "how long further events are waited for, in seconds", "0"),
)

_PRINT = (
    _INSTANCES,
    ScriptField("layout", "text", "Image Display Format", r"STANDARD\1,1"),
    ScriptField("at", "text", "what is printed: each `film`, the `session`, or `nothing`", "film"),
    ScriptField("meta", "text", "`grayscale` or `color`", "grayscale"),
    ScriptField("bits", "number", "bits stored of grayscale images, 8 or 12", "8"),
    ScriptField("copies", "text", "Number of Copies", "none"),
    ScriptField("session", "mapping", "further attributes of the film session", "none"),
    ScriptField("film", "mapping", "further attributes of each film box", "none"),
    ScriptField("image", "mapping", "further attributes of each image box", "none"),
    ScriptField("delete", "truth", "delete the film session in the end", "false"),
    ScriptField("within_s", "seconds", "how long the end of the print jobs is waited for, in seconds", "0"),
    _CHARACTER_SET,
    _NAME,
)

_RAW = (
    ScriptField("bytes", "bytes", "sent as they are, before the message", "none"),
    ScriptField("message", "text", "name of a DIMSE message", "none"),
    ScriptField("command", "mapping", "keywords and values of its command set; `absent` leaves an element out", "none"),
    ScriptField("data_set", "data_set", "the data set", "none"),
    ScriptField("sop_class", "text", "whose presentation context is used, by UID or keyword", "the first accepted"),
    ScriptField("context_id", "number", "presentation context ID, accepted or not, 0 to 255", "that of `sop_class`"),
    _CHARACTER_SET,
    ScriptField("within_s", "seconds", "how long responses are waited for, in seconds", "5"),
)


def scu_operations(opening: tuple[ScriptField, ...], held: ScriptField) -> dict[str, OperationFields]:
    """Give the operations that the SCU has and the modality has not.

    Parameters
    ----------
    opening : tuple of ScriptField
        Of an association that is opened.
    held : ScriptField
        Of one that is kept open.
    """
    rest = (*opening, held)
    listed = ScriptField("attributes", "texts", "the attributes asked for, by keyword", "all")
    action = ScriptField("action_type", "number", "Action Type ID", "1")
    return {
        "find": OperationFields("sends a C-FIND-RQ", (*_KEYS, *rest)),
        "move": OperationFields(
            "sends a C-MOVE-RQ",
            (ScriptField("destination", "text", "AE title, or the name of a peer", ""), *_KEYS, *rest),
        ),
        "get": OperationFields("sends a C-GET-RQ and takes what comes", (*_RECEIVING, *_KEYS, *rest)),
        "commit": OperationFields("asks for storage commitment and waits for the event", (*_COMMITMENT, *rest)),
        "print": OperationFields("prints instances that it holds", (*_PRINT, *rest)),
        "n_create": OperationFields("sends an N-CREATE-RQ", (*_DIMSE_N, _ATTRIBUTES, _CHARACTER_SET, *rest)),
        "n_set": OperationFields("sends an N-SET-RQ", (*_DIMSE_N, _ATTRIBUTES, _CHARACTER_SET, *rest)),
        "n_get": OperationFields("sends an N-GET-RQ", (*_DIMSE_N, listed, _CHARACTER_SET, *rest)),
        "n_action": OperationFields("sends an N-ACTION-RQ", (*_DIMSE_N, action, _ATTRIBUTES, _CHARACTER_SET, *rest)),
        "n_delete": OperationFields("sends an N-DELETE-RQ", (*_DIMSE_N, _CHARACTER_SET, *rest)),
        "store_in_each_context": OperationFields(
            "stores an instance in each of `contexts` that is accepted; on further associations where one ends", opening
        ),
        "raw": OperationFields("sends bytes or a message as they are given", (*_RAW, *rest)),
    }
