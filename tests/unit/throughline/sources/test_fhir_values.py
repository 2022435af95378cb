"""FHIR's data types as text that the warehouse takes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from throughline.sources.fhir.values import (
    Coding,
    Concept,
    Identifier,
    Money,
    Reference,
    Unreadable,
    amount,
    code,
    day,
    digits,
    first_code,
    first_day,
    last_day,
    local_day,
    moment,
    pick_code,
    subject,
    target,
    version_at,
)

ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Patient/p1", None, "p1"),
        ("Patient/p1", "Patient", "p1"),
        ("Patient/p1", "Group", None),
        ("https://ehr.example/r4/Patient/p1/_history/3", "Patient", "p1"),
        ("urn:uuid:0b5a", "Patient", "0b5a"),
        ("Practitioner?identifier=urn:x|77", "Practitioner", "77"),
        ("https://e/Practitioner?identifier=77", "Practitioner", "77"),
        # a number of a patient or a visit may be the id of another
        ("Patient?identifier=urn:x|77", "Patient", None),
        ("https://e/Encounter?identifier=77", "Encounter", None),
        ("Patient?_id=77", "Patient", "77"),
        ("p1", "Patient", "p1"),
        ("Patient/", "Patient", None),
        ("#d", None, None),
        ("#d", "Patient", None),
        (None, None, None),
        ("", None, None),
    ],
)
def test_references(text: str | None, kind: str | None, found: str | None) -> None:
    assert target(Reference(reference=text), kind) == found


def test_a_reference_by_identifier_alone() -> None:
    by_number = Reference(identifier=Identifier(value="77"))
    assert target(by_number) == target(by_number, "Practitioner") == "77"
    assert target(None) is None
    # the number of a patient or of a visit may be the id of another
    assert (subject(by_number), target(by_number, "Encounter")) == (None, None)
    an_organization = Reference(identifier=Identifier(value="77"), type="Organization")
    assert target(an_organization, "Practitioner") is None
    assert target(an_organization, "Organization") == target(an_organization) == "77"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-03-08T02:30:00", "2026-03-08T07:30:00+00:00"),
        ("2026-08-28", "2026-08-28T04:00:00+00:00"),
        ("2026-08-28T13:00:00.123456789Z", "2026-08-28T13:00:00.123456+00:00"),
        ("2026-08", None),
        ("2026", None),
        (None, None),
        ("", None),
    ],
)
def test_moments(text: str | None, found: str | None) -> None:
    assert moment(text, ZONE) == found


@pytest.mark.parametrize(
    "text", ["not a time", "2026-13-01", "2026-08-28T25:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_moments_that_are_none(text: str) -> None:
    with pytest.raises(Unreadable, match="time_unreadable"):
        moment(text, ZONE)


def test_days() -> None:
    assert day("2026-08-28T23:00:00-04:00") == "2026-08-28"
    assert day("2026-08") is None
    with pytest.raises(Unreadable, match="date_unreadable"):
        day("2026-02-30")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025", "2025-01-01", "2025-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2025-06-30", "2025-06-30", "2025-06-30"),
        ("2025-07-01T03:59:59Z", "2025-06-30", "2025-06-30"),
        ("2025-07-01T03:59:59", "2025-07-01", "2025-07-01"),
        (None, None, None),
    ],
)
def test_the_days_of_a_period(text: str | None, first: str | None, last: str | None) -> None:
    zone = ZoneInfo("America/New_York")
    assert (first_day(text, zone), last_day(text, zone)) == (first, last)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026", None),
        ("2026-08", None),
        ("2026-08-28", "2026-08-28"),
        ("2026-08-29T02:00:00Z", "2026-08-28"),
        (None, None),
    ],
)
def test_a_year_or_a_month_is_no_day(text: str | None, found: str | None) -> None:
    assert local_day(text, ZONE) == found


@pytest.mark.parametrize("text", ["x", "2025-13", "2025-1x", "soon", "2025-07-01T99:00"])
def test_a_period_that_cannot_be_read_is_set_aside(text: str) -> None:
    with pytest.raises(Unreadable, match="date_unreadable"):
        last_day(text, ZoneInfo("America/New_York"))


def test_other_money_is_no_dollars() -> None:
    with pytest.raises(Unreadable, match="currency_not_dollars"):
        amount(Money(value=80.0, currency="CAD"))
    assert amount(Money(value=80.0, currency="USD")) == "80.0"


def test_versions_that_are_none() -> None:
    with pytest.raises(Unreadable, match="last_updated_unreadable"):
        version_at("0001-01-01T00:00:00+14:00")


def test_amounts() -> None:
    assert [amount(m) for m in (None, Money(), Money(value=129.16), Money(value=-5.0))] == [
        None,
        None,
        "129.16",
        "-5.0",
    ]
    with pytest.raises(Unreadable):
        amount(Money(value=1e13))


def test_codings_by_preference() -> None:
    both = Concept(
        coding=[Coding(system="a"), Coding(system="b", code="1"), Coding(system="c", code="2")]
    )
    assert first_code(both) == Coding(system="b", code="1")
    assert first_code(both, ("x", "c")) == Coding(system="c", code="2")
    assert first_code(None) is None
    assert code(Concept()) is None
    assert pick_code([Concept(), both], ("c",)) == Coding(system="c", code="2")
    assert pick_code([Concept(), both], ("x",)) == Coding(system="b", code="1")
    assert pick_code([]) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("+1 (585) 555-0100", "5855550100"), ("555 0100", "5550100"), ("none", None), (None, None)],
)
def test_telephone_digits(text: str | None, found: str | None) -> None:
    assert digits(text) == found
