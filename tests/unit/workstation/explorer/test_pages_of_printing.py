"""The print page, the page of a study's display protocol, and a visit as a user makes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest
from explorer_bench import SESSION, Answer, Site, held, site

from dicom_workstation.explorer import archive_pages, print_pages, protocol_pages
from dicom_workstation.explorer.holdings import Holdings
from dicom_workstation.explorer.print_pages import KEPT, MOST_IMAGES
from dicom_workstation.explorer.session import IDLE_S, MOST_SESSIONS, Session, Sessions
from dicom_workstation.outcome import Outcome, PreviewFilm, PreviewOutcome, QueryOutcome, Result
from dicom_workstation.protocols.outcomes import BoxEntry, ChoiceOutcome, ProtocolEntry, ReasonEntry
from dicom_workstation.subjects import explorer_visit

FILM = {"FILM": {"ae_title": "FILM", "host": "127.0.0.1", "port": 2}}


class Drawn:
    """Stands for an operation that draws or chooses: notes what it is asked, and answers."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.calls: list[tuple[str | None, Mapping[str, object]]] = []

    def ask(self, workstation: object, peer: str | None, arguments: Mapping[str, object]) -> Outcome:
        """Answer."""
        self.calls.append((peer, arguments))
        return self.outcome


def film(number: int) -> PreviewFilm:
    return PreviewFilm(rows=1, columns=2, samples=1, data=bytes((number, number)), number=number)


@pytest.fixture
def preview(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    outcome = PreviewOutcome(result=Result.SUCCESS, films=(film(1), film(2)), warnings=("a film is smaller",))
    found = Drawn(outcome)
    monkeypatch.setattr(print_pages, "PREVIEW", found)
    return found


@pytest.fixture
def printing() -> Site:
    return site(printers={**FILM, "OTHER": FILM["FILM"]})


def test_without_images_there_is_nothing_to_print(printing: Site, preview: Drawn) -> None:
    text = printing.get("/print", preview="1").text
    assert "No image is named." in text
    assert "0 images" in text
    assert preview.calls == []


@pytest.mark.parametrize(("count", "is_much"), [(MOST_IMAGES, False), (MOST_IMAGES + 1, True)])
def test_a_print_job_has_no_more_images_than_anybody_prints(printing: Site, count: int, is_much: bool) -> None:
    text = printing.get("/print", images=",".join(f"1.{n}" for n in range(count))).text
    assert (f"{count} images are too many for one print job; 200 is the most." in text) == is_much


def test_nothing_is_drawn_before_a_preview_is_asked_for(printing: Site, preview: Drawn) -> None:
    text = printing.get("/print", images="1.1").text
    assert "press Preview" in text
    assert "1 image<" in text
    assert preview.calls == []


def test_a_preview_shows_the_films_and_leads_to_the_printer(printing: Site, preview: Drawn) -> None:
    text = printing.get("/print", images="1.1,1.2", preview="1", layout="2x1").text
    assert preview.calls == [
        ("FILM", {"images": [{"SOPInstanceUID": "1.1"}, {"SOPInstanceUID": "1.2"}], "layout": "2x1"})
    ]
    for shown in ("2 films as the printer will make them", "a film is smaller", "Print on FILM", "film 2 of 2"):
        assert shown in text
    assert 'name="title" value="2 images"' in text


def test_the_films_of_a_preview_are_pictures(printing: Site, preview: Drawn) -> None:
    query = {"images": "1.1", "preview": "1"}
    printing.get("/print", **query)
    first, second = (printing.get(f"/print/film/{number}", **query) for number in (1, 2))
    assert first.headers["content-type"] == "image/png"
    assert first.body.startswith(b"\x89PNG")
    assert first.body != second.body
    for number in (0, 3):
        assert printing.get(f"/print/film/{number}", **query).status == 404
    assert printing.get("/print/film/1", images="1.2").status == 404
    other = Site(printing.workstation, Session("another", "csrf"))
    assert other.get("/print/film/1", **query).status == 404


def test_only_the_last_previews_are_kept(printing: Site, preview: Drawn) -> None:
    for number in range(KEPT + 1):
        printing.get("/print", images=f"1.{number}", preview="1")
    kept = [printing.get("/print/film/1", images=f"1.{number}", preview="1").status for number in range(KEPT + 1)]
    assert kept == [404, *[200] * KEPT]


def test_a_preview_that_cannot_be_drawn_says_why(printing: Site, preview: Drawn) -> None:
    preview.outcome = PreviewOutcome(result=Result.REFUSED, detail="images: not in memory")
    text = printing.get("/print", images="1.1", preview="1").text
    assert "refused: images: not in memory" in text
    assert "Print on FILM" not in text


def test_the_printer_that_is_chosen_is_asked(printing: Site, preview: Drawn) -> None:
    printing.get("/print", images="1.1", preview="1", printer="OTHER")
    assert preview.calls[0][0] == "OTHER"
    site().get("/print", images="1.1", preview="1")
    assert preview.calls[1][0] is None
    assert "No printer is configured." in site().get("/print", images="1.1").text


def test_what_is_chosen_is_asked_for_and_nothing_else(printing: Site, preview: Drawn) -> None:
    choices = {"orientation": "LANDSCAPE", "polarity": " ", "copies": "2", "label": " chest ", "frame": "3"}
    printing.get("/print", images="1.1", preview="1", state="1.9", window="40,400,SIGMOID", **choices)
    assert preview.calls[0][1] == {
        "images": [{"SOPInstanceUID": "1.1", "frame": 3}],
        "layout": "1x1",
        "orientation": "LANDSCAPE",
        "copies": "2",
        "label": "chest",
        "state": "1.9",
        "window": {"center": "40", "width": "400"},
    }


def test_frames_are_chosen_of_one_image_alone(printing: Site, preview: Drawn) -> None:
    printing.get("/print", images="1.1", preview="1", frame="all")
    printing.get("/print", images="1.1,1.2", preview="1", frame="3")
    assert preview.calls[0][1]["images"] == [{"SOPInstanceUID": "1.1", "frame": "all"}]
    assert preview.calls[1][1]["images"] == [{"SOPInstanceUID": "1.1"}, {"SOPInstanceUID": "1.2"}]


def test_a_state_is_never_a_file(printing: Site, preview: Drawn) -> None:
    assert "state: must be a SOP Instance UID" in printing.get("/print", images="1.1", preview="1", state="x.dcm").text
    assert preview.calls == []


def test_the_images_of_a_study_in_memory_are_printed(printing: Site, preview: Drawn) -> None:
    for number in range(1, 4):
        printing.workstation.memory.keep(held(f"1.2.1.{number}", InstanceNumber=str(number)))
    printing.get("/print", study="1.2", first="2", preview="1")
    assert preview.calls[0][1]["images"] == [{"SOPInstanceUID": "1.2.1.2"}, {"SOPInstanceUID": "1.2.1.3"}]
    assert "No image is named." in printing.get("/print", study="9.9").text


# -- display protocols ------------------------------------------------------------------------------------------------

LEFT, RIGHT, LOWER = "0\\1\\0.5\\0.5", "0.5\\1\\1\\0.5", "0\\0.5\\1\\0"


def box(display_set: int, position: str, *images: str, group: int = 1, of: int = 0, detail: str = "") -> BoxEntry:
    return BoxEntry(display_set, group, 1, 1, "STACK", position, images, of or len(images), detail)


CHOICE = ChoiceOutcome(
    result=Result.SUCCESS,
    protocol="Chest",
    why="it is the only one that fits",
    boxes=(
        box(1, LOWER, "1.2.2.1"),
        box(2, RIGHT, "1.2.1.1", of=3),
        box(3, LEFT, "1.3.1.1"),
        box(4, LEFT, "9.9", group=2),
        box(5, LEFT, detail="no image fits"),
    ),
    protocols=(ProtocolEntry("Chest", "SITE", True, ""), ProtocolEntry("Head", "SITE", False, "the body part differs")),
    reasons=(
        ReasonEntry("Chest", "Modality is CT", "met", "study"),
        ReasonEntry("Head", "BodyPart is HEAD", "failed", "study", "it is CHEST"),
    ),
)
PROTOCOL = {
    "HangingProtocolName": "Chest",
    "HangingProtocolLevel": "SITE",
    "HangingProtocolDefinition": [{"Modality": "CT"}],
    "ImageSets": [
        {
            "ImageSetSelector": [
                {"SelectorAttribute": "Modality", "SelectorCSValue": "CT", "ImageSetSelectorUsageFlag": "NO_MATCH"}
            ],
            "TimeBasedImageSets": [
                {
                    "ImageSetNumber": 1,
                    "ImageSetSelectorCategory": "RELATIVE_TIME",
                    "RelativeTime": [0, 0],
                    "RelativeTimeUnits": "MINUTES",
                }
            ],
        }
    ],
    "DisplaySets": [
        {
            "DisplaySetNumber": 1,
            "DisplaySetPresentationGroup": 1,
            "ImageSetNumber": 1,
            "ImageBoxes": [
                {
                    "ImageBoxNumber": 1,
                    "DisplayEnvironmentSpatialPosition": [0, 1, 1, 0],
                    "ImageBoxLayoutType": "STACK",
                }
            ],
        }
    ],
}


@pytest.fixture
def choosing(monkeypatch: pytest.MonkeyPatch) -> Site:
    found = site(display_protocols=[PROTOCOL])
    for each in (
        held("1.2.1.1", Modality="CT", SeriesNumber="2", SeriesDescription="Thorax", StudyDate="20260101"),
        held("1.2.2.1", series="1.2.2"),
        held("1.3.1.1", "1.3", "1.3.1", Modality="CT", StudyDate="20250101"),
    ):
        found.workstation.memory.keep(each)
    monkeypatch.setattr(protocol_pages, "CHOOSE_PROTOCOL", Drawn(CHOICE))
    return found


def test_the_page_tells_the_choice_and_every_rule(choosing: Site) -> None:
    text = choosing.get("/protocols/1.2").text
    for shown in ("Chest", "it is the only one that fits", "the body part differs", "Modality is CT", "it is CHEST"):
        assert shown in text


def test_of_a_study_that_is_not_in_memory_nothing_is_chosen(choosing: Site) -> None:
    answer = choosing.get("/protocols/9.9")
    assert answer.status == 404
    assert "Nothing of this study is in memory. Retrieve it first." in answer.text


def shown(found: Site) -> protocol_pages.ShownChoice:
    explorer = type("Seen", (), {"workstation": found.workstation, "holdings": Holdings(found.workstation.memory)})()
    choice = protocol_pages.choose_for(explorer, "1.2")
    assert choice is not None
    return choice


def test_the_boxes_say_in_words_what_they_show(choosing: Site) -> None:
    told = {each.display_set: (each.where, each.what, each.image, each.detail) for each in shown(choosing).boxes}
    assert told == {
        1: ("lower half", "a series, 1 image", "1.2.2.1", ""),
        2: ("upper right", "CT 2 Thorax, 3 images", "1.2.1.1", ""),
        3: ("upper left", "CT of 2025-01-01, 1 image", "1.3.1.1", ""),
        4: ("upper left", "an image not in memory", "", ""),
        5: ("upper left", "", "", "no image fits"),
    }


def test_the_panes_of_the_first_group_are_in_reading_order(choosing: Site) -> None:
    assert shown(choosing).panes == ("1.3.1.1", "1.2.1.1", "1.2.2.1")


def test_the_protocols_that_were_not_chosen_say_why(choosing: Site) -> None:
    choice = shown(choosing)
    assert choice.name == "Chest"
    assert list(choice.others) == [("Head", "the body part differs")]
    assert [(name, len(rules)) for name, rules in choice.rules] == [("Chest", 1), ("Head", 1)]


def test_where_no_protocol_fits_all_are_others(choosing: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    none = ChoiceOutcome(result=Result.SUCCESS, why="none fits", protocols=CHOICE.protocols)
    monkeypatch.setattr(protocol_pages, "CHOOSE_PROTOCOL", Drawn(none))
    choice = shown(choosing)
    assert (choice.name, choice.why) == ("none", "none fits")
    assert [name for name, _ in choice.others] == ["Chest", "Head"]
    assert choice.panes == ()


def test_a_choice_that_is_refused_says_why(choosing: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        protocol_pages, "CHOOSE_PROTOCOL", Drawn(Outcome(result=Result.INTERNAL_ERROR, detail="see the log"))
    )
    choice = shown(choosing)
    assert (choice.name, choice.why, choice.outcome.result) == ("none", "see the log", Result.INTERNAL_ERROR)


def test_without_protocols_there_is_no_choice(tmp_path) -> None:
    found = site()
    found.workstation.memory.keep(held("1.2.1.1"))
    assert "No display protocol is configured." in found.get("/protocols/1.2").text
    assert "Display protocol:" not in found.get("/viewer/1.2").text


def test_a_position_that_is_none_stands_at_the_upper_left() -> None:
    order = sorted([box(1, RIGHT), box(2, "x"), box(3, LOWER), box(4, "1\\2")], key=protocol_pages._reading_order)
    assert [each.display_set for each in order] == [2, 4, 1, 3]


# -- sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_ends_when_it_was_not_used_and_use_prolongs_it() -> None:
    now = [0.0]
    sessions = Sessions("token", lambda: now[0])
    assert sessions.enter("wrong") is None
    session = sessions.enter("token")
    assert session is not None
    for _ in range(3):
        now[0] += IDLE_S
        assert sessions.find(session.key) is session
    now[0] += IDLE_S + 1
    assert sessions.find(session.key) is None
    now[0] = 0.0
    assert sessions.find(session.key) is None  # it stays ended
    assert sessions.find("unknown") is None


def test_the_session_that_was_used_least_recently_makes_room() -> None:
    now = [0.0]
    sessions = Sessions("token", lambda: now[0])
    begun = []
    for number in range(MOST_SESSIONS):
        now[0] = float(number)
        begun.append(sessions.enter("token"))
    now[0] = 100.0
    sessions.find(begun[0].key)
    sessions.enter("token")
    assert sessions.find(begun[0].key) is begun[0]
    assert sessions.find(begun[1].key) is None
    assert sessions.find(begun[2].key) is begun[2]
    assert len({(each.key, each.csrf) for each in begun}) == MOST_SESSIONS


# -- a visit ----------------------------------------------------------------------------------------------------------


class Browser:
    """Stands for a browser: it asks the site itself."""

    def __init__(self, found: Site) -> None:
        self.found = found
        self.asked: list[str] = []

    def __call__(self, **options: object) -> Browser:
        """Take the place of its class."""
        return self

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None: ...

    def get(self, address: object, params: Mapping[str, str] | None = None) -> object:
        """Ask for a page."""
        url = explorer_visit.httpx.URL(str(address))
        path = "/devices" if url.path == "/enter" else url.path
        self.asked.append(path)
        answer: Answer = self.found.get(path, **(params or {}))
        return type("Seen", (), {"text": answer.text, "url": url.copy_with(path=path)})()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    found = Browser(site())
    matches = tuple({"StudyInstanceUID": f"1.{n}", "PatientName": "DOE", "StudyDate": f"2026010{n}"} for n in (2, 1))
    below = tuple({"SeriesInstanceUID": f"1.1.{n}", "SOPInstanceUID": f"1.1.1.{n}"} for n in (1, 2))

    class Query:
        calls: ClassVar[list[Mapping[str, object]]]

        def ask(self, workstation: object, peer: str, arguments: Mapping[str, object]) -> QueryOutcome:
            self.calls.append(arguments)
            found_ = matches if arguments["level"] == "STUDY" else below
            return QueryOutcome(peer=peer, result=Result.SUCCESS, status="0000", detail="all of it", matches=found_)

    Query.calls = []
    found.query = Query()
    monkeypatch.setattr(archive_pages, "QUERY", found.query)
    monkeypatch.setattr(explorer_visit.httpx, "Client", found)
    return found


LINK = "http://127.0.0.1:8/enter?token=x"


def test_a_visit_asks_by_the_form_and_tells_what_the_page_shows(browser: Browser) -> None:
    told = explorer_visit.query(LINK, "PACS", {"level": "STUDY", "keys": {"PatientName": "DOE*", "StudyDate": ""}})
    assert told["matches"] == [{"StudyInstanceUID": "1.2"}, {"StudyInstanceUID": "1.1"}]
    assert (told["operation"], told["peer"], told["result"], told["status"]) == ("query", "PACS", "success", "0000")
    assert (told["detail"], told["pending"]) == ("all of it", 2)
    (asked,) = browser.query.calls
    assert asked["keys"]["PatientName"] == "DOE*"


@pytest.mark.parametrize(
    ("level", "path", "matches"),
    [
        ("SERIES", "/devices/PACS/studies/1.1", [{"SeriesInstanceUID": f"1.1.{n}"} for n in (1, 2)]),
        ("IMAGE", "/devices/PACS/studies/1.1/series/1.1.1", [{"SOPInstanceUID": f"1.1.1.{n}"} for n in (1, 2)]),
    ],
)
def test_a_visit_below_the_studies_opens_their_pages(browser: Browser, level: str, path: str, matches: list) -> None:
    keys = {"StudyInstanceUID": "1.1", "SeriesInstanceUID": "1.1.1"}
    if level == "SERIES":
        del keys["SeriesInstanceUID"]
    told = explorer_visit.query(LINK, "PACS", {"level": level, "keys": keys})
    assert told["matches"] == matches
    assert browser.asked[-1] == path


@pytest.mark.parametrize(
    ("peer", "arguments", "detail"),
    [
        ("PACS", {"model": "patient_root"}, "the explorer asks in the Study Root model"),
        ("PACS", {"level": "PATIENT"}, "the explorer asks in the Study Root model"),
        ("ELSEWHERE", {}, "ELSEWHERE is not in the list of archives"),
        (None, {}, "None is not in the list of archives"),
        ("PACS", {"keys": {"StudyID": "1", "PatientName": "A", "Rows": "2"}}, "the form has no field Rows, StudyID"),
    ],
)
def test_what_the_pages_do_not_offer_is_refused(browser: Browser, peer: str, arguments: dict, detail: str) -> None:
    told = explorer_visit.query(LINK, peer, arguments)
    assert (told["result"], told["detail"], told["operation"], told["peer"]) == ("refused", detail, "query", peer)
    assert browser.query.calls == []


def test_a_page_without_an_answer_is_no_answer(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(browser.found), "get", lambda self, address, **query: Answer(200, {}, self.page.encode()))
    browser.found.page = '<a href="/devices/PACS/studies">PACS</a><input name="PatientName">'
    told = explorer_visit.query(LINK, "PACS", {"keys": {"PatientName": "A"}})
    assert (told["result"], told["detail"]) == ("refused", "the page shows no answer")


def test_a_page_is_read_as_a_user_reads_it() -> None:
    found = explorer_visit._Page(
        '<a href="/a"><b>First</b> one </a><a href="/b">First one</a><a>Empty</a>'
        '<input name="q" value="1"><input type="hidden" name="csrf" value="x"><button name="go">Go</button>'
        '<input name="q" value="2"><p data-result="success" data-status="0000">done</p>'
    )
    assert found.links == {"First one": "/a", "Empty": ""}
    assert found.fields == {"q", "go"}
    assert found.chosen("q") == ["1", "2"]
    assert found.chosen("go") == [""]
    assert found.answer["data-status"] == "0000"
    assert SESSION.csrf not in found.fields
