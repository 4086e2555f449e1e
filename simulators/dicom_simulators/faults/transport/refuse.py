"""refuse: nothing listens at the port for as long as the fault is active; connections that are open go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dicom_simulators.faults.moment import Action, Moment, RefuseAction, When
from dicom_simulators.faults.parameters import Parameterized


@dataclass(frozen=True, slots=True)
class Refuse(Parameterized):
    """Refuse every TCP connection, as a host does where no program listens."""

    REWRITES: ClassVar[bool] = False

    def at(self, moment: Moment) -> Action | None:
        """Act while it is active."""
        return RefuseAction() if moment.when is When.LISTEN else None
