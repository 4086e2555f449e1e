"""The check `films`: printers drawn by hand, lawful ones of every kind and others, and Stored Prints."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from printed_by_hand import PrintTalk, attributes, references
from pydantic import ValidationError
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from dicom_conformance.judge import unobserved
from dicom_conformance.judge.checks import films
from dicom_conformance.judge.checks.films import FilmsWanted
from dicom_conformance.judge.films import FilmFolder, FilmTray, PutOutFilm
from dicom_conformance.judge.films.likeness import cells
from dicom_conformance.judge.rendering import png
from dicom_conformance.results import Finding
from dicom_conformance.trace.trace import Trace
from dicom_simulators.data_sets import build
from dicom_wire.capture.sighting import Recorder

XA = "1.2.840.10008.5.1.4.1.1.12.1"
US = "1.2.840.10008.5.1.4.1.1.6.1"
BOTH_SETS = [pytest.param(False, id="picture"), pytest.param(True, id="stored")]
Pixels = NDArray[Any]


def image(seed: int = 0, colour: bool = False, **changes: Any) -> Pixels:
    sop_class, more = (US, {"PhotometricInterpretation": "RGB"}) if colour else (XA, {})
    pixels = build("framed", sop_class, seed=seed, **more, **changes).pixels
    assert pixels is not None
    return pixels[0]


def printed(
    *images: Pixels,
    layout: str = "STANDARD\\2,2",
    bits: int = 8,
    copies: str = "",
    status: int = 0,
    colour: bool = False,
    luts: bool = False,
    image_parameters: Mapping[str, object] = {},
    **box: object,
) -> Trace:
    """Have a film printed by the subject."""
    recorder = Recorder()
    talk = PrintTalk(recorder, colour=colour, requestor="scu")
    session = talk.session(**({"NumberOfCopies": copies} if copies else {}))
    if luts:
        talk.ask("N-CREATE", "1.2.840.10008.5.1.1.23", "2.25.5", attributes(PresentationLUTShape="LIN OD"))
        box |= {"ReferencedPresentationLUTSequence": references("1.2.840.10008.5.1.1.23", "2.25.5")}
    film = talk.box(session, len(images), ImageDisplayFormat=layout, **box)
    for position, pixels in enumerate(images, 1):
        talk.image(film, position, pixels, bits, parameters=image_parameters)
    talk.action(film, status=status)
    return Trace(recorder, subject="printer")


def drawn(
    images: Mapping[int, Pixels],
    layout: str = "STANDARD\\2,2",
    size: tuple[int, int] = (480, 420),
    around: int = 0,
    magnified: int = 2,
    place: tuple[float, float] = (0.5, 0.5),
    colour: bool = False,
) -> Pixels:
    """Draw a film: each image in its cell, `place` of the free room above and left of it."""
    film = np.full((*size, 3) if colour else size, around, np.uint8)
    for position, pixels in images.items():
        cell = cells(layout, *size)[position - 1]
        large = pixels.repeat(magnified, axis=0).repeat(magnified, axis=1)
        rows, columns = (cell.bottom - cell.top, cell.right - cell.left)
        top = cell.top + int((rows - large.shape[0]) * place[0])
        left = cell.left + int((columns - large.shape[1]) * place[1])
        film[top : top + large.shape[0], left : left + large.shape[1]] = large
    return film


def came(trace: Trace, *pictures: Pixels | PutOutFilm) -> Trace:
    found = tuple(
        one if isinstance(one, PutOutFilm) else PutOutFilm(f"{number}.png", one)
        for number, one in enumerate(pictures, 1)
    )
    trace.films = lambda count, within_s: found
    return trace


def judged(trace: Trace, **wanted: Any) -> list[Finding]:
    return films.judge(trace, FilmsWanted.model_validate(wanted))


def one(trace: Trace, **wanted: Any) -> Finding:
    (finding,) = judged(trace, **wanted)
    return finding


FOUR = {position: image(position) for position in (1, 2, 3, 4)}
AS_SENT = {"count": "as_sent", "images": "as_sent", "polarity": "as_sent", "pixels": "within 4"}


@pytest.mark.parametrize("around", [0, 255, 40])
@pytest.mark.parametrize("place", [(0.5, 0.5), (0.0, 0.0), (1.0, 1.0), (0.2, 0.9)])
def test_a_printer_may_choose_margins_and_what_is_around(around: int, place: tuple[float, float]) -> None:
    film = drawn(FOUR, around=around, place=place)
    if place != (0.5, 0.5) and place[0] in (0.0, 1.0):
        film = np.pad(film, 12, constant_values=around)[6:-6, 6:-6]  # images touch the edges of their cells
    findings = judged(came(printed(*FOUR.values()), film), **AS_SENT)
    assert [finding.met for finding in findings] == [True] * 4, findings
    assert all(finding.judged for finding in findings)


@pytest.mark.parametrize("magnified", [1, 2, 3])
@pytest.mark.parametrize("contrast", [0.6, 1.3])
def test_a_printer_may_choose_size_and_contrast(magnified: int, contrast: float) -> None:
    film = drawn(FOUR, magnified=magnified, around=255)
    inside = film != 255
    film[inside] = np.clip((film[inside].astype(float) - 128) * contrast + 128, 0, 250).astype(np.uint8)
    findings = judged(came(printed(*FOUR.values()), film), images="as_sent", polarity="as_sent")
    assert all(finding.met and finding.judged for finding in findings), findings


def test_lines_of_text_beside_an_image_are_passed_over() -> None:
    film = drawn(FOUR)
    film[4:8, 20:60:3] = 255
    film[450:460, 200:240:2] = 255
    assert one(came(printed(*FOUR.values()), film), images="as_sent").met


CHANGES: dict[str, tuple[Callable[[Pixels], Pixels], str]] = {
    "turned": (lambda pixels: np.rot90(pixels, -1), "turned by 90 degrees"),
    "upside down": (lambda pixels: np.rot90(pixels, 2), "turned by 180 degrees"),
    "mirrored": (np.fliplr, "mirrored"),
    "flipped": (np.flipud, "mirrored and turned by 180 degrees"),
    "noise": (lambda pixels: np.random.default_rng(1).integers(60, 200, pixels.shape, np.uint8), "shows no image"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_image_that_is_not_as_sent(name: str) -> None:
    change, told = CHANGES[name]
    film = drawn({**FOUR, 3: np.ascontiguousarray(change(FOUR[3]))})
    finding = one(came(printed(*FOUR.values()), film), images="as_sent")
    assert not finding.met
    assert "1.png, position 3: " in finding.actual
    assert told in finding.actual
    assert "position 1" not in finding.actual


def test_images_in_each_others_places() -> None:
    film = drawn({**FOUR, 2: FOUR[3], 3: FOUR[2]})
    finding = one(came(printed(*FOUR.values()), film), images="as_sent")
    assert not finding.met
    assert finding.actual == (
        "1.png, position 2: shows the image of position 3, 1.png, position 3: shows the image of position 2"
    )


def test_the_same_image_in_two_places_is_in_its_own() -> None:
    film = drawn({**FOUR, 2: FOUR[1]})
    assert one(came(printed(FOUR[1], FOUR[1], FOUR[3], FOUR[4]), film), images="as_sent").met


def test_an_empty_place_where_an_image_was_sent() -> None:
    film = drawn({1: FOUR[1], 2: FOUR[2], 4: FOUR[4]})
    finding = one(came(printed(*FOUR.values()), film), images="as_sent")
    assert (finding.met, finding.actual) == (False, "1.png, position 3: nothing is printed there")


def test_bright_and_dark_exchanged() -> None:
    film = drawn({**FOUR, 2: 255 - FOUR[2]})
    findings = judged(came(printed(*FOUR.values()), film), images="as_sent", polarity="as_sent", pixels="within 20")
    assert [finding.met for finding in findings] == [True, False, False]
    assert findings[1].actual == "1.png, position 2: bright and dark are exchanged"


def test_reverse_polarity_and_monochrome1_are_what_was_sent() -> None:
    reverse = printed(FOUR[1], layout="STANDARD\\1,1", image_parameters={"Polarity": "REVERSE"})
    negative = drawn({1: 255 - FOUR[1]}, "STANDARD\\1,1")
    positive = drawn({1: FOUR[1]}, "STANDARD\\1,1")
    assert all(finding.met for finding in judged(came(reverse, negative), **AS_SENT))
    assert [finding.met for finding in judged(came(reverse, positive), **AS_SENT)] == [True, True, False, False]


def test_twelve_bits() -> None:
    twelve = {position: (pixels.astype(np.uint16) << 4) for position, pixels in FOUR.items()}
    assert all(finding.met for finding in judged(came(printed(*twelve.values(), bits=12), drawn(FOUR)), **AS_SENT))


def test_colour_and_a_grey_picture_of_it() -> None:
    red, blue = image(1, colour=True), image(2, colour=True)
    trace = printed(red, blue, layout="STANDARD\\2,1", colour=True)
    film = drawn({1: red, 2: blue}, "STANDARD\\2,1", colour=True)
    assert all(finding.met for finding in judged(came(trace, film), **AS_SENT))
    grey = film.mean(axis=2).astype(np.uint8)
    assert all(finding.met for finding in judged(came(trace, grey), images="as_sent", polarity="as_sent"))
    assert not one(came(trace, np.ascontiguousarray(film[..., ::-1])), pixels="within 20").met


@pytest.mark.parametrize("layout", ["SLIDE", "CUSTOM\\1", "SUPERSLIDE"])
def test_places_that_only_the_printer_knows_are_not_judged(layout: str) -> None:
    finding = one(came(printed(FOUR[1], layout=layout), drawn({})), images="as_sent")
    assert (finding.met, finding.judged) == (True, False)
    assert layout in finding.actual


def test_an_image_whose_edge_is_like_the_film_is_not_judged() -> None:
    dark = np.zeros((48, 64), np.uint8)
    dark[10:30, 10:40] = 200
    finding = one(came(printed(dark, layout="STANDARD\\1,1"), drawn({1: dark}, "STANDARD\\1,1")), images="as_sent")
    assert (finding.met, finding.judged) == (True, False)
    assert "cannot be told from the film" in finding.actual


def test_a_presentation_lut_and_densities_leave_greys_unjudged() -> None:
    film = drawn({1: 255 - FOUR[1]}, "STANDARD\\1,1")
    with_lut = printed(FOUR[1], layout="STANDARD\\1,1", luts=True)
    findings = judged(came(with_lut, film), images="as_sent", polarity="as_sent", pixels="within 4")
    assert [(finding.met, finding.judged) for finding in findings] == [(True, True), (True, False), (True, False)]
    densities = printed(FOUR[1], layout="STANDARD\\1,1", MaxDensity=200)
    assert not one(came(densities, film), pixels="within 4").judged


def test_numbers_of_films_and_of_copies() -> None:
    picture, trace = drawn(FOUR), printed(*FOUR.values(), copies="3")
    for count, met, judged_ in ((3, True, True), (2, False, True), (4, False, True), (1, True, False)):
        finding = one(came(trace, *[picture] * count), copies="as_sent")
        assert (finding.met, finding.judged) == (met, judged_), count
    assert [one(came(trace, *[picture] * count), count="as_sent").met for count in (1, 2, 3)] == [True, False, True]
    wrong = drawn({**FOUR, 1: FOUR[2]})
    assert not one(came(trace, picture, picture, wrong), images="as_sent").met


def test_a_film_whose_print_job_failed_need_not_come_out() -> None:
    recorder = Recorder()
    talk = PrintTalk(recorder, requestor="scu")
    for number, kind in ((1, 4), (2, 3)):
        film = talk.box(talk.session(), 1, ImageDisplayFormat="STANDARD\\1,1")
        talk.image(film, 1, FOUR[number])
        talk.action(film, job=f"2.25.{number}")
        talk.event(kind, f"2.25.{number}", "1.2.840.10008.5.1.1.14", ExecutionStatusInfo="UNKNOWN")
        if number == 1:
            failed = one(came(Trace(recorder, subject="printer")), count="as_sent", images="as_sent")
            assert (failed.met, failed.judged) == (True, False)
    trace = Trace(recorder, subject="printer")
    only = drawn({1: FOUR[2]}, "STANDARD\\1,1")
    assert all(
        finding.met and finding.judged for finding in judged(came(trace, only), count="as_sent", images="as_sent")
    )


def test_a_film_that_never_came_out_or_was_not_taken() -> None:
    findings = judged(came(printed(*FOUR.values())), count="as_sent", images="as_sent")
    assert [finding.met for finding in findings] == [False, False]
    assert not one(came(printed(*FOUR.values(), status=0xC602)), count="as_sent").met


@pytest.mark.parametrize(
    ("asked", "magnified", "met"),
    [("REPLICATE", 4, True), ("CUBIC", 4, False), ("BILINEAR", 4, False), ("NONE", 1, True), ("NONE", 2, False)],
)
def test_magnification(asked: str, magnified: int, met: bool) -> None:
    trace = printed(FOUR[1], layout="STANDARD\\1,1", MagnificationType=asked)
    film = drawn({1: FOUR[1]}, "STANDARD\\1,1", magnified=magnified)
    assert one(came(trace, film), magnification="as_sent").met is met


def test_interpolation_is_told_from_repetition() -> None:
    large = FOUR[1].repeat(4, axis=0).repeat(4, axis=1).astype(float)
    smooth = large.copy()
    smooth[2:-2, 2:-2] = sum(large[2 + r : large.shape[0] - 2 + r, 2:-2] for r in (-2, -1, 0, 1, 2)) / 5
    smooth[2:-2, 2:-2] += np.linspace(0, 8, smooth.shape[1] - 4)
    film = np.zeros((420, 360), np.uint8)
    film[50 : 50 + large.shape[0], 40 : 40 + large.shape[1]] = smooth.astype(np.uint8)
    for asked, met in (("CUBIC", True), ("REPLICATE", False)):
        trace = printed(FOUR[1], layout="STANDARD\\1,1", MagnificationType=asked)
        assert one(came(trace, film), magnification="as_sent").met is met
    small = came(printed(FOUR[1], layout="STANDARD\\1,1", MagnificationType="CUBIC"), drawn({1: FOUR[1]}, magnified=1))
    assert not one(small, magnification="as_sent").judged
    assert not one(came(printed(FOUR[1], layout="STANDARD\\1,1"), film), magnification="as_sent").judged


# -- the folder -------------------------------------------------------------------------------------------------------


def stored(folder: Path, name: str, images: Mapping[int, Pixels], bits: int = 8, **box: str) -> None:
    """Write a Stored Print and its hardcopy images, as DCMTK's printer does."""
    boxes = []
    for position, pixels in images.items():
        uid = f"2.25.{sum(map(ord, name))}{position}"
        hardcopy = attributes(
            SOPClassUID="1.2.840.10008.5.1.1.29",
            SOPInstanceUID=uid,
            SamplesPerPixel=1,
            PhotometricInterpretation="MONOCHROME2",
            Rows=pixels.shape[0],
            Columns=pixels.shape[1],
            BitsAllocated=8 if bits == 8 else 16,
            BitsStored=bits,
            HighBit=bits - 1,
            PixelRepresentation=0,
            PixelData=pixels.astype("u1" if bits == 8 else "<u2").tobytes(),
        )
        _save(hardcopy, folder / f"HG_{name}_{position}.dcm")
        reference = references("1.2.840.10008.5.1.1.29", uid)
        boxes.append(attributes(ImageBoxPosition=position, ReferencedImageSequence=reference, **box))
    print_ = attributes(
        SOPClassUID="1.2.840.10008.5.1.1.27",
        SOPInstanceUID=f"2.25.{sum(map(ord, name))}",
        FilmBoxContentSequence=[attributes(MagnificationType="CUBIC")],
        ImageBoxContentSequence=boxes,
    )
    _save(print_, folder / f"SP_{name}.dcm")


def _save(data_set: Dataset, path: Path) -> None:
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data_set.save_as(path, enforce_file_format=True)


def from_folder(trace: Trace, folder: Path, write: Callable[[], None]) -> Trace:
    source = FilmFolder(folder)
    write()
    trace.films = lambda count, within_s: source.films(count, 0.2)
    return trace


@pytest.mark.parametrize("bits", [8, 12])
def test_a_stored_print_is_compared_sample_by_sample(tmp_path: Path, bits: int) -> None:
    sent = {position: pixels.astype(np.uint16) << (bits - 8) for position, pixels in FOUR.items()}
    trace = printed(*sent.values(), bits=bits, MagnificationType="CUBIC")
    from_folder(trace, tmp_path, lambda: stored(tmp_path, "a", sent, bits))
    findings = judged(trace, **{**AS_SENT, "pixels": "exact"}, copies="as_sent", magnification="as_sent")
    assert [(finding.met, finding.judged) for finding in findings] == [
        (True, True),
        (True, False),
        *[(True, True)] * 4,
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({2: FOUR[3]}, "position 2: holds the image of position 3"),
        ({2: np.fliplr(FOUR[2])}, "position 2: the image is mirrored"),
        ({2: np.rot90(FOUR[2], -1)}, "position 2: the image is turned by 90 degrees"),
        ({2: FOUR[2][:20]}, "position 2: holds an image of shape (20, 64)"),
    ],
)
def test_a_stored_print_that_is_not_what_was_sent(tmp_path: Path, change: dict[int, Pixels], told: str) -> None:
    trace = printed(*FOUR.values())
    from_folder(trace, tmp_path, lambda: stored(tmp_path, "a", {**FOUR, **change}))
    finding = one(trace, images="as_sent")
    assert not finding.met
    assert told in finding.actual


def test_what_a_stored_print_says_of_its_images(tmp_path: Path) -> None:
    trace = printed(*FOUR.values(), MagnificationType="NONE")
    from_folder(trace, tmp_path, lambda: stored(tmp_path, "a", {**FOUR, 1: FOUR[1] + 1}, Polarity="REVERSE"))
    findings = judged(trace, images="as_sent", polarity="as_sent", pixels="exact", magnification="as_sent")
    assert [finding.met for finding in findings] == [True, False, False, False]
    assert "MONOCHROME2 REVERSE, where MONOCHROME2 NORMAL was sent" in findings[1].actual
    assert "position 1: samples differ by up to 1.0 of 255" in findings[2].actual
    assert "CUBIC, where NONE was sent" in findings[3].actual


def test_only_what_is_new_in_a_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "before.png").write_bytes(png(drawn(FOUR)))
    (tmp_path / "again.png").write_bytes(png(drawn(FOUR)))
    folder = FilmFolder(tmp_path)
    assert folder.films(0, 0.0) == ()
    (tmp_path / "again.png").write_bytes(png(drawn({1: FOUR[1]})))
    (tmp_path / "notes.txt").write_text("printed")
    (tmp_path / "broken.png").write_bytes(png(drawn(FOUR))[:400])
    (tmp_path / "folder.png").mkdir()
    assert [film.name for film in folder.films(1, 0.0)] == ["again.png"]
    assert [(film.name, film.is_readable) for film in folder.films(2, 0.0)] == [
        ("again.png", True),
        ("broken.png", False),
    ]


def test_a_film_is_awaited_and_read_when_it_is_whole(tmp_path: Path) -> None:
    folder, whole = FilmFolder(tmp_path), png(drawn(FOUR))
    (tmp_path / "film.png").write_bytes(whole[:300])
    assert folder.films(0, 0.0) == ()
    later = threading.Timer(0.05, lambda: (tmp_path / "film.png").write_bytes(whole))
    later.start()
    (film,) = folder.films(1, 30.0)
    later.join()
    assert film.picture is not None
    assert np.array_equal(film.picture, drawn(FOUR))


def test_a_stored_print_waits_for_its_images(tmp_path: Path) -> None:
    folder = FilmFolder(tmp_path)
    stored(tmp_path, "a", {1: FOUR[1]})
    image_file = tmp_path / "HG_a_1.dcm"
    raw = image_file.read_bytes()
    image_file.unlink()
    assert folder.films(0, 0.0) == ()
    image_file.write_bytes(raw[:-100])
    assert folder.films(0, 0.0) == ()
    image_file.write_bytes(raw)
    assert [film.name for film in folder.films(1, 5.0)] == ["SP_a.dcm"]


def test_a_picture_beyond_all_bounds_is_said_to_be_unreadable(tmp_path: Path) -> None:
    folder = FilmFolder(tmp_path)
    huge = bytearray(png(drawn(FOUR)))
    huge[16:24] = b"\x7f\xff\xff\xff" * 2
    (tmp_path / "huge.png").write_bytes(bytes(huge))
    assert folder.films(0, 0.0) == ()
    assert [(film.name, film.is_readable) for film in folder.films(1, 0.0)] == [("huge.png", False)]


def test_films_that_cannot_be_read_are_not_missing(tmp_path: Path) -> None:
    trace = printed(*FOUR.values())
    trace.films = FilmFolder(tmp_path).films
    (tmp_path / "film.png").write_bytes(png(drawn(FOUR))[:400])
    (one,) = films.judge(trace, FilmsWanted(count="as_sent", images="as_sent", within_s=0.01))
    assert one.actual == "not judged: 1 file in the folder cannot be read: film.png"
    assert not one.judged


def test_a_stored_print_whose_pixels_cannot_be_read_is_not_missing(tmp_path: Path) -> None:
    folder = FilmFolder(tmp_path)
    stored(tmp_path, "a", {1: FOUR[1]})
    file = tmp_path / "HG_a_1.dcm"
    image = dcmread(file)
    image.PixelData = image.PixelData[:10]
    image.save_as(file)
    assert [(film.name, film.is_readable) for film in folder.films(1, 0.0)] == [("SP_a.dcm", False)]


def test_a_folder_that_is_gone_has_no_films(tmp_path: Path) -> None:
    assert FilmFolder(tmp_path / "none").films(1, 0.0) == ()


def test_without_a_folder_nothing_is_judged() -> None:
    trace = printed(*FOUR.values())
    assert unobserved(trace, FilmsWanted(count="as_sent")) == "the films of printer"
    assert unobserved(came(trace, drawn(FOUR)), FilmsWanted(count="as_sent")) is None


def test_something_must_be_wanted() -> None:
    with pytest.raises(ValidationError, match="one of count, copies"):
        FilmsWanted.model_validate({"within_s": 3})


def test_a_late_film_of_an_earlier_case_is_not_taken_for_one_of_the_next(tmp_path: Path) -> None:
    tray, late, earlier, next_one = FilmTray(tmp_path), png(drawn(FOUR)), printed(*FOUR.values()), Trace(Recorder())
    tray.begin(earlier, looks_at_films=False)
    tray.end(earlier)
    came = threading.Timer(0.1, lambda: (tmp_path / "late.png").write_bytes(late))
    came.start()
    tray.begin(next_one, looks_at_films=True)
    came.join()
    (tmp_path / "own.png").write_bytes(late)
    assert next_one.films is not None
    assert [film.name for film in next_one.films(1, 0.0)] == ["own.png"]


@pytest.mark.parametrize("looks", [True, False])
def test_a_film_that_never_comes_is_not_awaited_again(tmp_path: Path, looks: bool) -> None:
    tray, earlier = FilmTray(tmp_path, late_s=0.05), printed(*FOUR.values())
    tray.begin(earlier, looks_at_films=False)
    tray.end(earlier)
    tray.begin(earlier, looks_at_films=looks)  # ends by itself, whether it awaits the film or not
    (tmp_path / "own.png").write_bytes(png(drawn(FOUR)))
    assert earlier.films is not None
    assert [film.name for film in earlier.films(1, 0.0)] == ["own.png"]


@pytest.mark.parametrize("status", [0xC602, 0x0110])
def test_a_film_that_the_printer_refused_is_not_awaited(tmp_path: Path, status: int) -> None:
    tray, refused = FilmTray(tmp_path, late_s=3600.0), printed(*FOUR.values(), status=status)
    tray.begin(refused, looks_at_films=False)
    tray.end(refused)
    tray.begin(refused, looks_at_films=True)
    assert refused.films is not None
    assert refused.films(0, 0.0) == ()
