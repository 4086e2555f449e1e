"""The pages of the reference that describe a scenario: its keys, its checks, its faults and its scripts."""

from __future__ import annotations

from collections.abc import Iterator

import dicom_simulators.faults
from dicom_conformance.judge import WANTED, Event, Wanted
from dicom_conformance.reference import docstrings, markdown
from dicom_conformance.reference.json_types import REQUIRED, Described, Row, of_schema, shown
from dicom_conformance.reference.models import described, links
from dicom_conformance.reference.scenario_schema import CHANGES
from dicom_conformance.reference.simulator_settings_schema import PREFIX, named_certificates, settings_schema
from dicom_conformance.scenario import BINDS, PARAMETERS, VERBS, WORKSTATION, ForEach, ScenarioFile, vocabulary
from dicom_simulators.data_sets import RECIPES, build_study
from dicom_simulators.scripted import ScriptField, script_fields

SCENARIO = "scenario.md"
CHECKS = "checks.md"
_BESIDE = tuple(Wanted.model_fields)


def scenario_page() -> str:
    """Describe every key of a scenario file."""
    models = described((ScenarioFile, *VERBS.values(), Event), SCENARIO)
    blocks = [
        markdown.wrapped(
            "A scenario is one YAML file and asks one question. Every scalar is read as text; the key gives the type. "
            "An unknown, missing or repeated key is refused with file, line and place. `$name` stands for a whole "
            "value that `for_each` binds."
        ),
        markdown.heading("Keys of the file"),
        markdown.keys(models["ScenarioFile"].rows),
        markdown.section(models["Needs"]),
        markdown.heading("`where`"),
        markdown.wrapped(
            "A mapping of variables, without `$`, to what they may be: one text, a list of texts, or `{not: ...}` with "
            "the values that they must not have."
        ),
        markdown.heading("`parameters`"),
        markdown.wrapped("Labels of results. The names are " + ", ".join(f"`{name}`" for name in PARAMETERS) + "."),
        *_for_each(models),
        *_peers(models),
        *_steps(models),
    ]
    return markdown.page("Scenario", *blocks)


def _for_each(models: dict[str, Described]) -> Iterator[str]:
    yield markdown.heading("`for_each`")
    yield markdown.wrapped(
        "Repeats the scenario. Several keys make the cross product. Each binds variables, which stand for whole values "
        "anywhere else in the file; `$seed` is always bound. `$expected` names the particular result of a presentation "
        "context that is refused, `$refused` admits any refusal."
    )
    yield markdown.table(
        ("key", "repeats for", "binds"),
        [(f"`{row.key}`", row.meaning, BINDS[row.key]) for row in models["ForEach"].rows],
    )
    for name, field in ForEach.model_fields.items():
        kind = _model_name(field.annotation)
        if kind in models:
            yield markdown.heading(f"`for_each: {{{name}: ...}}`", 3)
            yield markdown.keys(models[kind].rows)
    yield markdown.section(models["StatusEntry"], 3)


def _peers(models: dict[str, Described]) -> Iterator[str]:
    yield markdown.section(models["Peer"])
    yield markdown.wrapped(
        "The settings are listed in [simulators](simulators.md), the faults in [faults](faults.md), and what a script "
        "may say in [script](script.md)."
    )
    yield markdown.section(models["Holding"])
    yield markdown.heading("`study`", 3)
    meanings = docstrings.parameters(build_study)
    study = [(f"`{name}`", meaning) for name, meaning in meanings.items()]
    yield markdown.table(("key", "meaning"), [*study, ("`PatientName` ...", "any element, for every instance")])
    yield markdown.heading("`changes`", 3)
    changes = [(f"`{name}`", meaning) for name, meaning in CHANGES.items()]
    yield markdown.table(("key", "meaning"), [("`PatientID` ...", "the value of an element, by keyword"), *changes])
    yield markdown.heading("Recipes", 3)
    yield markdown.table(("recipe", "instance"), [(f"`{name}`", recipe.tells) for name, recipe in RECIPES.items()])
    yield markdown.heading("References to what a peer holds")
    yield markdown.wrapped(
        "In the place of a value in `do`: `{of: archive}` is the value of the first instance that the peer holds, "
        "`{of: archive, instance: 2}` that of the second, `{of: archive, instance: each}` a list of all; the element "
        "is that of the key, or of `keyword: NAME`. `{reported_by: present, keyword: SOPInstanceUID}` is what the last "
        "operation of that name reported."
    )
    yield markdown.heading("`settings: {tls: ...}`")
    definitions = settings_schema("archive")[1]
    named = named_certificates(definitions[f"{PREFIX}TLS"])
    yield markdown.wrapped(
        "The same keys for the workstation (in the scenario's `settings`) and for a peer (in the peer's); the "
        "workstation has neither `version` nor `suites`, and has `revocation_check`. The trace is in plain text in any "
        "case. On a connection whose handshake fails no PDU is seen."
    )
    yield markdown.keys(of_schema("TLS", named, links(definitions, SCENARIO)).rows)


def _steps(models: dict[str, Described]) -> Iterator[str]:
    yield markdown.heading("Steps")
    yield markdown.wrapped("A step is a mapping with exactly one of these keys, or with `expect` or `given`.")
    for verb, model in VERBS.items():
        found = models[model.__name__]
        yield markdown.heading(f"`{verb}`", 3)
        yield markdown.wrapped(found.about)
        yield markdown.keys(found.rows)
    yield markdown.wrapped(
        "The operations of the workstation and their arguments are in [operations](operations.md), those of the "
        "simulators in [simulators](simulators.md)."
    )
    yield markdown.heading("`expect`", 3)
    yield markdown.wrapped("A list of expectations; each is a mapping of one [check](checks.md) to what it wants.")
    yield markdown.heading("`given`", 3)
    yield markdown.wrapped(
        "A list like that of `expect`, for what must be so before anything can be judged: above all that our own peers "
        "did their part. Where one is not met the case is INCONCLUSIVE, whatever the expectations say, for they follow "
        "from it; but it is FAIL where the subject aborted or closed the association before a peer deviated from the "
        'standard, and nothing lawful explains it. In a file of format "2" a check of what a peer sent is refused '
        "under `expect`."
    )
    yield markdown.section(models["Event"])
    parties = ", ".join(f"`{name}`" for name in vocabulary.PARTIES)
    yield markdown.wrapped(f"{parties} name a peer of the scenario, or `{WORKSTATION}`.")


def checks_page() -> str:
    """Describe every check and every key of it."""
    models = described(tuple(WANTED.values()), CHECKS)
    nouns = {model.__name__ for model in WANTED.values()}
    common = [row for row in models["DimseWanted"].rows if row.key in _BESIDE]
    blocks = [
        markdown.wrapped(
            "An expectation is a mapping of one check to what it wants. A check judges the bytes on the wire, and for "
            "the workstation also what it holds, logs and reports to its user. The keys that name an AE take the names "
            "of the scenario's peers, or `workstation`."
        ),
        markdown.heading("Keys of every check"),
        markdown.wrapped("They may stand within the check or beside it."),
        markdown.keys(common),
    ]
    for noun, model in WANTED.items():
        found = models[model.__name__]
        blocks += [
            markdown.heading(f"`{noun}`"),
            markdown.wrapped(docstrings.description(model.__doc__)),
            markdown.keys(row for row in found.rows if row.key not in _BESIDE),
        ]
    blocks.append(markdown.heading("Parts of checks"))
    blocks += [markdown.section(found, 3) for name, found in models.items() if name not in nouns]
    return markdown.page("Checks", *blocks)


def faults_page() -> str:
    """Describe every fault and its parameters."""
    blocks = [
        markdown.wrapped(
            "A fault makes a peer misbehave: in `faults:` of a peer from the start, by the step `fault:` from then on. "
            "`at: link` puts it on the link between the peer and the workstation, where it acts on both directions "
            "unless `sender` names one. Several may be active at once, and act in the order in which they became "
            "active."
        ),
        markdown.wrapped(
            "`on` is `connection`, something received (`A-ASSOCIATE-RQ`, `C-MOVE-RQ`), or `before NAME` or `after "
            "NAME` of something sent; `before` alone is before any message."
        ),
    ]
    for name, kind in dicom_simulators.faults.FAULTS.items():
        rows = [
            Row(each.name, each.reads, REQUIRED if each.required else shown(each.default), each.doc)
            for each in dicom_simulators.faults.describe(kind)
        ]
        about = docstrings.description(kind.__doc__)
        blocks += [markdown.heading(f"`{name}`"), markdown.wrapped(about), markdown.keys(rows)]
    return markdown.page("Faults", *blocks)


def script_page() -> str:
    """Describe what a script may send, await and do."""
    blocks = [
        markdown.wrapped(
            "The script of a `scripted` peer is a list of lines, played on each connection that it accepts, or on one "
            "that it opens, by `do: {ae: NAME, operation: play, peer: workstation}`. No value is checked beyond the "
            "width of its field, so that anything unlawful can be sent. What does not come is recorded, and the "
            "script goes on."
        ),
        markdown.table(
            ("line", "does"),
            [
                ("`send: {pdu: NAME, ...}`", "sends a PDU"),
                ("`send: {dimse: NAME, ...}`", "sends a DIMSE message"),
                ("`send: {bytes: 09 00 ...}`", "sends bytes"),
                ("`receive: {pdu: NAME, within_s: N}`", "waits for a PDU"),
                ("`receive: {dimse: NAME, within_s: N}`", "waits for a DIMSE message"),
                ("`receive: {any_of: [NAME, NAME ...]}`", "waits for the first of several PDUs, messages or ends"),
                ("`receive: closed`", "waits for the peer to close the connection"),
                ("`receive: ended`", "waits for a release, an abort or the end of the connection"),
                ("`close`", "closes the connection (FIN)"),
                ("`reset`", "resets the connection (RST)"),
                ("`stall: {s: N}`", "neither reads nor writes for so many seconds"),
            ],
        ),
        markdown.heading("`receive`"),
        _fields(script_fields.RECEIVE_FIELDS),
        markdown.heading("`stall`"),
        _fields(script_fields.STALL_FIELDS),
    ]
    for name, fields in script_fields.PDU_FIELDS.items():
        blocks += [markdown.heading(f"`send: {{pdu: {name}}}`"), *_with_entries(fields)]
    blocks += [
        markdown.heading('`send: {pdu: "0x2A"}`'),
        markdown.wrapped("A PDU of any other type, by its type as two hex digits."),
        *_with_entries(script_fields.UNKNOWN_PDU_FIELDS),
        markdown.heading("`send: {dimse: NAME}`"),
        markdown.wrapped(
            "A response answers the request that was received last, unless its elements say otherwise. Beside the keys "
            "below it takes any command element by keyword: numbers in decimal or as `0x...`, `Status` as four hex "
            "digits, `absent` to leave the element out, `{bytes: ...}` for its value as hex digits."
        ),
        _fields(script_fields.MESSAGE_FIELDS),
        markdown.wrapped("Command elements: " + ", ".join(f"`{k}`" for k in script_fields.COMMAND_ELEMENTS) + "."),
        markdown.heading("DIMSE messages"),
        markdown.wrapped("The elements that PS3.7 requires of each; a message may be sent without them."),
        markdown.table(
            ("message", "elements", "data set"),
            [
                (f"`{row.name}`", ", ".join(f"`{each}`" for each in row.required), row.data_set.value)
                for row in script_fields.MESSAGES
            ],
        ),
    ]
    return markdown.page("Script", *blocks)


def _with_entries(fields: tuple[ScriptField, ...]) -> Iterator[str]:
    yield _fields(fields)
    for field in fields:
        if field.entries:
            yield markdown.wrapped(f"Each entry of `{field.name}`:")
            yield _fields(field.entries)


def _fields(fields: tuple[ScriptField, ...]) -> str:
    kinds = {
        "text": "text",
        "texts": "list of texts",
        "number": "whole number, also as `0x...`",
        "seconds": "number",
        "truth": "`true` or `false`",
        "bytes": "hex digits",
        "entries": "list of mappings",
        "data_set": "hex digits, or a mapping",
        "mapping": "mapping",
        "value": "see the meaning",
    }
    return markdown.keys(
        Row(field.name, kinds[field.kind], field.default or REQUIRED, field.meaning) for field in fields
    )


def _model_name(annotation: object) -> str:
    return next((each.__name__ for each in getattr(annotation, "__args__", ()) if each is not type(None)), "")
