"""Storage commitment as SCU: the N-ACTION, and the events that report the result (PS3.4 J.3)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dicom_simulators.association import Arguments, Outcome
from dicom_simulators.data_sets import Instance
from dicom_simulators.encoding import uid_of
from dicom_simulators.scu.delivery import Held
from dicom_simulators.scu.events import NEW, SAME, Event
from dicom_simulators.scu.normalized import Normalized, performed_outcome

PUSH_MODEL = uid_of("StorageCommitmentPushModel")
PUSH_MODEL_INSTANCE = uid_of("StorageCommitmentPushModelInstance")
REQUEST_COMMITMENT = 1  # Action Type ID, PS3.4 J.3.2
SUCCESSFUL = 1  # Event Type ID, PS3.4 J.3.3
WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Commitment:
    """A request for storage commitment.

    Attributes
    ----------
    references : tuple of (str, str)
        SOP Class UID and SOP Instance UID of each instance.
    keep_open : bool
        Whether the association of the N-ACTION is kept open until the event came.
    within_s : float
        How long the event is waited for, in seconds.
    linger_s : float
        How long further events are waited for, in seconds.
    """

    transaction: str
    references: tuple[tuple[str, str], ...]
    keep_open: bool
    within_s: float
    linger_s: float

    @property
    def action(self) -> Normalized:
        """The N-ACTION."""
        items = [{"ReferencedSOPClassUID": one, "ReferencedSOPInstanceUID": uid} for one, uid in self.references]
        attributes: Mapping[str, object] = {"TransactionUID": self.transaction, "ReferencedSOPSequence": items}
        return Normalized(
            "n_action",
            PUSH_MODEL,
            PUSH_MODEL_INSTANCE,
            attributes=attributes,
            action_type=REQUEST_COMMITMENT,
        )

    def is_reported(self, events: Iterable[Event]) -> bool:
        """Whether one of these events is of this transaction."""
        return any(_text(event, "TransactionUID") == self.transaction for event in events)


def read_commitment(arguments: Arguments, held: Sequence[Instance]) -> Commitment:
    """Read what is to be committed: `references`, or instances that are held.

    Raises
    ------
    ValueError
    """
    references = [(uid_of(entry.text("sop_class")), _finished(entry)) for entry in arguments.each("references")]
    chosen = tuple(references or [(one.SOPClassUID, one.SOPInstanceUID) for one in held])
    if not chosen:
        raise arguments.wrong("references", "there is nothing to be committed")
    return Commitment(
        arguments.text("transaction", f"2.25.{uuid.uuid4().int}"),
        chosen,
        arguments.truth("keep_open"),
        arguments.seconds("within_s", WITHIN_S),
        arguments.seconds("linger_s", 0.0),
    )


def _finished(entry: Arguments) -> str:
    instance = entry.text("instance")
    entry.finish()
    return instance


def ask(held: Held, wanted: Commitment) -> Outcome:
    """Send the N-ACTION."""
    return {**performed_outcome(held, wanted.action), "operation": "commit"}


def commitment_outcome(asked: Outcome, wanted: Commitment, events: Sequence[Event], on: object) -> Outcome:
    """Tell what was reported; `on` is the requestor whose association carried the N-ACTION."""
    told = {
        key: value for key, value in asked.items() if key not in ("attributes", "instance", "statuses", "after_final")
    }
    of_commitment = [event for event in events if event.sop_class == PUSH_MODEL]
    details = {**told, "transaction": wanted.transaction, "events": [_as_data(event, on) for event in of_commitment]}
    if asked["result"] not in ("success", "warning"):
        return details
    of_this = [event for event in of_commitment if _text(event, "TransactionUID") == wanted.transaction]
    if not of_this:
        return {**details, "result": "timeout", "detail": f"no event of this transaction within {wanted.within_s:g} s"}
    return {**details, "result": "success" if of_this[0].type == SUCCESSFUL else "partial"}


def nothing_asked(asked: Outcome) -> bool:
    """Whether the N-ACTION was refused or never sent, so that no event will come."""
    return asked["result"] not in ("success", "warning")


def _as_data(event: Event, on: object) -> dict[str, object]:
    failed = {
        str(item.get("ReferencedSOPInstanceUID", "")): _reason(item.get("FailureReason"))
        for item in _items(event, "FailedSOPSequence")
    }
    return {
        "type": event.type,
        "transaction": _text(event, "TransactionUID"),
        "committed": [str(item.get("ReferencedSOPInstanceUID", "")) for item in _items(event, "ReferencedSOPSequence")],
        "failed": failed,
        "on": SAME if on is not None and event.on is on else NEW,
        **({"unreadable": event.unreadable} if event.unreadable else {}),
    }


def _reason(value: object) -> str:
    return f"{int(value):04X}" if isinstance(value, str) and value.isdigit() else ""


def _items(event: Event, keyword: str) -> list[Mapping[str, object]]:
    value = event.attributes.get(keyword)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _text(event: Event, keyword: str) -> str:
    value = event.attributes.get(keyword)
    return value if isinstance(value, str) else ""
