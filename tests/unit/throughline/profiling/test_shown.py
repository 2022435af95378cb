"""Which values of coded fields a profile may show."""

from __future__ import annotations

import pytest

from throughline.profiling.shown import ENOUGH, may_be_shown


def shown(value: str, persons: int = 1, *, known: bool = False, personal: bool = False) -> bool:
    return may_be_shown(value, persons, is_known=known, is_personal=personal)


@pytest.mark.parametrize(
    "value", ["99213", "E11.9", "G0438", "1", "01", "A2", "F", "in-progress", "entered-in-error"]
)
def test_a_code_of_one_person_is_shown(value: str) -> None:
    assert shown(value)


@pytest.mark.parametrize(
    "value",
    [
        "Smith",
        "SMITH",
        "smith",
        "LEE",
        "Ann Lee",
        "O'Brien",
        "patient called, is worried",
        "1954-03-02",
        "19540302",
        "540302",
        "3/2/1954",
        "123-45-6789",
        "8005551234",
        "5551234",
        "12 Main Street",
        "ann@example.org",
        "https://example.org/Patient/ann-lee",
    ],
)
def test_what_may_be_a_persons_is_not(value: str) -> None:
    assert not shown(value)


@pytest.mark.parametrize("value", ["EMER", "NEW PATIENT", "185347001", "en-US"])
def test_what_many_persons_have_is_shown(value: str) -> None:
    assert not shown(value, ENOUGH - 1) or value == "en-US"
    assert shown(value, ENOUGH)


@pytest.mark.parametrize("value", ["1954-03-02", "19540302", "x" * 100])
def test_a_day_or_a_long_text_never_is(value: str) -> None:
    assert not shown(value, 1000)


def test_what_tells_a_person_of_the_same_delivery_never_is() -> None:
    assert not shown("12345", 1000, personal=True)
    assert not shown("A12", personal=True)


def test_what_a_list_of_ours_knows_always_is() -> None:
    assert shown("HOSPICE", known=True)


def test_a_url_of_two_is_shown() -> None:
    assert shown("urn:oid:2.16.840.1.113883.4.3.25", 2)
    assert not shown("urn:oid:2.16.840.1.113883.4.3.25", 1)
