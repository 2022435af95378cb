"""Whose record a record is: by shared identifiers, whatever comes first; what is only alike is a doubt."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from tests.warehouse.clinic import (
    CLEARINGHOUSE,
    EHR,
    SCHEDULING,
    Clinic,
    Record,
    again,
    answer,
    appointment,
    claim,
    coverage,
    deleted,
    eligibility,
    patient,
    payment,
)
from throughline.warehouse import derive

CLAIM = "pcn"
"""Where the control numbers of claims are known."""

DAYS = ["2026-07-01", "2026-07-02", "2026-07-03", "2026-07-04", "2026-07-05", "2026-07-06"]


def doubts(clinic: Clinic) -> list[tuple[str, str]]:
    return [
        (row.source_id, row.method)
        for row in clinic.rows(
            "select source_id, method from identity.link where status = 'doubt'"
            " and retired_seq is null order by 1, 2"
        )
    ]


ONE_PATIENT = {
    "patient": [patient("p1", birth_date=date(1950, 1, 1))],
    "coverage": [coverage("p1")],
    "appointment": [appointment("p1", "2026-07-10 09:00")],
    "claim": claim("p1", "2026-06-01"),
    "answers": [answer("p1", "2026-06-03"), payment("p1", "2026-06-20", 100)],
    "eligibility": [eligibility("p1", "2026-06-01")],
}
NAMES = [
    (EHR, "p1"),
    (SCHEDULING, "MRN-p1"),
    (CLAIM, "C-p1"),
    (CLEARINGHOUSE, "MEDB1|M-p1"),
]


@pytest.mark.parametrize(
    "order",
    [
        list(ONE_PATIENT),
        list(ONE_PATIENT)[::-1],
        ["answers", "claim", "coverage", "patient", "eligibility", "appointment"],
        ["appointment", "eligibility", "answers", "patient", "claim", "coverage"],
        ["eligibility", "coverage", "answers", "claim", "appointment", "patient"],
    ],
)
def test_one_person_whatever_comes_first_and_over_how_many_nights(
    clinic: Clinic, order: list[str]
) -> None:
    for name, day in zip(order, DAYS, strict=True):
        clinic.know(ONE_PATIENT[name])
        clinic.night(day)

    assert {clinic.person(key, source) for source, key in NAMES} == {clinic.person("p1")}
    assert clinic.person("p1") == derive("person", "mrn", "MRN-p1")
    assert not doubts(clinic)


def test_a_second_run_of_a_night_decides_the_same(clinic: Clinic) -> None:
    links = (
        "select source, source_id, person_id, method, status, known_seq, retired_seq"
        " from identity.link order by 1, 2, 3, 5, 6"
    )
    clinic.know(*ONE_PATIENT.values(), patient("p2"), coverage("p2"))
    clinic.night(DAYS[0])
    clinic.know(again(patient("p2"), replaced_by="p1"))
    clinic.night(DAYS[1])
    first, persons = clinic.rows(links), clinic.rows("select * from identity.person order by 1")

    clinic.derive()

    assert clinic.rows(links) == first
    assert clinic.rows("select * from identity.person order by 1") == persons


def test_a_member_number_of_a_family_makes_nobody_one(clinic: Clinic) -> None:
    family = {"member_id": "M-family"}
    clinic.know(
        patient("father", birth_date=date(1960, 1, 1)),
        coverage("father", **family),
        claim(
            "x", "2026-06-01", number="C-father", member_id="M-family", birth_date=date(1960, 1, 1)
        ),
    )
    clinic.night(DAYS[0])
    clinic.know(
        patient("child", birth_date=date(2015, 2, 2)),
        coverage("child", **family, relationship="child"),
        claim(
            "x", "2026-06-01", number="C-child", member_id="M-family", birth_date=date(2015, 2, 2)
        ),
        claim("x", "2026-06-01", number="C-unclear", member_id="M-family"),
    )
    clinic.night(DAYS[1])

    assert clinic.person("father") != clinic.person("child")
    assert clinic.person("C-father", CLAIM) == clinic.person("father")
    assert clinic.person("C-child", CLAIM) == clinic.person("child")
    assert clinic.person("C-unclear", CLAIM) is None
    assert {source_id for source_id, _ in doubts(clinic)} == {"C-unclear"}


def test_a_claim_that_only_the_ehr_knows_finds_its_answers(clinic: Clinic) -> None:
    head = Record(
        "claim",
        "k1",
        EHR,
        "p1",
        {
            "patient_control_number": "C-p1",
            "kind": "fhir:professional",
            "status": "active",
        },
    )
    clinic.know(answer("p1", "2026-06-03"))
    clinic.night(DAYS[0])
    clinic.know(patient("p1"), head)
    clinic.night(DAYS[1])

    assert clinic.person("C-p1", CLAIM) == clinic.person("p1")


MERGE = [patient("p1"), patient("p2", replaced_by="p1"), patient("p3", replaced_by="p2")]
P2_THINGS = [appointment("p2", "2026-07-10 09:00"), coverage("p2"), *claim("p2", "2026-06-01")]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("at_once", [True, False])
def test_merged_records_follow_their_survivor_with_all_that_names_them(
    clinic: Clinic, order: tuple[int, ...], at_once: bool
) -> None:
    clinic.know(P2_THINGS)
    for place, day in zip(order, DAYS, strict=False):
        clinic.know(MERGE[place])
        if not at_once:
            clinic.night(day)
    clinic.night(DAYS[5])

    assert clinic.person("p1") == clinic.person("p2") == clinic.person("p3")
    assert clinic.person("MRN-p2", SCHEDULING) == clinic.person("p1")
    assert clinic.person("C-p2", CLAIM) == clinic.person("p1")


def test_a_merge_that_is_undone_gives_back_the_person(clinic: Clinic) -> None:
    second = patient("p2")
    clinic.know(patient("p1"), second, P2_THINGS)
    clinic.night(DAYS[0])
    before = clinic.person("p2")
    clinic.know(again(second, replaced_by="p1"))
    clinic.night(DAYS[1])
    merged = clinic.person("MRN-p2", SCHEDULING)
    clinic.know(again(second, phone="0"))
    clinic.night(DAYS[2])

    assert merged == clinic.person("p1") != before
    assert clinic.person("p2") == clinic.person("MRN-p2", SCHEDULING) == before
    history = clinic.rows(
        "select known_seq, retired_seq from identity.link where source_id = 'p2' order by 1"
    )
    assert [(row.known_seq, row.retired_seq) for row in history] == [(1, 2), (2, 3), (3, None)]


ALIKE = {"family": "Doe", "given": "Ann", "birth_date": date(1950, 5, 5), "sex": "F"}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"phone": "5551"}, True),
        ({"postal_code": "02134"}, True),
        ({"postal_code": "99999"}, False),
        ({"phone": "5551", "birth_date": date(1950, 5, 6)}, False),
        ({"phone": "5551", "given": "Anna"}, False),
        ({"phone": "5551", "sex": "M"}, False),
        ({"phone": "5551", "sex": "O"}, False),
        # not known, not said, or a code that nobody has mapped: it tells nobody apart
        ({"phone": "5551", "sex": "U"}, True),
        ({"phone": "5551", "sex": None}, True),
        ({"phone": "5551", "sex": "X9"}, True),
        ({"phone": "5551", "family": "DOE"}, True),
    ],
)
def test_alike_is_a_doubt_and_no_match(
    clinic: Clinic, second: dict[str, object], expected: bool
) -> None:
    clinic.know(patient("p1", **ALIKE, phone="5551"))
    clinic.night(DAYS[0])
    clinic.know(patient("p2", **{**ALIKE, "postal_code": "99999", **second}))
    clinic.night(DAYS[1])

    assert clinic.person("p1") != clinic.person("p2")
    assert bool(doubts(clinic)) is expected


@pytest.mark.parametrize("changed", ["p1", "p2"])
def test_a_doubt_ends_when_either_side_is_corrected(clinic: Clinic, changed: str) -> None:
    both = {who: patient(who, **ALIKE) for who in ("p1", "p2")}
    clinic.know(*both.values())
    clinic.night(DAYS[0])
    assert doubts(clinic) == [("p2", "same name, birth date, sex and one more")]

    clinic.know(again(both[changed], given="Beth"))
    clinic.night(DAYS[1])

    assert not doubts(clinic)


def test_a_named_person_settles_a_doubt_either_way(clinic: Clinic) -> None:
    clinic.know(patient("p1", **ALIKE), patient("p2", **ALIKE), patient("p3", **ALIKE))
    clinic.night(DAYS[0])
    first, second, third = (clinic.person(who) for who in ("p1", "p2", "p3"))
    clinic.decide("link", "record", "ehr|p2", person_id=str(first))
    clinic.decide("unlink", "record", "ehr|p3", person_id=str(first))
    clinic.decide("unlink", "record", "ehr|p3", person_id=str(second))
    clinic.night(DAYS[1])

    assert clinic.person("p2") == first
    assert clinic.person("p3") == third
    assert not doubts(clinic)

    clinic.know(patient("p2", **ALIKE, phone="1"), patient("p3", **ALIKE, phone="1"))
    clinic.night(DAYS[2])
    assert clinic.person("p2") == first
    assert not doubts(clinic)


def test_one_record_number_for_two_birth_dates_is_a_doubt(clinic: Clinic) -> None:
    clinic.know(patient("p1", mrn="M1", birth_date=date(1950, 1, 1)))
    clinic.night(DAYS[0])
    clinic.know(patient("p2", mrn="M1", birth_date=date(1990, 1, 1)))
    clinic.night(DAYS[1])

    assert clinic.person("p1") != clinic.person("p2")
    assert doubts(clinic) == [("p2", "one record number, two birth dates")]


def test_a_record_number_that_is_given_anew_takes_no_person_along(clinic: Clinic) -> None:
    first = patient("p1", mrn="M1")
    clinic.know(first)
    clinic.night(DAYS[0])
    person = clinic.person("p1")
    clinic.know(again(first, mrn="M2"))
    clinic.night(DAYS[1])
    clinic.know(patient("p9", mrn="M1"))
    clinic.night(DAYS[2])

    assert clinic.person("p1") == person
    assert clinic.person("p9") not in (None, person)


def test_a_wrong_record_number_that_is_corrected_parts_what_it_joined(clinic: Clinic) -> None:
    birth = date(1950, 1, 1)
    wrong = patient("p2", mrn="MRN-p1", birth_date=birth)
    clinic.know(patient("p1", birth_date=birth), wrong, appointment("p1", "2026-07-10"))
    clinic.night(DAYS[0])
    assert clinic.person("p1") == clinic.person("p2")

    clinic.know(again(wrong, mrn="MRN-p2"))
    clinic.night(DAYS[1])

    assert clinic.person("p1") != clinic.person("p2")
    assert clinic.person("MRN-p1", SCHEDULING) == clinic.person("p1")


def test_a_deleted_patient_keeps_the_person_of_what_is_left(clinic: Clinic) -> None:
    record = patient("p1")
    clinic.know(record, appointment("p1", "2026-07-10"))
    clinic.night(DAYS[0])
    person = clinic.person("p1")
    clinic.know(deleted(record))
    clinic.night(DAYS[1])

    assert clinic.person("MRN-p1", SCHEDULING) == person


def test_a_claim_whose_member_is_nobodys_any_more_is_let_go(clinic: Clinic) -> None:
    covered = coverage("p1")
    clinic.know(patient("p1"), covered, claim("p1", "2026-07-01"))
    clinic.night("2026-07-01")
    assert clinic.person("C-p1", CLAIM) == clinic.person("p1")
    clinic.know(deleted(covered))
    clinic.night("2026-07-02")
    assert clinic.person("C-p1", CLAIM) is None
