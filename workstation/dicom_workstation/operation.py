"""What an operation of the workstation is: its request, its outcome, with whom, what it changes, how it is a command.

Invariants: nothing heavy is imported here, so that `--help` stays fast: whoever performs an operation has the
workstation loaded already.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from dicom_workstation.outcome import Outcome, Progress, Result
from dicom_workstation.request_models import RequestError, Value

if TYPE_CHECKING:
    from dicom_workstation.application import Workstation  # loading it takes longer than `--help` may

Request = TypeVar("Request", bound=Value)


class Peer(StrEnum):
    """With whom an operation is performed."""

    ARCHIVE = "archive"
    PRINTER = "printer"
    NONE = "none"


class Door(StrEnum):
    """Through what an operation can be asked for."""

    HTTP = "HTTP"
    COMMAND_LINE = "command line"
    SUBJECT = "test subject"


class Changes(StrEnum):
    """What an operation changes."""

    NOTHING = "nothing"
    MEMORY = "the workstation's memory"
    PEER = "the peer"
    MEMORY_AND_PEER = "the workstation's memory, and the peer if one is named"
    ASSOCIATION = "the association with the printer"
    OPERATIONS = "the operations that run"
    CONFIGURATION = "the configuration"
    WORKLIST = "the worklist"


class CommandForm(StrEnum):
    """How an operation looks on the command line."""

    PEER = "COMMAND PEER"
    FILES_TO_PEER = "COMMAND PEER FILE..."
    FILES_TO_PRINTER = "COMMAND FILE... --printer NAME"
    IMAGE = "COMMAND IMAGE --output FILE"
    IMAGES = "COMMAND IMAGE... --output FILE"
    WORKLIST = "COMMAND [WORKLIST] --control URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Request]):
    """One operation.

    Parameters
    ----------
    summary : str
        What it does, for `--help`, the OpenAPI description and the manual.
    peer_is_required : bool
        Without it the operation takes the printer that was chosen, all peers, or none.
    progress : str
        What each entry of its progress is about; empty: it ends without telling any.
    form : CommandForm or None
        None: it is no command.
    """

    name: str
    summary: str
    request: type[Request]
    outcome: type[Outcome]
    perform: Callable[[Workstation, str | None, Request, Progress | None], Outcome]
    peer: Peer = Peer.NONE
    peer_is_required: bool = False
    progress: str = ""
    changes: Changes = Changes.NOTHING
    form: CommandForm | None = None

    @property
    def has_progress(self) -> bool:
        """Whether it tells how far it has got."""
        return bool(self.progress)

    @property
    def doors(self) -> frozenset[Door]:
        """Through what it can be asked for."""
        commands = frozenset((Door.COMMAND_LINE,)) if self.form is not None else frozenset()
        return commands | {Door.HTTP, Door.SUBJECT}

    def ask(
        self,
        workstation: Workstation,
        peer: str | None,
        arguments: Mapping[str, object],
        progress: Progress | None = None,
    ) -> Outcome:
        """Check the arguments and perform the operation.

        What cannot be done is `refused`; a fault of the workstation itself is `internal_error`, with the traceback in
        the log.
        """
        try:
            if self.peer_is_required and not peer:
                raise RequestError("peer: is missing")
            return self.perform(workstation, peer or None, self.request.read(arguments), progress)
        except RequestError as error:
            refusal = replace(self.outcome.refused(peer, str(error)), operation=self.name)
            workstation.note_outcome(refusal)
            return refusal
        except Exception as error:  # whoever asks is told, whatever it is; KeyboardInterrupt passes
            workstation.note(traceback.format_exc().rstrip())
            detail = f"internal error: {type(error).__name__}: {error}; see the log"
            broken = self.outcome(operation=self.name, peer=peer, result=Result.INTERNAL_ERROR, detail=detail)
            workstation.note_outcome(broken)
            return broken


AnyOperation: TypeAlias = Operation[Any]
