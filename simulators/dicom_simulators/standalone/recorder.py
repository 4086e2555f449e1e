"""The recorder of a simulator that runs for days."""

from __future__ import annotations

from dicom_wire import Kind, Recorder, Side


class Forgetful(Recorder):
    """A recorder that keeps nothing."""

    def open(
        self,
        observer: str,
        requestor: str,
        acceptor: str,
        requestor_endpoint: tuple[str, int],
        acceptor_endpoint: tuple[str, int],
        relay_endpoints: tuple[tuple[str, int], tuple[str, int]] | None = None,
    ) -> int:
        """Give every connection the same number."""
        return 0

    def saw(
        self,
        connection: int,
        kind: Kind,
        sender: Side,
        data: bytes | bytearray | memoryview = b"",
        written: bool = False,
    ) -> None:
        """Forget what was seen."""
