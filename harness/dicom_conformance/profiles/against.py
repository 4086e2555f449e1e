"""Cases against profiles: each case once more for each profile that one of its peers can have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dicom_conformance.profiles.profile import Profile
from dicom_conformance.scenario import Case


def against(cases: Iterable[Case], profiles: Sequence[Profile]) -> list[Case]:
    """Give the cases under each profile, in the order of the cases; those without a peer that could have one are left.

    A case that is not claimed is left out, for it would not be claimed under a profile either.
    """
    found: list[Case] = []
    for case in cases:
        if not case.reason and not case.withheld:
            simulators = _simulators(case)
            found += [_under(case, profile) for profile in profiles if profile.fits(simulators)]
    return found


def _under(case: Case, profile: Profile) -> Case:
    text = f"profile={profile.name}"
    identifier = f"{case.id[:-1]},{text}]" if case.id.endswith("]") else f"{case.id}[{text}]"
    return replace(case, id=identifier, amendment=profile)


def _simulators(case: Case) -> tuple[str, ...]:
    data = case.scenario.document.data
    peers = data.get("peers") if isinstance(data, Mapping) else None
    found = peers.values() if isinstance(peers, Mapping) else ()
    return tuple(str(peer.get("simulator", "")) for peer in found if isinstance(peer, Mapping))
