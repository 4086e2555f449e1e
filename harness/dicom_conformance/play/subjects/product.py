"""A subject that is a Python class found by name: the reference workstation, in this process or as one of its own.

The class is named by an entry point of the group `subjects` (or by `module:Class`) and speaks plain
values, so that neither side imports the other.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dicom_conformance.browser import BROWSE, Journey, Window
from dicom_conformance.errors import HarnessError
from dicom_conformance.play.limits import Limiter
from dicom_conformance.play.subjects.subject import Address, CommandEnd, CrashError, UnsupportedError
from dicom_conformance.scenario import OTHER_AES

GROUP = "dicom_conformance.subjects"


def find_product(name: str) -> Callable[[], Any] | None:
    """Find the class of a product; None if there is none of this name."""
    for point in entry_points(group=GROUP, name=name):
        loaded: Callable[[], Any] = point.load()
        return loaded
    module, colon, attribute = name.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), attribute)):
        return None
    try:
        found: Callable[[], Any] | None = getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError:
        return None
    return found


def _address(plain: Mapping[str, Any]) -> Address:
    return Address(str(plain["ae_title"]), str(plain["host"]), int(plain["port"]))


class Product:
    """A product and its present instance; `factory` makes another after one was abandoned."""

    observes = frozenset({"store", "outcome", "log"})
    peers: Mapping[str, Address] = MappingProxyType({})
    product = "workstation"

    def __init__(self, name: str, factory: Callable[[], Any]) -> None:
        self.name = name
        self._factory = factory
        self._instance: Any = None
        self._is_closed = False
        self._lock = threading.Lock()
        self._window = Window()
        self.limiter = Limiter()
        self.others: Mapping[str, Address] = {}

    def _product(self) -> Any:
        """Return the present instance; none is made for a thread that is left over when the subject was closed."""
        with self._lock:
            if self._is_closed:
                raise HarnessError(f"the subject {self.name} was closed")
            if self._instance is None:
                self._instance = self._factory()
            return self._instance

    def _taken(self) -> Any:
        with self._lock:
            instance, self._instance = self._instance, None
            return instance

    @property
    def films(self) -> Path | None:
        """Give nothing: it prints nothing."""
        return None

    def offers(self, operation: str, configuration: str) -> str:
        """Say why an operation or configuration is not offered; empty if both are."""
        product = self._product()
        if operation == BROWSE and hasattr(product, "pages"):
            operation = ""
            if reason := self._window.reason():
                return reason
        if operation and operation not in product.operations:
            return f"the subject {self.name} offers no operation {operation}"
        if configuration not in product.configurations:
            return f"the subject {self.name} has no configuration {configuration}"
        return ""

    def prepare(self, configuration: str, peers: Mapping[str, Address], settings: Mapping[str, object]) -> Address:
        """Bring it into the configuration.

        Raises
        ------
        HarnessError
            It refuses the settings: the scenario is wrong, not the subject.
        """
        known = {name: address.plain() for name, address in peers.items()}
        try:
            plain = self._product().prepare(configuration, known, dict(settings))
        except ValueError as error:
            raise HarnessError(f"the subject refuses the settings: {error}") from error
        self.others = {name: _address(found) for name in OTHER_AES if (found := plain.get(name)) is not None}
        return _address(plain)

    def perform(self, operation: str, peer: str | None, arguments: Mapping[str, object]) -> dict[str, Any] | None:
        """Have it perform an operation.

        Raises
        ------
        CrashError
            It raised an exception instead of telling an outcome.
        """
        product = self._product()
        if operation == BROWSE and hasattr(product, "pages"):
            return self._browse(product, arguments)
        if operation not in product.operations:
            raise UnsupportedError(f"the subject {self.name} offers no operation {operation}")
        try:
            outcome: dict[str, Any] = product.perform(operation, peer, dict(arguments))
        except Exception as error:  # whatever it is, it is the subject's: nothing of ours runs in there
            raise CrashError(f"{type(error).__name__}: {error}") from error
        return outcome

    def _browse(self, product: Any, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Use its pages in a browser."""
        with ExitStack() as stack:
            try:
                link = stack.enter_context(product.pages())
            except Exception as error:
                raise CrashError(f"{type(error).__name__}: {error}") from error
            return self._window.visit(link, Journey.model_validate(arguments))

    def argument_names(self, operation: str) -> tuple[str, ...]:
        """Ask the product, where it can tell."""
        if operation == BROWSE:
            return tuple(Journey.model_fields)
        ask: Callable[[str], tuple[str, ...]] | None = getattr(self._product(), "argument_names", None)
        return () if ask is None else ask(operation)

    def setting_names(self) -> tuple[str, ...]:
        """Ask the product, where it can tell."""
        ask: Callable[[], tuple[str, ...]] | None = getattr(self._product(), "setting_names", None)
        return () if ask is None else ask()

    def check_surroundings(self) -> None:
        """Need nothing."""

    def settle(self) -> tuple[CommandEnd, ...]:
        """Have no commands."""
        return ()

    def instances(self) -> list[dict[str, Any]]:
        """Give what is in its memory."""
        found: list[dict[str, Any]] = self._product().instances()
        return found

    def log(self) -> list[str]:
        """Give its log."""
        lines: list[str] = self._product().log()
        return lines

    def abandon(self) -> None:
        """Give the present instance up: one that can be ended by force is, else its threads are left to themselves."""
        instance = self._taken()
        end_by_force: Callable[[], None] | None = getattr(instance, "abandon", None)
        if end_by_force is not None:
            end_by_force()

    def close(self) -> None:
        """Stop the present instance; no other is made afterwards."""
        self._is_closed = True
        self._window.close()
        instance = self._taken()
        if instance is not None:
            instance.close()
