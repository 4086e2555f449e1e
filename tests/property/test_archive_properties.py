"""Whatever a peer sends, the archive answers: it reads or refuses, and never breaks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_simulators.archive.holdings import Holdings
from dicom_simulators.archive.information_model import PATIENT_ROOT, STUDY_ROOT, Behaviour
from dicom_simulators.archive.services import QueryRequest, find, move, store
from dicom_simulators.data_sets import build
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.encoding.data_set_codec import (
    DataSetError,
    Element,
    Elements,
    encoding_of,
    read_elements,
    tag_of,
    vr_of,
    write_elements,
)
from dicom_simulators.encoding.transcoding import transcode
from dicom_simulators.encoding.transfer_syntax_uids import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    UNCOMPRESSED,
)

SYNTAXES = st.sampled_from((IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN))
CT = "1.2.840.10008.5.1.4.1.1.2"
HELD = [build("smallest", CT, EXPLICIT_VR_LITTLE_ENDIAN, seed=seed) for seed in range(3)]
TAGS = st.sampled_from(
    [
        tag_of(keyword)
        for keyword in (
            "SpecificCharacterSet",
            "PatientName",
            "PatientID",
            "StudyDate",
            "StudyTime",
            "StudyInstanceUID",
            "SeriesInstanceUID",
            "SOPInstanceUID",
            "ModalitiesInStudy",
            "NumberOfStudyRelatedInstances",
            "Rows",
            "PixelSpacing",
            "AcquisitionDateTime",
            "TimezoneOffsetFromUTC",
            "RetrieveAETitle",
        )
    ]
    + [0x00091001, 0x00100000]
)
TEXTS = st.one_of(
    st.sampled_from([b"", b"*", b'""', b"\\", b"-", b"1.2\\1.3", b"20200101-", b"ISO 2022 IR 87", b"DOE*^?"]),
    st.binary(max_size=12),
)


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> Elements:
    made = {}
    for tag in draw(st.lists(TAGS, max_size=6)):
        vr = vr_of(tag)
        value = draw(TEXTS)
        size = {"US": 2, "UL": 4}.get(vr, 1)
        made[tag] = Element(tag, vr, value[: len(value) // size * size])
    if depth < 2 and draw(st.booleans()):
        tag = tag_of("ProcedureCodeSequence")
        made[tag] = Element(tag, "SQ", items=tuple(draw(st.lists(elements(depth + 1), max_size=2))))
    return made


def padded(held: Elements) -> Elements:
    return {
        tag: Element(
            tag,
            one.vr,
            one.value + (b"\0" if one.vr in ("UI", "UN") else b" ") * (len(one.value) % 2),
            tuple(padded(item) for item in one.items),
        )
        for tag, one in held.items()
    }


@settings(deadline=None)
@given(elements(), SYNTAXES)
def test_what_is_written_is_read_again(made, syntax):
    read = read_elements(write_elements(made, encoding_of(syntax)), syntax)
    if syntax == IMPLICIT_VR_LITTLE_ENDIAN or 0x00091001 not in made:
        assert read == padded(made)


@settings(deadline=None)
@given(st.binary(max_size=80), SYNTAXES)
def test_any_bytes_are_a_data_set_or_an_error_that_says_so(raw, syntax):
    try:
        read = read_elements(raw, syntax)
    except DataSetError:
        return
    assert all(tag == one.tag for tag, one in read.items())


@settings(deadline=None)
@given(
    st.one_of(st.binary(max_size=60), elements()),
    st.sampled_from([b"PATIENT", b"STUDY", b"SERIES", b"IMAGE", b"", b"?"]),
    SYNTAXES,
    st.sampled_from([PATIENT_ROOT, STUDY_ROOT]),
    st.booleans(),
)
def test_every_request_has_one_final_response(given_, level, syntax, model, relational):
    raw = given_
    if not isinstance(raw, bytes):
        tag = tag_of("QueryRetrieveLevel")
        raw = write_elements({**raw, tag: Element(tag, "CS", level)}, encoding_of(syntax))
    query = QueryRequest(model, raw, syntax, encoding_of(syntax), Behaviour(relational=relational))
    for responses in (
        list(find(Holdings(HELD), "ARCHIVE", query, lambda: False)),
        list(move(Holdings(HELD), query, "DEST", lambda title: True, lambda title, contexts: None, lambda: False)),
    ):
        assert all(one.status in (0xFF00, 0xFF01) for one in responses[:-1])
        assert responses[-1].status in (0, 0xA702, 0xA900, 0xC001)
        for one in responses[:-1]:
            assert read_elements(one.data_set, syntax)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(HELD[0].data_set)), st.binary(max_size=4), st.sampled_from(UNCOMPRESSED))
def test_a_spoilt_instance_is_stored_or_refused_and_converted_or_not(at, spoilt, target):
    data_set = HELD[0].data_set[:at] + spoilt + HELD[0].data_set[at + len(spoilt) :]
    instance = Instance(CT, HELD[0].SOPInstanceUID, EXPLICIT_VR_LITTLE_ENDIAN, data_set)
    assert store(Holdings(), instance).status in (0, 0xA900, 0xC000)
    converted = transcode(data_set, EXPLICIT_VR_LITTLE_ENDIAN, target)
    assert converted is None or read_elements(converted, target) is not None
