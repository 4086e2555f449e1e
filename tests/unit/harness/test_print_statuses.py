"""The statuses of printing, and the binders that repeat scenarios for them."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError

from dicom_conformance.scenario.binders import turns
from dicom_conformance.scenario.for_each import ForEach
from dicom_conformance.scenario.print_statuses import GENERAL, GENERAL_MEANINGS, MEANINGS, SERVICES, TABLE, rows
from dicom_conformance.statement.statement import find, load

STATEMENT = load(find("directview-5.2"))


def test_the_table_counts_what_the_standard_lists() -> None:
    assert len(MEANINGS) == 15
    assert sum(len(statuses) for statuses in TABLE.values()) == 36
    assert {status for statuses in TABLE.values() for status in statuses} == set(MEANINGS)
    assert all(service in SERVICES[of] for service, of in TABLE)
    assert all(status in GENERAL_MEANINGS for statuses in GENERAL.values() for status in statuses)


def test_every_specific_status_stands_once_at_every_service() -> None:
    counts = Counter((row.service, row.of, row.status) for row in rows())
    assert set(counts.values()) == {1}
    services = sum(len(each) for each in SERVICES.values())
    assert sum(1 for row in rows() if row.kind != "general") == 15 * services


def bound(**for_each: object) -> list[dict[str, object]]:
    (found,) = turns(ForEach.model_validate(for_each), STATEMENT)
    return [dict(one.values) for one in found]


def test_statuses_are_bound_where_their_table_names_them() -> None:
    found = bound(print_statuses={"services": "N-ACTION", "of": "film_box"})
    assert [one["status"] for one in found] == ["B603", "B604", "B609", "B60A", "C602", "C603", "C613"]
    assert found[0]["class"] == "warning"
    assert found[-1]["class"] == "failure"
    assert found[0]["request"] == "N-ACTION-RQ"
    assert found[0]["message"] == "N-ACTION-RSP"
    elsewhere = bound(print_statuses={"of": "printer", "kinds": "elsewhere"})
    assert len(elsewhere) == 15
    assert bound(print_statuses={"of": "film_box", "services": "N-CREATE"})[0]["occurrence"] == "2"


def test_values_are_lists_by_name_or_rows() -> None:
    assert bound(values={"trim": ["YES", "NO"]}) == [{"trim": "YES"}, {"trim": "NO"}]
    assert len(bound(values={"a": ["1", "2"], "b": ["3", "4", "5"]})) == 6
    rows_of_two = [{"layout": "SLIDE", "boxes": "12"}, {"layout": "STANDARD\\1,1", "boxes": "1"}]
    assert bound(values=rows_of_two) == rows_of_two
    with pytest.raises(ValidationError):
        ForEach.model_validate({"values": {"not a name": ["1"]}})
