"""Whatever a file holds, it is read or it is a DataError."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_conformance.files.strict_yaml import DataError, Document, parse
from dicom_conformance.scenario import scenario

PIECES = st.sampled_from(
    [
        *("a", "b: ", ": ", "- ", "\n", "  ", "\t", "[", "]", "{", "}", ",", "&x ", "*x", "!!str ", "!", "|", ">", "'"),
        *("#", "---", "...", "<<: ", "? ", "%", "@", "`", "~", "\\", "\x00", "\x85", "\ufeff", "\ud7ff", "é", "0", '"'),
    ]
)

PLAIN = st.recursive(
    st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=6), inner, max_size=3),
    max_leaves=12,
)


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and key and _is_plain(inner) for key, inner in value.items())
    return all(_is_plain(inner) for inner in value) if isinstance(value, list) else isinstance(value, str)


def _read(text: str) -> Document | DataError:
    try:
        return parse(text, "f.yaml")
    except DataError as error:
        return error


@given(st.text() | st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_as_texts_or_refused(text: str) -> None:
    found = _read(text)
    if isinstance(found, DataError):
        assert "\n" not in str(found)
        assert found.line is None or 1 <= found.line <= text.count("\n") + text.count("\r") + text.count("\x85") + 2
    else:
        assert _is_plain(found.data)
        assert () in found.lines


@given(st.lists(PIECES, max_size=30).map("".join))
@settings(max_examples=150, deadline=None)
def test_no_such_text_is_a_scenario(text: str) -> None:
    with pytest.raises(DataError, match=r"^f\.yaml"):
        scenario.from_document(parse("id: a/b\ntitle: t\nclause: [x]\nlevel: claim\nsteps: " + text, "f.yaml"))


@given(st.dictionaries(st.text(min_size=1, max_size=6), PLAIN, max_size=4))
@settings(max_examples=150, deadline=None)
def test_what_yaml_writes_of_texts_is_read_back_the_same(data: dict[str, object]) -> None:
    written = yaml.safe_dump(data, default_style='"', allow_unicode=False)
    assert parse(written).data == data
