"""What the page about real products is made of: the products, what was played, what was found, and how it is told."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dicom_conformance.files import Part, Texts, read, validate, write_whole
from dicom_conformance.results import Verdict

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "interop"
FINDINGS, PRODUCTS, PLAYED = FOLDER / "findings.yaml", FOLDER / "products.yaml", FOLDER / "results.json"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
UNEXPLAINED = "not explained yet"
LONGEST_TEXT = 420
INTRODUCTION = """# What real products do otherwise

`python benchmarks/interop.py` plays the general catalogue (`scenarios/scp`, `scenarios/scu`) against the products below
and writes this page; do not edit it. [`interop/products.yaml`](interop/products.yaml) says how each is started, with
the configuration in [`subjects`](subjects); [`interop/findings.yaml`](interop/findings.yaml) holds what a person found
out about each difference. Name products to play only these; `--page-only` plays nothing; `--keep DIR` keeps the reports
with their evidence. A FAIL that nobody has explained makes the command exit with 1. What deserves a report to the
makers is in [`interop/for-maintainers.md`](interop/for-maintainers.md).
"""
READING = """A FAIL is a `shall` that was not met, a WARN a `should`. NOT\\_CLAIMED: the product lacks the service or
option. INCONCLUSIVE: the case did not get as far as its question. NOT\\_JUDGED: nothing says what to expect, or no
instance of the SOP Class can be built (see `run --samples DIR`). ERROR: the harness went wrong, which is never the
product's fault. Seconds are those of a busy machine with two cores.

Under each case stand the clause, what the wire shows, what the case expected and saw, why the finding is true, and what
speaks against it.
"""
VERDICT = {"shall": Verdict.FAIL, "claim": Verdict.FAIL, "should": Verdict.WARN}


class Product(Part):
    """How one product is started and judged."""

    title: Text
    version: Text = Field(description="program that prints the version")
    subject: str | None = Field(default=None, description="file of docs/subjects; without it our workstation is played")
    server: str | None = Field(default=None, description="program that accepts associations, with its arguments")
    files: Texts = Field(default=(), description="files of docs/subjects that the server reads in its folder")
    folders: Texts = Field(default=(), description="folders that the server needs in its folder")
    options: Texts = Field(default=(), description="further options of `dicom-conformance run`")
    select: Texts


class Products(Part):
    """The file of products."""

    products: dict[str, Product] = Field(min_length=1)


class Known(Part):
    """One difference that a person examined."""

    product: Texts = Field(min_length=1, description="names of products.yaml")
    version: Text = Field(description="versions that it was seen in")
    cases: Texts = Field(min_length=1, description="case ids; a * stands for anything")
    level: Literal["shall", "should", "claim"] = Field(description="a should is a WARN, all else a FAIL")
    clause: Text
    wire: Text = Field(description="what the wire shows, in one or two lines")
    why: Text = Field(description="why the finding is true")
    doubt: Text | None = Field(default=None, description="what speaks against it")
    timing: Text | None = Field(default=None, description="why it does not show in each run")

    def explains(self, product: str, unmet: Unmet) -> bool:
        """Whether it is about this product, case and verdict."""
        return (
            product in self.product
            and unmet.verdict == VERDICT[self.level]
            and any(re.fullmatch(re.escape(case).replace(r"\*", ".*"), unmet.case) for case in self.cases)
        )


class Findings(Part):
    """The file of findings."""

    findings: tuple[Known, ...] = Field(min_length=1)


class Unmet(Part):
    """One case that did not pass."""

    case: str
    verdict: Verdict
    title: str
    clause: tuple[str, ...]
    seen: tuple[str, ...]


class Played(Part):
    """What came of playing one product."""

    version: str
    seconds: int
    complete: bool
    counts: dict[str, int]
    unmet: tuple[Unmet, ...]

    def summary(self) -> str:
        """Say it in one line."""
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items())
        return f"{counts}; {self.seconds} s{'' if self.complete else ', ended before all cases were played'}"


def read_products() -> dict[str, Product]:
    """Read products.yaml; raises DataError."""
    return validate(read(PRODUCTS), Products).products


def read_findings() -> tuple[Known, ...]:
    """Read findings.yaml; raises DataError, also for a product that is not in products.yaml."""
    document, products = read(FINDINGS), read_products()
    known = validate(document, Findings).findings
    for number, one in enumerate(known):
        for name in one.product:
            if name not in products:
                raise document.error(("findings", number, "product"), f"{name!r} is not in {PRODUCTS.name}")
    return known


def read_played() -> dict[str, Played]:
    """Read the results of the last run of each product."""
    plain = json.loads(PLAYED.read_text(encoding="utf-8")) if PLAYED.is_file() else {}
    return {name: Played.model_validate(one) for name, one in plain.items()}


def write_played(played: Mapping[str, Played]) -> None:
    """Write them."""
    plain = {name: one.model_dump(mode="json") for name, one in sorted(played.items())}
    write_whole(PLAYED, (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode())


def unexplained(played: Mapping[str, Played], findings: Iterable[Known]) -> list[tuple[str, Unmet]]:
    """Give what nobody explained, with its product."""
    known = tuple(findings)
    return [
        (name, unmet)
        for name, one in played.items()
        for unmet in one.unmet
        if not any(each.explains(name, unmet) for each in known)
    ]


def render(products: Mapping[str, Product], played: Mapping[str, Played], findings: Iterable[Known]) -> str:
    """Write the page: counts, then each product's FAIL, WARN and ERROR with what was found out."""
    known = tuple(findings)
    parts = [INTRODUCTION, _table(products, played), READING]
    for name, product in products.items():
        if name in played:
            parts.append(_section(name, product, played[name], known))
    return "\n".join(parts).rstrip() + "\n"


def _table(products: Mapping[str, Product], played: Mapping[str, Played]) -> str:
    shown = [verdict.value for verdict in Verdict if any(one.counts.get(verdict.value) for one in played.values())]
    lines = [
        "## Counts\n",
        f"| product | version | {' | '.join(shown)} | seconds |",
        f"|---|---|{'---:|' * (len(shown) + 1)}",
    ]
    for name, product in products.items():
        if (one := played.get(name)) is None:
            lines.append(f"| {product.title} | - | {'- | ' * len(shown)}not played |")
            continue
        counts = " | ".join(str(one.counts.get(verdict, 0)) for verdict in shown)
        time = f"{one.seconds}{'' if one.complete else ' (not all cases)'}"
        lines.append(f"| {product.title} | {one.version} | {counts} | {time} |")
    return "\n".join(lines) + "\n"


def _section(name: str, product: Product, played: Played, known: tuple[Known, ...]) -> str:
    lines = [f"## {product.title} {played.version}\n"]
    if not played.unmet:
        lines.append("Nothing failed.\n")
    groups: dict[int, list[Unmet]] = {}
    for unmet in played.unmet:
        place = next((number for number, one in enumerate(known) if one.explains(name, unmet)), len(known))
        groups.setdefault(place, []).append(unmet)
    for place, cases in sorted(groups.items(), key=lambda group: (group[1][0].verdict, group[0])):
        for unmet in cases:
            lines.append(_wrapped(f"- **{unmet.verdict}** `{unmet.case}`: {_plain(unmet.title)}", "  "))
        lines.extend(_explained(known[place], cases[0]) if place < len(known) else _unexplained(cases))
        lines.append("")
    for one in known:
        if one.timing and name in one.product and not any(one.explains(name, unmet) for unmet in played.unmet):
            lines += [f"- Not in this run: {', '.join(f'`{case}`' for case in one.cases)}", *_explained(one), ""]
    return "\n".join(lines)


def _explained(known: Known, first: Unmet | None = None) -> list[str]:
    said = [("Clause", known.clause), ("Wire", known.wire), ("Judged", first.seen[0] if first and first.seen else "")]
    said += [("Why", known.why), ("Doubt", known.doubt or ""), ("Timing", known.timing or "")]
    return [_wrapped(f"  - {word}: {_plain(text)}", "    ") for word, text in said if text]


def _unexplained(cases: Iterable[Unmet]) -> list[str]:
    lines = [f"  - {UNEXPLAINED}"]
    for unmet in cases:
        lines += [
            _wrapped(f"  - Judged ({'; '.join(unmet.clause)}): {_plain(seen)}", "    ") for seen in unmet.seen[:1]
        ]
    return lines


def _plain(text: str) -> str:
    """Give a text in which Markdown finds nothing to format, and not too long."""
    return re.sub(r"([*_<`])", r"\\\1", textwrap.shorten(text, LONGEST_TEXT, placeholder=" ..."))


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, 118, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
