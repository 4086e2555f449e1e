"""Options of `list` that show what there is to be used, not what would run: faults and profiles."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator

WIDTH = 110


def add_list_options(listing: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `list`."""
    listing.add_argument("--faults", action="store_true", help="list the faults that a peer or a link can have")
    listing.add_argument("--profiles", action="store_true", help="list the profiles of peers that were reported")


def add_profile_options(parser: argparse.ArgumentParser) -> None:
    """Add the option of `run` and `list` that has peers behave like systems that were reported."""
    parser.add_argument(
        "--against-profiles",
        nargs="?",
        const="all",
        metavar="NAMES",
        help="play the cases against peers that behave like systems reported in the field, once for each profile: "
        "names with commas between them, or all (`list --profiles`); what a case expects is then recommended only",
    )


def catalogue(arguments: argparse.Namespace) -> list[str]:
    """Give the lines that an option asks for; none if the cases are asked for."""
    return [*(fault_lines() if arguments.faults else ()), *(profile_lines() if arguments.profiles else ())]


def profile_lines() -> Iterator[str]:
    """Describe every profile, and where such a peer was reported."""
    from dicom_conformance.profiles import every_profile

    for profile in every_profile():
        yield f"{profile.name} ({', '.join(profile.simulators)}): {profile.title}"
        for address in profile.reported:
            yield f"    {address}"


def fault_lines() -> Iterator[str]:
    """Describe every fault, by layer, as its code describes it."""
    from dicom_simulators.faults import LAYERS, describe

    common = {each.name: each for each in describe(LAYERS["transport"]["refuse"])}
    for layer, kinds in LAYERS.items():
        yield f"{layer}:"
        for name, kind in kinds.items():
            summary = (kind.__doc__ or "").partition("\n")[0]
            yield from _filled(f"  {name}: {summary}", 6)
            for each in describe(kind):
                if each.name not in common:
                    is_said = each.required or "default" in each.doc
                    default = "" if is_said else f" (default: {_shown(each.default)})"
                    yield from _filled(f"      {each.name}: {each.doc}{default}", 10)
    yield "every fault:"
    for each in common.values():
        yield from _filled(f"      {each.name}: {each.doc}", 10)


def _shown(default: object) -> str:
    return "none" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


def _filled(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * indent, drop_whitespace=True, replace_whitespace=False)
