"""How worklists ask archives and load studies: by the query engine and the loader, like a reader's own requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from dicom_workstation.configuration import Configuration
from dicom_workstation.instances import Memory
from dicom_workstation.loader import LOW, LoaderClient
from dicom_workstation.operation_register import Operation
from dicom_workstation.outcome import QueryOutcome, RetrieveOutcome
from dicom_workstation.query import QueryEngine
from dicom_workstation.query_keys import Identifier
from dicom_workstation.requests import QueryRequest, RetrieveRequest


class WorklistLoading:
    """What a worklist needs of the workstation; see `worklist.Loading`."""

    def __init__(
        self,
        configuration: Callable[[], Configuration],
        query_engine: QueryEngine,
        loader_client: LoaderClient,
        memory: Memory,
        note: Callable[[str], None],
    ) -> None:
        self._configuration = configuration
        self._query_engine = query_engine
        self._loader_client = loader_client
        self._memory = memory
        self._note = note

    def find(self, archive: str, keys: dict[str, object], began: Callable[[Operation], None]) -> QueryOutcome:
        """Ask an archive for studies, and never for anything else (2.2.2.1.2)."""
        known = self._configuration().archives.get(archive)
        if known is None:
            return QueryOutcome.refused(archive, "no archive of this name is configured")
        return self._query_engine.query(archive, known, Identifier.of_query(QueryRequest(keys=keys)), began=began)

    def load(self, archive: str, uid: str, began: Callable[[Operation], None]) -> RetrieveOutcome:
        """Load a study with Priority LOW, on an association of its own."""
        known = self._configuration().archives.get(archive)
        if known is None:
            return RetrieveOutcome.refused(archive, "no archive of this name is configured")
        identifier = Identifier.of_retrieve(RetrieveRequest(keys={"StudyInstanceUID": uid}))
        return self._loader_client.retrieve(archive, known, identifier, priority=LOW, began=began)

    def held(self) -> dict[str, int]:
        """Return how many instances of each study are in memory."""
        return Counter(each.StudyInstanceUID for each in self._memory.instances())

    def refusals(self) -> int:
        """Return how often something was refused because the memory was full."""
        return self._memory.refusals

    def note(self, text: str) -> None:
        """Write a line into the log."""
        self._note(text)
