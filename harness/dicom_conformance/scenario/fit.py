"""For which AEs of a statement a scenario of format 2 is played: those with the role and the service that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dicom_conformance.files import has_variable
from dicom_conformance.statement import Capability, Statement

_CHOOSING = ("service", "sop_class", "model")
_SAID = (*_CHOOSING, "transfer_syntax")


@dataclass(frozen=True, slots=True)
class Fit:
    """An AE, and the capability of it that was asked for; None where a scenario needs no service."""

    ae: str = ""
    capability: Capability | None = None


def fits(needs: Mapping[str, Any], statement: Statement) -> tuple[Fit, ...]:
    """Give each AE that has what a scenario needs, with the first capability that fits, in the statement's order.

    Parameters
    ----------
    needs : Mapping
        As written; what is still a variable does not narrow.
    """
    role = needs.get("role")
    wanted = {key: value for key in _CHOOSING if (value := needs.get(key)) and not has_variable(value)}
    if not wanted:
        aes = dict.fromkeys(capability.ae for capability in statement.capabilities(role=role))
        return tuple(Fit(ae) for ae in aes if _also_fits(needs, statement, ae))
    classes = wanted.get("sop_class")
    found: dict[str, Fit] = {}
    for capability in statement.capabilities(role=role, service=wanted.get("service"), model=wanted.get("model")):
        has_classes = all(each in capability.sop_classes for each in _listed(classes))
        if has_classes and _has_syntaxes(capability, _listed(classes), needs.get("transfer_syntax")):
            found.setdefault(capability.ae, Fit(capability.ae, capability))
    return tuple(fit for fit in found.values() if _also_fits(needs, statement, fit.ae))


def missing(needs: Mapping[str, Any], statement: Statement) -> str:
    """Say why no AE of the statement fits."""
    role = needs.get("role")
    of = "an AE" if role is None else f"an AE as {role}"
    texts = [f"{key.replace('_', ' ')} {', '.join(_listed(needs[key]))}" for key in _SAID if needs.get(key)]
    texts += [f"service {each}" for each in _listed(needs.get("also"))]
    promise = needs.get("promise")
    if promise:
        texts.append(f"promise {promise}")
    return f"the statement {statement.id} does not claim {of}" + (f" with {', '.join(texts)}" if texts else "")


def _also_fits(needs: Mapping[str, Any], statement: Statement, ae: str) -> bool:
    """Tell whether an AE has the further services that a scenario uses, and makes the promise that it is about."""
    role, promise = needs.get("role"), needs.get("promise")
    if not all(statement.capabilities(ae=ae, role=role, service=each) for each in _listed(needs.get("also"))):
        return False
    return promise is None or bool(statement.promise_claims(promise, ae))


def _has_syntaxes(capability: Capability, classes: list[str], needed: Any) -> bool:
    """Tell whether a capability has transfer syntaxes for each SOP Class; what it leaves open it may have."""
    if not needed or has_variable(needed) or "transfer_syntaxes" not in capability.values:
        return True
    contexts = [each for each in capability.contexts if each.sop_class in (classes or capability.sop_classes)]
    return all(uid in each.transfer_syntaxes for each in contexts for uid in _listed(needed))


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else [str(each) for each in value]
