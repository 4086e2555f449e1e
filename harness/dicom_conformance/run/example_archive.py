"""What `dicom-conformance simulate archive` is without a configuration file: a small synthetic PACS."""

from __future__ import annotations

DESTINATION_PORT = 11114
"""Where `simulate destination` listens, unless it is told otherwise."""

WORKSTATION_PORT = 11113
"""Where the archive sends what the workstation retrieves: `workstation retrieve --port 11113`."""

_OF_THE_STUDY = (
    "recipe: ct_512, changes: {PatientName: Doe^Jane, PatientID: DOE1, PatientBirthDate: 19700101, PatientSex: F, "
    "StudyInstanceUID: 2.25.1, StudyDate: 20240115, StudyTime: 101500, StudyID: 1, AccessionNumber: A1, "
    "StudyDescription: Chest, SeriesInstanceUID: 2.25.11, SeriesNumber: 1"
)

DESTINATIONS_OF_EXAMPLE = f"""\
destinations:
  DIRECTVIEW: {{port: {WORKSTATION_PORT}}}
  DESTINATION: {{port: {DESTINATION_PORT}}}
"""
"""Where it sends; that alone where a folder says what it holds."""

EXAMPLE = f"""\
holds:
  - {{{_OF_THE_STUDY}, InstanceNumber: 1, SOPInstanceUID: 2.25.111}}, seed: 1}}
  - {{{_OF_THE_STUDY}, InstanceNumber: 2, SOPInstanceUID: 2.25.112}}, seed: 2}}
  - {{{_OF_THE_STUDY}, InstanceNumber: 3, SOPInstanceUID: 2.25.113}}, seed: 3}}
  - study:
      {{modalities: [CR, MR], instances: 2, PatientName: Roe^Richard, PatientID: ROE1, StudyInstanceUID: 2.25.2}}
    seed: 4
{DESTINATIONS_OF_EXAMPLE}"""
"""Two studies, 2.25.1 and 2.25.2, in the words of a file of `simulate --config`."""
