"""Which of several names, numbers and people of a FHIR resource is read."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from throughline.sources.definitions import definition
from throughline.sources.fhir.ndjson import KINDS, Row, read
from throughline.sources.fhir.npi import best, is_npi
from throughline.sources.fhir.settings import Settings, settings_of
from throughline.sources.fhir.values import digits

NPI, OTHER_NPI, WRONG_NPI = "1234567893", "1245319599", "1234567890"
PHONE = "(585)555-0100"


def test_check_digits() -> None:
    assert (is_npi(NPI), is_npi(OTHER_NPI)) == (True, True)
    wrong = (WRONG_NPI, "", "123456789", "12345678933", "3234567893", "123456789x", "١٢٣٤٥٦٧٨٩٣")
    assert [is_npi(number) for number in wrong] == [False] * len(wrong)
    assert best([WRONG_NPI, NPI]) == NPI
    assert (best([WRONG_NPI]), best([])) == (WRONG_NPI, None)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("(212)555-0199X123", "2125550199"),
        ("(212)555-0199X123B45Cafter five", "2125550199"),
        ("212-555-0199 ext. 12", "2125550199"),
        ("tel:+1-212-555-0199;ext=12", "2125550199"),
        ("212-555-0199 / 917-555-0100", "2125550199"),
        ("5550199#7", "5550199"),
        ("1-800-555-0199", "8005550199"),
        ("a5550199@b.c", None),
    ],
)
def test_an_extension_is_no_part_of_a_number(written: str, read_as: str | None) -> None:
    assert digits(written) == read_as


EHR = settings_of(definition("ehr"))
MRN, NPIS = EHR.mrn_system, EHR.npi_system
OVER, OPEN, LATER = (
    {"start": "2010", "end": "2025-12-31"},
    {"start": "2020-05"},
    {"start": "2030-01-01"},
)


def resource(feed: str, settings: Settings = EHR, **said: Any) -> dict[str, Any]:
    """The values of one resource, by column."""
    meta = {"lastUpdated": "2026-09-01T10:00:00Z"}
    body = {"resourceType": KINDS[feed].resource_type, "id": "r1", "meta": meta, **said}
    [row] = read(io.BytesIO(json.dumps(body).encode()), "f", KINDS[feed], settings, "x")
    assert isinstance(row, Row)
    return dict(zip(KINDS[feed].columns, row.values or (), strict=True))


@pytest.mark.parametrize(
    ("telecom", "phone"),
    [
        ([{"system": "email", "value": "a1234567@b.c"}], None),
        ([{"system": "phone", "value": "a1234567@b.c"}], None),
        ([{"system": "fax", "value": "5855550111"}, {"system": "phone", "value": PHONE}], PHONE),
        ([{"system": "pager", "value": "5855550111"}, {"system": "sms", "value": PHONE}], PHONE),
        (
            [
                {"system": "phone", "value": "5855550111", "rank": 2},
                {"system": "phone", "value": PHONE, "rank": 1, "use": "work"},
            ],
            PHONE,
        ),
        (
            [
                {"system": "phone", "value": "5855550111", "rank": 1, "period": OVER},
                {"system": "phone", "value": "5855550112", "rank": 1, "period": LATER},
                {"system": "phone", "value": PHONE, "rank": 2, "period": OPEN},
            ],
            PHONE,
        ),
        (
            [
                {"system": "phone", "value": "5855550111", "use": "work"},
                {"system": "phone", "value": PHONE, "use": "home"},
            ],
            PHONE,
        ),
        (
            [
                {"system": "phone", "value": "5855550111", "period": OPEN},
                {"system": "phone", "value": PHONE, "period": {"start": "2024-01-01"}},
            ],
            PHONE,
        ),
        ([{"system": "phone", "value": "5855550111", "use": "old", "rank": 1}], None),
    ],
)
def test_the_telephone_number_of_a_resource(
    telecom: list[dict[str, Any]], phone: str | None
) -> None:
    assert resource("patient", telecom=telecom)["phone"] == digits(phone)
    assert resource("organization", telecom=telecom)["phone"] == digits(phone)


def test_a_period_counts_on_the_day_of_the_delivery() -> None:
    ended = [{"system": "phone", "value": PHONE, "rank": 1, "period": {"end": "2026-10"}}]
    assert resource("patient", telecom=ended)["phone"] == "5855550100"
    later = replace(EHR, delivered_on="2026-11-01")
    assert resource("patient", later, telecom=ended)["phone"] is None
    assert resource("patient", later, telecom=ended)["preferred_contact"] is None


@pytest.mark.parametrize(
    "names",
    [
        [{"use": "nickname", "family": "Z"}, {"use": "official", "family": "Quirk"}],
        [{"use": "usual", "family": "Z"}, {"use": "official", "family": "Quirk"}],
        [{"use": "old", "family": "Z"}, {"family": "Quirk"}],
        [{"use": "maiden", "family": "Z"}, {"use": "temp", "family": "Quirk"}],
        [{"use": "anonymous", "family": "Z"}, {"use": "nickname", "family": "Quirk"}],
        [{"use": "official", "text": "Z"}, {"use": "usual", "family": "Quirk"}],
        [
            {"use": "official", "family": "Z", "period": OVER},
            {"use": "official", "family": "Quirk", "period": OPEN},
        ],
        [{"use": "official", "family": "Z", "period": OVER}, {"use": "usual", "family": "Quirk"}],
        [
            {"family": "Z", "period": {"start": "2019"}},
            {"family": "Quirk", "period": {"start": "2024-02"}},
        ],
        [{"use": "old", "family": "Quirk"}],
    ],
)
def test_the_name_of_a_resource(names: list[dict[str, Any]]) -> None:
    assert resource("patient", name=names)["family"] == "Quirk"
    assert resource("practitioner", name=names)["family"] == "Quirk"


@pytest.mark.parametrize(
    ("addresses", "code"),
    [
        ([{"use": "work", "postalCode": "1"}, {"use": "home", "postalCode": "2"}], "2"),
        ([{"use": "old", "postalCode": "1"}, {"use": "billing", "postalCode": "2"}], "2"),
        (
            [
                {"use": "home", "postalCode": "1", "period": OVER},
                {"use": "home", "postalCode": "2", "period": OPEN},
            ],
            "2",
        ),
        ([{"use": "old", "postalCode": "1"}], None),
    ],
)
def test_the_address_of_a_resource(addresses: list[dict[str, Any]], code: str | None) -> None:
    assert resource("patient", address=addresses)["postal_code"] == code
    assert resource("organization", address=addresses)["postal_code"] == code


@pytest.mark.parametrize(
    "numbers",
    [
        [{"use": "old", "system": MRN, "value": "5"}, {"system": MRN, "value": "77"}],
        [{"system": MRN, "value": "5", "period": OVER}, {"system": MRN, "value": "77"}],
        [
            {"use": "temp", "system": MRN, "value": "5"},
            {"use": "usual", "system": MRN, "value": "77"},
        ],
        [{"use": "old", "system": MRN, "value": "77"}],
    ],
)
def test_the_record_number_in_use(numbers: list[dict[str, Any]]) -> None:
    assert resource("patient", identifier=numbers)["mrn"] == "77"


def typed(value: str, kind: str) -> dict[str, Any]:
    """An identifier that has only a type."""
    return {"value": value, "type": {"coding": [{"code": kind}]}}


@pytest.mark.parametrize(
    "numbers",
    [
        [{"system": NPIS, "value": WRONG_NPI}, {"system": NPIS, "value": NPI}],
        [{"system": NPIS, "value": OTHER_NPI, "use": "old"}, {"system": NPIS, "value": NPI}],
        [{"system": NPIS, "value": OTHER_NPI, "period": OVER}, {"system": NPIS, "value": NPI}],
        [{"system": "urn:dea", "value": OTHER_NPI}, typed(NPI, "NPI"), typed("AB1", "DEA")],
        [{"system": "urn:oid:2.16.840.1.113883.4.6", "value": NPI}],
    ],
)
def test_the_npi_of_several_numbers(numbers: list[dict[str, Any]]) -> None:
    for feed in ("practitioner", "organization", "location"):
        assert resource(feed, identifier=numbers)["npi"] == NPI


def took_part(who: str, role: str | None = None, **more: Any) -> dict[str, Any]:
    """A participant of an encounter."""
    types = [{"coding": [{"code": role}], "text": "Lead" if role == "L1" else None}]
    return {
        **({"type": types} if role else {}),
        "individual": {"reference": f"Practitioner/{who}"},
        **more,
    }


@pytest.mark.parametrize(
    ("participants", "who"),
    [
        ([took_part("n", "PART"), took_part("d", "ATND")], "d"),
        ([took_part("r", "REF"), took_part("d")], "d"),
        ([took_part("r", "REF")], None),
        ([took_part("a", "ATND", period=OVER), took_part("d", "ATND", period=OPEN)], "d"),
        ([took_part("a", "ATND"), took_part("d", "PPRF")], "a"),
    ],
)
def test_who_led_an_encounter(participants: list[dict[str, Any]], who: str | None) -> None:
    assert resource("encounter", participant=participants)["practitioner_id"] == who


def test_the_definition_names_who_leads() -> None:
    people = [took_part("n", "ATND"), took_part("d", "L1")]
    for role in ("L1", "Lead"):
        named = Settings(EHR.zone, practitioner_roles=("chief", role))
        assert resource("encounter", named, participant=people)["practitioner_id"] == "d"


def test_who_performed_and_who_wrote() -> None:
    performers = [
        {"actor": {"reference": "Organization/o"}},
        {"actor": {"reference": "Practitioner/n"}},
        {
            "function": {"coding": [{"code": "PPRF"}]},
            "actor": {"reference": "Practitioner/d"},
        },
    ]
    for feed, column in (("charge_item", "performer_id"), ("procedure", "practitioner_id")):
        assert resource(feed, performer=performers)[column] == "d"
        assert resource(feed, performer=performers[:2])[column] == "n"
        assert resource(feed, performer=performers[:1])[column] == "o"
        assert resource(feed)[column] is None
    authors = [{"reference": "Device/x"}, {"reference": "Practitioner/d"}]
    assert resource("document_reference", author=authors)["author_id"] == "d"
    named = [{"reference": "Organization/o"}, {"reference": "Practitioner/d"}]
    found = resource("patient", generalPractitioner=named)
    assert found["general_practitioner_id"] == "d"
