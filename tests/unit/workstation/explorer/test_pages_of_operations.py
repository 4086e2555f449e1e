"""What the forms of the explorer do, and the pages of jobs, worklists, the configuration and the log."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from explorer_bench import SESSION, Site, held, site

from dicom_workstation.control.jobs import Job
from dicom_workstation.explorer import actions, state_pages
from dicom_workstation.explorer.actions import DONE_HERE, _arguments, _back, _study_of, refuse_paths
from dicom_workstation.explorer.job_book import KEPT, JobBook, ending, printing
from dicom_workstation.explorer.state_pages import _lines, _short
from dicom_workstation.outcome import CreationOutcome, Outcome, PrintOutcome, Result, RetrieveOutcome, StoreOutcome
from dicom_workstation.request_models import RequestError
from dicom_workstation.worklist.outcomes import WorklistEntry, WorklistOutcome

WORKLIST = {"mine": {"archive": "PACS", "keys": {"PatientName": ""}}}


class Begun:
    """Stands for the jobs of a workstation: each is begun, and ends with what is given for it at once, or not yet."""

    def __init__(self, **outcomes: Outcome) -> None:
        self.outcomes = outcomes
        self.calls: list[tuple[str, str | None, Mapping[str, object]]] = []
        self.jobs: list[Job] = []

    def begin(self, operation: str, peer: str | None, arguments: Mapping[str, object]) -> Job:
        """Note what is begun."""
        self.calls.append((operation, peer, dict(arguments)))
        job = Job(str(len(self.calls)), operation, peer)
        self.jobs.append(job)
        if operation in self.outcomes:
            job.end(self.outcomes[operation])
        return job


def begun_by(found: Site, monkeypatch: pytest.MonkeyPatch, **outcomes: Outcome) -> Begun:
    begun = Begun(**outcomes)
    monkeypatch.setattr(found.jobs, "begin", begun.begin)
    return begun


class TestForms:
    def test_each_study_that_is_ticked_is_retrieved(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        begun = begun_by(found, monkeypatch)
        form = {"peer": "PACS", "level": "STUDY", "StudyInstanceUID": ["1.1", "1.2"], "back": "/devices/PACS/studies"}
        answer = found.post("/do/retrieve", form)
        assert (answer.status, answer.headers["location"]) == (303, "/devices/PACS/studies")
        assert begun.calls == [
            ("retrieve", "PACS", {"level": "STUDY", "keys": {"StudyInstanceUID": uid}}) for uid in ("1.1", "1.2")
        ]

    @pytest.mark.parametrize(
        ("level", "keys"),
        [
            ("SERIES", [{"StudyInstanceUID": "1", "SeriesInstanceUID": uid} for uid in ("1.1", "1.2")]),
            ("IMAGE", [{"StudyInstanceUID": "1", "SeriesInstanceUID": "1.2", "SOPInstanceUID": "1.1.1"}]),
            ("", [{"StudyInstanceUID": "1"}]),
        ],
    )
    def test_what_is_below_a_study_is_retrieved_with_what_it_is_below(self, level: str, keys: list) -> None:
        form = {
            "level": [level],
            "StudyInstanceUID": ["1"],
            "SeriesInstanceUID": ["1.1", "1.2"],
            "SOPInstanceUID": ["1.1.1"],
        }
        assert _arguments("retrieve", form) == [{"level": level or "STUDY", "keys": each} for each in keys]

    def test_nothing_ticked_begins_nothing_and_shows_the_jobs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        begun = begun_by(found, monkeypatch)
        answer = found.post("/do/retrieve", {"peer": "PACS", "level": "STUDY"})
        assert (answer.status, answer.headers["location"]) == (303, "/jobs")
        assert begun.calls == []

    def test_arguments_are_an_object_of_json(self) -> None:
        assert _arguments("store", {"arguments": ['{"instances": ["1.2"]}']}) == [{"instances": ["1.2"]}]
        assert _arguments("echo", {}) == [{}]
        assert _arguments("retrieve", {"arguments": ['{"level": "STUDY"}']}) == [{"level": "STUDY"}]
        for given, told in (("{", "arguments: "), ("[]", "must be an object"), ("7", "must be an object")):
            with pytest.raises(RequestError, match=told):
                _arguments("store", {"arguments": [given]})

    def test_the_last_of_several_values_counts(self) -> None:
        assert _arguments("store", {"arguments": ["{", '{"a": 1}']}) == [{"a": 1}]

    def test_what_is_wrong_with_arguments_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        begun = begun_by(found, monkeypatch)
        answer = found.post("/do/store", {"arguments": '{"files": ["/etc/passwd"]}'})
        assert (answer.status, answer.text) == (400, "files: a file cannot be named here\n")
        assert begun.calls == []

    @pytest.mark.parametrize("operation", ["decode", "configure", "nothing", "show"])
    def test_only_what_the_pages_offer_is_done(self, operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        begun = begun_by(found, monkeypatch)
        assert operation not in DONE_HERE
        answer = found.post(f"/do/{operation}", {})
        assert (answer.status, answer.text) == (404, f"{operation} cannot be done here\n")
        assert begun.calls == []

    @pytest.mark.parametrize("csrf", ["", SESSION.key, SESSION.csrf + "x", SESSION.csrf[:-1]])
    def test_a_form_of_another_session_does_nothing(self, csrf: str, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site(worklists=WORKLIST)
        begun = begun_by(found, monkeypatch)
        for address in ("/do/echo", "/worklists/mine/next"):
            answer = found.post(address, {"csrf": csrf, "peer": "PACS"})
            assert answer.status == 403
        assert begun.calls == []

    def test_what_is_quick_has_ended_before_the_page_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        begun_by(found, monkeypatch, echo=Outcome(peer="PACS", result=Result.SUCCESS, operation="echo", detail="hello"))
        answer = found.post("/do/echo", {"peer": "PACS", "back": "/devices"})
        assert (answer.status, answer.headers["location"]) == (303, "/devices")
        text = found.get("/devices").text
        assert "online" in text
        assert "hello" in text

    def test_an_operation_other_than_a_contact_says_nothing_of_the_device(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = site()
        begun_by(found, monkeypatch, cancel=Outcome(peer="PACS", result=Result.SUCCESS, operation="cancel"))
        found.post("/do/cancel", {"peer": "PACS"})
        assert "online" not in found.get("/devices").text

    def test_without_a_page_to_go_back_to_the_job_is_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        begun_by(found, monkeypatch)
        assert found.post("/do/store", {"peer": "PACS", "arguments": "{}"}).headers["location"] == "/jobs/1"

    def test_a_script_gets_the_state_of_each_job(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        outcome = RetrieveOutcome(operation="retrieve", peer="PACS", result=Result.SUCCESS, arrived=3)
        begun_by(found, monkeypatch, retrieve=outcome)
        form = {"peer": "PACS", "level": "STUDY", "StudyInstanceUID": ["1.1", "1.2"], "title": "T"}
        states = found.post("/do/retrieve", form, accept="application/json").json()
        assert [each["study"] for each in states] == ["1.1", "1.2"]
        assert {each["result"] for each in states} == {"success"}
        assert {each["title"] for each in states} == {"T"}
        assert states[0]["words"] == "3 images arrived"

    def test_a_job_is_named_after_the_patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        found.workstation.memory.keep(held("1.1.1", "1.1", "1.1.9", PatientName="DOE^JANE"))
        begun_by(found, monkeypatch)
        found.post("/do/store", {"peer": "PACS", "arguments": "{}", "study": "1.1"})
        found.post("/do/store", {"peer": "PACS", "arguments": "{}", "study": "9.9"})
        found.post("/do/store", {"peer": "PACS", "arguments": "{}"})
        jobs = found.get("/jobs/progress").json()["jobs"]
        assert [(each["title"], each["study"]) for each in jobs] == [("", ""), ("9.9", "9.9"), ("DOE, JANE", "1.1")]

    @pytest.mark.parametrize(
        ("back", "taken"),
        [
            ("/loaded?a=1", True),
            ("//elsewhere.example", False),
            ("/\\elsewhere.example", False),
            ("https://elsewhere.example", False),
            ("", False),
            ("/a\r\nset-cookie: x", False),
        ],
    )
    def test_only_a_page_of_this_site_is_gone_back_to(self, back: str, taken: bool) -> None:
        assert _back({"back": [back]}) == (back if taken else "")

    @pytest.mark.parametrize(
        ("arguments", "study"),
        [
            ({"keys": {"StudyInstanceUID": "1.2"}}, "1.2"),
            ({"keys": {"StudyInstanceUID": ["1.2"]}}, ""),
            ({"keys": {}}, ""),
            ({"keys": "1.2"}, ""),
            ({}, ""),
        ],
    )
    def test_the_study_of_arguments(self, arguments: Mapping[str, object], study: str) -> None:
        assert _study_of(arguments) == study

    @pytest.mark.parametrize(
        "given",
        [
            {"file": "x"},
            {"files": []},
            {"images": [{"SOPInstanceUID": "1.2", "file": "x"}]},
            {"state": "state.dcm"},
            {"state": 7},
            {"state": ""},
            {"images": [{"state": "/etc/passwd"}]},
            {"state": "1" * 65},
        ],
    )
    def test_whatever_names_a_file_is_refused(self, given: object) -> None:
        with pytest.raises(RequestError, match=r"a file cannot be named here|state: must be a SOP Instance UID"):
            refuse_paths(given)

    @pytest.mark.parametrize(
        "given",
        [{"state": "1.2.3"}, {"state": None}, {"state": "1" * 64}, {"images": [{"SOPInstanceUID": "x"}]}, "file"],
    )
    def test_what_names_no_file_passes(self, given: object) -> None:
        refuse_paths(given)


class Listed:
    """Stands for an operation with worklists."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def ask(self, workstation: object, peer: str | None, arguments: Mapping[str, object]) -> Outcome:
        """Answer."""
        assert peer is None
        assert arguments == {"name": "mine"}
        return self.outcome


class TestWorklists:
    @pytest.fixture
    def found(self) -> Site:
        return site(worklists=WORKLIST)

    def test_the_next_study_opens_in_the_viewer_once_it_is_here(self, found: Site, monkeypatch) -> None:
        outcome = WorklistOutcome(result=Result.SUCCESS, name="mine", opened="1.2")
        monkeypatch.setattr(actions, "NEXT_STUDY", Listed(outcome))
        assert found.post("/worklists/mine/next", {}).headers["location"] == "/worklists/mine?opening=1"
        found.workstation.memory.keep(held("1.2.1.1"))
        answer = found.post("/worklists/mine/next", {})
        assert (answer.status, answer.headers["location"]) == (303, "/viewer/1.2?worklist=mine")

    def test_without_a_next_study_the_list_is_shown(self, found: Site, monkeypatch) -> None:
        monkeypatch.setattr(actions, "NEXT_STUDY", Listed(WorklistOutcome(result=Result.SUCCESS, name="mine")))
        assert found.post("/worklists/mine/next", {}).headers["location"] == "/worklists/mine?opening=1"

    def test_a_study_that_is_opening_opens_by_itself(self, found: Site, monkeypatch) -> None:
        outcome = WorklistOutcome(result=Result.SUCCESS, name="mine", opened="1.2")
        monkeypatch.setattr(state_pages, "WORKLIST", Listed(outcome))
        assert found.get("/worklists/mine", opening="1").status == 200  # nothing of it is in memory yet
        found.workstation.memory.keep(held("1.2.1.1"))
        answer = found.get("/worklists/mine", opening="1")
        assert (answer.status, answer.headers["location"]) == (303, "/viewer/1.2?worklist=mine")
        assert found.get("/worklists/mine").status == 200  # who looks at the list sees the list

    @pytest.mark.parametrize(("state", "shown"), [("loading", True), ("ready", False)])
    def test_the_page_says_that_a_study_is_loading(self, found: Site, monkeypatch, state: str, shown: bool) -> None:
        entry = WorklistEntry("1.2", state, 3, attributes={"PatientName": "DOE^JANE"})
        outcome = WorklistOutcome(result=Result.SUCCESS, name="mine", studies=(entry,), problem="half of it")
        monkeypatch.setattr(state_pages, "WORKLIST", Listed(outcome))
        assert ("The next study is loading." in found.get("/worklists/mine", opening="1").text) == shown
        text = found.get("/worklists/mine").text
        assert "The next study is loading." not in text
        assert "DOE, JANE" in text
        assert "half of it" in text

    def test_worklists_are_listed(self, found: Site, monkeypatch) -> None:
        outcome = WorklistOutcome(result=Result.SUCCESS, name="mine", reader="DR^WHO", problem="not asked")
        monkeypatch.setattr(state_pages, "WORKLIST", Listed(outcome))
        text = found.get("/worklists").text
        assert '<a class="row" href="/worklists/mine">mine</a>' in text
        assert "DR^WHO" in text
        assert "not asked" in text
        assert "No worklist is configured." in site().get("/worklists").text

    def test_a_worklist_that_is_not_configured_is_named(self, found: Site) -> None:
        answer = found.get("/worklists/theirs")
        assert answer.status == 404
        assert "No worklist theirs is configured." in answer.text


class TestJobs:
    def test_a_job_that_is_not_kept_is_missing(self) -> None:
        answer = site().get("/jobs/77")
        assert answer.status == 404
        assert "This job is no longer kept." in answer.text

    def test_a_job_shows_its_outcome_without_what_is_empty(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        outcome = RetrieveOutcome(operation="retrieve", peer="PACS", result=Result.FAILURE, status="A702", failed=0)
        begun_by(found, monkeypatch, retrieve=outcome)
        found.post("/do/retrieve", {"peer": "PACS", "level": "STUDY", "StudyInstanceUID": "1.2", "title": "DOE"})
        text = found.get("/jobs/1").text
        assert "Job 1: retrieve with PACS" in text
        assert "<dt>status</dt><dd>A702</dd>" in text
        assert "<dt>failed</dt><dd>0</dd>" in text  # a count of none is told
        for absent in ("<dt>detail</dt>", "<dt>failed instances</dt>", "<dt>missing</dt>"):
            assert absent not in text
        assert "Retrieve again" in text
        assert "DOE" in found.get("/jobs").text

    def test_a_job_that_runs_can_be_cancelled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        begun = begun_by(found, monkeypatch)
        found.post("/do/retrieve", {"peer": "PACS", "level": "STUDY", "StudyInstanceUID": "1.2"})
        begun.jobs[0].add_progress({"arrived": 2, "completed": 2, "remaining": 3})
        text = found.get("/jobs/1").text
        assert "Cancel what runs with PACS" in text
        assert "2 of 5 images arrived" in text
        assert "<h2>Outcome</h2>" not in text
        assert 'data-running="1"' in text

    def test_progress_tells_the_last_jobs_and_what_is_held(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        found.workstation.memory.keep(held("1.2.1.1"))
        begun = begun_by(found, monkeypatch)
        for number in range(25):
            found.post("/do/store", {"peer": "PACS", "arguments": "{}", "title": str(number)})
        begun.jobs[24].end(StoreOutcome(result=Result.SUCCESS))
        told = found.get("/jobs/progress", held="1.2,,9.9").json()
        assert [each["title"] for each in told["jobs"]] == [str(n) for n in range(24, 4, -1)]
        assert told["running"] == 24
        assert told["held"] == {"1.2": 1, "9.9": 0}
        assert found.get("/jobs/progress").json()["held"] == {}
        many = ",".join(str(n) for n in range(501))
        assert len(found.get("/jobs/progress", held=many).json()["held"]) == 500

    def test_the_oldest_jobs_that_have_ended_are_forgotten(self) -> None:
        begun = Begun()
        book = JobBook(begun)
        for number in range(KEPT):
            book.begin("store", "PACS", {}, str(number))
        begun.jobs[0].end(StoreOutcome(result=Result.SUCCESS))
        begun.jobs[1].end(StoreOutcome(result=Result.SUCCESS))
        assert book.find("1") is not None
        book.begin("store", "PACS", {}, "one more")
        assert book.find("1") is None
        assert book.find("2") is not None
        assert len(book.tasks()) == KEPT

    def test_jobs_that_run_are_never_forgotten(self) -> None:
        begun = Begun()
        book = JobBook(begun)
        for number in range(KEPT + 3):
            book.begin("store", "PACS", {}, str(number))
        assert len(book.tasks()) == len(book.running()) == KEPT + 3

    def test_a_cancellation_is_no_job_to_a_user(self) -> None:
        begun = Begun()
        book = JobBook(begun)
        book.begin("store", "PACS", {}, "first")
        book.begin("cancel", "PACS", {})
        book.begin("store", "PACS", {}, "last")
        assert [each.title for each in book.tasks()] == ["last", "first"]

    def test_the_last_retrieve_of_each_study(self) -> None:
        begun = Begun()
        book = JobBook(begun)
        for operation, study in (
            ("retrieve", "1"),
            ("store", "1"),
            ("retrieve", "2"),
            ("retrieve", ""),
            ("retrieve", "1"),
        ):
            book.begin(operation, "PACS", {}, study=study)
        retrieved = book.retrieved()
        assert {study: state.id for study, state in retrieved.items() if study} == {"1": "5", "2": "3"}


class TestWords:
    @pytest.mark.parametrize(
        ("outcome", "words"),
        [
            (RetrieveOutcome(result=Result.SUCCESS, arrived=1, status="0000"), "1 image arrived"),
            (RetrieveOutcome(result=Result.SUCCESS, arrived=2, missing=0, failed=0), "2 images arrived"),
            (
                RetrieveOutcome(result=Result.PARTIAL, arrived=1, missing=1, failed=2, status="B000"),
                "1 of 2 images arrived, 1 did not; 2 could not be sent by the archive; status B000",
            ),
            (PrintOutcome(result=Result.SUCCESS, films_printed=1), "1 film printed"),
            (PrintOutcome(result=Result.PARTIAL, films_printed=2, films_failed=1), "2 films printed, 1 failed"),
            (StoreOutcome(result=Result.SUCCESS, stored=("1",), stored_with_warning=("2",)), "2 stored"),
            (StoreOutcome(result=Result.WARNING, stored_with_warning=("2",)), "1 stored"),
            (StoreOutcome(result=Result.FAILURE, not_stored=("2",)), "0 stored, 1 not stored"),
            (StoreOutcome(result=Result.UNREACHABLE, detail="nobody listens"), "nobody listens"),
            (Outcome(result=Result.SUCCESS, status="0000"), ""),
        ],
    )
    def test_what_came_of_an_operation_is_told_by_its_counts(self, outcome: Outcome, words: str) -> None:
        assert ending(outcome.as_dict()) == words

    @pytest.mark.parametrize(
        ("progress", "words", "done", "total"),
        [
            ([], "running", None, None),
            ([{"arrived": 1}], "1 image arrived", 1, None),
            (
                [{"arrived": 1, "completed": 1, "failed": 1, "warning": 1, "remaining": 4}],
                "1 of 7 images arrived",
                1,
                7,
            ),
            ([{"arrived": 1, "completed": None, "remaining": 4}], "1 of 4 images arrived", 1, 4),
            ([{"arrived": 1}, {"film": 1, "image": 2, "images": 3}], "film 1, image 2 of 3 sent", None, None),
        ],
    )
    def test_a_job_that_runs_tells_its_last_progress(self, progress, words, done, total) -> None:
        begun = Begun()
        task = JobBook(begun).begin("retrieve", "PACS", {}, "T", "1.2")
        for entry in progress:
            begun.jobs[0].add_progress(entry)
        state = task.state()
        assert (state.words, state.done, state.total) == (words, done, total)
        assert (state.result, state.is_running, state.is_well, state.created) == ("running", True, False, "")

    def test_a_job_that_ended_tells_what_was_created(self) -> None:
        begun = Begun(save=CreationOutcome(result=Result.SUCCESS, SOPInstanceUID="1.9"))
        state = JobBook(begun).begin("save", None, {}).state()
        assert (state.created, state.peer, state.is_well, state.is_running) == ("1.9", "", True, False)

    @pytest.mark.parametrize("result", [Result.PARTIAL, Result.WARNING, Result.FAILURE])
    def test_only_a_success_is_well(self, result: Result) -> None:
        begun = Begun(retrieve=RetrieveOutcome(result=result, arrived=1, completed=1, remaining=0))
        state = JobBook(begun).begin("retrieve", "PACS", {}).state()
        assert (state.is_well, state.result, state.done, state.total) == (False, str(result), 1, 1)

    def test_what_is_no_progress_of_a_print_job_says_nothing_of_one(self) -> None:
        for entry in ({"film": 1}, {"film": "1", "image": 1, "images": 2}, {"print_job": 1, "execution_status": "X"}):
            assert printing(entry) == ""


class TestConfiguration:
    def test_the_configuration_is_shown_with_its_sections(self) -> None:
        text = site(worklists=WORKLIST).get("/configuration").text
        for shown in ("ae_title", "PACS: ae_title PACS, host 127.0.0.1, port 1", "2.2.2.1.2"):
            assert shown in text

    @pytest.mark.parametrize(
        ("value", "lines"),
        [
            ([], ["none"]),
            ({}, ["none"]),
            (["a", "b"], ["a", "b"]),
            ({"a": 1, "b": None}, ["a: 1", "b: not given"]),
            ("", ["not given"]),
            (True, ["yes"]),
            (False, ["no"]),
            (0, ["0"]),
            (2.5, ["2.5"]),
        ],
    )
    def test_a_value_is_shown_as_lines(self, value: object, lines: list[str]) -> None:
        assert _lines(value) == lines

    def test_what_is_empty_is_left_out_of_a_group(self) -> None:
        assert _short({"a": 0, "b": None, "c": "", "d": [], "e": {}, "f": ["x", ""]}) == "a 0, f x any"

    def test_the_log_is_shown_to_its_last_thousand_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = site()
        monkeypatch.setattr(type(found.workstation), "log", lambda self: [f"line {n}." for n in range(1002)])
        text = found.get("/log").text
        assert "line 1001." in text
        assert "line 2." in text
        assert "line 1." not in text

    def test_the_keys_are_told(self) -> None:
        answer = site().get("/keys")
        assert answer.status == 200
        assert "Keys" in answer.text
