"""The parts of a load that need no peer: figures, names, instances, bounds, and who divides a run among workers."""

from __future__ import annotations

import threading
from pathlib import Path

import plain_load
import pytest

from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.load import Wishes, require_allowed
from dicom_conformance.load.bounds import Grants, Pace, portion
from dicom_conformance.load.conductor import COUNT, DURATION, GONE, INTERRUPTED, UNREADY, Conductor
from dicom_conformance.load.figures import MOST_REASONS, OTHER_REASONS, Figures, Sample, Times
from dicom_conformance.load.ledger import Entry, Ledger, is_stored
from dicom_conformance.load.measured import Part, Setting, read_measured
from dicom_conformance.load.names import UID_CHARACTERS, Names
from dicom_conformance.load.setting import setting_of
from dicom_conformance.load.station import Station
from dicom_conformance.load.templates import templates_of
from dicom_conformance.probe import Target
from dicom_simulators.encoding import decode_attributes

LOCAL = Target("ARCHIVE", "127.0.0.1", 104)


class TestFigures:
    def test_a_percentile_is_wrong_by_one_percent_at_most(self) -> None:
        times = Times()
        for number in range(1, 1001):
            times.take(number / 1000)
        for percentile in (1, 50, 90, 99):
            assert times.percentile_s(percentile) == pytest.approx(percentile / 100, rel=0.0101)
        assert times.percentile_s(100) == pytest.approx(1.0, rel=0.0101)
        assert times.percentile_s(100) <= times.longest_s == 1.0

    def test_without_times_there_is_no_percentile(self) -> None:
        assert Times().percentile_s(95) == 0.0

    def test_merged_figures_are_those_of_all_samples(self) -> None:
        samples = [Sample("C-STORE", "a", n / 10, n, "A700" if n == 3 else "") for n in range(1, 9)]
        samples.append(Sample("C-ECHO", "", 0.001))
        whole, first, second = Figures(), Figures(), Figures()
        for number, sample in enumerate(samples):
            whole.take(sample)
            (first if number % 2 else second).take(sample)
        first.merge([Figures.from_plain(second.to_plain())])
        stored, expected = first.of("C-STORE"), whole.of("C-STORE")
        assert (stored.count, stored.failures, stored.size_bytes) == (8, {"A700": 1}, 36)
        assert (stored.times.buckets, stored.times.longest_s) == (expected.times.buckets, 0.8)
        assert stored.times.total_s == pytest.approx(expected.times.total_s)
        assert first.of("C-ECHO").count == 1

    def test_a_peer_that_always_fails_differently_does_not_fill_the_memory(self) -> None:
        figures = Figures()
        for number in range(MOST_REASONS + 50):
            figures.take(Sample("C-ECHO", "", 0.1, 0, f"reason {number}"))
        failures = figures.of("C-ECHO").failures
        assert (len(failures), failures[OTHER_REASONS]) == (MOST_REASONS + 1, 50)


class TestNames:
    def test_names_of_runs_workers_studies_and_instances_differ_and_have_one_length(self) -> None:
        made = [
            name
            for run in ("1", "2")
            for worker in (0, 1)
            for study in (1, 11)
            for names in (Names(run, worker),)
            for name in (names.study(study), names.series(study), names.instance(study, 1), names.instance(study, 11))
        ]
        assert len(set(made)) == len(made) == 32
        assert {len(name) for name in made} == {UID_CHARACTERS}
        assert Names("1", 0).patient(1) != Names("1", 1).patient(1)

    @pytest.mark.parametrize("syntax", ["ImplicitVRLittleEndian", "ExplicitVRBigEndian", "JPEG2000Lossless"])
    def test_an_instance_bears_its_names_in_every_encoding(self, tmp_path: Path, syntax: str) -> None:
        planned = plain_load.plan(tmp_path, f"mix:\n  - {{operation: store, sizes: 512, transfer_syntax: {syntax}}}\n")
        (template,) = templates_of(planned).values()
        names = Names("1", 7)
        read = decode_attributes(template.data_set(names, 3, 5), template.transfer_syntax)
        found = [read[key] for key in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID")]
        assert found == [names.study(3), names.series(3), names.instance(3, 5), names.patient(3)]
        assert len(template.data_set(names, 3, 5)) == template.size_bytes

    @pytest.mark.parametrize("size", [2, 5000, 3 << 20])
    def test_an_instance_has_the_size_that_the_plan_says(self, tmp_path: Path, size: int) -> None:
        planned = plain_load.plan(tmp_path, f"mix:\n  - {{operation: store, sizes: {size}}}\n")
        (template,) = templates_of(planned).values()
        assert size < template.size_bytes < size * 1.15 + 2000


class TestLedger:
    def test_plain_data_keep_every_entry(self) -> None:
        ledger = Ledger([Entry(1, 2, 3, (4, 5), None), Entry(1, 2, 4, (4, 5), 0), Entry(0, 1, 1, (0, 0), 0xA700)])
        assert Ledger.from_plain(ledger.to_plain()).entries == ledger.entries

    def test_success_and_warnings_say_that_it_is_stored(self) -> None:
        assert [is_stored(status) for status in (0, 0xB000, 0xB007, 0xA700, 0xC001, 0x0122, None)] == [
            *(True, True, True),
            *(False, False, False, False),
        ]


class TestBounds:
    def test_no_more_is_granted_than_there_is_however_many_ask(self) -> None:
        grants = Grants(25)
        given = [grants.grant(worker, 10) for worker in ("a", "b", "a", "b", "a")]
        assert given == [10, 10, 5, 0, 0]

    def test_the_operations_are_used_once_every_worker_that_is_there_was_refused(self) -> None:
        grants = Grants(2)
        for worker in ("a", "b"):
            assert grants.grant(worker, 1) == 1
        assert not grants.are_used({"a", "b"})
        grants.grant("a", 1)
        assert not grants.are_used({"a", "b"})
        assert grants.are_used({"a"}), "a worker that is lost is not waited for"
        grants.grant("b", 1)
        assert grants.are_used({"a", "b"})

    @pytest.mark.parametrize(("operations", "workers", "wanted"), [(1, 4, 1), (400, 2, 10), (10_000_000, 1, 1000)])
    def test_a_portion_is_a_small_part(self, operations: int, workers: int, wanted: int) -> None:
        assert portion(operations, workers) == wanted

    def test_users_together_keep_the_rate_and_make_up_for_nothing(self) -> None:
        paces = [Pace.of(10.0, 4, 100.0, share / 4) for share in range(4)]
        assert [pace.wait_s(100.0) for pace in paces] == pytest.approx([0.0, 0.1, 0.2, 0.3])
        assert [pace.wait_s(100.3) for pace in paces] == pytest.approx([0.1, 0.2, 0.3, 0.4])
        assert paces[0].wait_s(105.0) == 0.0, "it comes late"
        assert paces[0].wait_s(105.0) == pytest.approx(0.4), "and does not hurry afterwards"


class TestSetting:
    def test_the_command_line_lowers_bounds_and_raises_none(self, tmp_path: Path) -> None:
        planned = plain_load.plan(tmp_path, "mix:\n  - {operation: echo}\n")
        lower = setting_of(planned, LOCAL, Wishes(5, 2.5, 1, 0.5, "ME"))
        assert (lower.operations, lower.rate_per_s, lower.users, lower.duration_s) == (5, 2.5, 1, 0.5)
        assert lower.calling == "ME"
        higher = setting_of(planned, LOCAL, Wishes(5000, 1e6, 100, 1e6))
        assert (higher.operations, higher.rate_per_s, higher.users, higher.duration_s) == (1000, 100000, 2, 60)
        assert higher.run != lower.run

    @pytest.mark.parametrize("host", ["192.0.2.1", "pacs.example", "::2"])
    def test_another_machine_is_refused_unless_it_is_allowed(self, host: str) -> None:
        with pytest.raises(HarnessError, match="--i-may-load-this-host"):
            require_allowed(Target("A", host, 104), False)
        require_allowed(Target("A", host, 104), True)
        require_allowed(LOCAL, False)


def setting(operations: int = 10, duration_s: float = 60.0) -> Setting:
    return Setting("plan.yaml", "text", "A@127.0.0.1:104", "LOAD", "1", operations, 1.0, 2, duration_s)


class TestConductor:
    def test_it_says_why_the_run_is_over(self, tmp_path: Path) -> None:
        conductor = Conductor.of(setting(1), tmp_path)
        assert conductor.why_over(["a"]) == ""
        conductor.grants.grant("a", 1)
        conductor.grants.grant("a", 1)
        assert conductor.why_over(["a"]) == COUNT
        conductor.target_is_gone()
        assert conductor.why_over(["a"]) == GONE
        assert Conductor.of(setting(1, 1e-9), tmp_path).why_over(["a"]) == DURATION

    def test_a_worker_that_cannot_begin_ends_the_run_which_is_a_mistake_of_the_load(self, tmp_path: Path) -> None:
        conductor = Conductor.of(setting(), tmp_path)
        assert conductor.why_over(["a"]) == ""
        conductor.is_unready(1, "load.pem cannot be used")
        assert conductor.why_over(["a"]) == UNREADY
        conductor.take("a", -1, Part(is_whole=True))
        assert conductor.await_whole(["a"], 0.0)
        conductor.write(["another"])
        assert not read_measured(tmp_path).parts
        assert read_measured(tmp_path).mistakes == ("worker 1 could not begin: load.pem cannot be used", "another")

    def test_it_waits_for_the_last_report_of_each_worker_that_is_there(self, tmp_path: Path) -> None:
        conductor = Conductor.of(setting(), tmp_path)
        conductor.take("a", 0, Part("one", is_whole=True))
        conductor.take("b", 1, Part("two"))
        assert conductor.await_whole(["a"], 0.0)
        assert not conductor.await_whole(["a", "b"], 0.0)
        other = threading.Thread(target=conductor.take, args=("b", 1, Part(is_whole=True)))
        other.start()
        assert conductor.await_whole(["a", "b"], 10.0)
        other.join(10)

    def test_a_report_of_locust_after_the_last_one_does_not_undo_it(self, tmp_path: Path) -> None:
        conductor = Conductor.of(setting(), tmp_path)
        conductor.take("a", 0, Part("one", is_whole=True))
        conductor.take("a", 0, Part("one"))
        conductor.write([])
        assert read_measured(tmp_path).parts[0].is_whole

    def test_what_it_writes_is_read_again(self, tmp_path: Path) -> None:
        conductor = Conductor.of(setting(), tmp_path)
        part = Part("one", is_whole=False, active_s=2.5)
        part.figures.take(Sample("C-STORE", "x", 0.25, 10))
        part.ledger.take(Entry(0, 1, 1, (0, 0), 0))
        conductor.take("a", 0, part)
        conductor.take("a", 0, Part("one", is_whole=True, active_s=3.5))
        conductor.write(["oh"])
        found = read_measured(tmp_path)
        assert (found.setting, found.ended_by, found.mistakes) == (setting(), INTERRUPTED, ("oh",))
        assert (found.elapsed_s, found.parts[0].is_whole, found.parts[0].host) == (3.5, True, "one")
        assert found.figures.of("C-STORE").count == len(found.ledger.entries) == 1

    @pytest.mark.parametrize("text", ["", "{}", "[1]", '{"parts": 3}'])
    def test_another_file_is_refused_with_its_name(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "measured.json").write_text(text)
        with pytest.raises(DataError, match=r"measured\.json"):
            read_measured(tmp_path)


class TestStation:
    def test_users_share_what_is_granted_and_end_when_nothing_is_left(self, tmp_path: Path) -> None:
        planned = plain_load.plan(tmp_path, "mix:\n  - {operation: echo}\n")
        grants, asked = Grants(50), []
        taken: list[int] = []

        def ask(wanted: int) -> None:
            asked.append(wanted)
            station.granted(grants.grant("local", wanted))

        station = Station(planned, LOCAL, setting_of(planned, LOCAL, Wishes()), 0, ask, lambda sample: None)

        def work() -> None:
            may = True
            while may:
                with station.turn() as may:
                    taken.append(1 if may else 0)

        users = [threading.Thread(target=work) for _ in range(4)]
        for user in users:
            user.start()
        for user in users:
            user.join(10)
        assert sum(taken) == 50
        assert station.wait_until_idle(10.0)
        assert station.report(is_whole=True).is_whole

    def test_a_closed_station_lets_nothing_begin(self, tmp_path: Path) -> None:
        planned = plain_load.plan(tmp_path, "mix:\n  - {operation: echo}\n")
        station = Station(planned, LOCAL, setting_of(planned, LOCAL, Wishes()), 0, lambda n: None, lambda sample: None)
        station.granted(5)
        with station.turn() as may:
            assert may
            assert not station.wait_until_idle(0.0)
        station.close()
        with station.turn() as may:
            assert not may
