"""Scenarios: one question each, as data; bound to a statement they become cases.

May import: `judge` (for the models of the checks) and what stands below it.
Begin with `scenario`, then `for_each` and `matrix`.
"""

from dicom_conformance.scenario import (
    fault_index,
    fixtures,
    listing,
    scenario,
    selection,
    simulator_settings,
    tls_section,
    uid_names,
    vocabulary,
)
from dicom_conformance.scenario.demand import EVERY_KIND, Kind
from dicom_conformance.scenario.for_each import BINDS, ForEach
from dicom_conformance.scenario.matrix import Case, expand
from dicom_conformance.scenario.scenario import PARAMETERS, Scenario, ScenarioFile, read
from dicom_conformance.scenario.scenario_setup import Setup
from dicom_conformance.scenario.selection import Selection, cases, select
from dicom_conformance.scenario.steps import (
    JUDGING,
    NOUNS,
    OPTIONAL,
    OTHER_AES,
    SUBJECT,
    TRIPWIRE,
    VERBS,
    WORKSTATION,
    Clear,
    Do,
    Expect,
    Expectation,
    Fault,
    FaultCall,
    Given,
    Holding,
    Peer,
    Wait,
    fault_calls,
)
from dicom_conformance.scenario.tls_section import NONE, without_link
from dicom_conformance.scenario.vocabulary import SHIPPED

__all__ = [
    "BINDS",
    "EVERY_KIND",
    "JUDGING",
    "NONE",
    "NOUNS",
    "OPTIONAL",
    "OTHER_AES",
    "PARAMETERS",
    "SHIPPED",
    "SUBJECT",
    "TRIPWIRE",
    "VERBS",
    "WORKSTATION",
    "Case",
    "Clear",
    "Do",
    "Expect",
    "Expectation",
    "Fault",
    "FaultCall",
    "ForEach",
    "Given",
    "Holding",
    "Kind",
    "Peer",
    "Scenario",
    "ScenarioFile",
    "Selection",
    "Setup",
    "Wait",
    "cases",
    "expand",
    "fault_calls",
    "fault_index",
    "fixtures",
    "listing",
    "read",
    "scenario",
    "select",
    "selection",
    "simulator_settings",
    "tls_section",
    "uid_names",
    "vocabulary",
    "without_link",
]
