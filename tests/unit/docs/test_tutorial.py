"""The tutorial is true: each file is written, each command is run, and says what the tutorial shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from commands_of_documents import Shell

ROOT = Path(__file__).parents[3]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)


def exchanges(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block, and the lines that it is shown to print."""
    command, lines = "", []
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, lines
            command, lines = line.removeprefix("$ "), []
        else:
            lines.append(line)
    yield command, lines


def squeezed(text: str) -> str:
    return re.sub(r"[ \t]+", " ", text)


def test_every_command_does_what_the_tutorial_shows(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {})
    status = None
    ran = 0
    for block in BLOCK.finditer(TUTORIAL):
        if block["language"] == "yaml":
            name = re.findall(r"`([\w-]+\.yaml)`:$", block["before"])
            assert name, f"the tutorial does not say which file it is: {block['before']}"
            (tmp_path / name[0]).write_text(block["text"], encoding="utf-8")
        elif block["language"] == "console":
            for command, shown in exchanges(block["text"]):
                if command == "echo $?":
                    assert [str(status)] == shown
                    continue
                assert command.startswith("dicom-conformance "), f"nobody runs {command}"
                done = shell.run(command)
                status = done.returncode
                told = squeezed(done.stdout + done.stderr)
                assert [line for line in shown if squeezed(line) not in told] == [], f"{command}\n{told}"
                if any(line.startswith("FAIL mine") for line in shown):  # then nothing between the lines is left out
                    assert "\n".join(map(squeezed, shown)) in told, f"{command}\n{told}"
                ran += 1
        else:
            assert block["language"] == "sh"
    assert ran >= 7
    assert (tmp_path / "conformance-report" / "index.html").is_file()
    assert list((tmp_path / "conformance-report" / "evidence").glob("*/trace.pcap"))


def test_it_is_installed_as_the_readme_says() -> None:
    installed = re.search(r"python3 -m venv \.venv && \.venv/bin/pip install -q -e \.", TUTORIAL)
    assert installed
    assert installed[0] in README
