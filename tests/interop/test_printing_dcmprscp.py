"""The print client against DCMTK's dcmprscp: what a real printer understood of what we sent.

dcmprscp is a grayscale printer without Print Job and events. It keeps each film as a Stored Print object and each image
as a hardcopy image, so that pixels and parameters can be compared with what a relay saw on the wire and with what the
workstation prepared.

References
----------
PS3.4 Annex H; conformance statement, 3.2.4
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imagecodecs import png_decode

from dicom_conformance.judge.films import PrintedFilm, films
from dicom_conformance.play import reserved_port
from dicom_conformance.trace.conversation import SeenMessage
from dicom_conformance.trace.trace import Trace
from dicom_simulators.data_sets import build, write_file
from dicom_simulators.data_sets.recipes.states import STATES
from dicom_simulators.link.link import Link
from dicom_wire import Recorder, Side
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.instances.memory import Memory
from dicom_workstation.outcome import PrintOutcome
from dicom_workstation.printing.films.preparation import prepare
from dicom_workstation.printing.request import PrintRequest
from foreign_programs import LOOPBACK, end, print_configuration, require, run, serve, until
from stored_prints import StoredPrint, stored_prints

CT = "1.2.840.10008.5.1.4.1.1.2"
US = "1.2.840.10008.5.1.4.1.1.6.1"
GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
GRAYSCALE_META = "1.2.840.10008.5.1.1.9"
COLOR_META = "1.2.840.10008.5.1.1.18"
PRINT_JOB = "1.2.840.10008.5.1.1.14"
PRESENTATION_LUT = "1.2.840.10008.5.1.1.23"
TITLE = "DCMPRSCP"

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    require("dcmprscp", package="dcmtk")


@dataclass(slots=True)
class Bench:
    """The workstation, dcmprscp, and a relay between them that remembers."""

    folder: Path
    workstation: Workstation
    process: Any
    recorder: Recorder
    printer: tuple[str, int]
    asked: dict[str, Any] = field(default_factory=dict)

    def print(self, files: list[Path], **arguments: Any) -> PrintOutcome:
        self.asked = {"files": [str(path) for path in files], **arguments}
        return self.workstation.print("printer", **self.asked)

    def stored(self) -> list[StoredPrint]:
        return stored_prints(self.folder / "database")

    def trace(self) -> Trace:
        return Trace(self.recorder)

    def messages(self, name: str = "") -> list[SeenMessage]:
        return [message for _, message in self.trace().messages() if name in ("", message.name)]

    def statuses(self, name: str) -> list[str]:
        return [f"{message.status:04X}" for message in self.messages(name)]

    def seen(self) -> list[PrintedFilm]:
        return films(self.trace())

    def accepted(self) -> dict[str, bool]:
        """Whether at least one context of each abstract syntax was accepted, on the last association."""
        found: dict[str, bool] = {}
        for context in self.trace().conversations[-1].contexts:
            found[context.abstract_syntax] = found.get(context.abstract_syntax, False) or context.result == 0
        return found

    def prepared(self, bits: int) -> list[np.ndarray]:
        """What the workstation's own preparation makes of the images that were printed last."""
        images = prepare(PrintRequest.read(self.asked), Memory(0), bits=bits).images
        return [_pixels(image.content(1).BasicGrayscaleImageSequence[0]) for image in images]


def _pixels(item: Any) -> np.ndarray:
    dtype = np.dtype("u1" if item.BitsAllocated == 8 else "<u2")
    return np.frombuffer(item.PixelData, dtype, item.Rows * item.Columns).reshape(item.Rows, item.Columns)


@contextmanager
def bench(folder: Path, settings: dict[str, str | None] | None = None, **changes: Any) -> Iterator[Bench]:
    """Run dcmprscp with other settings, and a workstation with another configuration."""
    port, recorder = reserved_port(), Recorder()
    configuration = print_configuration(folder, TITLE, port, "LOCALPRINTER", **(settings or {}))
    with ExitStack() as stack:
        command = ("dcmprscp", "-c", configuration, "-p", TITLE, "-d")
        process = stack.enter_context(serve(*command, port=port, log=folder / "said.txt"))
        link = Link("link", "workstation", "printer", (LOOPBACK, port), recorder)
        link.start()
        stack.callback(link.stop)
        host, relay_port = link.address
        printer = {"ae_title": TITLE, "host": host, "port": relay_port, **changes.pop("printer", {})}
        configured = Configuration.from_keywords(ae_title="WORKSTATION", printers={"printer": printer}, **changes)
        workstation = stack.enter_context(Workstation(configured))
        yield Bench(folder, workstation, process, recorder, link.address)


@pytest.fixture
def printing(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("images")
    made = [build(sop_class=CT, seed=seed, rows=40 + seed, columns=60 + 3 * seed) for seed in range(7)]
    return [write_file(one, folder / f"{seed}.dcm") for seed, one in enumerate(made)]


def assert_kept_as_sent(printing: Bench, bits: int) -> None:
    """Every film holds, box for box, the pixels that were prepared and that the relay saw."""
    stored, seen = printing.stored(), printing.seen()
    assert len(stored) == len(seen) > 0
    prepared = iter(printing.prepared(bits))
    for kept, film in zip(stored, seen, strict=True):
        assert sorted(kept.hardcopies) == [image.position for image in film.images]
        for image in film.images:
            hardcopy = kept.hardcopies[image.position]
            assert (hardcopy.BitsStored, hardcopy.HighBit) == (bits, bits - 1)
            assert hardcopy.PhotometricInterpretation == image.photometric_interpretation == "MONOCHROME2"
            assert image.pixels is not None
            assert np.array_equal(kept.pixels(image.position), image.pixels)
            assert np.array_equal(kept.pixels(image.position), next(prepared))
            assert int(kept.pixels(image.position).max()) > 0
    assert next(prepared, None) is None


def assert_clean(printing: Bench, created: int) -> None:
    """No byte was unlawful, and everything that was created has been deleted."""
    for conversation in printing.trace().conversations:
        assert [violation for seen in conversation.pdus for violation in seen.violations] == []
        assert [conversation.message_violations(side) for side in Side] == [(), ()]
    deleted = printing.statuses("N-DELETE-RSP")
    assert deleted == ["0000"] * created


class TestPrinter:
    def test_attributes_that_it_does_not_have(self, printing):
        outcome = printing.workstation.select_printer("printer")
        assert printing.statuses("N-GET-RSP") == ["0105", "0000"]
        assert (outcome.result, outcome.status) == ("success", "0000")
        assert (outcome.printer.details.status, outcome.printer.details.status_info) == ("NORMAL", "NORMAL")
        assert (outcome.printer.connected, outcome.printer.details.manufacturer) == (True, None)

    def test_which_contexts_it_accepts(self, printing):
        printing.workstation.select_printer("printer")
        assert printing.accepted() == {GRAYSCALE_META: True, COLOR_META: False, PRINT_JOB: False}

    def test_it_is_left(self, printing):
        printing.workstation.select_printer("printer")
        left = printing.workstation.leave_printer()
        assert (left.result, left.printer.connected) == ("success", False)
        until(lambda: printing.trace().conversations[-1].end.how == "released", "the association is released")

    def test_it_is_switched_off(self, printing, images):
        assert printing.print(images[:1]).result == "success"
        end(printing.process)
        until(lambda: not printing.workstation.printer().printer.connected, "the user is told")
        assert "not connected" in printing.workstation.printer().detail
        assert printing.print(images[:1]).result in ("unreachable", "connection_lost")


class TestFilms:
    @pytest.mark.parametrize("bits", [8, 12])
    @pytest.mark.parametrize(
        ("layout", "count"),
        [("STANDARD\\1,1", 1), ("STANDARD\\1,2", 2), ("STANDARD\\2,3", 6), ("STANDARD\\3,5", 7), ("2x2", 3)],
    )
    def test_layouts(self, printing, images, layout, count, bits):
        outcome = printing.print(images[:count], layout=layout, bits=bits)
        assert (outcome.result, outcome.status, outcome.films_printed) == ("success", "0000", 1)
        assert_kept_as_sent(printing, bits)
        (stored,) = printing.stored()
        expected = "STANDARD\\2,2" if layout == "2x2" else layout
        assert stored.box.ImageDisplayFormat == expected
        assert_clean(printing, created=2)

    def test_two_films_of_one_session(self, printing, images):
        outcome = printing.print(images, layout="STANDARD\\2,3")
        assert (outcome.result, outcome.films_printed, outcome.films_failed) == ("success", 2, 0)
        assert [len(stored.hardcopies) for stored in printing.stored()] == [6, 1]
        assert_kept_as_sent(printing, 12)
        assert_clean(printing, created=3)

    def test_the_session_as_a_whole(self, printing, images):
        outcome = printing.print(images[:3], layout="STANDARD\\1,2", per="session")
        assert (outcome.result, outcome.films_printed) == ("success", 2)
        assert [len(stored.hardcopies) for stored in printing.stored()] == [2, 1]
        assert_kept_as_sent(printing, 12)
        assert_clean(printing, created=3)

    def test_again_on_the_same_association(self, printing, images):
        for _ in range(2):
            assert printing.print(images[:1], bits=8).result == "success"
        assert len(printing.trace().conversations) == 1
        assert len(printing.stored()) == 2
        assert_clean(printing, created=4)

    def test_it_assigns_the_uids(self, printing, images):
        outcome = printing.print(images[:2], layout="STANDARD\\1,2", printer_assigns_uids=True)
        assert (outcome.result, outcome.not_deleted) == ("success", ())
        requests = printing.messages("N-CREATE-RQ")
        assert [message.command.get("AffectedSOPInstanceUID") for message in requests] == [None, None]
        assert outcome.films[0].film_box.startswith("1.2.276.0.7230010.3")
        assert_kept_as_sent(printing, 12)
        assert_clean(printing, created=2)

    @pytest.mark.parametrize("bits", [8, 12])
    @pytest.mark.parametrize(
        "name", ["state_window", "state_voi_lut", "state_of_monochrome1", "state_rotated_90", "state_presentation_lut"]
    )
    def test_a_presentation_state(self, printing, tmp_path, name, bits):
        image = write_file(build(sop_class=STATES[name].image, seed=7), tmp_path / "image.dcm")
        state = write_file(build(name, GSPS, seed=7), tmp_path / "state.dcm")
        assert printing.print([image], bits=bits).result in ("success", "warning")
        assert printing.print([image], bits=bits, state=str(state)).result in ("success", "warning")
        plain, shown = (stored.pixels(1) for stored in printing.stored())
        assert not np.array_equal(plain, shown)
        assert np.array_equal(shown, printing.prepared(bits)[0])
        assert_clean(printing, created=4)

    def test_images_in_colour_come_out_in_grey(self, printing, tmp_path):
        file = write_file(build(sop_class=US, seed=1, PhotometricInterpretation="RGB"), tmp_path / "us.dcm")
        outcome = printing.print([file])
        assert outcome.result == "success"
        assert any("in grey" in text for text in outcome.warnings)
        assert_kept_as_sent(printing, 8)
        refused = printing.print([file], colour=True)
        assert (refused.result, refused.films) == ("not_accepted", ())


class TestParameters:
    def test_the_film_box(self, printing, images):
        told = {
            "orientation": "LANDSCAPE",
            "film_size": "24CMX30CM",
            "magnification": "BILINEAR",
            "smoothing": "NONE",
            "border_density": "150",
            "empty_image_density": "WHITE",
            "min_density": 25,
            "max_density": 300,
            "trim": "YES",
            "resolution": "HIGH",
        }
        assert printing.print(images[:1], **told).result == "success"
        (stored,) = printing.stored()
        kept = {
            "orientation": stored.box.FilmOrientation,
            "film_size": stored.box.FilmSizeID,
            "magnification": stored.box.MagnificationType,
            "smoothing": stored.box.SmoothingType,
            "border_density": stored.box.BorderDensity,
            "empty_image_density": stored.box.EmptyImageDensity,
            "min_density": stored.box.MinDensity,
            "max_density": stored.box.MaxDensity,
            "trim": stored.box.Trim,
            "resolution": stored.box.RequestedResolutionID,
        }
        assert kept == told

    def test_what_is_not_said_is_the_printers(self, printing, images):
        assert printing.print(images[:1]).result == "success"
        (stored,) = printing.stored()
        assert (stored.box.FilmSizeID, stored.box.BorderDensity) == ("8INX10IN", "150")
        assert set(printing.seen()[0].requested_box) - {"ReferencedFilmSessionSequence"} == {"ImageDisplayFormat"}

    def test_polarity_is_the_printers_to_apply(self, printing, images):
        files = [{"file": str(images[0])}, {"file": str(images[0]), "polarity": "REVERSE"}]
        outcome = printing.workstation.print("printer", images=files, layout="STANDARD\\1,2")
        assert outcome.result == "success"
        (stored,) = printing.stored()
        assert (stored.image_boxes[1].Polarity or "NORMAL", stored.image_boxes[2].Polarity) == ("NORMAL", "REVERSE")
        assert np.array_equal(stored.pixels(1), stored.pixels(2))

    def test_image_boxes_of_their_own(self, printing, images):
        own = {"file": str(images[0]), "magnification": "REPLICATE", "size": 100.5, "crop": "CROP"}
        outcome = printing.workstation.print("printer", images=[own], magnification="CUBIC")
        assert outcome.result == "success"
        (stored,) = printing.stored()
        box = stored.image_boxes[1]
        assert (stored.box.MagnificationType, box.MagnificationType) == ("CUBIC", "REPLICATE")
        assert (float(box.RequestedImageSize), box.RequestedDecimateCropBehavior) == (100.5, "CROP")

    def test_the_film_session(self, printing, images):
        outcome = printing.print(
            images[:1],
            copies=3,
            priority="HIGH",
            medium="BLUE FILM",
            destination="BIN_2",
            label="Conformance",
            owner="NOBODY",
        )
        assert outcome.result == "success"
        session = printing.seen()[0].session
        expected = {
            "NumberOfCopies": "3",
            "PrintPriority": "HIGH",
            "MediumType": "BLUE FILM",
            "FilmDestination": "BIN_2",
            "FilmSessionLabel": "Conformance",
        }
        assert {keyword: session[keyword] for keyword in expected} == expected
        assert len(printing.stored()) == 1  # copies are one job

    def test_no_end_can_be_followed(self, printing, images):
        outcome = printing.print(images[:1])
        assert not printing.accepted()[PRINT_JOB]
        assert outcome.result == "success"
        assert outcome.warnings == (
            "the printer did not accept Print Job: it is not known whether the films were printed",
        )
        assert (outcome.films[0].print_job, outcome.films[0].execution_status) == (None, None)
        assert printing.print(images[:1], follow=False).warnings == ()


def test_the_command_line(printing, images, tmp_path):
    printing.workstation.stop()
    asked = {"printer": f"{TITLE}@{':'.join(map(str, printing.printer))}", "layout": "2x1", "film-size": "8INX10IN"}
    words = [word for name, value in asked.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "dicom_workstation.cli.command_line", "print", *images[:2], *words, "--json"]
    told = json.loads(run(*command, "--preview", tmp_path / "film.png", check=True).splitlines()[-1])
    assert (told["result"], told["films_printed"]) == ("success", 1)
    (stored,) = printing.stored()
    assert (stored.box.ImageDisplayFormat, stored.box.FilmSizeID) == ("STANDARD\\1,2", "8INX10IN")
    printing.asked = {"files": [str(path) for path in images[:2]]}
    assert_kept_as_sent(printing, 12)
    assert png_decode((tmp_path / "film.png").read_bytes()).shape == (508, 406)


class TestPresentationLUT:
    def test_it_is_not_proposed(self, printing, images):
        refused = printing.print(images[:1], presentation_lut="IDENTITY")
        assert refused.result == "refused"
        assert "does not list" in refused.detail
        assert PRESENTATION_LUT not in printing.accepted()
        assert printing.stored() == []

    @pytest.mark.parametrize("shape", ["IDENTITY", "LIN OD"])
    def test_as_an_extension(self, tmp_path, images, shape):
        with bench(tmp_path, extensions=["presentation_lut"]) as printing:
            assert printing.print(images[:1]).result == "success"
            assert printing.accepted()[PRESENTATION_LUT]
            plain = printing.stored()[0]
            assert "PresentationLUTShape" not in plain.hardcopies[1]
            outcome = printing.print(images[:1], presentation_lut=shape)
            assert (outcome.result, outcome.films_printed, outcome.not_deleted) == ("success", 1, ())
            stored = printing.stored()[1]
            assert np.array_equal(stored.pixels(1), plain.pixels(1))
            assert stored.box.ReferencedPresentationLUTSequence[0].ReferencedSOPInstanceUID
            assert shape in {
                one.PresentationLUTShape for one in stored.data_set.get("PresentationLUTContentSequence", [])
            }
            assert_clean(printing, created=5)


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "created"),
        [
            ({"medium": "MARBLE"}, 0),
            ({"destination": "BIN_77"}, 0),
            ({"layout": "STANDARD\\7,7"}, 1),
            ({"layout": "ROW\\1,2"}, 1),
            ({"film_size": "A3"}, 1),
            ({"smoothing": "SHARP"}, 1),
        ],
    )
    def test_what_it_does_not_have(self, printing, images, arguments, created):
        outcome = printing.print(images[:1], **arguments)
        assert (outcome.result, outcome.status) == ("failure", "0106")
        assert "invalid attribute value" in outcome.detail
        assert (len(outcome.films), outcome.films_printed, outcome.films_failed) == (1, 0, 1)
        assert outcome.not_deleted == ()
        assert printing.stored() == []
        assert_clean(printing, created)
        assert printing.print(images[:1]).result == "success"  # on the same association

    def test_12_bits(self, tmp_path, images):
        with bench(tmp_path, {"Supports12Bit": "false"}) as printing:
            outcome = printing.print(images[:1], bits=12)
            assert (outcome.result, outcome.status, outcome.films_printed) == ("failure", "0106", 0)
            assert "image 1" in outcome.detail
            assert_clean(printing, created=2)
            assert printing.print(images[:1], bits=8).result == "success"
            assert_kept_as_sent(printing, 8)

    def test_12_bits_of_a_printer_that_is_known_to_take_8(self, tmp_path, images):
        with bench(tmp_path, {"Supports12Bit": "false"}, printer={"bits": 8}) as printing:
            assert printing.print(images[:1]).result == "success"
            assert_kept_as_sent(printing, 8)
            assert printing.print(images[:1], bits=12).result == "refused"


class TestOtherPrinters:
    def test_the_least_that_is_required(self, tmp_path, images):
        settings = {
            "DisableNewVRs": "true",
            "DisplayFormat": "1,1",
            "ImplicitOnly": "true",
            "MaxPDU": "16384",
            "OmitSOPClassUIDFromCreateResponse": "true",
            **dict.fromkeys(("BorderDensity", "EmptyImageDensity", "MinDensity", "ResolutionID"), None),
            **dict.fromkeys(("SupportsDecimateCrop", "SupportsImageSize", "SupportsTrim"), "false"),
        }
        with bench(tmp_path, settings) as printing:
            outcome = printing.print(images[:2])
            assert (outcome.result, outcome.films_printed) == ("success", 2)
            contexts = printing.trace().conversations[-1].contexts
            accepted = {one.transfer_syntax for one in contexts if one.result == 0}
            assert accepted == {"1.2.840.10008.1.2"}
            assert_kept_as_sent(printing, 12)
            assert_clean(printing, created=3)
