"""A choice as its outcome reports it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dicom_workstation.protocols.choice import Choice, decided_by
from dicom_workstation.protocols.evaluation import Evaluation
from dicom_workstation.protocols.outcomes import BoxEntry, ChoiceOutcome, ImageSetEntry, ProtocolEntry, ReasonEntry


def describe_choice(choice: Choice, outcome: ChoiceOutcome) -> ChoiceOutcome:
    """Return an outcome that reports a choice, too."""
    protocol = choice.protocol
    return replace(
        outcome,
        protocol=None if protocol is None else protocol.HangingProtocolName,
        why=choice.why,
        image_sets=() if choice.chosen is None else tuple(_image_sets(choice.chosen)),
        boxes=tuple(_boxes(choice)),
        to_load=tuple(dict.fromkeys(uid for each in choice.displays for uid in each.to_load)),
        protocols=tuple(_protocols(choice)),
        reasons=tuple(
            ReasonEntry(each.protocol.HangingProtocolName, one.rule, one.result, one.on, one.detail)
            for each in choice.ranking
            for one in each.rules
        ),
    )


def _image_sets(chosen: Evaluation) -> Iterator[ImageSetEntry]:
    for _, timed in chosen.protocol.time_based_sets:
        found = chosen.sets[timed.ImageSetNumber]
        studies = tuple(dict.fromkeys(leaf.study.uid for leaf in found))
        images = sum(leaf.image is not None for leaf in found)
        yield ImageSetEntry(timed.ImageSetNumber, timed.ImageSetLabel, images, studies)


def _boxes(choice: Choice) -> Iterator[BoxEntry]:
    for display in choice.displays:
        wanted = display.display_set
        for box in display.boxes:
            yield BoxEntry(
                display_set=wanted.DisplaySetNumber,
                group=wanted.DisplaySetPresentationGroup,
                box=box.number,
                image_set=wanted.ImageSetNumber,
                layout=box.layout,
                position="\\".join(f"{each:g}" for each in box.position),
                images=box.images,
                of=len(display.images),
                detail=box.detail,
            )


def _protocols(choice: Choice) -> Iterator[ProtocolEntry]:
    for each in choice.ranking:
        failed = [one for one in each.rules if one.result == "failed"] or [
            one for one in each.rules if one.result != "met"
        ]
        if each.rank.is_excluded:
            why = "; ".join(f"not met: {one.rule}" + (f" ({one.detail})" if one.detail else "") for one in failed[:3])
        elif each is choice.chosen:
            why = choice.why
        else:
            name = choice.ranking[0].protocol.HangingProtocolName
            why = f"it comes after {name} by {decided_by(choice.ranking[0].rank, each.rank)}"
        protocol = each.protocol
        yield ProtocolEntry(protocol.HangingProtocolName, protocol.HangingProtocolLevel, not each.rank.is_excluded, why)
