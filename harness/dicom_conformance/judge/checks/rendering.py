"""The check `rendering`: what an AE displays, compared with the picture that the harness draws itself.

A `render` is compared with the picture of `judge.rendering`, a `decode` against the stored values that the instance
was made of; both pictures and their difference are evidence. What is annotated is judged by geometry: lines where they
have to run, text within its bounding box; pixels on the edge of a shutter are not judged. The finding says so.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.checks.choice import finding, pick
from dicom_conformance.judge.checks.outcome import chosen_operations
from dicom_conformance.judge.checks.wanted import Position, Wanted
from dicom_conformance.judge.displayed import RGB, DisplayedImage, displayed_image
from dicom_conformance.judge.rendering import (
    Comparison,
    Expected,
    RenderError,
    colours,
    compare,
    photometric,
    refers,
    render,
)
from dicom_conformance.results import Finding
from dicom_conformance.trace import Operation, Trace

CHECK = "rendering"

Outcome = Mapping[str, Any]


class RenderingWanted(Wanted):
    """What may be wanted of what `ae` displays.

    `operation: render` wants the picture of the harness's own renderer, within `tolerance` (of 255); `same_as` names
    another `render`, by its number from 1, whose picture has to be the same. `operation: decode` wants the stored
    values that the instance was made from, within what its compression may lose. `reports: refused` wants a
    refusal with a message instead of a picture; `reports: warned` a refusal or a warning with a message; `reports:
    nothing` a picture and no warning; `reports: anything` a refusal with a message, or the picture with or without a
    warning.
    """

    ae: str = Field(default="workstation", description="AE that shows the picture")
    operation: Literal["render", "decode"] = Field(
        default="render",
        description=(
            "`render`: the picture is compared with one that the harness renders itself; `decode`: "
            "stored values are compared with those the instance was made of"
        ),
    )
    position: Position = Field(default="last", description="which of several such operations")
    tolerance: float = Field(
        default=1.0, ge=0, le=255, description="by how much a sample of the picture may differ, of 255"
    )
    same_as: int | None = Field(
        default=None, ge=1, description="number, from 1, of another `render` whose picture must be the same"
    )
    reports: Literal["refused", "warned", "anything", "nothing"] = Field(
        default="nothing",
        description=(
            "what is reported to the user: `nothing` (a picture without a warning), `warned` (a refusal or a warning, "
            "with a message), `refused` (no picture, and a message that says why), `anything` (a refusal with a "
            "message, or the picture)"
        ),
    )


def judge(trace: Trace, wanted: RenderingWanted) -> list[Finding]:
    """Judge what an AE displays: one finding for each operation chosen."""
    asked = chosen_operations(trace, wanted.ae, wanted.operation, None)
    chosen = pick(asked, wanted.position)
    if not chosen:
        text = f"a {wanted.operation} of {wanted.ae}"
        return [finding(CHECK, False, text, "no such operation was requested")]
    if wanted.reports in ("refused", "warned"):
        return [_message(one, wanted.reports) for one in chosen]
    if wanted.operation == "decode":
        return [_decoded(trace, one) for one in chosen]
    if wanted.same_as is not None:
        return [_same(asked, wanted.same_as, one) for one in chosen]
    return [
        _message(one, "refused")
        if wanted.reports == "anything" and (one.outcome or {}).get("result") == "refused"
        else _rendered(trace, one, wanted.tolerance, wanted.reports == "nothing")
        for one in chosen
    ]


def _message(operation: Operation, reports: str) -> Finding:
    """Judge that the user is told about an image that cannot be displayed as requested."""
    outcome: Outcome = operation.outcome or {}
    refused = outcome.get("result") == "refused" and bool(str(outcome.get("detail") or "").strip())
    warned = reports == "warned" and bool([one for one in outcome.get("warnings") or () if str(one).strip()])
    expected = (
        "refused with a message" if reports == "refused" else "refused with a message, or displayed with a warning"
    )
    return finding(CHECK, refused or warned, f"{operation.operation}: {expected}", summary(outcome))


def _rendered(trace: Trace, operation: Operation, tolerance: float, quiet: bool) -> Finding:
    """Judge a picture; `quiet` wants it without a warning."""
    expected = f"the picture of the harness's own renderer, within {tolerance:g} of 255"
    actual = picture(operation.outcome, "rendering")
    if actual is None:
        return finding(CHECK, False, expected, f"no picture: {summary(operation.outcome or {})}")
    outcome: Outcome = operation.outcome or {}
    if not _refers(trace, operation):
        return finding(CHECK, False, "a refusal: the state does not refer to the frame", "a picture")
    warnings = outcome.get("warnings")
    drawn = expectation(trace, operation, actual.shape)
    found = compare(drawn, actual, tolerance)
    if drawn.drawings:
        expected += "; annotations compared by geometry"
    actual_text = "; ".join(found.complaints) or _alike(found)
    if warnings:
        expected += ", and no warning" if quiet else ""
        actual_text += f"; with the warning: {'; '.join(str(one) for one in warnings)}"
    return finding(CHECK, not found.complaints and not (quiet and warnings), expected, actual_text)


def _alike(found: Comparison) -> str:
    left = f", {found.unjudged} not compared by value (annotated, or on an edge)" if found.unjudged else ""
    return f"{found.judged} pixels differ by at most {found.most:.1f}{left}"


def _same(asked: list[Operation], number: int, operation: Operation) -> Finding:
    expected = f"the same picture as render {number}"
    if number > len(asked):
        raise HarnessError(f"there is no render {number}: {len(asked)} were requested")
    first, second = picture(asked[number - 1].outcome, "rendering"), picture(operation.outcome, "rendering")
    if first is None or second is None:
        return finding(CHECK, False, expected, f"no picture: {summary(operation.outcome or {})}")
    same = first.shape == second.shape and bool((first == second).all())
    return finding(CHECK, same, expected, "the same" if same else "another picture")


def _decoded(trace: Trace, operation: Operation) -> Finding:
    one = subject_of(trace, operation)
    bound = f"within {one.max_error}, as lossy compression may" if one.max_error else "exactly"
    expected = f"the stored values that the instance was made from, {bound}"
    actual = picture(operation.outcome, "pixels")
    if actual is None:
        return finding(CHECK, False, expected, f"no pixels: {summary(operation.outcome or {})}")
    low, high = stored_bounds(one, frame_of(operation))
    if low.shape != actual.shape:
        return finding(CHECK, False, expected, f"shape {actual.shape} instead of {low.shape}")
    seen = actual.astype(np.int64)
    most = int(np.maximum(low - seen, seen - high).max(initial=0))
    return finding(CHECK, most <= one.max_error, expected, f"{low.size} values differ by at most {most}")


def stored_bounds(one: DisplayedImage, frame: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the least and the most that the stored values of a frame may be decoded to.

    Three samples are reported as RGB, however they are stored; then each may be rounded either way.
    """
    made = one.frame(frame).astype(np.int64)
    if made.ndim == 2 or one.model == RGB or photometric(one.data_set) == RGB:
        return made, made
    try:
        low, high = colours(made, one.data_set, one.model)
    except RenderError as error:
        raise HarnessError(f"the harness cannot decode {one.SOPInstanceUID}: {error}") from error
    top = (1 << int(one.data_set.BitsStored)) - 1
    return np.floor(low * top).astype(np.int64), np.ceil(high * top).astype(np.int64)


def _refers(trace: Trace, operation: Operation) -> bool:
    """Tell whether the state that an operation names, if any, is for its image and frame."""
    state = operation.arguments.get("state")
    if state in (None, ""):
        return True
    return refers(
        displayed_image(trace, str(state)).data_set, subject_of(trace, operation).data_set, frame_of(operation)
    )


def expectation(trace: Trace, operation: Operation, shape: tuple[int, ...]) -> Expected:
    """Give the picture that is expected of a `render`, laid out in the shape of what is displayed.

    Raises
    ------
    HarnessError
        The harness cannot draw what the scenario requests.
    """
    image = subject_of(trace, operation)
    frame, state = frame_of(operation), operation.arguments.get("state")
    applied = None if state in (None, "") else displayed_image(trace, str(state))
    window = operation.arguments.get("window")
    window_values = (float(window["center"]), float(window["width"])) if isinstance(window, Mapping) else None
    pitch = operation.arguments.get("display_spacing_mm")
    pitch_mm = None if pitch is None else float(str(pitch))
    attributes = None if applied is None else applied.data_set
    reduced = bool(operation.arguments.get("viewport"))
    size = shape[0], shape[1]
    try:
        return render(
            image.frame(frame),
            image.data_set,
            attributes,
            frame,
            window_values,
            size,
            pitch_mm,
            reduced,
            image.pixels,
            image.model,
        )
    except RenderError as error:
        raise HarnessError(f"the harness cannot draw {image.SOPInstanceUID}: {error}") from error


def subject_of(trace: Trace, operation: Operation) -> DisplayedImage:
    """Give the instance that an operation names."""
    return displayed_image(trace, str(operation.arguments.get("SOPInstanceUID")))


def frame_of(operation: Operation) -> int:
    """Give the frame that an operation names, the first unless it does."""
    return int(str(operation.arguments.get("frame") or 1))


def picture(outcome: Outcome | None, key: str) -> NDArray[Any] | None:
    """Read the picture (`rendering`) or stored values (`pixels`) of an outcome; None where it has none of this size.

    Returns
    -------
    ndarray or None
        Shape (rows, columns), or with 3 samples (rows, columns, 3).
    """
    reported = (outcome or {}).get(key)
    if not isinstance(reported, Mapping):
        return None
    rows, columns = int(reported["rows"]), int(reported["columns"])
    samples = int(reported.get("samples") or 1)
    data = reported.get("data") or b""
    raw = base64.b64decode(data) if isinstance(data, str) else bytes(data)
    count = rows * columns * samples
    if count < 1 or len(raw) % count:
        return None
    kind = "i" if str(reported.get("signed", "")).lower() in ("true", "1") else "u"
    values: NDArray[Any] = np.frombuffer(raw, f"<{kind}{len(raw) // count}")
    return values.reshape((rows, columns) if samples == 1 else (rows, columns, samples))


def summary(outcome: Outcome) -> str:
    """Summarize an outcome in a few words."""
    parts = [str(outcome.get("result")), str(outcome.get("detail") or "")]
    parts += [f"warning: {one}" for one in outcome.get("warnings") or ()]
    return " ".join(one for one in parts if one)
