"""The writer of the index: who waits shares a transaction, who fails is undone alone, and nobody is told too much."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from dicom_workstation.osm.index import TOMBSTONE, Database, Writer, WriterStoppedError
from dicom_workstation.osm.index.statements import driver_of
from dicom_workstation.osm.metrics import Figures

DEADLINE_S = 60.0


class Bench:
    """A writer whose first transaction is held up until a test has asked for all that it asks for."""

    def __init__(self, place: Path | str) -> None:
        self.database = Database(place)
        self.database.create()
        self.figures = Figures()
        self.writer = Writer(self.database, self.figures)
        self.writer.start()
        self.threads = ThreadPoolExecutor(8)

    def close(self) -> None:
        self.threads.shutdown()
        self.writer.stop()
        self.database.close()

    def rows(self) -> set[str]:
        with self.database.reading() as connection:
            return set(connection.execute(select(TOMBSTONE.c.file)).scalars())

    def at_once(self, *tasks: Callable[[Connection], object]) -> list[Future[object]]:
        """Have tasks written in one transaction: they are asked for, one after the other, during another one."""
        goes_on, is_writing = threading.Event(), threading.Event()

        def first(connection: Connection) -> None:
            is_writing.set()
            goes_on.wait(DEADLINE_S)

        holding = self.threads.submit(self.writer.do, first)
        assert is_writing.wait(DEADLINE_S)
        asked: list[Future[object]] = []
        deadline = time.monotonic() + DEADLINE_S
        for number, task in enumerate(tasks, 1):
            asked.append(self.threads.submit(self.writer.do, task))
            while self.writer.waiting < number:
                time.sleep(0.001)
                assert time.monotonic() < deadline
        goes_on.set()
        holding.result(DEADLINE_S)
        return asked


@pytest.fixture
def bench(tmp_path: Path, database: str | None) -> Iterator[Bench]:
    made = Bench(database or tmp_path / "index.sqlite")
    yield made
    made.close()


def row(name: str) -> Callable[[Connection], object]:
    def write(connection: Connection) -> object:
        connection.execute(insert(TOMBSTONE), {"file": name, "since_us": 0})
        return name

    return write


def failing(name: str, undo: str = "") -> Callable[[Connection], object]:
    """Write a row, then fail; `undo` is what a database may do at the failure of its own accord."""

    def write(connection: Connection) -> object:
        row(name)(connection)
        if undo:
            driver_of(connection).execute(undo)
        raise ValueError(name)

    return write


def test_whoever_waits_shares_a_transaction(bench: Bench) -> None:
    asked = bench.at_once(*(row(str(number)) for number in range(5)))
    assert [each.result(DEADLINE_S) for each in asked] == ["0", "1", "2", "3", "4"]
    assert [sample.value for sample in bench.figures.batch.samples() if sample.suffix in ("_sum", "_count")] == [6, 2]
    assert bench.rows() == {"0", "1", "2", "3", "4"}


def test_one_that_fails_is_undone_alone(bench: Bench) -> None:
    one, failed, other = bench.at_once(row("one"), failing("failed"), row("other"))
    assert (one.result(DEADLINE_S), other.result(DEADLINE_S)) == ("one", "other")
    with pytest.raises(ValueError, match="failed"):
        failed.result(DEADLINE_S)
    assert bench.rows() == {"one", "other"}


def test_a_transaction_that_the_database_gives_up_is_written_again_without_its_cause(bench: Bench) -> None:
    one, failed, other = bench.at_once(row("one"), failing("failed", undo="ROLLBACK"), row("other"))
    assert (one.result(DEADLINE_S), other.result(DEADLINE_S)) == ("one", "other")
    with pytest.raises(ValueError, match="failed"):
        failed.result(DEADLINE_S)
    assert bench.rows() == {"one", "other"}


def test_what_sqlalchemy_executes_is_in_the_same_transaction(bench: Bench) -> None:
    def both(connection: Connection) -> None:
        driver_of(connection).execute("INSERT INTO tombstone VALUES ('raw', 0)")
        row("built")(connection)
        raise ValueError("both")

    with pytest.raises(ValueError, match="both"):
        bench.writer.do(both)
    assert bench.rows() == set()
    assert bench.writer.do(row("later")) == "later"
    assert bench.rows() == {"later"}


def test_stopping_writes_what_was_asked_for_and_nothing_more(bench: Bench) -> None:
    asked = bench.at_once(row("one"), row("other"))
    bench.writer.stop()
    assert bench.rows() == {"one", "other"}
    assert [each.result(DEADLINE_S) for each in asked] == ["one", "other"]
    with pytest.raises(WriterStoppedError):
        bench.writer.do(row("later"))


def test_a_task_that_fails_alone_is_tried_once(bench: Bench) -> None:
    tried: list[int] = []

    def fail(connection: Connection) -> None:
        tried.append(1)
        raise ValueError("alone")

    with pytest.raises(ValueError, match="alone"):
        bench.writer.do(fail)
    assert tried == [1]
