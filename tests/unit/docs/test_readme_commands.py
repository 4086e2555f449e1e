"""README's commands work in the order given, from an empty folder."""

from __future__ import annotations

from pathlib import Path

from commands_of_documents import Shell, commands

from dicom_conformance.play import reserved_port
from dicom_conformance.run import standalone
from dicom_conformance.run.example_archive import EXAMPLE

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
USE_IT = README.partition("## Use it")[2].partition("\n## ")[0]
PORTS = ("11112", "11113", "10104")


def test_the_commands_work_in_their_order(tmp_path: Path) -> None:
    ports = {port: str(reserved_port()) for port in PORTS}
    shell = Shell(tmp_path, ports)
    archive = tmp_path / "archive.yaml"  # the example with other ports, for those of README may be in use
    archive.write_text(EXAMPLE.replace("11113", ports["11113"]), encoding="utf-8")
    told = []
    try:
        for command in commands(USE_IT):
            if " simulate " in command:
                own = {"archive": ["--config", str(archive), "--port", ports["11112"]]}
                first = shell.start(command, own.get(command.split()[2], ["--port", ports["10104"]]))
                assert "listens on 127.0.0.1:" in first
                continue
            done = shell.run(command)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            told.append(done.stdout)
    finally:
        shell.close()
    text = "\n".join(told)
    for expected in ("Doe^Jane", "written 3 to images", "stored 1", "films printed 1", "render: success"):
        assert expected in text, text
    for file in ("images/2.25.111.dcm", "state.dcm", "picture.png", "film.png", "films/film-0001.png"):
        assert (tmp_path / file).is_file(), file


def test_the_ports_of_the_readme_are_the_usual_ones() -> None:
    assert {str(standalone.PORTS["archive"]), str(standalone.PORTS["printer"])} <= set(PORTS)
    assert "port: 11113" in EXAMPLE
