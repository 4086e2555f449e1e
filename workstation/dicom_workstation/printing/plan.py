"""How a request is met by what a printer accepted: in grey or in colour, with how many bits, with which extensions.

Invariants: what cannot be met as it was asked for is refused with words, before anything is created; what the
user left open follows the images, then the printer.

References
----------
Conformance statement, 2.2.2.4, 3.2.4; PS3.4 Section H.3.2
"""

from __future__ import annotations

from dataclasses import dataclass

from dicom_workstation.configuration import Configuration
from dicom_workstation.outcome import OperationEndedError, Result
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.films import Needs
from dicom_workstation.printing.printer import ChosenPrinter
from dicom_workstation.printing.protocol import Services
from dicom_workstation.printing.request import PrintRequest
from dicom_workstation.tables import BASIC_ANNOTATION_BOX, BASIC_COLOR_PRINT, BASIC_GRAYSCALE_PRINT, PRESENTATION_LUT


@dataclass(frozen=True, slots=True)
class Plan:
    """In which contexts, and with which pixels, a request is printed."""

    meta: Services
    colour: bool
    bits: int
    lut: Services | None
    annotation: Services | None
    warnings: tuple[str, ...]


def plan(request: PrintRequest, needs: Needs, chosen: ChosenPrinter, configuration: Configuration) -> Plan:
    """Decide; PrintError for what the workstation would not do, OperationEndedError for what the printer refused."""
    lut = annotation = None
    if request.presentation_lut is not None:
        lut = _extension("presentation_lut", PRESENTATION_LUT, "Presentation LUT", chosen, configuration)
    if request.annotations:
        annotation = _extension("annotation_box", BASIC_ANNOTATION_BOX, "Basic Annotation Box", chosen, configuration)
    meta, colour = _meta(request, needs, chosen)
    warnings = []
    if needs.colour and not colour and request.colour is None:
        warnings.append("colour images are printed in grey: the printer does not print colour")
    return Plan(meta, colour, _bits(request, needs, chosen), lut, annotation, tuple(warnings))


def _extension(
    extension: str, abstract_syntax: str, words: str, chosen: ChosenPrinter, configuration: Configuration
) -> Services:
    if extension not in configuration.extensions:
        raise PrintError(f"{words} is not used: `extensions` in the configuration does not list {extension}")
    found = chosen.services(abstract_syntax)
    if found is None:
        raise OperationEndedError(Result.NOT_ACCEPTED, f"the printer did not accept {words}")
    return found


def _meta(request: PrintRequest, needs: Needs, chosen: ChosenPrinter) -> tuple[Services, bool]:
    grey, colour = chosen.services(BASIC_GRAYSCALE_PRINT), chosen.services(BASIC_COLOR_PRINT)
    takes_colour = colour is not None and chosen.printer.colour is not False
    if request.colour and chosen.printer.colour is False:
        raise PrintError("colour: the printer is configured not to print colour")
    wants_colour = needs.colour if request.colour is None else request.colour
    if wants_colour and colour is not None and takes_colour:
        return colour, True
    if request.colour:
        raise OperationEndedError(Result.NOT_ACCEPTED, "the printer did not accept Basic Color Print Management")
    if grey is not None:
        return grey, False
    if request.colour is None and colour is not None:
        return colour, True
    raise OperationEndedError(Result.NOT_ACCEPTED, "the printer did not accept Basic Grayscale Print Management")


def _bits(request: PrintRequest, needs: Needs, chosen: ChosenPrinter) -> int:
    most = chosen.printer.bits or 12
    if request.bits is not None:
        if request.bits > most:
            raise PrintError(f"bits: the printer is configured to take {most}")
        return request.bits
    return min(needs.bits, most)
