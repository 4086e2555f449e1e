"""A mistake of the workstation's own is an internal error with its traceback in the log, never a fault of others."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicom_simulators.association import Outcome
from dicom_simulators.data_sets import Instance, build
from dicom_simulators.scu import Modality
from dicom_wire.capture import Recorder
from dicom_workstation.application import Workstation
from dicom_workstation.cli.command_line import main
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.data_sets import DataSetError, encode, is_our_mistake, read
from dicom_workstation.instances import StoredInstance
from dicom_workstation.operations import ask
from dicom_workstation.pixels import Image, PixelError

CT = "1.2.840.10008.5.1.4.1.1.2"
KEPT = (0x00080005, 0x00080016, 0x00080018)  # without these the instance could not be encoded or found again
IMAGE = build(sop_class=CT)


@pytest.fixture
def workstation() -> Iterator[Workstation]:
    with Workstation(Configuration.from_keywords(check_called_ae_title=False)) as running:
        held = (IMAGE.SOPClassUID, IMAGE.SOPInstanceUID, "1.2", "1.2.1", IMAGE.transfer_syntax, IMAGE.data_set)
        running.memory.keep(StoredInstance(*held))
        yield running


def traceback_of(workstation: Workstation) -> str:
    return "\n".join(line for line in workstation.log() if "Traceback" in line or 'File "' in line)


def sent_to(workstation: Workstation) -> Outcome:
    """C-STORE another image to the workstation."""
    other = build(sop_class=CT, seed=7)
    with Modality("modality", "MODALITY", Recorder(), instances=[other]) as modality:
        arguments = {"called_ae_title": "DIRECTVIEW"}
        return modality.perform("store", workstation.address, arguments)


@pytest.mark.parametrize(
    ("broken", "raised"),
    [
        ("presentation_states.creation.creation.area_module", "TypeError"),  # called, and None cannot be
        ("presentation_states.creation.creation.datetime", "AttributeError"),  # None has no attribute `datetime`
        ("viewing.viewer.stored_instance", "TypeError"),
    ],
)
def test_a_state_that_is_not_created_by_our_mistake_is_no_unreadable_image(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch, broken: str, raised: str
) -> None:
    monkeypatch.setattr(f"dicom_workstation.{broken}", None)
    arguments = {"images": [IMAGE.SOPInstanceUID], "label": "STATE"}
    outcome = ask(workstation, "present", None, arguments)
    assert (outcome.result, outcome.operation) == ("internal_error", "present")
    assert outcome.detail.startswith(f"internal error: {raised}: ")
    assert outcome.detail.endswith("see the log")
    assert "dicom_workstation" in traceback_of(workstation)


@pytest.mark.parametrize(
    ("broken", "operation"),
    [
        ("viewing.viewer.render", "render"),
        ("pixels.opening._of_bytes", "render"),
        ("pixels.opening._of_bytes", "decode"),
    ],
)
def test_an_image_that_is_not_shown_by_our_mistake_is_no_unreadable_image(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch, broken: str, operation: str
) -> None:
    monkeypatch.setattr(f"dicom_workstation.{broken}", None)
    outcome = ask(workstation, operation, None, {"SOPInstanceUID": IMAGE.SOPInstanceUID})
    assert outcome.result == "internal_error"
    assert "dicom_workstation" in traceback_of(workstation)


def test_what_an_image_lacks_is_still_the_images_fault() -> None:
    without_rows = IMAGE.read()
    del without_rows.Rows
    with pytest.raises(PixelError, match="Rows"):
        Image(without_rows).stored(1)
    with pytest.raises(DataSetError):
        read(b"\x08\x00\x60\x00CS\x02", "1.2.840.10008.1.2.1")


def test_an_instance_that_is_not_kept_by_our_mistake_is_no_fault_of_who_sends_it(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("dicom_workstation.instances.memory_store.StoredInstance", None)
        outcome = sent_to(workstation)
    assert outcome["status"] == "0110"  # PS3.7 Annex C: processing failure
    assert "memory_store" in traceback_of(workstation)
    assert any("internal error: TypeError" in line for line in workstation.log())
    assert sent_to(workstation)["status"] == "0000"


def test_a_pdu_that_is_not_taken_by_our_mistake_is_no_fault_of_the_peer(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("dicom_workstation.network.upper_layer.reception.with_lawful_titles", None)
        sent_to(workstation)
    assert "reception" in traceback_of(workstation)
    assert any("internal error: TypeError" in line for line in workstation.log())
    assert not any("invalid" in line.lower() for line in workstation.log())
    assert sent_to(workstation)["status"] == "0000"


@pytest.mark.parametrize(
    "arguments", [["serve"], ["render", "FILE", "-o", "x.png"], ["store", "A@127.0.0.1:1", "FILE"]]
)
@pytest.mark.parametrize("error", [ValueError, TypeError, KeyError])
def test_on_the_command_line_it_is_an_internal_error_with_its_traceback(
    arguments: list[str],
    error: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object) -> None:
        raise error("what we forgot")

    (tmp_path / "a.dcm").write_bytes(IMAGE.file_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dicom_workstation.application.Workstation.__init__", broken)
    assert main([each.replace("FILE", str(tmp_path / "a.dcm")) for each in arguments]) == 2
    told = capsys.readouterr().err
    assert "in broken" in told
    assert told.splitlines()[-1].startswith(f"dicom-conformance: internal error: {error.__name__}: ")


class TestIsOurMistake:
    def test_a_keyword_that_the_standard_does_not_have_is_ours(self) -> None:
        with pytest.raises(AttributeError) as raised:
            _ = Dataset().Pixles
        assert is_our_mistake(raised.value)

    def test_an_element_that_a_data_set_lacks_is_not(self) -> None:
        with pytest.raises(AttributeError) as raised:
            _ = Dataset().Rows
        assert not is_our_mistake(raised.value)

    @pytest.mark.parametrize("error", [ValueError, LookupError, EOFError, OSError])
    def test_what_bytes_can_cause_is_not(self, error: type[Exception]) -> None:
        assert not is_our_mistake(error())


class TestForeignValues:
    """What a file holds in a wrong VR, or not at all, is never an internal error, whatever is done with the image."""

    @pytest.mark.parametrize("recipe", ["smallest", "state_voi_lut_falling", "state_ellipse", "overlay", "state_mask"])
    @pytest.mark.parametrize("seed", range(4))
    def test_a_value_that_is_something_else_is_the_files_fault(self, seed: int, recipe: str) -> None:
        chance = random.Random(f"{seed} {recipe}")
        instance, target = build(recipe=recipe), build(sop_class=CT)
        workstation = Workstation(Configuration.from_keywords())
        for _ in range(20):
            workstation.forget()
            for one, data_set in ((target, target.data_set), (instance, with_another_value(instance, chance))):
                held = (one.SOPClassUID, one.SOPInstanceUID, "1.2", "1.2.1", one.transfer_syntax, data_set)
                workstation.memory.keep(StoredInstance(*held))
            uid = instance.SOPInstanceUID
            asked: list[tuple[str, dict[str, object]]] = [
                *((operation, {"SOPInstanceUID": uid}) for operation in ("show", "decode", "render", "states", "save")),
                ("present", {"images": [uid], "label": "STATE"}),
                ("render", {"SOPInstanceUID": target.SOPInstanceUID, "state": uid}),
            ]
            for operation, arguments in asked:
                outcome = ask(workstation, operation, None, arguments)
                assert outcome.result != "internal_error", (outcome.detail, workstation.log())


def with_another_value(instance: Instance, chance: random.Random) -> bytes:
    """Encode an instance in Explicit VR Little Endian, with one element removed, emptied or given another VR."""
    data_set = instance.read()
    places = list(elements_of(data_set))
    item, tag = chance.choice([(item, tag) for item, tag in places if tag not in KEPT])
    match chance.randrange(4):
        case 0:
            del item[tag]
        case 1:
            item[tag] = RawDataElement(tag, item[tag].VR, 0, b"", 0, False, True)
        case 2:
            vr = chance.choice(["LO", "DS", "IS", "US", "OB", "SQ", "FD", "UN"])
            item[tag] = RawDataElement(tag, vr, 8, bytes(chance.choices(b"\\0123456789 A.", k=8)), 0, False, True)
        case _:
            item[tag] = RawDataElement(tag, item[tag].VR, 4, bytes(4), 0, False, True)
    return encode(data_set, instance.transfer_syntax)


def elements_of(data_set: Dataset) -> Iterator[tuple[Dataset, BaseTag]]:
    for element in data_set:
        yield data_set, element.tag
        for item in element.value if element.VR == "SQ" else ():
            yield from elements_of(item)
