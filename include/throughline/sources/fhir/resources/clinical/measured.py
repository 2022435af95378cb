"""The value of an observation or a component: a number with its unit, a code, or a text; and how to read it."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

from throughline.sources.fhir.resources.clinical.told import Named, codes, codings
from throughline.sources.fhir.values import (
    LARGEST,
    Backbone,
    Base,
    Concept,
    Period,
    Resource,
    Unreadable,
    first_code,
)


class Quantity(Base):
    """Quantity; `code` is the unit in `system`, as a rule UCUM."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(Base):
    """Range."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Base):
    """Ratio."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


def number(value: float | None) -> str | None:
    """Return a number as text, None for one that is none (FHIR decimal). Raises `Unreadable`."""
    if value is None:
        return None
    if not -LARGEST < value < LARGEST:
        raise Unreadable("number_unreadable")
    return repr(value)


class ReferenceRange(Backbone):
    """Observation.referenceRange: the normal one has no type, or the type `normal`."""

    low: Quantity | None = None
    high: Quantity | None = None
    type: Concept | None = None
    applies_to: list[Concept] = []
    age: Range | None = None


class Component(Backbone):
    """Observation.component: a value in one of many types, and how to read it."""

    code: Named | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: Concept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_time: str | None = None
    value_date_time: str | None = None
    value_period: Period | None = None
    data_absent_reason: Concept | None = None
    interpretation: list[Concept] = []
    reference_range: list[ReferenceRange] = []


class ObservationBase(Resource):
    """What an observation has as its components have it: FHIR says it in both places alike."""

    code: Named | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: Concept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_time: str | None = None
    value_date_time: str | None = None
    value_period: Period | None = None
    data_absent_reason: Concept | None = None
    interpretation: list[Concept] = []
    reference_range: list[ReferenceRange] = []


Measured = Component | ObservationBase


MEASURED = (
    "value",
    "comparator",
    "unit",
    "value_system",
    "value_code",
    "value_codings",
    "value_text",
    "interpretation_code",
    "interpretation_codings",
    "reference_low",
    "reference_high",
    "data_absent_reason",
)
"""The columns that `measured` fills."""


def measured(m: Measured, interpretation: str | None) -> tuple[str | None, ...]:
    """Return the values of `MEASURED`; `interpretation` is the word for how it is to be read. Raises `Unreadable`."""
    quantity = m.value_quantity or Quantity()
    value = number(quantity.value if m.value_integer is None else float(m.value_integer))
    system, code = codes(first_code(m.value_codeable_concept))
    if m.value_boolean is not None:
        system, code = None, str(m.value_boolean).lower()
    low, high = _normal(m.reference_range, quantity)
    return (
        value,
        quantity.comparator,
        _unit(quantity),
        system,
        code,
        codings(m.value_codeable_concept),
        None if value is not None or code is not None else _text(m),
        interpretation,
        codings(*m.interpretation),
        low,
        high,
        None if (absent := first_code(m.data_absent_reason)) is None else absent.code,
    )


def _unit(quantity: Quantity) -> str | None:
    return quantity.code or quantity.unit or None


def _normal(ranges: list[ReferenceRange], of: Quantity) -> tuple[str | None, str | None]:
    """Return both ends of the one range that is normal for this patient, in the unit of the value.

    A range for other people (`appliesTo`, `age`) or in another unit says nothing about this value, and of several
    nobody knows which is meant.
    """
    normal = [
        r
        for r in ranges
        if (r.low is not None or r.high is not None)
        and not r.applies_to
        and r.age is None
        and (r.type is None or not r.type.coding or any(c.code == "normal" for c in r.type.coding))
    ]
    if len(normal) != 1:
        return None, None
    ends = normal[0].low or Quantity(), normal[0].high or Quantity()
    units = {unit for each in (*ends, of) if (unit := _unit(each)) is not None}
    if len(units) > 1:
        return None, None
    return number(ends[0].value), number(ends[1].value)


def _text(m: Measured) -> str | None:
    """Return a value that is neither a number nor a code as text."""
    if m.value_ratio is not None:
        ends = m.value_ratio.numerator or Quantity(), m.value_ratio.denominator or Quantity()
        return ":".join(f"{e.value:g}" if e.value is not None else "" for e in ends)
    if m.value_range is not None:
        ends = m.value_range.low or Quantity(), m.value_range.high or Quantity()
        return "-".join(f"{e.value:g}" if e.value is not None else "" for e in ends)
    if m.value_period is not None:
        return f"{m.value_period.start or ''}/{m.value_period.end or ''}"
    concept = m.value_codeable_concept
    return (
        m.value_string
        or (concept.text if concept is not None else None)
        or m.value_time
        or m.value_date_time
    )
