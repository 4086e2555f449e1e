"""The table of operations: everything that the workstation can be asked to do, and through which doors.

Invariants: the name of an operation is written here and nowhere else. The HTTP interface and its OpenAPI description,
the command line, the control client, the test subjects and the manual derive from this table. Nothing heavy is
imported here, so that `--help` stays fast: whoever performs an operation has the workstation loaded already.

References
----------
Conformance statement, 3.2.1 to 3.2.5; 3.2.2.2.2.2 (an application asks by an inter-process protocol)
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from dicom_workstation.outcome import (
    CreationOutcome,
    DecodeOutcome,
    Outcome,
    PreviewOutcome,
    PrinterOutcome,
    PrintOutcome,
    Progress,
    QueryOutcome,
    RenderOutcome,
    Result,
    RetrieveOutcome,
    ShowOutcome,
    StatesOutcome,
    StoreOutcome,
)
from dicom_workstation.request_models import RequestError, Value
from dicom_workstation.requests import (
    ConfigureRequest,
    EmptyRequest,
    FrameRequest,
    InstanceRequest,
    PresentRequest,
    PrintRequest,
    QueryRequest,
    RenderRequest,
    RetrieveRequest,
    SaveRequest,
    StoreRequest,
)

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


class CommandForm(StrEnum):
    """How an operation looks on the command line."""

    PEER = "COMMAND PEER"
    FILES_TO_PEER = "COMMAND PEER FILE..."
    FILES_TO_PRINTER = "COMMAND FILE... --printer NAME"
    IMAGE = "COMMAND IMAGE --output FILE"
    IMAGES = "COMMAND IMAGE... --output FILE"


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

ECHO: Final = Operation(
    name="echo",
    summary="ask whether an AE answers (C-ECHO)",
    request=EmptyRequest,
    outcome=Outcome,
    perform=lambda workstation, peer, request, _: workstation.echo(peer, request),
    peer=Peer.ARCHIVE,
    peer_is_required=True,
    form=CommandForm.PEER,
)
ASSOCIATE: Final = Operation(
    name="associate",
    summary="open the query engine's association and release it",
    request=EmptyRequest,
    outcome=Outcome,
    perform=lambda workstation, peer, request, _: workstation.associate(peer, request),
    peer=Peer.ARCHIVE,
    peer_is_required=True,
)
QUERY: Final = Operation(
    name="query",
    summary="ask an archive for patients, studies, series or images (C-FIND)",
    request=QueryRequest,
    outcome=QueryOutcome,
    perform=lambda workstation, peer, request, progress: workstation.query(peer, request, progress=progress),
    peer=Peer.ARCHIVE,
    peer_is_required=True,
    progress="matches",
    form=CommandForm.PEER,
)
RETRIEVE: Final = Operation(
    name="retrieve",
    summary="have an archive send images to this workstation (C-MOVE)",
    request=RetrieveRequest,
    outcome=RetrieveOutcome,
    perform=lambda workstation, peer, request, progress: workstation.retrieve(peer, request, progress=progress),
    peer=Peer.ARCHIVE,
    peer_is_required=True,
    progress="images received",
    changes=Changes.MEMORY,
    form=CommandForm.PEER,
)
STORE: Final = Operation(
    name="store",
    summary="send DICOM files to an archive (C-STORE)",
    request=StoreRequest,
    outcome=StoreOutcome,
    perform=lambda workstation, peer, request, progress: workstation.store(peer, request, progress=progress),
    peer=Peer.ARCHIVE,
    peer_is_required=True,
    progress="instances sent",
    changes=Changes.PEER,
    form=CommandForm.FILES_TO_PEER,
)
CANCEL: Final = Operation(
    name="cancel",
    summary="cancel the queries, retrieves and prints that run with a peer, or all of them",
    request=EmptyRequest,
    outcome=Outcome,
    perform=lambda workstation, peer, request, _: workstation.cancel(peer, request),
    peer=Peer.ARCHIVE,
    changes=Changes.OPERATIONS,
)
CONFIGURE: Final = Operation(
    name="configure",
    summary="change fields of the configuration while the workstation runs",
    request=ConfigureRequest,
    outcome=Outcome,
    perform=lambda workstation, peer, request, _: workstation.configure(peer, request),
    changes=Changes.CONFIGURATION,
)
SHOW: Final = Operation(
    name="show",
    summary="show the attributes of an instance in memory, without its pixels",
    request=InstanceRequest,
    outcome=ShowOutcome,
    perform=lambda workstation, peer, request, _: workstation.show(peer, request),
)
DECODE: Final = Operation(
    name="decode",
    summary="decode the stored values of one frame of an image in memory",
    request=FrameRequest,
    outcome=DecodeOutcome,
    perform=lambda workstation, peer, request, _: workstation.decode(peer, request),
)
RENDER: Final = Operation(
    name="render",
    summary="show an image, with or without a presentation state, as PNG",
    request=RenderRequest,
    outcome=RenderOutcome,
    perform=lambda workstation, peer, request, _: workstation.render(peer, request),
    form=CommandForm.IMAGE,
)
STATES: Final = Operation(
    name="states",
    summary="list the presentation states in memory that are for an image",
    request=InstanceRequest,
    outcome=StatesOutcome,
    perform=lambda workstation, peer, request, _: workstation.states(peer, request),
)
PRESENT: Final = Operation(
    name="present",
    summary="create a presentation state for images",
    request=PresentRequest,
    outcome=CreationOutcome,
    perform=lambda workstation, peer, request, _: workstation.present(peer, request),
    peer=Peer.ARCHIVE,
    changes=Changes.MEMORY_AND_PEER,
    form=CommandForm.IMAGES,
)
SAVE: Final = Operation(
    name="save",
    summary="keep what is shown as a Secondary Capture image",
    request=SaveRequest,
    outcome=CreationOutcome,
    perform=lambda workstation, peer, request, _: workstation.save(peer, request),
    peer=Peer.ARCHIVE,
    changes=Changes.MEMORY_AND_PEER,
    form=CommandForm.IMAGE,
)
SELECT_PRINTER: Final = Operation(
    name="select_printer",
    summary="choose a printer: its association is opened, and its status asked for",
    request=EmptyRequest,
    outcome=PrinterOutcome,
    perform=lambda workstation, peer, request, _: workstation.select_printer(peer, request),
    peer=Peer.PRINTER,
    peer_is_required=True,
    changes=Changes.ASSOCIATION,
)
PREVIEW: Final = Operation(
    name="preview",
    summary="draw the films that a print would make, on the printer named or chosen",
    request=PrintRequest,
    outcome=PreviewOutcome,
    perform=lambda workstation, peer, request, _: workstation.preview(peer, request),
    peer=Peer.PRINTER,
    changes=Changes.ASSOCIATION,
)
PRINT: Final = Operation(
    name="print",
    summary="print images on a DICOM printer, or preview the films",
    request=PrintRequest,
    outcome=PrintOutcome,
    perform=lambda workstation, peer, request, progress: workstation.print(peer, request, progress=progress),
    peer=Peer.PRINTER,
    progress="films",
    changes=Changes.PEER,
    form=CommandForm.FILES_TO_PRINTER,
)
PRINTER: Final = Operation(
    name="printer",
    summary="tell what is known of the printer chosen, without asking it",
    request=EmptyRequest,
    outcome=PrinterOutcome,
    perform=lambda workstation, peer, request, _: workstation.printer(peer, request),
    peer=Peer.PRINTER,
)
LEAVE_PRINTER: Final = Operation(
    name="leave_printer",
    summary="release the association with the printer chosen",
    request=EmptyRequest,
    outcome=PrinterOutcome,
    perform=lambda workstation, peer, request, _: workstation.leave_printer(peer, request),
    peer=Peer.PRINTER,
    changes=Changes.ASSOCIATION,
)

OPERATIONS: Final[tuple[AnyOperation, ...]] = (
    *(ECHO, ASSOCIATE, QUERY, RETRIEVE, STORE, CANCEL, CONFIGURE),
    *(SHOW, DECODE, RENDER, STATES, PRESENT, SAVE),
    *(SELECT_PRINTER, PREVIEW, PRINT, PRINTER, LEAVE_PRINTER),
)


def names(door: Door) -> frozenset[str]:
    """Return the names of the operations that can be asked for through a door."""
    return frozenset(each.name for each in OPERATIONS if door in each.doors)


def find(name: str) -> AnyOperation | None:
    """Return an operation by its name."""
    return next((each for each in OPERATIONS if each.name == name), None)


def ask(
    workstation: Workstation,
    name: str,
    peer: str | None,
    arguments: Mapping[str, object],
    progress: Progress | None = None,
) -> Outcome:
    """Perform the operation of this name; see `Operation.ask`."""
    operation = find(name)
    if operation is None:
        return Outcome(operation=name, peer=peer, result=Result.REFUSED, detail="unknown operation")
    return operation.ask(workstation, peer, arguments, progress)


def table() -> str:
    """Return the table of the manual, in Markdown."""
    rows = ["| operation | what it does | peer | arguments | changes | doors |", "|---|---|---|---|---|---|"]
    for each in OPERATIONS:
        peer = each.peer if each.peer_is_required or each.peer is Peer.NONE else f"{each.peer}, optional"
        arguments = ", ".join(f"`{name}`" for name in each.request.model_fields) or "none"
        if each is CONFIGURE:
            arguments = "any field of the configuration"
        doors = ", ".join(door for door in Door if door in each.doors)
        rows.append(f"| `{each.name}` | {each.summary} | {peer} | {arguments} | {each.changes} | {doors} |")
    return "\n".join(rows) + "\n"
