"""From a batch that leaves something wrong to the smallest conversation that does, and that as a scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from fuzz_mutations import Script
from fuzz_playing import Words

_T = TypeVar("_T")
Shows = Callable[[Sequence[Script | Words]], str]
"""Holds conversations with a fresh process and says what is wrong then; empty where nothing is."""


def reduced(scripts: Sequence[Script], shows: Shows) -> tuple[str, Script] | None:
    """Reduce a batch: to one conversation, and that mutation by mutation; the fault that it shows, and the script.

    None where nothing is wrong when the batch is repeated, or where it takes several conversations together.
    """
    chosen, fault = list(scripts), shows(scripts)
    while fault and len(chosen) > 1:
        middle = len(chosen) // 2
        for half in (chosen[:middle], chosen[middle:]):
            if found := shows(half):
                chosen, fault = half, found
                break
        else:
            return None
    if not fault:
        return None
    script, fault = _less(chosen[0], fault, _with_less, lambda one: shows([one]))
    return fault, script


def fewer_turns(words: Words, fault: str, shows: Shows) -> tuple[str, Words]:
    """Leave out what need not be said."""
    words, fault = _less(words, fault, _with_fewer_turns, lambda one: shows([one]))
    return fault, words


def _less(one: _T, fault: str, smaller: Callable[[_T], Iterator[_T]], shows: Callable[[_T], str]) -> tuple[_T, str]:
    """Take whatever is smaller and still shows a fault, until nothing is."""
    while True:
        for each in smaller(one):
            if found := shows(each):
                one, fault = each, found
                break
        else:
            return one, fault


def _with_less(script: Script) -> Iterator[Script]:
    for number in range(len(script.mutations)):
        yield replace(script, mutations=script.mutations[:number] + script.mutations[number + 1 :])
    if script.piece_bytes:
        yield replace(script, piece_bytes=0)
    if script.ends != "half":
        yield replace(script, ends="half")


def _with_fewer_turns(words: Words) -> Iterator[Words]:
    for number in range(len(words.turns)):
        yield replace(words, turns=words.turns[:number] + words.turns[number + 1 :])


HEAD = """\
format: "2"
id: fuzzed/found
title: An acceptor serves the next association after this conversation
needs: {role: SCP, service: verification, hostile: true}
level: should
clause: PS3.8 9.1.2
peers:
  scu: {simulator: scu}
  client:
    simulator: scripted
    script:
"""
TAIL = """\
steps:
  - do: {ae: scu, operation: echo, peer: subject}
  - do: {ae: client, operation: play, peer: subject}
  - given:
      - dimse: {sender: subject, requestor: scu, message: C-ECHO-RSP, status: 0000}
  - do: {ae: scu, operation: echo, peer: subject}
  - expect:
      - dimse: {sender: subject, requestor: scu, message: C-ECHO-RSP, status: 0000, count: 2}
"""
AWAITED = (
    "{any_of: [A-ASSOCIATE-AC, A-ASSOCIATE-RJ, P-DATA-TF, A-RELEASE-RP, A-ABORT, closed], within_s: 1, optional: true}"
)


def scenario_of(words: Words) -> str:
    """Write a conversation as a scenario that plays it and then asks for an echo."""
    lines = []
    for turn in words.turns:
        if turn.raw:
            lines.append(f"      - send: {{bytes: {turn.raw.hex(' ')}}}")
        if words.waits and turn.is_answered:
            lines.append(f"      - receive: {AWAITED}")
    lines.append("      - reset" if words.ends == "reset" else "      - close")
    return HEAD + "\n".join(lines) + "\n" + TAIL


ANSWERING = """\
format: "2"
id: fuzzed/found
title: A requestor opens the next association after these answers
needs: {role: SCU, service: %s, operation: %s, hostile: true}
level: should
clause: PS3.8 9.1.2
peers:
  archive: {simulator: archive}
  acceptor:
    simulator: scripted
    script:
"""
ASKING = """\
      - close
steps:
  - do: {ae: subject, operation: %s, peer: acceptor%s}
  - given:
      - pdu: {sender: subject, acceptor: acceptor, type: A-ASSOCIATE-RQ}
  - do: {ae: subject, operation: echo, peer: archive}
  - expect:
      - association: {requestor: subject, acceptor: archive, count: at least 1, established: true}
"""
INSTANCE = ", instances: [{recipe: smallest, sop_class: CTImageStorage}]"
SERVICES: dict[str, tuple[str, str]] = {
    "query": ("query", ", level: STUDY, keys: {PatientID: }"),
    "retrieve": ("move", ", level: STUDY, keys: {StudyInstanceUID: 2.25.1}"),
    "store": ("storage", INSTANCE),
    "print": ("print", INSTANCE),
}
"""Operation to the service of `needs`, and its arguments in a scenario."""


def answering_scenario(operation: str, said: Sequence[bytes]) -> str:
    """Write what an acceptor said as a scenario that asks the subject for an operation, and then for another."""
    service, arguments = SERVICES[operation]
    lines = []
    for raw in said:
        lines.append("      - receive: {any_of: [A-ASSOCIATE-RQ, P-DATA-TF, A-RELEASE-RQ, ended], optional: true}")
        if raw:
            lines.append(f"      - send: {{bytes: {raw.hex(' ')}}}")
    return ANSWERING % (service, operation) + "".join(f"{line}\n" for line in lines) + ASKING % (operation, arguments)
