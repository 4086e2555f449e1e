"""A destination that fails, warns, refuses, is slow, rejects, is away or is silent, as it was asked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from dicom_simulators.association.association import Deadlines
from dicom_simulators.association.negotiation import Supported
from dicom_simulators.data_sets import build
from dicom_simulators.destination import Destination
from dicom_simulators.scu.modality import Modality
from dicom_wire import Recorder

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
SHORT = Deadlines(2.0, 1.0, 1.0, 0.5, 5.0, 0.2, 2.0)
INSTANCES = [build("smallest", sop_class, EXPLICIT, seed=1) for sop_class in (CT, MR)]
FIRST, SECOND = (one.SOPInstanceUID for one in INSTANCES)


@contextmanager
def stored(deadlines: Deadlines = SHORT, **settings: object) -> Iterator[tuple[dict[str, object], Destination]]:
    """Give the outcome of storing a CT and an MR image at a destination with these settings."""
    recorder = Recorder()
    with (
        Destination("destination", "DEST", recorder, deadlines=deadlines, **settings) as destination,
        Modality("modality", "MOD", recorder, instances=INSTANCES, deadlines=deadlines) as modality,
    ):
        yield modality.perform("store", destination.address, {"called_ae_title": "DEST"}), destination


def test_each_instance_is_answered_as_asked() -> None:
    with stored(answers={FIRST: "A700", "*": "B000"}) as (outcome, destination):
        assert outcome["statuses"] == {FIRST: "A700", SECOND: "B000"}
        assert [one.SOPInstanceUID for one in destination.stored] == [SECOND]


def test_an_instance_is_answered_by_the_number_in_which_it_comes() -> None:
    with stored(answers={"2": "B007", "3": "A700"}) as (outcome, _):
        assert outcome["statuses"] == {FIRST: "0000", SECOND: "B007"}
    with stored(answers={"2": "A700", SECOND: "B007", "*": "B000"}) as (outcome, _):
        assert outcome["statuses"] == {FIRST: "B000", SECOND: "B007"}


@pytest.mark.parametrize("wrong", ["A70", "success", "12345", "-001"])
def test_a_status_that_is_none_is_an_error(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"answers\.1\.2: expected a status of four hexadecimal digits"):
        Destination("destination", "DEST", Recorder(), answers={"1.2": wrong})


@pytest.mark.parametrize("refused", [CT, "CTImageStorage"])
def test_a_sop_class_is_refused(refused: str) -> None:
    with stored(refuses=[refused]) as (outcome, destination):
        assert (outcome["result"], outcome["not_stored"]) == ("partial", [FIRST])
        assert [one.SOPInstanceUID for one in destination.stored] == [SECOND]


def test_a_transfer_syntax_is_refused() -> None:
    with stored(refuses=["ExplicitVRLittleEndian"]) as (outcome, _):
        assert outcome["result"] == "not_accepted"


def test_what_it_supports_is_refused_likewise() -> None:
    supports = (Supported(CT, (EXPLICIT,)), Supported(MR, (IMPLICIT, EXPLICIT)))
    with stored(supports=supports, refuses=[EXPLICIT]) as (outcome, _):
        assert outcome["result"] == "not_accepted"
    with stored(supports=supports, refuses=[CT]) as (outcome, _):
        assert outcome["stored"] == [SECOND]


def test_slow_answers_come() -> None:
    with stored(delay_s=0.05) as (outcome, _):
        assert outcome["result"] == "success"


def test_too_slow_an_answer_is_a_timeout() -> None:
    with stored(delay_s=30.0) as (outcome, destination):
        assert outcome["result"] == "timeout"
        assert destination.stored == []


def test_an_association_is_rejected() -> None:
    with stored(rejects=True) as (outcome, _):
        assert (outcome["result"], outcome["rejection"]) == ("rejected", {"result": 1, "source": 1, "reason": 1})


def test_away_refuses_connections() -> None:
    with stored(away=True) as (outcome, destination):
        assert outcome["result"] == "unreachable"
        assert destination.address[1] > 0


def test_silence_answers_nothing() -> None:
    with stored(silent=True) as (outcome, destination):
        assert outcome["result"] == "timeout"
        assert destination.stored == []


def test_what_arrived_bears_its_command_set() -> None:
    with stored(replace(SHORT, dimse_s=5.0)) as (_, destination):
        first = destination.stored[0]
        assert first.command is not None
        assert first.command.text("AffectedSOPInstanceUID") == FIRST
        assert (first.move_originator_ae_title, first.move_originator_message_id) == (None, None)
