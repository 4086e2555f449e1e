"""The pages of the archives: how they are asked, what is shown of an answer, and how far it is gone through."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from explorer_bench import Site, held, site

from dicom_workstation.explorer import answers as answers_module
from dicom_workstation.explorer import archive_pages, pages
from dicom_workstation.explorer.answers import KEPT, Answer, Answers
from dicom_workstation.explorer.archive_pages import PAGE_ROWS, _doubts, _page_number
from dicom_workstation.explorer.pages import Explorer
from dicom_workstation.outcome import Outcome, PrinterDetails, PrinterOutcome, PrinterState, QueryOutcome, Result


class Asked:
    """Stands for an operation with an archive: notes what it is asked, and answers."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.calls: list[tuple[str | None, Mapping[str, object]]] = []

    def ask(self, workstation: object, peer: str | None, arguments: Mapping[str, object]) -> Outcome:
        """Answer the outcomes one after the other, the last one again and again."""
        self.calls.append((peer, arguments))
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


def answered(*names: str, result: Result = Result.SUCCESS, **more: object) -> QueryOutcome:
    matches = tuple(
        {"StudyInstanceUID": f"1.{n}", "PatientName": name, "StudyDate": f"202601{n:02}"}
        for n, name in enumerate(names, 1)
    )
    return QueryOutcome(peer="PACS", result=result, matches=matches, pending=len(matches), **more)


@pytest.fixture
def query(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked(answered("ADAMS", "BAKER"))
    monkeypatch.setattr(archive_pages, "QUERY", found)
    return found


def test_the_form_asks_nothing_before_it_is_sent(query: Asked) -> None:
    assert "Fill in what is known" in site().get("/devices/PACS/studies").text
    assert query.calls == []


def test_what_was_filled_in_is_asked_for_once(query: Asked) -> None:
    found = site()
    for sort in ("-StudyDate", "PatientName"):
        text = found.get("/devices/PACS/studies", ask="a", PatientName="A*", sort=sort).text
        assert "ADAMS" in text
    assert len(query.calls) == 1
    peer, arguments = query.calls[0]
    assert peer == "PACS"
    assert arguments["level"] == "STUDY"
    assert arguments["keys"]["PatientName"] == "A*"
    found.get("/devices/PACS/studies", ask="b", PatientName="A*")
    found.get("/devices/VAULT/studies", ask="b", PatientName="A*")
    found.get("/devices/PACS/studies", ask="b", PatientName="B*")
    assert len(query.calls) == 4


def test_studies_are_sorted_as_it_is_asked(query: Asked) -> None:
    found = site()
    latest_first = found.get("/devices/PACS/studies", ask="a").text
    assert latest_first.index("BAKER") < latest_first.index("ADAMS")
    by_name = found.get("/devices/PACS/studies", ask="a", sort="PatientName").text
    assert by_name.index("ADAMS") < by_name.index("BAKER")


def test_the_levels_below_are_asked_for_at_once(query: Asked) -> None:
    found = site()
    found.get("/devices/PACS/studies/1.2")
    found.get("/devices/PACS/studies/1.2/series/1.2.3")
    (_, series), (_, images) = query.calls
    assert (series["level"], images["level"]) == ("SERIES", "IMAGE")
    assert series["keys"]["StudyInstanceUID"] == images["keys"]["StudyInstanceUID"] == "1.2"
    assert images["keys"]["SeriesInstanceUID"] == "1.2.3"
    assert images["keys"]["SOPInstanceUID"] == series["keys"]["SeriesInstanceUID"] == ""


def test_what_is_known_of_a_study_stands_above_its_series(query: Asked) -> None:
    found = site()
    found.workstation.memory.keep(held("1.9.1.1", "1.9", "1.9.1", PatientName="CARTER"))
    assert "CARTER" in found.get("/devices/PACS/studies/1.9").text  # held, not asked for
    found.get("/devices/PACS/studies", ask="a")
    query.outcomes = [QueryOutcome(result=Result.SUCCESS)]
    assert "ADAMS" in found.get("/devices/PACS/studies/1.1", ask="x").text.split("<table")[0]


@pytest.mark.parametrize(("result", "empty"), [(Result.SUCCESS, True), (Result.WARNING, True), (Result.FAILURE, False)])
def test_no_match_is_only_said_by_an_archive_that_answered(query: Asked, result: Result, empty: bool) -> None:
    query.outcomes = [answered(result=result)]
    assert ("No study matches." in site().get("/devices/PACS/studies", ask="a").text) == empty


def test_what_is_refused_is_an_answer_as_well(query: Asked) -> None:
    query.outcomes = [Outcome(peer="PACS", result=Result.REFUSED, detail="PatientName: is too long")]
    found = site()
    text = found.get("/devices/PACS/studies", ask="a").text
    assert "PatientName: is too long" in text
    assert "No study matches." not in text
    assert "PatientName: is too long" in found.get("/devices").text  # how the device was last reached


def test_an_archive_that_is_not_configured_is_named() -> None:
    answer = site().get("/devices/ELSEWHERE/studies")
    assert answer.status == 404
    assert "No archive ELSEWHERE is configured." in answer.text


def test_a_page_has_200_rows_and_leads_to_the_next(query: Asked) -> None:
    query.outcomes = [answered(*(f"N{n:03}" for n in range(1, 402)))]
    found = site()

    def names(page: str) -> list[str]:
        text = found.get("/devices/PACS/studies", ask="a", sort="PatientName", page=page).text
        return [part[:4] for part in text.split('aria-label="Select ')[1:]]

    assert names("1") == [f"N{n:03}" for n in range(1, 201)]
    assert names("2") == [f"N{n:03}" for n in range(201, 401)]
    assert names("3") == names("4") == ["N401"]
    assert "page=2" in found.get("/devices/PACS/studies", ask="a").text
    assert "201" in found.get("/devices/PACS/studies", ask="a", page="2").text.split("<table")[0]


@pytest.mark.parametrize(
    ("text", "count", "page"),
    [
        ("1", 0, 1),
        ("2", PAGE_ROWS, 1),
        ("2", PAGE_ROWS + 1, 2),
        ("3", PAGE_ROWS + 1, 2),
        ("0", 1000, 1),
        ("-1", 1000, 1),
        ("x", 1000, 1),
        ("99999", 1000, 5),
        ("100000", 1000, 1),
    ],
)
def test_the_number_of_a_page_is_one_that_there_is(text: str, count: int, page: int) -> None:
    assert _page_number(text, count) == page


def test_the_first_twenty_doubts_are_told_by_the_number_of_their_answer() -> None:
    assert _doubts(None) == []
    doubtful = ((), ("a name is too long", "a date is none"), *(("odd",) for _ in range(30)))
    told = _doubts(Answer(answered(doubtful=doubtful), "10:00:00"))
    assert told[:3] == ["answer 2: a name is too long", "answer 2: a date is none", "answer 3: odd"]
    assert len(told) == 20


def test_links_keep_what_was_asked_and_a_new_submission_asks_again(query: Asked) -> None:
    text = site().get("/devices/PACS/studies", ask="first", PatientName="A*").text
    assert "PatientName=A%2A&amp;ask=first&amp;sort=" in text
    assert "PatientID=" not in text.split("<table")[1]  # what was left empty is not in a link


def test_a_device_is_opened_before_its_form_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Asked(Outcome(peer="PACS", result=Result.UNREACHABLE, detail="nobody listens"))
    monkeypatch.setattr(archive_pages, "ASSOCIATE", opened)
    found = site()
    answer = found.post("/devices/PACS/open", {})
    assert (answer.status, answer.headers["location"]) == (303, "/devices/PACS/studies")
    assert opened.calls == [("PACS", {})]
    assert "nobody listens" in found.get("/devices/PACS/studies").text
    assert found.post("/devices/ELSEWHERE/open", {}).status == 303
    assert len(opened.calls) == 1


def test_the_home_page_is_that_of_the_devices() -> None:
    answer = site().get("/")
    assert (answer.status, answer.headers["location"]) == (303, "/devices")
    assert site().get("/nowhere").status == 404


class TestContacts:
    @pytest.mark.parametrize(
        ("result", "word"),
        [
            (Result.SUCCESS, "online"),
            (Result.WARNING, "online"),
            (Result.PARTIAL, "online"),
            (Result.CANCELLED, "online"),
            (Result.FAILURE, "online"),
            (Result.CONNECTION_LOST, "connection lost"),
            (Result.REJECTED, "rejected"),
        ],
    )
    def test_who_answered_at_all_is_online(self, result: Result, word: str) -> None:
        explorer = explorer_of(site())
        explorer.note_contact(Outcome(peer="PACS", result=result, detail="why"), "10:00:00")
        contact = explorer.contacts["PACS"]
        assert (contact.word, contact.detail, contact.at) == (word, "why", "10:00:00")

    def test_without_a_peer_there_is_no_contact(self) -> None:
        explorer = explorer_of(site())
        explorer.note_contact(Outcome(result=Result.SUCCESS), "10:00:00")
        assert explorer.contacts == {}

    def test_a_printer_tells_its_status_each_word_once(self) -> None:
        explorer = explorer_of(site())
        details = PrinterDetails(status="WARNING", status_info="SUPPLY LOW")
        state = PrinterState("FILM", True, details)
        explorer.note_contact(
            PrinterOutcome(peer="FILM", result=Result.SUCCESS, detail="WARNING", printer=state), "10:00:00"
        )
        assert explorer.contacts["FILM"].detail == "WARNING SUPPLY LOW"

    def test_a_printer_without_details_tells_what_the_outcome_says(self) -> None:
        explorer = explorer_of(site())
        outcome = PrinterOutcome(peer="FILM", result=Result.SUCCESS, detail="ready", printer=PrinterState("FILM", True))
        explorer.note_contact(outcome, "10:00:00")
        assert explorer.contacts["FILM"].detail == "ready"


def explorer_of(found: Site) -> Explorer:
    return Explorer(found.workstation, None, Answers(), None)


class TestAnswers:
    def test_the_last_answer_about_a_study_is_the_one(self) -> None:
        kept = Answers()
        kept.of("a", lambda: answered("OLD"))
        kept.of("b", lambda: answered("NEW"))
        kept.of("c", lambda: QueryOutcome(result=Result.SUCCESS, matches=({"StudyInstanceUID": "1.1"},)))
        assert kept.study("1.1")["PatientName"] == "NEW"  # an answer without a name tells nothing
        assert kept.study("9.9") == {}

    def test_the_oldest_answers_are_forgotten(self) -> None:
        kept, asked = Answers(), []
        for number in range(KEPT + 1):
            kept.of(number, lambda number=number: asked.append(number) or answered())
        kept.of(1, lambda: asked.append("again") or answered())
        assert "again" not in asked
        kept.of(0, lambda: asked.append("again") or answered())
        assert asked[-1] == "again"

    def test_an_answer_says_when_it_was_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(answers_module.time, "strftime", lambda shape: f"as {shape}")
        assert Answers().of("a", answered).asked_at == "as %H:%M:%S"


class TestDevices:
    def test_the_own_osm_is_the_first_archive_while_it_serves(self, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
        found = site(osm={"folder": str(tmp_path / "osm"), "ae_title": "KEEPER"})
        explorer = explorer_of(found)
        assert list(explorer.devices()) == ["PACS", "VAULT"]  # it does not serve yet
        monkeypatch.setattr(type(found.workstation), "osm_address", ("127.0.0.1", 11112))
        assert list(explorer.devices()) == [pages.OSM_NAME, "PACS", "VAULT"]
        own = explorer.devices()[pages.OSM_NAME]
        assert (own.ae_title, own.host, own.port) == ("KEEPER", "127.0.0.1", 11112)

    def test_an_archive_of_that_name_takes_its_place(self, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
        named = {pages.OSM_NAME: {"ae_title": "OTHER", "host": "127.0.0.1", "port": 1}}
        found = site(archives=named, osm={"folder": str(tmp_path / "osm")})
        monkeypatch.setattr(type(found.workstation), "osm_address", ("127.0.0.1", 11112))
        assert explorer_of(found).devices()[pages.OSM_NAME].ae_title == "OTHER"

    def test_devices_are_listed_with_their_addresses(self) -> None:
        text = site(printers={"FILM": {"ae_title": "FILMAE", "host": "127.0.0.1", "port": 2}}).get("/devices").text
        for shown in ("PACS", "127.0.0.1:1", "FILMAE", "127.0.0.1:2", "not asked yet"):
            assert shown in text
        assert "No printer is configured." in site().get("/devices").text
