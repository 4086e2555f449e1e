"""The scripted peer: it sends and awaits what its script says, lawful or not.

May import: `association`, `encoding`.
Begin with `scripted`; `script` reads the script, `script_send` builds what is sent.
"""

from dicom_simulators.scripted import script_fields
from dicom_simulators.scripted.operation_fields import OPERATION_FIELDS
from dicom_simulators.scripted.script import read_script
from dicom_simulators.scripted.script_fields import ScriptField
from dicom_simulators.scripted.scripted import Scripted

__all__ = [
    "OPERATION_FIELDS",
    "ScriptField",
    "Scripted",
    "read_script",
    "script_fields",
]
