"""What always holds of the choice of a display protocol, whatever the studies, the protocols and the archive."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hospital import CHEST, HEAD, Hospital, Picture, display_set, image_set, picture, protocol
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicom_workstation.protocols import Choice, DisplayProtocol, Reader, choose
from dicom_workstation.protocols.archive_questions import questions
from dicom_workstation.protocols.evaluation import Outlook, Rank, evaluate
from dicom_workstation.protocols.facts import Attributes, Level, Question
from dicom_workstation.protocols.gathering import Known, gather

MODALITIES = ("CR", "CT", "MR")
FEW = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

FILTERS: tuple[tuple[dict[str, object], ...], ...] = (
    (),
    ({"SelectorAttribute": "ViewPosition", "SelectorCSValue": "PA", "FilterByOperator": "MEMBER_OF"},),
    (
        {
            "SelectorAttribute": "ImageType",
            "SelectorCSValue": "LOCALIZER",
            "SelectorValueNumber": "0",
            "FilterByOperator": "NOT_MEMBER_OF",
            "ImageSetSelectorUsageFlag": "NO_MATCH",
        },
    ),
)
TIMES = ([0, 0], [0, 400], [1, 400], (1, 1), (1, 2), (-1, -1), (1, -1), (2, 3))
REGION = [CHEST.value, CHEST.scheme, "Chest"]


def one_of_many(random: Random, number: int) -> DisplayProtocol:
    """Return a protocol that wants something of everything."""
    modality, flag = random.choice(MODALITIES), random.choice(("MATCH", "NO_MATCH"))
    wanted = random.choice((("AnatomicRegionSequence", "SQ", REGION), ("Modality", "CS", modality)))
    definitions: tuple[dict[str, object], ...] = (
        {"Modality": modality},
        {"AnatomicRegion": REGION},
        {"AnatomicRegion": REGION, "Modality": modality},
    )
    return protocol(
        f"protocol {number}",
        HangingProtocolLevel=random.choice(("SITE", "MANUFACTURER")),
        HangingProtocolDefinition=[random.choice(definitions)],
        ImageSets=[image_set(*wanted, (1, [0, 0]), (2, random.choice(TIMES)), flag=flag)],
        DisplaySets=[
            display_set(1, 1, FilterOperations=random.choice(FILTERS)),
            display_set(2, 2, FilterOperations=random.choice(FILTERS)),
        ],
    )


def many() -> tuple[DisplayProtocol, ...]:
    """Return the same protocols each time."""
    random = Random(4711)
    return tuple(one_of_many(random, number) for number in range(80))


@st.composite
def pictures_(draw: st.DrawFn) -> tuple[Picture, ...]:
    found = []
    for study in range(1, 1 + draw(st.integers(1, 4))):
        date = f"20{27 - study}03{draw(st.integers(1, 28)):02d}"
        for series in range(1, 1 + draw(st.integers(1, 2))):
            modality, part = draw(st.sampled_from(MODALITIES)), draw(st.sampled_from(("CHEST", "HEAD", "", "CHEST")))
            region = draw(st.sampled_from((None, CHEST, HEAD)))
            for number in range(1, 1 + draw(st.integers(1, 2))):
                attributes: dict[str, object] = {"StudyDate": date, "Modality": modality}
                attributes |= {"BodyPartExamined": part} if part else {}
                attributes |= {"AnatomicRegionSequence": region} if region else {}
                attributes |= draw(st.sampled_from(({"ViewPosition": "PA"}, {"ViewPosition": "LL"}, {})))
                attributes |= draw(st.sampled_from(({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, {})))
                uid = f"{study}.{series}.{number}"
                found.append(picture(str(study), f"{study}.{series}", uid, **attributes))
    return tuple(found)


@st.composite
def hospitals(draw: st.DrawFn) -> Hospital:
    pictures = draw(pictures_())
    current = [each.uid for each in pictures if each.study == "1"]
    held = draw(st.sets(st.sampled_from([each.uid for each in pictures])))
    returned = draw(
        st.sampled_from((None, frozenset(("Modality", "StudyDate")), frozenset(("StudyDate", "ViewPosition"))))
    )
    return Hospital(
        pictures,
        frozenset(held | {current[0]}),
        has_asked_for_priors=draw(st.booleans()),
        returned=returned,
        counts=draw(st.booleans()),
        fails=draw(st.sampled_from((frozenset(), frozenset(), frozenset((Level.IMAGE,)), frozenset((Level.SERIES,))))),
    )


three = st.lists(st.sampled_from(many()), min_size=3, max_size=3, unique_by=id).map(tuple)


def reported(choice: Choice) -> object:
    """Return all that a choice reports."""
    return (
        choice.protocol,
        choice.why,
        choice.displays,
        [(each.protocol.HangingProtocolName, each.rules) for each in choice.ranking],
    )


@FEW
@given(three, hospitals(), st.randoms(use_true_random=False))
def test_the_order_of_protocols_instances_and_answers_never_changes_the_choice(protocols, hospital, random) -> None:
    facts = hospital.ask(protocols)
    before = reported(choose(protocols, facts, Reader()))
    answers = {each: hospital.answer(each) for each in hospital.asked}
    known = hospital.known(answers)
    held = list(known.held)
    random.shuffle(held)
    shuffled: dict[Question, list[Attributes] | None] = {}
    for question in random.sample(sorted(answers), len(answers)):
        matches = answers[question]
        shuffled[question] = None if matches is None else random.sample(matches, len(matches))
    studies = dict(random.sample(sorted(known.studies.items(), key=str), len(known.studies)))
    again = gather(hospital.current, Known(held, studies, {}, shuffled), can_ask=False)
    assert reported(choose(random.sample(protocols, len(protocols)), again, Reader())) == before


@FEW
@given(three, hospitals())
def test_choosing_twice_is_the_same_and_nothing_is_left_to_ask(protocols, hospital) -> None:
    facts = hospital.ask(protocols)
    assert reported(choose(protocols, facts, Reader())) == reported(choose(protocols, facts, Reader()))
    assert questions(protocols, facts, Reader()) == ()


@FEW
@given(three, hospitals())
def test_only_series_and_images_are_asked_for_each_once(protocols, hospital) -> None:
    hospital.ask(protocols)
    assert len(set(hospital.asked)) == len(hospital.asked)
    assert {each.level for each in hospital.asked} <= {Level.SERIES, Level.IMAGE}
    held_whole = not any(each.uid not in hospital.held for each in hospital.pictures)
    if held_whole and hospital.counts and hospital.has_asked_for_priors:
        assert hospital.asked == []


@FEW
@given(three, hospitals())
def test_an_answer_never_makes_the_best_better_nor_the_worst_worse(protocols, hospital) -> None:
    answers: dict[Question, list[Attributes] | None] = {}
    before: tuple[list[Rank], list[Rank]] | None = None
    for _ in range(50):
        facts = hospital.facts(answers)
        best = [evaluate(each, facts, Reader(), Outlook.BEST).rank for each in protocols]
        worst = [evaluate(each, facts, Reader(), Outlook.WORST).rank for each in protocols]
        assert all(one <= other for one, other in zip(best, worst, strict=True))
        if before is not None:
            assert all(one >= other for one, other in zip(best, before[0], strict=True))
            assert all(one <= other for one, other in zip(worst, before[1], strict=True))
        wanted = questions(protocols, facts, Reader())
        if not wanted:
            return
        before = best, worst
        answers[wanted[0]] = hospital.answer(wanted[0])


@FEW
@given(three, hospitals())
def test_what_is_not_asked_would_not_change_the_protocol(protocols, hospital) -> None:
    """The oracle is an engine that asks for everything."""
    chosen = choose(protocols, hospital.ask(protocols), Reader())
    everything: dict[Question, list[Attributes] | None] = {}
    known = hospital.facts({}, can_ask=False)
    for study in (known.current, *known.others):
        question = Question(Level.SERIES, study.uid)
        everything[question] = hospital.answer(question)
        for series in {each.series for each in hospital.pictures if each.study == study.uid}:
            everything[Question(Level.IMAGE, study.uid, series)] = hospital.answer(
                Question(Level.IMAGE, study.uid, series)
            )
    if hospital.fails:
        return  # what was not answered may matter, either way
    whole = choose(protocols, hospital.facts(everything, can_ask=False), Reader())
    assert chosen.protocol == whole.protocol
    if chosen.chosen is not None and whole.chosen is not None:
        assert chosen.chosen.rank == whole.chosen.rank
        shown = {each.display_set.DisplaySetNumber: (each.images, each.to_load) for each in chosen.displays}
        for display in whole.displays:
            images, to_load = shown[display.display_set.DisplaySetNumber]
            assert set(images) <= set(display.images)
            assert set(display.images) <= set(images) | {
                each.uid for each in hospital.pictures if each.series in to_load
            }


@FEW
@given(three, hospitals())
def test_an_unrelated_study_or_series_never_changes_the_choice(protocols, hospital) -> None:
    before = choose(protocols, hospital.ask(protocols), Reader())
    stranger = picture("9", "9.1", "9.1.1", PatientID="another", StudyDate="20200101", BodyPartExamined="CHEST")
    unrelated = picture(
        "1",
        "1.9",
        "1.9.1",
        Modality="US",
        StudyDate=hospital.facts().current.text("StudyDate"),
        BodyPartExamined="FOOT",
    )
    more = replace(
        hospital,
        pictures=(*hospital.pictures, stranger, unrelated),
        held=hospital.held | {"9.1.1", "1.9.1"},
        asked=[],
    )
    after = choose(protocols, more.ask(protocols), Reader())
    assert after.protocol == before.protocol
    assert [each.images for each in after.displays] == [each.images for each in before.displays]
