"""Billed and settled: what answers and payments make of a claim."""

from __future__ import annotations

from typing import Any

from tests.warehouse.cases.scenarios.base import TCM, add, back, who
from tests.warehouse.cases.scenarios.transitional_care import seen
from tests.warehouse.clinic import Record, answer, claim, notice, payment


def billed(*records: Record | list[Record], **values: Any) -> list[Record]:
    """Seen and documented three days ago, with these claims and answers."""
    flat = [r for one in records for r in ([one] if isinstance(one, Record) else one)]
    return [*seen(values.pop("days", 5), "low", **values), *flat]


on = back(15)
p = who()
for category, payer, expected in (
    ("A2", True, {"stage": "settled"}),
    ("A1", True, {"stage": "billed"}),
    ("A0", True, {"stage": "billed"}),
    ("A2", False, {"stage": "billed"}),
    ("A1", False, {"stage": "billed"}),
    ("A3", True, {"stage": "billed", "asks": "claim_rejected"}),
    ("A7", False, {"stage": "billed", "asks": "claim_rejected"}),
    ("A6", True, {"asks": "claim_rejected"}),
    ("A8", True, {"asks": "claim_rejected"}),
):
    add(
        f"answered {category} by the {'payer' if payer else 'clearinghouse'}",
        TCM,
        billed(
            claim(who(), on, sent=back(3)), answer(who(), back(2), category, is_from_payer=payer)
        ),
        expected,
    )
add(
    "sent, no answer",
    TCM,
    billed(claim(who(), on, sent=back(3))),
    {"stage": "billed", "asks": "wait"},
)
for days, asks in ((10, "claim_not_accepted"), (9, "wait")):
    add(
        f"no acceptance for {days} days",
        TCM,
        billed(claim(who(), on, sent=back(days))),
        {"asks": asks},
    )
add(
    "rejected, then sent again",
    TCM,
    billed(
        claim(who(), on, sent=back(9)), answer(who(), back(8), "A7"), claim(who(), on, sent=back(3))
    ),
    {"stage": "billed", "asks": "wait"},
)
add(
    "rejected, then accepted",
    TCM,
    billed(
        claim(who(), on, sent=back(9)),
        answer(who(), back(8), "A7"),
        claim(who(), on, sent=back(3)),
        answer(who(), back(2), "A2"),
    ),
    {"stage": "settled"},
)
add(
    "claim voided",
    TCM,
    billed(
        claim(who(), on, sent=back(9)),
        answer(who(), back(8)),
        claim(who(), on, sent=back(3), frequency="8"),
    ),
    {"stage": "billed"},
)
add(
    "claim of another practitioner that day",
    TCM,
    billed(claim(who(), on, sent=back(3), npi="7777777777"), answer(who(), back(2))),
    {"stage": "billed"},
)
add(
    "claim of another day",
    TCM,
    billed(claim(who(), back(14), sent=back(3)), answer(who(), back(2))),
    {"stage": "billed"},
)
add(
    "claim that names no practitioner",
    TCM,
    billed(claim(who(), on, sent=back(3), npi=None), answer(who(), back(2))),
    {"stage": "settled"},
)


def settled(*records: Record | list[Record], total: float = 200) -> list[Record]:
    p = who()
    return billed(claim(p, on, sent=back(14), total=total), answer(p, back(13)), *records)


DONE = {"status": "completed", "stage": "settled"}
add("paid and adjusted", TCM, settled(payment(who(), back(1), 150, contractual=50)), DONE)
add(
    "one cent is open",
    TCM,
    settled(payment(who(), back(1), 149.99, contractual=50)),
    {"status": "open"},
)
add(
    "contractual alone is no denial",
    TCM,
    settled(payment(who(), back(1), 0, contractual=200)),
    DONE,
)
add(
    "the patient's share is open",
    TCM,
    settled(payment(who(), back(1), 120, contractual=50, share=30)),
    {"status": "open", "asks": "wait"},
)
add(
    "the deductible takes all",
    TCM,
    settled(payment(who(), back(1), 0, contractual=50, share=150)),
    {"status": "open", "asks": "wait"},
)
add(
    "the deductible is paid",
    TCM,
    settled(payment(who(), back(5), 0, contractual=50, share=150), notice(who(), back(1), 150)),
    DONE,
)
add(
    "the share is paid by half",
    TCM,
    settled(payment(who(), back(5), 120, contractual=50, share=30), notice(who(), back(1), 15)),
    {"status": "open"},
)
add(
    "the share is written off by somebody",
    TCM,
    settled(
        payment(who(), back(5), 120, contractual=50, share=30),
        notice(who(), back(1), 30, "written-off"),
    ),
    DONE,
)
add(
    "written off by nobody",
    TCM,
    settled(
        payment(who(), back(5), 120, contractual=50, share=30),
        notice(who(), back(1), 30, "written-off", recorder=None),
    ),
    {"status": "open"},
)
add("denied", TCM, settled(payment(who(), back(1), 0, denied=200)), {"asks": "claim_denied"})
add(
    "denied in part",
    TCM,
    settled(payment(who(), back(1), 100, contractual=50, denied=50)),
    {"asks": "claim_denied"},
)
add(
    "patient not recognised",
    TCM,
    settled(payment(who(), back(1), 0, denied=200, status="4")),
    {"asks": "claim_denied", "status": "open"},
)
add(
    "a secondary payer pays the share",
    TCM,
    settled(
        payment(who(), back(5), 120, contractual=50, share=30),
        payment(who(), back(1), 30, status="2"),
    ),
    DONE,
)
add(
    "reversed, correction to come",
    TCM,
    settled(
        payment(who(), back(5), 150, contractual=50),
        payment(who(), back(1), -150, contractual=-50, status="22"),
    ),
    {"status": "open", "asks": "wait"},
)
add(
    "reversed and corrected",
    TCM,
    settled(
        payment(who(), back(5), 150, contractual=50),
        payment(who(), back(1), -150, contractual=-50, status="22"),
        payment(who(), back(1), 140, contractual=60, key="c"),
    ),
    DONE,
)
add(
    "reversed and denied",
    TCM,
    settled(
        payment(who(), back(5), 150, contractual=50),
        payment(who(), back(1), -150, contractual=-50, status="22"),
        payment(who(), back(1), 0, denied=200, key="c"),
    ),
    {"status": "open", "asks": "claim_denied"},
)
add(
    "paid without an acceptance",
    TCM,
    billed(claim(who(), on, sent=back(14)), payment(who(), back(1), 150, contractual=50)),
    DONE,
)
add("an acceptance and no money yet", TCM, settled(), {"stage": "settled", "asks": "wait"})
add(
    "a total that nobody stated",
    TCM,
    billed(
        claim(who(), on, sent=back(14), total_charge=None),
        answer(who(), back(13)),
        payment(who(), back(1), 150, contractual=50),
    ),
    DONE,
)
