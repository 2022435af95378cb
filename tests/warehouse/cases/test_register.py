"""Definitions in the warehouse: versions that stand still, business days, reasons, settings."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import date

import pytest

from tests.warehouse.clinic import (
    Clinic,
    call,
    charge,
    coverage,
    note,
    patient,
    reconciliation,
    stay,
    visit,
)
from throughline import workflows
from throughline.practice import Site, practice
from throughline.workflows import DefinitionError
from throughline.workflows.definitions import Workflow

module = importlib.import_module("throughline.workflows.register")


def test_registered_again_nothing_is_new(clinic: Clinic) -> None:
    assert workflows.register(clinic.conn, 5) == 0


def test_a_version_that_says_something_else_is_refused(clinic: Clinic) -> None:
    clinic.conn.execute(
        "update cases.workflow_version set sha256 = 'other' where workflow = 'charge_capture'"
    )
    with pytest.raises(DefinitionError, match="charge_capture version 2 has changed"):
        workflows.register(clinic.conn, 5)


def test_a_new_version_takes_over_and_cases_stay_with_theirs(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.know(
        patient("p1"), coverage("p1", "COMM1", "5"), stay("p1", "2026-07-01", "2026-07-06 11:00")
    )
    clinic.night("2026-07-06")
    found = workflows.load_all()
    old = next(w for w in found if w.workflow == "transitional_care")
    said = old.definition | {"version": 3}
    new = Workflow(old.workflow, 3, "active", said, "new")
    retired = Workflow(old.workflow, 2, "retired", old.definition, old.sha256)
    monkeypatch.setattr(module, "load_all", lambda: [retired, new])
    assert workflows.register(clinic.conn, 2) == 1

    clinic.know(
        patient("p2"), coverage("p2", "COMM1", "5"), stay("p2", "2026-07-01", "2026-07-07 11:00")
    )
    clinic.night("2026-07-07")
    assert [
        tuple(row)
        for row in clinic.rows(
            "select version, status, activated_seq, retired_seq from cases.workflow_version"
            " where workflow = 'transitional_care' order by 1"
        )
    ] == [(2, "retired", 0, 2), (3, "active", 2, None)]
    assert [
        tuple(row)
        for row in clinic.rows("select opened_seq, version from cases.case_record order by 1")
    ] == [(1, 2), (2, 3)]
    assert clinic.digest() == clinic.derived_digest()


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-07-02", 1, "2026-07-06"),  # Independence Day observed on Friday
        ("2026-07-03", 1, "2026-07-06"),
        ("2026-07-04", 2, "2026-07-07"),
        ("2026-06-18", 1, "2026-06-22"),  # Juneteenth
        ("2026-05-22", 1, "2026-05-26"),  # Memorial Day
        ("2026-09-04", 2, "2026-09-09"),  # Labor Day
        ("2026-10-09", 1, "2026-10-13"),  # Columbus Day
        ("2026-11-10", 1, "2026-11-12"),  # Veterans Day
        ("2026-11-25", 1, "2026-11-27"),  # Thanksgiving; the day after is no federal holiday
        ("2026-12-24", 1, "2026-12-28"),  # Christmas
        ("2026-12-31", 1, "2027-01-04"),  # New Year
        ("2026-01-16", 1, "2026-01-20"),  # Martin Luther King
        ("2026-02-13", 1, "2026-02-17"),  # Washington's Birthday
        ("2027-12-23", 1, "2027-12-27"),  # Christmas on a Saturday, observed on Friday
        ("2026-07-06", 0, "2026-07-06"),
    ],
)
def test_business_days(clinic: Clinic, day: str, count: int, expected: str) -> None:
    (row,) = clinic.rows(
        "select cases.add_business_days(%s, %s) as day", date.fromisoformat(day), count
    )
    assert str(row.day) == expected


def test_the_calendar_follows_its_definition(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module._yaml
    monkeypatch.setattr(
        module,
        "_yaml",
        lambda name: (
            {"business_days": {"country": "US", "from_year": 2020, "to_year": 2040}}
            if name == "calendars.yaml"
            else real(name)
        ),
    )
    workflows.register(clinic.conn, 5)
    (row,) = clinic.rows("select min(day) as first, max(day) as last from cases.business_day")
    assert (row.first, row.last) == (date(2020, 1, 1), date(2040, 12, 31))


def test_a_setting_holds_from_its_night_on(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.know(
        patient("p1"), coverage("p1", "COMM1", "5"), stay("p1", "2026-06-20", "2026-07-01 11:00"),
        call("p1", "2026-07-02 10:00"), visit("p1", "2026-07-06 09:00"), note("p1", "2026-07-06 17:00"),
        reconciliation("p1", "2026-07-06 09:00"), charge("p1", "2026-07-06 09:00", "99496", level="high"),
    )  # fmt: skip
    clinic.night("2026-07-06")
    assert clinic.case("p1", "transitional_care").asks == "wait"
    before, cut_off, digest = clinic.seq, clinic.cut_off, clinic.digest()
    assert clinic.derived_digest() == digest

    monkeypatch.setattr(module, "practice", lambda: replace(practice(), bill_hold_days=0))
    clinic.begin("2026-07-07")
    workflows.register(clinic.conn, clinic.seq)
    workflows.register(clinic.conn, clinic.seq)
    assert clinic.rows(
        "select name, value from cases.setting_known where known_seq = %s", clinic.seq
    ) == [("bill_hold_days", "0")]
    clinic.derive()
    assert clinic.case("p1", "transitional_care").asks == "billing"
    assert clinic.digest() == clinic.derived_digest()

    clinic.seq, clinic.cut_off = before, cut_off
    assert clinic.derived_digest() == digest


def test_two_providers_of_one_payer_and_one_that_is_listed_no_more(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed() -> list[str]:
        keys = clinic.rows("select key from cases.setting where name = 'sole_submitter' order by 1")
        return [row.key for row in keys]

    two = (("SUNADV", "1111111112"), ("SUNADV", "2222222228"))
    for seq, said in ((7, two), (8, two[1:]), (9, ())):
        monkeypatch.setattr(
            module, "practice", lambda said=said: replace(practice(), sole_submitter=said)
        )
        workflows.register(clinic.conn, seq)
        assert listed() == [f"SUNADV|{npi}" for _, npi in said]
    clinic.conn.execute("select set_config('throughline.seq', '7', true)")
    assert listed() == ["SUNADV|1111111112", "SUNADV|2222222228"]


def test_the_places_of_a_site_hold_from_their_night_on(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    west = Site("west", "West", "America/Los_Angeles", (("ehr", "a"), ("ehr", "b")))
    for seq, said in (
        (7, (west,)),
        (8, (replace(west, time_zone="America/Denver", locations=(("ehr", "a"),)),)),
        (9, ()),
    ):
        monkeypatch.setattr(module, "practice", lambda said=said: replace(practice(), sites=said))
        workflows.register(clinic.conn, seq)

    def zones(seq: int) -> list[tuple[str, str]]:
        clinic.conn.execute("select set_config('throughline.seq', %s, true)", (str(seq),))
        return [
            tuple(row) for row in clinic.rows("select code, zone from cases.place_zone order by 1")
        ]

    assert zones(6) == zones(9) == []
    assert zones(7) == [("a", "America/Los_Angeles"), ("b", "America/Los_Angeles")]
    assert zones(8) == [("a", "America/Denver")]
