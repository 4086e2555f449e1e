"""Bytes through JSON and back."""

from __future__ import annotations

import json

from dicom_workstation.control.bytes_in_json import decode, encode


def test_what_goes_in_comes_out():
    plain = {"data": bytes(range(256)), "list": [b"", 1, None, {"x": "base64"}], "base64": {"base64": b"y", "z": 2}}
    assert decode(json.loads(json.dumps(encode(plain)))) == plain
