"""The destination: a storage SCP that keeps what it receives, byte by byte (PS3.4 Annex B).

It accepts every SOP Class in every transfer syntax that is proposed to it, unless it was given a list; in the order of
the requestor's transfer syntaxes, unless set otherwise. It answers Verification too.
"""

from __future__ import annotations

import itertools
import os
import re
import socket
import threading
from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from dicom_simulators import faults
from dicom_simulators.association import (
    SUCCESS,
    Answers,
    Policy,
    Request,
    Response,
    Service,
    Simulator,
    Supported,
    without_memory,
)
from dicom_simulators.data_sets import Instance
from dicom_simulators.encoding import EVERY_STORAGE_TRANSFER_SYNTAX, uid_of
from dicom_simulators.listening import bind
from dicom_wire import Recorder, StatusClass, status_class

OUT_OF_RESOURCES = 0xA700  # PS3.4 Table B.2-1
NONE = ("",)  # a transfer syntax that nobody proposes: an empty tuple would stand for any
_UID = re.compile("[0-9.]{1,64}")
IDENTIFIER_MISMATCH = 0xA900  # "Data Set does not match SOP Class", PS3.4 Table B.2-1


class Destination(Simulator):
    """A storage SCP.

    Parameters
    ----------
    supports : iterable of Supported, optional
        The SOP Classes accepted; without it every SOP Class is, in any transfer syntax of PS3.6 in which an
        instance can be stored; the bytes are kept as they came.
    order : {"requestor", "acceptor"}
        Whose order of transfer syntaxes decides which one is accepted.
    keeps : bool
        Whether received instances are kept in memory; if not, they are dropped.
    output : path, optional
        A folder in which each instance is written as a DICOM file that bears its SOP Instance UID; one that comes
        again takes the place of the first.
    answers : mapping, optional
        SOP Instance UID, number of the C-STORE-RQ (from 1), or ``*`` for any other, to the status that is answered,
        four hexadecimal digits. What is answered with a failure is not kept.
    refuses : iterable of str
        SOP Classes and transfer syntaxes that are not accepted, by UID or keyword.
    delay_s : float
        How long each answer to a C-STORE-RQ waits, in seconds.
    rejects : bool
        Whether associations are rejected (1/1/1); the fault `reject` has other reasons.
    away : bool
        Whether connections are refused: its port is taken, and nobody listens.
    silent : bool
        Whether a C-STORE-RQ is never answered.
    """

    def __init__(
        self,
        name: str,
        ae_title: str,
        recorder: Recorder,
        *,
        supports: Iterable[Supported] | None = None,
        order: Literal["requestor", "acceptor"] = "requestor",
        keeps: bool = True,
        output: Path | None = None,
        answers: Mapping[str, str] | None = None,
        refuses: Iterable[str] = (),
        delay_s: float = 0.0,
        rejects: bool = False,
        away: bool = False,
        silent: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(name, ae_title, recorder, **options)
        self._answers = Answers.of(answers)
        self._numbers = itertools.count(1)
        self._refused = frozenset(uid_of(one) for one in refuses)
        self._delay_s = delay_s
        self._away = away
        self._taken: socket.socket | None = None
        if rejects:
            self.fault(faults.build("reject", {}))
        if silent:
            self.fault(faults.build("silence", {"on": "C-STORE-RQ"}))
        self._output = None if output is None else Path(output)
        self._supports = None if supports is None else tuple(supports)
        self._order: Literal["requestor", "acceptor"] = order
        self._keeps = keeps

    def supported(self) -> tuple[Supported, ...]:
        """Return Verification, and the classes that it was given."""
        given = (*super().supported(), *(self._supports or ()))
        return tuple(self._without_refused(one) for one in given) if self._refused else given

    def _without_refused(self, one: Supported) -> Supported:
        kept = tuple(uid for uid in one.transfer_syntaxes or EVERY_STORAGE_TRANSFER_SYNTAX if uid not in self._refused)
        return replace(one, transfer_syntaxes=kept or NONE)

    def policy(self) -> Policy:
        """Return the acceptor's policy."""
        anything = EVERY_STORAGE_TRANSFER_SYNTAX if self._supports is None else ()
        taken = tuple(one for one in anything if one not in self._refused)
        return replace(super().policy(), order=self._order, any_sop_class=taken, refused_sop_classes=self._refused)

    def services(self) -> Mapping[str, Service]:
        """Return C-ECHO and C-STORE."""
        return {**super().services(), "C-STORE-RQ": self._store}

    def _store(self, request: Request) -> Generator[Response, None, None]:
        if request.command.text("AffectedSOPClassUID") != request.context.abstract_syntax:
            yield Response(IDENTIFIER_MISMATCH, elements={"ErrorComment": "SOP Class is not that of the context"})
            return
        number = next(self._numbers)
        if self._delay_s:
            self.stopping.wait(self._delay_s)
            request.acceptor.look()  # who has gone meanwhile gets no answer, and nothing of theirs is kept
        uid = (request.command.text("AffectedSOPInstanceUID") or "").strip(" \0")
        status = self._answers.status(uid, number, SUCCESS)
        if status_class(status) not in (StatusClass.SUCCESS, StatusClass.WARNING):
            yield Response(status)
            return
        if self._output is not None and (problem := self._write(request, self._output)):
            self.note(problem)
            yield Response(OUT_OF_RESOURCES, elements={"ErrorComment": problem[:64]})
            return
        if self._keeps and self.keep(request) is None:
            yield without_memory()
            return
        yield Response(status)

    @property
    def address(self) -> tuple[str, int]:
        """Where it accepts associations, or would if it were not away."""
        host, port = super().address
        return (host, port) if self._taken is None else (host, int(self._taken.getsockname()[1]))

    def start(self) -> None:
        """Listen, unless it is away.

        Raises
        ------
        OSError
            The port cannot be had, or the output folder cannot be made.
        """
        if self._output is not None:
            self._output.mkdir(parents=True, exist_ok=True)
        if self._away:
            self._taken = bind(*super().address)
        else:
            super().start()

    def stop(self) -> None:
        """End every association and join every thread."""
        super().stop()
        if self._taken is not None:
            self._taken.close()

    def _write(self, request: Request, folder: Path) -> str:
        """Write an instance as a file that is there as a whole or not at all; return why it could not be, if so."""
        uid = (request.command.text("AffectedSOPInstanceUID") or "").strip(" \0")
        if not _UID.fullmatch(uid):
            return f"no file can bear the SOP Instance UID {uid!r}"
        instance = Instance(request.context.abstract_syntax, uid, request.transfer_syntax, request.data_set or b"")
        part = folder / f".{uid}.{os.getpid()}.{threading.get_ident()}"
        try:
            part.write_bytes(instance.file_bytes())
            part.replace(folder / f"{uid}.dcm")
        except OSError as error:
            part.unlink(missing_ok=True)
            return f"{uid}.dcm cannot be written: {error.strerror or error}"
        return ""
