"""Small rules of the simulators, each asked directly: arguments, journals, budgets, attributes, polls, faults."""

from __future__ import annotations

import json
import os
import socket
import time

import numpy as np
import pytest

from dicom_simulators.archive.matching import Matching, compile_item
from dicom_simulators.association.arguments import Arguments
from dicom_simulators.association.memory import Budget
from dicom_simulators.association.responses import Response, summary
from dicom_simulators.data_sets import build
from dicom_simulators.encoding import encode_attributes, read_elements
from dicom_simulators.encoding.data_set_codec import Element, tag_of
from dicom_simulators.encoding.transcoding import _native
from dicom_simulators.faults import FAULTS
from dicom_simulators.faults.in_force import InForce
from dicom_simulators.faults.moment import Moment, When
from dicom_simulators.faults.parameters import message_name, request_name, response_name, seconds, status, truth, whole
from dicom_simulators.journal import LONGEST_VALUE, Entry, keys_of, printable
from dicom_simulators.readiness import POLLIN, POLLOUT, SelectPoll
from dicom_simulators.scu import Scu
from dicom_simulators.standalone.log import PORTION_BYTES, _Output, _portions
from dicom_wire import Message, Recorder, command_set

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
WEEK_S = 7 * 24 * 3600


class TestArguments:
    def test_a_mapping_is_needed(self) -> None:
        with pytest.raises(ValueError, match="arguments: expected a mapping, not 3"):
            Arguments(3)
        with pytest.raises(ValueError, match=r"send: expected a mapping, not \[\]"):
            Arguments([], "send")

    def test_values_are_read_in_their_forms(self) -> None:
        read = Arguments({"n": "0x10", "s": "1.5", "t": "TRUE", "c": "b", "h": "01 ff", "l": ["a", 1], "none": None})
        assert (read.number("n"), read.seconds("s", 0), read.truth("t"), read.choice("c", ["a", "b"])) == (
            16,
            1.5,
            True,
            "b",
        )
        assert (read.hexadecimal("h"), read.texts("l"), read.texts("c")) == (b"\1\xff", ("a", "1"), ("b",))
        assert ("n" in read, "none" in read, "other" in read) == (True, False, False)
        assert Arguments({"h": b"\2"}).hexadecimal("h") == b"\2"
        read.raw("none")
        read.finish()

    def test_defaults_stand_for_what_is_absent(self) -> None:
        read = Arguments({})
        assert (read.text("a", ""), read.number("a", 0), read.seconds("a", 2.5), read.truth("a")) == ("", 0, 2.5, False)
        assert (read.choice("a", ["x", "y"]), read.hexadecimal("a", b""), read.texts("a", ())) == ("x", b"", ())
        for ask in (read.text, read.number, read.texts):
            with pytest.raises(ValueError, match="a: expected"):
                ask("a")

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("number", "-1"),
            ("number", "4294967296"),
            ("number", "one"),
            ("number", "0xg"),
            ("truth", "yes"),
            ("truth", 1),
            ("hexadecimal", "0g"),
            ("texts", {"a": 1}),
            ("texts", [["a"]]),
            ("text", ["a"]),
        ],
    )
    def test_other_values_are_refused(self, kind: str, value: object) -> None:
        with pytest.raises(ValueError, match="a: expected"):
            getattr(Arguments({"a": value}), kind)("a")

    @pytest.mark.parametrize(
        ("value", "is_right"), [(0, True), (WEEK_S, True), (-0.1, False), (WEEK_S + 1, False), ("x", False)]
    )
    def test_seconds_are_at_most_a_week(self, value: object, is_right: bool) -> None:
        for read in (lambda: Arguments({"a": value}).seconds("a", 0), lambda: seconds(value)):
            if is_right:
                assert read() == float(str(value))
            else:
                with pytest.raises(ValueError, match="expected a number of seconds from 0 to"):
                    read()

    def test_what_was_not_asked_for_is_refused(self) -> None:
        read = Arguments({"a": 1, "b": 2})
        read.number("a")
        with pytest.raises(ValueError, match="b"):
            read.finish()


class TestParametersOfFaults:
    def test_names_of_messages(self) -> None:
        assert (message_name("C-ECHO-RQ"), request_name("C-ECHO-RQ"), response_name("C-ECHO-RSP")) == (
            "C-ECHO-RQ",
            "C-ECHO-RQ",
            "C-ECHO-RSP",
        )
        for read, wrong in (
            (message_name, "C-ECHO"),
            (request_name, "C-ECHO-RSP"),
            (request_name, "X-RQ"),
            (response_name, "C-ECHO-RQ"),
            (response_name, "X-RSP"),
        ):
            with pytest.raises(ValueError, match=f"not '{wrong}'"):
                read(wrong)

    def test_statuses_and_truths(self) -> None:
        assert [status(one) for one in ("A700", "ff00", 0, 0xFFFF)] == [0xA700, 0xFF00, 0, 0xFFFF]
        for wrong in ("A70", "A7000", "A70G", True, -1, 0x10000):
            with pytest.raises(ValueError, match="four hex digits"):
                status(wrong)
        assert [truth(one) for one in (True, False, "true", "False")] == [True, False, True, False]
        with pytest.raises(ValueError, match="true or false"):
            truth("yes")

    def test_whole_numbers(self) -> None:
        read = whole(1, 5)
        assert [read(one) for one in (1, "5")] == [1, 5]
        for wrong in (0, 6, "x", 1.5):
            with pytest.raises(ValueError, match="whole number"):
                read(wrong)


def test_a_fault_in_force_says_when_it_first_acted() -> None:
    echo, store = (FAULTS["respond"](to=f"C-{name}-RQ", status="0110") for name in ("ECHO", "STORE"))
    faults = InForce()
    for fault in (echo, store):
        faults.add(fault)
    assert (faults.any, faults.has_acted(echo), faults.acted_ns(echo)) == (True, False, None)
    before = time.monotonic_ns()
    message = Message(1, command_set("C-ECHO-RQ", MessageID=1), None)
    assert faults.actions(Moment(When.RECEIVED, "C-ECHO-RQ", 1, message=message)) != []
    first = faults.acted_ns(echo)
    assert first is not None
    assert before <= first <= time.monotonic_ns()
    assert (faults.has_acted(echo), faults.has_acted(store)) == (True, False)
    faults.clear()
    assert (faults.any, faults.has_acted(echo), faults.acted_ns(echo)) == (False, True, first)


class TestJournal:
    @staticmethod
    def keys(name: str, data_set: bytes | None = None, **elements: object) -> dict[str, str]:
        return dict(keys_of(Message(1, command_set(name, MessageID=1, **elements), data_set), EXPLICIT))

    def test_a_store_is_about_an_instance(self) -> None:
        named = {"AffectedSOPClassUID": "1.2.3", "AffectedSOPInstanceUID": "1.2.3.4"}
        assert self.keys("C-STORE-RQ", b"", **named) == {"SOPClassUID": "1.2.3", "SOPInstanceUID": "1.2.3.4"}
        requested = {"RequestedSOPClassUID": "1.2.3", "RequestedSOPInstanceUID": "1.2.3.5"}
        assert self.keys("N-SET-RQ", b"", **requested) == {"SOPClassUID": "1.2.3", "SOPInstanceUID": "1.2.3.5"}
        assert self.keys("C-ECHO-RQ", AffectedSOPClassUID="1.2.3") == {}

    def test_a_query_is_about_its_keys(self) -> None:
        keys = {"PatientID": "P1", "StudyDate": "", "QueryRetrieveLevel": "STUDY", "(0009,1001)": b"AB"}
        data_set = encode_attributes(keys, EXPLICIT)
        found = self.keys("C-FIND-RQ", data_set, AffectedSOPClassUID="1.2.3")
        assert (found["PatientID"], found["QueryRetrieveLevel"]) == ("P1", "STUDY")
        assert "StudyDate" not in found
        assert "(0009,1001)" in found
        moved = self.keys("C-MOVE-RQ", data_set, AffectedSOPClassUID="1.2.3", MoveDestination="DEST")
        assert moved["MoveDestination"] == "DEST"

    def test_an_identifier_that_is_large_or_broken_is_named(self) -> None:
        assert self.keys("C-FIND-RQ", bytes((1 << 16) + 1)) == {"Identifier": "of 65,537 bytes"}
        assert "Identifier" in self.keys("C-FIND-RQ", b"\x08\0\x52\0CS\xff\xffSTUDY")

    def test_long_values_are_cut(self) -> None:
        for length, cut in ((LONGEST_VALUE, False), (LONGEST_VALUE + 1, True)):
            found = self.keys("C-FIND-RQ", encode_attributes({"PatientComments": "x" * length}, EXPLICIT))
            assert found["PatientComments"] == "x" * LONGEST_VALUE + ("..." if cut else "")

    def test_an_entry_in_words_and_in_json(self) -> None:
        entry = Entry("C-FIND", "127.0.0.1:5", "SCU", (("PatientID", "P1"),), "0000", "2 pending", at=0.0)
        assert entry.sentence.startswith("127.0.0.1:5 SCU C-FIND PatientID=P1 0000: 2 pending")
        assert entry.line.endswith(f" {entry.sentence}")
        assert entry.line[:4] in ("1969", "1970")
        held = json.loads(entry.json)
        assert held.pop("time")[:4] in ("1969", "1970")
        assert held == {
            "operation": "C-FIND",
            "peer": "127.0.0.1:5",
            "ae_title": "SCU",
            "keys": {"PatientID": "P1"},
            "status": "0000",
            "detail": "2 pending",
        }
        assert set(json.loads(Entry("C-ECHO", at=0.0).json)) == {"time", "operation"}
        assert Entry("C-ECHO").sentence == "- - C-ECHO"
        assert "\n" not in printable("a\nb")


def test_a_summary_says_what_a_final_response_leaves_out() -> None:
    assert summary(Response(0), 1) == ("0000", "")
    assert summary(Response(0xA700, elements={"ErrorComment": "full"}), 3) == ("A700", "2 pending, full")
    assert summary(Response(0xFF00), 2) == ("", "2 responses, none of them final")
    assert summary(None, 0) == ("", "0 responses, none of them final")


def test_lines_go_out_in_portions() -> None:
    line = b"x" * 1000
    assert list(_portions([])) == []
    assert list(_portions([line])) == [line]
    assert [len(one) for one in _portions([line] * 9)] == [4000, 4000, 1000]
    assert [len(one) for one in _portions([b"y" * PORTION_BYTES, line])] == [PORTION_BYTES, 1000]
    assert [len(one) for one in _portions([b"y" * (PORTION_BYTES + 1)])] == [PORTION_BYTES + 1]


@pytest.mark.parametrize("limit_bytes", [0, -1])
def test_a_budget_of_nothing_is_none(limit_bytes: int) -> None:
    with pytest.raises(ValueError, match=f"memory_bytes.*{limit_bytes}"):
        Budget(limit_bytes)
    assert Budget(1).limit_bytes == 1


class TestAttributes:
    def test_numbers_tags_and_bytes(self) -> None:
        keys = {
            "Rows": "0x10",
            "FrameIncrementPointer": ["NumberOfFrames", "(0018,1063)"],
            "PixelAspectRatio": [1, 2],
            "(0009,1001)": b"AB",
            "RecommendedDisplayFrameRateInFloat": 1.5,
        }
        found = read_elements(encode_attributes(keys, EXPLICIT), EXPLICIT)
        assert found[0x00280010].value == b"\x10\0"
        assert found[0x00280009].value == b"\x28\0\x08\0\x18\0\x63\x10"
        assert found[0x00280034].value.rstrip() == b"1\\2"
        assert found[0x00089459].value == b"\0\0\xc0\x3f"

    @pytest.mark.parametrize(
        ("keys", "message"),
        [
            ({"PatientsName": "x"}, "unknown keyword"),
            ({"PatientName": [{"a": 1}]}, "items belong to sequences, but its VR is PN"),
            ({"ReferencedSeriesSequence": ["x"]}, "a sequence is a list of items, each a mapping"),
            ({"Rows": "many"}, "'many'.*VR US"),
            ({"Rows": 65536}, "65536.*VR US"),
            ({"FrameIncrementPointer": "NoKeyword"}, "unknown keyword"),
        ],
    )
    def test_what_is_no_value_is_refused_by_name(self, keys: dict[str, object], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            encode_attributes(keys, EXPLICIT)


def test_select_is_asked_as_poll_is() -> None:
    waiting = SelectPoll()
    one, other = socket.socketpair()
    with one, other:
        waiting.register(one, POLLIN)
        assert waiting.poll(0) == []
        other.sendall(b"x")
        assert waiting.poll(5000) == [(one.fileno(), POLLIN)]
        waiting.register(one.fileno(), POLLIN | POLLOUT)
        assert waiting.poll(5000) == [(one.fileno(), POLLIN | POLLOUT)]
        waiting.unregister(one)
        assert waiting.poll(0) == []
        with pytest.raises(KeyError):
            waiting.unregister(one)


def test_the_shape_of_a_presentation_lut_is_that_of_the_photometric_interpretation() -> None:
    found = build("smallest", "1.2.840.10008.5.1.4.1.1.1.1", EXPLICIT).read()
    assert (found.PhotometricInterpretation, found.PresentationLUTShape) == ("MONOCHROME2", "IDENTITY")


def test_a_decoded_frame_of_another_size_is_refused() -> None:
    elements = {tag_of(name): Element(tag_of(name), "US", b"\2\0") for name in ("Rows", "Columns")}
    assert _native(np.zeros((2, 2), np.uint16), elements) == bytes(8)
    with pytest.raises(ValueError, match=r"decoded \(2, 3\) instead of Rows and Columns \(2, 2\)"):
        _native(np.zeros((2, 3), np.uint16), elements)


def test_an_operation_without_a_peer_is_refused() -> None:
    with pytest.raises(ValueError, match="echo of scu needs a peer"):
        Scu("scu", "SCU", Recorder()).perform("echo", None, {})


def test_a_key_sequence_without_an_item_matches_everything() -> None:
    assert compile_item(Element(tag_of("ProcedureCodeSequence"), "SQ", b""), (), Matching()) == {}


def test_the_thread_of_a_log_ends_with_it() -> None:
    reading, writing = os.pipe()
    try:
        output = _Output(writing, False)
        output.close()
        assert not output._thread.is_alive()
    finally:
        os.close(reading)
        os.close(writing)
