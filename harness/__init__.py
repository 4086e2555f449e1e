"""The harness: plays test scenarios against a DICOM system, judges what happened and records the results.

A *statement* is a conformance statement as data: what the subject claims (`statement`, `statement_model`).
A *scenario* is one question as data: its peers, steps and expectations (`scenario`, `stage`, `steps`, `selection`).
A *case* is a scenario with every variable bound; `for_each` makes many of one (`matrix`, `binders`, `for_each`).
A *subject* is the system under test: our workstation or any other (`subjects`).
The *case runner* plays a case with simulated peers around the subject (`court`, `performance`, `peers`).
A *trace* is everything that was seen: bytes, PDUs, messages, logs, stored instances (`trace`, `conversation`, `view`).
A *check* judges the trace by one expectation and gives *findings*: expected, actual, met or not (`checks`).
A *verdict* sums up the findings of a case: PASS, FAIL, WARN, INCONCLUSIVE, NOT_CLAIMED or ERROR (`verdict`).
A *run* plays all selected cases in several processes and writes results and report (`runner`, `worker`, `dispatch`).
Evidence of each case is a capture, a decoded timeline and pictures (`evidence`, `exhibits`).
"""
