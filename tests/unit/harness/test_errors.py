from __future__ import annotations

import pickle
from pathlib import Path

from dicom_conformance.errors import DataError


def test_an_error_is_one_line_with_file_line_field_and_message() -> None:
    error = DataError("a.yaml", 3, "steps[0].do", "unknown key;\n did you mean ae?")
    assert str(error) == "a.yaml:3: steps[0].do: unknown key; did you mean ae?"


def test_what_is_not_known_is_left_out() -> None:
    assert str(DataError(Path("a.yaml"), None, "", "the file is empty")) == "a.yaml: the file is empty"


def test_an_error_survives_the_way_between_processes() -> None:
    error = DataError("a.yaml", 3, "id", "missing", (DataError("a.yaml", 4, "title", "missing"),))
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), [str(other) for other in copy.others]) == ("a.yaml:3: id: missing", ["a.yaml:4: title: missing"])
