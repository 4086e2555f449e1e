"""Plays a matrix: each server in turn with each client, through a link that records every byte."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dicom_conformance.errors import HarnessError
from dicom_conformance.matrix.cells import CELLS, Cell, judge
from dicom_conformance.matrix.clients import Client, Material, open_client
from dicom_conformance.matrix.matrix_file import MatrixDocument
from dicom_conformance.matrix.outcome import CellOutcome, MatrixOutcome
from dicom_conformance.matrix.servers import open_server
from dicom_conformance.play import Address, UnsupportedError, reserved_port
from dicom_conformance.trace import Trace, timeline_lines
from dicom_simulators import SIMULATORS
from dicom_simulators.data_sets import build_study, write_file
from dicom_simulators.link import Link
from dicom_wire import Recorder

__all__ = ["play_matrix"]

MOST_LINES = 30
"""Lines of evidence of a cell."""


def play_matrix(
    matrix: MatrixDocument, date: str, progress: Callable[[CellOutcome], None] = lambda cell: None
) -> MatrixOutcome:
    """Play every cell.

    Parameters
    ----------
    date : str
        Day of today, for the report.
    progress : callable
        Takes each cell as it is done.

    Raises
    ------
    DataError
        A subject file is wrong.
    HarnessError
        A server cannot be started.
    """
    cells: list[CellOutcome] = []
    with ExitStack() as stack:
        material = _material(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        clients = {name: open_client(name, side) for name, side in matrix.clients.items()}
        for client in clients.values():
            stack.callback(client.close)
        receivers = _receivers(clients)
        for name, side in matrix.servers.items():
            with open_server(name, side, receivers) as server:
                _fill(server, material)
                for cell in _with_server(name, server, clients, receivers, material):
                    cells.append(cell)
                    progress(cell)
    return MatrixOutcome(tuple(matrix.clients), tuple(matrix.servers), tuple(cells), date)


def _material(folder: Path) -> Material:
    """Make the study that is stored, asked for and printed."""
    study = build_study(modalities=("CT",), series=1, instances=2, seed=1)
    files = tuple(write_file(one, folder / f"{number}.dcm") for number, one in enumerate(study, 1))
    return Material(tuple(study), files, str(study[0].read().StudyInstanceUID))


def _receivers(clients: Mapping[str, Client]) -> dict[str, Address]:
    """Give each client that receives a port of this machine that stays the same for all servers."""
    found = {}
    for name, client in clients.items():
        address = client.receiver()
        if address is not None:
            found[name] = Address(address.ae_title, "127.0.0.1", reserved_port())
    return found


def _fill(server: Address, material: Material) -> None:
    """Store the study, so that queries and retrievals have something to find; a server may refuse it."""
    scu = SIMULATORS["scu"]("filler", "CONFORMANCE", Recorder(), instances=material.instances)
    scu.start()
    try:
        scu.perform("store", server.endpoint, {"called_ae_title": server.ae_title})
    finally:
        scu.stop()


def _with_server(
    name: str, server: Address, clients: Mapping[str, Client], receivers: Mapping[str, Address], material: Material
) -> Iterator[CellOutcome]:
    for client_name, client in clients.items():
        for cell in CELLS:
            yield _play(cell, (client_name, client), (name, server), receivers.get(client_name), material)


def _play(
    cell: Cell, client: tuple[str, Client], server: tuple[str, Address], receiver: Address | None, material: Material
) -> CellOutcome:
    recorder, begin_ns = Recorder(), time.monotonic_ns()
    where = (client[0], server[0], cell.name)
    link = Link("link", client[0], server[0], server[1].endpoint, recorder)
    link.start()
    said = ""
    try:
        through = Address(server[1].ae_title, *link.address)
        with _way_back(client, server[0], receiver, recorder):
            said = client[1].perform(cell, through, material)
    except UnsupportedError as error:
        return CellOutcome(*where, "not offered", str(error))
    except (HarnessError, ValueError, OSError) as error:
        said = str(error)
    finally:
        link.stop()
    trace = Trace(recorder)
    judged = judge(cell, trace.conversations)
    why = judged.why if judged.verdict != "fails" or not said else f"{judged.why}; the client says: {said}"
    return CellOutcome(*where, judged.verdict, why, tuple(timeline_lines(trace, begin_ns, MOST_LINES)))


@contextmanager
def _way_back(client: tuple[str, Client], server: str, receiver: Address | None, recorder: Recorder) -> Iterator[None]:
    """Lead what the server sends to the client to where the client listens now, while a block lasts."""
    at = None if receiver is None else client[1].receiver()
    if receiver is None or at is None:
        yield
        return
    back = Link("link", server, client[0], at.endpoint, recorder, port=receiver.port)
    with suppress(OSError):
        back.start()
    try:
        yield
    finally:
        back.stop()
