"""A tiny statement of another vendor, so that nothing is wired to one product."""

from __future__ import annotations

TINY = """
format: 1
id: tiny-1
title: A tiny archive
device: {manufacturer: Example, model: Tiny}
configurations: {plain: as delivered, dense: with compression}
application_entities:
  keeper:
    title: Keeper
    section: "2"
    roles: [SCP, SCU]
    association_initiator: true
    association_acceptor: true
    accepts: [A]
    proposes: [B]
    maximum_length: {bytes: 16384}
tables:
  A:
    title: What is kept
    section: "2"
    ae: keeper
    role: SCP
    policy: keeping
    transfer_syntaxes: [1.2.840.10008.1.2, 1.2.840.10008.1.2.1]
    contexts:
      - {label: CT, name: CT pictures, sop_class: 1.2.840.10008.5.1.4.1.1.2}
      - label: OWN
        name: Our own object
        sop_class: 2.25.99
        transfer_syntaxes: [1.2.840.10008.1.2.4.70]
  B:
    title: What is asked
    section: "2"
    ae: keeper
    role: SCU
    transfer_syntaxes: [1.2.840.10008.1.2]
    contexts:
      - {label: ECHO, name: Verification, sop_class: 1.2.840.10008.1.1}
policies:
  keeping:
    ae: keeper
    kind: selection
    sections: "2"
    configurations:
      plain: [1.2.840.10008.1.2.1, 1.2.840.10008.1.2]
      dense: [1.2.840.10008.1.2.4.70, 1.2.840.10008.1.2.1]
status_codes:
  - ae: keeper
    role: SCU
    message: C-ECHO-RSP
    values:
      - {first: 0000, status_class: success, meaning: Well, clause: PS3.7 9.1.5.1.4, result: success, behaviour: Told}
      - first: C000
        last: C003
        status_class: failure
        meaning: Ill
        clause: PS3.7 Annex C
        result: failure
        behaviour: Told
  - ae: keeper
    role: SCP
    message: C-STORE-RSP
    values:
      - {first: A700, status_class: failure, meaning: Full, clause: PS3.4 B.2.3, behaviour: Sent, printed: true}
sections:
  - {number: "1", title: About, promises_nothing: Words}
  - {number: "2", title: Keeping}
claims:
  - {id: 2/1, text: It keeps, ae: keeper, errata: [name]}
  - {id: 2/2, text: It sleeps, untested: nobody sees it sleep}
errata:
  - {id: name, section: "2", printed: CT pictures, read_as: CT Image Storage, why: PS3.6}
"""
