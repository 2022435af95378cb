"""The parts of FHIR's data types that we read, and their values as text for PostgreSQL.

A value that is present but cannot be read raises `Unreadable`, and the row is quarantined with that
reason. A missing value is None.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from datetime import date as Date
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources.records import entities

LARGEST = 999_999_999_999


class Unreadable(ValueError):
    """A value that its type does not allow; the message is a reason code."""


class Base(msgspec.Struct, rename="camel", gc=False):
    """A FHIR element: absent fields are None or empty, unknown fields are ignored."""


# Elements that change the meaning of what they stand in: decoding fails where there is one.
Modifier = Annotated[list[Any], msgspec.Meta(max_length=0)] | None
Rules = Annotated[str, msgspec.Meta(max_length=0)] | None


class Backbone(Base):
    """A part of a resource that may have modifiers (BackboneElement), on which something rests."""

    modifier_extension: Modifier = None


class Coding(Base):
    """Coding."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(Base):
    """CodeableConcept."""

    coding: list[Coding] = []
    text: str | None = None


class Period(Base):
    """Period."""

    start: str | None = None
    end: str | None = None


class Identifier(Base):
    """Identifier."""

    system: str | None = None
    value: str | None = None
    type: Concept | None = None
    use: str | None = None
    period: Period | None = None


class Reference(Base):
    """Reference; `identifier` is the logical one."""

    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class Money(Base):
    """Money, or the value of a Quantity."""

    value: float | None = None
    currency: str | None = None


class Extension(Base):
    """Extension, with the few types of value that are read."""

    url: str = ""
    value_boolean: bool | None = None
    value_code: str | None = None
    value_string: str | None = None
    value_date_time: str | None = None
    value_reference: Reference | None = None


class Meta(Base):
    """Meta."""

    # some servers write it as a number
    version_id: str | int | None = None
    last_updated: str | None = None
    security: list[Coding] = []


class Name(Base):
    """HumanName."""

    family: str | None = None
    # in an array, null stands for an element that has only an extension
    given: list[str | None] = []
    use: str | None = None
    period: Period | None = None


class Contact(Base):
    """ContactPoint."""

    system: str | None = None
    value: str | None = None
    use: str | None = None
    # a positiveInt; of any other type it says nothing
    rank: Any = None
    period: Period | None = None


class Address(Base):
    """Address."""

    use: str | None = None
    line: list[str | None] = []
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    extension: list[Extension] = []
    period: Period | None = None


class Resource(Base):
    """What every resource has.

    Rules that we do not know, and extensions that change the meaning, must not be left unread: "a
    reference to a set of rules [...] which must be understood when processing the content" (FHIR R4,
    resource-definitions.html#Resource.implicitRules) and 2.4.1. Lines with either are set aside.
    """

    resource_type: str
    id: str | None = None
    meta: Meta | None = None
    identifier: list[Identifier] = []
    extension: list[Extension] = []
    contained: list[msgspec.Raw] = []
    modifier_extension: Modifier = None
    implicit_rules: Rules = None


def target(reference: Reference | None, kind: str | None = None) -> str | None:
    """Return the id that a reference names: relative, absolute, versioned, `urn:uuid` or by search.

    If the reference has only an identifier, returns its value, but not of a visit: a number of one
    visit may be the id of another. With `kind`, a reference to another type gives None. The id of a
    contained resource is none (see `contained.resolve`).
    """
    if reference is None:
        return None
    if text := reference.reference:
        return _target(text, kind)
    if kind is not None:
        named = (reference.type or kind).rpartition("/")[2]
        if named != kind or kind == "Encounter":
            return None
    return reference.identifier.value if reference.identifier is not None else None


@lru_cache(maxsize=65536)
def _target(text: str, kind: str | None) -> str | None:
    if text.startswith("#"):
        return None
    if text.startswith("urn:"):
        return text.rpartition(":")[2] or None
    text, _, query = text.partition("?")
    if query:
        # a conditional reference names its target by an identifier, which may be the id of another
        if kind in ("Patient", "Encounter") and not query.startswith("_id="):
            return None
        found = text.rpartition("/")[2] or text
        value = query.rpartition("|")[2].rpartition("=")[2]
    else:
        parts = text.partition("/_history")[0].split("/")
        found, value = (parts[-2] if len(parts) > 1 else ""), parts[-1]
    if kind is not None and found and found != kind:
        return None
    return value or None


def subject(reference: Reference | None) -> str | None:
    """Return the id of the patient that a record is about.

    An identifier is none, also in a conditional reference: a record number may be the id of another patient.
    """
    if reference is not None and (text := reference.reference):
        return _target(text, "Patient")
    return None


def first_code(concept: Concept | None, systems: tuple[str, ...] = ()) -> Coding | None:
    """Return the coding from the first of `systems` that has one; otherwise the first that has a code."""
    if concept is None:
        return None
    for system in systems:
        for coding in concept.coding:
            if coding.code and coding.system == system:
                return coding
    for coding in concept.coding:
        if coding.code:
            return coding
    return None


def pick_code(concepts: list[Concept], systems: tuple[str, ...] = ()) -> Coding | None:
    """Return the best coding among several concepts, by the order of `systems`."""
    for system in systems:
        for concept in concepts:
            for coding in concept.coding:
                if coding.code and coding.system == system:
                    return coding
    for concept in concepts:
        if (found := first_code(concept)) is not None:
            return found
    return None


def code(concept: Concept | None) -> str | None:
    """Return the first code of a concept."""
    coding = first_code(concept)
    return coding.code if coding is not None else None


def extension_of(extensions: list[Extension], url: str) -> Extension | None:
    """Return the first extension of this url."""
    for each in extensions:
        if each.url == url:
            return each
    return None


def instant(text: str) -> datetime:
    """Return a dateTime or instant. A leap second, which FHIR R4 allows, is the first of the next minute.

    Raises `ValueError` and `OverflowError`.
    """
    if text[16:19] == ":60":
        return datetime.fromisoformat(f"{text[:16]}:59{text[19:]}") + timedelta(seconds=1)
    return datetime.fromisoformat(text)


@lru_cache(maxsize=65536)
def _moment(text: str, zone: ZoneInfo) -> str | None:
    if len(text) < 8:
        return None
    try:
        at = instant(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        return at.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise Unreadable("time_unreadable") from None


def moment(text: str | None, zone: ZoneInfo) -> str | None:
    """Return a dateTime or instant in UTC; a day alone begins at midnight of `zone`.

    Returns None for a year or month alone.
    """
    return _moment(text, zone) if text else None


@lru_cache(maxsize=65536)
def _day(text: str) -> str | None:
    if len(text) < 8:
        return None
    try:
        return Date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise Unreadable("date_unreadable") from None


def day(text: str | None) -> str | None:
    """Return the day of a date or dateTime; None for a year or month alone."""
    return _day(text) if text else None


def local_day(text: str | None, zone: ZoneInfo) -> str | None:
    """Return the day of a date or dateTime in `zone`; None for a year or month alone."""
    return _bound(text, zone, is_end=False) if text and len(text) > 7 else None


def first_day(text: str | None, zone: ZoneInfo) -> str | None:
    """Return the first day of a Period.start in `zone`; of a year or month alone it is its first."""
    return _bound(text, zone, is_end=False) if text else None


def last_day(text: str | None, zone: ZoneInfo) -> str | None:
    """Return the last day of a Period.end in `zone`; of a year or month alone it is its last.

    An end holds every moment that it matches (FHIR R4, Period).
    """
    return _bound(text, zone, is_end=True) if text else None


@lru_cache(maxsize=65536)
def _bound(text: str, zone: ZoneInfo, *, is_end: bool) -> str | None:
    if len(text) == 10:
        return _day(text)
    try:
        if len(text) > 10:
            at = instant(text)
            return (at if at.tzinfo is None else at.astimezone(zone)).date().isoformat()
        year, _, month = text.partition("-")
        which = int(month) if month else (12 if is_end else 1)
        on = Date(int(year), which, monthrange(int(year), which)[1] if is_end else 1)
    except (ValueError, OverflowError):
        raise Unreadable("date_unreadable") from None
    return on.isoformat()


def amount(money: Money | None) -> str | None:
    """Return an amount of dollars, or a quantity, as text."""
    if money is None or money.value is None:
        return None
    if money.currency not in (None, "", "USD"):
        raise Unreadable("currency_not_dollars")
    if not -LARGEST < money.value < LARGEST:
        raise Unreadable("amount_unreadable")
    return repr(money.value)


def version(meta: Meta | None, otherwise: str) -> str:
    """Return the record's version in a form that sorts as text: UTC microseconds / number.

    A record without `lastUpdated` gets the version `otherwise`, that of its delivery.
    """
    if meta is None or not meta.last_updated:
        return otherwise
    number = meta.version_id
    return version_at(meta.last_updated, number if type(number) is str else str(number or ""))


@lru_cache(maxsize=65536)
def version_at(updated: str, number: str = "") -> str:
    """Return the version of a record changed at `updated`. Raises `Unreadable`."""
    try:
        at = instant(updated)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("last_updated_unreadable") from None
    return f"{at.strftime('%Y-%m-%dT%H:%M:%S.%f')}Z/{number.removeprefix('W/').strip(chr(34))[:32].zfill(6)}"


_PUNCTUATION = str.maketrans("", "", " ()-+.")


def digits(phone: str | None) -> str | None:
    """Return the digits of a telephone number without the country code of North America.

    An extension (XTN-1 `X123`, `ext. 12`, `;ext=12`) or another text after the number is left out.
    An address with an `@` is no number.
    """
    text = phone or ""
    if "@" in text:
        return None
    if "&" in text:
        text = entities(text)
    found = text.translate(_PUNCTUATION)
    if not (found.isascii() and found.isdigit()):
        found = ""
        for c in text:
            if c.isascii() and c.isdigit():
                found += c
            elif len(found) >= 7 and (c.isalpha() or c in "#,;/"):
                break
    if len(found) == 11 and found.startswith("1"):
        found = found[1:]
    return found or None
