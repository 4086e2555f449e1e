"""The workstation's own tables have as many rows as the printed ones."""

from __future__ import annotations

import pytest

from dicom_workstation import tables


@pytest.mark.parametrize(
    ("table", "rows"),
    [("TABLE_1", 7), ("TABLE_1_PATIENT_ROOT", 7), ("TABLE_2", 7), ("TABLE_3", 288), ("TABLE_4", 14)],
)
def test_rows(table, rows):
    found = getattr(tables, table)
    assert len(found) == len(set(found)) == rows


def test_each_policy_ends_with_the_uncompressed_syntaxes_explicit_little_endian_first():
    for name, policy in tables.SELECTION_POLICIES.items():
        assert policy[-3:] == ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2")
        assert len(policy) == (3 if name == "none" else 5)


def test_each_syntax_of_table_3_is_in_some_policy_and_none_has_all_nine():
    named = {syntax for policy in tables.SELECTION_POLICIES.values() for syntax in policy}
    assert named == set(tables.NINE_TRANSFER_SYNTAXES)
    assert max(map(len, tables.SELECTION_POLICIES.values())) < 9


def test_jpeg_2000_is_preferred_to_its_lossless_only_form():
    assert tables.SELECTION_POLICIES["jpeg2000"][:2] == ("1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.90")
