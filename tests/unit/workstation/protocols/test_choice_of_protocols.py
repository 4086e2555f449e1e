"""Which of several display protocols is chosen, and what the choice says of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hospital import CHEST, Hospital, Picture, display_set, image_set, picture, protocol, shown

from dicom_workstation.outcome import Result
from dicom_workstation.protocols import DisplayProtocol, Reader, Screen
from dicom_workstation.protocols.codes import CodedValue
from dicom_workstation.protocols.outcomes import ChoiceOutcome
from dicom_workstation.protocols.report import describe_choice

PLAIN = picture("1", "1.1", "1.1.1", BodyPartExamined="CHEST", ViewPosition="PA")
READER = CodedValue("r1", "99HOSP", "Reader One")
REGION = [CHEST.value, CHEST.scheme, CHEST.meaning]


def held(*pictures: Picture) -> Hospital:
    return Hospital(pictures, frozenset(each.uid for each in pictures))


def chosen(
    *protocols: DisplayProtocol, of: tuple[Picture, ...] = (PLAIN,), reader: Reader | None = None
) -> tuple[str | None, str]:
    choice = held(*of).choose(*protocols, reader=reader)
    return (None if choice.protocol is None else choice.protocol.HangingProtocolName), choice.why


def test_without_protocols_none_is_chosen() -> None:
    assert chosen() == (None, "no display protocol is configured")


def test_the_only_one_that_fits_is_chosen() -> None:
    assert chosen(protocol("CT", modality="CT"), protocol("CR")) == ("CR", "it is the only one that fits")


def test_the_report_says_what_is_not_met_and_the_detail_where_there_is_one() -> None:
    choice = held(PLAIN).choose(protocol("CT", modality="CT"), protocol("CR"))
    rules = choice.ranking[1].rules
    without = replace(choice.ranking[1], rules=(replace(rules[0], detail=""), *rules[1:]))
    choice = replace(choice, ranking=(choice.ranking[0], without))
    found = {each.name: each.why for each in describe_choice(choice, ChoiceOutcome(result=Result.SUCCESS)).protocols}
    assert found["CR"] == "it is the only one that fits"
    assert found["CT"].startswith("not met: modality is CT; not met: image set 1 (no image meets its conditions); ")


LEVELS = (
    protocol(
        "mine", HangingProtocolLevel="SINGLE_USER", HangingProtocolUserIdentificationCode=["r1", "99HOSP", "Reader One"]
    ),
    protocol("ours", HangingProtocolLevel="USER_GROUP", HangingProtocolUserGroupName="Chest readers"),
    protocol("site"),
    protocol("maker", HangingProtocolLevel="MANUFACTURER"),
)


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        (Reader((READER,), "Chest readers"), "mine"),
        (Reader((), "Chest readers"), "ours"),
        (Reader((CodedValue("r2", "99HOSP"),), "Others"), "site"),
        (Reader(), "site"),
    ],
)
def test_what_is_the_readers_own_goes_before_what_is_the_sites(reader: Reader, name: str) -> None:
    assert chosen(*LEVELS, reader=reader)[0] == name


def test_the_makers_comes_last() -> None:
    assert chosen(LEVELS[3], LEVELS[2]) == ("site", "it goes before maker by the level")


def test_a_level_goes_before_any_criterion() -> None:
    closer = protocol("closer", HangingProtocolDefinition=[{"Modality": "CR", "AnatomicRegion": REGION}])
    assert chosen(closer, LEVELS[1], reader=Reader((), "Chest readers"))[0] == "ours"


DEFINITIONS = (
    (
        "procedure",
        {"ProcedureCode": ["p1", "99HOSP", "Follow-up"]},
        {"ProcedureCodeSequence": CodedValue("p1", "99HOSP")},
    ),
    (
        "reason for the procedure",
        {"ReasonForRequestedProcedureCode": ["I67.1", "I10", "Aneurysm"]},
        {"RequestAttributesSequence.ReasonForRequestedProcedureCodeSequence": CodedValue("I67.1", "I10")},
    ),
    ("anatomic region", {"AnatomicRegion": REGION}, {"AnatomicRegionSequence": CHEST}),
    ("laterality", {"Laterality": "L"}, {"Laterality": "L"}),
)


@pytest.mark.parametrize(("name", "criterion", "attributes"), DEFINITIONS, ids=[each[0] for each in DEFINITIONS])
def test_a_definition_that_asks_for_more_and_gets_it_goes_before(
    name: str, criterion: object, attributes: object
) -> None:
    assert isinstance(criterion, dict)
    assert isinstance(attributes, dict)
    closer = protocol("closer", HangingProtocolDefinition=[{"Modality": "CR", **criterion}])
    image = picture("1", "1.1", "1.1.1", **attributes)
    assert chosen(protocol("a plain one"), closer, of=(image,)) == (
        "closer",
        f"it goes before a plain one by the {name} of its definition",
    )
    other = picture(
        "1", "1.1", "1.1.1", **{key: CodedValue("x", "99HOSP") for key in attributes}, BodyPartExamined="FOOT"
    )
    assert chosen(protocol("a plain one"), closer, of=(other,))[0] == "a plain one"


def test_a_procedure_goes_before_a_region() -> None:
    by_region = protocol("by region", HangingProtocolDefinition=[{"Modality": "CR", "AnatomicRegion": REGION}])
    by_procedure = protocol(
        "the procedure", HangingProtocolDefinition=[{"Modality": "CR", "ProcedureCode": ["p1", "99HOSP", "Follow-up"]}]
    )
    image = picture("1", "1.1", "1.1.1", AnatomicRegionSequence=CHEST, ProcedureCodeSequence=CodedValue("p1", "99HOSP"))
    assert chosen(by_region, by_procedure, of=(image,))[0] == "the procedure"


def test_the_criteria_of_a_definition_are_met_by_one_series_and_not_by_several() -> None:
    wanted = protocol(
        "MR of the chest",
        HangingProtocolDefinition=[{"Modality": "MR", "AnatomicRegion": REGION}],
        ImageSets=[image_set("Modality", "CS", ["MR", "CT"], (1, [0, 0]))],
    )
    of = (
        picture("1", "1.1", "1.1.1", Modality="MR", BodyPartExamined="HEAD"),
        picture("1", "1.2", "1.2.1", Modality="CT", BodyPartExamined="CHEST"),
    )
    assert chosen(wanted, of=of)[0] is None
    assert chosen(wanted, of=(*of, picture("1", "1.3", "1.3.1", Modality="MR", BodyPartExamined="CHEST")))[0]


@pytest.mark.parametrize("code", [("51185008", "SCT"), ("T-D3000", "SRT"), ("T-D3000", "SNM3")])
@pytest.mark.parametrize(
    "attributes",
    [
        {"AnatomicRegionSequence": CodedValue("51185008", "SCT")},
        {"AnatomicRegionSequence": CodedValue("T-D3000", "SRT")},
        {"BodyPartExamined": "CHEST"},
    ],
)
def test_a_region_is_the_same_however_it_is_coded(code: tuple[str, str], attributes: dict[str, object]) -> None:
    wanted = protocol(
        HangingProtocolDefinition=[{"AnatomicRegion": [*code, "Chest"]}],
        ImageSets=[image_set("AnatomicRegionSequence", "SQ", [*code, "Chest"], (1, [0, 0]))],
    )
    assert chosen(wanted, of=(picture("1", "1.1", "1.1.1", **attributes),))[0] == "plain"


def test_a_body_part_is_the_same_as_its_code() -> None:
    wanted = protocol(ImageSets=[image_set("BodyPartExamined", "CS", "CHEST", (1, [0, 0]))])
    assert chosen(wanted, of=(picture("1", "1.1", "1.1.1", AnatomicRegionSequence=CHEST),))[0] == "plain"


def test_the_code_of_the_region_goes_before_the_body_part() -> None:
    wanted = protocol(ImageSets=[image_set("AnatomicRegionSequence", "SQ", REGION, (1, [0, 0]))])
    of = (picture("1", "1.1", "1.1.1", AnatomicRegionSequence=CodedValue("69536005", "SCT"), BodyPartExamined="CHEST"),)
    assert chosen(wanted, of=of)[0] is None


CURRENT_ONLY = protocol("without prior")
WITH_PRIOR = protocol(
    "with prior",
    NumberOfPriorsReferenced=1,
    ImageSets=[image_set("Modality", "CS", "CR", (1, [0, 0]), (2, (1, 1)))],
    DisplaySets=[display_set(1, 1), display_set(2, 2)],
)
EARLIER = picture("2", "2.1", "2.1.1", StudyDate="20250101")


def test_one_with_a_prior_is_chosen_if_there_is_a_prior_and_only_then() -> None:
    assert chosen(CURRENT_ONLY, WITH_PRIOR, of=(PLAIN, EARLIER)) == (
        "with prior",
        "it goes before without prior by priors that it shows",
    )
    assert chosen(CURRENT_ONLY, WITH_PRIOR) == (
        "without prior",
        "it goes before with prior by priors that are missing",
    )


def test_a_study_of_another_patient_is_no_prior() -> None:
    stranger = picture("2", "2.1", "2.1.1", StudyDate="20250101", PatientID="another")
    assert chosen(CURRENT_ONLY, WITH_PRIOR, of=(PLAIN, stranger))[0] == "without prior"


def test_a_later_study_and_one_without_a_date_are_no_priors() -> None:
    later = picture("2", "2.1", "2.1.1", StudyDate="20270101")
    undated = picture("3", "3.1", "3.1.1", StudyDate="")
    choice = held(PLAIN, later, undated).choose(WITH_PRIOR)
    assert shown(choice) == {1: ("1.1.1",), 2: ()}
    assert any(each.detail == "no such prior is known; 1 studies have no date" for each in choice.ranking[0].rules)


PRIORS = tuple(
    picture(str(number), f"{number}.1", f"{number}.1.1", StudyDate=date)
    for number, date in ((2, "20260323"), (3, "20260228"), (4, "20250330"), (5, "20200101"))
)


@pytest.mark.parametrize(
    ("time", "studies"),
    [
        ((1, 1), "2"),
        ((2, 2), "3"),
        ((2, 3), "34"),
        ((-1, -1), "5"),
        ((1, -1), "2345"),
        ((3, -1), "45"),
        ((5, 5), ""),
        ([1, 7], "2"),
        ([7, 7], "2"),
        ([8, 40], "3"),
        ([365, 365], "4"),
        ([0, 7], "12"),
        ([0, 0], "1"),
    ],
)
def test_which_studies_belong_to_an_image_set(time: object, studies: str) -> None:
    wanted = protocol(
        ImageSets=[image_set("Modality", "CS", "CR", (1, [0, 0]), (2, time))],
        DisplaySets=[display_set(1, 1), display_set(2, 2)],
    )
    choice = held(PLAIN, *PRIORS).choose(wanted)
    assert "".join(uid.partition(".")[0] for uid in shown(choice)[2]) == studies


def test_a_prior_that_does_not_meet_the_conditions_is_not_counted() -> None:
    knee = picture("9", "9.1", "9.1.1", StudyDate="20260329", BodyPartExamined="KNEE")
    wanted = protocol(
        ImageSets=[image_set("BodyPartExamined", "CS", "CHEST", (1, [0, 0]), (2, (1, 1)))],
        DisplaySets=[display_set(1, 1), display_set(2, 2)],
    )
    chest = picture("2", "2.1", "2.1.1", StudyDate="20250101", BodyPartExamined="CHEST")
    assert shown(held(PLAIN, knee, chest).choose(wanted))[2] == ("2.1.1",)


SCREEN = {"NumberOfVerticalPixels": 2560, "NumberOfHorizontalPixels": 2048}
TWO_SCREENS = protocol("a: two screens", NumberOfScreens=2, NominalScreenDefinition=[SCREEN, SCREEN])
ONE_SCREEN = protocol("one screen", NumberOfScreens=1, NominalScreenDefinition=[SCREEN])


def test_one_that_is_made_for_the_screens_goes_before() -> None:
    large = Screen(NumberOfVerticalPixels=2560, NumberOfHorizontalPixels=2048)
    small = Screen(NumberOfVerticalPixels=1024, NumberOfHorizontalPixels=1024)
    assert chosen(TWO_SCREENS, ONE_SCREEN, reader=Reader(screens=(large,))) == (
        "one screen",
        "it goes before a: two screens by the screens",
    )
    assert chosen(TWO_SCREENS, ONE_SCREEN, reader=Reader(screens=(large, large)))[0] == "a: two screens"
    assert chosen(TWO_SCREENS, ONE_SCREEN, reader=Reader(screens=(small,)))[0] == "a: two screens"  # neither: the name
    assert chosen(TWO_SCREENS, ONE_SCREEN)[0] == "a: two screens"  # nothing is known of the screens


def test_one_that_cannot_be_shown_as_a_whole_comes_after() -> None:
    mpr = protocol("a: MPR", DisplaySets=[display_set(1, 1, ReformattingOperationType="MPR")])
    assert chosen(mpr, protocol("b: plain")) == ("b: plain", "it goes before a: MPR by what cannot be shown")


def test_the_name_breaks_a_tie_and_then_the_uid_and_then_the_content() -> None:
    assert chosen(protocol("b"), protocol("a")) == ("a", "it goes before b by the name")
    first, second = protocol("same", SOPInstanceUID="2.25.1"), protocol("same", SOPInstanceUID="2.25.2")
    assert chosen(second, first)[1] == "it goes before same by the UID"
    assert held(PLAIN).choose(second, first).protocol == first
    other = protocol("same", HangingProtocolDescription="with words")
    one = held(PLAIN).choose(protocol("same"), other).protocol
    assert one == held(PLAIN).choose(other, protocol("same")).protocol


def test_every_rule_is_told_of_every_protocol() -> None:
    choice = held(PLAIN).choose(protocol("CT", modality="CT"), protocol("CR"))
    rules = {each.protocol.HangingProtocolName: each.rules for each in choice.ranking}
    assert ("modality is CR", "met", "1.1.1", "CR") in [
        (each.rule, each.result, each.on, each.detail) for each in rules["CR"]
    ]
    assert ("modality is CT", "failed", "1.1.1", "CR") in [
        (each.rule, each.result, each.on, each.detail) for each in rules["CT"]
    ]
