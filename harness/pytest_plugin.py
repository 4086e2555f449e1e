"""The pytest plugin: collects scenario files that the ini option `dicom_scenarios` names."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Announce the ini option, so that a strict configuration knows it."""
    parser.addini("dicom_scenarios", "folders and files of scenarios, relative to the root", type="linelist")
