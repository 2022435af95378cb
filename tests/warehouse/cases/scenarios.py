"""The rules at their boundaries: one patient each, all of them on one morning.

TODAY is Tuesday 2026-07-07; Friday 3 July is Independence Day observed, Friday 19 June Juneteenth.
A scenario is what the sources hold of a patient, and how the case stands on the next morning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from clinic import (
    Record,
    answer,
    appointment,
    call,
    charge,
    claim,
    consent,
    coverage,
    eligibility,
    note,
    notice,
    patient,
    payment,
    procedure,
    reconciliation,
    stay,
    visit,
)

TODAY = "2026-07-07"
TCM, AWV, CHARGE = "transitional_care", "annual_wellness", "charge_capture"
NONE = "none"


@dataclass(frozen=True)
class Scenario:
    """`expected` names the attributes of the case that are compared; None: there is no case."""

    name: str
    workflow: str
    records: list[Record]
    expected: dict[str, Any] | None
    # (trigger, stage, kind, attempt, status, due): tasks that an earlier night planned
    tasks: list[tuple[str, str, str, int, str, str]] = field(default_factory=list)
    # what was known a week before, by a night of its own
    before: list[Record] = field(default_factory=list)


ALL: list[Scenario] = []


def add(name: str, workflow: str, records: Iterable[Record | list[Record]],
        expected: dict[str, Any] | None, tasks: list[Any] | None = None,
        before: Iterable[Record] = ()) -> None:
    flat = [r for one in records for r in ([one] if isinstance(one, Record) else one)]
    older = [replace(r, version=r.version.replace("2026", "2025", 1)) for r in before]
    ALL.append(Scenario(name, workflow, flat, expected, tasks or [], older))


def who() -> str:
    """Return the patient of the next scenario."""
    return f"s{len(ALL):03d}"


def back(days: int) -> str:
    """Return the day that many days before TODAY."""
    return str(date.fromisoformat(TODAY) - timedelta(days=days))


# ---- transitional care: what opens it ----------------------------------------------------------


def discharged(left: str, to: str | None = "home", **values: Any) -> list[Record]:
    """A patient of Part B who left a stay; no more is known."""
    p = who()
    return [patient(p), coverage(p), stay(p, "2026-06-01", left, to, **values)]


OPEN = {"status": "open", "stage": "contacted"}
for to in ("home", "alt-home", "home-health", "01", "06", "81", "86"):
    add(f"discharged to {to}", TCM, discharged("2026-07-06 11:00", to), OPEN)
for to in ("snf", "03", "rehab", "62", "long", "psy", "aadvc", "07", "exp", "20", "other-hcf", "02", "oth", None):
    add(f"discharged to {to}", TCM, discharged("2026-07-06 11:00", to), None)
add("discharged to hospice", TCM, discharged("2026-07-06 11:00", "hosp"), None)
for facility in ("acute", "snf", "psych", "rehab", "ltch", "partial"):
    add(f"home from {facility}", TCM, discharged("2026-07-06 11:00", facility=facility), OPEN)
add("home from observation", TCM, discharged("2026-07-06 11:00", kind="OBSENC"), OPEN)
add("home from the emergency department", TCM, discharged("2026-07-06 11:00", kind="EMER"), None)
add("still there", TCM, [patient(who()), coverage(who()), stay(who(), "2026-07-01")], None)
add("known on the 30th day", TCM, discharged(back(30) + " 11:00"), {"status": "open"})
add("known on the 31st day", TCM, discharged(back(31) + " 11:00"), None)
for payer, kind, opens in (("MEDB1", "12", True), ("SUNADV", "11", True), ("MCAID", "2", True),
                           ("COMM1", "5", True), ("SELF", "81", False), ("WORK", "95", False)):
    p = who()
    add(f"covered by {payer}", TCM,
        [patient(p), coverage(p, payer, kind), stay(p, "2026-07-01", "2026-07-06 11:00")],
        OPEN if opens else None)
p = who()
add("covered until the day before", TCM,
    [patient(p), coverage(p, ends="2026-07-05"), stay(p, "2026-07-01", "2026-07-06 23:00")], None)
p = who()
add("covered until that day", TCM,
    [patient(p), coverage(p, ends="2026-07-06"), stay(p, "2026-07-01", "2026-07-06 23:00")], OPEN)
p = who()
add("covered from that day", TCM,
    [patient(p), coverage(p, starts="2026-07-06"), stay(p, "2026-07-01", "2026-07-06 00:30")], OPEN)
p = who()
add("covered from the day after", TCM,
    [patient(p), coverage(p, starts="2026-07-07"), stay(p, "2026-07-01", "2026-07-06 23:00")], None)
p = who()
add("nobody's patient", TCM,
    [patient(p, general_practitioner_id=None), coverage(p), stay(p, "2026-07-01", "2026-07-06 11:00")], None)
p = who()
add("a new patient", TCM, [patient(p), coverage(p), stay(p, "2026-07-05", "2026-07-06 11:00")], OPEN)

# ---- transitional care: contact within two business days ---------------------------------------

for left, due in (("2026-07-06 11:00", "2026-07-08"), ("2026-07-05 11:00", "2026-07-07"),
                  ("2026-07-04 11:00", "2026-07-07"), ("2026-07-03 11:00", "2026-07-07"),
                  ("2026-07-02 23:30", "2026-07-07"), ("2026-07-01 11:00", "2026-07-06"),
                  ("2026-06-30 11:00", "2026-07-02"), ("2026-06-18 11:00", "2026-06-23"),
                  ("2026-06-17 11:00", "2026-06-22"), ("2026-06-12 11:00", "2026-06-16")):
    late = due <= TODAY
    add(f"left {left}, to be reached by {due}", TCM, discharged(left),
        {"stage": "contacted", "state": "missed" if late else "pending", "due_on": date.fromisoformat(due),
         "asks": "missed_clock" if late else "outreach"})


def called(left: str, *calls: tuple[str, str | None], **values: Any) -> list[Record]:
    return [*discharged(left), *(call(who(), at, outcome, **values) for at, outcome in calls)]


REACHED = {"stage": "scheduled", "asks": "scheduling", "done": ("contacted",)}
add("reached", TCM, called("2026-07-06 11:00", ("2026-07-06 15:00", "reached")), REACHED)
add("reached before the discharge", TCM, called("2026-07-06 11:00", ("2026-07-06 10:00", "reached")),
    {"stage": "contacted", "asks": "outreach"})
for outcome in ("left_message", "no_answer"):
    add(f"one try, {outcome}", TCM, called("2026-07-06 11:00", ("2026-07-07 10:00", outcome)),
        {"stage": "contacted", "state": "pending", "asks": "outreach"})
add("a text is a try", TCM,
    called("2026-07-06 11:00", ("2026-07-07 10:00", None), medium_code="SMSWRIT"),
    {"stage": "contacted", "done": ()})
add("a call about a booking is a try", TCM,
    called("2026-07-06 11:00", ("2026-07-07 10:00", "reached"), category_code="scheduling"),
    {"stage": "contacted", "done": ()})
TRIES = [("2026-07-06 10:00", "no_answer"), ("2026-07-07 10:00", "left_message")]
add("two timely tries meet the clock, and go on", TCM, called("2026-07-02 11:00", *TRIES),
    {"stage": "contacted", "state": "pending", "asks": "outreach"})
add("two tries on one day are one", TCM,
    called("2026-07-02 11:00", ("2026-07-07 10:00", "no_answer"), ("2026-07-07 15:00", "no_answer")),
    {"stage": "contacted", "state": "missed", "asks": "missed_clock"})
add("one try only", TCM, called("2026-07-02 11:00", TRIES[0]), {"state": "missed", "asks": "missed_clock"})
add("the second try too late", TCM,
    called("2026-07-01 11:00", ("2026-07-02 10:00", "no_answer"), ("2026-07-07 10:00", "no_answer")),
    {"state": "missed", "asks": "missed_clock"})
add("tries before the discharge", TCM,
    called("2026-07-02 11:00", ("2026-07-01 10:00", "no_answer"), ("2026-07-07 10:00", "no_answer")),
    {"state": "missed"})
add("declined", TCM, called("2026-07-06 11:00", ("2026-07-07 10:00", "declined")),
    {"status": "closed", "reason": "declined"})
add("declined, then reached", TCM,
    called("2026-07-06 11:00", ("2026-07-06 13:00", "declined"), ("2026-07-07 10:00", "reached")), REACHED)
for outcome, asks in (("deceased", "verify_death"), ("readmitted", "verify_readmission"),
                      ("done_elsewhere", "verify_elsewhere"), ("wrong_number", "bad_contact_data")):
    add(f"said {outcome}", TCM, called("2026-07-06 11:00", ("2026-07-07 10:00", outcome)),
        {"stage": "contacted", "asks": asks, "done": ()})
add("reached in the window", TCM, called(back(30) + " 11:00", (TODAY + " 10:00", "reached")),
    {"done": ("contacted",)})
OUTREACH = "ehr-contact"


def tried(times: int) -> list[tuple[str, str, str, int, str, str]]:
    """Outreach tasks of the stay that failed, one after the other."""
    return [(f"encounter/{who()}-stay", "contacted", "outreach", n + 1, "failed", back(1))
            for n in range(times)]


add("four tasks failed", TCM, called("2026-07-02 11:00", *TRIES),
    {"stage": "contacted", "asks": "outreach"}, tried(4))
add("five tasks failed", TCM, called("2026-07-02 11:00", *TRIES),
    {"stage": "contacted", "asks": "attempts_exhausted"}, tried(5))

# ---- transitional care: booked and seen --------------------------------------------------------

R = [("2026-07-06 09:00", "reached")]
add("booked", TCM, [*called("2026-07-02 11:00", *R), appointment(who(), "2026-07-09 09:00")],
    {"stage": "seen", "asks": "wait", "done": ("contacted", "scheduled")})
add("arrived, no visit yet", TCM,
    [*called("2026-07-02 11:00", *R), appointment(who(), "2026-07-07 09:00", status="arrived")],
    {"stage": "seen", "asks": "wait", "done": ("contacted", "scheduled")})
for status in ("cancelled", "noshow", "pending"):
    add(f"appointment {status}", TCM,
        [*called("2026-07-03 11:00", *R), appointment(who(), "2026-07-09 09:00", status=status)],
        {"stage": "scheduled", "asks": "scheduling"})
add("booked with the nurse", TCM, [*called("2026-07-03 11:00", *R), appointment(who(), "2026-07-09", "NURSE")],
    {"stage": "scheduled", "asks": "scheduling"})
add("booked on day 14", TCM, [*called("2026-07-02 11:00", *R), appointment(who(), "2026-07-16 09:00")],
    {"stage": "seen"})
add("booked on day 15", TCM, [*called("2026-07-02 11:00", *R), appointment(who(), "2026-07-17 09:00")],
    {"stage": "scheduled"})
add("booking still to be made on day 5", TCM, called("2026-07-03 11:00", *R),
    {"stage": "scheduled", "state": "pending", "due_on": date(2026, 7, 8)})
add("no booking after day 5", TCM, called("2026-07-02 11:00", *R),
    {"stage": "scheduled", "state": "missed", "due_on": date(2026, 7, 7), "asks": "missed_clock"})
add("booked and no word since", TCM,
    [*called("2026-07-01 11:00", ("2026-07-02 09:00", "reached")), appointment(who(), "2026-07-03 09:00")],
    {"stage": "seen", "state": "pending", "asks": "review"})
add("booked before the discharge for after it", TCM,
    [*called("2026-07-02 11:00", *R), appointment(who(), "2026-07-09 09:00", recorded="2026-05-01")],
    {"stage": "seen"})
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
    add(f"visit {name}", TCM,
        [*called("2026-07-03 11:00", *R), visit(who(), "2026-07-07 09:00", **values)], expected)
add("visit before the discharge", TCM,
    [*called("2026-07-03 11:00", *R), visit(who(), "2026-07-03 09:00")], {"stage": "scheduled"})
add("seen on day 30", TCM, [*called(back(30) + " 11:00", (back(28) + " 10:00", "reached")),
                            visit(who(), TODAY + " 09:00")], {"stage": "documented"})
for days, state in ((14, "missed"), (13, "pending")):
    add(f"not seen after {days} days", TCM,
        [*called(back(days) + " 11:00", (back(days - 1) + " 10:00", "reached")),
         appointment(who(), back(days - 3))], {"stage": "seen", "state": state})

# ---- transitional care: level, days, contact and medicines make the code -----------------------


def seen(days: int, level: str | None, *, left: int = 20, contact: str | None = "reached",
         contact_days: int = 1, medicines: int | None = 0, code: str = "99214",
         signed: int | None = 0, tries: int = 0) -> list[Record]:
    """Discharged on a Wednesday, seen so many days later, documented and charged."""
    p, at = who(), back(left - days)
    out = [*discharged(back(left) + " 11:00"), visit(p, at + " 15:00"),
           charge(p, at + " 15:00", code, level=level)]
    if contact:
        out.append(call(p, back(left - contact_days) + " 10:00", contact))
    out += [call(p, back(left - 1 - n) + " 10:00", "no_answer") for n in range(tries)]
    if medicines is not None:
        out.append(reconciliation(p, back(left - days - medicines) + " 15:10"))
    if signed is not None:
        out.append(note(p, back(left - days - signed) + " 12:00"))
    return out


for days, level, code in (
    (7, "high", "99496"), (8, "high", "99495"), (14, "high", "99495"), (15, "high", "ordinary"),
    (7, "moderate", "99495"), (8, "moderate", "99495"), (14, "moderate", "99495"),
    (15, "moderate", "ordinary"), (7, "low", "ordinary"), (7, "straightforward", "ordinary"),
    (0, "high", "99496"), (7, None, "ordinary"),
):
    add(f"seen on day {days}, {level}", TCM, seen(days, level, code=code if code[0] == "9" else "99214"),
        {"stage": "billed", "code": code})
# Wednesday 17 June; Friday is Juneteenth, so that Monday 22 June is the second business day
add("reached on the second business day", TCM, seen(7, "high", contact_days=5, code="99496"), {"code": "99496"})
add("reached a business day later", TCM, seen(7, "high", contact_days=6), {"code": "ordinary"})
add("never reached, two timely tries", TCM, seen(7, "high", contact=None, tries=2, code="99496"),
    {"code": "99496", "stage": "billed"})
add("never reached, one try: care goes on", TCM, seen(7, "high", contact=None, tries=1),
    {"code": "ordinary", "stage": "billed", "done": ("seen", "documented")})
add("medicines reconciled the day before", TCM, seen(7, "high", medicines=-1, code="99496"), {"code": "99496"})
add("medicines reconciled the day after", TCM, seen(7, "high", medicines=1), {"code": "ordinary"})
add("medicines never reconciled", TCM, seen(7, "high", medicines=None), {"code": "ordinary"})
add("charged higher than documented", TCM, seen(8, "high", code="99496"),
    {"stage": "billed", "asks": "charge_check", "code": "99495"})
add("charged as care without contact", TCM, seen(7, "high", contact=None, code="99495"),
    {"stage": "billed", "asks": "charge_check", "code": "ordinary"})
add("not signed yet", TCM, seen(17, "high", signed=None), {"stage": "documented", "asks": "documentation"})
add("not signed after five days", TCM, seen(15, "high", signed=None),
    {"stage": "documented", "state": "missed", "asks": "unsigned_note"})
add("not signed on the fifth day", TCM, seen(16, "high", signed=None), {"stage": "documented", "state": "pending"})
add("signed today: held before it is billed", TCM, seen(20, "low"), {"stage": "billed", "asks": "wait"})
add("signed the day before yesterday", TCM, seen(17, "low"), {"stage": "billed", "asks": "billing"})
add("signed yesterday", TCM, seen(19, "low"), {"stage": "billed", "asks": "wait"})
add("not billed in 14 days", TCM, seen(6, "low"),
    {"stage": "billed", "state": "missed", "asks": "missed_clock"})
add("to be billed on the 14th day", TCM, seen(7, "low"), {"stage": "billed", "state": "pending"})
p = who()
add("seen, nothing charged", TCM, [r for r in seen(15, "low") if r.table != "charge_item"],
    {"stage": "billed", "asks": "missing_charge"})

# ---- transitional care: what ends it -----------------------------------------------------------


def with_patient(records: list[Record], **values: Any) -> list[Record]:
    p = who()
    return [patient(p, **values), *(r for r in records if r.table != "patient")]


from clinic import moment  # noqa: E402

add("died before anybody saw them", TCM,
    with_patient(discharged("2026-07-06 11:00"), is_deceased=True, deceased_at=moment("2026-07-07")),
    {"status": "excluded", "reason": "died"})
for left, code in ((29, "ordinary"), (30, "99496")):
    add(f"died {left} days after the discharge", TCM,
        with_patient(seen(7, "high", left=30, code="99496"), is_deceased=True,
                     deceased_at=moment(back(30 - left) + " 12:00")),
        {"status": "open", "code": code})
for days, status in ((29, "excluded"), (30, "open")):
    p = who()
    add(f"admitted again after {days} days", TCM,
        [*called(back(30) + " 11:00", (back(29) + " 10:00", "reached")), appointment(p, back(20)),
         stay(p, back(30 - days) + " 12:00", key="again")], {"status": status})
p = who()
add("admitted again after the visit", TCM,
    [*seen(7, "high", code="99496"), stay(p, back(5) + " 12:00", key="again")],
    {"status": "open", "code": "99496"})
p = who()
add("admitted again, seen after that", TCM,
    [*seen(17, "high"), stay(p, back(12) + " 12:00", back(10) + " 12:00", "snf", key="again")],
    {"status": "excluded", "reason": "readmitted"})
for days, opened in ((29, "excluded"), (30, "open")):
    p = who()
    add(f"second discharge {days} days after one that was seen", TCM,
        [*seen(7, "high", left=30, code="99496"),
         stay(p, back(30 - days + 1), back(30 - days) + " 11:30", key="twice")],
        {"status": opened, "reason": "second_discharge" if opened == "excluded" else None})
p = who()
add("second discharge, the first unseen", TCM,
    [*discharged(back(10) + " 11:00"), stay(p, back(5), back(1) + " 11:00", key="twice")], OPEN)
p = who()
add("in hospice", TCM, [*discharged("2026-07-06 11:00"), procedure(p, "385763009", "2026-07-06")],
    {"status": "excluded", "reason": "hospice"})
add("left the practice", TCM, with_patient(discharged("2026-07-06 11:00"), is_active=False),
    {"status": "closed", "reason": "left_practice"})
add("left the practice after the visit", TCM, with_patient(seen(17, "low"), is_active=False),
    {"status": "open", "stage": "billed"})
for field_, reason in (("global_period", "global_period"), ("is_self_pay_restricted", "self_pay_restricted"),
                       ("no_charge_reason", "no_charge")):
    p = who()
    records = [r for r in seen(17, "high") if r.table != "charge_item"]
    add(f"charged with {field_}", TCM,
        [*records, charge(p, back(3), level="high",
                          **{field_: "courtesy" if field_ == "no_charge_reason" else True})],
        {"status": "excluded", "reason": reason})
for days, status in ((29, "excluded"), (30, "open")):
    add(f"another's claim {days} days after the discharge", TCM,
        [*called(back(30) + " 11:00", (back(29) + " 10:00", "reached")), appointment(who(), back(20)),
         claim(who(), back(30 - days), ["99495"], npi="7777777777", submitter="OTHER")],
        {"status": status, "reason": "billed_elsewhere" if status == "excluded" else None})
add("another's claim of 99496", TCM,
    [*discharged("2026-07-02 11:00"), claim(who(), "2026-07-06", ["99496"], npi="7777777777")],
    {"status": "excluded", "reason": "billed_elsewhere"})
add("another's ordinary claim", TCM,
    [*discharged("2026-07-02 11:00"), claim(who(), "2026-07-06", ["99214"], npi="7777777777")],
    {"status": "open"})
add("our own claim before our own visit is here", TCM,
    [*discharged("2026-07-02 11:00"), claim(who(), "2026-07-06", ["99495"])], {"status": "open"})

# ---- what blocks reaching out, and not billing -------------------------------------------------

add("opted out", TCM, [*discharged("2026-07-06 11:00"), consent(who())],
    {"stage": "contacted", "asks": "contact_blocked"})
add("opted out of another thing", TCM, [*discharged("2026-07-06 11:00"), consent(who(), "research")],
    {"asks": "outreach"})
add("an opt-out that ended", TCM,
    [*discharged("2026-07-06 11:00"), consent(who(), ends_at=moment("2026-07-01"))], {"asks": "outreach"})
add("opted out after the visit", TCM, [*seen(17, "low"), consent(who())], {"stage": "billed", "asks": "billing"})
add("no phone", TCM, with_patient(discharged("2026-07-06 11:00"), phone=None), {"asks": "bad_contact_data"})
p = who()
add("in hospital again by tonight, before the case", AWV,
    [patient(p), coverage(p), stay(p, "2026-07-07"), eligibility(p, TODAY, following="2026-07-01")],
    {"stage": "contacted", "asks": "wait"})

# ---- billed and settled ------------------------------------------------------------------------


def billed(*records: Record | list[Record], **values: Any) -> list[Record]:
    """Seen and documented three days ago, with these claims and answers."""
    flat = [r for one in records for r in ([one] if isinstance(one, Record) else one)]
    return [*seen(values.pop("days", 5), "low", **values), *flat]


on = back(15)
p = who()
for category, payer, expected in (
    ("A2", True, {"stage": "settled"}), ("A1", True, {"stage": "billed"}), ("A0", True, {"stage": "billed"}),
    ("A2", False, {"stage": "billed"}), ("A1", False, {"stage": "billed"}),
    ("A3", True, {"stage": "billed", "asks": "claim_rejected"}),
    ("A7", False, {"stage": "billed", "asks": "claim_rejected"}),
    ("A6", True, {"asks": "claim_rejected"}), ("A8", True, {"asks": "claim_rejected"}),
):
    add(f"answered {category} by the {'payer' if payer else 'clearinghouse'}", TCM,
        billed(claim(who(), on, sent=back(3)), answer(who(), back(2), category, is_from_payer=payer)), expected)
add("sent, no answer", TCM, billed(claim(who(), on, sent=back(3))), {"stage": "billed", "asks": "wait"})
for days, asks in ((10, "claim_not_accepted"), (9, "wait")):
    add(f"no acceptance for {days} days", TCM, billed(claim(who(), on, sent=back(days))), {"asks": asks})
add("rejected, then sent again", TCM,
    billed(claim(who(), on, sent=back(9)), answer(who(), back(8), "A7"), claim(who(), on, sent=back(3))),
    {"stage": "billed", "asks": "wait"})
add("rejected, then accepted", TCM,
    billed(claim(who(), on, sent=back(9)), answer(who(), back(8), "A7"), claim(who(), on, sent=back(3)),
           answer(who(), back(2), "A2")), {"stage": "settled"})
add("claim voided", TCM,
    billed(claim(who(), on, sent=back(9)), answer(who(), back(8)), claim(who(), on, sent=back(3), frequency="8")),
    {"stage": "billed"})
add("claim of another practitioner that day", TCM,
    billed(claim(who(), on, sent=back(3), npi="7777777777"), answer(who(), back(2))), {"stage": "billed"})
add("claim of another day", TCM, billed(claim(who(), back(14), sent=back(3)), answer(who(), back(2))),
    {"stage": "billed"})
add("claim that names no practitioner", TCM,
    billed(claim(who(), on, sent=back(3), npi=None), answer(who(), back(2))), {"stage": "settled"})


def settled(*records: Record | list[Record], total: float = 200) -> list[Record]:
    p = who()
    return billed(claim(p, on, sent=back(14), total=total), answer(p, back(13)), *records)


DONE = {"status": "completed", "stage": "settled"}
add("paid and adjusted", TCM, settled(payment(who(), back(1), 150, contractual=50)), DONE)
add("one cent is open", TCM, settled(payment(who(), back(1), 149.99, contractual=50)), {"status": "open"})
add("contractual alone is no denial", TCM, settled(payment(who(), back(1), 0, contractual=200)), DONE)
add("the patient's share is open", TCM, settled(payment(who(), back(1), 120, contractual=50, share=30)),
    {"status": "open", "asks": "wait"})
add("the deductible takes all", TCM, settled(payment(who(), back(1), 0, contractual=50, share=150)),
    {"status": "open", "asks": "wait"})
add("the deductible is paid", TCM,
    settled(payment(who(), back(5), 0, contractual=50, share=150), notice(who(), back(1), 150)), DONE)
add("the share is paid by half", TCM,
    settled(payment(who(), back(5), 120, contractual=50, share=30), notice(who(), back(1), 15)),
    {"status": "open"})
add("the share is written off by somebody", TCM,
    settled(payment(who(), back(5), 120, contractual=50, share=30), notice(who(), back(1), 30, "written-off")),
    DONE)
add("written off by nobody", TCM,
    settled(payment(who(), back(5), 120, contractual=50, share=30),
            notice(who(), back(1), 30, "written-off", recorder=None)), {"status": "open"})
add("denied", TCM, settled(payment(who(), back(1), 0, denied=200)), {"asks": "claim_denied"})
add("denied in part", TCM, settled(payment(who(), back(1), 100, contractual=50, denied=50)),
    {"asks": "claim_denied"})
add("patient not recognised", TCM, settled(payment(who(), back(1), 0, denied=200, status="4")),
    {"asks": "claim_denied", "status": "open"})
add("a secondary payer pays the share", TCM,
    settled(payment(who(), back(5), 120, contractual=50, share=30), payment(who(), back(1), 30, status="2")),
    DONE)
add("reversed, correction to come", TCM,
    settled(payment(who(), back(5), 150, contractual=50),
            payment(who(), back(1), -150, contractual=-50, status="22")), {"status": "open", "asks": "wait"})
add("reversed and corrected", TCM,
    settled(payment(who(), back(5), 150, contractual=50),
            payment(who(), back(1), -150, contractual=-50, status="22"),
            payment(who(), back(1), 140, contractual=60, key="c")), DONE)
add("reversed and denied", TCM,
    settled(payment(who(), back(5), 150, contractual=50),
            payment(who(), back(1), -150, contractual=-50, status="22"),
            payment(who(), back(1), 0, denied=200, key="c")), {"status": "open", "asks": "claim_denied"})
add("paid without an acceptance", TCM,
    billed(claim(who(), on, sent=back(14)), payment(who(), back(1), 150, contractual=50)), DONE)
add("an acceptance and no money yet", TCM, settled(), {"stage": "settled", "asks": "wait"})
add("a total that nobody stated", TCM,
    billed(claim(who(), on, sent=back(14), total_charge=None), answer(who(), back(13)),
           payment(who(), back(1), 150, contractual=50)), DONE)

# ---- annual wellness ---------------------------------------------------------------------------


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
add("last visit by another practice", AWV,
    member(claim(who(), "2025-08-15", ["G0439"], npi="7777777777", submitter="OTHER")), None)
for code in ("G0402", "G0438", "G0468"):
    add(f"last visit was {code}", AWV, member(claim(who(), "2026-01-15", [code])), None)
add("an ordinary visit is none", AWV, member(claim(who(), "2026-06-15", ["99214"])), ASK)
for due, status in (("2026-07-07", "contacted"), ("2026-07-08", None)):
    add(f"payable from {due}", AWV, member(eligibility(who(), TODAY, following=due)),
        {"status": "open", "stage": "contacted", "done": ("due",)} if status else None)
add("the payer knows of a visit that we do not", AWV,
    member(claim(who(), "2024-07-15", ["G0439"]), eligibility(who(), TODAY, following="2026-11-01")), None)
add("active, and no dates", AWV, member(eligibility(who(), TODAY)), {"stage": "contacted", "status": "open"})
for value in ({"is_active": False}, {"reject_code": "75"}):
    add(f"answered {value}", AWV, member(eligibility(who(), TODAY, **value)),
        {"stage": "due", "asks": "eligibility_unknown"})
for asked, done in ((30, ("due",)), (31, ())):
    add(f"asked {asked} days ago", AWV, member(eligibility(who(), back(asked), following="2026-01-01")),
        {"done": done})
for last, kind in (("2026-01-01", None), ("2025-12-31", ASK)):
    add(f"Advantage, last visit {last}", AWV,
        member(claim(who(), last, ["G0439"], payer="SUNADV"), payer="SUNADV", kind="11"), kind)
add("nobody's patient, due", AWV, [patient(who(), general_practitioner_id=None), coverage(who())], None)


def well(code: str, **values: Any) -> list[Record]:
    """Seen for the yearly visit three days ago, documented and charged with this code."""
    p, at = who(), back(3)
    return [visit(p, at + " 09:00"), note(p, at + " 12:00"), charge(p, at, code, level=None),
            eligibility(p, back(4), **values)]


NEW = {"part_b_from": date(2026, 1, 1)}
add("in the first year", AWV, well("G0402", first_year="2026-01-01", first="2027-01-01", **NEW),
    {"stage": "billed", "code": "G0402", "asks": "billing"}, before=member())
for begun, code in ((date(2025, 7, 5), "G0402"), (date(2025, 7, 4), None)):
    add(f"seen on 2026-07-04, Part B from {begun}", AWV,
        well("G0402", first_year="2025-07-05", first="2026-08-01", part_b_from=begun), {"code": code}, before=member())
add("the first after that", AWV, well("G0438", first="2026-07-01", following="2026-07-01"),
    {"stage": "billed", "code": "G0438", "asks": "billing"}, before=member())
add("the next", AWV, well("G0439", following="2026-07-01"), {"code": "G0439", "asks": "billing"}, before=member())
add("the first a second time", AWV, well("G0438", following="2026-07-01"),
    {"stage": "billed", "asks": "charge_check", "code": "G0439"}, before=member())
p = who()
add("seen, and the payer not asked", AWV,
    [visit(p, back(3) + " 09:00"), note(p, back(3)), charge(p, back(3), "G0439", level=None)],
    {"stage": "due", "asks": "eligibility", "done": ("seen", "documented")}, before=member())

# ---- charge capture ----------------------------------------------------------------------------


def unbilled(days: int, *records: Record | list[Record], payer: str = "COMM1", kind: str = "5",
             charged: dict[str, Any] | None = None, signed: bool = True, **values: Any) -> list[Record]:
    p, at = who(), back(days)
    flat = [r for one in records for r in ([one] if isinstance(one, Record) else one)]
    out = [patient(p), coverage(p, payer, kind), visit(p, at + " 09:00", **values), *flat]
    if signed:
        out.append(note(p, at + " 12:00"))
    if charged is None or charged:
        out.append(charge(p, at, **(charged or {})))
    return out


LEAK = {"status": "open", "stage": "billed", "asks": "billing"}
# three business days after Thursday 2 July are Wednesday 8 July; after Wednesday 1 July, Tuesday 7 July
add("inside the practice's lag", CHARGE, unbilled(5), None)
add("at the end of the lag", CHARGE, unbilled(6), LEAK)
add("known 120 days later", CHARGE, unbilled(120), {"status": "open"})
add("known 121 days later", CHARGE, unbilled(121), None)
add("billed by us", CHARGE, unbilled(6, claim(who(), back(6), payer="COMM1")), None)
add("billed by another submitter", CHARGE,
    unbilled(6, claim(who(), back(6), submitter="ELSE", payer="COMM1")), None)
add("voided again", CHARGE, unbilled(6, claim(who(), back(6), frequency="8", payer="COMM1")), {"status": "open"})
add("billed for another day", CHARGE, unbilled(6, claim(who(), back(7), payer="COMM1")), LEAK)
add("billed for another practitioner", CHARGE,
    unbilled(6, claim(who(), back(6), npi="7777777777", payer="COMM1")), LEAK)
add("billed without a practitioner", CHARGE,
    unbilled(6, claim(who(), back(6), npi=None, payer="COMM1")), None)
add("by the nurse", CHARGE, unbilled(6, practitioner_id="nurse1"), None)
add("not signed", CHARGE, unbilled(6, signed=False), None)
add("not finished", CHARGE, unbilled(6, status="in-progress"), None)
add("no charge", CHARGE, unbilled(6, charged={"no_charge_reason": "courtesy"}), None)
add("not billable", CHARGE, unbilled(6, charged={"status": "not-billable"}), None)
add("in a global period", CHARGE, unbilled(6, charged={"global_period": True}), None)
add("paid by the patient, who forbids the claim", CHARGE, unbilled(6, charged={"is_self_pay_restricted": True}), None)
add("paid by themselves", CHARGE, unbilled(6, payer="SELF", kind="81"), None)
for payer, kind in (("MEDB1", "12"), ("SUNADV", "11"), ("MCAID", "2"), ("WORK", "95")):
    add(f"unbilled to {payer}", CHARGE, unbilled(6, payer=payer, kind=kind), LEAK)
add("nothing charged", CHARGE, unbilled(6, charged={"status": "aborted"}), {"asks": "missing_charge"})
p = who()
add("the visit of a discharge", CHARGE, seen(9, "low"), None)
p = who()
add("a second visit after a discharge", CHARGE,
    [*seen(2, "low"), visit(p, back(10) + " 09:00", key="second"), note(p, back(10), "second", key="n2"),
     charge(p, back(10), of="second", key="c2")], LEAK)
for text in ("51847-2", "34117-2", "11506-3"):
    p = who()
    add(f"documented by {text}", CHARGE, [*unbilled(6, signed=False), note(p, back(6), type_code=text)], LEAK)
p = who()
add("documented by something else", CHARGE, [*unbilled(6, signed=False), note(p, back(6), type_code="18842-5")], None)

# ---- clocks and tasks: each stage says until when, and what the next task has to know -----------

add("clock: contacted", TCM, discharged("2026-07-06 11:00"),
    {"due_on": date(2026, 7, 8), "attempt": 1, "days": 1, "priority": "urgent"})
add("clock: scheduled", TCM, called("2026-07-06 11:00", ("2026-07-07 10:00", "reached")),
    {"due_on": date(2026, 7, 11), "days": 2, "visit_type": "TCM", "not_after": "2026-07-13"})
add("clock: seen", TCM,
    [*called("2026-07-06 11:00", ("2026-07-07 10:00", "reached")), appointment(who(), "2026-07-10 09:00")],
    {"stage": "seen", "due_on": date(2026, 7, 20)})
add("clock: documented", TCM, seen(17, "low", signed=None), {"due_on": date(2026, 7, 9), "days": 2})
add("documentation asked for on the day after the visit", TCM, seen(19, "low", signed=None),
    {"asks": "documentation", "due_on": date(2026, 7, 11)})
add("billing asked for two days after the signature", TCM, seen(18, "low"), {"asks": "billing"})
add("a visit looked for", TCM,
    [*called("2026-07-01 11:00", ("2026-07-02 09:00", "reached")), appointment(who(), "2026-07-03 09:00")],
    {"asks": "review", "days": 2, "priority": "routine"})
add("documentation not asked for on the day of the visit", TCM, seen(20, "low", signed=None), {"asks": "wait"})
add("clock: billed", TCM, seen(17, "low"), {"due_on": date(2026, 7, 18), "days": 7})
add("clock: settled", TCM, settled(), {"due_on": date(2026, 8, 8)})
add("clock: due", AWV, member(), {"due_on": date(2026, 7, 21), "days": 3, "priority": "routine"})
add("clock: wellness contacted", AWV, member(eligibility(who(), TODAY, following="2026-07-01")),
    {"due_on": date(2026, 8, 21), "days": 3})
add("clock: wellness scheduled", AWV,
    [call(who(), "2026-07-06 10:00"), eligibility(who(), "2026-07-02", following="2026-07-01")],
    {"stage": "scheduled", "due_on": date(2026, 7, 20), "days": 3, "visit_type": "AWV",
     "not_after": "2026-01-31"}, before=member())
SLOT = [eligibility(who(), "2026-07-02", following="2026-07-01"), call(who(), "2026-07-02 10:00")]
add("clock: wellness seen", AWV, [*SLOT, appointment(who(), "2026-07-10 09:00", "AWV", recorded="2026-07-06")],
    {"stage": "seen", "due_on": date(2026, 9, 4)}, before=member())
add("a wellness visit looked for", AWV,
    [eligibility(who(), "2026-07-01", following="2026-01-01"), call(who(), "2026-07-01 10:00"),
     appointment(who(), "2026-07-03 09:00", "AWV")], {"asks": "review", "days": 5}, before=member())
SLOT = [eligibility(who(), "2026-07-02", following="2026-07-01"), call(who(), "2026-07-02 10:00")]
add("an ordinary slot is no wellness visit", AWV,
    [*SLOT, appointment(who(), "2026-07-10 09:00", "OFFICE", recorded="2026-07-06")],
    {"stage": "scheduled"}, before=member())
SLOT = [eligibility(who(), "2026-07-02", following="2026-07-01"), call(who(), "2026-07-02 10:00")]
add("an ordinary visit is no wellness visit", AWV, [*SLOT, visit(who(), "2026-07-06 09:00")],
    {"stage": "scheduled"}, before=member())
SLOT = [eligibility(who(), "2026-07-02", following="2026-07-01"), call(who(), "2026-07-02 10:00")]
add("a visit that was booked as wellness is one", AWV,
    [*SLOT, appointment(who(), "2026-07-06 09:00", "AWV", status="arrived"),
     visit(who(), "2026-07-06 09:00", appointment_id=f"{who()}-slot")],
    {"stage": "documented", "due_on": date(2026, 7, 11)}, before=member())
for days, asks in ((1, "documentation"), (0, "wait")):
    add(f"wellness documentation asked for {days} days after", AWV,
        [eligibility(who(), "2026-07-02", following="2026-07-01"),
         visit(who(), back(days) + " 09:00"), charge(who(), back(days), "G0439", level=None)],
        {"stage": "documented", "asks": asks} | ({"days": 2} if days else {}), before=member())
add("clock: wellness billed", AWV, well("G0439", following="2026-07-01"),
    {"due_on": date(2026, 7, 18), "days": 7}, before=member())
for days, asks in ((2, "billing"), (1, "wait")):
    add(f"wellness signed {days} days ago", AWV,
        [eligibility(who(), "2026-07-02", following="2026-07-01"), visit(who(), back(days) + " 09:00"),
         note(who(), back(days) + " 12:00"), charge(who(), back(days), "G0439", level=None)],
        {"stage": "billed", "asks": asks}, before=member())
for code in ("G0402", "G0438", "G0439", "G0468"):
    add(f"wellness billed as {code}", AWV,
        [*well(code, following="2026-07-01"), claim(who(), back(3), [code], sent=back(2)), answer(who(), back(1))],
        {"stage": "settled", "due_on": date(2026, 8, 20)}, before=member())
add("wellness billed as an ordinary visit", AWV,
    [*well("G0439", following="2026-07-01"), claim(who(), back(3), ["99214"], sent=back(2)), answer(who(), back(1))],
    {"stage": "billed"}, before=member())
for text in ("51847-2", "34117-2"):
    add(f"wellness documented by {text}", AWV,
        [*(r for r in well("G0439", following="2026-07-01") if r.table != "document_reference"),
         note(who(), back(3), type_code=text)], {"stage": "billed"}, before=member())
for field_, reason in (("is_self_pay_restricted", "self_pay_restricted"), ("no_charge_reason", "no_charge")):
    add(f"wellness charged with {field_}", AWV,
        [*(r for r in well("G0439", following="2026-07-01") if r.table != "charge_item"),
         charge(who(), back(3), "G0439", level=None,
                **{field_: "courtesy" if field_ == "no_charge_reason" else True})],
        {"status": "excluded", "reason": reason}, before=member())
p = who()
add("wellness of somebody in hospice", AWV, [procedure(p, "385763009", "2026-07-06")],
    {"status": "excluded", "reason": "hospice"}, before=member())
p = who()
add("wellness of somebody who left", AWV, [patient(p, is_active=False)],
    {"status": "excluded", "reason": "left_practice"}, before=member())
p = who()
add("wellness of somebody who died", AWV, [patient(p, is_deceased=True, deceased_at=moment("2026-07-05"))],
    {"status": "excluded", "reason": "died"}, before=member())
add("clock: captured charge billed", CHARGE, unbilled(6), {"due_on": date(2026, 7, 14), "days": 7})
add("clock: captured charge settled", CHARGE,
    [claim(who(), back(13), sent=back(5), payer="COMM1"), answer(who(), back(4))],
    {"stage": "settled", "due_on": date(2026, 8, 17)}, before=unbilled(13))
for days, status in ((8, "excluded"), (7, "open")):
    add(f"captured, though a claim was sent {days} days ago", CHARGE,
        [claim(who(), back(13), sent=back(days), payer="COMM1")],
        {"status": status, "reason": "billed_in_time" if status == "excluded" else None}, before=unbilled(13))
for field_, reason in (("is_self_pay_restricted", "self_pay_restricted"), ("no_charge_reason", "no_charge"),
                       ("global_period", "global_period")):
    add(f"captured, then charged with {field_}", CHARGE,
        [charge(who(), back(13), **{field_: "courtesy" if field_ == "no_charge_reason" else True})],
        {"status": "excluded", "reason": reason}, before=unbilled(13))
add("captured, then a discharge is known", CHARGE,
    [stay(who(), back(20), back(16) + " 11:00")],
    {"status": "excluded", "reason": "billed_with_other_case"}, before=unbilled(13))
for text in ("51847-2", "34117-2"):
    add(f"transitional care documented by {text}", TCM,
        [*(r for r in seen(17, "low") if r.table != "document_reference"), note(who(), back(3), type_code=text)],
        {"stage": "billed"})


def again_and_again(kind: str, stage: str, times: int, trigger: str = "") -> list[tuple[str, str, str, int, str, str]]:
    """Tasks of a stage that failed, one after the other."""
    return [(trigger or f"encounter/{who()}-stay", stage, kind, n + 1, "failed", back(1)) for n in range(times)]


for kind, stage, most, records, workflow, trigger, before in (
    ("scheduling", "scheduled", 3, lambda: called("2026-07-06 11:00", ("2026-07-07 10:00", "reached")), TCM, "", False),
    ("review", "seen", 1, lambda: [*called("2026-07-01 11:00", ("2026-07-02 09:00", "reached")),
                                   appointment(who(), "2026-07-03 09:00")], TCM, "", False),
    ("documentation", "documented", 2, lambda: seen(17, "high", signed=None), TCM, "", False),
    ("billing", "billed", 2, lambda: seen(17, "low"), TCM, "", False),
    ("eligibility", "due", 3, member, AWV, "wellness:2026-01", False),
    ("outreach", "contacted", 4, lambda: member(eligibility(who(), TODAY, following="2026-01-01")), AWV,
     "wellness:2026-01", False),
    ("scheduling", "scheduled", 3, lambda: [eligibility(who(), "2026-07-02", following="2026-01-01"),
                                            call(who(), "2026-07-02 10:00")], AWV, "wellness:2026-01", True),
    ("review", "seen", 1, lambda: [eligibility(who(), "2026-07-01", following="2026-01-01"),
                                   call(who(), "2026-07-01 10:00"),
                                   appointment(who(), "2026-07-03 09:00", "AWV")], AWV, "wellness:2026-01", True),
    ("documentation", "documented", 2,
     lambda: [r for r in well("G0439", following="2026-01-01") if r.table != "document_reference"], AWV,
     "wellness:2026-01", True),
    ("billing", "billed", 2, lambda: well("G0439", following="2026-01-01"), AWV, "wellness:2026-01", True),
    ("billing", "billed", 2, lambda: unbilled(6), CHARGE, "visit", False),
):
    for times in (most - 1, most):
        made = trigger if trigger != "visit" else f"encounter/{who()}-visit"
        add(f"{times} tasks of {workflow} {stage} failed", workflow, records(),
            {"stage": stage, "asks": "attempts_exhausted" if times == most else kind},
            again_and_again(kind, stage, times, made), before=member() if before else ())
