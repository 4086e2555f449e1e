"""The destination: a storage SCP that keeps what it receives, byte by byte (PS3.4 Annex B).

It accepts every SOP Class in every transfer syntax that is proposed to it, unless it was given a list; in the order of
the requestor's transfer syntaxes, unless set otherwise. It answers Verification too.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from dicom_simulators.association import SUCCESS, Policy, Request, Response, Service, Simulator, Supported
from dicom_simulators.encoding import EVERY_STORAGE_TRANSFER_SYNTAX
from dicom_wire import Recorder

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
        Whether received instances are kept; if not, they are dropped.
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
        **options: Any,
    ) -> None:
        super().__init__(name, ae_title, recorder, **options)
        self._supports = None if supports is None else tuple(supports)
        self._order: Literal["requestor", "acceptor"] = order
        self._keeps = keeps

    def supported(self) -> tuple[Supported, ...]:
        """Return Verification, and the classes that it was given."""
        return super().supported() + (self._supports or ())

    def policy(self) -> Policy:
        """Return the acceptor's policy."""
        anything = EVERY_STORAGE_TRANSFER_SYNTAX if self._supports is None else ()
        return replace(super().policy(), order=self._order, any_sop_class=anything)

    def services(self) -> Mapping[str, Service]:
        """Return C-ECHO and C-STORE."""
        return {**super().services(), "C-STORE-RQ": self._store}

    def _store(self, request: Request) -> Generator[Response, None, None]:
        if request.command.text("AffectedSOPClassUID") != request.context.abstract_syntax:
            yield Response(IDENTIFIER_MISMATCH, elements={"ErrorComment": "SOP Class is not that of the context"})
            return
        if self._keeps:
            self.keep(request)
        yield Response(SUCCESS)
