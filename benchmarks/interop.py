"""Play the general catalogue against real products, and write what was found: docs/interop.md.

Each product of docs/interop/products.yaml is started on loopback and free ports, with the configuration that
docs/subjects holds; then `dicom-conformance run --subject` judges it. The page explains each FAIL and WARN from
docs/interop/findings.yaml. A FAIL or ERROR that nobody explained is printed as such, and the
command exits with 1.

Run: ``python benchmarks/interop.py [PRODUCT ...] [--page-only] [--keep DIR]``, in the root of the checkout, in its
environment. Products that are not named, or not installed, keep the results of their last run
(docs/interop/results.json); so does one of which `dicom-conformance run` failed, and then the command exits with 1.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from interop_page import (
    ROOT,
    Played,
    Product,
    Unmet,
    read_findings,
    read_played,
    read_products,
    render,
    unexplained,
    write_played,
)
from machine import ENVIRONMENT, is_installed

from dicom_conformance.errors import HarnessError
from dicom_conformance.play import reserved_port, wait_until_it_listens
from dicom_conformance.results import Result, Verdict, read_results, read_run

SUBJECTS = ROOT / "docs" / "subjects"
PAGE = ROOT / "docs" / "interop.md"
LISTENS_WITHIN_S = 30.0


class RunError(Exception):
    """`dicom-conformance run` failed: it wrote no report. The message is what it said."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Free ports in the place of those of a subject file; `replaced` puts them into any text."""

    free: Mapping[str, str]

    @classmethod
    def of(cls, subject: str) -> Ports:
        """Choose a free port for each port that a subject file names."""
        named = dict.fromkeys(re.findall(r"\bport: (\d+)", subject))
        return cls({port: str(reserved_port()) for port in named})

    def replaced(self, text: str) -> str:
        """Give a text with the free ports."""
        return re.sub(r"(?<![\d.])\d+(?![\d.])", lambda found: self.free.get(found[0], found[0]), text)


def in_this_environment(text: str) -> str:
    """Name the Python of this environment in commands that say `python`."""
    return re.sub(r"(?<![\w/.-])python (?=-[cm] )", f"{shlex.quote(sys.executable)} ", text)


def main(arguments: list[str] | None = None) -> int:
    """Play the products, write their results and the page; 1 where a FAIL is not explained, or a run failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("product", nargs="*", help="which products; default: all")
    parser.add_argument("--page-only", action="store_true", help="write the page from the last results, play nothing")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep each product's report and evidence here")
    parser.add_argument("--within", type=float, default=180, metavar="S", help="seconds for a product (default: 180)")
    given = parser.parse_args(arguments)
    products = read_products()
    unknown = sorted(set(given.product) - set(products))
    if unknown:
        parser.error(f"no product {', '.join(unknown)}; there are {', '.join(products)}")
    failed = False
    for name in [] if given.page_only else given.product or products:
        if (missing := missing_program(products[name])) is not None:
            print(f"{name}: {missing} is not installed; its last results are kept", file=sys.stderr)
            continue
        try:
            played = play(name, products[name], given.keep, given.within)
        except RunError as error:
            print(f"{name}: the run failed: {error}; its last results are kept", file=sys.stderr)
            failed = True
            continue
        print(f"{name}: {played.summary()}")
        write_played({**read_played(), name: played})
    findings, results = read_findings(), read_played()
    PAGE.write_text(render(products, results, findings), encoding="utf-8")
    left = unexplained(results, findings)
    for name, unmet in left:
        print(f"{name}: {unmet.case}: {unmet.verdict}: not explained yet", file=sys.stderr)
    return 1 if failed or any(unmet.verdict is not Verdict.WARN for _, unmet in left) else 0


def missing_program(product: Product) -> str | None:
    """Name the server's program if it is not installed."""
    program = shlex.split(in_this_environment(product.server))[0] if product.server else "dicom-conformance"
    return None if is_installed(program) else program


def version_of(product: Product) -> str:
    """Ask the installed program which version it is."""
    words = shlex.split(in_this_environment(product.version))
    done = subprocess.run(words, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    found = re.search(r"\d+\.\d+(\.\d+)*", done.stdout)
    if found is None:
        sys.exit(f"{product.version} prints no version")
    return found[0]


def play(name: str, product: Product, keep: Path | None, within_s: float) -> Played:
    """Start a product, judge it, end it; RunError if the run failed."""
    with tempfile.TemporaryDirectory(prefix="interop-") as made:
        output = (keep or Path(made)).absolute() / f"{name}-report"
        with started(product, Path(made)) as subject:
            began = time.monotonic()
            options = [*(("--subject", str(subject)) if subject else ()), *product.options]
            complete = judged([*product.select, *options, "--seed", "1"], output, within_s)
            seconds = time.monotonic() - began
        results = list(read_results(output / "results.jsonl"))
    counts = Counter(result.verdict.value for result in results)
    return Played(
        version=version_of(product),
        seconds=round(seconds),
        complete=complete,
        counts={verdict.value: counts[verdict.value] for verdict in Verdict if counts[verdict.value]},
        unmet=tuple(sorted(map(unmet_of, filter(counts_against, results)), key=lambda one: (one.verdict, one.case))),
    )


def counts_against(result: Result) -> bool:
    """Whether a result belongs on the page."""
    return result.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.ERROR)


def unmet_of(result: Result) -> Unmet:
    """Give what the page says of a result: its first unmet findings, as the report words them."""
    return Unmet(
        case=result.id,
        verdict=result.verdict,
        title=result.title,
        clause=tuple(dict.fromkeys(one.clause or "; ".join(result.clause) for one in result.unmet)) or result.clause,
        seen=tuple(f"expected {one.expected}; seen: {one.actual}" for one in result.unmet[:2]) or (result.reason,),
    )


@contextmanager
def started(product: Product, folder: Path) -> Iterator[Path | None]:
    """Run a product's server while the block lasts; give its subject file, None for our workstation."""
    if product.subject is None:
        yield None
        return
    text = (SUBJECTS / product.subject).read_text(encoding="utf-8")
    ports = Ports.of(text)
    subject = folder / product.subject
    subject.write_text(in_this_environment(ports.replaced(text)), encoding="utf-8")
    for file in product.files:
        (folder / file).write_text(ports.replaced((SUBJECTS / file).read_text(encoding="utf-8")), encoding="utf-8")
    for name in product.folders:
        (folder / name).mkdir()
    command = shlex.split(in_this_environment(ports.replaced(product.server or "")))
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        try:
            wait_until_it_listens(process, network_port(subject), LISTENS_WITHIN_S)
        except HarnessError as error:
            sys.exit(f"{shlex.join(command)} {error}")
        yield subject
    finally:
        end(process)


def network_port(subject: Path) -> int:
    """Read in a subject file where the product accepts associations."""
    found = re.search(r"network_ae: .*\bport: (\d+)", subject.read_text(encoding="utf-8"))
    if found is None:
        sys.exit(f"{subject.name} names no port")
    return int(found[1])


def judged(words: list[str], output: Path, within_s: float) -> bool:
    """Run `dicom-conformance run`; whether it came to its end in time.

    Raises
    ------
    RunError
        It wrote no report into the output folder, or told of another end than its report does.
    """
    before = written_at(output / "run.json")
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "dicom_conformance", "run", *words, "--output", str(output)],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            process.wait(within_s)
            in_time = True
        except subprocess.TimeoutExpired:
            process.terminate()  # which ends a run as Ctrl-C does, and is not ignored in the background
            process.wait(60)
            in_time = False
        said.seek(0)
        words_of_the_run = " ".join(said.read().split()) or "it said nothing"
    if written_at(output / "run.json") in (None, before):
        raise RunError(f"exit status {process.returncode}, and no report: {words_of_the_run}")
    if in_time and process.returncode != (told := read_run(output / "run.json").exit_status):
        raise RunError(f"exit status {process.returncode}, and {told} in the report: {words_of_the_run}")
    return in_time


def written_at(path: Path) -> int | None:
    """When a file was written last, in ns; None if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours, kindly at first."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


if __name__ == "__main__":
    sys.exit(main())
