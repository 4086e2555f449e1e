from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from dicom_conformance.results import Level, Result, Verdict
from dicom_conformance.run.dispatch import CASES_IN_A_BATCH, Dispatch, firsts, processes_that_wait


@dataclass
class Case:
    id: str
    scenario: SimpleNamespace
    configuration: str = "none"
    parameters: dict[str, str] = field(default_factory=dict)


def cases(*named: tuple[str, int, tuple[str, ...]], configuration: str = "none", takes_s: float = 0.0) -> list[Case]:
    found = []
    for name, count, depends_on in named:
        header = SimpleNamespace(depends_on=depends_on, takes_s=takes_s)
        scenario = SimpleNamespace(id=name, header=header)
        found += [Case(f"{name}[{number}]", scenario, configuration) for number in range(count)]
    return found


def result(verdict: Verdict = Verdict.PASS) -> Result:
    return Result("x", "x", "s", "t", (), Level.CLAIM, verdict)


def test_batches_are_of_one_scenario_and_cover_every_case_once():
    dispatch = Dispatch(cases(("a", CASES_IN_A_BATCH + 1, ()), ("b", 2, ())))
    handed = []
    while (batch := dispatch.next()) is not None:
        handed.append(batch)
    assert [len(batch) for batch in handed] == [CASES_IN_A_BATCH, 1, 2]
    assert sorted(number for batch in handed for number in batch) == list(range(CASES_IN_A_BATCH + 3))


def test_a_worker_gets_its_own_configuration_first():
    both = [*cases(("a", 1, ())), *cases(("b", 1, ()), configuration="lossy")]
    dispatch = Dispatch(both)
    assert dispatch.next("lossy") == [1]
    assert dispatch.next("lossy") == [0]


def test_a_scenario_waits_for_what_it_depends_on():
    dispatch = Dispatch(cases(("a", 1, ()), ("b", 1, ("a",))))
    assert dispatch.next() == [0]
    assert dispatch.next() is None
    assert dispatch.left == 1
    dispatch.took(0, result())
    assert dispatch.next() == [1]
    assert dispatch.took(1, result()).verdict is Verdict.PASS


def test_what_depends_on_a_failure_is_inconclusive():
    dispatch = Dispatch(cases(("a", 1, ()), ("b", 1, ("a",))))
    dispatch.took(0, result(Verdict.FAIL))
    judged = dispatch.took(1, result())
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "depends on a" in judged.reason


def test_the_rest_of_a_batch_is_handed_out_again():
    dispatch = Dispatch(cases(("a", 3, ())))
    batch = dispatch.next()
    assert batch == [0, 1, 2]
    dispatch.put_back(batch[1:])
    assert dispatch.next() == [1, 2]


def test_the_first_case_of_each_scenario():
    assert firsts(cases(("a", 2, ()), ("b", 2, ()))) == {0, 2}


def test_one_that_takes_long_is_played_beside_others_until_nothing_else_is_left():
    dispatch = Dispatch([*cases(("a", 1, ())), *cases(("b", 3, ()), takes_s=3.0)])
    assert [dispatch.next() for _ in range(4)] == [[1], [0], [2], [3]]


def test_what_takes_longest_is_begun_first_one_case_at_a_time():
    dispatch = Dispatch([*cases(("a", 1, ())), *cases(("b", 2, ()), takes_s=3.0), *cases(("c", 1, ()), takes_s=12.0)])
    assert [dispatch.next() for _ in range(2)] == [[3], [0]]
    dispatch.took(3, result())
    assert [dispatch.next() for _ in range(3)] == [[1], [2], None]


def test_a_worker_that_may_only_wait_is_handed_out_what_takes_long_alone():
    dispatch = Dispatch([*cases(("a", 1, ())), *cases(("b", 2, ()), takes_s=3.0)])
    assert [dispatch.next(only_long=True) for _ in range(2)] == [[1], None]
    dispatch.took(1, result())
    assert [dispatch.next(only_long=True) for _ in range(2)] == [[2], None]
    dispatch.took(2, result())
    assert [dispatch.next(only_long=True), dispatch.next()] == [None, [0]]


@pytest.mark.parametrize(("processes", "takes_s", "waiting"), [(4, 0.0, 0), (4, 3.0, 1), (1, 3.0, 0)])
def test_there_is_a_process_that_waits_where_there_are_several_and_something_takes_long(processes, takes_s, waiting):
    assert processes_that_wait([*cases(("a", 1, ())), *cases(("b", 1, ()), takes_s=takes_s)], processes) == waiting


def test_what_takes_long_waits_for_what_it_depends_on():
    dispatch = Dispatch([*cases(("a", 1, ())), *cases(("b", 1, ("a",)), takes_s=9.0)])
    assert dispatch.next() == [0]
    assert dispatch.next() is None
    dispatch.took(0, result())
    assert dispatch.next() == [1]
