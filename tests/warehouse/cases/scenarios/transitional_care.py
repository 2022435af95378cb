"""Transitional care up to the bill: what opens it, its stages, what ends and what blocks it."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.warehouse.cases.scenarios.base import AWV, TCM, TODAY, add, back, who
from tests.warehouse.clinic import (
    Record,
    appointment,
    call,
    charge,
    claim,
    consent,
    coverage,
    eligibility,
    moment,
    note,
    patient,
    procedure,
    reconciliation,
    stay,
    visit,
)

# ---- transitional care: what opens it ----------------------------------------------------------


def discharged(left: str, to: str | None = "home", **values: Any) -> list[Record]:
    """A patient of Part B who left a stay; no more is known."""
    p = who()
    return [patient(p), coverage(p), stay(p, "2026-06-01", left, to, **values)]


def marked(field: str) -> dict[str, Any]:
    """What a charge says of itself that is not to be billed."""
    return {field: "courtesy" if field == "no_charge_reason" else True}


OPEN = {"status": "open", "stage": "contacted"}
for to in ("home", "alt-home", "home-health", "01", "06", "81", "86"):
    add(f"discharged to {to}", TCM, discharged("2026-07-06 11:00", to), OPEN)
for elsewhere in (
    "snf",
    "03",
    "rehab",
    "62",
    "long",
    "psy",
    "aadvc",
    "07",
    "exp",
    "20",
    "other-hcf",
    "02",
    "oth",
    None,
):
    add(f"discharged to {elsewhere}", TCM, discharged("2026-07-06 11:00", elsewhere), None)
add("discharged to hospice", TCM, discharged("2026-07-06 11:00", "hosp"), None)
for facility in ("acute", "snf", "psych", "rehab", "ltch", "partial"):
    add(f"home from {facility}", TCM, discharged("2026-07-06 11:00", facility=facility), OPEN)
add("home from observation", TCM, discharged("2026-07-06 11:00", kind="OBSENC"), OPEN)
add("home from the emergency department", TCM, discharged("2026-07-06 11:00", kind="EMER"), None)
add("still there", TCM, [patient(who()), coverage(who()), stay(who(), "2026-07-01")], None)
add("known on the 30th day", TCM, discharged(back(30) + " 11:00"), {"status": "open"})
add("known on the 31st day", TCM, discharged(back(31) + " 11:00"), None)
for payer, kind, opens in (
    ("MEDB1", "12", True),
    ("SUNADV", "11", True),
    ("MCAID", "2", True),
    ("COMM1", "5", True),
    ("SELF", "81", False),
    ("WORK", "95", False),
):
    p = who()
    add(
        f"covered by {payer}",
        TCM,
        [patient(p), coverage(p, payer, kind), stay(p, "2026-07-01", "2026-07-06 11:00")],
        OPEN if opens else None,
    )
p = who()
add(
    "covered until the day before",
    TCM,
    [patient(p), coverage(p, ends="2026-07-05"), stay(p, "2026-07-01", "2026-07-06 23:00")],
    None,
)
p = who()
add(
    "covered until that day",
    TCM,
    [patient(p), coverage(p, ends="2026-07-06"), stay(p, "2026-07-01", "2026-07-06 23:00")],
    OPEN,
)
p = who()
add(
    "covered from that day",
    TCM,
    [patient(p), coverage(p, starts="2026-07-06"), stay(p, "2026-07-01", "2026-07-06 00:30")],
    OPEN,
)
p = who()
add(
    "covered from the day after",
    TCM,
    [patient(p), coverage(p, starts="2026-07-07"), stay(p, "2026-07-01", "2026-07-06 23:00")],
    None,
)
p = who()
add(
    "nobody's patient",
    TCM,
    [
        patient(p, general_practitioner_id=None),
        coverage(p),
        stay(p, "2026-07-01", "2026-07-06 11:00"),
    ],
    None,
)
p = who()
add(
    "a new patient", TCM, [patient(p), coverage(p), stay(p, "2026-07-05", "2026-07-06 11:00")], OPEN
)

# ---- transitional care: contact within two business days ---------------------------------------

for left, due in (
    ("2026-07-06 11:00", "2026-07-08"),
    ("2026-07-05 11:00", "2026-07-07"),
    ("2026-07-04 11:00", "2026-07-07"),
    ("2026-07-03 11:00", "2026-07-07"),
    ("2026-07-02 23:30", "2026-07-07"),
    ("2026-07-01 11:00", "2026-07-06"),
    ("2026-06-30 11:00", "2026-07-02"),
    ("2026-06-18 11:00", "2026-06-23"),
    ("2026-06-17 11:00", "2026-06-22"),
    ("2026-06-12 11:00", "2026-06-16"),
):
    late = due <= TODAY
    add(
        f"left {left}, to be reached by {due}",
        TCM,
        discharged(left),
        {
            "stage": "contacted",
            "state": "missed" if late else "pending",
            "due_on": date.fromisoformat(due),
            "asks": "missed_clock" if late else "outreach",
        },
    )


def called(left: str, *calls: tuple[str, str | None], **values: Any) -> list[Record]:
    return [*discharged(left), *(call(who(), at, outcome, **values) for at, outcome in calls)]


REACHED = {"stage": "scheduled", "asks": "scheduling", "done": ("contacted",)}
add("reached", TCM, called("2026-07-06 11:00", ("2026-07-06 15:00", "reached")), REACHED)
add(
    "reached before the discharge",
    TCM,
    called("2026-07-06 11:00", ("2026-07-06 10:00", "reached")),
    {"stage": "contacted", "asks": "outreach"},
)
for outcome in ("left_message", "no_answer"):
    add(
        f"one try, {outcome}",
        TCM,
        called("2026-07-06 11:00", ("2026-07-07 10:00", outcome)),
        {"stage": "contacted", "state": "pending", "asks": "outreach"},
    )
add(
    "a text is a try",
    TCM,
    called("2026-07-06 11:00", ("2026-07-07 10:00", None), medium_code="SMSWRIT"),
    {"stage": "contacted", "done": ()},
)
add(
    "a call about a booking is a try",
    TCM,
    called("2026-07-06 11:00", ("2026-07-07 10:00", "reached"), category_code="scheduling"),
    {"stage": "contacted", "done": ()},
)
TRIES = [("2026-07-06 10:00", "no_answer"), ("2026-07-07 10:00", "left_message")]
add(
    "two timely tries meet the clock, and go on",
    TCM,
    called("2026-07-02 11:00", *TRIES),
    {"stage": "contacted", "state": "pending", "asks": "outreach"},
)
add(
    "two tries on one day are one",
    TCM,
    called(
        "2026-07-02 11:00", ("2026-07-07 10:00", "no_answer"), ("2026-07-07 15:00", "no_answer")
    ),
    {"stage": "contacted", "state": "missed", "asks": "missed_clock"},
)
add(
    "one try only",
    TCM,
    called("2026-07-02 11:00", TRIES[0]),
    {"state": "missed", "asks": "missed_clock"},
)
add(
    "the second try too late",
    TCM,
    called(
        "2026-07-01 11:00", ("2026-07-02 10:00", "no_answer"), ("2026-07-07 10:00", "no_answer")
    ),
    {"state": "missed", "asks": "missed_clock"},
)
add(
    "tries before the discharge",
    TCM,
    called(
        "2026-07-02 11:00", ("2026-07-01 10:00", "no_answer"), ("2026-07-07 10:00", "no_answer")
    ),
    {"state": "missed"},
)
add(
    "declined",
    TCM,
    called("2026-07-06 11:00", ("2026-07-07 10:00", "declined")),
    {"status": "closed", "reason": "declined"},
)
add(
    "declined, then reached",
    TCM,
    called("2026-07-06 11:00", ("2026-07-06 13:00", "declined"), ("2026-07-07 10:00", "reached")),
    REACHED,
)
for outcome, asks in (
    ("deceased", "verify_death"),
    ("readmitted", "verify_readmission"),
    ("done_elsewhere", "verify_elsewhere"),
    ("wrong_number", "bad_contact_data"),
):
    add(
        f"said {outcome}",
        TCM,
        called("2026-07-06 11:00", ("2026-07-07 10:00", outcome)),
        {"stage": "contacted", "asks": asks, "done": ()},
    )
add(
    "reached in the window",
    TCM,
    called(back(30) + " 11:00", (TODAY + " 10:00", "reached")),
    {"done": ("contacted",)},
)
OUTREACH = "ehr-contact"


def tried(times: int) -> list[tuple[str, str, str, int, str, str]]:
    """Outreach tasks of the stay that failed, one after the other."""
    return [
        (f"encounter/{who()}-stay", "contacted", "outreach", n + 1, "failed", back(1))
        for n in range(times)
    ]


add(
    "four tasks failed",
    TCM,
    called("2026-07-02 11:00", *TRIES),
    {"stage": "contacted", "asks": "outreach"},
    tried(4),
)
add(
    "five tasks failed",
    TCM,
    called("2026-07-02 11:00", *TRIES),
    {"stage": "contacted", "asks": "attempts_exhausted"},
    tried(5),
)

# ---- transitional care: booked and seen --------------------------------------------------------

R = [("2026-07-06 09:00", "reached")]
add(
    "booked",
    TCM,
    [*called("2026-07-02 11:00", *R), appointment(who(), "2026-07-09 09:00")],
    {"stage": "seen", "asks": "wait", "done": ("contacted", "scheduled")},
)
add(
    "arrived, no visit yet",
    TCM,
    [*called("2026-07-02 11:00", *R), appointment(who(), "2026-07-07 09:00", status="arrived")],
    {"stage": "seen", "asks": "wait", "done": ("contacted", "scheduled")},
)
for status in ("cancelled", "noshow", "pending"):
    add(
        f"appointment {status}",
        TCM,
        [*called("2026-07-03 11:00", *R), appointment(who(), "2026-07-09 09:00", status=status)],
        {"stage": "scheduled", "asks": "scheduling"},
    )
add(
    "booked with the nurse",
    TCM,
    [*called("2026-07-03 11:00", *R), appointment(who(), "2026-07-09", "NURSE")],
    {"stage": "scheduled", "asks": "scheduling"},
)
add(
    "booked on day 14",
    TCM,
    [*called("2026-07-02 11:00", *R), appointment(who(), "2026-07-16 09:00")],
    {"stage": "seen"},
)
add(
    "booked on day 15",
    TCM,
    [*called("2026-07-02 11:00", *R), appointment(who(), "2026-07-17 09:00")],
    {"stage": "scheduled"},
)
add(
    "booking still to be made on day 5",
    TCM,
    called("2026-07-03 11:00", *R),
    {"stage": "scheduled", "state": "pending", "due_on": date(2026, 7, 8)},
)
add(
    "no booking after day 5",
    TCM,
    called("2026-07-02 11:00", *R),
    {"stage": "scheduled", "state": "missed", "due_on": date(2026, 7, 7), "asks": "missed_clock"},
)
add(
    "booked and no word since",
    TCM,
    [
        *called("2026-07-01 11:00", ("2026-07-02 09:00", "reached")),
        appointment(who(), "2026-07-03 09:00"),
    ],
    {"stage": "seen", "state": "pending", "asks": "review"},
)
add(
    "booked before the discharge for after it",
    TCM,
    [
        *called("2026-07-02 11:00", *R),
        appointment(who(), "2026-07-09 09:00", recorded="2026-05-01"),
    ],
    {"stage": "seen"},
)
SEEN = {"stage": "documented", "done": ("contacted", "seen")}
for name, values, expected in (
    ("finished", {}, SEEN),
    ("in progress", {"status": "in-progress"}, {"stage": "scheduled"}),
    ("by the nurse", {"practitioner_id": "nurse1"}, {"stage": "scheduled"}),
    ("by nobody known", {"practitioner_id": "dr9"}, {"stage": "scheduled"}),
    ("in the emergency department", {"class_code": "EMER"}, {"stage": "scheduled"}),
    ("by video", {"class_code": "VR"}, SEEN),
    ("at home", {"class_code": "HH"}, SEEN),
):
    add(
        f"visit {name}",
        TCM,
        [*called("2026-07-03 11:00", *R), visit(who(), "2026-07-07 09:00", **values)],
        expected,
    )
add(
    "visit before the discharge",
    TCM,
    [*called("2026-07-03 11:00", *R), visit(who(), "2026-07-03 09:00")],
    {"stage": "scheduled"},
)
add(
    "seen on day 30",
    TCM,
    [
        *called(back(30) + " 11:00", (back(28) + " 10:00", "reached")),
        visit(who(), TODAY + " 09:00"),
    ],
    {"stage": "documented"},
)
for days, state in ((14, "missed"), (13, "pending")):
    add(
        f"not seen after {days} days",
        TCM,
        [
            *called(back(days) + " 11:00", (back(days - 1) + " 10:00", "reached")),
            appointment(who(), back(days - 3)),
        ],
        {"stage": "seen", "state": state},
    )

# ---- transitional care: level, days, contact and medicines make the code -----------------------


def seen(
    days: int,
    level: str | None,
    *,
    left: int = 20,
    contact: str | None = "reached",
    contact_days: int = 1,
    medicines: int | None = 0,
    code: str = "99214",
    signed: int | None = 0,
    tries: int = 0,
) -> list[Record]:
    """Discharged on a Wednesday, seen so many days later, documented and charged."""
    p, at = who(), back(left - days)
    out = [
        *discharged(back(left) + " 11:00"),
        visit(p, at + " 15:00"),
        charge(p, at + " 15:00", code, level=level),
    ]
    if contact:
        out.append(call(p, back(left - contact_days) + " 10:00", contact))
    out += [call(p, back(left - 1 - n) + " 10:00", "no_answer") for n in range(tries)]
    if medicines is not None:
        out.append(reconciliation(p, back(left - days - medicines) + " 15:10"))
    if signed is not None:
        out.append(note(p, back(left - days - signed) + " 12:00"))
    return out


for days, level, code in (
    (7, "high", "99496"),
    (8, "high", "99495"),
    (14, "high", "99495"),
    (15, "high", "ordinary"),
    (7, "moderate", "99495"),
    (8, "moderate", "99495"),
    (14, "moderate", "99495"),
    (15, "moderate", "ordinary"),
    (7, "low", "ordinary"),
    (7, "straightforward", "ordinary"),
    (0, "high", "99496"),
    (7, None, "ordinary"),
):
    add(
        f"seen on day {days}, {level}",
        TCM,
        seen(days, level, code=code if code[0] == "9" else "99214"),
        {"stage": "billed", "code": code},
    )
# Wednesday 17 June; Friday is Juneteenth, so that Monday 22 June is the second business day
add(
    "reached on the second business day",
    TCM,
    seen(7, "high", contact_days=5, code="99496"),
    {"code": "99496"},
)
add("reached a business day later", TCM, seen(7, "high", contact_days=6), {"code": "ordinary"})
add(
    "never reached, two timely tries",
    TCM,
    seen(7, "high", contact=None, tries=2, code="99496"),
    {"code": "99496", "stage": "billed"},
)
add(
    "never reached, one try: care goes on",
    TCM,
    seen(7, "high", contact=None, tries=1),
    {"code": "ordinary", "stage": "billed", "done": ("seen", "documented")},
)
add(
    "medicines reconciled the day before",
    TCM,
    seen(7, "high", medicines=-1, code="99496"),
    {"code": "99496"},
)
add("medicines reconciled the day after", TCM, seen(7, "high", medicines=1), {"code": "ordinary"})
add("medicines never reconciled", TCM, seen(7, "high", medicines=None), {"code": "ordinary"})
add(
    "charged higher than documented",
    TCM,
    seen(8, "high", code="99496"),
    {"stage": "billed", "asks": "charge_check", "code": "99495"},
)
add(
    "charged as care without contact",
    TCM,
    seen(7, "high", contact=None, code="99495"),
    {"stage": "billed", "asks": "charge_check", "code": "ordinary"},
)
add(
    "not signed yet",
    TCM,
    seen(17, "high", signed=None),
    {"stage": "documented", "asks": "documentation"},
)
add(
    "not signed after five days",
    TCM,
    seen(15, "high", signed=None),
    {"stage": "documented", "state": "missed", "asks": "unsigned_note"},
)
add(
    "not signed on the fifth day",
    TCM,
    seen(16, "high", signed=None),
    {"stage": "documented", "state": "pending"},
)
add(
    "signed today: held before it is billed",
    TCM,
    seen(20, "low"),
    {"stage": "billed", "asks": "wait"},
)
add("signed the day before yesterday", TCM, seen(17, "low"), {"stage": "billed", "asks": "billing"})
add("signed yesterday", TCM, seen(19, "low"), {"stage": "billed", "asks": "wait"})
add(
    "not billed in 14 days",
    TCM,
    seen(6, "low"),
    {"stage": "billed", "state": "missed", "asks": "missed_clock"},
)
add("to be billed on the 14th day", TCM, seen(7, "low"), {"stage": "billed", "state": "pending"})
p = who()
add(
    "seen, nothing charged",
    TCM,
    [r for r in seen(15, "low") if r.table != "charge_item"],
    {"stage": "billed", "asks": "missing_charge"},
)

# ---- transitional care: what ends it -----------------------------------------------------------


def with_patient(records: list[Record], **values: Any) -> list[Record]:
    p = who()
    return [patient(p, **values), *(r for r in records if r.table != "patient")]


add(
    "died before anybody saw them",
    TCM,
    with_patient(
        discharged("2026-07-06 11:00"), is_deceased=True, deceased_at=moment("2026-07-07")
    ),
    {"status": "excluded", "reason": "died"},
)
for days_after, code in ((29, "ordinary"), (30, "99496")):
    add(
        f"died {days_after} days after the discharge",
        TCM,
        with_patient(
            seen(7, "high", left=30, code="99496"),
            is_deceased=True,
            deceased_at=moment(back(30 - days_after) + " 12:00"),
        ),
        {"status": "open", "code": code},
    )
for days, status in ((29, "excluded"), (30, "open")):
    p = who()
    add(
        f"admitted again after {days} days",
        TCM,
        [
            *called(back(30) + " 11:00", (back(29) + " 10:00", "reached")),
            appointment(p, back(20)),
            stay(p, back(30 - days) + " 12:00", key="again"),
        ],
        {"status": status},
    )
p = who()
add(
    "admitted again after the visit",
    TCM,
    [*seen(7, "high", code="99496"), stay(p, back(5) + " 12:00", key="again")],
    {"status": "open", "code": "99496"},
)
p = who()
add(
    "admitted again, seen after that",
    TCM,
    [*seen(17, "high"), stay(p, back(12) + " 12:00", back(10) + " 12:00", "snf", key="again")],
    {"status": "excluded", "reason": "readmitted"},
)
for days, opened in ((29, "excluded"), (30, "open")):
    p = who()
    add(
        f"second discharge {days} days after one that was seen",
        TCM,
        [
            *seen(7, "high", left=30, code="99496"),
            stay(p, back(30 - days + 1), back(30 - days) + " 11:30", key="twice"),
        ],
        {"status": opened, "reason": "second_discharge" if opened == "excluded" else None},
    )
p = who()
add(
    "second discharge, the first unseen",
    TCM,
    [*discharged(back(10) + " 11:00"), stay(p, back(5), back(1) + " 11:00", key="twice")],
    OPEN,
)
p = who()
add(
    "in hospice",
    TCM,
    [*discharged("2026-07-06 11:00"), procedure(p, "385763009", "2026-07-06")],
    {"status": "excluded", "reason": "hospice"},
)
add(
    "left the practice",
    TCM,
    with_patient(discharged("2026-07-06 11:00"), is_active=False),
    {"status": "closed", "reason": "left_practice"},
)
add(
    "left the practice after the visit",
    TCM,
    with_patient(seen(17, "low"), is_active=False),
    {"status": "open", "stage": "billed"},
)
for field_, reason in (
    ("global_period", "global_period"),
    ("is_self_pay_restricted", "self_pay_restricted"),
    ("no_charge_reason", "no_charge"),
):
    p = who()
    records = [r for r in seen(17, "high") if r.table != "charge_item"]
    add(
        f"charged with {field_}",
        TCM,
        [
            *records,
            charge(
                p,
                back(3),
                level="high",
                **marked(field_),
            ),
        ],
        {"status": "excluded", "reason": reason},
    )
for days, status in ((29, "excluded"), (30, "open")):
    add(
        f"another's claim {days} days after the discharge",
        TCM,
        [
            *called(back(30) + " 11:00", (back(29) + " 10:00", "reached")),
            appointment(who(), back(20)),
            claim(who(), back(30 - days), ["99495"], npi="7777777777", submitter="OTHER"),
        ],
        {"status": status, "reason": "billed_elsewhere" if status == "excluded" else None},
    )
add(
    "another's claim of 99496",
    TCM,
    [*discharged("2026-07-02 11:00"), claim(who(), "2026-07-06", ["99496"], npi="7777777777")],
    {"status": "excluded", "reason": "billed_elsewhere"},
)
add(
    "another's ordinary claim",
    TCM,
    [*discharged("2026-07-02 11:00"), claim(who(), "2026-07-06", ["99214"], npi="7777777777")],
    {"status": "open"},
)
add(
    "our own claim before our own visit is here",
    TCM,
    [*discharged("2026-07-02 11:00"), claim(who(), "2026-07-06", ["99495"])],
    {"status": "open"},
)

# ---- what blocks reaching out, and not billing -------------------------------------------------

add(
    "opted out",
    TCM,
    [*discharged("2026-07-06 11:00"), consent(who())],
    {"stage": "contacted", "asks": "contact_blocked"},
)
add(
    "opted out of another thing",
    TCM,
    [*discharged("2026-07-06 11:00"), consent(who(), "research")],
    {"asks": "outreach"},
)
add(
    "an opt-out that ended",
    TCM,
    [*discharged("2026-07-06 11:00"), consent(who(), ends_at=moment("2026-07-01"))],
    {"asks": "outreach"},
)
add(
    "opted out after the visit",
    TCM,
    [*seen(17, "low"), consent(who())],
    {"stage": "billed", "asks": "billing"},
)
add(
    "no phone",
    TCM,
    with_patient(discharged("2026-07-06 11:00"), phone=None),
    {"asks": "bad_contact_data"},
)
p = who()
add(
    "in hospital again by tonight, before the case",
    AWV,
    [patient(p), coverage(p), stay(p, "2026-07-07"), eligibility(p, TODAY, following="2026-07-01")],
    {"stage": "contacted", "asks": "wait"},
)
