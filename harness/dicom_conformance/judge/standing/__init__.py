"""The standing rules: what the standard demands of every conversation, whatever was asked in it.

May import: `trace`, `results`.
Begin with `standing`; `breach` has the table of the rules.
"""

from dicom_conformance.judge.standing.breach import RULES, Breach
from dicom_conformance.judge.standing.negotiation_rules import NEGOTIATION_RULES, NegotiationJudge, accepted_contexts
from dicom_conformance.judge.standing.standing import Standing, breaches

__all__ = [
    "NEGOTIATION_RULES",
    "RULES",
    "Breach",
    "NegotiationJudge",
    "Standing",
    "accepted_contexts",
    "breaches",
]
