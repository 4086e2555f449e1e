"""What Locust costs: the rate of a load by Locust beside that of a plain loop on `dicom_wire`, against the same peer.

The peer is DCMTK's storescp, which throws away what it receives. One user, one association, as fast as answers come:

    echo        C-ECHO, of which nearly all is overhead
    store       C-STORE of 512 x 512 x 16 bit CT

The repetitions are interleaved, so that a busy moment of the machine hits both; medians and their ratio are printed.
Of Locust the time from the begin of the first operation to the end of the last one counts, its start left out.

Run: ``python benchmarks/locust_overhead.py [--operations 3000] [--repetitions 5]``
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from machine import print_machine, with_aim
from throughput import storescp

from dicom_conformance.load import Plan, Wishes, measure, read_plan, require_locust
from dicom_conformance.load.measured import read_measured
from dicom_conformance.load.names import Names
from dicom_conformance.load.templates import templates_of
from dicom_conformance.probe import Target
from dicom_simulators.association import VERIFICATION, Established, Proposal, Requestor, propose
from dicom_simulators.standalone import Forgetful
from dicom_wire import Message

AIM = 0.7
CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
TITLE = "ANY-SCP"
MIXES = {
    "echo": "{operation: echo}",
    "store": "{operation: store, sizes: 524288, instances_per_study: 100000}",
}
PLAN = """\
title: The overhead of Locust
users: 1
duration_s: 600
at_most: {{operations: {operations}, rate_per_s: 1000000}}
operations_per_association: 65535
mix: [{entry}]
check: {{by: none}}
"""


def write_plan(folder: Path, name: str, operations: int) -> Plan:
    path = folder / f"{name}.yaml"
    path.write_text(PLAN.format(operations=operations, entry=MIXES[name]))
    return read_plan(path)


def locust_rate(plan: Plan, port: int, folder: Path) -> float:
    """Operations a second of a load by Locust."""
    measure(plan, Target(TITLE, "127.0.0.1", port), Wishes(), 1, False, folder)
    measured = read_measured(folder)
    tally = measured.figures.of(f"C-{plan.file.mix[0].operation.upper()}")
    if tally.failures or tally.count != plan.file.at_most.operations:
        raise RuntimeError(f"Locust: {tally.count} operations, failed: {dict(tally.failures)}")
    return tally.count / measured.elapsed_s


def plain_rate(plan: Plan, port: int) -> float:
    """Operations a second of a loop that does nothing else."""
    proposal = Proposal(
        TITLE,
        "PLAIN",
        propose((VERIFICATION, [EXPLICIT_VR_LITTLE_ENDIAN]), (CT_IMAGE_STORAGE, [EXPLICIT_VR_LITTLE_ENDIAN])),
    )
    begun = time.perf_counter()
    requestor = Requestor(Forgetful(), ("127.0.0.1", port), proposal, name="plain", peer="storescp")
    established = requestor.associate()
    if not isinstance(established, Established):
        raise RuntimeError(f"plain loop: {established}")
    ask = _stores(plan, requestor) if plan.stores else _echoes(requestor)
    for number in range(plan.file.at_most.operations):
        responses = list(requestor.request(ask(number)))
        if not responses or responses[-1].command.number("Status") != 0:
            raise RuntimeError(f"plain loop: {responses}")
    requestor.release()
    return plan.file.at_most.operations / (time.perf_counter() - begun)


def _echoes(requestor: Requestor) -> Callable[[int], Message]:
    return lambda number: Message(1, requestor.command("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION))


def _stores(plan: Plan, requestor: Requestor) -> Callable[[int], Message]:
    (template,) = templates_of(plan).values()
    names = Names(str(time.time_ns()), 0)

    def ask(number: int) -> Message:
        data_set = template.data_set(names, 1, number)
        uid = names.instance(1, number)
        command = requestor.command(
            "C-STORE-RQ", data_set, AffectedSOPClassUID=CT_IMAGE_STORAGE, AffectedSOPInstanceUID=uid, Priority=0
        )
        return Message(3, command, data_set)

    return ask


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--operations", type=int, default=3000)
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    require_locust()
    print_machine()
    with tempfile.TemporaryDirectory(prefix="locust-overhead-") as scratch, storescp() as port:
        folder = Path(scratch)
        for name in MIXES:
            plan = write_plan(folder, name, options.operations)
            plain, locust = [], []
            for _ in range(options.repetitions):
                plain.append(plain_rate(plan, port))
                locust.append(locust_rate(plan, port, folder / "run"))
            ratio = statistics.median(locust) / statistics.median(plain)
            for who, rates in (("plain loop", plain), ("Locust", locust)):
                spread = f"{min(rates):6.0f} .. {max(rates):6.0f}"
                print(f"{name:6} {who:11} {statistics.median(rates):7.0f} operations/s   ({spread})")
            print(f"{name:6} Locust / plain loop: {with_aim(ratio, AIM)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
