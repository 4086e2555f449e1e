"""What a response says of attributes: those that it lists, and values that the printer replaced."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_workstation.printing.protocol.named_attributes import MOST, named
from dicom_workstation.printing.protocol.services import Response
from dicom_workstation.printing.protocol.statuses import Service, meaning


def of(**values: object) -> Dataset:
    found = Dataset()
    for keyword, value in values.items():
        setattr(found, keyword, value)
    return found


def test_listed_attributes_are_told_by_keyword_and_strangers_by_tag() -> None:
    assert named((0x2010015E, 0x00091001), 0x0105, Dataset(), Dataset()) == ("Illumination", "(0009,1001)")


def test_a_value_that_a_warning_replaced_is_told_with_what_was_asked() -> None:
    asked, told = of(MediumType="PAPER", NumberOfCopies=2), of(MediumType="CLEAR FILM", NumberOfCopies="2")
    assert named((0x20000030,), 0x0116, asked, told) == ("MediumType CLEAR FILM instead of PAPER",)
    assert named((), 0xB605, of(MinDensity=10), of(MinDensity=20)) == ("MinDensity 20 instead of 10",)


def test_a_failure_replaced_nothing() -> None:
    assert named((), 0x0106, of(MediumType="PAPER"), of(MediumType="CLEAR FILM")) == ()


def test_sequences_and_attributes_that_are_not_told_are_left_alone() -> None:
    asked = of(ReferencedFilmSessionSequence=[Dataset()], Trim="YES")
    assert named((), 0x0116, asked, of(ReferencedFilmSessionSequence=[])) == ()


def test_a_hostile_list_is_told_in_part() -> None:
    assert len(named(tuple(Tag(0x0009, number) for number in range(500)), 0x0107, Dataset(), Dataset())) == MOST
    (text,) = named((), 0x0116, of(ConfigurationInformation="A"), of(ConfigurationInformation="B" * 1000))
    assert len(text) < 200


def test_the_meaning_names_them() -> None:
    text = meaning(Service.CREATE_FILM, Response(0x0106, comment="not here", named=("FilmSizeID",)))
    assert text == "0106: invalid attribute value [FilmSizeID] (not here)"
