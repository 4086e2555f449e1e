"""The TLS profiles that can be asked for by name, and the contexts that come of them.

Invariants: today's profiles never go below TLS 1.2; the retired ones are had only by their names, with a warning;
a cipher suite that the machine's OpenSSL no longer has is reported as missing.

References
----------
PS3.15 Annex B.1 (Basic, retired), B.3 (AES, retired), B.10 (Non-downgrading BCP 195), B.12 (BCP 195, RFC 8996 and
9325); conformance statement, 4.2.2.
"""

from __future__ import annotations

import ssl
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

ProfileName = Literal["bcp195", "bcp195_non_downgrading", "aes", "basic"]

ECDHE: Final = (
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
)
NON_DOWNGRADING: Final = (
    "DHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)


DH_GROUP: Final = Path(__file__).with_name("ffdhe2048.pem")
"""The group ffdhe2048 of RFC 7919, Appendix A.1: PS3.15 B.10 wants DHE too, with 2048 bits or more."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A TLS profile.

    Attributes
    ----------
    minimum, maximum : ssl.TLSVersion
    suites : tuple of str
        For TLS 1.2 and before, by OpenSSL's names, most wanted first; those of TLS 1.3 are all of it.
    retired : str
        Why not to use it; empty for today's.
    """

    minimum: ssl.TLSVersion
    maximum: ssl.TLSVersion
    suites: tuple[str, ...]
    retired: str = ""


PROFILES: Final[Mapping[ProfileName, Profile]] = MappingProxyType(
    {
        "bcp195": Profile(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, ECDHE),
        "bcp195_non_downgrading": Profile(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, NON_DOWNGRADING),
        "aes": Profile(
            ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ("AES128-SHA", "DES-CBC3-SHA"), "retired (PS3.15 B.3)"
        ),
        "basic": Profile(
            ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ("DES-CBC3-SHA", "AES128-SHA"), "retired (PS3.15 B.1)"
        ),
    }
)

_versions_lock = threading.Lock()  # warnings.catch_warnings is not for several threads at once


@cache
def missing_suites(name: ProfileName) -> tuple[str, ...]:
    """Return the cipher suites of a profile that this machine's OpenSSL no longer has."""
    return tuple(suite for suite in PROFILES[name].suites if not _is_known(suite))


def warnings_of(name: ProfileName) -> tuple[str, ...]:
    """Return what the operator should know of a profile, one line each."""
    profile = PROFILES[name]
    if not profile.retired:
        return ()
    warnings = [f"TLS profile {name} is {profile.retired}: TLS 1.0 and 1.1 are allowed, which are no longer secure"]
    missing = missing_suites(name)
    if missing:
        warnings.append(f"TLS profile {name}: this machine's {ssl.OPENSSL_VERSION} lacks {', '.join(missing)}")
    return tuple(warnings)


def profiled(name: ProfileName, purpose: int) -> ssl.SSLContext:
    """Return a context of the profile; certificates and verification are still to be set.

    Parameters
    ----------
    purpose : int
        `ssl.PROTOCOL_TLS_SERVER` or `ssl.PROTOCOL_TLS_CLIENT`.
    """
    profile = PROFILES[name]
    context = ssl.SSLContext(purpose)
    known = [suite for suite in profile.suites if suite not in missing_suites(name)]
    level = "@SECLEVEL=0" if profile.retired else "@SECLEVEL=2"  # below TLS 1.2 OpenSSL wants SHA-1 to be allowed
    context.set_ciphers(":".join((*known, level)))
    if purpose == ssl.PROTOCOL_TLS_SERVER and any(suite.startswith("DHE-") for suite in known):
        context.load_dh_params(str(DH_GROUP))
    context.options |= ssl.OP_NO_RENEGOTIATION  # a session is negotiated once; a write never waits for a read
    with _versions_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 was asked for by name
        context.minimum_version, context.maximum_version = profile.minimum, profile.maximum
    return context


def _is_known(suite: str) -> bool:
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        probe.set_ciphers(f"{suite}:@SECLEVEL=0")
    except ssl.SSLError:
        return False
    return any(one["name"] == suite for one in probe.get_ciphers())
