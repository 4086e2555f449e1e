"""Which attributes the N-CREATE and N-SET of each SOP Class may have, and which values: the tables of PS3.4 H.4.

Invariants: one `Rule` a row; `judge` knows nothing of objects. What an SCU leaves out gets its default when
an object is created. What the printer has not is refused (0105, 0106), or where it `replaces`, left out or replaced
by its default with a warning (0107, 0116), as PS3.4 H.2.4 leaves it free; what is mandatory must be there (0120) and
have a value (0121); a density beyond its range becomes the nearest, which is a warning of its own (B605).

References
----------
PS3.4 H.2.4 (usage), Tables H.4-2, H.4-6, H.4-7, H.4-10, H.4-11, H.4-13, H.4-23; PS3.3 C.13.1, C.13.3, C.13.5, C.13.7
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from dicom_simulators.encoding import SPECIFIC_CHARACTER_SET, Element, tag_of, values
from dicom_simulators.printer.abilities import MAGNIFICATIONS, Abilities
from dicom_simulators.printer.attributes import Attributes, made, named, whole_number
from dicom_simulators.printer.replies import Elements, RefusedError, Status, worded

Check = Callable[[str, Abilities], bool]
Default = Callable[[Abilities], str]
COPIES = 99


def anything(value: str, abilities: Abilities) -> bool:
    """Take any value."""
    return True


def one_of(*terms: str) -> Check:
    """Take one of some terms."""
    return lambda value, abilities: value in terms


def whole(low: int, high: int) -> Check:
    """Take a whole number."""
    return lambda value, abilities: (number := whole_number(value)) is not None and low <= number <= high


def _density(value: str, abilities: Abilities) -> bool:
    """Take BLACK, WHITE, or a number of hundredths of OD (PS3.3 C.13.3)."""
    return value in ("BLACK", "WHITE") or whole_number(value) is not None


def _width_mm(value: str, abilities: Abilities) -> bool:
    """Take a width in millimetres (PS3.3 C.13.5)."""
    try:
        number = float(value)
    except ValueError:
        return False
    return math.isfinite(number) and number > 0


def _layout(value: str, abilities: Abilities) -> bool:
    return value.startswith(abilities.layouts)


def nothing(abilities: Abilities) -> str:
    """Give no default."""
    return ""


def always(value: str) -> Default:
    """Give this default."""
    return lambda abilities: value


@dataclass(frozen=True, slots=True)
class Rule:
    """One attribute of one service.

    Attributes
    ----------
    mandatory : bool
        For the SCU.
    check : callable
        Says whether the printer has a value; several are joined by a backslash. Sequences are looked at elsewhere.
    default : callable
        The value that the printer gives it; empty = the attribute stays away.
    lut_only : bool
        Only where the Presentation LUT SOP Class was negotiated.
    may_be_empty : bool
        Though mandatory: no value says something.
    """

    keyword: str
    mandatory: bool = False
    check: Check = anything
    default: Default = nothing
    lut_only: bool = False
    may_be_empty: bool = False

    @property
    def tag(self) -> int:
        """The attribute's tag."""
        return tag_of(self.keyword)


_MAGNIFICATION = Rule("MagnificationType", check=one_of(*MAGNIFICATIONS), default=always("CUBIC"))
_ANY_MAGNIFICATION = Rule("MagnificationType", check=one_of(*MAGNIFICATIONS))
_HUNDREDTHS_OF_OD = whole(0, 0xFFFF)
_MAX_DENSITY = Rule("MaxDensity", check=_HUNDREDTHS_OF_OD, default=lambda abilities: str(abilities.densities[1]))
_MIN_DENSITY = Rule("MinDensity", check=_HUNDREDTHS_OF_OD, default=lambda abilities: str(abilities.densities[0]))
_LUT = Rule("ReferencedPresentationLUTSequence", lut_only=True)

# Table H.4-2; the same attributes apply to N-SET (H.4.1.2.2.1)
FILM_SESSION = (
    Rule("SpecificCharacterSet"),
    Rule("NumberOfCopies", check=whole(1, COPIES), default=always("1")),
    Rule("PrintPriority", check=one_of("HIGH", "MED", "LOW"), default=always("MED")),
    Rule("MediumType", check=lambda v, able: v in able.media, default=lambda able: able.media[0]),
    Rule(
        "FilmDestination",
        check=lambda v, able: v in able.destinations_of_film,
        default=lambda able: able.destinations_of_film[0],
    ),
    Rule("FilmSessionLabel"),
    Rule("MemoryAllocation", check=whole(0, 1 << 31)),
    Rule("OwnerID"),
)

# Table H.4-7
FILM_BOX_SET = (
    _MAGNIFICATION,
    _MAX_DENSITY,
    Rule("ConfigurationInformation"),
    _LUT,
    Rule("SmoothingType"),
    Rule("BorderDensity", check=_density, default=always("BLACK")),
    Rule("EmptyImageDensity", check=_density, default=always("BLACK")),
    _MIN_DENSITY,
    Rule("Trim", check=one_of("YES", "NO"), default=always("NO")),
    Rule("Illumination", default=always("2000"), lut_only=True),
    Rule("ReflectedAmbientLight", default=always("10"), lut_only=True),
    Rule("ICCProfile"),
)

# Table H.4-6
FILM_BOX_CREATE = (
    Rule("SpecificCharacterSet"),
    Rule("ImageDisplayFormat", mandatory=True, check=_layout),
    Rule("ReferencedFilmSessionSequence", mandatory=True),
    Rule("FilmOrientation", check=one_of("PORTRAIT", "LANDSCAPE"), default=always("PORTRAIT")),
    Rule("FilmSizeID", check=lambda v, able: v in able.film_sizes, default=lambda able: able.film_sizes[0]),
    Rule("AnnotationDisplayFormatID", check=lambda v, able: v in able.annotation_formats),
    Rule("RequestedResolutionID", check=one_of("STANDARD", "HIGH"), default=always("STANDARD")),
    *FILM_BOX_SET,
)

_IMAGE_BOX = (
    Rule("ImageBoxPosition", mandatory=True),
    Rule("Polarity", check=one_of("NORMAL", "REVERSE")),
    _ANY_MAGNIFICATION,
    Rule("SmoothingType"),
    Rule("RequestedImageSize", check=_width_mm),
    Rule("RequestedDecimateCropBehavior", check=one_of("DECIMATE", "CROP", "FAIL")),
)

# Table H.4-10
GRAYSCALE_IMAGE_BOX = (
    *_IMAGE_BOX,
    Rule("BasicGrayscaleImageSequence", mandatory=True, may_be_empty=True),
    Rule("MinDensity", check=_HUNDREDTHS_OF_OD),
    Rule("MaxDensity", check=_HUNDREDTHS_OF_OD),
    Rule("ConfigurationInformation"),
    _LUT,
)

# Table H.4-11
COLOR_IMAGE_BOX = (*_IMAGE_BOX, Rule("BasicColorImageSequence", mandatory=True, may_be_empty=True))

# Table H.4-13
ANNOTATION_BOX = (
    Rule("SpecificCharacterSet"),
    Rule("AnnotationPosition", mandatory=True),
    Rule("TextString"),
)

# Table H.4-23
PRESENTATION_LUT = (
    Rule("PresentationLUTSequence"),
    Rule("PresentationLUTShape", check=one_of("IDENTITY", "LIN OD")),
)


@dataclass(slots=True)
class Judged:
    """What became of an attribute list: the attributes to be set, and the warning, if there is one."""

    attributes: Attributes
    warning: Status = Status.SUCCESS
    elements: Elements = field(default_factory=dict)

    def warn(self, status: Status, comment: str, tags: list[int]) -> None:
        """Remember a warning; a code of the service class goes before a general one, and the first before the next."""
        if self.warning == Status.SUCCESS or (self.warning < Status.MEMORY_ALLOCATION_NOT_SUPPORTED <= status):
            self.warning, self.elements = status, worded(status, comment, tags)


def judge(
    requested: Mapping[int, Element], rules: tuple[Rule, ...], abilities: Abilities, *, creating: bool, with_luts: bool
) -> Judged:
    """Judge an attribute list (N-CREATE) or modification list (N-SET).

    Raises
    ------
    RefusedError
        With 0105, 0106, 0120 or 0121.
    """
    known = {rule.tag: rule for rule in rules if with_luts or not rule.lut_only}
    judged = Judged({})
    _check_unknown(requested, known, abilities, judged)
    _check_missing(requested, known)
    refused: list[int] = []
    replaced: list[int] = []
    for tag, rule in known.items():
        element = requested.get(tag)
        if element is None or not (element.value or element.items):
            judged.attributes.update(_given(rule, abilities, element, creating))
        elif element.vr == "SQ" or tag == SPECIFIC_CHARACTER_SET or rule.check("\\".join(values(element)), abilities):
            judged.attributes[tag] = element
        else:
            refused.append(tag)
            replaced += [tag] if abilities.replaces and not rule.mandatory else []
            judged.attributes.update(_given(rule, abilities, None, creating=True))
    if set(refused) - set(replaced):
        raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, f"not supported: {_written(requested, refused)}", refused)
    if replaced:
        judged.warn(Status.ATTRIBUTE_VALUE_OUT_OF_RANGE, f"default used for {_written(requested, replaced)}", replaced)
    _bound_densities(judged, abilities)
    return judged


def _check_unknown(
    requested: Mapping[int, Element], known: Mapping[int, Rule], abilities: Abilities, judged: Judged
) -> None:
    unknown = [tag for tag in requested if tag not in known and tag & 0xFFFF]
    if unknown and not abilities.replaces:
        raise RefusedError(Status.NO_SUCH_ATTRIBUTE, f"not supported: {named(unknown)}", unknown)
    if unknown:
        judged.warn(Status.ATTRIBUTE_LIST_ERROR, f"ignored: {named(unknown)}", unknown)


def _check_missing(requested: Mapping[int, Element], known: Mapping[int, Rule]) -> None:
    mandatory = [rule for rule in known.values() if rule.mandatory]
    missing = [rule.tag for rule in mandatory if rule.tag not in requested]
    if missing:
        raise RefusedError(Status.MISSING_ATTRIBUTE, f"missing: {named(missing)}", missing)
    empty = [
        rule.tag
        for rule in mandatory
        if not (rule.may_be_empty or requested[rule.tag].value.strip(b" \0") or requested[rule.tag].items)
    ]
    if empty:
        raise RefusedError(Status.MISSING_ATTRIBUTE_VALUE, f"without a value: {named(empty)}", empty)


def _given(rule: Rule, abilities: Abilities, element: Element | None, creating: bool) -> Iterator[tuple[int, Element]]:
    """Give an attribute without a value its default; one that is not there, only where an object is created."""
    default = rule.default(abilities)
    if default and (creating or element is not None):
        yield rule.tag, made(rule.keyword, default)
    elif element is not None:
        yield rule.tag, element


def _written(requested: Mapping[int, Element], tags: list[int]) -> str:
    return ", ".join(f"{named((tag,))} {chr(92).join(values(requested[tag]))!r}" for tag in tags)


def _bound_densities(judged: Judged, abilities: Abilities) -> None:
    """Keep Min Density and Max Density within the printer's range (B605)."""
    least, most = abilities.densities
    beyond = []
    for keyword in ("MinDensity", "MaxDensity"):
        tag = tag_of(keyword)
        given = values(judged.attributes[tag]) if tag in judged.attributes else ()
        if given and not least <= int(given[0]) <= most:
            judged.attributes[tag] = made(keyword, str(min(max(int(given[0]), least), most)))
            beyond.append(tag)
    if beyond:
        judged.warn(Status.DENSITY_OUT_OF_RANGE, f"{named(beyond)} outside {least} to {most}", beyond)
