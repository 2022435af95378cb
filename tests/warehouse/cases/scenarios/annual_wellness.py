"""Annual wellness: when it is due, what the payer answers, which code it is."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.warehouse.cases.scenarios.base import AWV, TODAY, add, back, who
from tests.warehouse.clinic import (
    Record,
    charge,
    claim,
    coverage,
    eligibility,
    note,
    patient,
    visit,
)


def member(*records: Record | list[Record], **values: Any) -> list[Record]:
    p = who()
    flat = [r for one in records for r in ([one] if isinstance(one, Record) else one)]
    return [patient(p), coverage(p, **values), *flat]


ASK = {"status": "open", "stage": "due", "state": "pending", "asks": "eligibility"}
add("nothing known of the last visit", AWV, member(), ASK)
add("Part B begins tomorrow", AWV, member(starts="2026-07-08"), None)
add("Part B begins today", AWV, member(starts="2026-07-07"), ASK)
add("Part B has ended", AWV, member(ends="2026-07-01"), None)
add("commercial", AWV, member(payer="COMM1", kind="5"), None)
for last, opens in (("2025-07-31", True), ("2025-08-01", False), ("2025-06-30", True)):
    add(f"last visit {last}", AWV, member(claim(who(), last, ["G0439"])), ASK if opens else None)
add(
    "last visit by another practice",
    AWV,
    member(claim(who(), "2025-08-15", ["G0439"], npi="7777777777", submitter="OTHER")),
    None,
)
for code in ("G0402", "G0438", "G0468"):
    add(f"last visit was {code}", AWV, member(claim(who(), "2026-01-15", [code])), None)
add("an ordinary visit is none", AWV, member(claim(who(), "2026-06-15", ["99214"])), ASK)
for due, status in (("2026-07-07", "contacted"), ("2026-07-08", None)):
    add(
        f"payable from {due}",
        AWV,
        member(eligibility(who(), TODAY, following=due)),
        {"status": "open", "stage": "contacted", "done": ("due",)} if status else None,
    )
add(
    "the payer knows of a visit that we do not",
    AWV,
    member(
        claim(who(), "2024-07-15", ["G0439"]), eligibility(who(), TODAY, following="2026-11-01")
    ),
    None,
)
add(
    "active, and no dates",
    AWV,
    member(eligibility(who(), TODAY)),
    {"stage": "contacted", "status": "open"},
)
for value in ({"is_active": False}, {"reject_code": "75"}, {"is_plan_unclear": True}):
    add(
        f"answered {value}",
        AWV,
        member(eligibility(who(), TODAY, **value)),
        {"stage": "due", "asks": "eligibility_unknown"},
    )
for asked, done in ((30, ("due",)), (31, ())):
    add(
        f"asked {asked} days ago",
        AWV,
        member(eligibility(who(), back(asked), following="2026-01-01")),
        {"done": done},
    )
for last, kind in (("2026-01-01", None), ("2025-12-31", ASK)):
    add(
        f"Advantage, last visit {last}",
        AWV,
        member(claim(who(), last, ["G0439"], payer="SUNADV"), payer="SUNADV", kind="11"),
        kind,
    )
add(
    "nobody's patient, due",
    AWV,
    [patient(who(), general_practitioner_id=None), coverage(who())],
    None,
)


def well(code: str, **values: Any) -> list[Record]:
    """Seen for the yearly visit three days ago, documented and charged with this code."""
    p, at = who(), back(3)
    return [
        visit(p, at + " 09:00"),
        note(p, at + " 12:00"),
        charge(p, at, code, level=None),
        eligibility(p, back(4), **values),
    ]


NEW = {"part_b_from": date(2026, 1, 1)}
add(
    "in the first year",
    AWV,
    well("G0402", first_year="2026-01-01", first="2027-01-01", **NEW),
    {"stage": "billed", "code": "G0402", "asks": "billing"},
    before=member(),
)
for begun, billed_as in ((date(2025, 7, 5), "G0402"), (date(2025, 7, 4), None)):
    add(
        f"seen on 2026-07-04, Part B from {begun}",
        AWV,
        well("G0402", first_year="2025-07-05", first="2026-08-01", part_b_from=begun),
        {"code": billed_as},
        before=member(),
    )
add(
    "the first after that",
    AWV,
    well("G0438", first="2026-07-01", following="2026-07-01"),
    {"stage": "billed", "code": "G0438", "asks": "billing"},
    before=member(),
)
add(
    "the next",
    AWV,
    well("G0439", following="2026-07-01"),
    {"code": "G0439", "asks": "billing"},
    before=member(),
)
add(
    "the first a second time",
    AWV,
    well("G0438", following="2026-07-01"),
    {"stage": "billed", "asks": "charge_check", "code": "G0439"},
    before=member(),
)
p = who()
add(
    "seen, and the payer not asked",
    AWV,
    [visit(p, back(3) + " 09:00"), note(p, back(3)), charge(p, back(3), "G0439", level=None)],
    {"stage": "due", "asks": "eligibility", "done": ("seen", "documented")},
    before=member(),
)
