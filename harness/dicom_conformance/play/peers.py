"""The peers of a case: its simulators and the links between them and the subject, built, started, and stopped.

Every pair of AEs that can meet gets a link of its own, so that each connection is seen with the names of both its
ends: the subject towards each accepting peer, each acting peer towards the subject, an archive towards its
destinations. Without links the same pairs meet directly. So do pairs of which one speaks TLS: a link would see nothing
but ciphertext, and the simulator records what it sent and received in plain bytes. Where the peer's section says `link:
terminated`, there is a link that ends TLS on both sides, and so can misbehave in the midst of it.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import dicom_simulators
from dicom_conformance.errors import HarnessError
from dicom_conformance.play import certificates
from dicom_conformance.play.instances import held_by, made
from dicom_conformance.play.limits import Limiter
from dicom_conformance.play.ports import LOOPBACK_IPV6
from dicom_conformance.play.subjects import Address
from dicom_conformance.scenario import OTHER_AES, Do, Fault, FaultCall, Peer, Setup, fixtures, simulator_settings
from dicom_simulators import faults
from dicom_simulators.association import Deadlines, Termination
from dicom_simulators.data_sets import Instance
from dicom_simulators.link import Link
from dicom_wire.capture import Recorder

LOOPBACK = "127.0.0.1"
LOCALHOST = "localhost"


@dataclass(frozen=True, slots=True)
class _OrderedFault:
    """A fault that the case asked for, as a report names it, and where it is in force."""

    name: str
    fault: faults.Fault
    in_force: tuple[faults.InForce, ...]
    tripwire: bool = False
    optional: bool = False

    @property
    def acted_ns(self) -> int | None:
        """When it first had an effect, on the clock of `time.monotonic_ns`; None if it never had."""
        times = [t_ns for one in self.in_force if (t_ns := one.acted_ns(self.fault)) is not None]
        return min(times, default=None)


class Peers:
    """The simulators and links of one case; a context manager that stops them.

    Parameters
    ----------
    setup : Setup
        The case's.
    subject : Address
        Where the subject accepts associations.
    recorder : Recorder
        The case's.
    fixed : mapping
        Titles and ports under which the subject knows peers, where they are fixed.
    base : Path
        What the paths of holdings are relative to.
    seed : int
        The case's.
    links : bool
        Whether associations are led through links.
    case_deadline_s : float
        What the case may take. A peer gives a silent subject up well before, so that a subject that hangs is judged
        by what the peer saw, and no operation of ours is late.
    others : callable
        Returns the further AEs of the subject, by name.
    limiter : Limiter
        The subject's limits; where there are any, the peers reach it through links whatever `links` says.
    samples : sequence of Sample
        Files that a peer holds besides, if it is to store an instance of every SOP Class that is accepted.
    """

    def __init__(
        self,
        setup: Setup,
        subject: Address,
        recorder: Recorder,
        *,
        fixed: Mapping[str, Address],
        base: Path,
        seed: int,
        links: bool,
        case_deadline_s: float,
        others: Callable[[], Mapping[str, Address]] = dict,
        limiter: Limiter | None = None,
        samples: Sequence[fixtures.Sample] = (),
    ) -> None:
        self._samples = samples
        self._others = others
        self.subject = subject
        self._limiter = limiter or Limiter()
        self.instances: dict[str, list[Instance]] = {}
        self._setup = setup
        self._recorder = recorder
        self._fixed = fixed
        self._base = base
        self._seed = seed
        # a scenario in which the link itself misbehaves needs one, even with --no-link
        self._with_links = (
            links or self._limiter.limits or any(isinstance(step, Fault) and step.at == "link" for step in setup.steps)
        )
        self._deadlines = _patience(case_deadline_s)
        self._simulators: dict[str, Any] = {}
        self._titles: dict[str, str] = {setup.subject: subject.ae_title}
        self._links: dict[tuple[str, str], Link] = {}
        self._has_stopped = False
        self._links_lock = threading.RLock()  # an operation in the background makes links, too, even one left behind
        self._faults: list[_OrderedFault] = []

    def __enter__(self) -> Self:
        try:
            for name in self._in_order():
                self._start(name, self._setup.peers[name])
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the links, then the simulators: all of them, even where one of them fails to stop."""
        with self._links_lock:
            self._has_stopped = True
            links = list(self._links.values())
            self._links.clear()
        with ExitStack() as last_first:
            for simulator in reversed(self._simulators.values()):
                last_first.callback(simulator.stop)
            for link in reversed(links):
                last_first.callback(link.stop)

    @property
    def titles(self) -> dict[str, str]:
        """AE title to name."""
        return {title: name for name, title in self._titles.items()}

    def known(self) -> dict[str, Address]:
        """Give the peers that the subject is to know, at the addresses where it reaches them."""
        found = {}
        for name, peer in self._setup.peers.items():
            if peer.known and hasattr(self._simulators[name], "address"):
                host, port = self.address(self._setup.subject, name)
                found[name] = Address(self._titles[name], LOCALHOST if peer.host == LOCALHOST else host, port)
        return found

    def address(self, requestor: str, acceptor: str) -> tuple[str, int]:
        """Give the address at which `requestor` reaches `acceptor`: the link between them, made on first use.

        Raises
        ------
        HarnessError
            The peers have stopped, or the subject has no such AE.
        """
        own = self._simulators.get(acceptor)
        target: tuple[str, int] = self._of_subject(acceptor).endpoint if own is None else own.address
        if not self._with_links or self._speaks_tls(requestor) or self._speaks_tls(acceptor):
            return target
        with self._links_lock:
            if self._has_stopped:
                raise HarnessError(f"the case is over: {requestor} cannot reach {acceptor} any more")
            link = self._links.get((requestor, acceptor)) or self._new_link(requestor, acceptor, target)
            self._links[(requestor, acceptor)] = link
        found: tuple[str, int] = link.address
        return found

    def _new_link(self, requestor: str, acceptor: str, target: tuple[str, int]) -> Link:
        port = self._fixed_port(acceptor) if requestor == self._setup.subject else 0
        host = LOOPBACK_IPV6 if ":" in target[0] else self._host(acceptor)  # a trace is of one family
        tls = self._termination(requestor, acceptor)
        limited: dict[str, Any] = {}
        if acceptor == self._setup.subject:
            limited = {"turns": self._limiter.turns, "faults": self._limiter.faults}
        link = Link("link", requestor, acceptor, target, self._recorder, host=host, port=port, tls=tls, **limited)
        link.start()
        return link

    def _links_of(self, name: str) -> dict[tuple[str, str], Link]:
        """Give the links that lead to and from a peer, by requestor and acceptor."""
        with self._links_lock:
            return {pair: link for pair, link in self._links.items() if name in pair}

    def _speaks_tls(self, name: str) -> bool:
        """Whether a peer speaks TLS that no link ends."""
        section = self._tls(name)
        return section is not None and section.get("link") != "terminated"

    def _tls(self, name: str) -> Mapping[str, Any] | None:
        peer = self._setup.peers.get(name)
        return None if peer is None else peer.settings.get("tls")

    def _termination(self, requestor: str, acceptor: str) -> Termination | None:
        """How the link between two AEs ends TLS: in the profile and with the certificate of the peer of ours."""
        name = requestor if self._tls(requestor) is not None else acceptor
        if self._tls(name) is None:
            return None
        peer = self._setup.peers[name]
        one = simulator_settings.typed(peer.simulator, certificates.secured({"tls": peer.settings["tls"]}))["tls"]
        return Termination(near=one, far=one)

    def title(self, name: str) -> str:
        """Give the AE title of a peer, of the subject, or of another AE of the subject's."""
        return self._titles[name] if name in self._titles else self._of_subject(name).ae_title

    def _of_subject(self, name: str) -> Address:
        """Give where an AE of the subject's is; HarnessError where it does not have it."""
        if name not in OTHER_AES:
            return self.subject
        found = self._others().get(name)
        if found is None:
            raise HarnessError(f"the subject has no AE {name}: `settings: {{{name}: {{}}}}` gives the workstation one")
        return found

    def simulator(self, name: str) -> Any:
        """Give a simulator by its name."""
        return self._simulators[name]

    def names(self) -> tuple[str, ...]:
        """Name the peers."""
        return tuple(self._simulators)

    def fault(self, name: str, calls: tuple[FaultCall, ...], at_link: bool) -> None:
        """Have a peer, or the links that lead to and from it, misbehave from now on."""
        for call in calls:
            fault = faults.build(call.name, call.parameters)
            links = list(self._links_of(name).values())
            if at_link and not links:
                raise HarnessError(f"the fault at the link of {name} needs the relays that --no-link leaves out")
            bearers = links if at_link else [self._simulators[name]]
            for bearer in bearers:
                bearer.fault(fault)
            where = f"the link of {name}" if at_link else name
            in_force = tuple(one.faults for one in bearers)
            self._faults.append(_OrderedFault(f"{call.name} at {where}", fault, in_force, call.tripwire, call.optional))

    def idle_faults(self) -> tuple[str, ...]:
        """Say of each fault that a case asked for and that nothing was done by: the case did not try what it is for."""
        return tuple(
            f"the fault {ordered.name} never had an effect"
            for ordered in self._faults
            if ordered.acted_ns is None and not ordered.tripwire and not ordered.optional
        )

    def has_acted(self, optional: bool) -> bool:
        """Tell whether a fault had an effect, of those that need not have one or of the others."""
        return any(one.optional is optional and one.acted_ns is not None for one in self._faults)

    def fired_tripwires(self) -> tuple[str, ...]:
        """Name each fault that must never have an effect, and had one."""
        return tuple(one.name for one in self._faults if one.tripwire and one.acted_ns is not None)

    def first_fault_ns(self) -> int | None:
        """Give when a fault first had an effect, on the clock of `time.monotonic_ns`; None if none had."""
        times = [t_ns for one in self._faults if (t_ns := one.acted_ns) is not None]
        return min(times, default=None)

    def scripted(self) -> frozenset[str]:
        """Name the peers that play a script, lawful or not."""
        return frozenset(name for name, peer in self._setup.peers.items() if peer.simulator == "scripted")

    def derailed_scripts(self) -> tuple[str, ...]:
        """Say which scripts of peers did not play to their end, and why; complete when the peers have stopped."""
        return tuple(
            f"the script of {name} did not play to its end: {'; '.join(missed)}"
            for name, simulator in self._simulators.items()
            if (missed := getattr(simulator, "not_received", ()))
        )

    def clear(self, name: str, fault: str | None = None) -> None:
        """Have a peer and its links behave again; in one way, if a fault is named."""
        links = self._links_of(name)
        if fault is not None:
            for bearer in (self._simulators[name], *links.values()):
                bearer.faults.lift(lambda one: fault in faults.written(one.fault))
            return
        self._simulators[name].clear()
        for pair, link in links.items():
            link.clear()
            for pace in self._limiter.faults if pair[1] == self._setup.subject else ():
                link.fault(pace)

    def _in_order(self) -> list[str]:
        """Put destinations before the peers that send to them."""
        waiting = dict(self._setup.peers)
        placed: list[str] = []
        while waiting:
            free = [name for name, peer in waiting.items() if not set(_destinations(peer).values()) & set(waiting)]
            if not free:
                raise HarnessError(f"the destinations of {', '.join(waiting)} form a cycle")
            placed.extend(free)
            for name in free:
                del waiting[name]
        return placed

    def _start(self, name: str, peer: Peer) -> None:
        title = self._title(name, peer)
        self._titles[name] = title
        begin = sum(len(made_before) for made_before in self.instances.values())
        self.instances[name] = made(held_by(name, peer, self._setup.steps, self._samples), self._base, begin)
        kind = dicom_simulators.SIMULATORS[peer.simulator]
        further = simulator_settings.typed(peer.simulator, certificates.secured(peer.settings))
        if self._speaks_tls(name):
            further["callers"] = {"*": self._setup.subject}
        if peer.destinations:
            further["destinations"] = {
                self._titles.get(key, key): self.address(name, destination)
                for key, destination in _destinations(peer).items()
            }
            if "destination_names" in inspect.signature(kind).parameters:
                titled = _destinations(peer).items()
                further["destination_names"] = {self._titles.get(key, key): to for key, to in titled}
        if peer.script:
            further["script"] = peer.script
        further.setdefault("deadlines", self._deadlines)
        if not self._with_links:
            further["callers"] = self._callers(name)
        built = [(call, faults.build(call.name, call.parameters)) for call in peer.fault_calls]
        simulator = kind(
            name,
            title,
            self._recorder,
            instances=tuple(self.instances[name]),
            faults=tuple(fault for _, fault in built),
            host=self._host(name),
            port=0 if self._with_links else self._fixed_port(name),
            seed=self._seed,
            **further,
        )
        self._simulators[name] = simulator
        self._faults += [
            _OrderedFault(f"{call.name} at {name}", fault, (simulator.faults,), call.tripwire, call.optional)
            for call, fault in built
        ]
        simulator.start()

    def _title(self, name: str, peer: Peer) -> str:
        fixed = self._fixed.get(name)
        return fixed.ae_title if fixed is not None else peer.ae_title or name.upper().replace("_", "-")[:16]

    def _callers(self, name: str) -> dict[str | tuple[str, int], str]:
        """Name who reaches a peer directly: the peers that lead to it by their titles, else it is the subject.

        A link knows its requestor in any case; a peer that closes at once never learns who called it.
        """
        acting = {step.ae for step in self._setup.steps if isinstance(step, Do) and step.peer == name}
        found: dict[str | tuple[str, int], str] = {"*": self._setup.subject}
        for other, peer in self._setup.peers.items():
            if other in acting or name in _destinations(peer).values():
                found[self._title(other, peer)] = other
        return found

    def _host(self, name: str) -> str:
        fixed, peer = self._fixed.get(name), self._setup.peers.get(name)
        if fixed is not None:
            return fixed.host
        return LOOPBACK_IPV6 if peer is not None and peer.host == LOOPBACK_IPV6 else LOOPBACK

    def _fixed_port(self, name: str) -> int:
        fixed = self._fixed.get(name)
        return 0 if fixed is None else fixed.port


def _patience(case_deadline_s: float) -> Deadlines:
    """Give deadlines of which an answer, a release and the close after an abort fit into a case together."""
    usual = Deadlines()
    return replace(
        usual,
        associate_s=min(usual.associate_s, case_deadline_s / 3),
        dimse_s=min(usual.dimse_s, case_deadline_s / 2),
        operation_s=min(usual.operation_s, case_deadline_s / 2),
        release_s=min(usual.release_s, case_deadline_s / 6),
        artim_s=min(usual.artim_s, case_deadline_s / 6),
    )


def _destinations(peer: Peer) -> dict[str, str]:
    """Map the AE title (or the name of the peer that has it) to the name of a destination."""
    if isinstance(peer.destinations, Mapping):
        return dict(peer.destinations)
    return {name: name for name in peer.destinations}
