"""Small rules of the workstation, each asked directly: values, layouts, statuses, figures, memory, routes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from asgi_request import ask
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from test_own_mistakes import IMAGE

from dicom_workstation.application import Workstation
from dicom_workstation.configuration import Configuration
from dicom_workstation.configuration.values import (
    _ae_title,
    _caller,
    _character_set,
    _database_url,
    read_bits,
)
from dicom_workstation.control import Jobs
from dicom_workstation.control.jobs import KEPT, Job, _bytes_in
from dicom_workstation.control.routes import build
from dicom_workstation.data_sets.data_set_display import _too_long
from dicom_workstation.instances import StoredInstance
from dicom_workstation.instances.memory import KeepResult, Memory
from dicom_workstation.osm.files.disk import SystemDisk
from dicom_workstation.osm.files.object_files import ObjectFiles, StoreFolder
from dicom_workstation.osm.metrics.exposition import exposition
from dicom_workstation.osm.metrics.figures import Counter, Gauge, Histogram
from dicom_workstation.osm.store.disk_store import HeldOnDisk, InstanceLostError
from dicom_workstation.outcome import CreationOutcome, Outcome, Result, StoreOutcome
from dicom_workstation.printing.film_layout import CUSTOM_LAYOUTS, GAP_MM, MOST_BOXES, Layout, PrintError
from dicom_workstation.printing.protocol.services import (
    MOST_TEXT,
    Response,
    can_be_named,
    reference,
    references,
    text_of,
)
from dicom_workstation.printing.protocol.statuses import GENERAL, OF_THE_SERVICE, SPECIFIC, Service, meaning

# -- the configuration ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["A", "A" * 16, " A ", "A B", "!~", "a"])
def test_an_ae_title_is_taken_without_padding(title: str) -> None:
    assert _ae_title(title) == title.strip()


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("", "1 to 16 characters"),
        ("  ", "1 to 16 characters"),
        ("A" * 17, "1 to 16 characters"),
        ("A\\B", "no backslash, control or non-ASCII"),
        ("A\x1fB", "no backslash, control or non-ASCII"),
        ("A\x7fB", "no backslash, control or non-ASCII"),
        ("Ä", "no backslash, control or non-ASCII"),
    ],
)
def test_an_ae_title_that_is_none_is_refused(title: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        _ae_title(title)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("PACS", "PACS"),
        ("10.0.0.1", "10.0.0.1"),
        (" 10.0.0.0/8 ", "10.0.0.0/8"),
        ("::1", "::1"),
        ("PACS@10.0.0.1", "PACS@10.0.0.1"),
        ("A@B@10.0.0.0/8", "A@B@10.0.0.0/8"),
    ],
)
def test_a_caller_is_a_title_an_address_or_both(given: str, taken: str) -> None:
    assert _caller(given) == taken


@pytest.mark.parametrize("given", ["PACS@nowhere", "@10.0.0.1", "PACS@", "10.0.0.1/8@x"])
def test_a_caller_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"is not an IP address or network|1 to 16 characters"):
        _caller(given)


@pytest.mark.parametrize(
    "url", ["postgresql://user@host:5432/name", "postgresql:///name", "postgresql://h/n?sslmode=on"]
)
def test_a_database_is_a_url_of_postgresql(url: str) -> None:
    assert _database_url(url) == url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://host/name", "a database is given as"),
        ("postgresql://host", "a database is given as"),
        ("postgresql://host/", "a database is given as"),
        ("postgresql://user:secret@host/name", "a password does not belong here"),
        ("postgresql://user@host/name?password=secret", "a password does not belong here"),
        ("postgresql://[::1/name", "not a URL"),
    ],
)
def test_a_database_url_that_is_none_is_refused(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        _database_url(url)


def test_other_values_of_the_configuration() -> None:
    assert _character_set("ISO_IR 100") == "ISO_IR 100"
    with pytest.raises(ValueError, match="ISO_IR 999"):
        _character_set("ISO_IR 999")
    assert (read_bits("8"), read_bits(8), read_bits("eight"), read_bits("-8")) == (8, 8, "eight", "-8")


# -- films ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2x", "is not one of 2x3"),
        ("STANDARD\\2", "STANDARD has 2 numbers"),
        ("STANDARD\\1,2,3", "STANDARD has 2 numbers"),
        ("CUSTOM\\1,2", "CUSTOM has 1 number$"),
        ("0x1", "its numbers start at 1"),
        ("ROW\\1,0", "its numbers start at 1"),
        ("ROW\\9999", f"more than {MOST_BOXES} boxes"),
        ("row\\1", "is not one of"),
        ("", "is not one of"),
    ],
)
def test_a_layout_that_is_none_is_refused(text: str, told: str) -> None:
    with pytest.raises(PrintError, match=told):
        Layout.read(text)


@pytest.mark.parametrize(
    ("text", "written", "boxes"),
    [
        ("2x3", "STANDARD\\3,2", 6),
        ("2X3", "STANDARD\\3,2", 6),
        ("ROW\\1,2", "ROW\\1,2", 3),
        ("COL\\2,1", "COL\\2,1", 3),
        ("CUSTOM\\1", "CUSTOM\\1", None),
        ("SLIDE", "SLIDE", None),
        (f"ROW\\{MOST_BOXES}", f"ROW\\{MOST_BOXES}", MOST_BOXES),
    ],
)
def test_a_layout_is_read_and_written(text: str, written: str, boxes: int | None) -> None:
    found = Layout.read(text)
    assert (found.text, found.box_count) == (written, boxes)


def test_a_film_is_divided_with_gaps_between() -> None:
    upper, left, right = Layout.read("ROW\\1,2").boxes(100.0, 50.0)
    assert (upper.left, upper.top, upper.width) == (0, 0, 100.0)
    assert left.width == right.width == (100.0 - GAP_MM) / 2
    assert right.left == left.width + GAP_MM
    assert left.top == upper.height + GAP_MM == right.top
    assert left.top + left.height == pytest.approx(50.0)
    first, above, below = Layout.read("COL\\1,2").boxes(100.0, 50.0)
    assert (first.height, above.left) == (50.0, first.width + GAP_MM)
    assert below.top == above.height + GAP_MM
    assert len(Layout.read("2x3").boxes(100.0, 50.0)) == 6


def test_what_only_the_printer_knows_is_not_drawn() -> None:
    assert len(Layout.read("CUSTOM\\1").boxes(100.0, 50.0)) == len(CUSTOM_LAYOUTS[1]) == 4
    with pytest.raises(PrintError, match=r"CUSTOM.2 is defined by the printer"):
        Layout.read("CUSTOM\\2").boxes(100.0, 50.0)


UNDEFINED = "not defined for asking the printer (N-GET), treated as"


@pytest.mark.parametrize(
    ("service", "response", "words"),
    [
        (Service.ACT_ON_FILM, Response(0xC602), "C602: the printer could not make a print job: its queue is full"),
        (Service.GET_PRINTER, Response(0x0112), "0112: no such SOP Instance"),
        (
            Service.GET_PRINTER,
            Response(0xC602),
            f"C602: {UNDEFINED} a failure",
        ),
        (
            Service.GET_PRINTER,
            Response(0xB000),
            f"B000: {UNDEFINED} a warning",
        ),
        (
            Service.SET_IMAGE,
            Response(0x0116, named=("Polarity", "Trim"), comment="odd"),
            "0116: attribute value out of range: the printer took another value [Polarity, Trim] (odd)",
        ),
    ],
)
def test_a_status_is_told_in_words(service: Service, response: Response, words: str) -> None:
    assert meaning(service, response) == words


def test_every_status_has_words_of_its_own() -> None:
    told = [*GENERAL.values(), *(words for each in SPECIFIC.values() for words in each.values())]
    assert all(len(words.split()) > 1 for words in told)
    assert set(GENERAL) >= OF_THE_SERVICE
    assert sorted(OF_THE_SERVICE) == [0x0118, 0x0119, 0x0122, 0x0123, 0x0124, 0x0210, 0x0211, 0x0212]
    assert {status >> 8 for each in SPECIFIC.values() for status in each} == {0xB6, 0xC6}


@pytest.mark.parametrize(
    ("uid", "expected"), [("1", True), ("1" * 64, True), ("1" * 65, False), ("", False), ("1.é", False)]
)
def test_an_instance_that_a_request_can_name(uid: str, expected: bool) -> None:
    assert can_be_named(uid) == expected


# -- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "vr", "longest"),
    [
        ("x" * 64, "LO", None),
        ("x" * 65, "LO", 65),
        ("x" * 64 + "\\" + "x" * 64, "LO", None),
        ("x" * 10241, "LT", 10241),
        ("x" * 1000 + "\\" + "x" * 24, "ST", 1025),
        ("x" * 64 + "=" + "x" * 64, "PN", None),
        ("x" * 65 + "=x", "PN", 65),
        ("x" * 17, "SH", 17),
        ("x" * 999, "CS", None),
    ],
)
def test_what_is_longer_than_its_vr_allows_is_said(text: str, vr: str, longest: int | None) -> None:
    told = [each.partition(" allows")[0] for each in _too_long(text, vr)]
    assert told == ([] if longest is None else [f"{longest} characters, but VR {vr}"])


def test_what_was_created_and_then_stored() -> None:
    made = CreationOutcome(result=Result.WARNING, SOPInstanceUID="1.2", detail="made", warnings=("odd",))
    sent = StoreOutcome(
        peer="PACS",
        result=Result.SUCCESS,
        detail="sent",
        status="0000",
        stored=("1",),
        stored_with_warning=("2",),
        not_stored=("3",),
        statuses={"1": "0000"},
    )
    both = made.after_storing(sent)
    assert (both.result, both.detail, both.peer, both.status) == (Result.WARNING, "sent; made", "PACS", "0000")
    assert (both.stored, both.stored_with_warning, both.not_stored) == (("1",), ("2",), ("3",))
    assert (both.SOPInstanceUID, both.warnings, both.statuses) == ("1.2", ("odd",), {"1": "0000"})
    failed = made.after_storing(StoreOutcome(result=Result.FAILURE))
    assert (failed.result, failed.detail) == (Result.FAILURE, "made")


# -- figures ----------------------------------------------------------------------------------------------------------


def test_figures_are_written_as_prometheus_reads_them() -> None:
    counter = Counter("stores_total", "Stores\nby \\ status.", ("status", "who"))
    counter.add(2, "0000", 'a"b\\c\nd')
    counter.add(1, "0000", 'a"b\\c\nd')
    counter.add(0.5, "A700", "x")
    assert exposition([counter]) == (
        "# HELP stores_total Stores\\nby \\\\ status.\n"
        "# TYPE stores_total counter\n"
        'stores_total{status="0000",who="a\\"b\\\\c\\nd"} 3\n'
        'stores_total{status="A700",who="x"} 0.5\n'
    )
    assert exposition([Counter("plain_total", "Plain.")]).splitlines()[-1] == "plain_total 0"
    assert exposition([Gauge("held", "Held.", 7)]).splitlines()[1:] == ["# TYPE held gauge", "held 7"]


def test_a_histogram_counts_what_is_within_each_bound() -> None:
    histogram = Histogram("find", "Finds.", (1.0, 2.0), "level")
    for size in (0.5, 1.0, 1.5, 2.0, 9.0):
        histogram.observe(size, "STUDY")
    lines = exposition([histogram]).splitlines()[2:]
    assert lines == [
        'find_bucket{level="STUDY",le="1"} 2',
        'find_bucket{level="STUDY",le="2"} 4',
        'find_bucket{level="STUDY",le="+Inf"} 5',
        'find_sum{level="STUDY"} 14',
        'find_count{level="STUDY"} 5',
    ]
    assert exposition([Histogram("none", "None.", (1.0,))]).splitlines()[-1] == "none_count 0"


# -- files of instances -----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> StoreFolder:
    (tmp_path / "objects").mkdir()
    return StoreFolder(tmp_path)


def test_epochs_are_folders_with_a_number(folder: StoreFolder) -> None:
    for name in ("2", "10", "x"):
        (folder.objects / name).mkdir()
    (folder.objects / "3").write_bytes(b"no folder")
    assert folder.epochs() == [2, 10]
    assert not folder.has_instances
    (folder.objects / "10" / "a").write_bytes(b"")
    assert not folder.has_instances
    (folder.objects / "2" / "b").write_bytes(b"x")
    assert folder.has_instances
    assert list(folder.files_in(10)) == [folder.objects / "10" / "a"]


def test_a_folder_keeps_its_identity(folder: StoreFolder) -> None:
    assert folder.known_identity == ""
    made = folder.identity(SystemDisk())
    assert made
    assert folder.identity(SystemDisk()) == StoreFolder(folder.root).known_identity == made


def test_a_folder_takes_so_many_files_and_then_the_next_begins(folder: StoreFolder) -> None:
    files = ObjectFiles(folder, SystemDisk(), epoch_files=3, prepared_files=2)
    files.begin(4)
    made = [files.create() for _ in range(4)]
    assert [each.name.partition("/")[0] for each in made] == ["5", "5", "5", "6"]
    assert len({each.name for each in made}) == 4
    assert files.take_finished_epochs() == ()
    made[0].write(b"whole")
    made[0].finish()
    for each in made[:2]:
        each.leave()
    assert files.take_finished_epochs() == ()
    made[2].leave()
    assert files.take_finished_epochs() == (5,)
    assert files.take_finished_epochs() == ()  # each is returned once
    assert folder.path_of(made[0].name).read_bytes() == b"whole"
    assert len(files.prepared) == 1
    files.end()
    assert files.prepared == frozenset()
    left = sorted(path.name for path in folder.files_in(6))
    made[3].remove()
    made[3].leave()
    assert len(left) == 1
    assert list(folder.files_in(6)) == []


# -- memory -----------------------------------------------------------------------------------------------------------


def kept(uid: str = "1", raw: bytes = b"1234") -> StoredInstance:
    return StoredInstance("1.2", uid, "1.3", "1.4", "1.2.840.10008.1.2.1", raw)


def test_memory_is_counted_to_the_byte() -> None:
    memory = Memory(8)
    assert memory.keep(kept("1")) is KeepResult.KEPT
    assert memory.keep(kept("2", b"12345")) is KeepResult.NO_ROOM
    assert memory.keep(kept("2")) is KeepResult.KEPT
    assert (memory.used_bytes, memory.refusals) == (8, 1)
    assert memory.remove("1")
    assert not memory.remove("1")
    assert memory.reserve(4)
    assert not memory.reserve(1)
    assert memory.keep(kept("1")) is KeepResult.NO_ROOM
    assert memory.keep(kept("1"), reserved_bytes=4) is KeepResult.KEPT
    assert (memory.used_bytes, memory.reserved_bytes, memory.refusals) == (8, 0, 3)
    memory.clear()
    assert (memory.used_bytes, memory.instances()) == (0, ())


def test_memory_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("dicom_workstation.instances.memory.time.monotonic", lambda: now[0])
    memory = Memory(100, keep_s=10.0)
    memory.keep(kept("1"))
    now[0] = 105.0
    memory.keep(kept("2"))
    now[0] = 109.9
    assert memory.used_bytes == 8
    now[0] = 110.0
    assert [each.SOPInstanceUID for each in memory.instances()] == ["2"]
    now[0] = 115.0
    assert memory.get("2") is None
    assert memory.used_bytes == 0
    memory.configure(100, None)
    memory.keep(kept("3"))
    now[0] = 1e9
    assert memory.get("3") is not None


def test_a_watch_sees_what_is_offered_and_not_refused() -> None:
    memory = Memory(8)
    memory.keep(kept("1"))
    watch = memory.watch(lambda each: each.SOPInstanceUID != "2")
    for uid in ("1", "2", "3"):
        memory.keep(kept(uid))
    memory.keep(kept("4"))
    assert watch.arrived == {"1"}  # there was no room for the third
    memory.remove("2")
    memory.keep(kept("3"))
    assert watch.arrived == {"1", "3"}
    memory.unwatch(watch)
    memory.keep(kept("1"))
    assert memory.wait(lambda: True, 0.0)
    assert not memory.wait(lambda: False, 0.0)
    assert [each.SOPInstanceUID for each in memory.instances("1.3", "1.4")] == ["1", "3"]
    assert memory.instances("1.3", "9") == memory.instances("9") == ()


# -- jobs and routes --------------------------------------------------------------------------------------------------


def test_the_bytes_of_pictures_are_counted_however_deep() -> None:
    assert _bytes_in({"a": [b"12", {"b": (b"3", bytearray(b"45"), memoryview(b"6"))}], "c": "text", "d": 7}) == 6
    job = Job("1", "render", None)
    job.add_progress({"data": b"12"})
    assert (job.picture_bytes, job.is_finished, job.as_dict()["state"]) == (2, False, "running")
    job.end(Outcome(result=Result.SUCCESS))
    assert (job.picture_bytes, job.is_finished, job.as_dict(1)["progress"]) == (2, True, [])
    assert job.as_dict()["progress"] == [{"data": b"12"}]


def test_the_jobs_that_finished_first_are_forgotten() -> None:
    jobs = Jobs(Workstation(Configuration.from_keywords()))
    for number in range(KEPT + 1):
        jobs._jobs[str(number)] = Job(str(number), "echo", None)
        jobs._finished[str(number)] = 1
    jobs._forget_oldest()
    assert jobs.find("0") is None
    assert jobs.find("1") is not None
    jobs._finished[str(KEPT)] = 1 << 60
    jobs._forget_oldest()
    assert list(jobs._finished) == [str(KEPT)]  # the last one is always kept
    assert jobs.find("2") is None


class Control:
    """The control interface without a socket."""

    def __init__(self) -> None:
        self.workstation = Workstation(Configuration.from_keywords())
        held = (IMAGE.SOPClassUID, IMAGE.SOPInstanceUID, "1.2", "1.2.1", IMAGE.transfer_syntax, IMAGE.data_set)
        self.workstation.memory.keep(StoredInstance(*held))
        self.jobs = Jobs(self.workstation)
        self._app = build(self.workstation, self.jobs, "token")

    def ask(self, method: str, address: str, token: str = "token") -> tuple[int, bytes]:
        """Ask, and return status and body."""
        found = ask(self._app, method, address, {"authorization": f"Bearer {token}"})
        return found.status, found.body


def test_what_is_not_there_is_said_by_the_control_interface() -> None:
    control = Control()
    for method, address, detail in (
        ("GET", "/operations/77", "no such operation"),
        ("GET", "/instances/9.9/data-set", "not in memory"),
        ("GET", "/instances/9.9/file", "not in memory"),
        ("DELETE", "/instances/9.9", "not in memory"),
    ):
        status, body = control.ask(method, address)
        assert status == 404, address
        assert detail in body.decode()
    assert control.ask("GET", "/instances", token="another")[0] in (401, 403)


def test_instances_are_listed_given_and_removed() -> None:
    control = Control()
    (entry,) = json.loads(control.ask("GET", "/instances")[1])
    assert (entry["SOPInstanceUID"], entry["bytes"], entry["StudyInstanceUID"]) == (
        IMAGE.SOPInstanceUID,
        len(IMAGE.data_set),
        "1.2",
    )
    assert json.loads(control.ask("GET", "/instances?StudyInstanceUID=9")[1]) == []
    assert len(json.loads(control.ask("GET", "/instances?StudyInstanceUID=1.2&SeriesInstanceUID=1.2.1")[1])) == 1
    assert control.ask("GET", f"/instances/{IMAGE.SOPInstanceUID}/data-set") == (200, IMAGE.data_set)
    assert control.ask("GET", f"/instances/{IMAGE.SOPInstanceUID}/file")[1][128:132] == b"DICM"
    assert control.ask("DELETE", f"/instances/{IMAGE.SOPInstanceUID}")[0] == 204
    assert control.workstation.memory.instances() == ()


def test_a_job_is_told_by_the_control_interface() -> None:
    control = Control()
    job = control.jobs._jobs["1"] = Job("1", "echo", "PACS")
    job.add_progress({"n": 1})
    job.add_progress({"n": 2})
    told = json.loads(control.ask("GET", "/operations/1?seen=1")[1])
    assert (told["state"], told["progress"], told["operation"], told["peer"]) == ("running", [{"n": 2}], "echo", "PACS")
    job.end(Outcome(operation="echo", peer="PACS", result=Result.SUCCESS))
    told = json.loads(control.ask("GET", "/operations/1")[1])
    assert (told["state"], told["outcome"]["result"]) == ("finished", "success")
    assert control.ask("GET", "/operations/1?wait_s=61")[0] == 422
    assert control.ask("GET", "/operations/1?seen=-1")[0] == 422


# -- what a printer says ----------------------------------------------------------------------------------------------


def test_a_printer_is_not_believed_endlessly() -> None:
    said = Dataset()
    said.PrinterStatusInfo = "A"
    said.ImageComments = "x" * 1030
    assert text_of(said, "PrinterStatusInfo") == "A"
    assert text_of(said, "PrinterStatus") == ""
    assert len(text_of(said, "ImageComments")) == MOST_TEXT == 1024


def test_the_references_of_a_printer() -> None:
    said = Dataset()
    assert references(said, "ReferencedImageBoxSequence") == []
    said.ReferencedImageBoxSequence = Sequence([reference("1.2", "1.3"), Dataset()])
    assert references(said, "ReferencedImageBoxSequence") == [("1.2", "1.3"), ("", "")]


# -- instances on the disk --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [3, 5])
def test_a_file_that_is_not_whole_is_lost(length: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"head1234"[: 4 + length] + b"5" * (length - 4))
    held = HeldOnDisk(SimpleNamespace(length_bytes=4), tmp_path / "a", 4, "")
    with pytest.raises(InstanceLostError, match="the file is not whole"):
        held.open()
    if length < 4:
        with pytest.raises(InstanceLostError, match="the file is not whole"):
            held.data_set()
    with pytest.raises(FileNotFoundError):
        HeldOnDisk(SimpleNamespace(length_bytes=4), tmp_path / "b", 4, "").open()


def test_a_data_set_on_the_disk_is_a_stream_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"head1234")
    held = HeldOnDisk(SimpleNamespace(length_bytes=4), tmp_path / "a", 4, "")
    assert held.data_set() == b"1234"
    stream = held.open()
    assert (stream.tell(), stream.read(1), stream.tell(), stream.read()) == (0, b"1", 1, b"234")
    assert (stream.seek(2), stream.read()) == (2, b"34")
    assert (stream.seek(-1, 2), stream.read()) == (3, b"4")
    assert stream.seek(0) == 0
    assert (stream.seek(1, 1), stream.read(2)) == (1, b"23")
    stream.close()
