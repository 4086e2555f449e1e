"""The text of whole data sets: what is taken over stays bytes, what is brought to another character set is told."""

from __future__ import annotations

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_workstation.data_sets.character_sets import UnencodableError
from dicom_workstation.data_sets.data_set_encoding import read
from dicom_workstation.data_sets.data_set_text import copy_element, decode_texts, encode_texts
from dicom_workstation.data_sets.identifiers import encode_identifier
from dicom_workstation.instances.encode_instance import stored_instance
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN


def source(character_set: str, name: str, wrong: str | None = None) -> Dataset:
    """Return an image's data set as it comes from the network; `wrong` takes the place of what it declares."""
    raw = encode_identifier({"SpecificCharacterSet": character_set, "PatientName": name}, EXPLICIT_VR_LITTLE_ENDIAN)
    found = read(raw, EXPLICIT_VR_LITTLE_ENDIAN)
    if wrong is not None:
        found[0x00080005] = RawDataElement(Tag(0x00080005), "CS", len(wrong), wrong.encode(), 0, False, True)
    return found


def made(of: Dataset, **texts: str) -> Dataset:
    """Return a new data set of that patient, with text of the user's at top level and in an item."""
    new = Dataset()
    new.SOPClassUID = new.SOPInstanceUID = new.StudyInstanceUID = new.SeriesInstanceUID = "2.25.1"
    copy_element(new, of, "PatientName")
    new.ContentDescription = texts.get("description", "")
    item = Dataset()
    item.UnformattedTextValue = texts.get("text", "")
    new.GraphicAnnotationSequence = [item]
    return new


def written(new: Dataset) -> Dataset:
    return read(stored_instance(new).data_set, EXPLICIT_VR_LITTLE_ENDIAN)


def raw_name(data_set: Dataset) -> bytes:
    return bytes(data_set.get_item("PatientName").value).rstrip(b" ")


@pytest.mark.parametrize(
    ("character_set", "name", "text"),
    [
        ("ISO_IR 100", "Müller", "Schädel"),
        ("\\ISO 2022 IR 58", "Zhang=张", "头部"),
        ("\\ISO 2022 IR 149", "Hong=洪^吉洞=홍^길동", "머리\r\n머리"),
        ("ISO_IR 13", "ﾔﾏﾀﾞ", "ｱﾀﾏ"),
    ],
)
def test_the_character_set_of_the_image_stays_where_it_can(character_set, name, text):
    image = source(character_set, name)
    new = made(image, description=text.split("\r\n")[0], text=text)
    assert encode_texts(new, image, None) == ()
    found = written(new)
    assert raw_name(found) == raw_name(image)
    assert decode_texts(found) == ()
    assert found.GraphicAnnotationSequence[0].UnformattedTextValue == text
    assert str(found.PatientName) == name


def test_another_character_set_takes_everything_along():
    image = source("ISO_IR 100", "Müller")
    new = made(image, text="山田")
    assert encode_texts(new, image, None) == ()
    found = written(new)
    assert (found.SpecificCharacterSet, raw_name(found)) == ("ISO_IR 192", "Müller".encode())


def test_doubtful_bytes_stay_what_they_are_or_are_told():
    image = source("ISO_IR 100", "Müller", wrong="ISO_IR 192")
    kept = made(image, text="山田")
    assert encode_texts(kept, image, None) == ()
    assert raw_name(written(kept)) == b"M\xfcller"
    brought = made(image, text="ä")
    with pytest.raises(UnencodableError, match=r"PatientName: .*U\+FFFD"):
        encode_texts(brought, image, "ISO_IR 100")
    misspelt = source("ISO_IR 100", "Müller", wrong="latin1")
    told = made(misspelt)
    assert encode_texts(told, misspelt, None) == ("PatientName: 'latin1' is not a defined term, read as ISO_IR 100",)
    assert raw_name(written(told)) == "Müller".encode()


def test_what_does_not_fit_is_refused_by_its_name():
    image = source("ISO_IR 100", "Müller")
    with pytest.raises(UnencodableError, match=r"UnformattedTextValue: .*cannot hold '山'"):
        encode_texts(made(image, text="山"), image, "ISO_IR 100")
    with pytest.raises(UnencodableError, match="UnformattedTextValue"):
        encode_texts(made(image, text="\ud800"), image, None)


def test_a_data_set_in_ascii_needs_no_character_set():
    image = source("", "Doe^John")
    new = made(image, text="AP")
    encode_texts(new, image, None)
    assert "SpecificCharacterSet" not in written(new)
