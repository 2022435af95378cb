"""Clocks and tasks: each stage says until when, and what the next task has to know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tests.warehouse.cases.scenarios.annual_wellness import member, well
from tests.warehouse.cases.scenarios.base import AWV, CHARGE, TCM, TODAY, add, back, who
from tests.warehouse.cases.scenarios.charge_capture import unbilled
from tests.warehouse.cases.scenarios.settlement import settled
from tests.warehouse.cases.scenarios.transitional_care import called, discharged, marked, seen
from tests.warehouse.clinic import (
    Record,
    answer,
    appointment,
    call,
    charge,
    claim,
    eligibility,
    moment,
    note,
    patient,
    procedure,
    stay,
    visit,
)

add(
    "clock: contacted",
    TCM,
    discharged("2026-07-06 11:00"),
    {"due_on": date(2026, 7, 8), "attempt": 1, "days": 1, "priority": "urgent"},
)
add(
    "clock: scheduled",
    TCM,
    called("2026-07-06 11:00", ("2026-07-07 10:00", "reached")),
    {"due_on": date(2026, 7, 11), "days": 2, "visit_type": "TCM", "not_after": "2026-07-13"},
)
add(
    "clock: seen",
    TCM,
    [
        *called("2026-07-06 11:00", ("2026-07-07 10:00", "reached")),
        appointment(who(), "2026-07-10 09:00"),
    ],
    {"stage": "seen", "due_on": date(2026, 7, 20)},
)
add("clock: documented", TCM, seen(17, "low", signed=None), {"due_on": date(2026, 7, 9), "days": 2})
add(
    "documentation asked for on the day after the visit",
    TCM,
    seen(19, "low", signed=None),
    {"asks": "documentation", "due_on": date(2026, 7, 11)},
)
add("billing asked for two days after the signature", TCM, seen(18, "low"), {"asks": "billing"})
add(
    "a visit looked for",
    TCM,
    [
        *called("2026-07-01 11:00", ("2026-07-02 09:00", "reached")),
        appointment(who(), "2026-07-03 09:00"),
    ],
    {"asks": "review", "days": 2, "priority": "routine"},
)
add(
    "documentation not asked for on the day of the visit",
    TCM,
    seen(20, "low", signed=None),
    {"asks": "wait"},
)
add("clock: billed", TCM, seen(17, "low"), {"due_on": date(2026, 7, 18), "days": 7})
add("clock: settled", TCM, settled(), {"due_on": date(2026, 8, 8)})
add("clock: due", AWV, member(), {"due_on": date(2026, 7, 21), "days": 3, "priority": "routine"})
add(
    "clock: wellness contacted",
    AWV,
    member(eligibility(who(), TODAY, following="2026-07-01")),
    {"due_on": date(2026, 8, 21), "days": 3},
)
add(
    "clock: wellness scheduled",
    AWV,
    [call(who(), "2026-07-06 10:00"), eligibility(who(), "2026-07-02", following="2026-07-01")],
    {
        "stage": "scheduled",
        "due_on": date(2026, 7, 20),
        "days": 3,
        "visit_type": "AWV",
        "not_after": "2026-01-31",
    },
    before=member(),
)
SLOT = [eligibility(who(), "2026-07-02", following="2026-07-01"), call(who(), "2026-07-02 10:00")]
add(
    "clock: wellness seen",
    AWV,
    [*SLOT, appointment(who(), "2026-07-10 09:00", "AWV", recorded="2026-07-06")],
    {"stage": "seen", "due_on": date(2026, 9, 4)},
    before=member(),
)
add(
    "a wellness visit looked for",
    AWV,
    [
        eligibility(who(), "2026-07-01", following="2026-01-01"),
        call(who(), "2026-07-01 10:00"),
        appointment(who(), "2026-07-03 09:00", "AWV"),
    ],
    {"asks": "review", "days": 5},
    before=member(),
)
SLOT = [eligibility(who(), "2026-07-02", following="2026-07-01"), call(who(), "2026-07-02 10:00")]
add(
    "an ordinary slot is no wellness visit",
    AWV,
    [*SLOT, appointment(who(), "2026-07-10 09:00", "OFFICE", recorded="2026-07-06")],
    {"stage": "scheduled"},
    before=member(),
)
SLOT = [eligibility(who(), "2026-07-02", following="2026-07-01"), call(who(), "2026-07-02 10:00")]
add(
    "an ordinary visit is no wellness visit",
    AWV,
    [*SLOT, visit(who(), "2026-07-06 09:00")],
    {"stage": "scheduled"},
    before=member(),
)
SLOT = [eligibility(who(), "2026-07-02", following="2026-07-01"), call(who(), "2026-07-02 10:00")]
add(
    "a visit that was booked as wellness is one",
    AWV,
    [
        *SLOT,
        appointment(who(), "2026-07-06 09:00", "AWV", status="arrived"),
        visit(who(), "2026-07-06 09:00", appointment_id=f"{who()}-slot"),
    ],
    {"stage": "documented", "due_on": date(2026, 7, 11)},
    before=member(),
)
for days, asks in ((1, "documentation"), (0, "wait")):
    add(
        f"wellness documentation asked for {days} days after",
        AWV,
        [
            eligibility(who(), "2026-07-02", following="2026-07-01"),
            visit(who(), back(days) + " 09:00"),
            charge(who(), back(days), "G0439", level=None),
        ],
        {"stage": "documented", "asks": asks} | ({"days": 2} if days else {}),
        before=member(),
    )
add(
    "clock: wellness billed",
    AWV,
    well("G0439", following="2026-07-01"),
    {"due_on": date(2026, 7, 18), "days": 7},
    before=member(),
)
for days, asks in ((2, "billing"), (1, "wait")):
    add(
        f"wellness signed {days} days ago",
        AWV,
        [
            eligibility(who(), "2026-07-02", following="2026-07-01"),
            visit(who(), back(days) + " 09:00"),
            note(who(), back(days) + " 12:00"),
            charge(who(), back(days), "G0439", level=None),
        ],
        {"stage": "billed", "asks": asks},
        before=member(),
    )
for code in ("G0402", "G0438", "G0439", "G0468"):
    add(
        f"wellness billed as {code}",
        AWV,
        [
            *well(code, following="2026-07-01"),
            claim(who(), back(3), [code], sent=back(2)),
            answer(who(), back(1)),
        ],
        {"stage": "settled", "due_on": date(2026, 8, 20)},
        before=member(),
    )
add(
    "wellness billed as an ordinary visit",
    AWV,
    [
        *well("G0439", following="2026-07-01"),
        claim(who(), back(3), ["99214"], sent=back(2)),
        answer(who(), back(1)),
    ],
    {"stage": "billed"},
    before=member(),
)
for text in ("51847-2", "34117-2"):
    add(
        f"wellness documented by {text}",
        AWV,
        [
            *(r for r in well("G0439", following="2026-07-01") if r.table != "document_reference"),
            note(who(), back(3), type_code=text),
        ],
        {"stage": "billed"},
        before=member(),
    )
for field_, reason in (
    ("is_self_pay_restricted", "self_pay_restricted"),
    ("no_charge_reason", "no_charge"),
):
    add(
        f"wellness charged with {field_}",
        AWV,
        [
            *(r for r in well("G0439", following="2026-07-01") if r.table != "charge_item"),
            charge(
                who(),
                back(3),
                "G0439",
                level=None,
                **marked(field_),
            ),
        ],
        {"status": "excluded", "reason": reason},
        before=member(),
    )
p = who()
add(
    "wellness of somebody in hospice",
    AWV,
    [procedure(p, "385763009", "2026-07-06")],
    {"status": "excluded", "reason": "hospice"},
    before=member(),
)
p = who()
add(
    "wellness of somebody who left",
    AWV,
    [patient(p, is_active=False)],
    {"status": "excluded", "reason": "left_practice"},
    before=member(),
)
p = who()
add(
    "wellness of somebody who died",
    AWV,
    [patient(p, is_deceased=True, deceased_at=moment("2026-07-05"))],
    {"status": "excluded", "reason": "died"},
    before=member(),
)
add("clock: captured charge billed", CHARGE, unbilled(6), {"due_on": date(2026, 7, 14), "days": 7})
add(
    "clock: captured charge settled",
    CHARGE,
    [claim(who(), back(13), sent=back(5), payer="COMM1"), answer(who(), back(4))],
    {"stage": "settled", "due_on": date(2026, 8, 17)},
    before=unbilled(13),
)
for days, status in ((8, "excluded"), (7, "open")):
    add(
        f"captured, though a claim was sent {days} days ago",
        CHARGE,
        [claim(who(), back(13), sent=back(days), payer="COMM1")],
        {"status": status, "reason": "billed_in_time" if status == "excluded" else None},
        before=unbilled(13),
    )
for field_, reason in (
    ("is_self_pay_restricted", "self_pay_restricted"),
    ("no_charge_reason", "no_charge"),
    ("global_period", "global_period"),
):
    add(
        f"captured, then charged with {field_}",
        CHARGE,
        [charge(who(), back(13), **marked(field_))],
        {"status": "excluded", "reason": reason},
        before=unbilled(13),
    )
add(
    "captured, then a discharge is known",
    CHARGE,
    [stay(who(), back(20), back(16) + " 11:00")],
    {"status": "excluded", "reason": "billed_with_other_case"},
    before=unbilled(13),
)
for text in ("51847-2", "34117-2"):
    add(
        f"transitional care documented by {text}",
        TCM,
        [
            *(r for r in seen(17, "low") if r.table != "document_reference"),
            note(who(), back(3), type_code=text),
        ],
        {"stage": "billed"},
    )


def again_and_again(
    kind: str, stage: str, times: int, trigger: str = ""
) -> list[tuple[str, str, str, int, str, str]]:
    """Tasks of a stage that failed, one after the other."""
    return [
        (trigger or f"encounter/{who()}-stay", stage, kind, n + 1, "failed", back(1))
        for n in range(times)
    ]


FAILED: tuple[tuple[str, str, int, Callable[[], list[Record]], str, str, bool], ...] = (
    (
        "scheduling",
        "scheduled",
        3,
        lambda: called("2026-07-06 11:00", ("2026-07-07 10:00", "reached")),
        TCM,
        "",
        False,
    ),
    (
        "review",
        "seen",
        1,
        lambda: [
            *called("2026-07-01 11:00", ("2026-07-02 09:00", "reached")),
            appointment(who(), "2026-07-03 09:00"),
        ],
        TCM,
        "",
        False,
    ),
    ("documentation", "documented", 2, lambda: seen(17, "high", signed=None), TCM, "", False),
    ("billing", "billed", 2, lambda: seen(17, "low"), TCM, "", False),
    ("eligibility", "due", 3, member, AWV, "wellness:2026-01", False),
    (
        "outreach",
        "contacted",
        4,
        lambda: member(eligibility(who(), TODAY, following="2026-01-01")),
        AWV,
        "wellness:2026-01",
        False,
    ),
    (
        "scheduling",
        "scheduled",
        3,
        lambda: [
            eligibility(who(), "2026-07-02", following="2026-01-01"),
            call(who(), "2026-07-02 10:00"),
        ],
        AWV,
        "wellness:2026-01",
        True,
    ),
    (
        "review",
        "seen",
        1,
        lambda: [
            eligibility(who(), "2026-07-01", following="2026-01-01"),
            call(who(), "2026-07-01 10:00"),
            appointment(who(), "2026-07-03 09:00", "AWV"),
        ],
        AWV,
        "wellness:2026-01",
        True,
    ),
    (
        "documentation",
        "documented",
        2,
        lambda: [
            r for r in well("G0439", following="2026-01-01") if r.table != "document_reference"
        ],
        AWV,
        "wellness:2026-01",
        True,
    ),
    (
        "billing",
        "billed",
        2,
        lambda: well("G0439", following="2026-01-01"),
        AWV,
        "wellness:2026-01",
        True,
    ),
    ("billing", "billed", 2, lambda: unbilled(6), CHARGE, "visit", False),
)
for kind, stage, most, records, workflow, trigger, before in FAILED:
    for times in (most - 1, most):
        made = trigger if trigger != "visit" else f"encounter/{who()}-visit"
        add(
            f"{times} tasks of {workflow} {stage} failed",
            workflow,
            records(),
            {"stage": stage, "asks": "attempts_exhausted" if times == most else kind},
            again_and_again(kind, stage, times, made),
            before=member() if before else (),
        )
