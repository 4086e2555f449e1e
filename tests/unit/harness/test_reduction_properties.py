"""Reducing: what is left still shows it, no single part of it can be left out, and nothing is asked twice."""

from __future__ import annotations

from hand_written import A, R, Talk, trace_of
from hypothesis import given
from hypothesis import strategies as st

from dicom_conformance.judge import breaches
from dicom_conformance.replay import read_finding, reduced
from dicom_conformance.replay.reduction import shortest
from dicom_wire import Recorder

NUMBERS = st.lists(st.integers(0, 30), max_size=25, unique=True)


@given(NUMBERS, st.sets(st.integers(0, 30), max_size=6))
def test_only_the_parts_that_are_needed_are_left(parts: list[int], needed: set[int]) -> None:
    wanted = needed & set(parts)
    kept = shortest(parts, lambda chosen: wanted <= set(chosen))
    assert set(kept) == wanted
    assert list(kept) == [part for part in parts if part in wanted]


@given(NUMBERS, st.integers(1, 8))
def test_no_single_part_can_be_left_out_whatever_is_asked_for(parts: list[int], least: int) -> None:
    """The predicate is not monotonic: an odd number of parts, at least so many."""

    def shows(chosen: tuple[int, ...]) -> bool:
        return len(chosen) >= least and len(chosen) % 2 == len(parts) % 2

    kept = shortest(parts, shows)
    assert shows(kept) or not shows(tuple(parts))
    for number in range(len(kept)):
        assert not shows((*kept[:number], *kept[number + 1 :]))


@given(NUMBERS, st.integers(0, 30))
def test_no_parts_are_asked_about_twice(parts: list[int], needed: int) -> None:
    asked: list[tuple[int, ...]] = []

    def shows(chosen: tuple[int, ...]) -> bool:
        asked.append(chosen)
        return needed not in parts or needed in chosen

    shortest(parts, shows)
    assert len(asked) == len(set(asked))


EXCHANGE = st.sampled_from(["right", "twice", "wrong"])


@given(st.lists(EXCHANGE, min_size=1, max_size=6).filter(lambda each: set(each) != {"right"}))
def test_a_reduced_conversation_has_one_exchange_and_breaks_no_other_rule(exchanges: list[str]) -> None:
    def write(recorder: Recorder) -> object:
        talk = Talk(recorder).opened()
        for number, kind in enumerate(exchanges, start=1):
            talk.say(R, "C-ECHO-RQ", AffectedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", MessageID=number)
            for _ in range(2 if kind == "twice" else 1):
                said = number + 100 if kind == "wrong" else number
                talk.say(A, "C-ECHO-RSP", MessageIDBeingRespondedTo=said, Status=0)
        return talk.released()

    (one,) = trace_of(write).conversations
    wanted = read_finding("response-not-due", one)
    short = reduced(one, wanted).conversation
    assert wanted.shown_by(short)
    assert {each.kind for each in breaches(short)} <= {each.kind for each in breaches(one)}
    assert [each.name for each in short.messages if each.is_request] == ["C-ECHO-RQ"]
    assert len(short.messages) <= 3
