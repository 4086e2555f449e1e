"""Scenarios: one question each, as data.

`read` gives a `Scenario` or raises `DataError`: nothing of a wrong file ever reaches a socket. The header is typed at
once. The setup (peers, settings, steps) may hold variables, so it is judged twice: when the file is read, every part
without a variable; when a case is bound (`Scenario.setup`), all of it. Includes, expressions, conditions beyond
`where:` and loops beyond `for_each:` do not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, model_validator

from dicom_conformance.errors import DataError
from dicom_conformance.files import Document, Part, Texts, bind, paths, suggestion, unstated, validate, variables
from dicom_conformance.files import read as read_yaml
from dicom_conformance.results import Level
from dicom_conformance.scenario import format_2, uid_names
from dicom_conformance.scenario.demand import Demand, Kind, chosen
from dicom_conformance.scenario.for_each import ForEach
from dicom_conformance.scenario.scenario_setup import ExpectationDefaults, Setup, SetupReader, without_variables
from dicom_conformance.scenario.steps import SUBJECT, WORKSTATION, Do, Peer
from dicom_conformance.statement import services, statement_model

#: What the harness itself takes of an operation of the subject: instances, which become files or are named by UID.
HELD = ("files", "instances", "held")

#: Keys of a result's `parameters` that a scenario may set itself.
PARAMETERS = ("message", "transformation", "direction", "bug", "mutant", "role", "status", "state", "event", "table")

ScenarioId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$")]
Text = Annotated[str, StringConstraints(min_length=1)]


class Needs(Part):
    """What the statement must claim, and the subject offer, for the scenario to be played; else NOT_CLAIMED."""

    ae: Text | None = Field(
        default=None, description="AE of the statement (`loader_server`, `print_client` ...); format 1 only"
    )
    role: Literal["SCU", "SCP"] | None = Field(default=None, description="role that the AE must have")
    operation: Texts = Field(default=(), description="operations that the subject must offer")
    sop_class: Texts = Field(default=(), description="SOP Classes that must be claimed")
    transfer_syntax: Texts = Field(default=(), description="transfer syntaxes that must be claimed")
    configuration: Texts = Field(default=(), description="configurations that the statement must have")
    observes: tuple[Literal["store", "outcome", "log", "films"], ...] = Field(
        default=(),
        description="what the subject must show beyond the wire: `store`, `outcome`, `log`; `films`: as files",
    )
    also: tuple[services.Service, ...] = Field(
        default=(),
        description="further services that the same AE must offer, such as `move` to see what was stored (format 2)",
    )
    service: services.Service | Literal["retrieve"] | None = Field(
        default=None, description="service that the AE must offer; `retrieve` is `move` or `get` (format 2)"
    )
    model: Text | None = Field(default=None, description="information model, such as `study_root` (format 2)")
    promise: statement_model.Promise | None = Field(
        default=None, description="what the statement must promise (format 2)"
    )
    fixture: Texts = Field(default=(), description="studies that the subject must hold (format 2)")
    data: bool = Field(
        default=False,
        description=(
            "whether it asks for studies that the subject holds already, by `$data...`; every query is then narrowed "
            "by a Patient ID or Study Instance UID (format 2)"
        ),
    )
    may_store: bool = Field(
        default=False, description="whether it stores something; withheld without `--allow-store` (format 2)"
    )
    may_print: bool = Field(
        default=False, description="whether it uses film; withheld without `--allow-print` (format 2)"
    )
    hostile: bool = Field(
        default=False,
        description=(
            "whether it sends what is malformed, or exhausts the subject; withheld without `--allow-hostile` from a "
            "subject on another machine (format 2)"
        ),
    )
    slow: bool = Field(
        default=False,
        description=(
            "whether a subject with its usual timers needs long for it; withheld from a foreign subject without "
            "`--slow`, and then played without the `settings` that shorten the timers of our workstation (format 2)"
        ),
    )


class Unlike(Part):
    """The values that a parameter must not have."""

    unlike: Texts = Field(alias="not", description="values that the parameter must not have")


def _condition(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


#: A parameter equals the text, is one of the list, or is none of ``{not: ...}``.
Condition = Annotated[tuple[str, ...] | Unlike, BeforeValidator(_condition)]


class Header(Part):
    """What is known of a scenario before any of its cases."""

    format: Literal["1", "2"] = Field(default="1", description="version of the file format")
    id: ScenarioId = Field(
        description="stable name, with `/` between its parts; the command line selects cases by its beginning"
    )
    title: Text = Field(description="the requirement in words")
    description: str = Field(default="", description="what else a reader should know")
    formerly: tuple[ScenarioId, ...] = Field(
        default=(), description="ids of earlier scenarios that this one replaces; they still select it (format 2)"
    )
    clause: Texts = Field(
        default=(),
        description=(
            "what demands it: `PS3.x <clause>` for the standard; for the statement `DCS <claim>` in format 1, "
            "`<statement>#<claim>` in format 2, where `house#<words>` is a demand of this project"
        ),
    )
    promise: statement_model.Promise | None = Field(
        default=None, description="what demands it: a promise of whatever statement is in use (format 2)"
    )
    see: Texts = Field(default=(), description="what explains it, and demands nothing (format 2)")
    level: Level = Field(description="how binding it is: `shall`, `claim` and `house` fail when unmet, `should` warns")
    needs: Needs = Field(
        default=Needs(),
        description="what the statement must claim and the subject must offer; else its cases are NOT_CLAIMED",
    )
    for_each: ForEach = Field(default=ForEach(), description="repeat the scenario, once for each of these")
    where: Mapping[str, Condition] = Field(
        default_factory=dict,
        description=(
            "keep only the repetitions whose variables have these values: one text, a list of texts, or `{not: ...}`"
        ),
    )
    parameters: Mapping[str, str] = Field(
        default_factory=dict, description="labels of the results, in addition to those that `for_each` gives"
    )
    configuration: Text | None = Field(
        default=None, description="configuration of the workstation (`none`, `lossless`, `lossy`, `jpeg2000`)"
    )
    depends_on: tuple[ScenarioId, ...] = Field(default=(), description="ids of scenarios that must have passed")
    traffic_limit_mib: Annotated[int, Field(ge=1, le=4096)] = Field(
        default=64,
        description=(
            "how much a case may exchange on the wire, in MiB, and in 1,600 PDUs for each of them (20,000 at least); "
            "a subject that sends more fails"
        ),
    )
    takes_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = Field(
        default=0.0,
        description=(
            "about how many seconds a case takes that waits long; a run begins those that take longest first, so that "
            "nothing else waits for them at its end"
        ),
    )

    @property
    def traffic_limit_pdus(self) -> int:
        """How many PDUs a case may exchange; of an ordinary size they reach the limit in MiB long before."""
        return max(20_000, 1_600 * self.traffic_limit_mib)

    @model_validator(mode="after")
    def _closed_parameters(self) -> Header:
        unknown = sorted(set(self.parameters) - set(PARAMETERS))
        if unknown:
            raise ValueError(f"parameters: unknown {unknown[0]!r}; it must be one of {', '.join(PARAMETERS)}")
        return self

    @property
    def defaults(self) -> ExpectationDefaults:
        """The defaults of an expectation that does not set its own."""
        return ExpectationDefaults(level=self.level, clause=self.clause, promise=self.promise, requirement=self.title)

    @property
    def kind(self) -> Kind:
        """Who demands it."""
        return chosen(self.level, None, Demand(self.level, self.clause, self.promise or "")).kind

    @property
    def subject_name(self) -> str:
        """What the steps call the product under test."""
        return SUBJECT if self.format == "2" else WORKSTATION


class ScenarioFile(Header):
    """A whole scenario file, as its JSON Schema describes it."""

    settings: Mapping[str, Any] = Field(
        default_factory=dict,
        description="settings of the workstation for this scenario, by the names of its configuration file",
    )
    peers: Mapping[Text, Peer] = Field(default_factory=dict, description="simulators, by the names that the steps use")
    steps: Annotated[tuple[Mapping[str, Any], ...], Field(min_length=1)] = Field(
        description="what is done and what is expected, in order"
    )


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: its typed header and, in `document`, its stage with variables."""

    document: Document
    header: Header

    @property
    def id(self) -> str:
        """The stable name, by whose beginning a command line selects."""
        return self.header.id

    @property
    def path(self) -> Path:
        """The file it came from."""
        return self.document.path

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that the subject is asked to perform, in order of first use."""
        steps: list[Mapping[str, Any]] = _mapping(self.document.data)["steps"]
        done = [step["do"] for step in steps if "do" in step]
        performed = [do["operation"] for do in done if do["ae"] == self.header.subject_name]
        return tuple(dict.fromkeys((*performed, *self.header.needs.operation)))

    @property
    def called_peers(self) -> tuple[str, ...]:
        """The peers that the subject is to call of itself: where it moves instances, or reports on a commitment."""
        data = _mapping(self.document.data)
        done = [_mapping(step["do"]) for step in data["steps"] if "do" in step]
        called = [str(do.get("destination", "")) for do in done if do.get("operation") == "move"]
        called += [str(do.get("ae", "")) for do in done if do.get("operation") == "commit"]
        return tuple(dict.fromkeys(name for name in called if name in _mapping(data.get("peers"))))

    @property
    def retrieves(self) -> bool:
        """Whether a peer asks the subject for instances, by C-MOVE or C-GET."""
        done = [step["do"] for step in _mapping(self.document.data)["steps"] if "do" in step]
        return any(do["operation"] in ("move", "get") and do["ae"] != self.header.subject_name for do in done)

    def check_subject_words(self, arguments: Callable[[str], tuple[str, ...]], settings: tuple[str, ...]) -> None:
        """Check the names of what is asked of the subject and set in it.

        Parameters
        ----------
        arguments : callable
            Gives the names of an operation's arguments; none where the subject cannot tell.
        settings : tuple of str
            Names of the subject's settings; likewise.

        Raises
        ------
        DataError
            The subject has no such argument or setting.
        """
        data = _mapping(self.document.data)
        for key in _mapping(data.get("settings")) if settings else ():
            if key not in settings:
                message = f"the subject has no setting {key!r}{suggestion(key, settings)}"
                raise self.document.error(("settings", key), message)
        for index, step in enumerate(data["steps"]):
            do = _mapping(step.get("do"))
            known = arguments(do["operation"]) if do.get("ae") == self.header.subject_name else ()
            for key in do if known else ():
                if key not in (*known, *Do.model_fields, *HELD):
                    message = f"{do['operation']} has no argument {key!r}{suggestion(key, (*known, *HELD))}"
                    raise self.document.error(("steps", index, "do", key), message)

    @property
    def variables(self) -> frozenset[str]:
        """The names of the variables that it uses anywhere but in `for_each`."""
        data = {key: value for key, value in _mapping(self.document.data).items() if key != "for_each"}
        return frozenset(name for name, _ in variables(data))

    def bind(self, key: str, bindings: Mapping[str, Any]) -> Any:
        """Bind the variables of one top-level key, such as `configuration`; None where the file has no such key."""
        value = _mapping(self.document.data).get(key)
        return None if value is None else bind(value, bindings, self.document, (key,))

    def setup(self, bindings: Mapping[str, Any]) -> Setup:
        """Bind every variable of the stage and give it its types.

        Raises
        ------
        DataError
            A variable is unbound, or a value does not fit where it was put.
        """
        reader = SetupReader(self.document, self.header.defaults)
        settings = self.bind("settings", bindings) or {}
        peers = reader.peers(self.bind("peers", bindings) or {})
        steps = reader.steps(self.bind("steps", bindings))
        reader.raise_errors()
        return Setup(settings, peers, steps, self.header.subject_name)

    @property
    def paths(self) -> frozenset[str]:
        """The paths of the named values that it uses anywhere."""
        return frozenset(path for path, _ in paths(self.document.data)) if self.header.format == "2" else frozenset()

    @property
    def promises(self) -> tuple[str, ...]:
        """The promises of a statement that it names anywhere."""
        if self.header.format == "1":
            return ()
        return tuple(dict.fromkeys(_texts_of("promise", self.document.data)))

    def unstated(self, bindings: Mapping[str, Any]) -> str:
        """Give the path of a named value that the statement does not give and without which nothing can be played."""
        data = _mapping(self.document.data)
        acting = [step for step in data["steps"] if not any(verb in step for verb in ("expect", "given"))]
        played = bind([data.get("settings"), data.get("peers"), acting], bindings, self.document)
        return unstated(played)


def read(path: Path | str) -> Scenario:
    """Read one scenario file.

    Raises
    ------
    DataError
        The file is no scenario; one line says where and why.
    """
    return from_document(read_yaml(path))


def from_document(document: Document) -> Scenario:
    """Make a scenario of a YAML document that was read."""
    document = uid_names.resolved(document)
    errors: list[DataError] = []
    try:
        ScenarioFile.model_validate(document.data)
    except ValidationError as error:
        errors.extend(without_variables(document, ScenarioFile, error, ()))
    if errors:
        raise errors[0]
    data = _mapping(document.data)
    header = validate(
        Document(document.path, {key: data[key] for key in data if key in Header.model_fields}, document.lines), Header
    )
    reader = SetupReader(document, header.defaults, tolerant=True)
    demand = Demand(header.level, header.clause, header.promise or "")
    for location, message in format_2.mistakes(data, header.format, demand):
        reader.errors.append(document.error(location, message))
    reader.peers(data.get("peers", {}))
    reader.steps(data["steps"])
    reader.raise_errors()
    return Scenario(document, header)


def _texts_of(wanted: str, data: object) -> Iterator[str]:
    """Yield each text that stands at a key, however deep."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == wanted and isinstance(value, str):
                yield value
            else:
                yield from _texts_of(wanted, value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts_of(wanted, value)


def _mapping(data: object) -> Mapping[str, Any]:
    return data if isinstance(data, dict) else {}
