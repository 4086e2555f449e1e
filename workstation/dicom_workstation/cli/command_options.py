"""The options of a command, from the fields of the request that it makes.

Invariants: a field is an option if it bears an `Option` (see `request_model`); what the user does not give is no
argument, so that the default is that of the request.
"""

from __future__ import annotations

import argparse
from functools import partial

from dicom_workstation.request_models import Option, Value


def add_options(command: argparse.ArgumentParser, request: type[Value]) -> None:
    """Add the options of a request to a command, under the headings that they name."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for name, options in _options(request).items():
        heading = options[0].group
        if heading and heading not in groups:
            groups[heading] = command.add_argument_group(heading)
        target = groups[heading] if heading else command
        container = target.add_mutually_exclusive_group() if len(options) > 1 else target
        for option in options:
            _add(container, name, option)


def _options(request: type[Value]) -> dict[str, list[Option]]:
    found = {
        name: [each for each in field.metadata if isinstance(each, Option)]
        for name, field in request.model_fields.items()
    }
    return {name: options for name, options in found.items() if options}


def _add(container: argparse._ActionsContainer, name: str, option: Option) -> None:
    flags = option.flags or (f"--{name.replace('_', '-')}",)
    if option.constant is not None:
        container.add_argument(*flags, dest=name, help=option.help, action="store_const", const=option.constant)
        return
    of_kind = partial(
        container.add_argument,
        *flags,
        dest=name,
        help=option.help,
        metavar=option.metavar,
        choices=option.choices,
        type=str.upper if option.is_upper else str,
    )
    if option.read_all is None:
        of_kind()
    else:
        of_kind(action="append")


def arguments_of(options: argparse.Namespace, request: type[Value]) -> dict[str, object]:
    """Return the arguments that were given; ValueError if a text cannot be read."""
    arguments: dict[str, object] = {}
    for name, known in _options(request).items():
        given, option = getattr(options, name), known[0]
        if given is None:
            continue
        if option.read_all is not None:
            arguments[name] = option.read_all(given)
        else:
            arguments[name] = given if option.read is None else option.read(given)
    return arguments
