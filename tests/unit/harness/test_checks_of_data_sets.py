"""What the checks of data sets, stored instances and retrievals say in their less usual branches."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import pytest
from hand_written import CT, EXPLICIT, IMPLICIT, A, R, Talk, acceptance, element, judged, met, operation, trace_of
from hand_written import request as proposal

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.checks import WANTED
from dicom_conformance.judge.checks.exchange import Exchange, chosen
from dicom_conformance.results import Finding
from dicom_conformance.scenario.fixtures import standard
from dicom_conformance.trace import Trace
from dicom_conformance.trace.trace import Held
from dicom_wire.pdu import AReleaseRP, AReleaseRQ

DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
FIND, GET, MOVE = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 3, 2))
FIXTURES = standard()
PATIENT = element(0x0010, 0x0020, b"LO", b"P1")
TYPE = element(0x0008, 0x0008, b"CS", b"ORIGINAL\\PRIMARY")
CODE = element(0x0008, 0x0016, b"UI", CT.encode() + b"\0") + element(0x0008, 0x0018, b"UI", b"2.25.1")
PIXELS = element(0x7FE0, 0x0010, b"OW", b"\1\2\3\4")


def stored(raw: bytes | None, syntax: str = EXPLICIT, accepted: bool = True, uid: str = "2.25.1") -> Trace:
    """One C-STORE of the modality, in a context that was accepted or not."""

    def talk(recorder: Any) -> None:
        said = Talk(recorder).pdu(R, proposal((CT, (syntax,))))
        said.pdu(A, acceptance((0, syntax) if accepted else (3, None)))
        names = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": uid}
        said.say(R, "C-STORE-RQ", raw, MessageID=1, Priority=0, **names)
        said.pdu(R, AReleaseRQ()).pdu(A, AReleaseRP())

    return trace_of(talk)


def found(trace: Trace, **wanted: Any) -> Finding:
    (one,) = judged(trace, "data_set", sender="modality", message="C-STORE-RQ", **wanted)
    return one


class TestDataSet:
    def test_a_deflated_data_set_is_read(self) -> None:
        packer = zlib.compressobj(wbits=-15)
        raw = packer.compress(PATIENT) + packer.flush()
        assert found(stored(raw, DEFLATED), contains={"PatientID": "P1"}).met
        assert found(stored(raw, DEFLATED), contains={"PatientID": "P2"}).actual == "PatientID 'P1'"
        assert found(stored(raw, DEFLATED), encoding="valid").met

    def test_several_values_are_written_with_backslashes(self) -> None:
        assert found(stored(TYPE), contains={"ImageType": "ORIGINAL\\PRIMARY"}).met
        assert not found(stored(TYPE), contains={"ImageType": "ORIGINAL"}).met

    @pytest.mark.parametrize(
        ("wanted", "actual"),
        [
            ({"encoding": "valid"}, "no data set"),
            ({"bytes": {"PatientID": "50 31"}}, "no data set"),
            ({"only": ["PatientID"]}, "no readable data set"),
            ({"private": "none"}, "no readable data set"),
            ({"named_by_command": True}, "no readable data set"),
            ({"contains": {"PatientID": "P1"}}, "PatientID absent"),
            ({"data_set": "present"}, "none"),
        ],
    )
    def test_a_message_without_a_data_set(self, wanted: dict[str, Any], actual: str) -> None:
        one = found(stored(None), **wanted)
        assert (one.met, one.actual) == (False, actual)

    @pytest.mark.parametrize(
        ("wanted", "actual"),
        [
            ({"encoding": "valid"}, "its context 1 was not accepted"),
            ({"bytes": {"PatientID": "50 31"}}, "no data set"),
            ({"present": ["PatientID"]}, "no readable data set: its context 1 was not accepted"),
            ({"transfer_syntax": EXPLICIT}, "transfer syntax none: the context was not accepted"),
        ],
    )
    def test_a_data_set_in_a_context_that_was_not_accepted(self, wanted: dict[str, Any], actual: str) -> None:
        one = found(stored(PATIENT, accepted=False), **wanted)
        assert (one.met, one.actual) == (False, actual)

    def test_a_data_set_may_be_there_or_not(self) -> None:
        assert found(stored(None), data_set="none").met
        assert not found(stored(PATIENT), data_set="none").met
        assert found(stored(PATIENT), data_set="present").met
        assert found(stored(PATIENT), data_set="none").actual == f"a data set of {len(PATIENT)} bytes"

    @pytest.mark.parametrize(
        ("digits", "is_met"), [("50 31", True), ("5031", True), (["5032", "5031"], True), ("50", False)]
    )
    def test_bytes_of_a_value(self, digits: Any, is_met: bool) -> None:
        assert found(stored(PATIENT), bytes={"PatientID": digits}).met is is_met

    def test_padding_is_no_part_of_a_value_of_even_length(self) -> None:
        padded = element(0x0010, 0x0020, b"LO", b"P ")
        assert found(stored(padded), bytes={"PatientID": "50"}).met
        odd = found(stored(element(0x0010, 0x0020, b"LO", b"P1 ")), bytes={"PatientID": "5031"})
        assert (odd.met, odd.actual) == (False, "PatientID 50 31 20")

    @pytest.mark.parametrize("digits", ["5", "XY", "50 3"])
    def test_bytes_that_are_no_hex_digits_are_refused(self, digits: str) -> None:
        with pytest.raises(ValueError, match="bytes must be hex digits"):
            WANTED["data_set"].model_validate({"sender": "a", "message": "C-STORE-RQ", "bytes": {"PatientID": digits}})

    def test_a_data_set_is_that_of_its_command(self) -> None:
        assert found(stored(CODE), named_by_command=True).met
        other = found(stored(CODE, uid="2.25.2"), named_by_command=True)
        assert other.actual == "SOPInstanceUID 2.25.1, but AffectedSOPInstanceUID 2.25.2"
        assert found(stored(PATIENT), named_by_command=True).actual.startswith("SOPClassUID absent")
        meta = element(0x0002, 0x0010, b"UI", EXPLICIT.encode() + b"\0")
        assert found(stored(meta + CODE), named_by_command=True).actual == "File Meta Information in the data set"

    def test_an_item_that_is_not_there_is_absent(self) -> None:
        item = b"\xfe\xff\x00\xe0" + len(PATIENT).to_bytes(4, "little") + PATIENT
        raw = element(0x0008, 0x1115, b"SQ", item)
        for path, there in (
            ("[1].PatientID", True),
            (".PatientID", True),
            ("[2].PatientID", False),
            ("[0].PatientID", False),
        ):
            wanted = {f"ReferencedSeriesSequence{path}": "P1"}
            assert found(stored(raw), contains=wanted).met is there
            assert found(stored(raw), bytes={f"ReferencedSeriesSequence{path}": "5031"}).met is there


def instance(raw: bytes, syntax: str = EXPLICIT) -> Held:
    return Held(CT, "2.25.1", syntax, raw)


def store(sent: Held | None, *held: Held, ae: str = "destination", **wanted: Any) -> Finding:
    originals = {} if sent is None else {"2.25.1": sent}
    trace = replace(trace_of(), originals=originals, stores={ae: lambda: held})
    (one,) = judged(trace, "store", ae=ae, **wanted)
    return one


class TestStore:
    @pytest.mark.parametrize(("bounds", "is_met"), [("1", True), ("0", False), ("at least 2", False)])
    def test_instances_are_counted(self, bounds: str, is_met: bool) -> None:
        assert store(None, instance(CODE), instances=bounds).met is is_met

    def test_elements_are_compared_whatever_the_transfer_syntax(self) -> None:
        implicit = bytes.fromhex("1000 2000 02000000") + b"P1"
        assert store(instance(PATIENT), instance(implicit, IMPLICIT), elements="identical").met
        other = store(instance(PATIENT), instance(implicit.replace(b"P1", b"P2"), IMPLICIT), elements="identical")
        assert not other.met
        assert "PatientID" in other.actual or "(0010,0020)" in other.actual

    def test_an_empty_store_is_met_only_where_it_may_be_empty(self) -> None:
        assert not store(None, elements="identical").met
        trace = replace(trace_of(), stores={"destination": tuple})
        findings = judged(trace, "store", ae="destination", elements="identical", instances="at least 0")
        assert [one.met for one in findings] == [True, True]

    def test_what_was_never_sent_is_no_copy(self) -> None:
        assert store(None, instance(CODE), elements="identical").actual == "2.25.1: was never sent"

    @pytest.mark.parametrize(
        ("sent", "held", "actual"),
        [
            (PIXELS, PIXELS, "identical in 1 instance"),
            (PIXELS, PATIENT, "2.25.1: Pixel Data only in the instance sent"),
            (PATIENT, PIXELS, "2.25.1: Pixel Data only in the instance held"),
            (PATIENT, PATIENT, "2.25.1: neither the instance sent nor the instance held has Pixel Data"),
            (PIXELS, PIXELS[:-1] + b"\5", "2.25.1: Pixel Data differs from byte 3 (4 bytes sent, 4 held)"),
            (
                PIXELS,
                element(0x7FE0, 0x0010, b"OW", b"\1\2\3\4\5\6"),
                "2.25.1: Pixel Data differs in length (4 bytes sent, 6 held)",
            ),
        ],
    )
    def test_pixel_data_is_compared_byte_by_byte(self, sent: bytes, held: bytes, actual: str) -> None:
        one = store(instance(sent), instance(held), pixel_data="identical")
        assert (one.met, one.actual) == (actual.startswith("identical"), actual)

    def test_the_subject_holds_the_same_bytes_in_the_same_transfer_syntax(self) -> None:
        def held(*wanted: Held) -> Finding:
            trace = replace(stored(CODE), stores={"workstation": lambda: wanted})
            (one,) = judged(trace, "store", ae="workstation", data_set="identical")
            return one

        assert held(instance(CODE)).met
        assert held(instance(CODE, IMPLICIT)).actual == f"2.25.1: sent in {EXPLICIT}, held in {IMPLICIT}"
        assert "differs from byte" in held(instance(CODE.replace(b"2.25.1", b"2.25.2"))).actual

    @pytest.mark.parametrize(
        ("wanted", "is_met"),
        [
            ({"transfer_syntax": EXPLICIT}, True),
            ({"transfer_syntax": [IMPLICIT, EXPLICIT]}, True),
            ({"transfer_syntax": IMPLICIT}, False),
            ({"sop_class": CT}, True),
            ({"sop_class": "1.2.3"}, False),
        ],
    )
    def test_the_kind_of_what_is_held(self, wanted: dict[str, Any], is_met: bool) -> None:
        assert store(None, instance(CODE), **wanted).met is is_met
        assert not store(None, **wanted).met


def image(rows: int = 1, columns: int = 2, values: bytes = b"\1\2\3\4") -> bytes:
    def us(number: int, value: int) -> bytes:
        return element(0x0028, number, b"US", value.to_bytes(2, "little"))

    return (
        us(0x0002, 1)
        + element(0x0028, 0x0004, b"CS", b"MONOCHROME2 ")
        + us(0x0010, rows)
        + us(0x0011, columns)
        + us(0x0100, 16)
        + us(0x0101, 16)
        + us(0x0102, 15)
        + us(0x0103, 0)
        + element(0x7FE0, 0x0010, b"OW", values)
    )


@pytest.mark.parametrize(
    ("held", "tolerance", "actual"),
    [
        (image(), 0, "identical in 1 instance"),
        (image(values=b"\3\2\3\4"), 1, "2.25.1: pixels differ by up to 2"),
        (image(values=b"\3\2\3\4"), 2, "identical in 1 instance"),
        (image(rows=2, columns=1), 0, "2.25.1: pixels of shape (1, 2) sent, (2, 1) held"),
        (PATIENT, 0, "2.25.1: pixels only in the instance sent"),
        (image()[:-1], 0, "2.25.1: the data set cannot be read: "),
        (image(values=b"\1\2"), 0, "2.25.1: pixels cannot be decoded: "),
    ],
)
def test_decoded_pixels_are_compared(held: bytes, tolerance: int, actual: str) -> None:
    one = store(instance(image()), instance(held), pixels="identical", tolerance=tolerance)
    assert one.met is actual.startswith("identical")
    assert one.actual.startswith(actual)


class TestOperationsOnTheWire:
    @staticmethod
    def trace(*answers: tuple[int, int], repeated: bool = False) -> Trace:
        """C-FIND with responses to (Message ID, status); the same Message ID is used again afterwards if `repeated`."""

        def talk(recorder: Any) -> None:
            said = Talk(recorder, "scu", "subject").opened((FIND, (EXPLICIT,)))
            said.say(R, "C-FIND-RQ", PATIENT, AffectedSOPClassUID=FIND, MessageID=1, Priority=0)
            for number, status in answers:
                said.say(A, "C-FIND-RSP", AffectedSOPClassUID=FIND, MessageIDBeingRespondedTo=number, Status=status)
            if repeated:
                said.say(R, "C-FIND-RQ", PATIENT, AffectedSOPClassUID=FIND, MessageID=1, Priority=0)
                said.say(A, "C-FIND-RSP", AffectedSOPClassUID=FIND, MessageIDBeingRespondedTo=1, Status=0xA700)
            said.released()

        return replace(trace_of(talk), known=FIXTURES.truth(["dates"]))

    @staticmethod
    def exchanges(trace: Trace) -> list[Exchange]:
        from dicom_conformance.judge.checks.exchange import exchanges

        return exchanges(trace, ("C-FIND-RQ",), None, None)

    def test_responses_belong_to_the_request_before_them(self) -> None:
        first, second = self.exchanges(self.trace((1, 0xFF00), (2, 0xFF00), (1, 0), repeated=True))
        assert [one.status for one in first.responses] == [0xFF00, 0]
        assert (len(first.pending), first.ending, second.ending) == (1, "C-FIND-RSP 0000", "C-FIND-RSP A700")
        assert first.keys.get("PatientID") is not None

    def test_one_of_them_is_chosen_by_its_number(self) -> None:
        first, second = found = self.exchanges(self.trace((1, 0), repeated=True))
        assert [chosen(found, which) for which in (1, 2, 3, "latest")] == [first, second, None, second]
        assert chosen([], "latest") is None

    @pytest.mark.parametrize("which", ["first", "0", "-1", "1.5"])
    def test_a_request_that_is_no_number_is_refused(self, which: str) -> None:
        with pytest.raises(ValueError, match="a request is latest, or a number counted from 1"):
            WANTED["matches"].model_validate({"exactly": "janet", "request": which})

    @pytest.mark.parametrize(
        ("noun", "wanted", "expected"),
        [
            ("matches", {"exactly": "janet"}, "a C-FIND-RQ is sent"),
            ("query_responses", {}, "a C-FIND-RQ is sent"),
            ("retrieved", {"exactly": "janet"}, "a C-MOVE-RQ or C-GET-RQ is sent"),
            ("committed", {"event": "1", "exactly": "janet"}, "an N-ACTION-RQ is sent"),
        ],
    )
    def test_what_was_never_asked_for_is_unmet(self, noun: str, wanted: dict[str, Any], expected: str) -> None:
        (one,) = judged(replace(trace_of(), known=FIXTURES.truth(["dates"])), noun, **wanted)
        assert (one.met, one.expected, one.actual) == (False, expected, "none was sent")

    @pytest.mark.parametrize(
        ("noun", "wanted"),
        [
            ("matches", {"exactly": "janet"}),
            ("retrieved", {"exactly": "janet"}),
        ],
    )
    def test_without_fixtures_it_is_our_mistake(self, noun: str, wanted: dict[str, Any]) -> None:
        with pytest.raises(HarnessError, match="nothing is known of the archive"):
            judged(trace_of(), noun, **wanted)

    @pytest.mark.parametrize("noun", ["matches", "retrieved"])
    def test_a_fixture_that_is_unknown_is_our_mistake(self, noun: str) -> None:
        def talk(recorder: Any) -> None:
            said = Talk(recorder, "scu", "subject").opened((GET, (EXPLICIT,)), (FIND, (EXPLICIT,)))
            said.say(R, "C-GET-RQ", PATIENT, AffectedSOPClassUID=GET, MessageID=1, Priority=0)
            said.say(R, "C-FIND-RQ", PATIENT, 3, AffectedSOPClassUID=FIND, MessageID=2, Priority=0)

        with pytest.raises(HarnessError, match="nobody"):
            judged(replace(trace_of(talk), known=FIXTURES.truth(["dates"])), noun, exactly="nobody")


class TestRetrieval:
    """Counts on the way, the final status, and what an archive may change."""

    UIDS = tuple(FIXTURES.known.keys(["janet.ct"], "IMAGE"))

    def trace(
        self,
        statuses: tuple[int, ...] = (0, 0, 0),
        final: int | None = 0,
        pending: tuple[dict[str, int], ...] = (),
        change: tuple[bytes, bytes] | None = None,
    ) -> Trace:
        originals = {one.SOPInstanceUID: one.data_set for one in FIXTURES.instances(["janet"])}

        def talk(recorder: Any) -> None:
            said = Talk(recorder, "scu", "subject").opened((GET, (EXPLICIT,)), (CT, (EXPLICIT,)))
            said.say(R, "C-GET-RQ", PATIENT, AffectedSOPClassUID=GET, MessageID=9, Priority=0)
            for number, (uid, status) in enumerate(zip(self.UIDS, statuses, strict=True), start=1):
                names = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": uid}
                raw = originals[uid] if change is None else originals[uid].replace(*change)
                said.say(A, "C-STORE-RQ", raw, 3, MessageID=number, Priority=0, **names)
                said.say(R, "C-STORE-RSP", None, 3, MessageIDBeingRespondedTo=number, Status=status, **names)
            answer = {"AffectedSOPClassUID": GET, "MessageIDBeingRespondedTo": 9}
            for counts in pending:
                numbers = {f"NumberOf{key.capitalize()}Suboperations": value for key, value in counts.items()}
                said.say(A, "C-GET-RSP", **answer, Status=0xFF00, **numbers)
            if final is not None:
                said.say(A, "C-GET-RSP", **answer, Status=final)
            said.released()

        return replace(trace_of(talk), known=FIXTURES.truth(["dates"]))

    def actual(self, trace: Trace, expected: str, **wanted: Any) -> tuple[bool, str]:
        findings = judged(trace, "retrieved", exactly="janet", **wanted)
        (one,) = [one for one in findings if one.expected.startswith(expected)]
        return one.met, one.actual

    @pytest.mark.parametrize(
        ("statuses", "final", "expected", "is_met"),
        [
            ((0, 0, 0), 0, "0000, for everything was stored", True),
            ((0, 0, 0), 0xB000, "0000, for everything was stored", False),
            ((0, 0xB000, 0), 0, "0000 or B000, for there were warnings", True),
            ((0, 0xB000, 0), 0xB000, "0000 or B000, for there were warnings", True),
            ((0, 0xB000, 0), 0xA702, "0000 or B000, for there were warnings", False),
            ((0, 0xA700, 0), 0xB000, "B000, for a part was not stored", True),
            ((0, 0xA700, 0xB000), 0, "B000, for a part was not stored", False),
            ((0xA700, 0xA700, 0xA700), 0xA702, "a failure, for nothing was stored", True),
            ((0xA700, 0xA700, 0xA700), 0xB000, "a failure, for nothing was stored", False),
            ((0, 0, 0), None, "0000, for everything was stored", False),
        ],
    )
    def test_the_final_status_is_that_of_the_outcome(
        self, statuses: tuple[int, ...], final: int | None, expected: str, is_met: bool
    ) -> None:
        assert self.actual(self.trace(statuses, final), expected, status="agrees")[0] is is_met

    @pytest.mark.parametrize(
        ("pending", "whole", "same"),
        [
            ((), True, True),
            (
                (
                    {"remaining": 2, "completed": 1, "failed": 0, "warning": 0},
                    {"remaining": 1, "completed": 2, "failed": 0, "warning": 0},
                ),
                True,
                True,
            ),
            (
                (
                    {"remaining": 2, "completed": 1, "failed": 0, "warning": 0},
                    {"remaining": 2, "completed": 2, "failed": 0, "warning": 0},
                ),
                True,
                False,
            ),
            (({"remaining": 2, "completed": 1},), False, True),
        ],
    )
    def test_counts_of_pending_responses(self, pending: tuple[dict[str, int], ...], whole: bool, same: bool) -> None:
        trace = self.trace(pending=pending)
        assert self.actual(trace, "each pending response bears the four counts", counts="agree") == (
            whole,
            f"{0 if whole else 1} of {len(pending)} do not",
        )
        assert self.actual(trace, "the sum of the four counts stays", counts="agree")[0] is same

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [({"counts": "agree"}, "a final response with counts"), ({"failed_list": "exact"}, "a final response")],
    )
    def test_without_a_final_response_nothing_is_counted(self, wanted: dict[str, Any], expected: str) -> None:
        assert self.actual(self.trace(final=None), expected, **wanted)[0] is False

    @pytest.mark.parametrize(
        ("change", "coerces", "is_met"),
        [
            (None, [], True),
            ((b"CONFAB1", b"CONFAB2"), [], False),
            ((b"CONFAB1", b"CONFAB2"), ["PatientID"], True),
        ],
    )
    def test_an_archive_may_change_what_it_states(
        self, change: tuple[bytes, bytes] | None, coerces: list[str], is_met: bool
    ) -> None:
        wanted = {"data_set": "as_stated", "coerces": coerces}
        good, actual = self.actual(self.trace(change=change), "what arrives is what was stored", **wanted)
        assert good is is_met
        assert ("PatientID is 'CONFAB2', not 'CONFAB1'" in actual) is not is_met

    def test_an_element_that_is_lost_is_named(self) -> None:
        patient = element(0x0010, 0x0020, b"LO", b"CONFAB1 ")
        trace = self.trace(change=(patient, b""))
        good, actual = self.actual(trace, "what arrives is what was stored", data_set="as_stated")
        assert (good, "PatientID is" in actual) == (False, True)

    def test_a_data_set_that_cannot_be_read_is_named(self) -> None:
        patient = element(0x0010, 0x0020, b"LO", b"CONFAB1 ")
        trace = self.trace(change=(patient, patient[:6] + b"\xff\xff" + patient[8:]))
        good, actual = self.actual(trace, "what arrives is what was stored", data_set="as_stated")
        assert (good, "cannot be read" in actual) == (False, True)


def test_an_outcome_that_is_no_table_is_judged_as_text() -> None:
    trace = replace(trace_of(), operations=[operation({"result": "success", "matches": [{"PatientID": "P1"}, "text"]})])
    assert met(trace, "outcome", operation="query", result="success")
