from __future__ import annotations

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.files.binding import bind, has_variable, variable, variables
from dicom_conformance.files.strict_yaml import parse


@pytest.mark.parametrize("text", ["$a b", "x$a", "$", "$1", "${a}", "$a.b", "a", "", " $a"])
def test_only_a_whole_scalar_is_a_variable(text: str) -> None:
    assert variable(text) is None
    assert bind(text, {}, parse("a: 1")) == text


def test_a_variable_stands_for_a_whole_value() -> None:
    document = parse("a: $x\nb: [$y, z]\n$x: c")
    bound = bind(document.data, {"x": [{"k": "v"}], "y": "text"}, document)
    assert bound == {"a": [{"k": "v"}], "b": ["text", "z"], "$x": "c"}


def test_an_unbound_variable_is_told_with_its_line_and_what_is_bound() -> None:
    document = parse("a:\n  - b: $lost\n", "f.yaml")
    with pytest.raises(DataError, match=r"f.yaml:2: a\[0\].b: \$lost is not bound here; the names bound are \$known"):
        bind(document.data, {"known": "1"}, document)


def test_variables_are_found_wherever_they_stand() -> None:
    data = {"a": ["$x", {"b": "$y"}], "c": "plain"}
    assert dict(variables(data)) == {"x": ("a", 0), "y": ("a", 1, "b")}
    assert has_variable(data)
    assert not has_variable({"a": ["plain"]})
