"""The values that a display windows by itself are those that `render` windows."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

from dicom_simulators.phantoms import STUDIES, PhantomSeries, PhantomStudy, write_studies
from dicom_workstation.instances import Memory, read_part10
from dicom_workstation.requests import RenderRequest
from dicom_workstation.viewing import FrameValuesError, Viewer, frame_facts, frame_values

DAY = datetime.date(2026, 1, 31)
KINDS = [("chest", "CT", "int16"), ("head", "MR", "int16"), ("film", "CR", "int16"), ("heart", "US", "int16")]


def held(folder: Path, series: PhantomSeries, modality: str) -> tuple[Memory, str]:
    study = PhantomStudy("DOE^JANE", "PH", "19610204", "F", "A1", "study", 0, modality, (series,))
    write_studies(folder, [study], DAY)
    memory = Memory(1 << 30)
    instance = read_part10(next(iter(sorted(folder.iterdir()))))
    memory.keep(instance)
    return memory, instance.SOPInstanceUID


@pytest.mark.parametrize(("kind", "modality", "word"), KINDS)
def test_windowing_the_values_gives_the_picture(kind: str, modality: str, word: str, tmp_path: Path) -> None:
    series = PhantomSeries(kind, "series", 2, 48)  # type: ignore[arg-type]
    memory, uid = held(tmp_path, series, modality)
    facts, values = frame_facts(memory, uid, 1), frame_values(memory, uid, 1)
    assert values.kind == word
    units = np.frombuffer(values.data, "<i2").astype(float).reshape(facts.rows, facts.columns)
    center, width = 100.0, 500.0
    request = RenderRequest.read({"SOPInstanceUID": uid, "window": {"center": center, "width": width}})
    rendered = Viewer(memory).render(request).rendering
    assert rendered is not None
    part = np.clip((units - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    part = 1 - part if facts.is_inverted else part
    assert np.floor(part * 255 + 0.5).astype(np.uint8).tobytes() == rendered.data
    assert facts.is_quick
    assert (facts.spacing_mm is None) == (kind == "heart")


def test_an_image_that_is_not_there_has_no_values() -> None:
    with pytest.raises(FrameValuesError, match="not in memory"):
        frame_values(Memory(1 << 20), "1.2.3", 1)


def test_a_frame_that_is_not_there_has_no_facts(tmp_path: Path) -> None:
    memory, uid = held(tmp_path, PhantomSeries("heart", "series", 2, 16), "US")
    assert frame_facts(memory, uid, 2).frames == 2
    with pytest.raises(FrameValuesError, match="frame 3"):
        frame_facts(memory, uid, 3)


def test_the_studies_of_the_demo_are_the_same_on_every_run(tmp_path: Path) -> None:
    small = [STUDIES[3]]
    assert write_studies(tmp_path / "one", small, DAY) == write_studies(tmp_path / "other", small, DAY) == 1
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("one", "other"))
    assert [path.name for path in first] == [path.name for path in second]
    assert first[0].read_bytes() == second[0].read_bytes()
