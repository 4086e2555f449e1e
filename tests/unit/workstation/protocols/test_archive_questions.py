"""What an archive is asked, and what it is not."""

from __future__ import annotations

import pytest
from hospital import CHEST, Hospital, Picture, display_set, image_set, picture, protocol, read

from dicom_workstation.protocols import Reader
from dicom_workstation.protocols.archive_questions import keys_at, keys_of, questions
from dicom_workstation.protocols.facts import Level, Question

PA = picture("1", "1.1", "1.1.1", BodyPartExamined="CHEST", ViewPosition="PA")
LL = picture("1", "1.1", "1.1.2", BodyPartExamined="CHEST", ViewPosition="LL")
OTHER_SERIES = picture("1", "1.2", "1.2.1", Modality="CT", BodyPartExamined="CHEST")
PRIOR = picture("2", "2.1", "2.1.1", StudyDate="20250101", BodyPartExamined="CHEST", ViewPosition="PA")
KNEE = picture("3", "3.1", "3.1.1", StudyDate="20260101", BodyPartExamined="KNEE", ViewPosition="AP")
CT = picture("4", "4.1", "4.1.1", StudyDate="20260201", Modality="CT", BodyPartExamined="CHEST")

CURRENT_CR = protocol("CR")
WITH_PRIOR = protocol(
    "CR with prior",
    ImageSets=[image_set("Modality", "CS", "CR", (1, [0, 0]), (2, (1, 1)))],
    DisplaySets=[display_set(1, 1), display_set(2, 2)],
)
PA_ALONE = protocol(
    "PA",
    DisplaySets=[
        display_set(
            1,
            1,
            FilterOperations=[
                {"SelectorAttribute": "ViewPosition", "SelectorCSValue": "PA", "FilterByOperator": "MEMBER_OF"}
            ],
        )
    ],
)


def hospital(*pictures: Picture, held: str = "1.1.1", **more: object) -> Hospital:
    return Hospital(pictures, frozenset(held.split()), **more)  # type: ignore[arg-type]


def test_nothing_is_asked_if_memory_tells() -> None:
    asked = hospital(PA, LL, held="1.1.1 1.1.2")
    assert asked.choose(read("chest-x-ray")).protocol is not None
    assert asked.levels() == ""


def test_nothing_is_asked_without_protocols() -> None:
    asked = hospital(PA, LL, has_asked_for_priors=False)
    asked.choose()
    assert asked.levels() == ""


def test_series_are_asked_for_if_it_is_not_known_that_all_of_the_study_is_in_memory() -> None:
    asked = hospital(PA, has_asked_for_priors=False)
    asked.choose(CURRENT_CR)
    assert asked.asked == [Question(Level.SERIES, "1")]


def test_images_are_not_asked_for_if_series_suffice() -> None:
    asked = hospital(PA, LL, OTHER_SERIES)
    choice = asked.choose(CURRENT_CR)
    assert asked.levels() == "S"
    assert choice.displays[0].to_load == ("1.1",)


def test_images_are_asked_for_of_the_series_alone_that_belongs_to_the_set() -> None:
    asked = hospital(PA, LL, OTHER_SERIES, held="1.2.1")
    asked.choose(PA_ALONE)
    assert asked.asked == [Question(Level.SERIES, "1"), Question(Level.IMAGE, "1", "1.1")]


def test_the_series_of_a_prior_are_asked_for_if_a_prior_is_shown_and_only_then() -> None:
    asked = hospital(PA, PRIOR)
    asked.choose(CURRENT_CR)
    assert asked.levels() == ""
    asked.choose(WITH_PRIOR)
    assert asked.asked == [Question(Level.SERIES, "2")]


def test_priors_are_asked_one_after_the_other_until_one_has_what_is_wanted() -> None:
    asked = hospital(PA, LL, KNEE, PRIOR, picture("5", "5.1", "5.1.1", StudyDate="20200101"), held="1.1.1 1.1.2")
    asked.choose(read("chest-x-ray"))
    assert asked.asked == [
        Question(Level.SERIES, "3"),
        Question(Level.SERIES, "2"),
        Question(Level.IMAGE, "2", "2.1"),
    ]


def test_a_prior_of_another_modality_is_not_asked_about() -> None:
    asked = hospital(PA, CT, PRIOR)
    asked.choose(WITH_PRIOR)
    assert asked.asked == [Question(Level.SERIES, "2")]


def test_a_protocol_that_cannot_be_chosen_asks_nothing() -> None:
    asked = hospital(PA, PRIOR)
    lesser = protocol(
        "of the maker",
        HangingProtocolLevel="MANUFACTURER",
        ImageSets=[image_set("Modality", "CS", "CR", (1, [0, 0]), (2, (1, 1)))],
        DisplaySets=[display_set(1, 1), display_set(2, 2)],
    )
    asked.choose(CURRENT_CR, lesser)
    assert asked.levels() == ""


def test_the_region_is_asked_for_at_the_series_level_first() -> None:
    wanted = protocol(
        "chest",
        ImageSets=[image_set("AnatomicRegionSequence", "SQ", [CHEST.value, CHEST.scheme, "Chest"], (1, [0, 0]))],
    )
    asked = hospital(PA, OTHER_SERIES)
    asked.choose(wanted)
    assert asked.levels() == "S"
    silent = hospital(PA, OTHER_SERIES, returned=frozenset(("Modality", "StudyDate")))
    silent.choose(wanted)
    assert silent.asked == [Question(Level.SERIES, "1"), Question(Level.IMAGE, "1", "1.2")]


@pytest.mark.parametrize(("flag", "is_shown"), [("MATCH", True), ("NO_MATCH", False)])
@pytest.mark.parametrize("given", ["", None])
def test_the_usage_flag_decides_on_a_key_that_is_not_returned_or_returned_empty(
    flag: str, is_shown: bool, given: str | None
) -> None:
    """PS3.4 C.2.2.1.3: neither tells that the attribute is absent."""
    wanted = protocol(
        "chest",
        ImageSets=[image_set("BodyPartExamined", "CS", "CHEST", (1, [0, 0]), (2, (1, 1)), flag=flag)],
        DisplaySets=[display_set(1, 1), display_set(2, 2)],
    )
    attributes = {} if given is None else {"BodyPartExamined": [] if given == "" else given}
    prior = picture("2", "2.1", "2.1.1", StudyDate="20250101", **attributes)
    choice = hospital(PA, prior).choose(wanted)
    assert (choice.displays[1].to_load == ("2.1",)) is is_shown


def test_where_the_archive_fails_what_is_known_decides_and_it_is_not_asked_again() -> None:
    asked = hospital(PA, LL, PRIOR, fails=frozenset((Level.SERIES, Level.IMAGE)))
    choice = asked.choose(WITH_PRIOR)
    assert choice.protocol == WITH_PRIOR
    assert len(set(asked.asked)) == len(asked.asked)
    assert choice.displays[0].images == ("1.1.1",)
    assert choice.displays[1].images == ()


def test_a_series_without_images_is_not_asked_about() -> None:
    report = picture("1", "1.9", "1.9.1", Modality="SR", BodyPartExamined="CHEST")
    asked = hospital(PA, report)
    asked.choose(protocol("chest", ImageSets=[image_set("BodyPartExamined", "CS", "CHEST", (1, [0, 0]))]))
    assert asked.levels() == "S"


def test_what_may_not_be_asked_is_no_question() -> None:
    facts = hospital(PA, LL).facts(can_ask=False)
    assert questions((PA_ALONE,), facts, Reader()) == ()


def test_the_keys_are_what_the_protocols_look_at_each_at_its_level() -> None:
    keys = keys_of((read("chest-x-ray"),))
    assert keys == tuple(sorted(keys))
    assert {"AnatomicRegionSequence", "BodyPartExamined", "Modality", "ViewPosition"} <= set(keys)
    assert "ViewPosition" in keys_at(Level.IMAGE, keys)
    assert "BodyPartExamined" in keys_at(Level.SERIES, keys)
    assert "Modality" in keys_at(Level.SERIES, keys)
    planes = keys_of((read("neurosurgery-plan"),))
    assert {"ImageOrientationPatient", "PatientOrientation", "ImagePositionPatient", "ImageType"} <= set(planes)
    assert "RequestAttributesSequence.ReasonForRequestedProcedureCodeSequence" in keys_at(Level.SERIES, planes)
