"""The whole probe: negotiation first, then what can be asked without storing anything.

References
----------
PS3.2 Annex N (what a conformance statement says); PS3.6 Table A-1 (SOP Classes and transfer syntaxes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dicom_conformance.errors import HarnessError
from dicom_conformance.probe import negotiation, queries
from dicom_conformance.probe.asking import Asker
from dicom_conformance.probe.contexts import (
    MOST_IN_PAIRS,
    TIMES,
    Accepted,
    Preference,
    accepted_contexts,
    preferences,
)
from dicom_conformance.probe.findings import Findings, Offer, Value
from dicom_conformance.statement import registry, services

__all__ = ["Wishes", "probe"]

_FIRST = ("1.2.840.10008.1.1", ("1.2.840.10008.1.2",))
"""What the first association proposes: Verification in the default transfer syntax."""
_PROPOSED_ALONE = "each SOP Class was proposed with each transfer syntax alone"
_IN_PAIRS = "transfer syntaxes were proposed in pairs, in both orders"
_LEFT_OUT_ONE_BY_ONE = "transfer syntaxes were proposed in both orders, then all but the one that was taken"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is measured besides the usual.

    Parameters
    ----------
    slow_s : float
        How long an idle association is watched, in seconds; 0: it is not.
    sop_classes, transfer_syntaxes : tuple of str
        UIDs that are proposed; by default all that PS3.6 knows.
    further : tuple of str
        UIDs of SOP Classes that are proposed besides, such as private ones.
    """

    slow_s: float = 0.0
    sop_classes: tuple[str, ...] = registry.STANDARD_SOP_CLASSES
    transfer_syntaxes: tuple[str, ...] = registry.STANDARD_TRANSFER_SYNTAXES
    further: tuple[str, ...] = ()


def probe(asker: Asker, wishes: Wishes | None = None, progress: Callable[[str], None] = lambda line: None) -> Findings:
    """Measure what a product offers.

    Parameters
    ----------
    asker : Asker
        Opens the associations.
    wishes : Wishes, optional
    progress : callable
        Takes a line at each step.

    Raises
    ------
    HarnessError
        The product cannot be reached, or accepts no association.
    """
    chosen, findings = wishes or Wishes(), Findings()
    progress("presentation contexts")
    classes = tuple(dict.fromkeys((*chosen.sop_classes, *chosen.further)))
    accepted = accepted_contexts(asker, classes, chosen.transfer_syntaxes)
    for uid, syntaxes in accepted.varied.items():
        names = ", ".join(registry.name_of(one) for one in syntaxes)
        findings.left_out.append(f"{registry.name_of(uid)} with {names}: accepted some of the times")
    progress(f"{len(accepted.contexts)} SOP Classes are accepted; which transfer syntaxes are preferred")
    order = preferences(asker, accepted.contexts)
    findings.offers = _offers(findings, accepted, order)
    first = _usable(accepted)
    progress("numbers and names of associations")
    _negotiated(findings, asker, accepted, first)
    progress("services")
    _asked(findings, asker, accepted)
    if chosen.slow_s:
        progress(f"time-outs, for up to {chosen.slow_s:g} s")
        negotiation.idle_time(findings, asker, first, chosen.slow_s)
    negotiation.identity(findings, asker.acceptances)
    return findings


def _usable(accepted: Accepted) -> tuple[str, Sequence[str]]:
    """Give the context in which associations are opened that ask for nothing in particular."""
    verification = _FIRST[0]
    if verification in accepted.contexts or not accepted.contexts:
        return (verification, accepted.contexts.get(verification, _FIRST[1]))
    return next(iter(accepted.contexts.items()))


def _negotiated(findings: Findings, asker: Asker, accepted: Accepted, first: tuple[str, Sequence[str]]) -> None:
    storage = {uid: each for uid, each in accepted.contexts.items() if services.service_of(uid) == "storage"}
    negotiation.window(findings, asker, first)
    negotiation.roles(findings, asker, storage)
    negotiation.associations_at_once(findings, asker, first)
    for offer in findings.offers:
        if offer.service in ("query", "move", "get"):
            model = offer.values["models"].value[0]
            uid = services.MODELS[model][offer.service]
            value = negotiation.extensions(findings, asker, uid, accepted.contexts[uid], offer.service)
            if value is not None:
                offer.values["extended_negotiation"] = value


def _asked(findings: Findings, asker: Asker, accepted: Accepted) -> None:
    verification = services.CLASSES["verification"][0]
    if verification in accepted.contexts:
        status = queries.echo_status(asker, accepted.contexts[verification])
        if status != queries.SUCCESS:
            findings.notes.append(f"C-ECHO: {'no answer' if status is None else f'status {status:04X}'}")
    study_root = services.MODELS["study_root"]["query"]
    for offer in findings.offers:
        if offer.service == "query" and "study_root" in offer.values["models"].value:
            try:
                offer.values.update(queries.query_values(findings, asker, study_root, accepted.contexts[study_root]))
            except HarnessError as error:
                findings.left_out.append(f"query: {error}")


def _offers(findings: Findings, accepted: Accepted, order: Mapping[str, Preference]) -> list[Offer]:
    """Give an entry for each service and each set of transfer syntaxes with its order of preference."""
    grouped: dict[tuple[str, tuple[str, ...], Preference], list[str]] = {}
    for uid, syntaxes in accepted.contexts.items():
        service = services.service_of(uid)
        if service is None:
            names = ", ".join(registry.name_of(one) for one in syntaxes)
            findings.notes.append(f"it accepts {registry.name_of(uid)} ({names}), of which a statement says nothing")
            continue
        if uid in order and order[uid] is None:
            findings.left_out.append(f"selection of {registry.name_of(uid)}: what was taken follows no order")
        grouped.setdefault((service, syntaxes, order.get(uid)), []).append(uid)
    entries = sorted(grouped.items(), key=lambda item: services.SERVICES.index(_service(item[0][0])))
    return [_offer(service, syntaxes, preferred, uids) for (service, syntaxes, preferred), uids in entries]


def _service(name: str) -> services.Service:
    return next(service for service in services.SERVICES if service == name)


def _offer(service: str, syntaxes: tuple[str, ...], preferred: Preference, uids: Sequence[str]) -> Offer:
    values = _classes(service, uids)
    values["transfer_syntaxes"] = Value(list(syntaxes), _PROPOSED_ALONE, TIMES)
    if preferred is not None:
        how = _IN_PAIRS if len(syntaxes) <= MOST_IN_PAIRS else _LEFT_OUT_ONE_BY_ONE
        values["selection"] = Value(preferred if isinstance(preferred, str) else list(preferred), how, TIMES)
    return Offer(service, values)


def _classes(service: str, uids: Sequence[str]) -> dict[str, Value]:
    if service == "storage":
        return {"sop_classes": Value(list(uids), _PROPOSED_ALONE, TIMES)}
    if service == "print":
        meta = [name for name, uid in services.META.items() if uid in uids]
        optional = [name for name, uid in services.OPTIONAL.items() if uid in uids]
        found = {"meta": Value(meta, _PROPOSED_ALONE, TIMES), "optional": Value(optional, _PROPOSED_ALONE, TIMES)}
        return {name: value for name, value in found.items() if value.value}
    models = [model for uid in uids if (model := services.model_of(uid)) is not None]
    return {"models": Value(models, _PROPOSED_ALONE, TIMES)} if models else {}
