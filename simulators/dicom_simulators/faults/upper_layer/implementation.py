"""implementation: another implementation is named in the negotiation, with any text as its UID, or with none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dicom_simulators.faults.moment import Action, Moment, When
from dicom_simulators.faults.parameters import Parameterized, parameter, text
from dicom_simulators.faults.upper_layer.changed_pdu import Associate, changing
from dicom_wire import ImplementationClassUID, ImplementationVersionName, Item, SubItem, UserInformation

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Implementation(Parameterized):
    r"""Change the Implementation Class UID and Implementation Version Name of an A-ASSOCIATE-RQ or -AC.

    References
    ----------
    PS3.7 D.3.3.2: the UID is required, the version name is not
    """

    class_uid: str | None = parameter(
        text, r"the UID that is sent, `absent` for none; `\0` at its end is a NUL; default: the peer's own", None
    )
    version_name: str | None = parameter(
        text, "the version name that is sent, `absent` for none; default: the peer's own", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before an association is requested or accepted."""
        is_meant = moment.when is When.BEFORE and moment.name in ("A-ASSOCIATE-RQ", "A-ASSOCIATE-AC")
        return changing(self._changed) if is_meant else None

    def _changed(self, pdu: Associate) -> Associate:
        items: list[Item] = []
        for item in pdu.items:
            if isinstance(item, UserInformation):
                item = replace(item, sub_items=tuple(kept for sub in item.sub_items for kept in self._sub_item(sub)))
            items.append(item)
        return replace(pdu, items=tuple(items))

    def _sub_item(self, own: SubItem) -> tuple[SubItem, ...]:
        if isinstance(own, ImplementationClassUID) and self.class_uid is not None:
            uid = self.class_uid.replace("\\0", "\0")
            return () if uid == ABSENT else (ImplementationClassUID(uid),)
        if isinstance(own, ImplementationVersionName) and self.version_name is not None:
            return () if self.version_name == ABSENT else (ImplementationVersionName(self.version_name),)
        return (own,)
