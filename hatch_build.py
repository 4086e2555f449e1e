"""Puts the checkout's `scenarios/` into the wheel, as data of the harness package.

An editable install leaves them where they are: a copy in site-packages would grow old unseen.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ScenariosInTheWheel(BuildHookInterface):
    """The build hook that `pyproject.toml` names."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folder, unless the install is editable."""
        if version != "editable":
            build_data["force_include"]["scenarios"] = "dicom_conformance/scenarios"
