"""The display protocol engine: which protocol a study gets, why, and which image stands in which box (2.2.2.1.3).

May import: `data_sets`, `outcome`.
Begin with `display_protocol` (what a protocol is), then `facts` (what is known), `evaluation` and `choice`;
`archive_questions` says what an archive is to be asked. Nothing here asks anybody.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.protocols.archive_questions import keys_at, keys_of, questions
    from dicom_workstation.protocols.choice import Choice, choose
    from dicom_workstation.protocols.codes import CodedValue
    from dicom_workstation.protocols.display_protocol import DisplayProtocol, Screen
    from dicom_workstation.protocols.evaluation import Reader
    from dicom_workstation.protocols.exchange import (
        SOP_CLASS,
        TRANSFER_SYNTAX,
        ExchangeError,
        decoded,
        encoded,
        lines_of,
    )
    from dicom_workstation.protocols.facts import Attributes, Facts, Level, Question
    from dicom_workstation.protocols.fields import Codes, nearest
    from dicom_workstation.protocols.gathering import HeldInstance, Known, gather
    from dicom_workstation.protocols.outcomes import BoxEntry, ChoiceOutcome, PriorsOutcome, ReasonEntry
    from dicom_workstation.protocols.reading import attributes_of
    from dicom_workstation.protocols.report import describe_choice

_MODULES = {
    "Attributes": "facts",
    "BoxEntry": "outcomes",
    "Choice": "choice",
    "ChoiceOutcome": "outcomes",
    "CodedValue": "codes",
    "Codes": "fields",
    "DisplayProtocol": "display_protocol",
    "ExchangeError": "exchange",
    "Facts": "facts",
    "HeldInstance": "gathering",
    "Known": "gathering",
    "Level": "facts",
    "PriorsOutcome": "outcomes",
    "Question": "facts",
    "Reader": "evaluation",
    "ReasonEntry": "outcomes",
    "SOP_CLASS": "exchange",
    "Screen": "display_protocol",
    "TRANSFER_SYNTAX": "exchange",
    "attributes_of": "reading",
    "choose": "choice",
    "decoded": "exchange",
    "describe_choice": "report",
    "encoded": "exchange",
    "gather": "gathering",
    "keys_at": "archive_questions",
    "keys_of": "archive_questions",
    "lines_of": "exchange",
    "nearest": "fields",
    "questions": "archive_questions",
}
"""Where each name is: loaded at first use, for `--help` needs the outcomes alone."""

__all__ = [
    "SOP_CLASS",
    "TRANSFER_SYNTAX",
    "Attributes",
    "BoxEntry",
    "Choice",
    "ChoiceOutcome",
    "CodedValue",
    "Codes",
    "DisplayProtocol",
    "ExchangeError",
    "Facts",
    "HeldInstance",
    "Known",
    "Level",
    "PriorsOutcome",
    "Question",
    "Reader",
    "ReasonEntry",
    "Screen",
    "attributes_of",
    "choose",
    "decoded",
    "describe_choice",
    "encoded",
    "gather",
    "keys_at",
    "keys_of",
    "lines_of",
    "nearest",
    "questions",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return found
