"""The SCU: it asks any SCP anything, observes what comes, and answers what the SCP asks back.

It has the operations of the modality, and those of `Scu.operations`. Each opens an association of its own, or uses a
held one (`association`). Nothing that the SCP sends is answered by an abort (`scu.observer`).

As acceptor it takes what may come of its requests: instances, and the results of storage commitment, for which it lets
the requestor be SCP (PS3.4 J.3.3, PS3.7 D.3.3.4).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar

from dicom_simulators.association import (
    SUCCESS,
    Answers,
    Arguments,
    Context,
    Operation,
    Outcome,
    Policy,
    Request,
    Requestor,
    Response,
    Service,
    Supported,
    contexts_of,
    propose,
    without_memory,
)
from dicom_simulators.data_sets import SOP_CLASSES
from dicom_simulators.encoding import EVERY_STORAGE_TRANSFER_SYNTAX
from dicom_simulators.scu import queries
from dicom_simulators.scu.delivery import Held
from dicom_simulators.scu.exchange import observer_of
from dicom_simulators.scu.modality import MAXIMUM_CONTEXTS, OPENING, Modality
from dicom_simulators.scu.models import uid_of
from dicom_simulators.scu.observer import Observer
from dicom_simulators.scu.queries import DEFAULT_TRANSFER_SYNTAXES, Query
from dicom_simulators.scu.reception import Reception
from dicom_wire import Message, RoleSelection, SubItem

_QUERY = (
    *("model", "level", "keys", "cancel", "linger_s", "character_set", "extended", "transfer_syntax"),
    *("priority", "query_id", *OPENING),
)


class Scu(Modality):
    """An SCU of every service, which observes."""

    requestor_class: ClassVar[type[Requestor]] = Observer
    ARGUMENTS: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType(
        {
            **Modality.ARGUMENTS,
            "find": _QUERY,
            "move": ("destination", *_QUERY),
            "get": ("sop_classes", "storage_transfer_syntaxes", "answers", "delay_s", *_QUERY),
        }
    )

    def operations(self) -> Mapping[str, Operation]:
        """Return its operations."""
        return {**super().operations(), "find": self._find_matches, "move": self._move, "get": self._get}

    # -- as acceptor ----------------------------------------------------------------------------------------------

    def supported(self) -> tuple[Supported, ...]:
        """Return what it accepts as acceptor: Verification and storage."""
        storage = tuple(Supported(one.uid, EVERY_STORAGE_TRANSFER_SYNTAX) for one in SOP_CLASSES)
        return (*super().supported(), *storage)

    def policy(self) -> Policy:
        """Return the acceptor's policy: the requestor's transfer syntaxes are taken in its order."""
        return replace(super().policy(), order="requestor")

    def services(self) -> Mapping[str, Service]:
        """Return C-ECHO and C-STORE."""
        return {**super().services(), "C-STORE-RQ": self._take_instance}

    def _take_instance(self, request: Request) -> Generator[Response, None, None]:
        yield without_memory() if self.keep(request) is None else Response(SUCCESS)

    # -- queries --------------------------------------------------------------------------------------------------

    def _find_matches(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        return self._ask("find", address, data, queries.find)

    def _move(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        before = len(self.stored)
        details = self._ask("move", address, data, queries.move)
        return {**details, "arrived": [one.SOPInstanceUID for one in self.stored[before:]]}

    def _ask(
        self,
        operation: str,
        address: tuple[str, int],
        data: Mapping[str, object],
        act: Callable[[Held, Query], Outcome],
    ) -> Outcome:
        arguments = Arguments(data)
        query = queries.read_query(operation, arguments)
        contexts = contexts_of(arguments) or propose((query.sop_class, _syntaxes(query)))
        opened = self._open(address, arguments, contexts, further=query.user_information)
        return self._using(opened, operation, lambda held: act(held, query))

    def _get(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        query = queries.read_query("get", arguments)
        answers, delay_s = Answers.of(arguments.raw("answers")), arguments.seconds("delay_s", 0.0)
        classes, roles = self._storage(arguments)
        further = (*query.user_information, *(() if "roles" in arguments else roles))
        contexts = contexts_of(arguments) or propose((query.sop_class, _syntaxes(query)), *classes)
        opened = self._open(address, arguments, contexts, further=further)
        title = arguments.text("called_ae_title", arguments.text("called", "ANY-SCP"))

        def keep(message: Message, context: Context) -> bool:
            return self.keep_retrieved(message, context, title) is not None

        reception = Reception(answers, delay_s, keep)
        details = self._using(opened, "get", lambda held: _receiving(held, query, reception))
        return {**details, "arrived": [*reception.answered], "answered": reception.answered}

    def _storage(self, arguments: Arguments) -> tuple[list[tuple[str, tuple[str, ...]]], tuple[SubItem, ...]]:
        """Give the storage contexts that a C-GET needs, and the SCP role for each of their classes."""
        given = [uid_of(one) for one in arguments.texts("sop_classes", ())]
        own = [one.SOPClassUID for one in self.instances if hasattr(one, "SOPClassUID")]
        chosen = list(dict.fromkeys(given or own or [one.uid for one in SOP_CLASSES]))
        if len(chosen) >= MAXIMUM_CONTEXTS:
            raise ValueError(f"sop_classes: {len(chosen)} are more than one association has room for")
        texts = arguments.texts("storage_transfer_syntaxes", ())
        syntaxes = tuple(uid_of(one) for one in texts) or DEFAULT_TRANSFER_SYNTAXES
        return [(one, syntaxes) for one in chosen], tuple(RoleSelection(one, 0, 1) for one in chosen)


def _syntaxes(query: Query) -> tuple[str, ...]:
    return query.transfer_syntaxes or DEFAULT_TRANSFER_SYNTAXES


def _receiving(held: Held, query: Query, reception: Reception) -> Outcome:
    """Have the instances of a C-GET received while it runs."""
    handlers = observer_of(held).handlers
    handlers["C-STORE-RQ"] = reception.handle
    try:
        return queries.get(held, query)
    finally:
        handlers.pop("C-STORE-RQ", None)
