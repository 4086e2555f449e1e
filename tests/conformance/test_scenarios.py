"""Every scenario that `dicom_scenarios` names, collected by the plugin as if its files stood here.

A file that pytest was pointed at directly is collected there; whichever comes first has it, so that no case runs twice.
"""

from __future__ import annotations

from dicom_conformance.pytest_plugin import EveryScenario

test_scenarios = EveryScenario()
