"""One user of a load: it chooses from the mix, opens and releases its associations, and reports what it did.

It knows nothing of Locust: a plain loop drives it just as well. One user is one thread, or one greenlet.

Invariants: an instance is in the ledger before its first byte is sent, whatever happens to the user then; a study that
a user asks for was stored by the same user, and its answers came.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dicom_conformance.load.asking import MODELS, Answer, Held
from dicom_conformance.load.figures import Sample
from dicom_conformance.load.ledger import Entry, is_stored
from dicom_conformance.load.names import Names
from dicom_conformance.load.plan import Plan
from dicom_conformance.load.plan_file import Asking, Echo, Find, Get, Move, Store
from dicom_conformance.load.templates import Template
from dicom_conformance.probe import Target
from dicom_simulators.association import (
    VERIFICATION,
    Context,
    Deadlines,
    End,
    Established,
    Proposal,
    Released,
    Unreachable,
    in_words,
    propose,
)
from dicom_simulators.encoding import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from dicom_simulators.scu import Receiver
from dicom_simulators.standalone import Forgetful
from dicom_wire import Message, RoleSelection, SubItem

__all__ = ["Post", "User", "deadlines_of", "opened", "proposal_of"]

SYNTAXES = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN)
LONGEST_CONNECT_S = 10.0
Receive = Callable[[Message, Context], int]


@dataclass(slots=True)
class Post:
    """What the users of one worker share: names, templates, and the numbers of studies.

    Attributes
    ----------
    on_sample, on_stored : callable
        Take each operation, and each instance that was sent, as soon as its end is known.
    """

    plan: Plan
    target: Target
    calling: str
    names: Names
    templates: Mapping[tuple[int, int], Template]
    on_sample: Callable[[Sample], None]
    on_stored: Callable[[Entry], None]
    studies: int = 0
    users: int = 0
    unreachable_in_a_row: int = 0

    def next_study(self) -> int:
        """Give a number that no study of this worker has."""
        self.studies += 1
        return self.studies

    def next_user(self) -> int:
        """Give a number that no user of this worker has."""
        self.users += 1
        return self.users


@dataclass(slots=True)
class _Study:
    """A study that is being stored: how many instances were sent, and which of them the target says it has."""

    number: int
    sent: int = 0
    stored: set[str] = field(default_factory=set)


def deadlines_of(plan: Plan) -> Deadlines:
    """Give the deadlines of every association."""
    answer_s = plan.file.answer_s
    return Deadlines(
        connect_s=min(LONGEST_CONNECT_S, answer_s),
        associate_s=answer_s,
        release_s=answer_s,
        dimse_s=answer_s,
        write_s=answer_s,
    )


def proposal_of(plan: Plan, target: Target, calling: str) -> Proposal:
    """Propose everything that the mix needs; the SCP role too, for what a C-GET may bring."""
    kinds = {type(entry) for entry in plan.file.mix}
    contexts: dict[tuple[str, tuple[str, ...]], None] = {}
    if Echo in kinds:
        contexts[VERIFICATION, SYNTAXES] = None
    for kind in (Find, Move, Get):
        for entry in plan.file.mix:
            if isinstance(entry, kind):
                contexts[MODELS[entry.model][entry.operation], SYNTAXES] = None
    classes: dict[str, None] = {}
    for store in plan.stores:
        contexts[store.sop_class, (store.transfer_syntax,)] = None
        classes[store.sop_class] = None
    for entry in plan.file.mix:
        if isinstance(entry, Get):
            for sop_class in entry.sop_classes:
                contexts[sop_class, SYNTAXES] = None
                classes[sop_class] = None
    roles: tuple[SubItem, ...] = tuple(RoleSelection(one, 1, 1) for one in classes) if Get in kinds else ()
    return Proposal(target.title, calling, propose(*contexts), user_information=roles)


def opened(target: Target, proposal: Proposal, plan: Plan, receive: Receive) -> Held | End:
    """Open an association with the deadlines and TLS of a plan; give its end where it did not come about."""
    requestor = Receiver(
        Forgetful(),
        target.address,
        proposal,
        name="load",
        peer="target",
        deadlines=deadlines_of(plan),
        tls=plan.file.tls,
        receive=receive,
    )
    established = requestor.associate()
    return Held(requestor, established) if isinstance(established, Established) else established


class User:
    """One user.

    Parameters
    ----------
    post : Post
        Where it works.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        plan = post.plan
        self._random = random.Random(f"{plan.file.seed}/{post.names.worker}/{post.next_user()}")
        self._numbers = range(len(plan.file.mix))
        self._weights = list(itertools.accumulate(entry.weight for entry in plan.file.mix))
        self._proposal = proposal_of(plan, post.target, post.calling)
        self._held: Held | None = None
        self._performed = 0
        self._is_asking = False
        self._studies: dict[int, _Study] = {}
        self._asked_for: list[_Study] = []
        self._received: set[str] = set()
        self._received_bytes = 0

    def act(self) -> None:
        """Perform one operation, on the open association or on another one."""
        index, entry = self._chosen()
        held = self._association()
        if held is None:
            return
        self._is_asking = True
        if isinstance(entry, Store):
            self._store(held, index, entry)
        else:
            self._ask(held, entry)
        self._is_asking = False
        self._performed += 1
        if not held.is_open:
            self._held = None
        elif self._performed >= self._post.plan.file.operations_per_association:
            self.release()

    def release(self) -> None:
        """Release the association, if one is open."""
        held, self._held = self._held, None
        if held is None or not held.is_open:
            return
        begun = time.perf_counter()
        end = held.requestor.release()
        failure = "" if isinstance(end, Released) else in_words(end)
        self._post.on_sample(Sample("A-RELEASE", "", time.perf_counter() - begun, 0, failure))

    def leave(self) -> None:
        """Release the association, if one is open; abort it where an operation was cut off."""
        if not self._is_asking:
            self.release()
            return
        held, self._held = self._held, None
        if held is not None and held.is_open:
            held.requestor.abort()

    # -- associations ---------------------------------------------------------------------------------------------

    def _association(self) -> Held | None:
        if self._held is not None:
            return self._held
        begun = time.perf_counter()
        held = opened(self._post.target, self._proposal, self._post.plan, self._receive)
        elapsed_s = time.perf_counter() - begun
        if not isinstance(held, Held):
            self._post.unreachable_in_a_row += isinstance(held, Unreachable)
            self._post.on_sample(Sample("A-ASSOCIATE", "", elapsed_s, 0, in_words(held)))
            return None
        self._post.unreachable_in_a_row = 0
        self._post.on_sample(Sample("A-ASSOCIATE", "", elapsed_s))
        self._held, self._performed = held, 0
        return held

    def _receive(self, message: Message, context: Context) -> int:
        self._received.add((message.command.text("AffectedSOPInstanceUID") or "").strip(" \0"))
        self._received_bytes += len(message.data_set or b"")
        return 0

    # -- operations -----------------------------------------------------------------------------------------------

    def _chosen(self) -> tuple[int, Echo | Store | Find | Move | Get]:
        mix = self._post.plan.file.mix
        index = self._random.choices(self._numbers, cum_weights=self._weights)[0]
        entry = mix[index]
        if isinstance(entry, Asking) and entry.of == "stored" and not self._asked_for:
            stores = [number for number, one in enumerate(mix) if isinstance(one, Store)]
            index = self._random.choices(stores, [mix[number].weight for number in stores])[0]
        return index, mix[index]

    def _store(self, held: Held, index: int, entry: Store) -> None:
        post = self._post
        number = self._random.choices(range(len(entry.sizes)), [size.weight for size in entry.sizes])[0]
        template = post.templates[index, number]
        study = self._studies.get(index)
        if study is None or study.sent >= entry.instances_per_study:
            study = self._studies[index] = _Study(post.next_study())
        study.sent += 1
        instance, numbers = study.sent, (post.names.worker, study.number, study.sent)
        uid = post.names.instance(study.number, instance)
        data_set = template.data_set(post.names, study.number, instance)
        status: int | None = None
        begun = time.perf_counter()
        try:
            answer = held.store(template.sop_class, template.transfer_syntax, uid, data_set)
            elapsed_s, status = time.perf_counter() - begun, answer.status
        finally:  # also where the user is stopped in the middle
            post.on_stored(Entry(*numbers, (index, number), status))
        if is_stored(status):
            study.stored.add(uid)
            if study not in self._asked_for:
                self._asked_for.append(study)
                del self._asked_for[:-MOST_REMEMBERED]
        name = entry.name or f"{entry.sizes[number].bytes:,} bytes"
        post.on_sample(Sample("C-STORE", name, elapsed_s, answer.size_bytes, answer.failure))

    def _ask(self, held: Held, entry: Echo | Find | Move | Get) -> None:
        study = self._random.choice(self._asked_for) if isinstance(entry, Asking) and entry.of == "stored" else None
        expected = set(study.stored) if study is not None else set()
        keys = self._keys(entry, study) if isinstance(entry, Asking) else {}
        self._received, self._received_bytes = set(), 0
        begun = time.perf_counter()
        answer, name = self._answer(held, entry, keys)
        elapsed_s = time.perf_counter() - begun
        failure = answer.failure or self._left_out(entry, answer, expected)
        operation = f"C-{entry.operation.upper()}"
        size_bytes = answer.size_bytes + self._received_bytes
        self._post.on_sample(Sample(operation, entry.name or name, elapsed_s, size_bytes, failure))

    def _answer(self, held: Held, entry: Echo | Find | Move | Get, keys: Mapping[str, str]) -> tuple[Answer, str]:
        match entry:
            case Find():
                return held.find(keys, model=entry.model), f"{entry.level.lower()} level"
            case Move():
                return held.move(keys, entry.destination, entry.model), f"to {entry.destination}"
            case Get():
                return held.get(keys, entry.model), ""
            case _:
                return held.echo(), ""

    def _keys(self, entry: Asking, study: _Study | None) -> dict[str, str]:
        """Give the Identifier: the unique keys of the level and those above it (PS3.4 C.4.1.2.1, C.4.2.2.1, C.6.1)."""
        level = entry.level if isinstance(entry, Find) else "STUDY"
        keys: dict[str, str] = {"QueryRetrieveLevel": level}
        if study is not None:
            if entry.model == "patient_root":
                keys["PatientID"] = self._post.names.patient(study.number)
            if level != "PATIENT":
                keys["StudyInstanceUID"] = self._post.names.study(study.number)
            if level in ("SERIES", "IMAGE"):
                keys["SeriesInstanceUID"] = self._post.names.series(study.number) if level == "IMAGE" else ""
            if level == "IMAGE":
                keys["SOPInstanceUID"] = ""
        return {**keys, **entry.keys}

    def _left_out(self, entry: Echo | Find | Move | Get, answer: Answer, expected: set[str]) -> str:
        """Say what is missing of a study that the target had answered to have stored; empty if nothing is."""
        if isinstance(entry, Find) and expected:
            return "" if answer.matches else f"{answer.status:04X}, but a stored study was not found"
        retrieved = len(expected & self._received) if isinstance(entry, Get) else answer.retrieved
        if isinstance(entry, Get | Move) and retrieved < len(expected):
            return f"{answer.status:04X}, but stored instances were left out"
        return ""


MOST_REMEMBERED = 100
"""Studies of a user that may be asked for: the last ones."""
