"""Whole scenarios that stand in the documents are played, so that they stay true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dicom_conformance.__main__ import main

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.mark.parametrize("document", ["README.md", "docs/writing-scenarios.md"])
def test_whole_scenarios_in_the_documents_can_be_played(document: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(id: .*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for number, text in enumerate(blocks):
        (tmp_path / f"example-{number}.yaml").write_text(text, encoding="utf-8")
    assert main(["run", str(tmp_path), "-n", "1", "--output", str(tmp_path / "report")]) == 0
