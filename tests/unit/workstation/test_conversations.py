"""Queries that follow each other on one association, without a network: how they end, and what ends all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace

import pytest

from dicom_workstation.configuration import Configuration
from dicom_workstation.outcome import OperationEndedError, QueryOutcome, Result
from dicom_workstation.query import query_engine
from dicom_workstation.query.query_engine import Conversation
from dicom_workstation.query_keys import Identifier
from dicom_workstation.requests import QueryRequest

IDENTIFIER = Identifier.of_query(QueryRequest(level="SERIES", keys={"StudyInstanceUID": "1.2", "Modality": ""}))


class Requestor:
    """Stands for an association."""


class Find:
    """Stands for one C-FIND: performs with what the test says."""

    performed: list[object]
    end: OperationEndedError | None

    def __init__(self, peer: str, identifier: Identifier, progress: object, take: object) -> None:
        self.peer = peer
        self.identifier = identifier

    def perform(self, requestor: object, operation: object) -> QueryOutcome:
        """Perform, or end as the test says."""
        type(self).performed.append((requestor, self.identifier.elements))
        if type(self).end is not None:
            raise type(self).end
        return QueryOutcome(peer=self.peer, result=Result.SUCCESS)

    def ended(self, end: OperationEndedError) -> QueryOutcome:
        """Tell how it ended."""
        return QueryOutcome(peer=self.peer, result=end.result, detail=end.detail)


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch) -> type[Find]:
    Find.performed, Find.end = [], None
    monkeypatch.setattr(query_engine, "_Find", Find)
    return Find


class Talk:
    """A conversation, and what became of its association."""

    def __init__(self, connect_error: OperationEndedError | None = None, **configured: object) -> None:
        self.opened = 0
        self.left: list[type[BaseException] | None] = []
        self.operation = SimpleNamespace(is_unwanted=False)
        self.connect_error = connect_error
        self.stack = ExitStack()
        configuration = Configuration.from_keywords(**configured)
        self.conversation = Conversation("PACS", self.stack, self.operation, self._connect, lambda: configuration)

    def _connect(self) -> Requestor:
        self.opened += 1
        if self.connect_error is not None:
            raise self.connect_error
        return self.stack.enter_context(self._association())

    @contextmanager
    def _association(self) -> Iterator[Requestor]:
        try:
            yield Requestor()
        except BaseException as error:
            self.left.append(type(error))
            raise
        else:
            self.left.append(None)

    def ask(self) -> QueryOutcome:
        """Ask one query."""
        return self.conversation.ask(IDENTIFIER, lambda raw, syntax: None)


def test_the_association_opens_with_the_first_query_and_serves_the_others(find: type[Find]) -> None:
    talk = Talk()
    assert talk.opened == 0
    assert [talk.ask().result for _ in range(3)] == [Result.SUCCESS] * 3
    assert talk.opened == 1
    first, second, third = (requestor for requestor, _ in find.performed)
    assert first is second is third
    assert find.performed[0][1]["StudyInstanceUID"] == "1.2"


def test_once_the_association_ended_early_every_further_query_ends_at_once(find: type[Find]) -> None:
    talk = Talk()
    talk.ask()
    find.end = OperationEndedError(Result.ABORTED, "it was aborted")
    assert (talk.ask().result, talk.ask().detail) == (Result.ABORTED, "it was aborted")
    assert len(find.performed) == 2
    assert talk.opened == 1
    assert len(talk.left) == 1  # it is left when it ends, not later


def test_an_association_that_cannot_open_is_tried_once(find: type[Find]) -> None:
    talk = Talk(OperationEndedError(Result.UNREACHABLE, "nobody listens"))
    assert [talk.ask().result for _ in range(2)] == [Result.UNREACHABLE] * 2
    assert (talk.opened, find.performed) == (1, [])


def test_what_is_unwanted_asks_no_more(find: type[Find]) -> None:
    talk = Talk()
    talk.ask()
    talk.operation.is_unwanted = True
    found = talk.ask()
    assert (found.result, found.detail) == (Result.CANCELLED, "cancelled before the next query")
    talk.operation.is_unwanted = False
    assert talk.ask().result is Result.CANCELLED  # it stays so
    assert len(find.performed) == 1


def test_a_key_that_cannot_be_encoded_is_refused_and_ends_nothing(find: type[Find]) -> None:
    talk = Talk(query_character_sets=["ISO_IR 100"])
    odd = Identifier.of_query(QueryRequest(keys={"PatientName": "张"}))
    refused = talk.conversation.ask(odd, lambda raw, syntax: None)
    assert refused.result is Result.REFUSED
    assert "cannot hold" in refused.detail
    assert talk.opened == 0
    assert talk.ask().result is Result.SUCCESS
