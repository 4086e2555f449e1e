"""The control interface: how applications ask the workstation, the "proprietary IPC protocol" of the statement.

Invariants: HTTP and JSON on a loopback port, each request with the token; nothing is decided here, each route is
one call of the facade. The OpenAPI description is served at `/openapi.json`.

References
----------
Conformance statement, 3.2.2.2.2.2: an application asks for image loading by an inter-process protocol.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPBearer
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.middleware.trustedhost import TrustedHostMiddleware

from dicom_workstation.application import Workstation
from dicom_workstation.configuration import ConfigurationError
from dicom_workstation.control.control_openapi import describe_operations
from dicom_workstation.control.gate import Gate
from dicom_workstation.control.jobs import Jobs
from dicom_workstation.instances import part10_file
from dicom_workstation.operations import Door, names

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
DICOM_MEDIA_TYPE: Final = "application/dicom"
WAITS_AT_ONCE: Final = 128
BEARER: Final = HTTPBearer(auto_error=False)
"""For the OpenAPI description alone: it is the gate that checks the token, before the body is read."""


def _known(operation: str) -> str:
    if operation not in names(Door.HTTP):
        raise ValueError(f"must be one of {', '.join(sorted(names(Door.HTTP)))}")
    return operation


class Request(BaseModel):
    """An operation to perform; which arguments it takes, the OpenAPI description says for each."""

    model_config = ConfigDict(extra="forbid")

    operation: Annotated[str, AfterValidator(_known)]
    peer: str | None = None
    arguments: dict[str, object] = Field(default_factory=dict)


class JobState(BaseModel):
    """An operation, running or ended; `outcome` once it ended."""

    id: str
    operation: str
    peer: str | None
    state: Literal["running", "finished"]
    progress: list[dict[str, object]]
    outcome: dict[str, object] | None


class InstanceEntry(BaseModel):
    """An instance in memory."""

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str
    SeriesInstanceUID: str
    TransferSyntaxUID: str
    bytes: int


class OSMAddress(BaseModel):
    """Where the OSM accepts associations."""

    ae_title: str
    host: str
    port: int


class Status(BaseModel):
    """What the workstation is, and where it accepts associations."""

    ae_title: str
    host: str
    port: int
    jpeg_configuration: str
    osm: OSMAddress | None = None
    instances: int
    memory_used_bytes: int


def build(workstation: Workstation, jobs: Jobs, token: str) -> FastAPI:
    """Return the application of the interface; each request must bear `token` as its bearer token."""
    app = FastAPI(
        title="Diagnostic workstation, control interface",
        version="1",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(BEARER)],
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))
    app.add_middleware(Gate, token=token, note=workstation.note)
    _workstation_routes(app, workstation)
    _operation_routes(app, jobs)
    _instance_routes(app, workstation)
    describe_operations(app)
    return app


def _osm_of(workstation: Workstation) -> OSMAddress | None:
    section, address = workstation.configuration.osm, workstation.osm_address
    if section is None or address is None:
        return None
    return OSMAddress(ae_title=section.ae_title, host=address[0], port=address[1])


def _workstation_routes(app: FastAPI, workstation: Workstation) -> None:
    @app.get("/status")
    def read_status() -> Status:
        """Tell what the workstation is and where it listens."""
        host, port = workstation.address
        configuration = workstation.configuration
        return Status(
            ae_title=configuration.ae_title,
            host=host,
            port=port,
            jpeg_configuration=configuration.jpeg_configuration,
            osm=_osm_of(workstation),
            instances=len(workstation.memory.instances()),
            memory_used_bytes=workstation.memory.used_bytes,
        )

    @app.get("/configuration")
    def read_configuration() -> dict[str, object]:
        """Return the configuration in force."""
        return workstation.configuration.model_dump(mode="json")

    @app.patch("/configuration")
    def change_configuration(changes: dict[str, object]) -> dict[str, object]:
        """Change some fields; what is wrong changes nothing."""
        try:
            return workstation.reconfigure(**changes).model_dump(mode="json")
        except ConfigurationError as error:
            raise HTTPException(422, str(error)) from error

    @app.get("/log")
    def read_log() -> list[str]:
        """Return the last lines of the log, oldest first."""
        return workstation.log()

    @app.delete("/log", status_code=204)
    def clear_log() -> None:
        """Delete the lines of the log; nothing else changes."""
        workstation.clear_log()

    @app.delete("/session", status_code=204)
    def forget() -> None:
        """End the operations that run, leave the printer, and delete the log and every instance in memory."""
        workstation.forget()


def _operation_routes(app: FastAPI, jobs: Jobs) -> None:
    waits = CapacityLimiter(WAITS_AT_ONCE)  # of their own: whoever waits holds up no other request

    @app.post("/operations", status_code=202)
    def begin(request: Request) -> JobState:
        """Begin an operation; it goes on while the caller does other things."""
        return JobState.model_validate(jobs.begin(request.operation, request.peer, request.arguments).as_dict())

    @app.get("/operations/{identifier}")
    async def read_operation(
        identifier: str, wait_s: Annotated[float, Query(ge=0, le=60)] = 0.0, seen: Annotated[int, Query(ge=0)] = 0
    ) -> JobState:
        """Tell how far it is; waits up to `wait_s` for its end, or for more progress than the `seen` entries.

        If too many others wait already, it answers at once.
        """
        found = jobs.find(identifier)
        if found is None:
            raise HTTPException(404, "no such operation")
        if waits.available_tokens > 0:
            await run_sync(found.wait, wait_s, seen, limiter=waits)
        return JobState.model_validate(found.as_dict(seen))


def _instance_routes(app: FastAPI, workstation: Workstation) -> None:
    @app.get("/instances")
    def list_instances(
        StudyInstanceUID: str | None = None, SeriesInstanceUID: str | None = None
    ) -> list[InstanceEntry]:
        """List what is in memory, in order of arrival."""
        return [
            InstanceEntry(
                SOPClassUID=each.SOPClassUID,
                SOPInstanceUID=each.SOPInstanceUID,
                StudyInstanceUID=each.StudyInstanceUID,
                SeriesInstanceUID=each.SeriesInstanceUID,
                TransferSyntaxUID=each.TransferSyntaxUID,
                bytes=len(each.data_set),
            )
            for each in workstation.memory.instances(StudyInstanceUID, SeriesInstanceUID)
        ]

    @app.get("/instances/{SOPInstanceUID}/data-set", response_class=Response)
    def read_data_set(SOPInstanceUID: str) -> Response:
        """Return the data set, byte for byte as it was received."""
        found = workstation.memory.get(SOPInstanceUID)
        if found is None:
            raise HTTPException(404, "not in memory")
        return Response(found.data_set, media_type="application/octet-stream")

    @app.get("/instances/{SOPInstanceUID}/file", response_class=Response)
    def read_file(SOPInstanceUID: str) -> Response:
        """Return the instance as a file of PS3.10."""
        found = workstation.memory.get(SOPInstanceUID)
        if found is None:
            raise HTTPException(404, "not in memory")
        return Response(part10_file(found), media_type=DICOM_MEDIA_TYPE)

    @app.delete("/instances/{SOPInstanceUID}", status_code=204)
    def remove(SOPInstanceUID: str) -> None:
        """Forget one instance: the user determines how long it is kept (3.2.2.1.3.2.3)."""
        if not workstation.memory.remove(SOPInstanceUID):
            raise HTTPException(404, "not in memory")
