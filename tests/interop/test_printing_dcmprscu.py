"""The printer simulator under DCMTK's print client: dcmpsprt prepares films, dcmprscu sends them.

dcmprscu asks the printer how it is, creates everything without SOP Instance UIDs (the printer assigns them), prints
film boxes or film sessions, and deletes what it created. Each Stored Print object is a film of its own association.

References
----------
PS3.4 Annex H; PS3.3 C.13
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from imagecodecs import png_decode
from pydicom import dcmread

from dicom_conformance.judge.films import PrintedFilm, events, films
from dicom_conformance.trace.conversation import SeenMessage
from dicom_conformance.trace.trace import Trace
from dicom_simulators.data_sets import build, write_file
from dicom_simulators.data_sets.recipes.states import STATES
from dicom_simulators.faults.dimse.respond import Respond
from dicom_simulators.faults.transport.delay import Delay
from dicom_simulators.printer import render
from dicom_simulators.printer.films.film import Film, FilmImage
from dicom_simulators.printer.printer import Printer
from dicom_wire import Recorder, Side
from foreign_programs import print_configuration, require, run, until
from stored_prints import StoredPrint, stored_prints

CT = "1.2.840.10008.5.1.4.1.1.2"
GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
TITLE = "SIMULATOR"
DEADLINE_S = 120.0
FULL_12_BITS = 4095

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    require("dcmprscu", "dcmpsprt", package="dcmtk")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("images")
    made = [build(sop_class=CT, seed=seed, rows=40 + seed, columns=60 + 3 * seed) for seed in range(6)]
    return [write_file(one, folder / f"{seed}.dcm") for seed, one in enumerate(made)]


@dataclass(slots=True)
class Client:
    """dcmpsprt and dcmprscu with one configuration, and our printer."""

    folder: Path
    printer: Printer
    recorder: Recorder
    settings: dict[str, str | None]
    further: str = ""

    @property
    def configuration(self) -> Path:
        file = print_configuration(self.folder, TITLE, self.printer.address[1], "PRINTER", **self.settings)
        with file.open("a") as stream:
            stream.write(self.further)
        return file

    def prepare(self, *arguments: object) -> StoredPrint:
        """Have dcmpsprt make a film; give what it wrote."""
        known = {one.path for one in stored_prints(self.folder / "database")}
        said = run("dcmpsprt", "-v", "-c", self.configuration, "-p", TITLE, *arguments)
        fresh = [one for one in stored_prints(self.folder / "database") if one.path not in known]
        assert len(fresh) == 1, said
        return fresh[0]

    def send(self, *arguments: object) -> str:
        """Have dcmprscu print stored prints; give what it said."""
        words = [one.path if isinstance(one, StoredPrint) else one for one in arguments]
        return run("dcmprscu", "-d", "+d", "-c", self.configuration, "-p", TITLE, *words)

    def films(self, count: int) -> list[Film]:
        """Wait for so many films, and for no more."""
        assert self.printer.wait_films(count, DEADLINE_S), self.printer.log
        assert len(self.printer.films) == count
        return self.printer.films

    def trace(self) -> Trace:
        return Trace(self.recorder)

    def seen(self) -> list[PrintedFilm]:
        return films(self.trace())

    def statuses(self) -> list[str]:
        return [
            f"{message.name[:-4]} {message.status:04X}"
            for _, message in self.trace().messages()
            if message.name.endswith("-RSP")
        ]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    recorder = Recorder()
    printer = Printer("printer", TITLE, recorder, output=tmp_path / "films")
    printer.start()
    yield Client(tmp_path, printer, recorder, {"Annotation": "1\\LABEL"})
    printer.stop()


def assert_same_pixels(film: Film, stored: StoredPrint) -> None:
    """A film holds the hardcopy images, box for box."""
    assert [image.position for image in film.images] == sorted(stored.hardcopies)
    for image in film.images:
        expected = stored.pixels(image.position)
        assert image.bits_stored == stored.hardcopies[image.position].BitsStored
        assert int(expected.max()) > int(expected.min())
        assert np.array_equal(image.pixels, expected)


def assert_lawful(client: Client) -> None:
    """Nothing unlawful was seen from either side, and all was deleted and released."""
    for conversation in client.trace().conversations:
        assert [violation for seen in conversation.pdus for violation in seen.violations] == []
        assert [conversation.message_violations(side) for side in Side] == [(), ()]
        until(lambda seen=conversation: seen.end.how == "released", "dcmprscu releases the association")
    assert {status.rpartition(" ")[2] for status in client.statuses()} == {"0000"}
    for film in client.seen():
        assert film.not_deleted == ()


class TestFilms:
    @pytest.mark.parametrize(("columns", "rows", "count"), [(1, 1, 1), (2, 1, 2), (2, 3, 6), (3, 3, 4)])
    def test_layouts(self, client, images, columns, rows, count):
        stored = client.prepare("-l", columns, rows, *images[:count])
        client.send(stored)
        (film,) = client.films(1)
        assert film.box["ImageDisplayFormat"] == f"STANDARD\\{columns},{rows}"
        assert len(film.images) == count
        assert_same_pixels(film, stored)
        assert_lawful(client)

    def test_the_whole_sequence(self, client, images):
        client.send(client.prepare(images[0]))
        client.films(1)
        until(lambda: client.statuses().count("N-DELETE 0000") == 3, "everything is deleted")
        created = ["N-CREATE 0000"] * 3  # Presentation LUT, film session, film box
        assert client.statuses() == ["N-GET 0000", *created, "N-SET 0000", "N-ACTION 0000", *["N-DELETE 0000"] * 3]
        names = [context.abstract_syntax for context in client.trace().conversations[0].contexts]
        assert len(names) == 3
        assert {context.result for context in client.trace().conversations[0].contexts} == {0}
        assert_lawful(client)

    def test_the_printer_assigns_every_uid(self, client, images):
        client.send(client.prepare(images[0]))
        client.films(1)
        for request, response in zip(*(messages(client, f"N-CREATE-{end}") for end in ("RQ", "RSP")), strict=True):
            assert request.command.get("AffectedSOPInstanceUID") is None
            assert str(response.command.get("AffectedSOPInstanceUID")).startswith("2.25.")

    def test_it_asks_the_printer(self, client, images):
        said = client.send(client.prepare(images[0]))
        assert "[PRINTER SIMULATOR]" in said
        assert "[NORMAL]" in said
        client.films(1)

    def test_several_films_in_one_call(self, client, images):
        stored = [client.prepare("-l", 1, 2, *images[at : at + 2]) for at in (0, 2, 4)]
        client.send(*stored)
        for film, one in zip(client.films(3), stored, strict=True):
            assert_same_pixels(film, one)
        assert [film.number for film in client.printer.films] == [1, 2, 3]
        assert len(client.trace().conversations) == 3
        assert_lawful(client)

    def test_the_session_as_a_whole(self, client, images):
        stored = client.prepare("-l", 2, 1, *images[:2])
        client.send("--session-print", stored)
        assert_same_pixels(client.films(1)[0], stored)
        assert_lawful(client)

    def test_nothing_is_printed(self, client, images):
        client.send("--noprint", client.prepare(images[0]))
        until(lambda: bool(client.statuses()) and client.statuses()[-1] == "N-DELETE 0000", "all is deleted")
        assert "N-ACTION 0000" not in client.statuses()
        assert client.printer.films == []

    def test_8_bits(self, client, images):
        client.settings["Supports12Bit"] = "false"
        stored = client.prepare("-l", 2, 1, *images[:2])
        client.send(stored)
        (film,) = client.films(1)
        assert {image.bits_stored for image in film.images} == {8}
        for image in film.images:
            of_12_bits = stored.pixels(image.position) / (FULL_12_BITS / 255)
            assert np.abs(image.pixels - of_12_bits).max() <= 1
        assert_lawful(client)

    def test_monochrome1(self, client, images):
        stored = client.prepare(images[0])
        client.send("--monochrome1", stored)
        (film,) = client.films(1)
        (image,) = film.images
        assert image.photometric_interpretation == "MONOCHROME1"
        inverted = FULL_12_BITS - image.pixels.astype(np.int32)
        assert np.abs(inverted - stored.pixels(1)).max() <= 1  # dcmprscu inverts in 16 bits
        assert_lawful(client)

    def test_a_presentation_state(self, client, tmp_path):
        name = "state_rotated_90"
        image = write_file(build(sop_class=STATES[name].image, seed=7), tmp_path / "image.dcm")
        state = write_file(build(name, GSPS, seed=7), tmp_path / "state.dcm")
        plain, shown = client.prepare(image), client.prepare("+p", state, image)
        client.send(plain, shown)
        first, second = client.films(2)
        assert_same_pixels(first, plain)
        assert_same_pixels(second, shown)
        assert first.images[0].pixels.shape == second.images[0].pixels.shape[::-1]


class TestParameters:
    def test_of_the_film_session(self, client, images):
        told = {"copies": "2", "priority": "HIGH", "medium-type": "BLUE FILM", "destination": "BIN_2", "label": "Proof"}
        client.send(*(word for name, value in told.items() for word in (f"--{name}", value)), client.prepare(images[0]))
        for film in client.films(2):
            expected = {
                "NumberOfCopies": "2",
                "PrintPriority": "HIGH",
                "MediumType": "BLUE FILM",
                "FilmDestination": "BIN_2",
                "FilmSessionLabel": "Proof",
            }
            assert {keyword: film.session[keyword] for keyword in expected} == expected
        assert_lawful(client)

    def test_of_the_film_box(self, client, images):
        options = {
            "--landscape": None,
            "--trim": None,
            "--filmsize": "24CMX30CM",
            "--magnification": "BILINEAR",
            "--border": "150",
            "--empty-image": "WHITE",
            "--max-density": "300",
            "--min-density": "25",
            "--resolution": "HIGH",
            "--illumination": "1500",
            "--reflection": "7",
        }
        words = [word for pair in options.items() for word in pair if word is not None]
        client.send(client.prepare(*words, images[0]))
        (film,) = client.films(1)
        expected = {
            "FilmOrientation": "LANDSCAPE",
            "Trim": "YES",
            "FilmSizeID": "24CMX30CM",
            "MagnificationType": "BILINEAR",
            "BorderDensity": "150",
            "EmptyImageDensity": "WHITE",
            "MaxDensity": "300",
            "MinDensity": "25",
            "RequestedResolutionID": "HIGH",
            "Illumination": "1500",
            "ReflectedAmbientLight": "7",
        }
        assert {keyword: film.box[keyword] for keyword in expected} == expected
        assert_lawful(client)

    def test_of_the_image_box(self, client, images):
        options = ("--img-polarity", "REVERSE", "--img-request-size", "100", "--img-magnification", "REPLICATE")
        stored = client.prepare(*options, "--request-crop", images[0])
        client.send(stored)
        (film,) = client.films(1)
        assert film.images[0].parameters == {
            "Polarity": "REVERSE",
            "RequestedImageSize": "100",
            "MagnificationType": "REPLICATE",
            "RequestedDecimateCropBehavior": "CROP",
        }
        assert_same_pixels(film, stored)
        assert_lawful(client)

    def test_an_annotation(self, client, images):
        client.send(client.prepare("-pd", "-pn", "-pl", "-a", "Conformance", images[0]))
        (film,) = client.films(1)
        assert [(one.position, one.text) for one in film.annotations] == [(1, "Conformance")]
        assert_lawful(client)

    @pytest.mark.parametrize(("option", "shape"), [("--identity", "IDENTITY"), ("--lin-od", "LIN OD")])
    def test_a_presentation_lut(self, client, images, option, shape):
        client.settings["PresentationLUTPreferSCPRendering"] = "true"
        client.send(client.prepare(option, images[0]))
        (film,) = client.films(1)
        assert film.presentation_lut is not None
        assert film.presentation_lut.shape == shape
        assert_lawful(client)

    @pytest.mark.parametrize("entries", [256, 4096])
    def test_a_presentation_lut_of_its_own(self, client, images, entries):
        require("dcmmklut", package="dcmtk")
        (client.folder / "lut").mkdir()
        table = client.folder / "lut" / "table.dcm"
        run("dcmmklut", "+Tp", "+Cg", 2.0, "-b", 12, "-e", entries, table, check=True)
        client.settings["PresentationLUTPreferSCPRendering"] = "true"
        client.further = "[[LUT]]\n[TABLE]\nDescription = a gamma curve\nFilename = table.dcm\n"
        stored = client.prepare("--plut", "TABLE", images[0])
        client.send(stored)
        (film,) = client.films(1)
        assert film.presentation_lut is not None
        item = dcmread(table).PresentationLUTSequence[0]
        data = item.LUTData
        expected = np.frombuffer(data, "<u2").tolist() if isinstance(data, bytes) else list(data)
        assert list(film.presentation_lut.table) == expected
        assert [len(expected), 0, film.presentation_lut.bits] == [entries, *list(item.LUTDescriptor)[1:]]
        assert_same_pixels(film, stored)
        assert_lawful(client)


class TestPictures:
    def test_of_each_film(self, client, images):
        stored = client.prepare("-l", 2, 3, "--trim", "--filmsize", "8INX10IN", "-a", "Film", *images)
        client.send(stored)
        (film,) = client.films(1)
        (picture,) = (client.folder / "films").iterdir()
        drawn = render(film)
        assert np.array_equal(png_decode(picture.read_bytes()), drawn)
        assert drawn.shape == (508, 406)  # 8 x 10 inches, two dots a millimetre
        as_stored = Film(
            film.number,
            False,
            film.session,
            film.box,
            tuple(FilmImage(one, stored.pixels(one), 12) for one in sorted(stored.hardcopies)),
            film.annotations,
            film.presentation_lut,
        )
        assert np.array_equal(render(as_stored), drawn)


class TestTrouble:
    def test_the_printer_reports_meanwhile(self, client, images):
        """dcmprscu hears of a supply that runs low between two of its own requests, and prints on."""
        client.printer.fault(Delay(on="before N-CREATE-RSP", occurrence=1, s=0.4))
        stored = client.prepare(images[0])
        printing = threading.Thread(target=client.send, args=(stored,))
        printing.start()
        until(lambda: bool(messages(client, "N-CREATE-RQ")), "dcmprscu begins to print")
        outcome = client.printer.perform("condition", None, {"status": "WARNING", "info": "SUPPLY LOW"})
        printing.join()
        assert (outcome["told"], outcome["answers"]) == (1, ["0000"])
        assert_same_pixels(client.films(1)[0], stored)
        (event,) = [one for one in events(client.trace()) if one.of == "printer"]
        assert (event.status, event.info, event.answered) == ("WARNING", "SUPPLY LOW", 0)
        assert_lawful(client)

    def test_what_the_printer_does_not_have(self, client, images):
        said = client.send("--medium-type", "MARBLE", client.prepare(images[0]))
        assert "0x0106" in said
        assert client.printer.films == []
        assert "N-CREATE 0106" in client.statuses()

    def test_a_failure_that_was_asked_for(self, client, images):
        client.printer.fault(Respond(to="N-SET-RQ", status=0xC603))
        said = client.send(client.prepare(images[0]))
        assert "0xc603" in said.lower()
        assert client.printer.films == []


def messages(client: Client, name: str) -> list[SeenMessage]:
    """Give the DIMSE messages of one kind."""
    return [message for _, message in client.trace().messages() if message.name == name]
