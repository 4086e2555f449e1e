"""Certificates for tests, made when a run first needs them, and gone with it: nothing secret is ever kept.

Each is good or bad in one thing. All bear the loopback addresses and `localhost`, but the one that is for another
host; all are signed by the same authority, but those that are not.

References
----------
RFC 5280 (certificates), 6125 (names of hosts).
"""

from __future__ import annotations

import datetime
import ipaddress
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from dicom_conformance.scenario import NONE, without_link

_KEY_BITS = 2048
_DAY = datetime.timedelta(days=1)
_HERE = (
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
)
_ELSEWHERE = (x509.DNSName("elsewhere.invalid"),)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one certificate."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; its own can be trusted."""

    def __init__(self, common_name: str) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        self._name = _name(common_name)
        ends = _now() + 30 * _DAY
        builder = _builder(self._name, self._name, self._key.public_key(), _now() - _DAY, ends)
        basic = x509.BasicConstraints(ca=True, path_length=0)
        self.certificate = builder.add_extension(basic, critical=True).sign(self._key, hashes.SHA256())

    def issue(
        self,
        common_name: str,
        key: rsa.RSAPublicKey,
        names: tuple[x509.GeneralName, ...] = _HERE,
        begins: datetime.timedelta = -_DAY,
        ends: datetime.timedelta = 7 * _DAY,
    ) -> x509.Certificate:
        """Sign a certificate for a key; `begins` and `ends` are counted from now."""
        builder = _builder(_name(common_name), self._name, key, _now() + begins, _now() + ends)
        return builder.add_extension(x509.SubjectAlternativeName(names), critical=False).sign(
            self._key, hashes.SHA256()
        )

    def revoke(self, certificate: x509.Certificate, ends: datetime.timedelta) -> x509.CertificateRevocationList:
        """Sign a list on which a certificate is revoked; the list ends so long from now."""
        gone = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(_now() - _DAY)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name).last_update(_now() - 7 * _DAY)
        return builder.next_update(_now() + ends).add_revoked_certificate(gone.build()).sign(self._key, hashes.SHA256())


class Certificates:
    """All the certificates of a run, as PEM files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        known, unknown = Authority("Conformance test authority"), Authority("Nobody's authority")
        key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        public = key.public_key()
        made = {
            "trusted": known.issue("trusted", public),
            "other": known.issue("other", public),
            "expired": known.issue("expired", public, begins=-7 * _DAY, ends=-_DAY),
            "wrong_host": known.issue("wrong_host", public, names=_ELSEWHERE),
            "revoked": known.issue("revoked", public),
            "unknown_authority": unknown.issue("unknown_authority", public),
            "self_signed": _self_signed("self_signed", key),
        }
        password = secrets.token_urlsafe().encode()
        self._write_secret("key.pem", _pem(key, serialization.NoEncryption()))
        self._write_secret("key-encrypted.pem", _pem(key, serialization.BestAvailableEncryption(password)))
        self._write_secret("password", password + b"\n")
        for name, ends in (("current", 7 * _DAY), ("expired", -_DAY)):
            listed = known.revoke(made["revoked"], ends).public_bytes(serialization.Encoding.PEM)
            (folder / f"revoked-{name}.pem").write_bytes(listed)
        for name, certificate in made.items():
            self._write(name, certificate)
        self._write("authority-known", known.certificate)
        self._write("authority-unknown", unknown.certificate)

    def files(self, name: str) -> Files:
        """Give the files of a certificate by its name."""
        return Files(self._folder / f"{name}.pem", self._folder / "key.pem")

    def authority(self, name: str = "known") -> Path:
        """Give the file of an authority."""
        return self._folder / f"authority-{name}.pem"

    def filled(self, section: Mapping[str, Any]) -> dict[str, Any]:
        """Put files in the place of the names in a `tls:` section; no name is `trusted`, no authority `known`."""
        name = str(section.get("certificate", "trusted"))
        filled = {**section, "authorities": str(self.authority(str(section.get("authorities", "known"))))}
        if name == NONE:
            del filled["certificate"]
        else:
            files = self.files(name)
            filled |= {"certificate": str(files.certificate), "key": str(files.key)}
        if section.get("key") == "encrypted":
            filled |= {"key": str(self._folder / "key-encrypted.pem"), "key_password_file": str(self.password)}
        if "revocation_list" in section:
            filled["revocation_list"] = str(self.revocation_list(str(section["revocation_list"])))
        return filled

    @property
    def password(self) -> Path:
        """The file of the password of the encrypted key."""
        return self._folder / "password"

    def revocation_list(self, name: str = "current") -> Path:
        """Give the file of a revocation list of the known authority."""
        return self._folder / f"revoked-{name}.pem"

    def _write(self, name: str, certificate: x509.Certificate) -> None:
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        (self._folder / f"{name}.pem").write_bytes(pem)

    def _write_secret(self, name: str, content: bytes) -> None:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_bytes(content)


def _pem(key: rsa.RSAPrivateKey, encryption: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def secured(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put the files of this run in the place of the names in the `tls:` section of settings, where there is one."""
    section = without_link(settings).get("tls")
    return {**settings, "tls": of_this_run().filled(section)} if isinstance(section, Mapping) else settings


@cache
def of_this_run() -> Certificates:
    """Give the certificates of this process, made at the first call, deleted when it ends."""
    folder = tempfile.TemporaryDirectory(prefix="conformance-certificates-")
    Finalize(None, folder.cleanup, exitpriority=0)  # `atexit` is not run in a worker process
    return Certificates(Path(folder.name))


def _self_signed(common_name: str, key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = _name(common_name)
    builder = _builder(name, name, key.public_key(), _now() - _DAY, _now() + 7 * _DAY)
    return builder.add_extension(x509.SubjectAlternativeName(_HERE), critical=False).sign(key, hashes.SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPublicKey,
    begins: datetime.datetime,
    ends: datetime.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
