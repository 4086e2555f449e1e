"""The check `rendering` on traces written by hand, the pictures it leaves, and what steps may refer to."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hand_written import judged, met, trace_of

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.case_pictures import pictures
from dicom_conformance.judge.checks import WANTED, unobserved
from dicom_conformance.judge.rendering import render
from dicom_conformance.play.instances import original, referred
from dicom_conformance.trace.trace import Operation, Trace
from dicom_simulators.data_sets import build

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
IMAGE = build(seed=7)
INVERSE = build("state_inverse", GSPS, seed=7)


def seen(state=None):
    attributes = None if state is None else state.read()
    return render(IMAGE.pixels[0], IMAGE.read(), attributes).picture


def told(picture: np.ndarray, **further: object) -> dict[str, object]:
    rows, columns = picture.shape
    picture = {"rows": rows, "columns": columns, "samples": 1, "data": picture.astype(np.uint8).tobytes()}
    return {"operation": "render", "result": "success", "detail": "", "rendering": picture, **further}


def trace(*outcomes: dict[str, object], operation: str = "render", **arguments: object) -> Trace:
    found = trace_of()
    for instance in (IMAGE, INVERSE):
        found.originals[instance.SOPInstanceUID] = original(instance)
    asked = {"SOPInstanceUID": IMAGE.SOPInstanceUID, **arguments}
    for number, outcome in enumerate(outcomes):
        found.operations.append(Operation("workstation", operation, None, asked, number, number + 1, outcome))
    return found


def test_the_picture_of_the_courts_own_renderer_is_wanted():
    assert met(trace(told(seen())), "rendering")
    assert met(trace(told(seen(INVERSE)), state=INVERSE.SOPInstanceUID), "rendering")
    assert not met(trace(told(seen()), state=INVERSE.SOPInstanceUID), "rendering")


def test_the_tolerance_is_kept_and_the_first_difference_is_named():
    picture = seen().astype(np.int64)
    picture[3, 5] = (picture[3, 5] + 5) % 256
    outcome = trace(told(picture))
    assert not met(outcome, "rendering")
    assert "row 4, column 6" in judged(outcome, "rendering")[0].actual
    assert met(outcome, "rendering", tolerance="6")


def test_what_is_no_picture_is_not_met():
    assert not met(trace({"result": "refused", "detail": "no"}), "rendering")
    assert not met(trace({"result": "success", "rendering": {"rows": 2, "columns": 2, "data": b"abc"}}), "rendering")
    assert not met(trace(told(seen()[:, :-1])), "rendering")
    assert not met(trace(), "rendering")


def test_a_picture_may_come_as_text_of_base64():
    outcome = told(seen())
    outcome["rendering"] = {**outcome["rendering"], "data": base64.b64encode(seen().tobytes()).decode()}
    assert met(trace(outcome), "rendering")


def test_a_warning_beside_the_right_picture_is_not_wanted_unless_admitted():
    warned = trace(told(seen(), result="warning", warnings=("a line lies outside",)))
    assert not met(warned, "rendering")
    assert met(warned, "rendering", reports="anything")
    assert met(warned, "rendering", reports="warned")
    assert not met(warned, "rendering", reports="refused")


@pytest.mark.parametrize(
    ("outcome", "refused", "warned"),
    [
        ({"result": "refused", "detail": "rotated by 45 degrees"}, True, True),
        ({"result": "refused", "detail": "  "}, False, False),
        ({"result": "success", "warnings": ["left out"]}, False, True),
        ({"result": "success", "warnings": [""]}, False, False),
        (None, False, False),
    ],
)
def test_words_are_wanted_of_what_cannot_be_displayed(outcome, refused, warned):
    assert met(trace(outcome), "rendering", reports="refused") is refused
    assert met(trace(outcome), "rendering", reports="warned") is warned


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ("refused", "render: refused with a message"),
        ("warned", "render: refused with a message, or displayed with a warning"),
    ],
)
def test_what_is_wanted_of_a_message_is_said(reports, expected):
    (finding,) = judged(trace(told(seen())), "rendering", reports=reports)
    assert finding.expected == expected


def test_what_is_refused_with_words_is_no_wrong_picture():
    assert met(trace({"result": "refused", "detail": "outside"}), "rendering", reports="anything")
    assert not met(trace({"result": "refused", "detail": ""}), "rendering", reports="anything")
    assert not met(trace(told(seen(INVERSE))), "rendering", reports="anything")


def test_a_state_of_another_image_must_not_be_applied():
    other = build("state_inverse", GSPS, seed=8)
    found = trace(told(seen(INVERSE)), state=other.SOPInstanceUID)
    found.originals[other.SOPInstanceUID] = original(other)
    assert not met(found, "rendering")
    assert not met(found, "rendering", reports="anything")


def test_two_renders_may_have_to_be_the_same():
    assert met(trace(told(seen()), told(seen())), "rendering", same_as="1")
    assert not met(trace(told(seen()), told(seen(INVERSE))), "rendering", same_as="1")
    with pytest.raises(HarnessError):
        judged(trace(told(seen())), "rendering", same_as="4")


def decoded(values: np.ndarray, signed: bool = True) -> dict[str, object]:
    rows, columns = values.shape
    pixels = {"rows": rows, "columns": columns, "samples": 1, "bits": 16, "signed": signed, "data": values.tobytes()}
    return {"operation": "decode", "result": "success", "pixels": pixels}


def test_decoded_values_are_those_of_the_recipe():
    values = IMAGE.pixels[0].astype("<i2")
    assert met(trace(decoded(values), operation="decode"), "rendering", operation="decode")
    assert not met(trace(decoded(values ^ 1), operation="decode"), "rendering", operation="decode")
    assert not met(trace(decoded(values, signed=False), operation="decode"), "rendering", operation="decode")
    assert not met(trace(decoded(values.T.copy()), operation="decode"), "rendering", operation="decode")


def test_a_lossy_instance_may_differ_by_what_its_recipe_says():
    lossy = build(transfer_syntax="1.2.840.10008.1.2.4.50", seed=7)
    values = lossy.pixels[0].astype("<u1")
    found = trace_of()
    found.originals[lossy.SOPInstanceUID] = original(lossy)
    for difference in (lossy.max_error, lossy.max_error + 1):
        moved = np.where(values > 128, values - difference, values + difference).astype("<u1")
        outcome = decoded(moved, signed=False)
        asked = {"SOPInstanceUID": lossy.SOPInstanceUID}
        found.operations.append(Operation("workstation", "decode", None, asked, 0, 1, outcome))
    assert met(found, "rendering", operation="decode", position="first")
    (lossless,) = judged(trace(decoded(IMAGE.pixels[0]), operation="decode"), "rendering", operation="decode")
    assert lossless.expected.endswith("made from, exactly")
    (bounded,) = judged(found, "rendering", operation="decode", position="first")
    assert bounded.expected.endswith(f"made from, within {lossy.max_error}, as lossy compression may")
    assert not met(found, "rendering", operation="decode", position="last")


def test_an_instance_that_nobody_sent_is_our_own_mistake():
    with pytest.raises(HarnessError):
        judged(trace(told(seen()), SOPInstanceUID="1.2.3"), "rendering")
    with pytest.raises(HarnessError):
        judged(trace(decoded(IMAGE.pixels[0]), operation="decode", frame="2"), "rendering", operation="decode")


def test_a_display_that_cannot_be_seen_is_unobserved():
    found = trace(None)
    wanted = WANTED["rendering"].model_validate({})
    assert unobserved(found, wanted) is None
    found.operations[0].observable = False
    assert unobserved(found, wanted) == "what workstation reports to its user"


def test_pictures_are_left_of_each_render_and_of_each_wrong_decode():
    files = pictures(trace(told(seen()), told(seen(INVERSE))))
    assert sorted(files) == [
        *("actual-2.png", "actual.png", "difference-2.png"),
        *("difference.png", "expected-2.png", "expected.png"),
    ]
    assert files["expected.png"] == files["actual.png"] != files["actual-2.png"]
    begin = files["difference.png"].index(b"IDAT") + 4
    assert not any(zlib.decompress(files["difference.png"][begin:-16]))
    values = IMAGE.pixels[0].astype("<i2")
    assert not pictures(trace(decoded(values), operation="decode"))
    assert "difference.png" in pictures(trace(decoded(values ^ 1), operation="decode"))
    assert not pictures(trace({"result": "refused"}))


def test_a_step_may_refer_to_what_an_operation_told():
    value = {"state": {"reported_by": "present", "keyword": "SOPInstanceUID"}}
    assert referred(value, {}, outcomes={"present": {"SOPInstanceUID": "1.2"}}) == {"state": "1.2"}
    assert referred(value, {}, outcomes={"present": {"SOPInstanceUID": None}}) == {"state": ""}
    with pytest.raises(HarnessError):
        referred(value, {})
