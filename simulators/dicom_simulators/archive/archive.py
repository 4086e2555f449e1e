"""The archive: a PACS that stores, answers queries and sends what it holds, over the association driver.

Invariants: it only joins the parts. What an Identifier may say is in `information_model`, what matches in
`matching`, what is held in `holdings`, what is answered in `archive_services`; here are the SOP Classes that are
accepted, and who is asked for what. The association with a move destination is in `archive_destination`.

It is SCP of Verification, of every Storage SOP Class, and of FIND, MOVE and GET of the Patient Root and Study Root
models, and of the Storage Commitment Push Model; as SCU it stores at move destinations, and on the association of a
C-GET. Identifiers are encoded in the accepted transfer syntax; where that is an encapsulated one, in Explicit VR
Little Endian.

References
----------
PS3.4 Annex B (storage), Annex C (query/retrieve); PS3.7 9.1.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydicom import uid as registry

from dicom_simulators.archive import services
from dicom_simulators.archive.archive_negotiation import Extension, answer, behave, granted
from dicom_simulators.archive.commitment import PUSH_MODEL, judge, read_transaction
from dicom_simulators.archive.commitment_reports import Reports, ReportsOn
from dicom_simulators.archive.get_link import GetLink
from dicom_simulators.archive.holdings import Holdings
from dicom_simulators.archive.information_model import SOP_CLASSES, Behaviour
from dicom_simulators.archive.information_model import Service as QueryRetrieve
from dicom_simulators.archive.matching import Matching
from dicom_simulators.archive.move_destination import Dialler, Originator
from dicom_simulators.archive.services import QueryRequest
from dicom_simulators.association import (
    SOP_CLASS_NOT_SUPPORTED,
    SUCCESS,
    UNRECOGNIZED_OPERATION,
    VERIFICATION,
    Policy,
    Request,
    Response,
    Service,
    Simulator,
    Supported,
    echo,
    without_memory,
)
from dicom_simulators.data_sets import MEDIA_STORAGE_DIRECTORY, TRANSFER_SYNTAXES, Instance
from dicom_simulators.data_sets import SOP_CLASSES as TABLE_3_SOP_CLASSES
from dicom_simulators.encoding import EVERY_STORAGE_TRANSFER_SYNTAX, UNCOMPRESSED, encoding_of, tag_of
from dicom_wire import AAssociateRQ, Recorder, SOPClassExtendedNegotiation, SubItem

COMPRESSED = tuple(syntax.uid for syntax in TRANSFER_SYNTAXES if syntax.encapsulated)
QUERY_TRANSFER_SYNTAXES = (*UNCOMPRESSED, *COMPRESSED)


#: How the names of Storage SOP Classes end.
_STORAGE = ("Storage", "Storage - For Presentation", "Storage - For Processing")


@functools.cache
def storage_sop_classes() -> tuple[str, ...]:
    """Give the UIDs of the Storage SOP Classes of PS3.6 Table A-1 that are not retired, and of those of Table 3."""
    listed = (one for one in vars(registry).values() if isinstance(one, registry.UID) and one.type == "SOP Class")
    storage = (str(one) for one in listed if one.name.removesuffix(" (Retired)").endswith(_STORAGE))
    uids = dict.fromkeys((*(one.uid for one in TABLE_3_SOP_CLASSES), *storage))
    return tuple(uid for uid in uids if uid != MEDIA_STORAGE_DIRECTORY)


class Received:
    """How many bytes of what was received an archive holds, by SOP Instance UID.

    Parameters
    ----------
    release : callable
        Told how many bytes are held no longer.
    """

    def __init__(self, release: Callable[[int], None]) -> None:
        self._release = release
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}

    def replaces(self, instance: Instance) -> bool:
        """Count an instance; tell whether it takes the place of one that was received before."""
        with self._lock:
            before = self._sizes.get(instance.SOPInstanceUID)
            self._sizes[instance.SOPInstanceUID] = len(instance.data_set)
        if before is not None:
            self._release(before)
        return before is not None


class Archive(Simulator):
    """A PACS; it `notifies`, because sub-operations of a C-GET and reports of storage commitment are requests of it.

    Parameters
    ----------
    name, ae_title, recorder
        As for every simulator.
    instances : iterable of Instance
        What it holds from the start.
    folder : path, optional
        A folder of DICOM files that it holds as well, read when it is first asked.
    destinations : mapping of AE title to (host, port)
        Where it can move to.
    destination_names : mapping of AE title to name
        How the trace is to call them; the AE title where none is given.
    transfer_syntaxes : tuple of str
        Transfer syntaxes in which it takes instances, in its order of preference: every one of PS3.6 in which an
        instance can be stored, unless given. It keeps and sends the bytes; only native, JPEG and JPEG 2000 pixels are
        converted to an uncompressed transfer syntax where a destination takes no other.
    query_transfer_syntaxes : tuple of str
        Transfer syntaxes in which it takes the Identifiers of queries and retrieves, in its order of preference.
    sop_classes : tuple of str, optional
        Storage SOP Classes that it takes; all of them if not given.
    order : {"acceptor", "requestor"}
        Whose order of transfer syntaxes decides which one is accepted.
    strict : bool
        Whether it refuses Identifiers with attributes that the query level does not have.
    unsupported_keys : iterable of str
        Keywords of optional keys that it does not support; its pending status is then FF01.
    unknown_matches : bool
        Whether an attribute of zero length matches any key (PS3.4 C.2.2.1.2).
    extensions : iterable of Extension or its name
        What it grants in extended negotiation: relational, date_time, empty_value, multiple_value.
    keeps : bool
        Whether what it received is also listed in order of arrival; if not, it only holds it.
    get : bool
        Whether it is SCP of C-GET, for which it accepts that requestors are SCP of Storage SOP Classes.
    commitment : bool
        Whether it is SCP of storage commitment (Push Model).
    reports_on : {"same_association", "new_association"}
        Where the report of a storage commitment goes. On the same association only while that is open, else on a new
        one, for which the calling AE title must be among the destinations.
    report_attempts : int
        How many associations are opened for a report that cannot be delivered.
    report_retry_s : float
        Between two such attempts, in seconds.
    answers_in : str
        Specific Character Set in which it answers queries, where that can hold the answer; that of what it holds if
        not given.
    **options
        Of `Simulator`: host, port, faults, callers, deadlines, maximum_length ...
    """

    notifies = True

    def __init__(
        self,
        name: str,
        ae_title: str,
        recorder: Recorder,
        *,
        instances: Iterable[Instance] = (),
        folder: str | Path | None = None,
        destination_names: Mapping[str, str] | None = None,
        transfer_syntaxes: tuple[str, ...] = EVERY_STORAGE_TRANSFER_SYNTAX,
        query_transfer_syntaxes: tuple[str, ...] = QUERY_TRANSFER_SYNTAXES,
        sop_classes: tuple[str, ...] | None = None,
        order: Literal["acceptor", "requestor"] = "acceptor",
        strict: bool = False,
        unsupported_keys: Iterable[str] = (),
        unknown_matches: bool = True,
        extensions: Iterable[Extension | str] = (),
        keeps: bool = True,
        get: bool = True,
        commitment: bool = True,
        reports_on: ReportsOn = "same_association",
        report_attempts: int = 3,
        report_retry_s: float = 2.0,
        answers_in: str = "",
        **options: Any,
    ) -> None:
        held = tuple(instances)
        super().__init__(name, ae_title, recorder, instances=held, **options)
        self._held = held
        self._folder = Path(folder) if folder is not None else None
        self.holdings = Holdings(held, self._folder, self.note)
        self._keeps = keeps
        self._received = Received(self.release_memory)
        self._extensions = frozenset(map(Extension, extensions))
        self._answers_in = tuple(answers_in.split("\\")) if answers_in else ()
        self._behaviour = Behaviour(
            strict=strict,
            unsupported=frozenset(map(tag_of, unsupported_keys)),
            matching=Matching(unknown_matches=unknown_matches),
        )
        storage = storage_sop_classes() if sop_classes is None else sop_classes
        self._supported = (
            Supported(VERIFICATION),
            *(
                Supported(uid, query_transfer_syntaxes)
                for uid, (_, service) in SOP_CLASSES.items()
                if get or service is not QueryRetrieve.GET
            ),
            *((Supported(PUSH_MODEL),) if commitment else ()),
            *(Supported(uid, transfer_syntaxes, scp=get) for uid in storage),
        )
        self._policy = self._make_policy(order)
        self._dialler = Dialler(self, destination_names or {})
        self._reports = Reports(self, self._dialler, reports_on, report_attempts, report_retry_s)

    def _make_policy(self, order: Literal["acceptor", "requestor"]) -> Policy:
        return Policy(
            self._supported,
            order=order,
            maximum_length=self.maximum_length,
            called_ae_titles=super().policy().called_ae_titles,
            extend=self._extend,
        )

    def supported(self) -> tuple[Supported, ...]:
        """Return the SOP Classes that it accepts as acceptor."""
        return self._supported

    def policy(self) -> Policy:
        """Return the acceptor's policy."""
        return self._policy

    def services(self) -> Mapping[str, Service]:
        """Return its services, by DIMSE request."""
        return {
            "C-ECHO-RQ": echo,
            "C-STORE-RQ": self._store,
            "C-FIND-RQ": self._find,
            "C-MOVE-RQ": self._move,
            "C-GET-RQ": self._get,
            "N-ACTION-RQ": self._commit,
        }

    def stop(self) -> None:
        """End every association, those with move destinations too, and join every thread."""
        self._dialler.stop()
        super().stop()
        self._reports.stop()

    def forget(self) -> None:
        """Forget the instances received; what it held from the start, it holds again."""
        if self.stored:
            self.holdings = Holdings(self._held, self._folder, self.note)
        super().forget()

    def _extend(self, request: AAssociateRQ) -> tuple[SubItem, ...]:
        """Answer SOP Class Extended Negotiation."""
        answers = (
            (one.sop_class, answer(one.sop_class, one.information, self._extensions))
            for one in request.find(SOPClassExtendedNegotiation)
            if self._policy.find(one.sop_class) is not None
        )
        return tuple(SOPClassExtendedNegotiation(uid, given) for uid, given in answers if given is not None)

    def _query(self, request: Request, service: QueryRetrieve) -> QueryRequest | None:
        """Read a request of the Query/Retrieve Service Class; None if its context is not one for `service`."""
        sop_class = request.context.abstract_syntax
        model, offers = SOP_CLASSES.get(sop_class, (None, None))
        if model is None or offers is not service:
            return None
        answers = [
            one for one in self._extend(request.acceptor.request) if isinstance(one, SOPClassExtendedNegotiation)
        ]
        extensions = next((granted(sop_class, one.information) for one in answers if one.sop_class == sop_class), ())
        syntax = request.transfer_syntax
        behaviour = behave(self._behaviour, extensions)
        return QueryRequest(model, request.data_set or b"", syntax, encoding_of(syntax), behaviour, self._answers_in)

    def _store(self, request: Request) -> Generator[Response, None, None]:
        """Answer a C-STORE-RQ: keep the data set as it came (PS3.4 B.2)."""
        command = request.command
        instance = Instance(
            command.text("AffectedSOPClassUID") or "",
            command.text("AffectedSOPInstanceUID") or "",
            request.transfer_syntax,
            request.data_set or b"",
        )
        if not request.keep():
            yield without_memory()
            return
        response = services.store(self.holdings, instance, request.context.abstract_syntax)
        if response.status != SUCCESS:
            self.release_memory(len(instance.data_set))
        elif self._keeps:
            self.keep(request)
        elif self._received.replaces(instance):
            self.holdings.settle()
        yield response

    def _find(self, request: Request) -> Generator[Response, None, None]:
        """Answer a C-FIND-RQ (PS3.4 C.4.1)."""
        query = self._query(request, QueryRetrieve.FIND)
        if query is None:
            yield Response(SOP_CLASS_NOT_SUPPORTED)
            return
        yield from services.find(self.holdings, self.ae_title, query, lambda: request.cancelled)

    def _move(self, request: Request) -> Generator[Response, None, None]:
        """Answer a C-MOVE-RQ (PS3.4 C.4.2)."""
        query = self._query(request, QueryRetrieve.MOVE)
        if query is None:
            yield Response(SOP_CLASS_NOT_SUPPORTED)
            return
        command = request.command
        destination = (command.text("MoveDestination") or "").strip(" ")
        originator = Originator(request.calling_ae_title, request.message_id, command.number("Priority") or 0)
        dial = functools.partial(self._dialler.dial, originator)
        knows = self.destinations.__contains__
        yield from services.move(self.holdings, query, destination, knows, dial, lambda: request.cancelled)

    def _get(self, request: Request) -> Generator[Response, None, None]:
        """Answer a C-GET-RQ (PS3.4 C.4.3)."""
        query = self._query(request, QueryRetrieve.GET)
        if query is None:
            yield Response(SOP_CLASS_NOT_SUPPORTED)
            return
        yield from services.get(self.holdings, query, GetLink(request), lambda: request.cancelled)

    def _commit(self, request: Request) -> Generator[Response, None, None]:
        """Answer an N-ACTION-RQ of the Storage Commitment Push Model, and report afterwards (PS3.4 J.3)."""
        if request.context.abstract_syntax != PUSH_MODEL:
            yield Response(UNRECOGNIZED_OPERATION)
            return
        transaction = read_transaction(request.command, request.data_set, request.transfer_syntax)
        if isinstance(transaction, Response):
            yield transaction
            return
        if self._reports.is_full:
            yield without_memory(request.command.message)
            return
        yield Response(SUCCESS)
        self._reports.send(judge(self.holdings, transaction), request.acceptor, request.context.context_id)
