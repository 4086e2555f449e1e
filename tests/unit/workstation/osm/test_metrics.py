"""The page `/metrics`: what it counts, as an independent reader of the format understands it, and who may read it."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from test_osm_server import Stage, made, stage_in

from dicom_workstation.configuration import ConfigurationError
from dicom_workstation.osm.metrics import Counter, Histogram, MetricsServer, exposition

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def page_of(address: tuple[str, int] | None, path: str = "/metrics", **headers: str) -> str:
    assert address is not None
    asked = urllib.request.Request(f"http://127.0.0.1:{address[1]}{path}", headers=headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text: str = answer.read().decode()
    return text


def read(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage_in(tmp_path_factory.mktemp("osm"), made(), metrics_port=0) as stage:
        yield stage


def test_everything_that_happens_is_counted(stage: Stage) -> None:
    def now() -> Samples:
        return read(page_of(stage.osm.metrics_address))

    def value(name: str, **labels: str) -> float:
        return now().get((name, frozenset(labels.items())), 0.0)

    assert value("osm_instances") == 0
    assert value("osm_contradictions_total") == 0
    stage.ask("store")
    assert value("osm_stores_total", status="0000") == 4
    assert value("osm_store_bytes_total", status="0000") == sum(len(each.data_set) for each in stage.instances)
    assert (value("osm_studies"), value("osm_instances")) == (2, 4)
    assert value("osm_batch_size_sum") >= 4
    assert value("osm_commit_seconds_count") == value("osm_batch_size_count") > 0
    assert value("osm_sync_seconds_count") > 0
    assert value("osm_free_bytes") > 0
    assert value("osm_index_log_bytes") > 0
    stage.ask("find", level="STUDY", keys={"StudyInstanceUID": ""})
    stage.ask("find", level="NONE", keys={"StudyInstanceUID": ""})
    assert value("osm_find_seconds_count", level="STUDY") == 1
    assert (value("osm_finds_total", status="0000"), value("osm_finds_total", status="A900")) == (1, 1)
    stage.ask("move", level="STUDY", keys={"StudyInstanceUID": stage.study()}, destination="DESTINATION")
    assert value("osm_sub_operations_total", operation="C-MOVE", result="completed") == 3
    assert value("osm_sub_operations_total", operation="C-MOVE", result="failed") == 0
    (stage.osm.store.parts.folder.rejected / "1-x").touch()
    assert (value("osm_rejected_files"), value("osm_lost_instances")) == (1, 0)
    assert value("osm_queue_length") == 0


def test_the_document_lists_every_figure(stage: Stage) -> None:
    document = (Path(__file__).parents[4] / "docs" / "osm.md").read_text(encoding="utf-8")
    figures = [line.split()[2] for line in page_of(stage.osm.metrics_address).splitlines() if line.startswith("# TYPE")]
    assert len(figures) > 10
    assert [name for name in figures if f"`{name}`" not in document] == []


def test_only_this_page_and_only_for_a_loopback_host(stage: Stage) -> None:
    for path, headers, status in (
        ("/", {}, 404),
        ("/metrics/../etc/passwd", {}, 404),
        ("/metrics", {"Host": "attacker.example:80"}, 421),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            page_of(stage.osm.metrics_address, path, **headers)
        refused.value.close()
        assert refused.value.code == status
    assert read(page_of(stage.osm.metrics_address, Host="localhost"))


def test_a_page_that_cannot_be_made_is_an_error_and_said_in_the_log() -> None:
    log: list[str] = []

    def page() -> str:
        raise OSError("the index is gone")

    server = MetricsServer(page, 0, log.append)
    address = server.start()
    with pytest.raises(urllib.error.HTTPError) as refused:
        page_of(address)
    refused.value.close()
    server.stop()
    assert refused.value.code == 503
    assert log == ["metrics: OSError: the index is gone"]


def test_a_port_that_is_taken_is_said(stage: Stage, tmp_path: Path) -> None:
    assert stage.osm.metrics_address is not None
    with (
        pytest.raises(ConfigurationError, match="metrics_port"),
        stage_in(tmp_path, [], metrics_port=stage.osm.metrics_address[1]),
    ):
        pass


def test_the_format_survives_what_labels_may_hold() -> None:
    counter = Counter("odd_total", 'help with \\ and\nlines and "quotes"', ("what",))
    counter.add(2, 'a\\b"c\nd')
    histogram = Histogram("sizes", "sizes.", (1.0, 2.5))
    for size in (0.5, 1.0, 2.0, 9.0):
        histogram.observe(size)
    found = read(exposition([counter, histogram]))
    assert found["odd_total", frozenset({("what", 'a\\b"c\nd')})] == 2
    assert [found["sizes_bucket", frozenset({("le", bound)})] for bound in ("1", "2.5", "+Inf")] == [2, 3, 4]
    assert (found["sizes_sum", frozenset()], found["sizes_count", frozenset()]) == (12.5, 4)
