"""Our two archives answer the same corpus alike, but for what is explained; the page says what was answered."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from dicom_conformance.files import DataError

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
archive_answers: Any = importlib.import_module("archive_answers")


@pytest.fixture(scope="module")
def corpus() -> Any:
    return archive_answers.read_corpus()


@pytest.fixture(scope="module")
def asked(corpus: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    answers = {}
    for name in archive_answers.OURS:
        with archive_answers.served(name, tmp_path_factory.mktemp(name)) as address:
            answers[name] = archive_answers.ask(corpus, address, archive_answers.CALLED[name])
    return answers


def test_our_archives_differ_only_where_it_is_explained(corpus: Any, asked: dict[str, dict[str, str]]) -> None:
    assert archive_answers.faults(corpus, asked) == []
    for query in corpus.queries:
        if "archive" not in query.differs:
            assert asked["archive"][query.name] == asked["osm"][query.name], query.name


def test_they_answer_as_the_page_says(asked: dict[str, dict[str, str]]) -> None:
    written = archive_answers.read_answers()
    assert {name: written[name] for name in asked} == asked


def test_the_page_is_that_of_the_answers(corpus: Any) -> None:
    answers = archive_answers.read_answers()
    assert archive_answers.faults(corpus, answers) == []
    assert archive_answers.PAGE.read_text(encoding="utf-8") == archive_answers.page(corpus, answers)


def test_a_difference_without_an_explanation_and_one_that_is_gone_are_named(corpus: Any) -> None:
    answers = archive_answers.read_answers()
    query = next(one for one in corpus.queries if not one.differs)
    gone = next(one for one in corpus.queries if "orthanc" in one.differs)
    answers["orthanc"] |= {query.name: "0000: somebody", gone.name: answers["osm"][gone.name]}
    assert archive_answers.faults(corpus, answers) == [
        f"{query.name}: orthanc: not explained yet",
        f"{gone.name}: orthanc: there is no difference to explain",
    ]


def test_an_explanation_that_does_not_exist_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = archive_answers.QUERIES.read_text(encoding="utf-8")
    for wrong in ("orthanc: nothing_known", "somebody: unknown"):
        file = tmp_path / "queries.yaml"
        file.write_text(text.replace("orthanc: unknown", wrong, 1), encoding="utf-8")
        monkeypatch.setattr(archive_answers, "QUERIES", file)
        with pytest.raises(DataError, match="no such archive or explanation"):
            archive_answers.read_corpus()
