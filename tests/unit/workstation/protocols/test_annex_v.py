"""The examples of PS3.17 Annex V as oracles: which image stands where (V.3 and V.4)."""

from __future__ import annotations

import yaml
from hospital import CHEST, DATA, HEAD, Hospital, Picture, boxed, picture, read, shown

from dicom_workstation.configuration import protocol_of
from dicom_workstation.protocols.codes import CodedValue

PLAN = CodedValue("98765", "99Local", "NeuroSurgery Plan Local5", "1.5")
ANEURYSM = CodedValue("I67.1", "I10", "Cerebral aneurysm")
TRANSVERSE = ["1", "0", "0", "0", "1", "0"]
SAGITTAL = ["0", "1", "0", "0", "0", "-1"]


def chest_study(study: str, date: str, *views: str) -> tuple[Picture, ...]:
    return tuple(
        picture(
            study, f"{study}.1", f"{study}.1.{view}", StudyDate=date, AnatomicRegionSequence=CHEST, ViewPosition=view
        )
        for view in views
    )


CURRENT = chest_study("1", "20260330", "PA", "LL")
PRIOR = chest_study("2", "20250301", "PA", "RL")
OLDER = chest_study("3", "20200301", "PA", "LL")


def everything(*pictures: Picture) -> Hospital:
    return Hospital(pictures, frozenset(each.uid for each in pictures))


def test_v_3_shows_the_current_study_on_the_right_screen_and_the_latest_prior_on_the_left_one() -> None:
    choice = everything(*OLDER, *CURRENT, *PRIOR).choose(read("chest-x-ray"))
    assert choice.protocol is not None
    assert shown(choice) == {1: ("2.1.RL",), 2: ("2.1.PA",), 3: ("1.1.PA",), 4: ("1.1.LL",)}
    positions = {each.display_set.DisplaySetNumber: each.boxes[0].position for each in choice.displays}
    assert positions == {
        1: (0.0, 1.0, 0.25, 0.0),
        2: (0.25, 1.0, 0.5, 0.0),
        3: (0.5, 1.0, 0.75, 0.0),
        4: (0.75, 1.0, 1.0, 0.0),
    }


def test_v_3_keeps_its_layout_without_a_prior_and_says_why_boxes_are_empty() -> None:
    choice = everything(*CURRENT).choose(read("chest-x-ray"))
    assert shown(choice) == {1: (), 2: (), 3: ("1.1.PA",), 4: ("1.1.LL",)}
    assert choice.displays[0].boxes[0].detail == "image set 2 has no images"


def test_v_3_is_not_for_another_region_nor_another_modality() -> None:
    knee = picture("1", "1.1", "1.1.1", BodyPartExamined="KNEE", ViewPosition="AP")
    ct = picture("1", "1.1", "1.1.1", Modality="CT", AnatomicRegionSequence=CHEST)
    for one in (knee, ct):
        choice = everything(one).choose(read("chest-x-ray"))
        assert choice.protocol is None
        assert choice.why == "no display protocol fits this study"
    (evaluation,) = everything(knee).choose(read("chest-x-ray")).ranking
    assert any("anatomic region is Chest" in each.rule and each.detail == "KNEE" for each in evaluation.rules)


def head_series(study: str, date: str, modality: str, count: int, **more: object) -> tuple[Picture, ...]:
    """Return slices from the feet to the head, in an order of UIDs that is the other way."""
    return tuple(
        picture(
            study,
            f"{study}.{modality}",
            f"{study}.{modality}.{count - number:02d}",
            **{
                "StudyDate": date,
                "Modality": modality,
                "BodyPartExamined": "HEAD",
                "AnatomicRegionSequence": HEAD,
                "ProcedureCodeSequence": PLAN,
                "ReasonForRequestedProcedureCodeSequence": ANEURYSM,
                "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
                "ImageOrientationPatient": TRANSVERSE,
                "ImagePositionPatient": ["0", "0", str(5 * number)],
                "InstanceNumber": str(number + 1),
                **more,
            },
        )
        for number in range(count)
    )


SCOUT = head_series(
    "1", "20260330", "CT", 1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], ImageOrientationPatient=SAGITTAL
)
CT = tuple(
    Picture(each.study, "1.CT", f"{each.uid}x", each.attributes) for each in head_series("1", "20260330", "CT", 7)
)
MR = head_series("1", "20260330", "MR", 4)
OLD_CT = head_series("2", "20251201", "CT", 5)
OLDER_CT = head_series("3", "20240101", "CT", 2)

FEET_TO_HEAD_CT = tuple(each.uid for each in CT)
FEET_TO_HEAD_MR = tuple(each.uid for each in MR)
FEET_TO_HEAD_OLD = tuple(each.uid for each in OLD_CT)


def test_v_4_shows_four_groups_of_current_ct_mr_and_prior_ct() -> None:
    choice = everything(*SCOUT, *CT, *MR, *OLD_CT, *OLDER_CT).choose(read("neurosurgery-plan"))
    found = shown(choice)
    assert len(found) == 22
    current_ct, current_mr, prior_ct = (1, 2, 3, 5, 12, 13, 15, 18, 19, 21), (6, 7, 8, 10, 11, 14, 16), (17, 20, 22)
    assert all(found[number] == FEET_TO_HEAD_CT for number in current_ct)
    assert all(found[number] == FEET_TO_HEAD_MR for number in current_mr)
    assert all(found[number] == FEET_TO_HEAD_OLD for number in prior_ct)
    assert set(found[4]) == set(FEET_TO_HEAD_CT)  # all but the localizer, not sorted along an axis
    assert set(found[9]) == set(FEET_TO_HEAD_MR)
    groups = [each.display_set.DisplaySetPresentationGroup for each in choice.displays]
    assert [groups.count(number) for number in (1, 2, 3, 4)] == [5, 5, 6, 6]


def test_v_4_lets_images_flow_through_the_rows_of_two_boxes() -> None:
    choice = everything(*SCOUT, *CT, *MR, *OLD_CT).choose(read("neurosurgery-plan"))
    boxes = boxed(choice)
    assert boxes[15, 1] == FEET_TO_HEAD_CT[:3]
    assert boxes[15, 2] == FEET_TO_HEAD_CT[3:6]
    assert boxes[16, 1] == FEET_TO_HEAD_MR[:3]
    assert boxes[16, 2] == FEET_TO_HEAD_MR[3:]
    assert boxes[5, 1] == FEET_TO_HEAD_CT  # seven of twelve tiles
    assert boxes[3, 1] == FEET_TO_HEAD_CT


def test_v_4_says_which_boxes_this_workstation_cannot_show() -> None:
    choice = everything(*CT, *MR, *OLD_CT).choose(read("neurosurgery-plan"))
    details = {each.display_set.DisplaySetNumber: each.boxes[0].detail for each in choice.displays}
    mpr = (1, 2, 6, 7, 11, 12, 17, 18)
    assert {number for number, detail in details.items() if detail == "MPR is not supported"} == set(mpr)
    assert {number for number, detail in details.items() if detail == "3D_RENDERING is not supported"} == {4, 9}
    assert not any(detail for number, detail in details.items() if number not in (*mpr, 4, 9))


def test_v_4_is_for_a_study_with_one_of_the_two_modalities() -> None:
    choice = everything(*CT).choose(read("neurosurgery-plan"))
    assert shown(choice)[3] == FEET_TO_HEAD_CT
    assert shown(choice)[8] == ()
    assert [each.rule for each in choice.ranking[0].rules if each.result == "failed"][:2] == [
        "image set 1 (Current MR Head)",
        "image set 3 (Prior CT Head)",
    ]


def test_the_scenario_plays_the_plan_that_the_annex_prints() -> None:
    path = DATA.parents[2] / "scenarios" / "protocol" / "neurosurgery-plan.yaml"
    (played,) = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)["settings"]["display_protocols"]
    assert protocol_of(played) == read("neurosurgery-plan")
