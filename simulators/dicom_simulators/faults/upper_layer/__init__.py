"""Faults of the upper layer: how associations are established, how they end, and what PDUs look like.

May import: `moment`, `parameters`.
Begin with `abort`.
"""

from dicom_simulators.faults.upper_layer.abort import Abort
from dicom_simulators.faults.upper_layer.answer_contexts import AnswerContexts
from dicom_simulators.faults.upper_layer.answer_titles import AnswerTitles
from dicom_simulators.faults.upper_layer.corrupt_pdu import CorruptPDU
from dicom_simulators.faults.upper_layer.early_release import EarlyRelease
from dicom_simulators.faults.upper_layer.ignore import Ignore
from dicom_simulators.faults.upper_layer.implementation import Implementation
from dicom_simulators.faults.upper_layer.late_release import LateRelease
from dicom_simulators.faults.upper_layer.max_pdu import MaxPDU
from dicom_simulators.faults.upper_layer.odd_fragments import OddFragments
from dicom_simulators.faults.upper_layer.reject import Reject
from dicom_simulators.faults.upper_layer.release import Release

__all__ = [
    "Abort",
    "AnswerContexts",
    "AnswerTitles",
    "CorruptPDU",
    "EarlyRelease",
    "Ignore",
    "Implementation",
    "LateRelease",
    "MaxPDU",
    "OddFragments",
    "Reject",
    "Release",
]
