"""The `tls:` section of settings: which certificates, keys and revocation lists a scenario may name.

`play.certificates` puts files in the place of these names when a case is played.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = ("trusted", "other", "expired", "self_signed", "wrong_host", "unknown_authority", "revoked")
"""What there is; `other` is as trusted as `trusted`, with another common name; `revoked` is on the revocation list."""

KEYS = ("plain", "encrypted")
"""How the key of a certificate is kept; the password of an encrypted one comes in a file."""

REVOCATION_LISTS = ("current", "expired")

NONE = "none"
"""In the place of a name: no certificate is shown."""

LINKS = ("none", "terminated")
"""How the link of a peer that speaks TLS deals with it: there is no link, or it ends TLS on both sides."""

AUTHORITIES = ("known", "unknown")


def without_link(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out of the `tls:` section of settings what is the link's, not the simulator's."""
    section = settings.get("tls")
    if not isinstance(section, Mapping):
        return settings
    return {**settings, "tls": {key: value for key, value in section.items() if key != "link"}}


def mistake(section: object) -> str:
    """Say what is wrong with the names in a `tls:` section; nothing if they are right."""
    if not isinstance(section, Mapping):
        return "a mapping is expected"
    named = (
        ("certificate", (*NAMES, NONE)),
        ("authorities", AUTHORITIES),
        ("link", LINKS),
        ("key", KEYS),
        ("revocation_list", REVOCATION_LISTS),
    )
    for key, known in named:
        if section.get(key, known[0]) not in known:
            return f"{key}: unknown {section[key]!r}; it must be one of {', '.join(known)}"
    if "key_log" in section:
        return "key_log: is not for a scenario, whose evidence is plain"
    return "key_password_file: needs a key" if "key_password_file" in section else ""
