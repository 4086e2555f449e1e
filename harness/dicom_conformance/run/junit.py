"""`junit.xml`: one testcase a case, for machines that know nothing of conformance.

A FAIL is a failure, ERROR and INCONCLUSIVE are errors, NOT_CLAIMED is skipped, a WARN passes and says so in its
output; a known deviation that fails as expected is skipped with its reason. Any text is made fit for XML 1.0:
characters that it does not admit are written as ``\\x07``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from dicom_conformance.files import write_whole
from dicom_conformance.results import Finding, Result, Run, Verdict

#: Everything outside the Char production of XML 1.0.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_ERRORS = (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.FLAKY)


def write(path: Path, results: Iterable[Result], run: Run | None = None) -> None:
    """Write `junit.xml`; `run` gives the start and seed, where there is one."""
    suite = ElementTree.Element("testsuite", name="dicom-conformance")
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    elapsed_s = 0.0
    if run is not None:
        suite.set("timestamp", run.start)
        properties = ElementTree.SubElement(suite, "properties")
        for name, value in (("seed", run.seed), ("statement", run.statement), ("subject", run.subject)):
            ElementTree.SubElement(properties, "property", name=name, value=fit(str(value)))
    for result in results:
        case = _case(result)
        suite.append(case)
        elapsed_s += result.elapsed_s
        counts["tests"] += 1
        for tag, key in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            counts[key] += case.find(tag) is not None
    for key, count in counts.items():
        suite.set(key, str(count))
    suite.set("time", f"{elapsed_s:.3f}")
    root = ElementTree.Element("testsuites", {**{key: str(count) for key, count in counts.items()}})
    root.set("time", f"{elapsed_s:.3f}")
    root.append(suite)
    write_whole(path, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def fit(text: str) -> str:
    """Make a text fit for XML 1.0."""
    return _NOT_XML.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _case(result: Result) -> ElementTree.Element:
    classname = result.scenario.replace("/", ".")
    case = ElementTree.Element("testcase", classname=fit(classname), name=fit(result.id))
    case.set("time", f"{result.elapsed_s:.6f}")
    if result.verdict in (Verdict.NOT_CLAIMED, Verdict.NOT_JUDGED):
        words = result.verdict.value.replace("_", " ").lower()
        ElementTree.SubElement(case, "skipped", message=fit(result.reason or words))
    elif result.verdict in _ERRORS:
        error = ElementTree.SubElement(case, "error", type=result.verdict.value, message=fit(result.reason))
        error.text = fit("\n".join(_lines(result)))
    elif result.verdict is Verdict.FAIL and result.deviation:
        ElementTree.SubElement(case, "skipped", message=fit(f"known deviation: {result.deviation}"))
    elif result.verdict is Verdict.FAIL:
        unmet = result.unmet
        first = f"expected {unmet[0].expected}, actual {unmet[0].actual}" if unmet else result.reason
        failure = ElementTree.SubElement(case, "failure", type=result.verdict.value, message=fit(first))
        failure.text = fit("\n".join(_lines(result)))
    elif result.verdict is Verdict.WARN:
        ElementTree.SubElement(case, "system-out").text = fit("\n".join(("WARN", *_lines(result))))
    return case


def _lines(result: Result) -> Iterator[str]:
    """Say what was unmet: requirement, clause, expected, actual, evidence."""
    if result.reason:
        yield result.reason
    for finding in result.unmet:
        yield from _unmet(finding, result)
    if result.evidence:
        yield f"evidence: {result.evidence}"


def _unmet(finding: Finding, result: Result) -> Iterator[str]:
    yield f"requirement: {finding.requirement or result.title} ({finding.clause or '; '.join(result.clause)})"
    yield f"check: {finding.check}"
    if finding.parameters:
        yield "parameters: " + ", ".join(f"{key}={value}" for key, value in finding.parameters.items())
    yield f"expected: {finding.expected}"
    yield f"actual: {finding.actual}"
