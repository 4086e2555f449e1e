"""A statement of format 2, of a product that does not exist."""

from __future__ import annotations

from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.statement.statement import Statement, check

ACME = """
format: "2"
id: acme-pacs-4
device: {manufacturer: Acme, model: PACS, version: "4"}
configurations: {plain: as delivered, dense: with compression}
application_entities:
  archive:
    title: ACME
    identity: {implementation_class_uid: 2.25.161803398874989484, implementation_version_name: ACME_4}
    maximum_length: 65536
    associations: {accepted: 20}
    character_sets: [ISO_IR 100, ISO_IR 192]
    scp:
      - {service: verification}
      - service: storage
        sop_classes: [CTImageStorage, MR Image Storage, 1.2.840.10008.5.1.4.1.1.7, 2.25.99]
        transfer_syntaxes: [uncompressed, JPEGLosslessSV1]
        selection: [JPEGLosslessSV1, ExplicitVRLittleEndian]
        level: 2
        only: true
        configurations: [plain]
        statuses: {unparsable: C000}
      - {service: storage, sop_classes: CTImageStorage, selection: requestor, configurations: [dense]}
      - service: query
        models: [study_root, patient_root]
        person_names: {case: insensitive, wildcards: yes}
        keys: {STUDY: [StudyDescription, ModalitiesInStudy]}
        extended_negotiation: relational
      - {service: move, models: study_root, destinations: configured}
      - {service: get, models: none}
      - {service: commitment, reports_on: new_association, within_s: 30}
    scu: [{service: storage}]
  printer:
    scp:
      - {service: print, meta: [grayscale, color], optional: PrintJob, destinations: MAGAZINE, bits: [8, 12]}
"""


def acme(old: str = "", new: str = "") -> Statement:
    """Read the statement, with one text in it replaced."""
    assert old in ACME
    return check(parse(ACME.replace(old, new, 1) if old else ACME, "acme.yaml"))
