"""Load: many users at once against one AE, driven by Locust, and what was stored held against what was answered.

`locust_user` alone imports Locust, and with it gevent, which patches the standard library: only `locustfile` imports
it, in a process of its own.

May import: `errors`, `files`, `interruption`, `loopback`, `play`, `probe`, `results`, `statement`,
`trace`.
Begin with `plan`, then `user`, which acts; `conductor` and `station` divide a run among workers,
`conclusion` judges it.
"""

from dicom_conformance.load.conclusion import RUN, conclude
from dicom_conformance.load.launch import LOCUSTFILE, measure, require_locust
from dicom_conformance.load.measured import require_measured
from dicom_conformance.load.plan import Plan, parse_plan, read_plan
from dicom_conformance.load.plan_file import PlanFile
from dicom_conformance.load.setting import ALLOWING, Wishes, require_allowed

__all__ = [
    "ALLOWING",
    "LOCUSTFILE",
    "RUN",
    "Plan",
    "PlanFile",
    "Wishes",
    "conclude",
    "measure",
    "parse_plan",
    "read_plan",
    "require_allowed",
    "require_locust",
    "require_measured",
]
