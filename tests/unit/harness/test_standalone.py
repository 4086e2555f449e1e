"""The configuration file of `simulate`, read strictly."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.play import certificates
from dicom_conformance.run.standalone import make_simulator
from dicom_simulators.data_sets import build

CT = "1.2.840.10008.5.1.4.1.1.2"

CONFIG = f"""ae_title: PACS
holds:
  - folder: images
  - {{recipe: smallest, sop_class: {CT}, seed: 5}}
destinations: {{DEST: {{port: 11112}}}}
faults: [{{respond: {{to: C-FIND-RQ, status: A700}}}}]
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text)
    return path


def test_a_configuration_is_read(tmp_path: Path) -> None:
    instance = build(sop_class=CT, seed=4)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.dcm").write_bytes(instance.file_bytes())
    (tmp_path / "images" / "notes.txt").write_text("no DICOM file")
    made = make_simulator("archive", _written(tmp_path, CONFIG))
    assert made.ae_title == "PACS"
    assert [one.SOPInstanceUID for one in made.instances] == [
        instance.SOPInstanceUID,
        build(sop_class=CT, seed=5).SOPInstanceUID,
    ]
    assert made.destinations == {"DEST": ("127.0.0.1", 11112)}
    assert made.faults.any


def test_without_a_configuration_there_is_one_all_the_same() -> None:
    made = make_simulator("destination", None)
    assert made.ae_title == "DESTINATION"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aet: X", "config.yaml:1: aet: unknown key"),
        ("port: 99999", "config.yaml:1: port: "),
        ("host: h\nfaults: [{respond: {to: C-FIND-RQ}}]", r"config.yaml:2: faults\[0\].respond: status is missing"),
        ("destinations: {X: {host: 127.0.0.1}}", "config.yaml:1: destinations.X.port: missing"),
        ("destinations: X", "config.yaml:1: destinations: must be a mapping"),
        ('ae_title: "A\\tB"', "config.yaml:1: ae_title: an AE title has no backslash, control"),
        ("ae_title: ' '", "config.yaml:1: ae_title: an AE title has at least one character"),
        ('destinations: {"A\\0": {port: 1}}', "config.yaml:1: destinations.*: an AE title has no backslash, control"),
        (
            "host: h\nsettings: {deadlines: {dimse_s: nan}}",
            "config.yaml:2: .*dimse_s: must be a number",
        ),
        (
            "host: h\nsettings: {deadlines: {dimse_s: 1e300}}",
            "config.yaml:2: .*dimse_s: must be at most",
        ),
        ("host: h\nsettings: {deadlines: {idle_s: -1}}", "config.yaml:2: settings.deadlines.idle_s: must be a number"),
        ("host: h\nfaults: [{delay: {on: C-FIND-RQ, s: 1e300}}]", r"config.yaml:2: faults\[0\].delay"),
        ("host: h\nholds: [{recipe: smalest}]", r"config.yaml:2: holds\[0\].recipe: no data set can be built"),
        ("host: h\nholds: [{folder: nowhere}]", r"config.yaml:2: holds\[0\].folder: there is no such folder"),
        ("host: h\nsettings: {nosuch: 1}", "config.yaml:2: settings.nosuch: unknown key"),
    ],
)
def test_a_wrong_configuration_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_simulator("archive", _written(tmp_path, text))


def test_a_printer_writes_its_films_and_keeps_none(tmp_path: Path) -> None:
    config = _written(
        tmp_path, 'ae_title: FILMS\nsettings: {densities: ["10", "320"], film_s: never, output: nowhere}\n'
    )
    made = make_simulator("printer", config, output=tmp_path / "films")
    made.start()
    try:
        assert (made.ae_title, made.abilities.densities) == ("FILMS", (10, 320))
        assert (tmp_path / "films").is_dir()
        assert not (tmp_path / "nowhere").exists()
    finally:
        made.stop()


def test_settings_that_no_printer_can_have_are_told_with_the_file(tmp_path: Path) -> None:
    config = _written(tmp_path, 'settings: {densities: ["300", "20"]}\n')
    with pytest.raises(DataError, match=r"config.yaml:1: settings: densities: give the minimum"):
        make_simulator("printer", config)


def test_a_printers_settings_are_judged(tmp_path: Path) -> None:
    config = _written(tmp_path, "settings: {bits: [8, twelve]}\n")
    with pytest.raises(DataError, match=r"config.yaml:1: settings.bits\[1\]: "):
        make_simulator("printer", config)


def test_files_of_tls_stand_beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = certificates.of_this_run().filled({})
    for name in ("certificate", "key", "authorities"):
        shutil.copy(section[name], tmp_path / f"{name}.pem")
    monkeypatch.chdir("/")
    text = "settings: {tls: {certificate: certificate.pem, key: key.pem, authorities: authorities.pem}}\n"
    made = make_simulator("destination", _written(tmp_path, text))
    assert made.tls.certificate == tmp_path / "certificate.pem"


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "1e300"])
def test_a_printers_times_are_numbers_that_can_be_waited_for(tmp_path: Path, number: str) -> None:
    with pytest.raises(DataError, match=r"config\.yaml:2: settings\.film_s: must be"):
        make_simulator("printer", _written(tmp_path, f"host: 127.0.0.1\nsettings: {{film_s: {number}}}"))
