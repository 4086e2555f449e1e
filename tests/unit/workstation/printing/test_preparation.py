"""What goes to the printer for a request: attributes of the objects, and images built when they are asked for."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from print_bench import PrintBench, image_data_set, samples_of
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from dicom_workstation.data_sets.data_set_encoding import read
from dicom_workstation.instances.encode_instance import stored_instance
from dicom_workstation.instances.part10 import part10_file
from dicom_workstation.pixels import Image
from dicom_workstation.printing.attributes import annotation_content
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.films.preparation import Needs, needs
from dicom_workstation.printing.request import PrintRequest

SMALL = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_what_is_not_said_is_not_sent(bench: PrintBench) -> None:
    prepared = bench.prepared(images=[bench.image(SMALL)])
    assert len(prepared.session) == 0
    assert [each.keyword for each in prepared.film] == ["ImageDisplayFormat"]
    assert prepared.film.ImageDisplayFormat == "STANDARD\\1,1"
    assert {each.keyword for each in prepared.images[0].content(2)} == {
        "ImageBoxPosition",
        "BasicGrayscaleImageSequence",
    }
    assert prepared.presentation_lut is None


def test_everything_that_is_said_is_sent(bench: PrintBench) -> None:
    uid = bench.image(SMALL)
    image = {
        "SOPInstanceUID": uid,
        "polarity": "REVERSE",
        "magnification": "NONE",
        "smoothing": "MEDIUM",
        "size": 50,
        "crop": "CROP",
        "configuration_information": "A\\B",
    }
    prepared = bench.prepared(
        images=[image],
        layout="ROW\\1,2",
        orientation="LANDSCAPE",
        film_size="A4",
        magnification="CUBIC",
        smoothing="SHARP",
        border_density="WHITE",
        empty_image_density="150",
        min_density=21,
        max_density=301,
        trim="YES",
        resolution="HIGH",
        configuration_information="X=1\\Y=2",
        illumination=2000,
        reflected_ambient_light=10,
        copies=2,
        priority="HIGH",
        medium="BLUE FILM",
        destination="BIN_3",
        label="a label",
        owner="me",
        memory_allocation=4096,
        annotation_format="LABEL",
        annotations=["one", "two"],
    )
    assert {each.keyword: each.value for each in prepared.session} == {
        "NumberOfCopies": 2,
        "PrintPriority": "HIGH",
        "MediumType": "BLUE FILM",
        "FilmDestination": "BIN_3",
        "FilmSessionLabel": "a label",
        "MemoryAllocation": 4096,
        "OwnerID": "me",
    }
    assert {each.keyword: each.value for each in prepared.film} == {
        "ImageDisplayFormat": "ROW\\1,2",
        "AnnotationDisplayFormatID": "LABEL",
        "FilmOrientation": "LANDSCAPE",
        "FilmSizeID": "A4",
        "MagnificationType": "CUBIC",
        "SmoothingType": "SHARP",
        "BorderDensity": "WHITE",
        "EmptyImageDensity": "150",
        "MinDensity": 21,
        "MaxDensity": 301,
        "Trim": "YES",
        "ConfigurationInformation": "X=1\\Y=2",
        "Illumination": 2000,
        "ReflectedAmbientLight": 10,
        "RequestedResolutionID": "HIGH",
    }
    content = prepared.images[0].content(1)
    assert (content.Polarity, content.MagnificationType, content.SmoothingType) == ("REVERSE", "NONE", "MEDIUM")
    assert (str(content.RequestedImageSize), content.RequestedDecimateCropBehavior) == ("50", "CROP")
    assert content.ConfigurationInformation == "A\\B"
    assert prepared.annotations == ("one", "two")


@pytest.mark.parametrize(
    ("label", "declared"),
    [("Mueller", None), ("Müller", "ISO_IR 100"), ("Μύλλερ", "ISO_IR 192"), ("山田", "ISO_IR 192")],
)
def test_texts_beyond_the_default_repertoire_are_declared(bench: PrintBench, label: str, declared: str | None) -> None:
    session = bench.prepared(images=[bench.image(SMALL)], label=label, copies=1).session
    assert session.get("SpecificCharacterSet") == declared
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = False, True
    write_dataset(stream, session)
    assert read(stream.getvalue(), "1.2.840.10008.1.2.1").FilmSessionLabel == label
    content = annotation_content(2, label)
    assert (content.AnnotationPosition, content.TextString) == (2, label)
    assert content.get("SpecificCharacterSet") == declared


def test_presentation_luts(bench: PrintBench) -> None:
    uid = bench.image(SMALL)
    shape = bench.prepared(images=[uid], presentation_lut="LIN OD").presentation_lut
    assert shape is not None
    assert shape.PresentationLUTShape == "LIN OD"
    table = {"bits": 12, "data": list(range(0, 4096, 16))}
    made = bench.prepared(images=[uid], presentation_lut=table).presentation_lut
    assert made is not None
    item = made.PresentationLUTSequence[0]
    assert (item.LUTDescriptor, item.LUTData[255]) == ([256, 0, 12], 4080)
    with pytest.raises(PrintError, match="presentation_lut: has 256 entries, images of 12 bits need 4096"):
        bench.prepared(bits=12, images=[uid], presentation_lut=table)


def test_what_images_need(bench: PrintBench) -> None:
    eight, twelve = bench.image(SMALL), bench.image(SMALL.astype(np.uint16), 12)
    rgb = bench.image(np.zeros((2, 2, 3), np.uint8))

    def of(*uids: str) -> Needs:
        return needs(PrintRequest.read({"images": list(uids)}), bench.memory)

    assert of(eight) == Needs(False, 8)
    assert of(eight, twelve) == Needs(False, 12)
    assert of(rgb) == Needs(True, 8)
    assert of(rgb, twelve) == Needs(True, 12)
    with pytest.raises(PrintError, match=r"9\.9: is not in memory"):
        of(eight, "9.9")


def test_what_cannot_be_printed_is_told_before_anything_is_sent(bench: PrintBench, tmp_path: Path) -> None:
    uid, other = bench.image(SMALL), bench.image(SMALL)
    rgb = bench.image(np.zeros((2, 2, 3), np.uint8))
    state = bench.state(uid)
    no_image = tmp_path / "none.dcm"
    no_image.write_bytes(b"nothing")
    for arguments, told in (
        ({"images": ["9.9"]}, r"9\.9: is not in memory"),
        ({"images": [state]}, f"{state}: is a presentation state"),
        ({"images": [{"SOPInstanceUID": uid, "frame": 2}]}, f"{uid}: there is no frame 2: the image has 1 frame"),
        ({"images": [bench.image(SMALL, HighBit=3, BitsStored=8)]}, "High Bit"),
        ({"images": [uid], "state": "9.8"}, r"9\.8: is neither in memory nor a file"),
        ({"images": [uid, other], "state": state}, f"{other}: the state does not refer to the image"),
        ({"images": [uid], "state": other}, f"{other}: .*is not a Grayscale Softcopy Presentation State"),
        ({"images": [rgb], "state": state}, f"{rgb}: "),
        (
            {"images": [{"SOPInstanceUID": uid, "state": state, "window": {"center": 1, "width": 2}}]},
            "cannot be combined",
        ),
        ({"files": [str(tmp_path / "absent.dcm")]}, "absent.dcm: there is no such file"),
        ({"files": [str(no_image)]}, "none.dcm: "),
    ):
        with pytest.raises(PrintError, match=told):
            bench.prepared(**arguments)


def test_an_image_is_printed_without_a_window_that_cannot_be_used_and_with_a_warning(bench: PrintBench) -> None:
    wrong, right = bench.image(SMALL, WindowCenter="1", WindowWidth="0"), bench.image(SMALL)
    prepared = bench.prepared(images=[wrong, right])
    first, second = (each.translated().pixels for each in prepared.images)
    assert (first == second).all()
    (warning,) = prepared.warnings
    assert wrong in warning
    assert "Window Width" in warning


def test_a_displayed_area_beside_the_image_is_told_before_anything_is_sent(bench: PrintBench) -> None:
    uid = bench.image(SMALL)
    state = bench.data_set(bench.state(uid))
    state.SOPInstanceUID = "1.2.3.4.5.6"
    state.DisplayedAreaSelectionSequence[0].DisplayedAreaTopLeftHandCorner = [50, 50]
    state.DisplayedAreaSelectionSequence[0].DisplayedAreaBottomRightHandCorner = [60, 60]
    bench.memory.keep(stored_instance(state))
    with pytest.raises(PrintError, match=f"{uid}: the displayed area contains no pixel of the image"):
        bench.prepared(images=[uid], state="1.2.3.4.5.6")


def test_files_are_printed_as_instances_are(bench: PrintBench, tmp_path: Path) -> None:
    uid = bench.image(SMALL, WindowCenter="6", WindowWidth="12")
    state = bench.state(uid, rotate=180)
    paths = {}
    for name in (uid, state):
        found = bench.memory.get(name)
        assert found is not None
        paths[name] = tmp_path / f"{name}.dcm"
        paths[name].write_bytes(part10_file(found))
    by_uid = bench.prepared(images=[uid], state=state)
    by_file = bench.prepared(files=[str(paths[uid])], state=str(paths[state]))
    assert by_file.images[0].uid == uid
    assert by_file.images[0].name == str(paths[uid])
    here, there = (samples_of(each.images[0].content(1))[1] for each in (by_uid, by_file))
    assert (here == there).all()


def test_a_state_is_read_once(bench: PrintBench, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = bench.image(SMALL)
    state = bench.state(uid)
    readings = []
    monkeypatch.setattr(
        "dicom_workstation.printing.films.sources.read", lambda *given: readings.append(given) or read(*given)
    )
    prepared = bench.prepared(images=[uid] * 5, state=state)
    for place, each in enumerate(prepared.images, start=1):
        each.content(place)
    assert len(readings) == 1


def test_an_image_is_opened_once_for_its_frames(bench: PrintBench, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = bench.image(np.arange(5 * 6, dtype=np.uint8).reshape(5, 2, 3), frames=True)
    other = bench.image(SMALL)
    openings = []
    monkeypatch.setattr(
        "dicom_workstation.printing.films.sources.Image", lambda *given: openings.append(given) or Image(*given)
    )
    prepared = bench.prepared(images=[{"SOPInstanceUID": uid, "frame": "all"}])
    frames = [samples_of(each.content(1))[1] for each in prepared.images]
    assert (len(frames), len(openings)) == (5, 1)
    assert len({frame.tobytes() for frame in frames}) == 5
    bench.prepared(images=[uid, other, uid]).images[0].content(1)
    assert len(openings) == 4  # another image came between


def test_memory_stays_flat_over_many_films(bench: PrintBench) -> None:
    uid = bench.image(np.zeros((256, 256), np.uint16), 12, PixelSpacing=[1, 1])
    prepared = bench.prepared(bits=12, images=[uid] * 300, layout="2x3")
    for place in range(6):
        prepared.images[place].content(place + 1)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number, each in enumerate(prepared.images):
            each.content(number % 6 + 1)
        after, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    picture_bytes = 256 * 256 * 2
    assert after - before < picture_bytes
    assert most - before < 12 * picture_bytes
    assert prepared.warnings == ()


def test_warnings_are_told_once_each(bench: PrintBench) -> None:
    made = image_data_set(SMALL, PixelSpacing=["0", "1"])
    bench.memory.keep(stored_instance(made))
    prepared = bench.prepared(images=[str(made.SOPInstanceUID)] * 3)
    for each in prepared.images:
        each.content(1)
    assert len(prepared.warnings) == 1
    assert prepared.warnings[0].startswith(f"{made.SOPInstanceUID}: ")


def test_a_printer_takes_eight_or_twelve_bits(bench: PrintBench) -> None:
    with pytest.raises(PrintError, match="bits: a printer takes 8 or 12, not 16"):
        bench.prepared(bits=16, images=[bench.image(SMALL)])
