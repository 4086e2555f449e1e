"""Statement with statement: what a product claims, and what was measured of it.

Values are compared by the names of format 2, presentation contexts by SOP Class and transfer syntax. What the second
statement does not say was not measured, and what the first does not say is unstated: neither is a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dicom_conformance.compare.comparison import Comparison, Row
from dicom_conformance.errors import HarnessError
from dicom_conformance.statement import Capability, Statement, registry

__all__ = ["compare_statements"]

ABSENT, DIFFERENT, BESIDES = "absent", "different", "seen besides"
UNSTATED, UNMEASURED, AS_CLAIMED = "unstated", "not measured", "as claimed"
STATES = (ABSENT, DIFFERENT, BESIDES, UNSTATED, UNMEASURED, AS_CLAIMED)

#: Values of a capability that its presentation contexts or its AE say, and that are compared there.
_IN_CONTEXTS = frozenset(
    {"sop_classes", "transfer_syntaxes", "models", "meta", "optional", "selection", "only", "configurations", "service"}
)
#: Values that are sets: their order means nothing.
_SETS = frozenset({"character_sets", "extended_negotiation", "levels", "layouts", "reports_on", "keys", "returns"})


def compare_statements(
    claimed: Statement,
    measured: Statement,
    pairs: Sequence[tuple[str, str]] = (),
    configuration: str | None = None,
) -> Comparison:
    """Compare what is claimed with what was measured.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Key of an AE in the first statement and in the second; if there is none, AEs of one key, else the only SCPs.
    configuration : str, optional
        The product's configuration in the first statement; by default its first.

    Raises
    ------
    HarnessError
        It is not clear which AEs are to be compared, or there is none of such a key.
    """
    if configuration is not None and configuration not in claimed.configurations:
        raise HarnessError(f"{claimed.id} has no configuration {configuration!r}: {', '.join(claimed.configurations)}")
    chosen = _pairs(claimed, measured, pairs)
    rows = [row for pair in chosen for row in _rows(claimed, measured, *pair, configuration)]
    return Comparison(
        f"{claimed.id} and {measured.id}",
        f"{claimed.id} ({claimed.origin})",
        f"{measured.id} ({measured.origin})",
        tuple(rows),
        STATES,
        frozenset({ABSENT, DIFFERENT}),
        frozenset({UNSTATED, UNMEASURED, AS_CLAIMED}),
        tuple(f"The AE {one} is compared with {other}." for one, other in chosen),
    )


def _pairs(claimed: Statement, measured: Statement, given: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    for one, other in given:
        for statement, key in ((claimed, one), (measured, other)):
            if key not in statement.application_entities:
                known = ", ".join(statement.application_entities)
                raise HarnessError(f"{statement.id} has no AE {key!r}: {known}")
    if given:
        return list(given)
    same = [(key, key) for key in claimed.application_entities if key in measured.application_entities]
    if same:
        return same
    first, second = _acceptors(claimed), _acceptors(measured)
    if len(first) == 1 and len(second) == 1:
        return [(first[0], second[0])]
    raise HarnessError(
        f"no AE has the same key in both statements: say which are compared, as --ae FIRST=SECOND; {claimed.id} has "
        f"{', '.join(claimed.application_entities)}, {measured.id} has {', '.join(measured.application_entities)}"
    )


def _acceptors(statement: Statement) -> list[str]:
    return list(dict.fromkeys(each.ae for each in statement.capabilities(role="SCP")))


def _rows(claimed: Statement, measured: Statement, one: str, other: str, configuration: str | None) -> Iterator[Row]:
    profiles = (claimed.profile(configuration), measured.profile())
    yield from _values("", _flat(profiles[0].entities[one]), _flat(profiles[1].entities[other]))
    held = (claimed.capabilities(ae=one, configuration=configuration), measured.capabilities(ae=other))
    for ae, role, service in profiles[0].absent:
        if ae == one:
            there = any((each.role, each.service) == (role, service) for each in held[1])
            said = ("stated as not offered", "there" if there else "not there")
            yield Row(DIFFERENT if there else AS_CLAIMED, f"{service} as an {role}", *said)
    absent = {(role, service) for ae, role, service in profiles[0].absent if ae == one}
    held = (held[0], tuple(each for each in held[1] if (each.role, each.service) not in absent))
    for role in ("SCP", "SCU"):
        sides = [[each for each in side if each.role == role] for side in held]
        if sides[0] and not sides[1]:
            services = ", ".join(dict.fromkeys(each.service for each in sides[0]))
            yield Row(UNMEASURED, f"{role} of {services}", "claimed", "")
        elif sides[0] or sides[1]:
            yield from _capabilities(role, *sides)


def _capabilities(role: str, claimed: Sequence[Capability], measured: Sequence[Capability]) -> Iterator[Row]:
    for service in dict.fromkeys(each.service for each in (*claimed, *measured)):
        one = [each for each in claimed if each.service == service]
        other = [each for each in measured if each.service == service]
        where = f"{service} as an {role}"
        if one and not other:
            yield Row(ABSENT, where, "claimed", "not there")
        elif other and not one:
            yield Row(BESIDES, where, "not claimed", "there", _named(_contexts(other)))
        else:
            only = any(each.values.get("only") for each in one)
            yield from _of_contexts(where, _contexts(one), _contexts(other), DIFFERENT if only else BESIDES)
            yield from _selections(where, one, other)
            yield from _values(f"{where}: ", _of_service(one), _of_service(other))


Contexts = Mapping[str, frozenset[str]]


def _contexts(capabilities: Sequence[Capability]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for capability in capabilities:
        for context in capability.contexts:
            found[context.sop_class] = found.get(context.sop_class, frozenset()) | set(context.transfer_syntaxes)
    return found


def _of_contexts(where: str, claimed: Contexts, measured: Contexts, excess: str) -> Iterator[Row]:
    """Compare presentation contexts; `excess` is the state of what is accepted and not claimed."""
    for uid in dict.fromkeys((*claimed, *measured)):
        about = f"{where}: {registry.name_of(uid)}"
        one, other = claimed.get(uid), measured.get(uid)
        if one is None or other is None:
            if claimed:  # else the statement leaves the SOP Classes open
                state = ABSENT if other is None else excess
                yield Row(state, about, _syntaxes(one), _syntaxes(other), uid)
            continue
        state = AS_CLAIMED if one == other else excess if one < other else DIFFERENT
        lacking = f"not accepted: {_syntaxes(one - other)}\n" if one - other else ""
        further = f"also accepted: {_syntaxes(other - one)}" if other - one else ""
        yield Row(state, about, _syntaxes(one), _syntaxes(other), lacking + further)


def _selections(where: str, claimed: Sequence[Capability], measured: Sequence[Capability]) -> Iterator[Row]:
    """Compare which of several transfer syntaxes is chosen, among those that both sides know, for each SOP Class."""
    first, second = _chosen(claimed), _chosen(measured)
    for uid in dict.fromkeys((*first, *second)):
        if uid not in _contexts(claimed) or uid not in _contexts(measured):
            continue
        shared = _contexts(claimed)[uid] & _contexts(measured)[uid]
        about = f"{where}: which transfer syntax is chosen for {registry.name_of(uid)}"
        one, other = (_among(side.get(uid), shared) for side in (first, second))
        if len(shared) > 1:
            state = UNSTATED if one is None else UNMEASURED if other is None else _equal(one, other)
            yield Row(state, about, _in_words(one), _in_words(other))


Selection = str | list[str]


def _chosen(capabilities: Sequence[Capability]) -> dict[str, Selection]:
    return {
        context.sop_class: capability.values["selection"]
        for capability in capabilities
        for context in capability.contexts
        if capability.values.get("selection")
    }


def _among(selection: Selection | None, shared: frozenset[str]) -> Selection | None:
    return [uid for uid in selection if uid in shared] if isinstance(selection, list) else selection


def _equal(one: object, other: object) -> str:
    return AS_CLAIMED if one == other else DIFFERENT


def _of_service(capabilities: Sequence[Capability]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for capability in capabilities:
        merged |= {name: value for name, value in capability.values.items() if name not in _IN_CONTEXTS}
    return _flat(merged)


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Give nested values by dotted names."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


def _values(where: str, claimed: Mapping[str, Any], measured: Mapping[str, Any]) -> Iterator[Row]:
    for name in dict.fromkeys((*claimed, *measured)):
        about = where + name.replace("_", " ")
        if name not in claimed:
            yield Row(UNSTATED, about, "", _in_words(measured[name]))
        elif name not in measured:
            yield Row(UNMEASURED, about, _in_words(claimed[name]), "")
        elif name.partition(".")[0] in _SETS and isinstance(claimed[name], list) and isinstance(measured[name], list):
            yield from _sets(about, claimed[name], measured[name])
        else:
            yield Row(_equal(claimed[name], measured[name]), about, _in_words(claimed[name]), _in_words(measured[name]))


def _sets(about: str, claimed: Sequence[Any], measured: Sequence[Any]) -> Iterator[Row]:
    one, other = ({str(each) for each in side} - {"none"} for side in (claimed, measured))
    state = AS_CLAIMED if one == other else BESIDES if one < other else ABSENT if other < one else DIFFERENT
    yield Row(state, about, _in_words(sorted(one) or ["none"]), _in_words(sorted(other) or ["none"]))


def _syntaxes(uids: frozenset[str] | None) -> str:
    return ", ".join(registry.short_name_of(uid) for uid in sorted(uids)) if uids else "-"


def _named(contexts: Contexts) -> str:
    return "\n".join(f"{registry.name_of(uid)}: {_syntaxes(syntaxes)}" for uid, syntaxes in contexts.items())


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_in_words(each) for each in value)
    text = str(value)
    return registry.short_name_of(text) if text.startswith("1.2.840.10008.1.2") else text
