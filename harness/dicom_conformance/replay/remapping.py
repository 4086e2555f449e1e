"""What the peer assigns anew when a conversation is replayed: UIDs, Message IDs of its requests, presentation contexts.

UIDs are learned by place: the value of an element in a response now stands for the value that the same element had in
the recorded response, in command sets and data sets alike, sequences included.

References
----------
PS3.7 10.1.5.1.4 (the instance that an N-CREATE made); PS3.4 H.4.2 (image boxes of a film box), C.4.1 (matches).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dicom_conformance.errors import HarnessError
from dicom_conformance.trace import Context, DataSet, SeenMessage, read_attributes
from dicom_simulators.encoding import (
    UNCOMPRESSED,
    DataSetError,
    Element,
    Elements,
    encoding_of,
    read_elements,
    transcode,
    write_elements,
)
from dicom_wire import CommandSet, Message

INSTANCES = ("AffectedSOPInstanceUID", "RequestedSOPInstanceUID")
_NO_STOP = 0xFFFFFFFF
_DEFLATED = "1.2.840.10008.1.2.1.99"
_Path = tuple[int, ...]


class ReplayError(HarnessError):
    """A recorded message cannot be sent to this peer."""


@dataclass(slots=True)
class Remapping:
    """The recorded values, and what stands for them now.

    Attributes
    ----------
    uids : dict
        Recorded UID to the one that the peer gave.
    contexts : dict
        Recorded context ID to the one that is used, with the transfer syntax of data sets in it.
    """

    uids: dict[str, str] = field(default_factory=dict)
    contexts: dict[int, tuple[int, str | None]] = field(default_factory=dict)
    _refused: dict[int, str] = field(default_factory=dict)

    def negotiate(self, recorded: tuple[Context, ...], now: tuple[Context, ...]) -> None:
        """Find for each context that was accepted one that is accepted now."""
        accepted = [each for each in now if each.result == 0]
        for context in recorded:
            if context.result != 0:
                continue
            same = [each for each in accepted if each.abstract_syntax == context.abstract_syntax]
            same.sort(key=lambda each: (each.transfer_syntax != context.transfer_syntax, each.context_id))
            exact = [each for each in same if each.transfer_syntax == context.transfer_syntax]
            both = {context.transfer_syntax} | {each.transfer_syntax for each in same[:1]}
            own = next((each for each in exact if each.context_id == context.context_id), None)
            if own is not None or exact:
                chosen = own or exact[0]
                self.contexts[context.context_id] = (chosen.context_id, chosen.transfer_syntax)
            elif same and both <= set(UNCOMPRESSED):
                self.contexts[context.context_id] = (same[0].context_id, same[0].transfer_syntax)
            else:
                said = ", ".join(str(each.transfer_syntax) for each in same) or "not at all"
                self._refused[context.context_id] = (
                    f"context {context.context_id} of {context.abstract_syntax} was accepted in "
                    f"{context.transfer_syntax}, and is accepted {said} now"
                )

    def learn(self, recorded: SeenMessage, now: SeenMessage) -> None:
        """Take what stands in a message of the peer where the recorded one had something else."""
        for keyword in INSTANCES:
            self._pair(recorded.command.text(keyword), now.command.text(keyword))
        before, after = dict(_uids(_identifier(recorded))), dict(_uids(_identifier(now)))
        for path, values in before.items():
            for was, now_is in zip(values, after.get(path, ()), strict=False):
                self._pair(was, now_is)

    def _pair(self, was: str | None, now: str | None) -> None:
        if was and now:
            old, new = was.strip(" \0"), now.strip(" \0")
            if old and new and old != new:
                self.uids.setdefault(old, new)

    def message(self, recorded: SeenMessage) -> Message | None:
        """Give a recorded message as it is to be sent now; None where nothing changes.

        Raises
        ------
        ReplayError
            Its presentation context is not there now.
        """
        if recorded.context_id in self._refused:
            raise ReplayError(self._refused[recorded.context_id])
        context_id, syntax = self.contexts.get(recorded.context_id, (recorded.context_id, recorded.transfer_syntax))
        command = self._command(recorded.command)
        data_set = self._data_set(recorded.data_set, recorded.transfer_syntax, syntax)
        if context_id == recorded.context_id and command is recorded.command and data_set is recorded.data_set:
            return None
        return Message(context_id, command, data_set)

    def _command(self, command: CommandSet) -> CommandSet:
        changes = {
            keyword: self.uids[value]
            for keyword in INSTANCES
            if (value := (command.text(keyword) or "").strip(" \0")) in self.uids
        }
        return command.changed(**changes) if changes else command

    def _data_set(self, data_set: bytes | None, syntax: str | None, wanted: str | None) -> bytes | None:
        if data_set is None or syntax is None:
            return data_set
        mapped = data_set
        if syntax != _DEFLATED and any(uid.encode() in data_set for uid in self.uids):
            mapped = self._mapped(data_set, syntax)
        if wanted is not None and wanted != syntax:
            converted = transcode(mapped, syntax, wanted)
            if converted is None:
                raise ReplayError(f"a data set in {syntax} cannot be converted to {wanted}")
            return converted
        return mapped

    def _mapped(self, data_set: bytes, syntax: str) -> bytes:
        try:
            found = read_elements(data_set, syntax, stop_tag=_NO_STOP)
        except DataSetError:
            return data_set  # it cannot be read, and so it was recorded
        return write_elements(self._elements(found), encoding_of(syntax))

    def _elements(self, found: Elements) -> Elements:
        return {tag: self._element(element) for tag, element in found.items()}

    def _element(self, element: Element) -> Element:
        if element.vr == "SQ":
            return replace(element, items=tuple(self._elements(item) for item in element.items))
        if element.vr != "UI":
            return element
        values = [self.uids.get(each, each) for each in _texts(element.value)]
        value = "\\".join(values).encode("ascii", "replace")
        return replace(element, value=value + b"\0" * (len(value) % 2))


def _texts(value: bytes) -> list[str]:
    return value.decode("latin-1").rstrip(" \0").split("\\")


def _identifier(seen: SeenMessage) -> DataSet:
    if seen.data_set is None or seen.transfer_syntax is None:
        return DataSet()
    return read_attributes(seen.data_set, seen.transfer_syntax)


def _uids(found: DataSet, path: _Path = ()) -> Iterator[tuple[_Path, tuple[str, ...]]]:
    """Yield the values of each element of VR UI, by its path of tags and item numbers."""
    for attribute in found:
        here = (*path, attribute.tag)
        if attribute.vr == "UI":
            yield here, attribute.values
        for number, item in enumerate(attribute.items):
            yield from _uids(item, (*here, number))
