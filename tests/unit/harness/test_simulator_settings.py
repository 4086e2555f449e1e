"""Settings of peers, against an index of the test's own."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pytest

import dicom_simulators
from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.scenario import simulator_settings
from dicom_conformance.scenario.scenario import from_document

TEXT = """
id: a/b
title: t
clause: c
level: house
peers:
  archive:
    simulator: keeper
    settings: {maximum_length: 16384}
steps: [{expect: [{log: {contains: x}}]}]
"""


class Extension(enum.Enum):
    FUZZY = "fuzzy"


@dataclass(frozen=True)
class Deadlines:
    reply_s: float = 1.0


class Base:
    def __init__(
        self,
        name: str,
        *,
        seed: int = 0,
        maximum_length: int = 0,
        deadlines: Deadlines | None = None,
        announce: Callable[[str], None] = print,
    ) -> None: ...


class Keeper(Base):
    def __init__(
        self,
        name: str,
        *,
        order: Literal["acceptor", "requestor"] = "acceptor",
        strict: bool = False,
        transfer_syntaxes: tuple[str, ...] = (),
        extensions: Iterable[Extension] = (),
        supports: Iterable[str] | None = None,
        **options: Any,
    ) -> None: ...


@pytest.fixture(autouse=True)
def _index(monkeypatch: pytest.MonkeyPatch) -> Iterable[None]:
    monkeypatch.setattr(dicom_simulators, "SIMULATORS", {"keeper": Keeper}, raising=False)
    simulator_settings._parameters.cache_clear()
    yield
    simulator_settings._parameters.cache_clear()


def test_settings_take_the_types_of_the_constructor_and_its_bases() -> None:
    texts = {
        "maximum_length": "16384",
        "strict": "on",
        "order": "requestor",
        "transfer_syntaxes": ["1.2"],
        "extensions": ["fuzzy"],
        "supports": ["1.2.3"],
        "deadlines": {"reply_s": "0.5"},
    }
    assert simulator_settings.typed("keeper", texts) == {
        "maximum_length": 16384,
        "strict": True,
        "order": "requestor",
        "transfer_syntaxes": ("1.2",),
        "extensions": (Extension.FUZZY,),
        "supports": ("1.2.3",),
        "deadlines": Deadlines(0.5),
    }


@pytest.mark.parametrize(
    ("settings", "where", "message"),
    [
        ({"maximum_lenght": "1"}, ("maximum_lenght",), "did you mean maximum_length?"),
        ({"maximum_length": "long"}, ("maximum_length",), "integer"),
        ({"extensions": ["fuzzy", "fuzzier"]}, ("extensions", 1), "fuzzy"),
        ({"order": "mine"}, ("order",), "acceptor"),
        ({"seed": "1"}, ("seed",), "unknown key"),
        ({"announce": "print"}, ("announce",), "unknown key"),
    ],
)
def test_a_mistake_says_where(settings: dict[str, Any], where: tuple[str], message: str) -> None:
    ((location, text),) = simulator_settings.mistakes("keeper", settings)
    assert location == where
    assert message in text
    with pytest.raises(HarnessError):
        simulator_settings.typed("keeper", settings)


def test_the_settings_of_a_scenario_are_judged_when_it_is_read() -> None:
    assert from_document(parse(TEXT)).setup({}).peers["archive"].settings == {"maximum_length": "16384"}
    with pytest.raises(DataError, match=r"f.yaml:9: peers.archive.settings.maximum_lenght: unknown key; did you mean"):
        from_document(parse(TEXT.replace("_length", "_lenght"), "f.yaml"))


def test_settings_with_a_variable_wait_for_it() -> None:
    found = from_document(parse(TEXT.replace("16384", "$length")))
    assert found.setup({"length": "32768"})
    with pytest.raises(DataError, match="maximum_length"):
        found.setup({"length": "long"})
