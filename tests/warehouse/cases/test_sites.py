"""A site in another time zone: its days and clocks are its own, everything else goes by the practice's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.warehouse.clinic import (
    EHR,
    SCHEDULING,
    Clinic,
    Record,
    appointment,
    call,
    charge,
    claim,
    coverage,
    note,
    patient,
    stay,
    visit,
)

WEST = "America/Los_Angeles"
TCM, WELLNESS, CAPTURE = "transitional_care", "annual_wellness", "charge_capture"

Site = Callable[..., None]


@pytest.fixture
def west(clinic: Clinic) -> Site:
    """Return a function that says which places of which sources are the western site's."""

    def register(seq: int = 0, zone: str = WEST, **places: str) -> None:
        rows = [("zone_of_site", "west", zone)]
        rows += [("site_of_place", f"{source}|{place}", "west") for source, place in places.items()]
        for row in rows:
            clinic.conn.execute(
                "insert into cases.setting_known (name, key, known_seq, value)"
                " values (%s, %s, %s, %s)",
                (row[0], row[1], seq, row[2]),
            )

    return register


def there(text: str) -> datetime:
    """A local time of the western site."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(WEST)).astimezone(UTC)


def home(who: str, at: str, **values: Any) -> list[Record]:
    """With Part B, and discharged home at a local time of the western site."""
    return [
        patient(who),
        coverage(who),
        stay(who, "2026-06-28", "2026-07-01", ends_at=there(at), location_id="loc-west", **values),
    ]


def clock(clinic: Clinic, who: str, workflow: str = TCM) -> tuple[date, datetime]:
    """The day from which the clocks of a case count, and when that of its stage ends."""
    [row] = clinic.rows(
        "select c.trigger_on, s.due_at from cases.case_record as c"
        " inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage"
        " where c.person_id = %s and c.workflow = %s and c.status = 'open'",
        clinic.person(who),
        workflow,
    )
    return row.trigger_on, row.due_at


def kept_is_derived(clinic: Clinic) -> None:
    assert clinic.derived_digest() == clinic.digest()


def test_the_day_of_a_discharge_is_that_of_the_site(clinic: Clinic, west: Site) -> None:
    # half past eleven in the evening of 6 July there is 7 July in New York
    clinic.know(home("p1", "2026-07-06 23:30"))
    clinic.night("2026-07-07")
    assert clock(clinic, "p1")[0] == date(2026, 7, 7)
    clinic.conn.rollback()

    other = Clinic(clinic.conn)
    west(ehr="loc-west")
    other.know(home("p1", "2026-07-06 23:30"))
    other.night("2026-07-07")
    began, due = clock(other, "p1")
    assert began == date(2026, 7, 6)
    assert due == there("2026-07-09 00:00"), "two business days, to the end of the day there"
    kept_is_derived(other)


def test_a_contact_in_the_evening_there_is_in_time(clinic: Clinic, west: Site) -> None:
    west(ehr="loc-west")
    clinic.know(home("p1", "2026-07-06 10:00"))
    clinic.night("2026-07-06")
    # 23:00 there on the last day is two in the morning of the next in New York
    clinic.know(call("p1", "2026-07-08", sent_at=there("2026-07-08 23:00")))
    clinic.night("2026-07-09")
    case = clinic.case("p1", TCM)
    assert (case.stage, case.stages["contacted"]) == ("scheduled", "complete")
    [row] = clinic.rows(
        "select s.proven_at < s.due_at as in_time from cases.stage as s where s.case_id = %s"
        " and s.stage = 'contacted'",
        case.case_id,
    )
    assert row.in_time
    kept_is_derived(clinic)


def test_a_site_that_is_named_later_moves_the_open_cases(clinic: Clinic, west: Site) -> None:
    clinic.know(home("p1", "2026-07-06 23:30"))
    clinic.night("2026-07-07")
    west(seq=2, ehr="loc-west")
    clinic.night("2026-07-08")
    assert clock(clinic, "p1") == (date(2026, 7, 6), there("2026-07-09 00:00"))
    kept_is_derived(clinic)
    [row] = clinic.rows("select time_zone from cases.case_record where workflow = %s", TCM)
    assert row.time_zone == WEST


def test_what_is_due_by_the_calendar_goes_by_where_the_person_was_seen_last(
    clinic: Clinic, west: Site
) -> None:
    west(ehr="loc-west", scheduling="WEST")
    for who in ("p1", "p2", "p3"):
        clinic.know(patient(who), coverage(who))
    clinic.know(visit("p1", "2026-03-02 10:00", location_id="loc-east", key="first"))
    clinic.know(visit("p1", "2026-04-02 10:00", location_id="loc-west", key="second"))
    clinic.know(visit("p2", "2026-04-02 10:00", location_id="loc-east"))
    clinic.know(appointment("p3", "2026-08-03 10:00", location_id="EXAM/1/WEST"))
    clinic.night("2026-07-06")
    ends = {who: clock(clinic, who, WELLNESS)[1] for who in ("p1", "p2", "p3")}
    assert ends["p1"] == ends["p3"] == there("2026-07-21 00:00")
    assert ends["p2"] == there("2026-07-20 21:00")
    kept_is_derived(clinic)


def test_a_visit_in_the_evening_there_meets_the_claim_of_its_day(
    clinic: Clinic, west: Site
) -> None:
    west(ehr="loc-west")
    clinic.know(patient("p1"), coverage("p1"))
    late = there("2026-06-01 22:00")
    clinic.know(
        visit("p1", "2026-06-01", starts_at=late, ends_at=late, location_id="loc-west"),
        note("p1", "2026-06-02 09:00"),
        charge("p1", "2026-06-01", occurred_at=late),
        # two visits of the same days by the clock in New York: the claim says which day
        visit("p1", "2026-06-02 10:00", key="next", location_id="loc-east"),
        note("p1", "2026-06-02 12:00", of="next", key="next-note"),
        charge("p1", "2026-06-02 10:00", of="next", key="next-charge"),
        claim("p1", "2026-06-01"),
    )
    clinic.night("2026-07-06")
    open_cases = clinic.rows(
        "select trigger_ref, trigger_on from cases.case_record where workflow = %s and status = 'open'"
        " and stage = 'billed'",
        CAPTURE,
    )
    assert [(row.trigger_ref, row.trigger_on) for row in open_cases] == [
        ("encounter/p1-next", date(2026, 6, 2))
    ]
    kept_is_derived(clinic)


def test_a_place_is_known_by_its_code_or_a_part_of_it(clinic: Clinic, west: Site) -> None:
    west(ehr="loc-west", scheduling="WEST")

    def zone(source: str, place: str | None) -> str | None:
        [row] = clinic.rows("select cases.zone_of_place(%s, %s) as zone", source, place)
        found: str | None = row.zone
        return found

    assert zone(EHR, "loc-west") == zone(SCHEDULING, "WEST") == WEST
    assert zone(SCHEDULING, "EXAM/1/WEST") == WEST
    for source, place in (
        (EHR, "WEST"),
        (SCHEDULING, "WESTERN"),
        (SCHEDULING, "EXAM/WESTERN"),
        ("other", "loc-west"),
        (EHR, None),
    ):
        assert zone(source, place) is None, (source, place)


def test_a_site_in_the_zone_of_the_practice_has_none_of_its_own(clinic: Clinic, west: Site) -> None:
    west(zone="America/New_York", ehr="loc-west")
    clinic.know(home("p1", "2026-07-06 23:30"))
    clinic.night("2026-07-07")
    [row] = clinic.rows(
        "select time_zone, trigger_on from cases.case_record where workflow = %s", TCM
    )
    assert (row.time_zone, row.trigger_on) == (None, date(2026, 7, 7))


def test_a_code_of_one_source_says_nothing_about_another(clinic: Clinic, west: Site) -> None:
    """Two systems may call two places the same."""
    west(ehr="loc-west")
    for who in ("p1", "p2"):
        clinic.know(patient(who), coverage(who))
        clinic.know(visit(who, "2026-04-02 10:00", location_id="loc-west"))
    clinic.know(appointment("p2", "2026-08-03 10:00", location_id="loc-west"))
    clinic.night("2026-07-06")
    assert clock(clinic, "p1", WELLNESS)[1] == there("2026-07-21 00:00")
    assert clock(clinic, "p2", WELLNESS)[1] == there("2026-07-20 21:00"), "booked at another place"
