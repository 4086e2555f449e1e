"""Which attribute of an image a display protocol looks at, and which values it wants there.

Invariants: a selector names an attribute of the data dictionary, and the field of its values is the one of the
attribute's VR.

References
----------
PS3.3 Tables C.23.4-1 and C.23.4-2 (Hanging Protocol Selector Attribute Context and Value macros)
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from dicom_workstation.protocols.codes import CodedValue
from dicom_workstation.protocols.fields import Codes, Keyword, OrNothing, Part, Texts, vr_of

Value = str | CodedValue
NUMERIC: Final = frozenset(("DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))
"""VRs whose values are numbers."""
TEMPORAL: Final = frozenset(("DA", "DT", "TM"))
SHARED: Final = "SharedFunctionalGroupsSequence"


class AttributeContext(Part):
    """An attribute of an image, at its top level or in the items of a sequence."""

    SelectorSequencePointer: Keyword | None = Field(
        default=None, description="the sequence that the attribute is in, if it is not at the top level"
    )
    FunctionalGroupPointer: Keyword | None = Field(
        default=None, description="the functional group that the attribute, or its sequence, is in"
    )

    def key_of(self, attribute: str) -> str:
        """Return the path of an attribute: keywords with a dot between."""
        group = (SHARED, self.FunctionalGroupPointer) if self.FunctionalGroupPointer else ()
        return ".".join((*group, *filter(None, (self.SelectorSequencePointer,)), attribute))


class ValueSelector(AttributeContext):
    """Values that an attribute may have."""

    SelectorAEValue: Texts = Field(default=(), description="values, if the attribute's VR is AE")
    SelectorASValue: Texts = Field(default=(), description="values, if the attribute's VR is AS")
    SelectorATValue: Texts = Field(default=(), description="values, if the attribute's VR is AT, as keywords")
    SelectorCSValue: Texts = Field(default=(), description="values, if the attribute's VR is CS")
    SelectorDAValue: Texts = Field(default=(), description="values, if the attribute's VR is DA")
    SelectorDSValue: Texts = Field(default=(), description="values, if the attribute's VR is DS")
    SelectorDTValue: Texts = Field(default=(), description="values, if the attribute's VR is DT")
    SelectorFDValue: Texts = Field(default=(), description="values, if the attribute's VR is FD")
    SelectorFLValue: Texts = Field(default=(), description="values, if the attribute's VR is FL")
    SelectorISValue: Texts = Field(default=(), description="values, if the attribute's VR is IS")
    SelectorLOValue: Texts = Field(default=(), description="values, if the attribute's VR is LO")
    SelectorLTValue: Texts = Field(default=(), description="values, if the attribute's VR is LT")
    SelectorPNValue: Texts = Field(default=(), description="values, if the attribute's VR is PN")
    SelectorSHValue: Texts = Field(default=(), description="values, if the attribute's VR is SH")
    SelectorSLValue: Texts = Field(default=(), description="values, if the attribute's VR is SL")
    SelectorSSValue: Texts = Field(default=(), description="values, if the attribute's VR is SS")
    SelectorSTValue: Texts = Field(default=(), description="values, if the attribute's VR is ST")
    SelectorTMValue: Texts = Field(default=(), description="values, if the attribute's VR is TM")
    SelectorUCValue: Texts = Field(default=(), description="values, if the attribute's VR is UC")
    SelectorUIValue: Texts = Field(default=(), description="values, if the attribute's VR is UI")
    SelectorULValue: Texts = Field(default=(), description="values, if the attribute's VR is UL")
    SelectorURValue: Texts = Field(default=(), description="values, if the attribute's VR is UR")
    SelectorUSValue: Texts = Field(default=(), description="values, if the attribute's VR is US")
    SelectorUTValue: Texts = Field(default=(), description="values, if the attribute's VR is UT")
    SelectorCodeSequenceValue: Codes = Field(default=(), description="codes, if the attribute is a code sequence")

    @property
    def values(self) -> tuple[Value, ...]:
        """The values that are wanted."""
        return next((found for name in VALUE_FIELDS if (found := getattr(self, name))), ())

    def check_values(self, vr: str) -> None:
        """Raise ValueError unless the values stand in the field of this VR, and in no other."""
        given = [name for name in VALUE_FIELDS if getattr(self, name)]
        wanted = field_of(vr)
        if wanted not in VALUE_FIELDS:
            raise ValueError(f"an attribute with the VR {vr} cannot be selected by its value")
        if given != [wanted]:
            found = ", ".join(given) or "none is given"
            raise ValueError(f"the values of an attribute with the VR {vr} are in {wanted}; {found}")
        if vr in NUMERIC:
            for text in self.values:
                try:
                    float(str(text))
                except ValueError as error:
                    raise ValueError(f"{text!r} is no number, which a value with the VR {vr} is") from error


VALUE_FIELDS: Final = tuple(
    name for name in ValueSelector.model_fields if name.startswith("Selector") and name.endswith("Value")
)
"""The fields of values, one for each VR."""


def field_of(vr: str) -> str:
    """Return the name of the field that has the values of attributes with a VR."""
    return "SelectorCodeSequenceValue" if vr == "SQ" else f"Selector{vr}Value"


class ImageCondition(ValueSelector):
    """One condition that the images of a set meet (PS3.3 C.23.1.1.3)."""

    SelectorAttribute: Keyword = Field(description="the attribute, by its keyword")
    SelectorValueNumber: NonNegativeInt = Field(
        default=1, description="which of several values is meant, from 1; 0: any of them"
    )
    ImageSetSelectorUsageFlag: Literal["MATCH", "NO_MATCH"] = Field(
        description="whether an image that does not have the attribute meets the condition"
    )

    @model_validator(mode="after")
    def _of_one_vr(self) -> Self:
        self.check_values(vr_of(self.SelectorAttribute))
        return self

    @property
    def key(self) -> str:
        """The path of the attribute."""
        return self.key_of(self.SelectorAttribute)


Operator = Literal[
    "RANGE_INCL",
    "RANGE_EXCL",
    "GREATER_OR_EQUAL",
    "LESS_OR_EQUAL",
    "GREATER_THAN",
    "LESS_THAN",
    "MEMBER_OF",
    "NOT_MEMBER_OF",
]
MEMBERSHIP: Final = ("MEMBER_OF", "NOT_MEMBER_OF")
RANGES: Final = ("RANGE_INCL", "RANGE_EXCL")
PLANES: Final = ("TRANSVERSE", "CORONAL", "SAGITTAL", "OBLIQUE")


class FilterOperation(ValueSelector):
    """One condition that the images of a display set meet (PS3.3 C.23.3.1.1)."""

    FilterByCategory: Annotated[Literal["IMAGE_PLANE"] | None, OrNothing] = Field(
        default=None, description="what is derived from attributes, instead of an attribute"
    )
    SelectorAttribute: Keyword | None = Field(default=None, description="the attribute, by its keyword")
    FilterByAttributePresence: Annotated[Literal["PRESENT", "NOT_PRESENT"] | None, OrNothing] = Field(
        default=None, description="whether the attribute is to be there at all, whatever its value"
    )
    SelectorValueNumber: NonNegativeInt = Field(
        default=1, description="which of several values is meant, from 1; 0: any of them"
    )
    FilterByOperator: Annotated[Operator | None, OrNothing] = Field(
        default=None, description="how the value of the image and the values here are compared"
    )
    ImageSetSelectorUsageFlag: Literal["MATCH", "NO_MATCH"] = Field(
        default="MATCH", description="whether an image that does not have the attribute passes"
    )

    @model_validator(mode="after")
    def _is_one_question(self) -> Self:
        if (self.FilterByCategory is None) == (self.SelectorAttribute is None):
            raise ValueError("a filter has either FilterByCategory or SelectorAttribute")
        if self.FilterByAttributePresence is not None:
            if self.FilterByOperator is not None or self.values:
                raise ValueError("FilterByAttributePresence goes with neither an operator nor values")
            return self
        if self.FilterByOperator is None:
            raise ValueError("FilterByOperator is missing")
        vr = "CS" if self.SelectorAttribute is None else vr_of(self.SelectorAttribute)
        self.check_values(vr)
        self._check_operator(vr)
        return self

    def _check_operator(self, vr: str) -> None:
        operator = str(self.FilterByOperator)
        if operator not in MEMBERSHIP and vr not in NUMERIC:
            raise ValueError(f"{operator} compares numbers, which an attribute with the VR {vr} does not have")
        if operator in RANGES:
            bounds = [float(str(each)) for each in self.values]
            if len(bounds) != 2 or bounds[0] > bounds[1]:
                raise ValueError(f"{operator} needs two values, the first of which is not the greater one")
        elif operator not in MEMBERSHIP and len(self.values) != 1:
            raise ValueError(f"{operator} needs one value")
        if self.FilterByCategory is not None:
            for each in self.values:
                if each not in PLANES:
                    raise ValueError(f"{each} is no plane: write one of {', '.join(PLANES)}")

    @property
    def key(self) -> str:
        """The path of the attribute; empty where a category is meant."""
        return "" if self.SelectorAttribute is None else self.key_of(self.SelectorAttribute)


class SortingOperation(AttributeContext):
    """One criterion by which the images of a display set are sorted (PS3.3 C.23.3.1.2)."""

    SelectorAttribute: Keyword | None = Field(default=None, description="the attribute, by its keyword")
    SelectorValueNumber: NonNegativeInt = Field(default=1, description="which of several values is meant, from 1")
    SortByCategory: Annotated[Literal["ALONG_AXIS", "BY_ACQ_TIME"] | None, OrNothing] = Field(
        default=None, description="what is derived from attributes, instead of an attribute"
    )
    SortingDirection: Literal["INCREASING", "DECREASING"] = Field(description="which images come first")

    @model_validator(mode="after")
    def _is_one_criterion(self) -> Self:
        if (self.SortByCategory is None) == (self.SelectorAttribute is None):
            raise ValueError("a criterion has either SortByCategory or SelectorAttribute")
        return self

    @property
    def key(self) -> str:
        """The path of the attribute; empty where a category is meant."""
        return "" if self.SelectorAttribute is None else self.key_of(self.SelectorAttribute)
