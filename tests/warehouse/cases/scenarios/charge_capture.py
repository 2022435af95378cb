"""Charge capture: which visits are a leak."""

from __future__ import annotations

from typing import Any

from tests.warehouse.cases.scenarios.base import CHARGE, add, back, who
from tests.warehouse.cases.scenarios.transitional_care import seen
from tests.warehouse.clinic import Record, charge, claim, coverage, note, patient, visit


def unbilled(
    days: int,
    *records: Record | list[Record],
    payer: str = "COMM1",
    kind: str = "5",
    charged: dict[str, Any] | None = None,
    signed: bool = True,
    **values: Any,
) -> list[Record]:
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
add(
    "billed by another submitter",
    CHARGE,
    unbilled(6, claim(who(), back(6), submitter="ELSE", payer="COMM1")),
    None,
)
add(
    "voided again",
    CHARGE,
    unbilled(6, claim(who(), back(6), frequency="8", payer="COMM1")),
    {"status": "open"},
)
add("billed for another day", CHARGE, unbilled(6, claim(who(), back(7), payer="COMM1")), LEAK)
add(
    "billed for another practitioner",
    CHARGE,
    unbilled(6, claim(who(), back(6), npi="7777777777", payer="COMM1")),
    LEAK,
)
add(
    "billed without a practitioner",
    CHARGE,
    unbilled(6, claim(who(), back(6), npi=None, payer="COMM1")),
    None,
)
p = who()
add(
    "two visits on one day, and the claim of the second",
    CHARGE,
    [
        *unbilled(6),
        visit(p, back(6) + " 11:00", key="second"),
        note(p, back(6), "second", key="n2"),
        charge(p, back(6), "99213", of="second", key="c2"),
        *claim(p, back(6), ["99213"], payer="COMM1"),
    ],
    {**LEAK, "encounter": f"{p}-visit"},
)
add("by the nurse", CHARGE, unbilled(6, practitioner_id="nurse1"), None)
add("not signed", CHARGE, unbilled(6, signed=False), None)
add("not finished", CHARGE, unbilled(6, status="in-progress"), None)
add("no charge", CHARGE, unbilled(6, charged={"no_charge_reason": "courtesy"}), None)
add("not billable", CHARGE, unbilled(6, charged={"status": "not-billable"}), None)
add("in a global period", CHARGE, unbilled(6, charged={"global_period": True}), None)
add(
    "paid by the patient, who forbids the claim",
    CHARGE,
    unbilled(6, charged={"is_self_pay_restricted": True}),
    None,
)
add("paid by themselves", CHARGE, unbilled(6, payer="SELF", kind="81"), None)
for payer, kind in (("MEDB1", "12"), ("SUNADV", "11"), ("MCAID", "2"), ("WORK", "95")):
    add(f"unbilled to {payer}", CHARGE, unbilled(6, payer=payer, kind=kind), LEAK)
add(
    "nothing charged",
    CHARGE,
    unbilled(6, charged={"status": "aborted"}),
    {"asks": "missing_charge"},
)
p = who()
add("the visit of a discharge", CHARGE, seen(9, "low"), None)
p = who()
add(
    "a second visit after a discharge",
    CHARGE,
    [
        *seen(2, "low"),
        visit(p, back(10) + " 09:00", key="second"),
        note(p, back(10), "second", key="n2"),
        charge(p, back(10), of="second", key="c2"),
    ],
    LEAK,
)
for text in ("51847-2", "34117-2", "11506-3"):
    p = who()
    add(
        f"documented by {text}",
        CHARGE,
        [*unbilled(6, signed=False), note(p, back(6), type_code=text)],
        LEAK,
    )
p = who()
add(
    "documented by something else",
    CHARGE,
    [*unbilled(6, signed=False), note(p, back(6), type_code="18842-5")],
    None,
)
