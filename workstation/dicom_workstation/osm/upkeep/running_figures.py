"""The figures of a store that is open: what it counted since it was opened, and how it stands now.

Invariants: nothing here takes longer as more instances are held, but for the sum over the studies.
"""

from __future__ import annotations

from sqlalchemy import func, select

from dicom_workstation.osm.files import SystemDisk
from dicom_workstation.osm.index import STUDY
from dicom_workstation.osm.metrics import Figure, Gauge
from dicom_workstation.osm.store import DiskStore


def figures_of(store: DiskStore) -> tuple[Figure, ...]:
    """Return them all; what the database raises where it cannot be read."""
    parts = store.parts
    with parts.database.reading() as connection:
        held = connection.execute(select(func.count(), func.coalesce(func.sum(STUDY.c.instances), 0))).one()
    folder = parts.folder
    rejected = sum(1 for _ in folder.rejected.iterdir())
    log = folder.index.with_name(f"{folder.index.name}-wal")
    log_bytes = log.stat().st_size if log.is_file() else 0
    return (
        *store.figures.all(),
        Gauge("osm_studies", "Studies that are held.", held[0]),
        Gauge("osm_instances", "Instances that are held.", held[1]),
        Gauge("osm_queue_length", "Tasks that wait for the writer of the index.", parts.writer.waiting),
        Gauge("osm_index_log_bytes", "Bytes of SQLite's write-ahead log; 0 with PostgreSQL.", log_bytes),
        Gauge("osm_free_bytes", "Bytes that are free on the file system.", SystemDisk().free_bytes(folder.root)),
        Gauge("osm_rejected_files", "Files in `rejected/`.", rejected),
        Gauge("osm_lost_instances", "Instances whose file was gone or cut at the start.", len(store.recovery.lost)),
    )
