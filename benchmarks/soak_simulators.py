"""The simulators as targets of the soak: each a process of its own, with a log that nobody reads.

The archive holds what it receives up to `memory_bytes`; then it refuses (A700), which an honest peer takes for an
answer. The scripted peer answers echoes, so that its honest peers ask for nothing else.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random

from soak_traffic import HONEST, VERIFICATION, Conversation, Subject, UnservedError, echo_rq, echoes, honest

from dicom_simulators import Forgetful, Scripted

MEMORY_BYTES = 32 << 20
DEADLINES = {"artim_s": 2, "write_s": 3, "idle_s": 10, "dimse_s": 5}
ECHOES = 100
"""As many as the honest peer asks on one association."""


def settings(simulator: str) -> dict[str, object]:
    """The settings of a simulator that is to plateau soon; a printer's `memory_bytes` are for its films."""
    return (
        {"deadlines": DEADLINES} if simulator == "printer" else {"deadlines": DEADLINES, "memory_bytes": MEMORY_BYTES}
    )


def command_of(simulator: str, folder: Path) -> list[str]:
    """The command that serves a simulator on a free port."""
    file = folder / f"{simulator}.yaml"
    file.write_text(json.dumps({"settings": settings(simulator)}), encoding="utf-8")  # JSON is YAML
    if simulator == "scripted":
        return [sys.executable, __file__]
    return [sys.executable, "-m", "dicom_conformance", "simulate", simulator, "--config", str(file)]


def conversations(simulator: str) -> tuple[Conversation, ...]:
    """What honest peers ask of a simulator."""
    return {"scripted": (echoes_and_goes,), "printer": (echoes,)}.get(simulator, HONEST)


def subject_of(simulator: str, process_id: int, line: str) -> Subject:
    """What listens, from the first line that a simulator prints."""
    host, _, port = line.split(" listens on ")[1].split(";")[0].rpartition(":")
    return Subject(process_id, simulator.upper(), (host, int(port)))


def echoes_and_goes(subject: Subject, random: Random) -> None:
    """Open, verify a few times, and close the connection."""
    with honest(subject) as peer:
        peer.open(VERIFICATION)
        for _ in range(random.randint(1, 5)):
            if (status := peer.ask(1, echo_rq())) != 0:
                raise UnservedError(f"C-ECHO answered {status:04X}")


def script() -> list[object]:
    """Accept, answer echoes, release."""
    answers = [
        {"receive": {"dimse": "C-ECHO-RQ", "within_s": "2"}},
        {"send": {"dimse": "C-ECHO-RSP", "Status": "0000"}},
    ]
    return [
        {"receive": {"pdu": "A-ASSOCIATE-RQ"}},
        {"send": {"pdu": "A-ASSOCIATE-AC"}},
        *answers * ECHOES,
        {"receive": {"pdu": "A-RELEASE-RQ"}},
        {"send": {"pdu": "A-RELEASE-RP"}},
    ]


def main() -> int:
    """Serve the scripted peer until a signal comes."""
    from dicom_simulators import Deadlines, serve

    def ready(peer: object) -> None:
        host, port = made.address
        print(f"{made.ae_title} listens on {host}:{port};", flush=True)

    made = Scripted(
        "scripted",
        "SCRIPTED",
        Forgetful(),
        script=script(),
        memory_bytes=MEMORY_BYTES,
        deadlines=Deadlines(artim_s=2.0, write_s=3.0),
    )
    serve(made, ready)
    return 0


if __name__ == "__main__":
    sys.exit(main())
