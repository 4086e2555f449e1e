"""Options of the command line, apart from the commands: nothing is imported here that a command needs only when called.

May import: nothing of the other rooms, when it is imported itself.
Begin with `data_options`.
"""

from dicom_conformance.commands.data_options import add_data_options

__all__ = ["add_data_options"]
