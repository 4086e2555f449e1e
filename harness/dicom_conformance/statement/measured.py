"""A product that states nothing: the statement that claims nothing, and what is found out about it.

A negotiation shows its services as an SCP, the operations of its subject file show those as an SCU.

References
----------
PS3.8 7.1.1.14 (what an acceptor answers to each presentation context).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dicom_conformance.statement import services
from dicom_conformance.statement.capability import (
    DEFAULT_TRANSFER_SYNTAX,
    Capability,
    CapabilityContext,
    Profile,
)
from dicom_conformance.statement.statement_model import ApplicationEntity, Device, StatementModel

__all__ = ["AE", "contexts_to_negotiate", "measured", "nothing_claimed", "operated"]

AE = "product"
"""The key of the one AE of a product that claims nothing."""

_SYNTAXES = (DEFAULT_TRANSFER_SYNTAX, "1.2.840.10008.1.2.1")
#: Storage SOP Classes that are asked for first, for a negotiation carries 128 contexts: what most products know.
_COMMON_STORAGE = tuple(
    f"1.2.840.10008.5.1.4.1.1.{last}"
    for last in (
        *("2", "4", "1", "7", "6.1", "3.1", "20", "128", "1.1", "1.1.1", "1.2", "1.3", "12.1", "12.2", "2.1", "4.1"),
        *(
            "11.1",
            "88.11",
            "88.22",
            "88.33",
            "88.59",
            "88.67",
            "104.1",
            "481.1",
            "481.2",
            "481.3",
            "481.5",
            "66",
            "66.4",
        ),
        *("66.4", "77.1.1", "77.1.2", "77.1.4", "7.1", "7.2", "7.3", "7.4", "9.1.1", "30", "67", "13.1.3", "77.1.5.1"),
    )
)

#: Operation of a subject, by the name that scenarios use, to the service that it is an SCU of.
_SERVICE_OF_OPERATION: Mapping[str, services.Service] = {
    "echo": "verification",
    "store": "storage",
    "query": "query",
    "retrieve": "move",
    "get": "get",
    "print": "print",
}


def nothing_claimed(name: str) -> tuple[StatementModel, Profile]:
    """Give the statement of a product, by name, that claims nothing: one AE, as an SCU and as an SCP."""
    entity = ApplicationEntity(
        title=name, section="0", roles=("SCP", "SCU"), association_initiator=True, association_acceptor=True
    )
    model = StatementModel(
        format="1",
        id="no-statement",
        title=f"{name}, which claims nothing",
        origin="measured",
        device=Device(manufacturer="unknown", model=name),
        application_entities={AE: entity},
    )
    return model, Profile({AE: {}}, ())


def contexts_to_negotiate() -> tuple[CapabilityContext, ...]:
    """Give what to propose in order to find the services of an acceptor; no more than one negotiation carries."""
    others = (uid for service, uids in services.CLASSES.items() if service != "storage" for uid in uids)
    return tuple(CapabilityContext(uid, _SYNTAXES) for uid in dict.fromkeys((*others, *_COMMON_STORAGE)))


def measured(profile: Profile, scps: Iterable[str], accepted: Iterable[CapabilityContext]) -> Profile:
    """Add what some AEs accepted to what they state as SCPs.

    A capability that names no SOP Class gets those of its service that were accepted. An AE that states no capability
    at all gets one for each service that was accepted. What a statement names stays as it is.
    """
    by_service: dict[services.Service, dict[str, dict[str, None]]] = {}
    for context in accepted:
        service = services.service_of(context.sop_class)
        if service is not None:
            syntaxes = by_service.setdefault(service, {}).setdefault(context.sop_class, {})
            syntaxes.update(dict.fromkeys(context.transfer_syntaxes))
    found = {
        service: tuple(CapabilityContext(uid, tuple(syntaxes)) for uid, syntaxes in classes.items())
        for service, classes in by_service.items()
    }
    chosen = frozenset(scps)
    kept = [_completed(each, found) if each.ae in chosen else each for each in profile.capabilities]
    silent = [ae for ae in profile.entities if ae in chosen and all(each.ae != ae for each in profile.capabilities)]
    kept += [
        _of_service(ae, service, found[service]) for ae in silent for service in services.SERVICES if service in found
    ]
    return Profile(profile.entities, tuple(kept), profile.absent)


def operated(profile: Profile, operations: Mapping[str, Iterable[str]]) -> Profile:
    """Add the services as an SCU that a product can be made to use to an AE that states none as an SCU.

    Parameters
    ----------
    operations : Mapping
        Operation to the information models with which it can be used; none where it is unknown, or has none.
    """
    found = [
        Capability(ae, "SCU", _SERVICE_OF_OPERATION[operation], (), tuple(models))
        for ae in profile.entities
        if all((each.ae, each.role) != (ae, "SCU") for each in profile.capabilities)
        for operation, models in operations.items()
        if operation in _SERVICE_OF_OPERATION
    ]
    found.sort(key=lambda each: services.SERVICES.index(each.service))
    return Profile(profile.entities, (*profile.capabilities, *found), profile.absent)


def _completed(capability: Capability, found: dict[services.Service, tuple[CapabilityContext, ...]]) -> Capability:
    if capability.contexts or capability.role != "SCP":
        return capability
    contexts = next((found[service] for service in found if service == capability.service), ())
    return replace(capability, contexts=contexts, models=_models(contexts))


def _of_service(ae: str, service: services.Service, contexts: tuple[CapabilityContext, ...]) -> Capability:
    return Capability(ae, "SCP", service, contexts, _models(contexts))


def _models(contexts: tuple[CapabilityContext, ...]) -> tuple[str, ...]:
    return tuple(model for context in contexts if (model := services.model_of(context.sop_class)) is not None)
