"""Faults of a simulator that stands alone, changed while it runs: a door for the same user on the same machine.

The door is a TCP port of the loopback address. Its number, and a secret without which it does nothing, are in a file
that only the user can read, in a folder of the user's own; the file is named by the port on which the simulator accepts
associations. One JSON object a connection, and one in answer, each in a line: ``{"secret", "do": "show"}``,
``{"secret", "do": "fault", "faults": [{NAME: {...}}]}``, ``{"secret", "do": "off", "which": null | NAME | number}``.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dicom_simulators import readiness
from dicom_simulators.faults import Active, InForce, build, written
from dicom_simulators.listening import listen

LOOPBACK = "127.0.0.1"
WITHIN_S = 5.0
LONGEST_LINE_BYTES = 1 << 16
_SECRET_BYTES = 24


class ControlError(Exception):
    """A simulator cannot be reached by its door, or refuses; the message says why."""


def runtime_folder() -> Path:
    """Return the folder of the doors, which belongs to the user and which nobody else can read.

    Raises
    ------
    ControlError
        There is one that belongs to somebody else, or that others can read.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base) / "dicom-conformance" if base else Path(tempfile.gettempdir()) / f"dicom-conformance-{_user()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise ControlError(f"{folder}: {error.strerror or error}") from None
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077):
        raise ControlError(f"{folder} is not private: it must belong to you, and only you may read it")
    if not stat.S_ISDIR(found.st_mode):
        raise ControlError(f"{folder} is no folder")
    return folder


def _user() -> str:
    """Return what tells the user's folder from those of others; where there are no user IDs, the folder is private."""
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


class ControlDoor:
    """Takes orders about the faults of one simulator.

    Parameters
    ----------
    ae_title : str
    port : int
        Where the simulator accepts associations.
    faults : InForce
    note : callable
        Takes a sentence for each change.

    Raises
    ------
    ControlError, OSError
        There is no folder for its file, or no port.
    """

    def __init__(self, ae_title: str, port: int, faults: InForce, note: Callable[[str], None]) -> None:
        self._ae_title, self._faults, self._note = ae_title, faults, note
        self._secret = secrets.token_urlsafe(_SECRET_BYTES)
        self._file = runtime_folder() / f"{port}.json"
        self._listener = listen(LOOPBACK, 0)
        self._wake, self._waker = socket.socketpair()
        self._write_file()
        self._thread = threading.Thread(target=self._serve, name=f"{ae_title} control", daemon=True)
        self._thread.start()

    def _write_file(self) -> None:
        told = {"ae_title": self._ae_title, "port": self._listener.getsockname()[1], "secret": self._secret}
        self._file.unlink(missing_ok=True)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(told, file)

    def close(self) -> None:
        """Close the door and remove its file."""
        self._waker.send(b"\0")
        self._thread.join()
        for each in (self._listener, self._wake, self._waker):
            each.close()
        with suppress(OSError, ValueError):
            if json.loads(self._file.read_text(encoding="utf-8"))["secret"] == self._secret:
                self._file.unlink()

    def _serve(self) -> None:
        poll = readiness.make_poll()
        poll.register(self._listener, readiness.POLLIN)
        poll.register(self._wake, readiness.POLLIN)
        while self._wake.fileno() not in {descriptor for descriptor, _ in poll.poll()}:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                continue
            with connection, suppress(OSError, ValueError):
                connection.settimeout(WITHIN_S)
                _write_line(connection, self._answer(_read_line(connection)))

    def _answer(self, order: Mapping[str, Any]) -> dict[str, Any]:
        given = str(order.get("secret", ""))
        if not secrets.compare_digest(given.encode(), self._secret.encode()):
            return {"problem": "the secret is wrong"}
        try:
            self._carry_out(order)
        except ValueError as error:
            return {"problem": str(error)}
        except (KeyError, TypeError, AttributeError):
            return {"problem": "the order cannot be read"}
        shown = [{"number": one.number, "acted": one.acted, **written(one.fault)} for one in self._faults.active()]
        return {"ae_title": self._ae_title, "faults": shown}

    def _carry_out(self, order: Mapping[str, Any]) -> None:
        match order.get("do"):
            case "show":
                return
            case "fault":
                made = [build(name, parameters) for entry in order["faults"] for name, parameters in entry.items()]
                for fault in made:
                    self._faults.add(fault)
                    self._note(f"fault set: {_in_words(fault)}")
            case "off":
                lifted = self._faults.lift(lambda one: _is_meant(one, order.get("which")))
                if not lifted and order.get("which") is not None:
                    raise ValueError(f"no fault {order['which']} is active")
                for one in lifted:
                    self._note(f"fault lifted: {_in_words(one.fault)}")
            case other:
                raise ValueError(f"unknown order {other!r}")


def _is_meant(one: Active, which: object) -> bool:
    return which is None or str(which) == str(one.number) or str(which) in written(one.fault)


def _in_words(fault: Any) -> str:
    return json.dumps(written(fault), ensure_ascii=False, default=str)


def order(port: int, ae_title: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """Give an order to the simulator that accepts associations at a port of this machine; returns its answer.

    Parameters
    ----------
    ae_title : str
        The AE title that it must have; empty: any.

    Raises
    ------
    ControlError
        No simulator of this user is there, it has another AE title, or it refuses.
    """
    file = runtime_folder() / f"{port}.json"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if ae_title and told["ae_title"] != ae_title:
            raise ControlError(f"the simulator at port {port} is {told['ae_title']}, not {ae_title}")
        with socket.create_connection((LOOPBACK, int(told["port"])), WITHIN_S) as connection:
            _write_line(connection, {**order, "secret": told["secret"]})
            answer = _read_line(connection)
    except (OSError, ValueError, KeyError):
        raise ControlError(
            f"no simulator of yours answers for port {port}; `dicom-conformance simulate` starts one"
        ) from None
    if "problem" in answer:
        raise ControlError(str(answer["problem"]))
    return answer


def _read_line(connection: socket.socket) -> dict[str, Any]:
    """Read one JSON object.

    Raises
    ------
    OSError, ValueError
        It did not come, is too long, or is no object.
    """
    data = b""
    while not data.endswith(b"\n"):
        piece = connection.recv(4096)
        data += piece
        if not piece or len(data) > LONGEST_LINE_BYTES:
            raise ValueError("no whole line")
    try:
        read = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(read, dict):
        raise ValueError("no object")
    return read


def _write_line(connection: socket.socket, told: Mapping[str, Any]) -> None:
    connection.sendall(json.dumps(told, default=str).encode() + b"\n")
