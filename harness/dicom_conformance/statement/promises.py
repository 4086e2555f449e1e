"""Which promises a product makes by what it states, and the claims that follow where a statement lists none itself.

A promise is a kind of claim that a scenario for any product can ask for (`maximum_length`, `keys`). A statement with a
register of claims says there which claim is which promise. Without a register each stated value is a claim of its own,
named AE/promise, so that every statement has coverage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dicom_conformance.statement.capability import Capability, Profile
from dicom_conformance.statement.registry import name_of, short_name_of
from dicom_conformance.statement.statement_model import PROMISES, Claim, Promise

__all__ = ["NOT_JUDGED", "derived_claims", "stated_promises"]

#: Value of an AE to its promise.
_OF_ENTITY: Mapping[str, Promise] = {
    "identity": "identity",
    "maximum_length": "maximum_length",
    "associations": "associations",
    "asynchronous": "asynchronous",
    "character_sets": "character_sets",
    "time_outs": "time_outs",
}
#: Value of a capability to its promise; `destinations` of a printer are attributes of the film session.
_OF_CAPABILITY: Mapping[str, Promise] = {
    "sop_classes": "contexts",
    "models": "contexts",
    "meta": "contexts",
    "optional": "contexts",
    "transfer_syntaxes": "contexts",
    "selection": "selection",
    "statuses": "statuses",
    "keys": "keys",
    "returns": "keys",
    "levels": "levels",
    "extended_negotiation": "extended_negotiation",
    "person_names": "person_names",
    "destinations": "destinations",
    "level": "storage_level",
    "coerces": "coercion",
    "duplicates": "duplicates",
    "reports_on": "commitment",
    "within_s": "commitment",
    "layouts": "layouts",
    "densities": "densities",
    "bits": "bits",
    "copies": "films",
    "prints_sessions": "films",
    **dict.fromkeys(
        ("film_sizes", "media", "magnifications", "orientations", "polarities", "trims", "borders", "priorities"),
        "attributes",
    ),
    "annotation_formats": "attributes",
    "unsupported_value": "attributes",
}

#: Promises that no scenario judges, and why; their claims are told as such.
NOT_JUDGED: Mapping[Promise, str] = {
    "asynchronous": "no scenario fills the window with operations; the answer to it is judged by the standard alone",
    "levels": "what comes back at each level is judged by the standard alone",
    "relational": "relational queries are judged by the standard alone, where they are granted",
    "extended_negotiation": "that nothing is granted unasked is judged by the standard alone",
    "coercion": "a change of what the statement does not name is judged with storage level 2, as a breach of that",
    "jobs": "print jobs are judged by the standard alone",
    "time_outs": "judged by the standard alone: no scenario holds a product to the seconds that it states",
}


def _promise(capability: Capability, field: str) -> Promise | None:
    if field == "destinations" and capability.service == "print":
        return "attributes"
    return _OF_CAPABILITY.get(field)


def stated_promises(profile: Profile) -> dict[tuple[str, Promise], list[str]]:
    """Give each promise of each AE, with a sentence for each value that makes it; in the order of `PROMISES`."""
    found: dict[tuple[str, Promise], list[str]] = {}
    for ae, promise, sentence in _sentences(profile):
        sentences = found.setdefault((ae, promise), [])
        if sentence not in sentences:
            sentences.append(sentence)
    order = list(profile.entities)
    return dict(sorted(found.items(), key=lambda item: (order.index(item[0][0]), PROMISES.index(item[0][1]))))


def _sentences(profile: Profile) -> Iterator[tuple[str, Promise, str]]:
    for ae, values in profile.entities.items():
        for field, value in values.items():
            if field in _OF_ENTITY:
                yield ae, _OF_ENTITY[field], f"{_words(field)}: {in_words(value)}"
    for capability in profile.capabilities:
        yield from _of_capability(capability)
    for ae, role, service in profile.absent:
        yield ae, "only_contexts", f"{service} as an {role} is not offered"


def _of_capability(capability: Capability) -> Iterator[tuple[str, Promise, str]]:
    ae, where = capability.ae, f"{capability.service} as an {capability.role}"
    if not any(_OF_CAPABILITY.get(field) == "contexts" for field in capability.values):
        yield ae, "contexts", where
    for field, value in capability.values.items():
        promise = _promise(capability, field)
        if promise is not None:
            yield ae, promise, f"{where}, {_words(field)}: {in_words(value)}"
    if capability.values.get("only"):
        yield ae, "only_contexts", f"{where} with nothing but the contexts that are stated"
    if "relational" in capability.values.get("extended_negotiation", ()):
        yield ae, "relational", f"{where}, relational queries"
    if "PrintJob" in capability.values.get("optional", ()):
        yield ae, "jobs", f"{where}, print jobs that can be followed"


def derived_claims(profile: Profile) -> tuple[Claim, ...]:
    """Give the claims of a statement that lists none: one for each AE and promise, named AE/promise."""
    return tuple(
        Claim(
            id=f"{ae}/{promise}",
            text=_sentence(sentences),
            ae=ae,
            promise=promise,
            untested=NOT_JUDGED.get(promise),
        )
        for (ae, promise), sentences in stated_promises(profile).items()
    )


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


_WORDS = {
    "sop_classes": "SOP Classes",
    "within_s": "report within seconds",
    "maximum_length": "maximum length of PDUs in bytes",
    "bits": "bits of a pixel",
    "densities": "densities in hundredths of OD",
    "prints_sessions": "prints whole sessions",
    "implementation_class_uid": "Implementation Class UID",
    "implementation_version_name": "Implementation Version Name",
    "application_context_name": "application context",
    "association_s": "for an association in seconds",
    "response_s": "for a response in seconds",
    "idle_s": "on an idle association in seconds",
    "release_s": "for a release in seconds",
    "level": "level of storage",
    "returns": "keys returned and not matched",
    "coerces": "attributes that it may change",
    "asynchronous": "asynchronous operations window",
}
#: More values than these are counted rather than listed.
_MOST_LISTED = 6


def _words(field: str) -> str:
    return _WORDS.get(field, field.replace("_", " "))


def in_words(value: Any) -> str:
    """Write a stated value in words: UIDs by name, long lists by their number."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(str(key))} {in_words(each)}" for key, each in value.items())
    if isinstance(value, list):
        if not value:
            return "none"
        return ", ".join(in_words(each) for each in value) if len(value) <= _MOST_LISTED else f"{len(value)} of them"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return short_name_of(text) if text.startswith("1.2.840.10008.1.2") else name_of(text)
