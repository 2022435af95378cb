"""The world is seeded, full of the cases that the workflows are about, and knows nothing of the pipeline."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.hub import Hub
from sandbox.server import FIRST_NIGHT as FIRST
from sandbox.world import calendar, people, visits
from sandbox.world.chance import Chance
from sandbox.world.engine import at, day_of

SANDBOX = Path(visits.__file__).parents[1]


def test_the_same_seed_gives_the_same_world_and_another_seed_another(
    make: Callable[..., Hub], digest: Callable[..., Any]
) -> None:
    first, again, other = make("a"), make("b"), make("c", seed=6)
    for hub in (first, again, other):
        hub._advance(FIRST + timedelta(days=2))
    assert digest(first) == digest(again)
    assert digest(first)["store"] != digest(other)["store"]


def test_chances_depend_on_entity_and_purpose_only() -> None:
    chance = Chance(1)
    assert chance("a", "x") == Chance(1)("a", "x") != chance("a", "y")
    draws = [chance(str(n), "even") for n in range(4000)]
    assert 0.47 < sum(draws) / 4000 < 0.53
    counted = Counter(chance.weighted(str(n), "w", (("a", 3), ("b", 1))) for n in range(4000))
    assert 0.70 < counted["a"] / 4000 < 0.80
    assert {chance.within(str(n), "die", 1, 6) for n in range(200)} == {1, 2, 3, 4, 5, 6}


def test_sixty_days_hold_cases_of_every_kind(
    make: Callable[..., Hub], truth: Callable[..., Any]
) -> None:
    hub = make(patients=700)
    hub._advance(FIRST + timedelta(days=9))
    what = Counter((row["disposition"], row["what"]) for row in truth(hub, "discharges"))
    places = {row["facility"] for row in truth(hub, "discharges")}
    assert {"home", "snf", "ama", "expired", "hospice", "home_health"} <= {
        d for d, w in what if w == "discharged"
    }
    assert {"corrected", "cancelled"} <= {w for _, w in what}
    assert {"acute", "observation", "snf", "psych", "rehab"} <= places
    assert {"died", "left", "opted_out", "moved", "merged"} <= {
        r["what"] for r in truth(hub, "life_events")
    }
    assert {"finished", "entered-in-error", "in-progress"} <= {
        r["status"] for r in truth(hub, "visits")
    }
    assert {"OFFICE", "TCM", "AWV", "NURSE", "VIDEO"} <= {r["kind"] for r in truth(hub, "visits")}
    assert {"99495", "99496", "G0439"} <= {r["code"] for r in truth(hub, "charges")}
    assert {"S12", "S13", "S14", "S15", "S26"} <= {
        r["event"] for r in truth(hub, "schedule_messages")
    }
    assert {"reached", "no_answer", "left_message", "declined"} <= {
        r["outcome"] for r in truth(hub, "contacts")
    }
    missed = [r for r in truth(hub, "bookings") if r["status"] == "noshow"]
    said = {r["appointment"] for r in truth(hub, "schedule_messages") if r["event"] == "S26"}
    assert any(r["appointment"] not in said for r in missed), (
        "some missed appointments are never told"
    )
    unsigned = [v for v in hub.world.visits.values() if v.note_signed_at is None and v.date < FIRST]
    uncharged = [
        v
        for v in hub.world.visits.values()
        if v.charges and v.charge_entered_at is None and v.date < FIRST
    ]
    assert unsigned
    assert uncharged
    assert any(c.is_qmb for p in hub.world.patients.values() for c in p.coverages)
    assert any(p.is_confidential for p in hub.world.patients.values())
    assert any(p.interpreter for p in hub.world.patients.values())


def test_part_b_begins_within_the_last_year_for_some(make: Callable[..., Hub]) -> None:
    world = make(patients=600).world
    part_b = [c for p in world.patients.values() for c in p.coverages if c.kind == "part_b"]
    share = len({c.id for c in part_b if c.order == 1}) / 600
    assert 0.2 < share < 0.36
    recent = [c for c in part_b if c.starts > FIRST - timedelta(days=365)]
    assert 3 <= len(recent) < len(part_b) / 4
    assert all(c.starts.day == 1 for c in part_b)
    members = [c.member_id for p in world.patients.values() for c in p.coverages]
    assert len(set(members)) == len(members)


def test_wellness_codes_follow_the_part_b_dates(make: Callable[..., Hub]) -> None:
    world = make(patients=600).world
    due = Counter(visits.due_wellness(p, FIRST) for p in world.patients.values())
    assert {"", "G0402", "G0438", "G0439"} <= due.keys()
    for who in world.patients.values():
        if visits.due_wellness(who, FIRST) == "G0438":
            assert not {w.code for w in who.wellness} & {"G0438", "G0439"}


def test_a_clinician_charges_transitional_care_by_its_rules(make: Callable[..., Hub]) -> None:
    hub = make(patients=700)
    world = hub.world
    seen = 0
    for visit in world.visits.values():
        stay = world.stays.get(visit.discharge_id)
        code = visit.charges[0].code if visit.charges else ""
        if visit.kind != "TCM" or stay is None or stay.ends_at is None:
            continue
        days = (visit.date - day_of(stay.ends_at)).days
        seen += code in ("99495", "99496")
        assert code != "99496" or (visit.mdm == "high" and days <= 7)
        assert code != "99495" or (visit.mdm in ("moderate", "high") and days <= 14)
    assert seen > 3


@pytest.mark.parametrize(
    ("discharged", "ends"),
    [
        (date(2026, 8, 31), date(2026, 9, 2)),  # Monday: Tuesday is day 1
        (date(2026, 9, 4), date(2026, 9, 9)),  # Friday before Labor Day
        (date(2026, 9, 5), date(2026, 9, 9)),
    ],
)
def test_contact_is_due_by_the_second_business_day(discharged: date, ends: date) -> None:
    assert day_of(calendar.contact_ends(at(discharged, 15)) - timedelta(seconds=1)) == ends


def test_npis_have_their_check_digit() -> None:
    for number in range(0, 3000, 37):
        digits = [int(c) for c in "80840" + people.npi(number)]
        total = sum(
            d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))
        )
        assert total % 10 == 0


def test_the_sandbox_imports_nothing_of_the_pipeline() -> None:
    for file in SANDBOX.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            assert not any(n.split(".")[0] in ("throughline", "stack", "airflow") for n in names), (
                file
            )
