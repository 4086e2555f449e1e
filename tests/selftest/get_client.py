"""A client that retrieves by C-GET, as a subject: the SCU simulator behind the face of a product, and its mutants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.subjects import Product
from dicom_conformance.results import Result
from dicom_conformance.scenario import matrix, scenario, selection
from dicom_conformance.scenario.matrix import Case
from dicom_conformance.statement import Statement, unclaimed
from dicom_simulators.association import Proposal, Unreachable, requestor
from dicom_simulators.scu import Scu, observer, queries, reception, scu
from dicom_wire import Message, Recorder, command_set
from dicom_wire.items import MaximumLength, UserInformation
from mutation import Catalogue, Mutant, Patch

GETS = Catalogue()
TITLE = "GETTER"
CT = "1.2.840.10008.5.1.4.1.1.2"
DEADLINE_S = 20.0


class GetClient:
    """What the entry point of a product would name: it performs `get`.

    An impatient one has a user who cancels each retrieval at its first response, so that `cancel` finds it done.
    """

    configurations = frozenset({"none"})

    def __init__(self, is_impatient: bool = False) -> None:
        self.operations = frozenset({"get", "cancel"} if is_impatient else {"get"})
        self._patience = {"cancel": {"after": 1}} if is_impatient else {}
        self._scu = Scu("getter", TITLE, Recorder())
        self._scu.start()
        self._peers: Mapping[str, Mapping[str, Any]] = {}

    def prepare(self, configuration: str, peers: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
        self._peers = peers
        host, port = self._scu.address
        return {"ae_title": TITLE, "host": host, "port": port}

    def perform(self, operation: str, peer: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "cancel":
            return {"operation": operation, "peer": peer, "result": "success", "status": None, "detail": ""}
        known = self._peers[peer]
        further = {"called_ae_title": known["ae_title"], "sop_classes": [CT], **self._patience}
        return dict(self._scu.perform(operation, (known["host"], known["port"]), {**arguments, **further}))

    def instances(self) -> list[dict[str, Any]]:
        return []

    def log(self) -> list[str]:
        return []

    def close(self) -> None:
        self._scu.stop()


@cache
def statement() -> Statement:
    """Read what is claimed of it: nothing but the service."""
    return unclaimed("getter").with_operations({"get": ("study_root", "patient_root")})


@cache
def cases_of(identifier: str) -> tuple[Case, ...]:
    """Give the cases of a scenario, or the one case that is named."""
    file = selection.FOLDER / f"{identifier.partition('[')[0]}.yaml"
    return tuple(
        case
        for case in matrix.expand(scenario.read(file), statement())
        if "[" not in identifier or case.id == identifier
    )


def play(identifier: str, mutant: Mutant | None = None) -> list[Result]:
    """Play the cases of a scenario with the client, mutated or not."""
    made: list[GetClient] = []

    def make() -> GetClient:
        made.append(GetClient(is_impatient=identifier == "scu/get/cancel"))
        return made[-1]

    with Patch() as patch:
        if mutant is not None:
            mutant.mutate(patch)
        runner = CaseRunner(statement(), Product("getter", make), RunOptions(case_deadline_s=DEADLINE_S))
        try:
            return [runner.play(case) for case in cases_of(identifier)]
        finally:
            runner.close()
            for each in made:
                each.close()


# -- mutants


@GETS.mutant("scu/get/proposal", "context")
def leaves_out_the_default_transfer_syntax(patch: Patch) -> None:
    """Implicit VR Little Endian is not proposed for C-GET."""

    def contexts(*pairs: Any) -> Any:
        found = proposed(*pairs)
        first = replace(found[0], transfer_syntaxes=("1.2.840.10008.1.2.1",))
        return (first, *found[1:])

    proposed = patch.set(scu, "propose", contexts)


@GETS.mutant("scu/get/proposal", "pdu")
def leaves_the_length_out(patch: Patch) -> None:
    """The maximum length is not announced."""

    def request(self: Any) -> Any:
        return _without_length(asked(self))

    asked = patch.set(Proposal, "request", request)


def _without_length(pdu: Any) -> Any:
    def kept(item: Any) -> Any:
        if not isinstance(item, UserInformation):
            return item
        return replace(item, sub_items=tuple(one for one in item.sub_items if not isinstance(one, MaximumLength)))

    return replace(pdu, items=tuple(map(kept, pdu.items)))


@GETS.mutant("scu/get/identifier[SERIES]", "data_set")
def leaves_out_the_study(patch: Patch) -> None:
    """The unique key above the level is left out."""

    def encode(keys: Any, *further: Any) -> bytes:
        return encoded({name: value for name, value in keys.items() if name != "StudyInstanceUID"}, *further)

    encoded = patch.set(queries, "encode_attributes", encode)


@GETS.mutant("scu/get/identifier[STUDY]", "data_set")
def asks_with_a_further_key(patch: Patch) -> None:
    """The Identifier has Patient's Name as well."""
    encoded = patch.set(queries, "encode_attributes", lambda keys, *more: encoded({**keys, "PatientName": ""}, *more))


@GETS.mutant("scu/get/sub-operations", "dimse")
def proposes_no_role(patch: Patch) -> None:
    """The role of SCP is not proposed for what may be sent."""
    patch.set(scu, "_receiving_roles", lambda contexts: ())


@GETS.mutant("scu/get/sub-operations", "dimse")
def refuses_what_it_asked_for(patch: Patch) -> None:
    """What the retrieval brings is answered with A700."""
    patch.set(reception, "SUCCESS", 0xA700)


@GETS.mutant("scu/get/cancel", "dimse")
def cancels_another_operation(patch: Patch) -> None:
    """The C-CANCEL-RQ names a Message ID that no request had."""
    _cancels(patch, lambda observer, message, cancel: cancel(observer, _numbered(message, 4711)))


@GETS.mutant("scu/get/cancel", "dimse")
def cancels_twice(patch: Patch) -> None:
    """Two C-CANCEL-RQ are sent for the one operation."""
    _cancels(patch, lambda observer, message, cancel: [cancel(observer, message) for _ in range(2)])


@GETS.mutant("scu/get/cancel", "dimse")
def leaves_without_cancelling(patch: Patch) -> None:
    """The association is aborted instead."""
    _cancels(patch, lambda observer, message, cancel: observer.abort())


def _cancels(patch: Patch, sends: Callable[[Any, Any, Any], object]) -> None:
    before = patch.set(observer.Observer, "cancel", lambda self, message: sends(self, message, before))


def _numbered(message: Message, message_id: int) -> Message:
    return replace(message, command=command_set("C-GET-RQ", MessageID=message_id))


@GETS.mutant("scu/get/statuses", "dimse")
def asks_only_once(patch: Patch) -> None:
    """After its first request the client asks for nothing more."""
    _only_once(patch, "get", queries)


def _only_once(patch: Patch, name: str, owner: Any) -> None:
    asked: list[Any] = []

    def once(held: Any, query: Any) -> Any:
        if asked:
            return {"operation": name, "peer": "", "result": "failure", "status": None, "detail": "once"}
        asked.append(held)
        return before(held, query)

    before = patch.set(owner, name, once)


@GETS.mutant("scu/get/survives[aborted]", "association")
def opens_nothing_after_a_failure(patch: Patch) -> None:
    """Once an association was lost, the client opens no other."""

    def opens(self: Any) -> Any:
        if tried:
            return self._over(Unreachable("once was enough"))
        tried.append(self)
        return before(self)

    tried: list[Any] = []
    before = patch.set(requestor.Requestor, "associate", opens)


@GETS.mutant("scu/get/refused-contexts", "dimse")
def uses_contexts_that_were_refused(patch: Patch) -> None:
    """The request is sent in the context of C-GET, accepted or not."""

    def context(held: Any, query: Any) -> Any:
        found = before(held, query)
        every = held.established.contexts
        return found or next((replace(one, transfer_syntax="1.2.840.10008.1.2", result=0) for one in every), None)

    before = patch.set(queries, "_context", context)


@GETS.mutant("scu/get/length-kept[63]", "pdu")
def ignores_the_length_announced(patch: Patch) -> None:
    """P-DATA-TFs are as long as they happen to be."""
    patch.set(requestor, "usable_length", lambda length: 0)


@GETS.mutant("scu/get/lawful-acceptor[no_version_name]", "dimse")
def insists_on_a_version_name(patch: Patch) -> None:
    """An acceptor that gives no Implementation Version Name is asked for nothing."""

    def get(held: Any, query: Any) -> Any:
        if not held.established.acceptance.implementation_version_name:
            return {"operation": "get", "peer": "", "result": "failure", "status": None, "detail": "who are you"}
        return before(held, query)

    before = patch.set(queries, "get", get)
