"""The table of operations: everything that the workstation can be asked to do, and through which doors.

Invariants: the name of an operation is written here and nowhere else. The HTTP interface and its OpenAPI description,
the command line, the control client, the test subjects and the manual derive from this table. Nothing heavy is
imported here, so that `--help` stays fast: whoever performs an operation has the workstation loaded already.

References
----------
Conformance statement, 3.2.1 to 3.2.5; 3.2.2.2.2.2 (an application asks by an inter-process protocol)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from dicom_workstation.operation import AnyOperation, Changes, CommandForm, Door, Operation, Peer
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
from dicom_workstation.protocols import ChoiceOutcome, PriorsOutcome
from dicom_workstation.requests import (
    AdvanceRequest,
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
    SkipRequest,
    StoreRequest,
    StudyRequest,
    WorklistRequest,
)
from dicom_workstation.worklist import WorklistOutcome

if TYPE_CHECKING:
    from dicom_workstation.application import Workstation  # loading it takes longer than `--help` may

__all__ = [
    "OPERATIONS",
    "AnyOperation",
    "Changes",
    "CommandForm",
    "Door",
    "Operation",
    "Peer",
    "ask",
    "find",
    "names",
    "table",
]


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

WORKLIST: Final = Operation(
    name="worklist",
    summary="show a worklist: its studies, and which of them are loaded",
    request=WorklistRequest,
    outcome=WorklistOutcome,
    perform=lambda workstation, peer, request, _: workstation.worklist(peer, request),
    form=CommandForm.WORKLIST,
)
NEXT_STUDY: Final = Operation(
    name="next_study",
    summary="close the study that is open in a worklist, and open the next one",
    request=WorklistRequest,
    outcome=WorklistOutcome,
    perform=lambda workstation, peer, request, _: workstation.next_study(peer, request),
    changes=Changes.WORKLIST,
    form=CommandForm.WORKLIST,
)
SKIP_STUDY: Final = Operation(
    name="skip_study",
    summary="leave a study out of a worklist: the one named, or the one that is open",
    request=SkipRequest,
    outcome=WorklistOutcome,
    perform=lambda workstation, peer, request, _: workstation.skip_study(peer, request),
    changes=Changes.WORKLIST,
    form=CommandForm.WORKLIST,
)
ADVANCE: Final = Operation(
    name="advance",
    summary="move the manual clock that worklists go by, and wait until they have done what is due",
    request=AdvanceRequest,
    outcome=Outcome,
    perform=lambda workstation, peer, request, _: workstation.advance(peer, request),
    changes=Changes.WORKLIST,
)

PRIORS: Final = Operation(
    name="priors",
    summary="ask an archive for the other studies of a patient (C-FIND), which display protocols may show",
    request=StudyRequest,
    outcome=PriorsOutcome,
    perform=lambda workstation, peer, request, _: workstation.priors(peer, request),
    peer=Peer.ARCHIVE,
    peer_is_required=True,
)
CHOOSE_PROTOCOL: Final = Operation(
    name="choose_protocol",
    summary="choose the display protocol of a study, and ask an archive for what the choice needs (C-FIND)",
    request=StudyRequest,
    outcome=ChoiceOutcome,
    perform=lambda workstation, peer, request, _: workstation.choose_protocol(peer, request),
    peer=Peer.ARCHIVE,
)

OPERATIONS: Final[tuple[AnyOperation, ...]] = (
    *(ECHO, ASSOCIATE, QUERY, RETRIEVE, STORE, CANCEL, CONFIGURE),
    *(SHOW, DECODE, RENDER, STATES, PRESENT, SAVE),
    *(SELECT_PRINTER, PREVIEW, PRINT, PRINTER, LEAVE_PRINTER),
    *(WORKLIST, NEXT_STUDY, SKIP_STUDY, ADVANCE),
    *(PRIORS, CHOOSE_PROTOCOL),
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
