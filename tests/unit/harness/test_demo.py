"""The demo: archives, a printer and the explorer, found and retrieved over the pages."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from dicom_conformance.__main__ import exploring
from dicom_conformance.commands import demo, demonstration


def test_the_demo_can_be_explored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "PARTS", {"PACS": (3,), "VAULT": ()})
    with (
        demonstration(tmp_path / "films", 0, exploring()) as explored,
        httpx.Client(base_url=explored.link.partition("/enter")[0], follow_redirects=True) as client,
    ):
        page = client.get(explored.link).text
        assert all(name in page for name in ("PACS", "VAULT", "FILM"))
        listed = client.get("/devices/PACS/studies?ask=1").text
        assert "POE, EDGAR" in listed
        study = listed.split('name="StudyInstanceUID" value="')[1].split('"')[0]
        form = {"csrf": page.split('name="csrf" value="')[1].split('"')[0], "peer": "PACS", "level": "STUDY"}
        answer = client.post(
            "/do/retrieve", data={**form, "StudyInstanceUID": study}, headers={"accept": "application/json"}
        )
        (state,) = answer.json()
        assert (state["result"], state["done"], state["title"]) == ("success", 1, "POE, EDGAR")
        assert client.get(f"/viewer/{study}").status_code == 200
