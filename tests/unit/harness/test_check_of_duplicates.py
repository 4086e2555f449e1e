"""The check `store` with `duplicates`: which of several data sets under one UID comes back."""

from __future__ import annotations

import pytest
from hand_written import CT, EXPLICIT, A, R, Talk, judged, trace_of

from dicom_conformance.trace.trace import Held
from dicom_simulators.data_sets import build

UID = "2.25.7"
FIRST, SECOND = (
    build("smallest", CT, EXPLICIT, seed=number, SOPInstanceUID=UID, SeriesDescription=text).data_set
    for number, text in enumerate(("First", "Second"), start=1)
)
MIXED = build("smallest", CT, EXPLICIT, seed=1, SOPInstanceUID=UID, SeriesDescription="Second").data_set
ALL = ("whole", "keeps_first", "replaces", "refuses")


def came_back(data_set, *stored):
    """Tell which promises are met where these data sets were stored with these statuses, and one came back."""

    def talk(recorder):
        one = Talk(recorder).opened((CT, (EXPLICIT,)))
        for number, (sent, status) in enumerate(stored, start=1):
            names = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": UID}
            one.say(R, "C-STORE-RQ", MessageID=number, Priority=0, data_set=sent, **names)
            one.say(A, "C-STORE-RSP", MessageIDBeingRespondedTo=number, Status=status)

    trace = trace_of(talk)
    trace.stores["destination"] = lambda: () if data_set is None else (Held(CT, UID, EXPLICIT, data_set),)
    return {word: judged(trace, "store", ae="destination", duplicates=word)[0] for word in ALL}


@pytest.mark.parametrize(
    ("data_set", "stored", "met"),
    [
        (FIRST, ((FIRST, 0), (SECOND, 0)), ("whole", "keeps_first")),
        (SECOND, ((FIRST, 0), (SECOND, 0xB000)), ("whole", "replaces")),
        (FIRST, ((FIRST, 0), (SECOND, 0x0111)), ("whole", "keeps_first", "refuses")),
        (SECOND, ((FIRST, 0), (SECOND, 0xA700)), ()),
        (MIXED, ((FIRST, 0), (SECOND, 0)), ()),
        (FIRST, ((FIRST, 0),), ()),
        (None, ((FIRST, 0), (SECOND, 0)), ()),
    ],
)
def test_what_comes_back_is_what_was_promised(data_set, stored, met):
    assert tuple(word for word, found in came_back(data_set, *stored).items() if found.met) == met


def test_it_says_which_data_set_came_back():
    found = came_back(FIRST, (FIRST, 0), (SECOND, 0xA700))
    assert found["replaces"].actual == "data set 1 of 2 came back; they were answered 0000, A700"
    assert came_back(MIXED, (FIRST, 0), (SECOND, 0))["whole"].actual.startswith("data set none of 2 came back")
