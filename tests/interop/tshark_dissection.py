"""What tshark's DICOM dissector reads out of a capture, as facts; none of our decoding goes into it.

A fact is the name of one of tshark's fields and its value: a number, or bytes in hexadecimal.
"""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from os import PathLike
from typing import IO
from xml.etree import ElementTree

Fact = tuple[str, int | str]
Direction = tuple[str, int, str, int]  # source host and port, destination host and port

NUMBERS = {
    "dicom.pdu.type",
    "dicom.pdu.len",
    "dicom.assoc.version",
    "dicom.assoc.reject.result",
    "dicom.assoc.reject.source",
    "dicom.assoc.reject.reason",
    "dicom.assoc.abort.source",
    "dicom.assoc.abort.reason",
    "dicom.assoc.item.type",
    "dicom.assoc.item.len",
    "dicom.pctx.id",
    "dicom.pctx.result",
    "dicom.max_pdu_len",
    "dicom.userinfo.extneg.sopclassuid.len",
    "dicom.userinfo.rolesel.sopclassuid.len",
    "dicom.userinfo.rolesel.scurole",
    "dicom.userinfo.rolesel.scprole",
    "dicom.userinfo.asyncneg.maxnumopsinv",
    "dicom.userinfo.asyncneg.maxnumopsper",
    "dicom.userinfo.user_identify.type",
    "dicom.userinfo.user_identify.response_requested",
    "dicom.userinfo.user_identify.primary_field_length",
    "dicom.userinfo.user_identify.secondary_field_length",
    "dicom.pdv.len",
    "dicom.pdv.ctx",
    "dicom.pdv.flags",
}
BYTES = {
    "dicom.assoc.ae.called",
    "dicom.assoc.ae.calling",
    "dicom.actx",
    "dicom.pctx.abss.syntax",
    "dicom.pctx.xfer.syntax",
    "dicom.userinfo.uid",
    "dicom.userinfo.version",
    "dicom.userinfo.extneg.sopclassuid",
    "dicom.userinfo.rolesel.sopclassuid",
    "dicom.userinfo.data",
    "dicom.userinfo.user_identify.primary_field",
    "dicom.userinfo.user_identify.secondary_field",
}
ELEMENT_NUMBERS = {"dicom.tag", "dicom.tag.vl", "dicom.tag.value.16u", "dicom.tag.value.32u"}

#: What tshark would take a whole connection for, by what its first bytes look like, though it was told DICOM.
OTHERS = ("http", "tls")

CONTROLS = {character: "?" for character in range(0x20) if chr(character) not in "\t\n\r"}


def dissected(path: str | PathLike[str]) -> dict[Direction, list[list[Fact]]]:
    """Return what tshark read: of each direction, the facts of each PDU.

    Raises
    ------
    FileNotFoundError
        tshark is not installed.
    subprocess.CalledProcessError
        tshark failed.
    """
    options = ["-d", "tcp.port==1-65535,dicom", "-o", "dicom.tag_tree:TRUE", "-T", "pdml", "-J", "dicom tcp ip ipv6"]
    command = ["tshark", *[f"--disable-protocol={name}" for name in OTHERS], "-r", str(path), *options]
    found: dict[Direction, list[list[Fact]]] = defaultdict(list)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", errors="replace"
    ) as process:
        assert process.stdout is not None
        for _, element in ElementTree.iterparse(_WellFormed(process.stdout)):
            if element.tag == "packet":
                _read_packet(element, found)
                element.clear()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return found


class _WellFormed:
    """What tshark writes, without what it lets through though XML does not have it: an AE title may hold any byte."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text

    def read(self, size: int = -1) -> str:
        """Read some."""
        return self._text.read(size).translate(CONTROLS)


def _read_packet(packet: ElementTree.Element, found: dict[Direction, list[list[Fact]]]) -> None:
    places = {field.get("name"): field.get("show", "") for field in packet.iter("field")}
    source, destination = (places.get(f"ip.{end}") or places.get(f"ipv6.{end}", "") for end in ("src", "dst"))
    direction = (source, int(places.get("tcp.srcport", "0")), destination, int(places.get("tcp.dstport", "0")))
    for proto in packet.iter("proto"):
        if proto.get("name") == "dicom":
            for facts in _read_pdus(proto):
                found[direction].append(facts)


def _read_pdus(proto: ElementTree.Element) -> Iterator[list[Fact]]:
    facts: list[Fact] = []
    in_command = False
    for field in proto.iter("field"):
        name = field.get("name", "")
        if name == "dicom.pdu.type" and facts:
            yield facts
            facts = []
        if name in NUMBERS:
            facts.append((name, int(field.get("show", ""), 0)))
            if name == "dicom.pdv.flags":
                in_command = bool(int(field.get("show", ""), 0) & 1)
        elif name in BYTES:
            facts.append((name, field.get("value", "")))
        elif in_command and name in ELEMENT_NUMBERS:
            facts.append((name, int(field.get("show", ""), 0)))
        elif in_command and name == "dicom.tag.vr":
            facts.append((name, field.get("show", "")))
        elif in_command and name == "dicom.tag.value.str":
            facts.append((name, field.get("value", "")))
    if facts:
        yield facts
