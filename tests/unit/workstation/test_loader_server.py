"""The loader's server side against raw peers (DCS 3.2.2.1; PS3.4 Annex B.2)."""

from __future__ import annotations

import random
import struct

import pytest
from raw_dicom_peer import (
    CT,
    IMPLICIT,
    RELEASE_RP,
    RELEASE_RQ,
    VERIFICATION,
    command,
    echo_rq,
    element,
    p_data,
    status_of,
    store_rq,
)

from dicom_workstation.tables import LOADER_SOP_CLASSES, NINE_TRANSFER_SYNTAXES, SELECTION_POLICIES, TABLE_3

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
ABORT = 7


def results(answer: bytes) -> dict[int, tuple[int, str]]:
    """Return context ID -> (result, transfer syntax) of an A-ASSOCIATE-AC."""
    found, offset = {}, 74
    while offset < len(answer):
        kind, _, length = struct.unpack_from(">BBH", answer, offset)
        value = answer[offset + 4 : offset + 4 + length]
        offset += 4 + length
        if kind == 0x21:
            found[value[0]] = (value[2], value[8:].decode())
    return found


class TestNegotiation:
    @pytest.mark.parametrize("configuration", sorted(SELECTION_POLICIES))
    def test_every_context_of_table_3_under_each_configuration(self, start, connect, configuration):
        address = start(jpeg_configuration=configuration).address
        policy = SELECTION_POLICIES[configuration]
        for rows in _batches(TABLE_3, 128):
            answer = connect(address).open([(2 * n + 1, sop, [syntax]) for n, (sop, syntax) in enumerate(rows)])
            found = results(answer)
            assert len(found) == len(rows)
            for number, (_, syntax) in enumerate(rows):
                result, accepted = found[2 * number + 1]
                assert result == (0 if syntax in policy else 4)
                assert result or accepted == syntax

    @pytest.mark.parametrize("configuration", sorted(SELECTION_POLICIES))
    @pytest.mark.parametrize("sop_class", [VERIFICATION, CT, GSPS])
    def test_the_priority_is_the_policys_whatever_the_order(self, start, connect, configuration, sop_class):
        address = start(jpeg_configuration=configuration).address
        policy = SELECTION_POLICIES[configuration]
        chooser = random.Random(7)
        proposals = [chooser.sample(NINE_TRANSFER_SYNTAXES, chooser.randint(1, 9)) for _ in range(128)]
        answer = connect(address).open([(2 * n + 1, sop_class, each) for n, each in enumerate(proposals)])
        for number, each in enumerate(proposals):
            wanted = next((syntax for syntax in policy if syntax in each), None)
            result, accepted = results(answer)[2 * number + 1]
            assert (result, accepted if wanted else None) == (0 if wanted else 4, wanted)

    def test_an_unknown_abstract_syntax_is_result_3(self, start, connect):
        answer = connect(start().address).open([(1, "1.2.3.4", [IMPLICIT]), (3, VERIFICATION, [IMPLICIT])])
        assert {number: result for number, (result, _) in results(answer).items()} == {1: 3, 3: 0}

    def test_identity_and_pdu_length(self, start, connect):
        answer = connect(start().address).open()
        assert b"\x52\x00\x00\x151.2.840.113704.7.0.2"[4:] in answer
        assert b"\x51\x00\x00\x04" + struct.pack(">L", 32768) in answer
        assert b"\x53\x00\x00\x04" not in answer
        assert b"1.2.840.10008.3.1.1.1" in answer


def _batches(rows, size):
    return [rows[start : start + size] for start in range(0, len(rows), size)]


class TestAccessControl:
    @pytest.mark.parametrize(
        ("allowed", "calling", "admitted"),
        [
            (None, "ANYONE", True),
            (["CT1"], "CT1", True),
            (["CT1"], "CT2", False),
            ([], "CT1", False),
            (["127.0.0.1"], "ANYONE", True),
            (["10.0.0.1"], "ANYONE", False),
            (["CT1@127.0.0.1"], "CT1", True),
            (["CT1@10.0.0.1"], "CT1", False),
        ],
    )
    def test_who_may_connect(self, start, connect, allowed, calling, admitted):
        answer = connect(start(allowed_callers=allowed).address).open(calling=calling)
        assert answer[0] == 2 if admitted else answer[7:10] == bytes((1, 1, 3))

    def test_another_called_ae_title_is_rejected(self, start, connect):
        assert connect(start().address).open(called="ELSEWHERE")[7:10] == bytes((1, 1, 7))

    @pytest.mark.parametrize(("side", "reason"), [("called", 7), ("calling", 3)])
    def test_a_title_padded_with_nul_is_taken_only_where_the_configuration_says_so(self, start, connect, side, reason):
        padded = {side: {"called": "DIRECTVIEW", "calling": "CT1"}[side].ljust(16, "\0")}
        workstation = start(allowed_callers=["CT1"])
        titles = {"calling": "CT1", **padded}
        assert connect(workstation.address).open(**titles)[7:10] == bytes((1, 1, reason))
        workstation.reconfigure(accept_titles_padded_with_nul=True)
        answer = connect(workstation.address).open(**titles)
        assert answer[0] == 2
        sent = {"called": b"DIRECTVIEW".ljust(16), "calling": b"CT1".ljust(16)}
        sent[side] = padded[side].encode()
        assert answer[10:42] == sent["called"] + sent["calling"]
        assert any(f"{side} AE title" in line and "padded with NUL" in line for line in workstation.log())

    @pytest.mark.parametrize("title", ["\0" * 16, "CT1\n".ljust(16, "\0"), "CT1\\".ljust(16, "\0")])
    def test_the_setting_excuses_nothing_but_nul(self, start, connect, title):
        workstation = start(accept_titles_padded_with_nul=True)
        assert connect(workstation.address).open(calling=title)[7:10] == bytes((1, 1, 3))

    def test_it_can_be_changed_without_a_restart(self, start, connect):
        workstation = start()
        address = workstation.address
        workstation.reconfigure(allowed_callers=["CT1"], ae_title="OTHER", jpeg_configuration="lossy")
        assert workstation.address == address
        assert connect(address).open(called="OTHER", calling="CT2")[7:10] == bytes((1, 1, 3))
        answer = connect(address).open([(1, CT, [IMPLICIT, "1.2.840.10008.1.2.4.50"])], called="OTHER", calling="CT1")
        assert results(answer) == {1: (0, "1.2.840.10008.1.2.4.50")}


@pytest.fixture
def store(start, connect):
    """Open an association for CT in Implicit VR LE, and give a function that stores and returns the status."""

    def begin(**keywords):
        workstation = start(**keywords)
        peer = connect(workstation.address)
        assert peer.open([(1, CT, [IMPLICIT]), (3, GSPS, [IMPLICIT])])[0] == 2

        def send(data_set, sop_class, uid, context_id=1):
            peer.send(store_rq(data_set, sop_class, uid, context_id))
            response = peer.receive()
            while not response[11] & 2:
                response += peer.receive()[12:]
            return status_of(response)

        return workstation, send

    return begin


class TestStore:
    def test_success_keeps_the_bytes_as_received(self, store, instance):
        workstation, send = store()
        data_set, sop_class, uid = instance()
        assert send(data_set, sop_class, uid) == 0x0000
        (held,) = workstation.memory.instances()
        assert (held.data_set, held.SOPClassUID, held.SOPInstanceUID, held.TransferSyntaxUID) == (
            data_set,
            sop_class,
            uid,
            IMPLICIT,
        )
        assert (held.StudyInstanceUID, held.SeriesInstanceUID) == ("2.25.1000", "2.25.1001")

    def test_the_same_again_is_a_success_and_is_held_once(self, store, instance):
        workstation, send = store()
        assert [send(*instance()), send(*instance())] == [0x0000, 0x0000]
        assert len(workstation.memory.instances()) == 1

    def test_a_group_length_makes_no_other_content(self, store, instance):
        _, send = store()
        send(*instance())
        assert send(*instance(x00080000=struct.pack("<L", 48))) == 0x0000

    def test_other_content_of_a_uid_is_a_warning_and_the_first_stays(self, store, instance):
        workstation, send = store()
        first, _, _ = instance()
        assert send(*instance()) == 0x0000
        assert send(*instance(x00100010=b"Other^Patient ")) == 0xB000
        assert [held.data_set for held in workstation.memory.instances()] == [first]

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"x7FE00010": None}, id="no Pixel Data"),
            pytest.param({"pixels": 30}, id="short Pixel Data"),
            pytest.param({"x7FE00010": b""}, id="empty Pixel Data"),
            pytest.param({"x00280008": b"2 "}, id="fewer frames than said"),
            pytest.param({"x00280010": None}, id="no Rows"),
        ],
    )
    def test_a_real_deficiency_is_a_warning_and_it_is_stored(self, store, instance, changes):
        workstation, send = store()
        assert send(*instance(**changes)) == 0xB000
        assert len(workstation.memory.instances()) == 1

    def test_a_presentation_state_needs_no_pixel_data(self, store, instance):
        _, send = store()
        assert send(*instance(sop_class=GSPS, x7FE00010=None), context_id=3) == 0x0000

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"x00080016": None}, id="no SOP Class UID"),
            pytest.param({"x00080018": None}, id="no SOP Instance UID"),
            pytest.param({"x0020000D": None}, id="no Study Instance UID"),
            pytest.param({"x0020000E": b""}, id="empty Series Instance UID"),
            pytest.param({"x00080016": b"1.2.840.10008.5.1.4.1.1.4"}, id="another SOP Class UID"),
            pytest.param({"x00080018": b"2.25.2"}, id="another SOP Instance UID"),
            pytest.param({"x0020000D": b"1..2"}, id="invalid UID"),
            pytest.param({"x0020000D": b"1." + b"2" * 70}, id="long UID"),
        ],
    )
    def test_what_cannot_be_understood_is_a_failure(self, store, instance, changes):
        workstation, send = store()
        assert send(*instance(**changes)) == 0xC000
        assert workstation.memory.instances() == ()

    @pytest.mark.parametrize(
        "spoil",
        [
            pytest.param(lambda raw: raw[:-5], id="cut"),
            pytest.param(lambda raw: b"\xff" * 40, id="garbage"),
            pytest.param(lambda raw: raw + b"\x01\x02\x03\x04\x05", id="more bytes"),
        ],
    )
    def test_what_is_no_data_set_is_a_failure(self, store, instance, spoil):
        workstation, send = store()
        data_set, sop_class, uid = instance()
        assert send(spoil(data_set), sop_class, uid) == 0xC000
        assert workstation.memory.instances() == ()

    def test_beyond_the_budget_it_is_refused_and_the_next_small_one_is_kept(self, store, instance):
        workstation, send = store(memory_budget_bytes=1000)
        assert send(*instance(uid="2.25.5", x00204000=b"x" * 200_000)) == 0xA700
        assert send(*instance()) == 0x0000
        assert [held.SOPInstanceUID for held in workstation.memory.instances()] == ["2.25.1"]

    def test_what_a_peer_began_to_send_and_never_ended_is_given_back(self, start, connect, instance):
        workstation = start(memory_budget_bytes=50_000)
        data_set, sop_class, uid = instance(x00204000=b"x" * 40_000)
        first, second = connect(workstation.address), connect(workstation.address)
        for peer in (first, second):
            peer.open([(1, CT, [IMPLICIT])])
        first.send(store_rq(data_set, sop_class, uid)[:36_000])
        first.close()
        for _ in range(500):
            second.send(store_rq(data_set, sop_class, uid))
            status = status_of(second.receive())
            if status == 0x0000:
                break
        assert status == 0x0000

    def test_the_association_stays_after_a_failure(self, store, instance):
        _, send = store()
        assert send(b"\xff" * 40, CT, "2.25.3") == 0xC000
        assert send(*instance()) == 0x0000

    def test_expired_instances_make_room(self, store, instance):
        workstation, send = store(keep_s=0.05)
        send(*instance())
        workstation.memory.wait(lambda: not workstation.memory.instances(), 0.2)
        assert workstation.memory.instances() == ()


class TestOtherRequests:
    def test_echo(self, start, connect):
        peer = connect(start().address)
        peer.open()
        for number in (1, 2, 65535):
            peer.send(echo_rq(MessageID=number))
            response = peer.receive()
            assert status_of(response) == 0x0000
            assert element(0x00000120, struct.pack("<H", number)) in response

    def test_another_sop_class_than_the_contexts_is_not_supported(self, store, instance):
        data_set, _, uid = instance()
        _, send = store()
        assert send(data_set, "1.2.840.10008.5.1.4.1.1.4", uid) == 0x0122

    @pytest.mark.parametrize(("is_class", "status"), [(True, 0x0122), (False, 0xC000)])
    def test_a_uid_that_is_too_long_is_answered_and_the_next_instance_is_kept(self, store, instance, is_class, status):
        data_set, sop_class, uid = instance()
        _, send = store()
        assert (
            send(data_set, "1." * 40 + "1" if is_class else sop_class, uid if is_class else "1." * 40 + "1") == status
        )
        assert send(data_set, sop_class, uid) == 0x0000

    @pytest.mark.parametrize("field", [0x0001, 0x0020, 0x0021, 0x0010])
    def test_an_operation_that_is_not_performed_is_unrecognized(self, start, connect, field):
        peer = connect(start().address)
        peer.open()
        elements = {"AffectedSOPClassUID": VERIFICATION, "CommandField": field, "MessageID": 9, "Priority": 0}
        more = {"AffectedSOPInstanceUID": "2.25.1"} if field == 1 else {}
        peer.send(p_data(1, 3, command(**elements, **more, CommandDataSetType=1)))
        raw = element(0x00080052, b"STUDY ")
        if field == 0x0021:
            return  # without Move Destination it is no valid request
        peer.send(p_data(1, 2, raw))
        assert status_of(peer.receive()) == 0x0211

    def test_what_was_asked_before_a_release_is_answered(self, start, connect):
        peer = connect(start().address)
        peer.open()
        peer.send(b"".join(echo_rq(MessageID=number) for number in (1, 2, 3)) + RELEASE_RQ)
        for number in (1, 2, 3):
            assert element(0x00000120, struct.pack("<H", number)) in peer.receive()
        assert peer.receive() == RELEASE_RP

    def test_many_requests_at_once_are_answered_in_turn(self, start, connect):
        peer = connect(start().address)
        peer.open()
        peer.send(b"".join(echo_rq(MessageID=number) for number in range(1, 201)))
        for number in range(1, 201):
            assert element(0x00000120, struct.pack("<H", number)) in peer.receive()

    def test_requests_without_end_end_the_association(self, start, connect):
        """A peer that reads nothing and asks without end would fill the memory with what waits."""
        peer = connect(start().address)
        peer.open()
        peer.send(echo_rq() * 20_000 + RELEASE_RQ)
        kind = 4
        while kind == 4:
            kind = peer.receive()[0]
        assert kind == ABORT

    @pytest.mark.parametrize("missing", ["MessageID", "AffectedSOPInstanceUID"])
    def test_a_request_that_is_none_leaves_nothing_behind(self, start, connect, instance, missing):
        workstation = start()
        data_set, sop_class, uid = instance()
        peer = connect(workstation.address)
        peer.open([(1, CT, [IMPLICIT])])
        elements = {"AffectedSOPClassUID": sop_class, "CommandField": 1, "MessageID": 1, "Priority": 0}
        elements |= {"CommandDataSetType": 1, "AffectedSOPInstanceUID": uid}
        del elements[missing]
        peer.send(p_data(1, 3, command(**elements)) + p_data(1, 2, data_set))
        assert peer.receive()[0] == ABORT
        workstation.stop()  # joins the thread of the association
        assert workstation.memory.reserved_bytes == 0
        assert workstation.memory.instances() == ()

    def test_a_cancel_of_nothing_is_ignored(self, start, connect):
        peer = connect(start().address)
        peer.open()
        peer.send(p_data(1, 3, command(CommandField=0x0FFF, MessageIDBeingRespondedTo=1, CommandDataSetType=0x0101)))
        peer.send(echo_rq())
        assert status_of(peer.receive()) == 0x0000

    def test_the_command_in_one_byte_fragments_and_several_pdvs_in_a_pdu(self, start, connect, instance):
        data_set, sop_class, uid = instance()
        peer = connect(start().address)
        peer.open([(1, CT, [IMPLICIT])])
        whole = store_rq(data_set, sop_class, uid)
        length = struct.unpack_from(">L", whole, 6)[0]
        command_set = whole[12 : 10 + length]
        pdvs = b"".join(
            struct.pack(">LBB", 3, 1, 1 if at < len(command_set) - 1 else 3) + command_set[at : at + 1]
            for at in range(len(command_set))
        )
        pdvs += struct.pack(">LBB", len(data_set) + 2, 1, 2) + data_set
        raw = struct.pack(">BBL", 4, 0, len(pdvs)) + pdvs
        for at in range(0, len(raw), 7):
            peer.send(raw[at : at + 7])
        assert status_of(peer.receive()) == 0x0000


def test_thirty_two_storage_classes():
    assert len(LOADER_SOP_CLASSES) == 32
