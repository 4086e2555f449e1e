"""Mutants that never answer, end their process, or let a thread die: each in a process of its own."""

from __future__ import annotations

import os
import threading
from typing import Any

from pynetdicom import acse

from dicom_workstation.network import configured_acceptor, upper_layer
from dicom_workstation.query import query_engine
from dicom_workstation.storage import storage_service
from mutation import Catalogue, Patch

HANG_OR_DIE = Catalogue()

HANG = {"subject": "process", "deadline_s": 4.0}
DIE = {"subject": "process"}
STORES = "storage/loader-hands-over-what-it-stored"
PEER = "MODALITY"
"""Whom they treat so; the echo before and after each case is another AE, and is answered."""


def hang() -> None:
    """Wait for ever."""
    threading.Event().wait()


def die() -> None:
    """End the process at once, as a crash does."""
    os._exit(70)


class LostThreadError(BaseException):
    """Ends a thread: the workstation answers an exception of any other kind as an internal error."""


@HANG_OR_DIE.mutant(STORES, "dimse", **HANG)
def hangs_on_c_store(patch: Patch) -> None:
    """A C-STORE-RQ is never answered."""
    patch.set(storage_service.StorageService, "_kept", lambda *_: hang())


@HANG_OR_DIE.mutant(STORES, "dimse", **DIE)
def dies_on_c_store(patch: Patch) -> None:
    """The process ends at a C-STORE-RQ."""
    patch.set(storage_service.StorageService, "_kept", lambda *_: die())


@HANG_OR_DIE.mutant(STORES, "dimse", **DIE)
def loses_a_thread_on_c_store(patch: Patch) -> None:
    """The thread of an association ends with an exception at a C-STORE-RQ; the process lives on."""

    def broken(*_: Any) -> Any:
        raise LostThreadError("a mutant's own fault")

    patch.set(storage_service.StorageService, "_kept", broken)


@HANG_OR_DIE.mutant("association/refuses-unclaimed-abstract-syntaxes[none,1]", "context", **HANG)
def hangs_at_negotiation(patch: Patch) -> None:
    """An A-ASSOCIATE-RQ is never answered: no rightful refusal of what it proposes."""

    def silent(self: Any, request: Any, address: str) -> tuple[int, int, int] | None:
        if str(request.calling_ae_title).strip() == PEER:
            hang()
        return rejection(self, request, address)

    rejection = patch.set(configured_acceptor.ConfiguredAcceptor, "rejection", silent)


@HANG_OR_DIE.mutant("association/refuses-unclaimed-abstract-syntaxes[none,1]", "context", **DIE)
def closes_instead_of_refusing(patch: Patch) -> None:
    """The connection is closed at an A-ASSOCIATE-RQ: no rightful refusal of what it proposes."""

    def abrupt(self: Any) -> None:
        if str(self.requestor.primitive.calling_ae_title).strip() == PEER:
            self.assoc.kill()
        else:
            negotiate(self)

    negotiate = patch.set(upper_layer.ACSE, "_negotiate_as_acceptor", abrupt)


@HANG_OR_DIE.mutant(STORES, "association", **HANG)
def hangs_at_release(patch: Patch) -> None:
    """An A-RELEASE-RQ is never answered."""

    def silent(self: Any, is_response: bool = False) -> None:
        if is_response and self.requestor.ae_title == PEER:
            hang()
        send_release(self, is_response)

    send_release = patch.set(acse.ACSE, "send_release", silent)


@HANG_OR_DIE.mutant("query/study-root-study-level", "outcome", **HANG)
def hangs_at_a_query(patch: Patch) -> None:
    """A query never ends."""
    patch.set(query_engine.QueryEngine, "query", lambda *_, **__: hang())


@HANG_OR_DIE.mutant("query/study-root-study-level", "outcome", **DIE)
def dies_at_a_query(patch: Patch) -> None:
    """The process ends at a query."""
    patch.set(query_engine.QueryEngine, "query", lambda *_, **__: die())
