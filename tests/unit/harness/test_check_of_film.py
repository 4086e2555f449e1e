"""The check `film`: each judgement once where it is met, and once where it is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hand_written import CT, EXPLICIT, judged, met
from numpy.typing import NDArray
from printed_by_hand import BOX, JOB, SESSION, PrintTalk, attributes, one_film, ramp, references

from dicom_conformance.errors import HarnessError
from dicom_conformance.play.instances import original
from dicom_conformance.trace.trace import Operation, Trace
from dicom_simulators.data_sets import Instance, build
from dicom_wire.capture.sighting import Recorder

SC, WORDS = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.3"
FOREVER_NS = 1 << 62


def image(seed: int = 0, **changes: object) -> Instance:
    changes = {"rows": 6, "columns": 8, "remove": ["PixelSpacing", "WindowCenter", "WindowWidth"], **changes}
    return build("smallest", str(changes.pop("sop_class", CT)), EXPLICIT, seed=seed, **changes)


def printed(*images: Instance, talk: Callable[[PrintTalk], None], colour: bool = False, **arguments: object) -> Trace:
    """Make the trace of a `print` of some instances."""
    recorder = Recorder()
    trace = Trace(recorder)
    for one in images:
        trace.originals[one.SOPInstanceUID] = original(one)
    asked = {"images": [one.SOPInstanceUID for one in images], **arguments}
    trace.operations.append(Operation("workstation", "print", "printer", asked, 0, FOREVER_NS, {}))
    talk(PrintTalk(recorder, colour=colour))
    return trace


def greys(one: Instance, bits: int) -> NDArray[np.uint16]:
    """Give what has to be printed of an image without a window: its whole range over all greys."""
    data_set = one.read()
    stored = np.asarray(one.pixels)[0].astype(float)
    low = -(1 << (data_set.BitsStored - 1)) if data_set.PixelRepresentation else 0
    share = (stored - low) / ((1 << data_set.BitsStored) - 1)
    return np.floor(share * ((1 << bits) - 1) + 0.5).astype(np.uint16)


def film_of(*pictures: NDArray[np.uint16], bits: int = 8, **parameters: object) -> Callable[[PrintTalk], None]:
    def talk(printing: PrintTalk) -> None:
        box = printing.box(printing.session(), len(pictures))
        for position, picture in enumerate(pictures, 1):
            printing.image(box, position, picture, bits, parameters=parameters)
        printing.action(box)

    return talk


def film() -> Trace:
    recorder = Recorder()
    one_film(recorder, Trim="YES")
    return Trace(recorder)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"count": "1"}, {"count": "2"}),
        ({"colour": "false"}, {"colour": "true"}),
        ({"bits": "8"}, {"bits": "12"}),
        ({"session": {"NumberOfCopies": "2"}}, {"session": {"NumberOfCopies": "1"}}),
        ({"session": {"FilmSessionLabel": "not sent"}}, {"session": {"PrintPriority": "not sent"}}),
        ({"box": {"Trim": ["YES", "NO"]}}, {"box": {"Trim": "NO"}}),
        ({"box": {"ImageDisplayFormat": "STANDARD\\2,1"}}, {"box": {"ImageDisplayFormat": "STANDARD\\1,2"}}),
        ({"image": {"MagnificationType": "not sent"}}, {"image": {"Polarity": "NORMAL"}}),
        ({"boxes": "2"}, {"boxes": "3"}),
        ({"filled": "2"}, {"filled": "1"}),
        ({"printed": "true"}, {"printed": "false"}),
        ({"status": "0000"}, {"status": "warning"}),
        ({"deleted": "true"}, {"deleted": "false"}),
        ({"lut": "none"}, {"lut": "IDENTITY"}),
        ({"position": "1", "boxes": "2"}, {"position": "2", "boxes": "2"}),
        ({"requestor": "workstation", "boxes": "2"}, {"requestor": "other", "boxes": "2"}),
    ],
)
def test_each_judgement_is_met_and_unmet(good: dict[str, object], bad: dict[str, object]) -> None:
    assert met(film(), "film", acceptor="printer", **good)
    assert not met(film(), "film", acceptor="printer", **bad)


def test_what_is_unmet_says_which_film_and_what_was_there() -> None:
    (finding,) = judged(film(), "film", acceptor="printer", box={"Trim": "NO"})
    assert finding.expected == "Trim NO of the film box"
    assert finding.actual == "film 1: Trim YES"
    assert finding.evidence == ("link/0",)


def test_no_film_at_all_is_unmet_but_may_be_wanted() -> None:
    assert not met(Trace(Recorder()), "film", acceptor="printer", printed="true")
    assert met(Trace(Recorder()), "film", acceptor="printer", count="0")


def test_a_film_box_that_is_left_is_not_deleted() -> None:
    def talk(printing: PrintTalk) -> None:
        session = printing.session()
        printing.action(printing.box(session), status=0xC602)
        printing.delete(session, SESSION)

    trace = printed(talk=talk)
    assert not met(trace, "film", deleted="true")
    (finding,) = judged(trace, "film", deleted="true")
    assert finding.actual == "film 1: no N-DELETE-RQ for the film box"


@pytest.mark.parametrize(("bits", "exact"), [(8, True), (12, True)])
def test_pixels_are_those_of_the_courts_own_rendering(bits: int, exact: bool) -> None:
    one, other = image(1), image(2)
    trace = printed(one, other, talk=film_of(greys(one, bits), greys(other, bits), bits=bits))
    assert met(trace, "film", pixels="exact", bits=str(bits))
    swapped = printed(one, other, talk=film_of(greys(other, bits), greys(one, bits), bits=bits))
    assert not met(swapped, "film", pixels="exact")


def test_a_grey_level_beside_is_not_exact_but_within_one() -> None:
    one = image(1)
    wrong = greys(one, 8)
    wrong[2, 3] += 1 if wrong[2, 3] < 255 else -1
    trace = printed(one, talk=film_of(wrong))
    assert not met(trace, "film", pixels="exact")
    assert met(trace, "film", pixels="within 1.5")
    (_, finding) = judged(trace, "film", pixels="exact")
    assert "position 1: 1 of 48 pixels differ" in finding.actual
    assert "row 3, column 4" in finding.actual


def test_twelve_bits_are_judged_at_twelve_bits() -> None:
    one = image(1)
    coarse = greys(one, 8).astype(np.uint16)
    shifted = printed(one, talk=film_of(coarse << 4, bits=12))
    repeated = printed(one, talk=film_of(coarse << 4 | coarse >> 4, bits=12))
    for trace in (shifted, repeated):
        assert not met(trace, "film", bits="12")
        assert not met(trace, "film", pixels="exact")
    assert "8-bit values in a 12-bit frame" in judged(shifted, "film", bits="12")[1].actual


def test_polarity_and_photometric_interpretation_are_part_of_what_is_printed() -> None:
    one = image(1)
    right, turned = greys(one, 8), 255 - greys(one, 8)
    for grey, polarity, wanted, good in (
        (right, "REVERSE", "REVERSE", True),
        (turned, "NORMAL", "REVERSE", True),
        (right, "NORMAL", "REVERSE", False),
        (turned, "REVERSE", "NORMAL", True),
        (right, "REVERSE", "NORMAL", False),
    ):
        trace = printed(one, talk=film_of(grey, Polarity=polarity), polarity=wanted)
        assert met(trace, "film", pixels="exact") is good

    def inverse(printing: PrintTalk) -> None:
        box = printing.box(printing.session())
        printing.image(box, 1, turned, PhotometricInterpretation="MONOCHROME1")
        printing.action(box)

    assert met(printed(one, talk=inverse), "film", pixels="exact")


def test_a_window_that_was_asked_for_is_applied() -> None:
    one = image(1)
    stored = np.asarray(one.pixels)[0].astype(float)
    data_set = one.read()
    values = stored * float(data_set.get("RescaleSlope", 1)) + float(data_set.get("RescaleIntercept", 0))
    center, width = float(np.median(values)), 1 + float(np.ptp(values)) / 2
    share = np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    picture = np.floor(share * 255 + 0.5).astype(np.uint16)
    window = {"center": str(center), "width": str(width)}
    assert met(printed(one, talk=film_of(picture), window=window), "film", pixels="within 0.51")
    assert not met(printed(one, talk=film_of(picture)), "film", pixels="within 0.51")


def test_images_go_on_in_the_next_film() -> None:
    three = [image(seed) for seed in (1, 2, 3)]

    def talk(printing: PrintTalk) -> None:
        session = printing.session()
        for some in (three[:2], three[2:]):
            box = printing.box(session, 2)
            for position, one in enumerate(some, 1):
                printing.image(box, position, greys(one, 8))
            printing.action(box)

    trace = printed(*three, talk=talk)
    assert met(trace, "film", pixels="exact", count="2")
    assert met(trace, "film", position="2", images=[three[2].SOPInstanceUID], pixels="exact")
    assert not met(trace, "film", position="2", images=[three[1].SOPInstanceUID])


def test_images_of_a_film_that_failed_are_not_expected_on_the_next() -> None:
    three = [image(seed) for seed in (1, 2, 3)]

    def second_only(printing: PrintTalk) -> None:
        session = printing.session()
        printing.delete(printing.box(session, 1))
        refused = attributes(
            ImageDisplayFormat="STANDARD\\1,1", ReferencedFilmSessionSequence=references(SESSION, session)
        )
        printing.ask("N-CREATE", BOX, None, refused, status=0x0110)
        box = printing.box(session, 1)
        printing.image(box, 1, greys(three[2], 8))
        printing.action(box, status=0xC602)
        printing.action(box)

    assert met(printed(*three, talk=second_only), "film", pixels="exact", count="2")


def test_the_order_of_images_is_told_by_their_pixels() -> None:
    one, other = image(1), image(2)
    uids = [one.SOPInstanceUID, other.SOPInstanceUID]
    trace = printed(one, other, talk=film_of(greys(one, 8), greys(other, 8)))
    assert met(trace, "film", images=uids)
    assert met(trace, "film", images=["1", "2"])
    assert not met(trace, "film", images=["2", "1"])
    assert not met(trace, "film", images=uids[::-1])
    assert not met(trace, "film", images=uids[:1])
    assert not met(trace, "film", images=[*uids, uids[0]])


def test_an_image_that_is_missing_or_was_not_asked_for_is_said() -> None:
    one, other = image(1), image(2)

    def second_only(printing: PrintTalk) -> None:
        box = printing.box(printing.session(), 2)
        printing.image(box, 2, greys(other, 8))
        printing.action(box)

    (_, finding) = judged(printed(one, other, talk=second_only), "film", pixels="exact")
    assert finding.actual == "film 1: position 1: no image"
    (_, finding) = judged(printed(one, talk=film_of(greys(one, 8), greys(other, 8))), "film", pixels="exact")
    assert finding.actual == "film 1: position 2: an image that was not requested"


def test_two_images_at_one_position_are_unlawful() -> None:
    def talk(printing: PrintTalk) -> None:
        box = printing.box(printing.session(), 2)
        printing.image(box, 1, ramp())
        printing.image(box, 1, ramp(), place=2)
        printing.action(box)

    (finding, _) = judged(printed(talk=talk), "film", bits="8")
    assert finding.actual == "film 1: 2 images at position 1"


def test_colour_is_printed_as_it_is_and_in_grayscale_as_its_luminance() -> None:
    one = image(1, sop_class=SC, remove=[])
    rgb = np.asarray(one.pixels)[0]
    wrong = rgb[:, :, ::-1]

    def talk(picture: NDArray[np.uint8]) -> Callable[[PrintTalk], None]:
        def said(printing: PrintTalk) -> None:
            box = printing.box(printing.session())
            printing.image(box, 1, picture)
            printing.action(box)

        return said

    assert met(printed(one, talk=talk(rgb), colour=True), "film", pixels="exact", colour="true")
    assert not met(printed(one, talk=talk(wrong), colour=True), "film", pixels="exact")
    luminance = np.floor(rgb @ np.array([0.299, 0.587, 0.114]) + 0.5).astype(np.uint8)
    assert met(printed(one, talk=talk(luminance)), "film", pixels="exact", colour="false")
    assert not met(printed(one, talk=talk(rgb[:, :, 0])), "film", pixels="within 2")


@pytest.mark.parametrize("sop_class", [CT, SC])
def test_what_lossy_compression_may_change_is_admitted_and_no_more(sop_class: str) -> None:
    one = build("smallest", sop_class, "1.2.840.10008.1.2.4.50", seed=1, remove=["WindowCenter", "WindowWidth"])
    assert one.max_error > 0
    picture = np.asarray(one.pixels)[0].astype(int)
    for error, good in ((one.max_error, True), (one.max_error + 2, False)):
        changed = picture.copy()
        changed[2, 3] += error if changed[2, 3].max() + error <= 255 else -error

        def talk(printing: PrintTalk, changed: NDArray[np.int64] = changed) -> None:
            box = printing.box(printing.session())
            printing.image(box, 1, changed.astype(np.uint8))
            printing.action(box)

        assert met(printed(one, talk=talk, colour=sop_class == SC), "film", pixels="exact") is good


def test_pixels_that_are_not_square_come_with_their_ratio_or_are_made_square() -> None:
    one = image(1, PixelSpacing=["2", "1"], remove=["WindowCenter", "WindowWidth"])
    own = greys(one, 8)
    ratios = [
        (own, {"PixelAspectRatio": ["2", "1"]}, True),
        (own, {"PixelAspectRatio": ["1", "2"]}, False),
        (own, {}, False),
        (np.repeat(own, 2, axis=0), {}, True),
    ]
    for picture, changes, good in ratios:

        def talk(
            printing: PrintTalk, picture: NDArray[np.uint16] = picture, changes: dict[str, object] = changes
        ) -> None:
            box = printing.box(printing.session())
            printing.image(box, 1, picture, **changes)
            printing.action(box)

        assert met(printed(one, talk=talk), "film", pixels="exact") is good


def test_a_film_that_no_print_asked_for_cannot_be_judged() -> None:
    with pytest.raises(HarnessError, match="workstation had no print operation in progress for it"):
        judged(film(), "film", pixels="exact")


def test_jobs_and_events_are_judged_with_their_answers() -> None:
    def talk(printing: PrintTalk) -> None:
        printing.action(printing.box(printing.session()), job="2.25.77")
        printing.event(3, "2.25.77", JOB, ExecutionStatusInfo="NORMAL")
        printing.event(3, answer=None, PrinterStatusInfo="FILM JAM")

    trace = printed(talk=talk)
    assert met(trace, "film", job="DONE", events=[{"status": "DONE", "info": "NORMAL"}])
    assert not met(trace, "film", job="FAILURE")
    assert not met(trace, "film", events=[{"status": "FAILURE"}])
    (finding,) = judged(trace, "film", events=[{"of": "printer", "status": "FAILURE"}])
    assert not finding.met
    assert "printer FAILURE (unanswered)" in finding.actual


def test_annotations_are_judged_in_order() -> None:
    def talk(printing: PrintTalk) -> None:
        boxes = references("1.2.840.10008.5.1.1.15", "2.25.8", "2.25.9")
        box = printing.box(printing.session(), told={"ReferencedBasicAnnotationBoxSequence": boxes})
        for position, text in ((1, "first"), (2, "second")):
            uid = f"2.25.{7 + position}"
            told = attributes(AnnotationPosition=position, TextString=text)
            printing.ask("N-SET", "1.2.840.10008.5.1.1.15", uid, told)
        printing.action(box)

    trace = printed(talk=talk)
    assert met(trace, "film", annotations=["first", "second"])
    assert not met(trace, "film", annotations=["second", "first"])


def test_all_frames_of_an_image_are_as_many_images() -> None:
    one = image(sop_class=WORDS, frames=3)
    stored = np.asarray(one.pixels).astype(float)
    most = (1 << one.read().BitsStored) - 1
    pictures = np.floor(stored / most * 255 + 0.5).astype(np.uint16)
    asked = [{"SOPInstanceUID": one.SOPInstanceUID, "frame": "all"}]
    assert met(printed(one, talk=film_of(*pictures), images=asked), "film", pixels="within 1")
    assert not met(printed(one, talk=film_of(*pictures[::-1]), images=asked), "film", pixels="within 1")
