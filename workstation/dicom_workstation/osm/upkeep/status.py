"""How an OSM stands: what it holds, what is free, what waits. Read beside a server that runs.

Invariants: nothing is changed and no lock is taken.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, case, func, select

from dicom_workstation.osm.files import StoreFolder, SystemDisk
from dicom_workstation.osm.index import (
    COMMITMENT,
    INSTANCE,
    PATIENT,
    SERIES,
    STUDY,
    TOMBSTONE,
    IndexUnusableError,
)
from dicom_workstation.osm.store import open_index


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """How an OSM stands.

    Parameters
    ----------
    deficient : int
        Instances that were kept with a warning (B000): their Pixel Data is missing or too short.
    rejected : int
        Files in `rejected/`, which hold no whole instance or one that is held in another file.
    removals : int
        Files whose removal has begun.
    commitments : dict
        Requests of storage commitment by their state.
    """

    patients: int
    studies: int
    series: int
    instances: int
    deficient: int
    bytes: int
    free_bytes: int
    rejected: int
    removals: int
    commitments: dict[str, int]

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)


def status_of(root: Path, url: str | None = None) -> StoreStatus:
    """Read how the OSM in a folder stands.

    Parameters
    ----------
    url : str, optional
        The PostgreSQL database that has the index; an SQLite database in the folder if not given.

    Raises
    ------
    IndexUnusableError
        If there is no OSM in the folder, or its index cannot be read.
    """
    folder = StoreFolder(root)
    if not folder.index.is_file() and not folder.has_index_elsewhere:
        raise IndexUnusableError(f"{root}: there is no OSM in this folder")
    database = open_index(folder, SystemDisk(), url)
    try:
        with database.reading() as connection:
            of_instances = select(func.sum(INSTANCE.c.length_bytes), func.count(case((INSTANCE.c.deficiency != "", 1))))
            length_bytes, deficient = connection.execute(of_instances).one()
            return StoreStatus(
                _count(connection, PATIENT),
                _count(connection, STUDY),
                _count(connection, SERIES),
                _count(connection, INSTANCE),
                int(deficient),
                int(length_bytes or 0),
                SystemDisk().free_bytes(root),
                sum(1 for _ in folder.rejected.iterdir()) if folder.rejected.is_dir() else 0,
                _count(connection, TOMBSTONE),
                _commitments(connection),
            )
    finally:
        database.close()


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _commitments(connection: Connection) -> dict[str, int]:
    state = COMMITMENT.c.state
    rows = connection.execute(select(state, func.count()).group_by(state).order_by(state))
    return {str(name): int(count) for name, count in rows}
