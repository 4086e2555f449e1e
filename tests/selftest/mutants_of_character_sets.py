"""Mutants of character sets and of the soundness of what is stored (DCS 7, DCS 3.2.2.1.3.2.3)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from dicom_workstation.data_sets import (
    character_set_terms,
    character_sets,
    data_set_display,
    data_set_text,
    inspection,
    structure,
)
from dicom_workstation.data_sets.character_sets import CharacterSet, Text
from dicom_workstation.presentation_states import state
from dicom_workstation.query import query_engine
from mutation import Catalogue, Patch

CHARACTER_SETS = Catalogue()


@CHARACTER_SETS.mutant("character_sets/answer-in-another-set-than-the-query", "outcome")
def decodes_by_the_querys_character_set(patch: Patch) -> None:
    """Answers are decoded by the character set of the query, not by their own."""
    patch.set(data_set_display, "declared_in", lambda *_: CharacterSet.of("ISO_IR 192"))


@CHARACTER_SETS.mutant("character_sets/query-key-that-does-not-fit", "outcome")
def sends_question_marks(patch: Patch) -> None:
    """What a character set cannot hold goes out as a question mark."""

    def lossy(self: CharacterSet, text: str, vr: str) -> bytes:
        try:
            return encode(self, text, vr)
        except character_sets.UnencodableError:
            return text.encode("ascii", "replace")

    encode = patch.set(CharacterSet, "encode", lossy)


@CHARACTER_SETS.mutant("character_sets/answer-not-designated-again", "outcome")
def keeps_code_extensions_across_a_delimiter(patch: Patch) -> None:
    """Code extensions are not reset at a delimiter when an answer is read."""
    patch.set(character_sets, "delimiters", lambda _: "")


@CHARACTER_SETS.mutant("character_sets/query-key-ir-149", "data_set")
def does_not_designate_again_after_a_delimiter(patch: Patch) -> None:
    """A key is written without designating its character set again after a delimiter."""
    patch.set(character_sets._Writer, "reset", lambda _: None)


@CHARACTER_SETS.mutant("character_sets/query-key-ir-87", "data_set")
def does_not_return_to_the_first_character_set(patch: Patch) -> None:
    """A key in JIS X 0208 does not return to ISO 646 before delimiters and at its end."""

    def one_way(self: Any, graphic: Any) -> None:
        if graphic is not character_set_terms.ASCII:
            designate(self, graphic)

    designate = patch.set(character_sets._Writer, "designate", one_way)


@CHARACTER_SETS.mutant("character_sets/query-key-ir-13-and-ir-87", "data_set")
def returns_to_the_wrong_first_character_set(patch: Patch) -> None:
    """Under ISO 2022 IR 13 it returns to ISO 646 instead of JIS X 0201 romaji."""
    patch.set(character_sets, "ROMAJI", character_set_terms.ASCII)


@CHARACTER_SETS.mutant("character_sets/query-answer-gb18030", "outcome")
def takes_gb18030_for_big5(patch: Patch) -> None:
    """GB18030 is decoded as Big5."""
    patch.entry(character_sets.WHOLE, "GB18030", "big5")


@CHARACTER_SETS.mutant("character_sets/query-answer-ir-87", "outcome")
def does_not_know_jis_x_0208(patch: Patch) -> None:
    """The escape sequence of JIS X 0208 is taken for that of KS X 1001."""
    korean = replace(character_set_terms.MULTI_BYTE["ISO 2022 IR 149"], escape=b"$B", in_g1=False)
    patch.entry(character_set_terms.GRAPHIC_SETS, b"$B", korean)


@CHARACTER_SETS.mutant("character_sets/answer-misspelt-utf-8", "outcome")
def takes_misspelt_terms_without_a_word(patch: Patch) -> None:
    """Misspelt defined terms are taken for what they mean, and nobody is told."""

    def trusting(self: CharacterSet, raw: bytes, vr: str) -> Text:
        return decode(replace(self, doubts=()), raw, vr)

    decode = patch.set(CharacterSet, "decode", trusting)


@CHARACTER_SETS.mutant("character_sets/answer-without-character-set", "outcome")
def takes_undeclared_text_for_latin_1_without_a_word(patch: Patch) -> None:
    """Text without a Specific Character Set is read as ISO_IR 100, and nobody is told."""
    patch.set(character_sets, "_guess", lambda raw, _: Text(raw.decode("latin-1")))


@CHARACTER_SETS.mutant("character_sets/answer-in-utf-8-declared-as-latin-1", "outcome")
def believes_a_wrong_declaration(patch: Patch) -> None:
    """UTF-8 declared as ISO_IR 100 is shown as it is declared, and nobody is told."""
    patch.set(character_sets, "_is_utf_8", lambda _: False)


@CHARACTER_SETS.mutant("character_sets/query-answer-ir-6-and-ir-87", "outcome")
def shows_items_in_the_default_repertoire(patch: Patch) -> None:
    """An item without a character set of its own is read in the default repertoire."""

    def alone(data_set: Any, enclosing: CharacterSet) -> CharacterSet:
        return declared(data_set, CharacterSet())

    declared = patch.set(data_set_display, "declared_in", alone)


@CHARACTER_SETS.mutant("character_sets/query-key-takes-the-least", "data_set")
def always_declares_utf_8(patch: Patch) -> None:
    """Every query declares ISO_IR 192, whether it needs it or not."""
    patch.set(query_engine, "with_character_set", lambda keys, _: {**keys, "SpecificCharacterSet": "ISO_IR 192"})


@CHARACTER_SETS.mutant("character_sets/query-key-ir-100", "data_set")
def encodes_in_utf_8_whatever_it_declares(patch: Patch) -> None:
    """Keys are encoded in UTF-8, whatever the query declares."""

    def otherwise(self: CharacterSet, text: str, vr: str) -> bytes:
        return text.encode("utf_8")

    patch.set(CharacterSet, "encode", otherwise)


@CHARACTER_SETS.mutant("robustness/loader-refuses-uid-as-path", "dimse")
def takes_a_path_for_a_uid(patch: Patch) -> None:
    """A SOP Instance UID may be any text."""
    for pattern in ("_UID", "_UID_WITH_LEADING_ZEROS"):
        patch.set(inspection, pattern, inspection.re.compile(r".+"))


@CHARACTER_SETS.mutant("robustness/loader-refuses-codestream-bomb-in-jpeg", "dimse")
def does_not_look_at_codestreams(patch: Patch) -> None:
    """A codestream that claims gigabytes is kept."""
    patch.set(inspection, "declared_pixels", lambda _: 0)


@CHARACTER_SETS.mutant("robustness/loader-refuses-overlong-value", "dimse")
def takes_values_of_any_length(patch: Patch) -> None:
    """A Patient's Name of 60000 characters is kept."""
    patch.set(structure, "LONGEST_BRIEF_VALUE_BYTES", 1 << 20)


# -- presentation-state text


@CHARACTER_SETS.mutant("character_sets/presentation-state-text-in-a-wrong-character-set", "outcome")
def draws_doubtful_text_without_a_word(patch: Patch) -> None:
    """The text of a presentation state is drawn, and what is doubtful in it is told to nobody."""

    def silent(data_set: Any) -> tuple[str, ...]:
        decode(data_set)
        return ()

    decode = patch.set(state, "decode_texts", silent)


@CHARACTER_SETS.mutant("character_sets/presentation-state-text-gb18030", "outcome")
def reads_the_text_of_a_state_as_utf_8(patch: Patch) -> None:
    """The text of a presentation state is read as UTF-8, as that of its image is, whatever it declares."""
    patch.set(data_set_text, "declared_in", lambda *_: CharacterSet.of("ISO_IR 192"))


@CHARACTER_SETS.mutant("character_sets/presentation-state-created-ir-87", "data_set")
def creates_every_state_in_utf_8(patch: Patch) -> None:
    """A created state is in UTF-8, whatever its image is in and whatever is asked for."""
    patch.set(data_set_text, "defined_character_set", lambda _: CharacterSet.of("ISO_IR 192"))
    patch.set(data_set_text, "_can_hold", lambda *_: False)


@CHARACTER_SETS.mutant("character_sets/presentation-state-created-in-the-least", "data_set")
def leaves_the_patients_name_as_it_was(patch: Patch) -> None:
    """A created state goes to UTF-8, and the bytes of the patient's name stay those of the image."""

    def untouched(element: Any, vr: str, _: CharacterSet) -> Text:
        return Text(bytes(element.value).decode("latin-1").encode("latin-1").decode("utf_8", "replace"))

    patch.set(data_set_text, "_decoded", untouched)


@CHARACTER_SETS.mutant("character_sets/presentation-state-text-that-does-not-fit", "outcome")
def writes_question_marks_on_the_image(patch: Patch) -> None:
    """What the character set of a created state cannot hold becomes a question mark."""

    def lossy(character_set: CharacterSet, _: Any, vr: str, text: str) -> bytes:
        try:
            return character_set.encode(text, vr)
        except character_sets.UnencodableError:
            return text.encode("ascii", "replace")

    patch.set(data_set_text, "_encoded", lossy)


# -- hostile answers, and what only looks hostile


@CHARACTER_SETS.mutant("robustness/query-answer-group-length-lies", "outcome")
def takes_whatever_can_be_read_for_an_answer(patch: Patch) -> None:
    """The structure of an answer is not followed: what the library can make of it is a match."""
    patch.set(query_engine, "walk", lambda *_: {})


@CHARACTER_SETS.mutant("robustness/query-answer-odd-uid", "outcome")
def takes_any_text_for_a_uid(patch: Patch) -> None:
    """An answer whose UID is none is told without a word about it."""
    patch.set(data_set_display, "_UID", re.compile(".*"))


@CHARACTER_SETS.mutant("robustness/loader-keeps-what-is-slightly-too-long", "outcome")
def says_nothing_of_long_values(patch: Patch) -> None:
    """A value longer than its VR allows is shown without a word about it."""
    patch.set(data_set_display, "_LONGEST", {})


@CHARACTER_SETS.mutant("character_sets/real-file-koreanmulti", "outcome")
def refuses_stale_group_lengths(patch: Patch) -> None:
    """An instance whose Group Length is not the length of its group is refused."""

    def exact(raw: bytes, transfer_syntax: str) -> Any:
        found = follow(raw, transfer_syntax)
        if 0x00080000 in found.elements:
            raise structure.DataSetError("has a Group Length")
        return found

    follow = patch.set(inspection, "follow", exact)
