"""Counting the instances of series, studies and patients where they are inserted: within SQLite.

Each statement that a thread has SQLite execute lets other threads of the interpreter go first. A trigger counts an
instance in the statement that inserts it.

Invariants: an instance that is inserted on a connection that counts is counted once; what is taken out is counted by
who takes it out.
"""

from __future__ import annotations

import sqlite3
from typing import Final

_OF_SERIES: Final = "(SELECT study_pk FROM series WHERE series_pk = NEW.series_pk)"
_OF_STUDY: Final = f"(SELECT patient_pk FROM study WHERE study_pk = {_OF_SERIES})"
_TRIGGER: Final = f"""
CREATE TEMPORARY TRIGGER counted AFTER INSERT ON main.instance BEGIN
    UPDATE series SET instances = instances + 1 WHERE series_pk = NEW.series_pk;
    UPDATE study SET instances = instances + 1 WHERE study_pk = {_OF_SERIES};
    UPDATE patient SET instances = instances + 1 WHERE patient_pk = {_OF_STUDY};
    INSERT INTO study_sop_class (study_pk, sop_class, instances) VALUES ({_OF_SERIES}, NEW.sop_class, 1)
        ON CONFLICT (study_pk, sop_class) DO UPDATE SET instances = instances + 1;
END
"""


def count_what_is_inserted(driver: sqlite3.Connection) -> None:
    """Have a connection count each instance that is inserted on it."""
    driver.execute(_TRIGGER)


def count_no_more(driver: sqlite3.Connection) -> None:
    """Have a connection count nothing any more."""
    driver.execute("DROP TRIGGER counted")
