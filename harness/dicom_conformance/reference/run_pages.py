"""The pages of the reference that describe the command line, exit statuses and results."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dicom_conformance.judge import EXIT_FAILED, EXIT_NOT_JUDGED, EXIT_PASSED
from dicom_conformance.reference import markdown
from dicom_conformance.reference.docstrings import parameters
from dicom_conformance.results import KEYS, Finding, Level, Result, Run, Verdict

VERDICTS = {
    Verdict.PASS: ("every expectation was met", "nobody's"),
    Verdict.FAIL: ("a `shall`, `claim` or `house` expectation was not met", "the subject's"),
    Verdict.WARN: ("a `should` expectation was not met (`--strict` makes it FAIL)", "the subject's"),
    Verdict.FLAKY: ("the case was played several times (`--verify`), with different verdicts", "unknown"),
    Verdict.INCONCLUSIVE: (
        "the case could not be set up, or a peer of ours did not do its part (`given`), so that nothing was judged",
        "unknown",
    ),
    Verdict.NOT_JUDGED: (
        "nothing that the case expects could be judged of this subject; the reason says why",
        "nobody's",
    ),
    Verdict.NOT_CLAIMED: (
        "the statement does not claim what the case needs, or the subject does not offer it",
        "nobody's",
    ),
    Verdict.ERROR: ("the harness failed", "the harness's"),
}
"""Verdict to what it means, and whose problem it is."""

EXIT_STATUSES = {
    EXIT_PASSED: "every case passed, warned, was NOT_CLAIMED or NOT_JUDGED, or failed as a known deviation",
    EXIT_FAILED: "at least one case failed, or a known deviation no longer fails",
    EXIT_NOT_JUDGED: (
        "a case ended ERROR, INCONCLUSIVE or FLAKY, no case was PASS, FAIL or WARN, a file or an option is wrong, or "
        "nothing was selected"
    ),
}


def results_page() -> str:
    """Describe `results.jsonl`, `run.json` and the rest of the output folder."""
    finding = Finding(
        "dimse",
        False,
        "c",
        Level.SHALL,
        "e",
        "a",
        {"role": "SCP"},
        ("link/1/7",),
        "r",
        False,
        "maximum_length",
        ("s#1",),
    )
    result = Result(
        *("id", "scenario", "statement", "subject"),
        clause=("c",),
        level=Level.SHALL,
        verdict=Verdict.FAIL,
        findings=(finding,),
        reason="r",
        deviation="d",
        values={"size": "1"},
        unobserved=("what workstation reports to its user",),
        attempts=(Verdict.FAIL,),
    )
    run = Run("start", 0.0, 0, "statement", "subject", {}, 0)
    words = (
        "`reached`: how many claims a judged case reaches; `all`: how many there are; `states`: how many are `proved` "
        "(a finding that bears the claim was met, none unmet), `differs` (one was unmet), `not observed` (the subject "
        "does not show it), `not judged`; `register`: each claim, with its `state`"
    )
    claims = {"claims": words}
    blocks = [
        markdown.wrapped("The output folder of `run` (`--output`), and what each file holds:"),
        markdown.table(
            ("file", "holds"),
            [
                ("`index.html`", "the report; it needs no network"),
                ("`results.jsonl`", "one JSON object a case, in lines"),
                ("`run.json`", "one JSON object: the run as a whole"),
                ("`junit.xml`", "the same cases for a CI server"),
                ("`summary.md`", "counts, failures, claims and the command on one short page, for a CI job's summary"),
                ("`evidence/<case>/`", "what was seen: `trace.pcap` for Wireshark, and pictures of films"),
            ],
        ),
        markdown.heading("Verdicts"),
        markdown.table(("verdict", "means", "whose problem"), [(f"`{v}`", *words) for v, words in VERDICTS.items()]),
        markdown.heading("A line of `results.jsonl`"),
        _keys(result.to_json(), parameters(Result)),
        markdown.wrapped("Keys of `parameters`: " + ", ".join(f"`{key}`" for key in sorted(KEYS)) + "."),
        markdown.heading("An entry of `findings`"),
        markdown.wrapped(
            "A finding that is met leaves out `expected`, `actual`, `evidence` and `requirement` where the case judges "
            "more than one cell."
        ),
        _keys(finding.to_json(), parameters(Finding)),
        markdown.heading("`run.json`"),
        _keys(run.to_json(), {**parameters(Run), **claims}),
    ]
    return markdown.page("Results", *blocks)


def _keys(example: Mapping[str, Any], meanings: Mapping[str, str]) -> str:
    return markdown.table(("key", "holds"), [(f"`{key}`", meanings.get(key, "")) for key in example])


def command_line_page(parsers: Mapping[str, argparse.ArgumentParser]) -> str:
    """Describe each command and its options; `parsers` are whole command lines by the words that call them."""
    blocks = [
        markdown.wrapped(
            "`dicom-conformance COMMAND ...`. Wrong input (a file, an option, a port in use) is one line on standard "
            f"error and exit status {EXIT_NOT_JUDGED}. `dicom-conformance --version` prints the version, and those of "
            "Python, pydicom and pynetdicom."
        ),
        markdown.heading("Exit status of `run`"),
        markdown.table(("status", "means"), [(str(status), words) for status, words in EXIT_STATUSES.items()]),
    ]
    for words, parser in parsers.items():
        if parser.epilog:
            blocks += [markdown.heading(f"`{words}`"), markdown.wrapped(_sentence(parser.epilog))]
        blocks += _commands(words, parser)
    return markdown.page("Command line", *blocks)


def _commands(words: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {each.dest: each.help or "" for each in action._choices_actions}
            for name, inner in action.choices.items():
                if any(isinstance(each, argparse._SubParsersAction) for each in inner._actions):
                    yield from _commands(f"{words} {name}", inner)
                elif any(not isinstance(each, argparse._HelpAction) for each in inner._actions):
                    yield markdown.heading(f"`{words} {name}`")
                    yield markdown.wrapped(_sentence(helps.get(name, "")))
                    if inner.description:
                        yield markdown.wrapped(_sentence(inner.description.removesuffix(".")))
                    yield markdown.table(("option", "default", "meaning"), _options(inner))


def _options(parser: argparse.ArgumentParser) -> Iterator[Sequence[str]]:
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        shown = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
        value = "" if action.nargs == 0 else f" {shown}"
        names = ", ".join(action.option_strings) + value if action.option_strings else str(shown)
        default = "" if action.default in (None, False, [], 0) or action.nargs == 0 else f"`{action.default}`"
        yield f"`{names}`", default, action.help or ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
