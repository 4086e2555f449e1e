"""The snippets of docs/continuous-integration.md are YAML, and the commands that they name do what the text says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from dicom_conformance.__main__ import _parser, main
from dicom_conformance.results import read_run

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "continuous-integration.md").read_text(encoding="utf-8")
GITHUB, GITLAB = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))
VALUES = {"${{ matrix.part }}": "{part}", "$CI_NODE_INDEX": "{part}", "$CI_NODE_TOTAL": "2", " || true": ""}
PROGRAM = "dicom-conformance "


def lines() -> Iterator[tuple[str, str]]:
    for job in GITHUB["jobs"].values():
        yield from (("github", step["run"]) for step in job["steps"] if "run" in step)
    for job in GITLAB.values():
        yield from (("gitlab", line) for line in job["script"])


def commands(server: str) -> list[str]:
    """Give our commands of a server's snippet, with its variables filled in but for the part."""
    found = [line for name, line in lines() if name == server and line.startswith(PROGRAM)]
    for variable, value in VALUES.items():
        found = [line.replace(variable, value) for line in found]
    return [line.removeprefix(PROGRAM) for line in found]


def test_both_snippets_play_two_parts_and_merge_them() -> None:
    assert GITHUB["jobs"]["play"]["strategy"]["matrix"]["part"] == [1, 2]
    assert GITLAB["conformance"]["parallel"] == 2
    for server in ("github", "gitlab"):
        assert [command.split()[0] for command in commands(server)] == ["run", "merge"]
    assert GITLAB["report"]["artifacts"]["reports"]["junit"] == "report/junit.xml"


@pytest.mark.parametrize("server", ["github", "gitlab"])
def test_the_commands_of_a_snippet_run(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "job.md"))
    play, merge = commands(server)
    for part in ("1", "2"):
        assert main([*shlex.split(play.format(part=part)), "verification/", "--quick", "-n", "1"]) == 0
    assert main(shlex.split(merge)) == 0
    whole = read_run(tmp_path / "report" / "run.json")
    assert whole.counts["PASS"] > 1
    assert sum(whole.counts.values()) == sum(
        sum(read_run(tmp_path / f"part-{part}" / "run.json").counts.values()) for part in (1, 2)
    )
    assert (tmp_path / "job.md").read_text().count("# dicom-conformance: passed\n") == 3


INDENTED = re.findall(
    r"^    dicom-conformance (.*)$", TEXT + (ROOT / "docs" / "measuring.md").read_text(), re.MULTILINE
)


@pytest.mark.parametrize("line", INDENTED)
def test_each_command_of_the_text_is_one_that_there_is(line: str) -> None:
    assert _parser().parse_args(shlex.split(line)).command


def test_every_further_command_is_shown() -> None:
    assert {line.split()[0] for line in INDENTED} == {"run", "merge", "compare", "probe", "matrix"}
