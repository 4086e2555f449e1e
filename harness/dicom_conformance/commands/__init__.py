"""Commands of the command line that work on what runs and products leave: merge, compare, probe, matrix.

May import: everything of the harness.
Begin with `further`, which lists them; `run_options` are options of `run` that concern parts of runs.
"""

from dicom_conformance.commands.further import add
from dicom_conformance.commands.run_options import add_run_options, after_run, shard_seed

__all__ = ["add", "add_run_options", "after_run", "shard_seed"]
