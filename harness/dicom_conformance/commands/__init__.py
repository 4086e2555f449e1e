"""Commands of the command line that work on what runs and products leave: merge, compare, probe, matrix, fault.

May import: everything of the harness.
Begin with `further`, which lists them; `list_options` are options of `list`, `run_options` options of `run` that
concern parts of runs, `data_options` those of `run` and `list` that concern studies that are there, `simulate_options`
those of `simulate`; `demo` runs simulators and the workstation together; `version` is the option `--version`.
"""

from dicom_conformance.commands.data_options import add_data_options
from dicom_conformance.commands.demo import Explored, Exploring, add_demo, demonstration
from dicom_conformance.commands.further import add
from dicom_conformance.commands.list_options import add_list_options, add_profile_options, catalogue
from dicom_conformance.commands.run_options import add_run_options, after_run, shard_seed
from dicom_conformance.commands.simulate_options import add_simulate_options
from dicom_conformance.commands.version import Version

__all__ = [
    "Explored",
    "Exploring",
    "Version",
    "add",
    "add_data_options",
    "add_demo",
    "add_list_options",
    "add_profile_options",
    "add_run_options",
    "add_simulate_options",
    "after_run",
    "catalogue",
    "demonstration",
    "shard_seed",
]
