"""The command `simulate`: one simulated peer on its own, with its log, until it is stopped."""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

from dicom_conformance.profiles import profile_of
from dicom_conformance.run.standalone import contents_in_lines, make_simulator, wrong_option
from dicom_simulators import Simulator
from dicom_simulators.journal import Entry
from dicom_simulators.standalone import Counts, Log, descriptors_of, open_log, serve


def simulate(arguments: argparse.Namespace) -> str:
    """Run a simulator until it is stopped; gives what is wrong with the options, and then runs nothing."""

    def ready(simulator: Simulator) -> None:
        host, port = simulator.address
        greeting = f"{simulator.ae_title} listens on {host}:{port}; press Ctrl-C to stop it"
        greeted = sys.stderr if "json" in arguments.log else sys.stdout  # standard output then holds JSON alone
        for line in itertools.chain((greeting,), contents_in_lines(simulator)):
            greeted.write(f"{line}\n")  # at once, or a line of the log could come before its end
            greeted.flush()

    wrong = wrong_option(arguments.simulator, arguments.output, arguments.folder, arguments.processes)
    if wrong:
        return wrong
    files = [open_log(Path(one)) for one in arguments.log if one != "json"]
    log = Log([*descriptors_of(sys.stdout), *files], as_json="json" in arguments.log)
    counts = Counts(arguments.processes)

    def journal(entry: Entry) -> None:
        counts.take(entry)
        log.take(entry)

    made = make_simulator(
        arguments.simulator,
        arguments.config,
        output=arguments.output,
        port=arguments.port,
        folder=arguments.folder,
        processes=arguments.processes,
        journal=journal,
        profile=None if arguments.profile is None else profile_of(arguments.profile),
    )
    serve(made, ready, processes=arguments.processes, log=log, counts=counts)
    return ""
