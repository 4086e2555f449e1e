"""The page `docs/upper-layer.md`: state diagrams, the table, and what no peer can reach, from the table itself."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from dicom_conformance.upper_layer.cells import CELLS, EVENT_TEXTS, STATE_TEXTS, Cell, Role, enters, reachable
from dicom_wire.state import Event, State

LINE_LENGTH = 120
COMMAND = "python -m dicom_conformance.upper_layer.page > docs/upper-layer.md"
_COLLISION: Mapping[Role, State] = {"acceptor": State.Sta10, "requestor": State.Sta9}
"""Where a release collision (AR-8) leads an AE of each role."""
_INTRODUCTION = f"""\
The scenarios below `scenarios/scp/upper_layer/` and `scenarios/scu/upper_layer/` take any AE through every cell of
PS3.8 Table 9-10 that a peer can reach: as acceptor and as requestor. They judge which PDU comes back, the source of an
A-ABORT where the action fixes it, who closes the connection, and whether the AE serves the next association. The
reason of an A-ABORT is only recommended, for a provider may leave it unspecified (PS3.8 9.3.8). When a connection is
closed is no requirement: the standard gives the ARTIM timer no value. The cases that wait for it are played with
`--slow`.

This page is made from the table by `{COMMAND}`;
do not edit it.

    dicom-conformance run scp/upper_layer/ scu/upper_layer/

The tab *States* of the report shows the table with the verdict of each cell. All of this is malformed traffic: cases
against a subject on another machine need `--allow-hostile`.
"""

_BESIDES = """\
## What the table does not say

Further scenarios ask about the structure of PDUs and messages. Each lawful variation has to be served. What breaks a
rule may be served or refused, but the association has to end in order and the next one has to be served.
"""
_VARIED: tuple[tuple[str, str], ...] = (
    ("scp/upper_layer/lawful-requests", "reserved fields, unknown items, limits of 0 and 4 GiB, 128 contexts"),
    ("scp/upper_layer/wrong-requests", "items that are missing, doubled or too long; titles; context IDs"),
    ("scp/upper_layer/lawful-data", "how a message is cut into PDVs and PDUs"),
    ("scp/upper_layer/contexts-in-turn", "requests in three presentation contexts, one after the other"),
    ("scp/upper_layer/wrong-fragments", "odd fragments, interleaved messages, a data set without a command"),
    ("scp/upper_layer/wrong-data", "lengths of PDUs and PDVs, contexts that were not negotiated"),
    ("scp/upper_layer/huge-data", "a P-DATA-TF of 4 GiB, longer than announced"),
    ("scp/upper_layer/tiny-limits", "a maximum length into which little or nothing fits"),
    ("scp/verification/lawful-commands", "Message IDs"),
    ("scp/verification/wrong-commands", "elements that are missing, doubled, out of order, or of another message"),
    ("scp/storage/above-64-mib", "a data set of more than 64 MiB; of another system with `--slow`"),
    ("scu/upper_layer/rejections", "lawful and unlawful result, source and reason of an A-ASSOCIATE-RJ"),
    ("scu/upper_layer/wrong-acceptances", "contexts that were not proposed, unknown results, items too long"),
    ("scu/upper_layer/wrong-data", "lengths of PDUs and PDVs, contexts that were not negotiated"),
    ("scu/upper_layer/huge-data", "a P-DATA-TF of 4 GiB, longer than announced"),
    ("scu/upper_layer/tiny-limits", "a maximum length into which little or nothing fits, and the highest one"),
    ("scu/verification/wrong-responses", "a response without an element that it needs, or to something else"),
    ("scu/verification/doubtful-responses", "elements that are doubled, out of order, or of another message"),
    ("scu/verification/response-twice", "a response that comes twice"),
    ("scu/storage/response-twice", "a response that comes twice, before the next instance is answered"),
    ("scu/storage/above-64-mib", "a data set of more than 64 MiB; of another system with `--slow`"),
)
"""Scenarios about PDUs and messages that are of no cell, and what each of them varies."""


def page() -> str:
    """Write the page as Markdown."""
    parts = ["# The state machine of the upper layer\n", _INTRODUCTION]
    for role in ("acceptor", "requestor"):
        parts += [f"## The {role}\n", _diagram(role), _table(role), _not_reached(role)]
    parts += [_BESIDES, "| scenario | varies |", "|---|---|"]
    parts += [*(f"| `{scenario}` | {varied} |" for scenario, varied in _VARIED), ""]
    parts += ["## Events\n", _list((event.value, text) for event, text in EVENT_TEXTS.items())]
    parts += ["## States\n", _list((state.value, text) for state, text in STATE_TEXTS.items())]
    return "\n".join(parts)


def _diagram(role: Role) -> str:
    """Draw the states that an AE of this role enters; transitions between the same states share an arrow."""
    arrows: dict[tuple[State, State], dict[str, list[str]]] = {}
    for cell in CELLS:
        if enters(role, cell.state) and not _is_of_the_other(role, cell.event):
            for following in _following(role, cell):
                actions = arrows.setdefault((cell.state, following), {})
                actions.setdefault(cell.action, []).append(cell.event.value.removeprefix("Evt"))
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> Sta1"]
    lines += [f"    {state.value}: {state.value} {text}" for state, text in STATE_TEXTS.items() if enters(role, state)]
    for (state, following), actions in arrows.items():
        label = ", ".join(f"{action} (Evt {', '.join(events)})" for action, events in actions.items())
        lines.append(f"    {state.value} --> {following.value}: {label}")
    return "\n".join([*lines, "```", ""])


def _is_of_the_other(role: Role, event: Event) -> bool:
    """Tell whether an event in Sta1 makes an AE take the other role."""
    return event is (Event.Evt1 if role == "acceptor" else Event.Evt5)


def _following(role: Role, cell: Cell) -> Iterator[State]:
    for state in cell.transition.next_states:
        if state not in _COLLISION.values() or state is _COLLISION[role]:
            yield state


def _table(role: Role) -> str:
    states = [state for state in State if enters(role, state)]
    reached = {(cell.state, cell.event) for cell in reachable(role)}
    cells = {(cell.state, cell.event): cell for cell in CELLS}
    lines = [
        f"A peer can reach {len(reached)} cells. The others that are not blank stand in parentheses.\n",
        "| event | " + " | ".join(state.value for state in states) + " |",
        "|---|" + "---|" * len(states),
    ]
    for event in Event:
        fields = []
        for state in states:
            cell = cells.get((state, event))
            shown = "" if cell is None else cell.action
            fields.append(shown if not shown or (state, event) in reached else f"({shown})")
        if any(fields):
            lines.append(f"| {event.value} | " + " | ".join(fields) + " |")
    return "\n".join([*lines, ""])


def _not_reached(role: Role) -> str:
    reasons: dict[str, list[str]] = {}
    for cell in CELLS:
        if cell.why_not[role]:
            reasons.setdefault(cell.why_not[role], []).append(f"{cell.state.value} {cell.event.value}")
    entries = [f"- {reason} {len(places)}: {', '.join(places)}." for reason, places in reasons.items()]
    return "\n".join([f"### What no peer can reach in the {role}\n", *map(_wrapped, entries), ""])


def _list(entries: Iterable[tuple[str, str]]) -> str:
    return "\n".join([*(f"- {name}: {text}" for name, text in entries), ""])


def _wrapped(entry: str) -> str:
    return textwrap.fill(entry, LINE_LENGTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    sys.stdout.write(page().rstrip("\n") + "\n")
