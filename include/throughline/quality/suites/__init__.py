"""What each feed must be like, before it is believed.

A `Rule` looks at rows: its `violation` is a SQL condition over one staged row. Its severity says
what follows: critical stops the feed once more than `tolerated` of its rows violate it, and sets
single rows aside below that; warning sets the rows aside; info is only noted.
"""

from __future__ import annotations

from dataclasses import dataclass

CRITICAL, WARNING, INFO = "critical", "warning", "info"


@dataclass(frozen=True)
class Rule:
    """One expectation of a feed; `name` is the reason that quarantined rows carry."""

    name: str
    violation: str
    severity: str = WARNING
    tolerated: float = 0.2


def _identified(*more: str) -> list[Rule]:
    return [
        Rule("identifier missing", "source_id is null or source_id = ''", CRITICAL),
        *[Rule(f"{name} missing", f"{name} is null", CRITICAL, 0.5) for name in more],
    ]


def _dated(column: str, earliest: str = "1900-01-01") -> list[Rule]:
    return [
        Rule(f"{column} before {earliest[:4]}", f"{column} < date '{earliest}'"),
        Rule(
            f"{column} in the future",
            f"{column} > (select max(cut_off) + interval '3 years' from operations.night)",
        ),
    ]


_ALIVE = "not is_deleted"

SUITES: dict[str, list[Rule]] = {
    "patient": [
        *_identified(),
        Rule("birth_date missing", f"{_ALIVE} and birth_date is null"),
        Rule("birth_date out of range",
             "birth_date < date '1880-01-01' or birth_date > current_date + 3660"),
        Rule("sex not in the code system",
             "sex is not null and sex not in ('male','female','other','unknown')"),
        Rule("deceased before birth", "deceased_at < birth_date"),
        Rule("no record number", f"{_ALIVE} and mrn is null", INFO),
    ],
    "coverage": [
        *_identified(),
        Rule("beneficiary missing", f"{_ALIVE} and subject_id is null"),
        Rule("payer missing", f"{_ALIVE} and payer_id is null", INFO),
        Rule("ends before it starts", "ends_on < starts_on"),
    ],
    "consent": [*_identified(), Rule("patient missing", f"{_ALIVE} and subject_id is null")],
    "encounter": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("class missing", f"{_ALIVE} and class_code is null", CRITICAL, 0.5),
        Rule("status not in the code system",
             f"{_ALIVE} and (status is null or status not in ('planned','arrived','triaged',"
             "'in-progress','onleave','finished','cancelled','entered-in-error','unknown'))",
             CRITICAL, 0.5),
        Rule("ends before it starts", "ends_at < starts_at"),
        *_dated("starts_at"),
    ],
    "condition": [*_identified(), Rule("patient missing", f"{_ALIVE} and subject_id is null")],
    "procedure": [*_identified(), Rule("patient missing", f"{_ALIVE} and subject_id is null")],
    "document_reference": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("status not in the code system",
             f"{_ALIVE} and (status is null or status not in"
             " ('current','superseded','entered-in-error'))"),
        *_dated("authored_at"),
    ],
    "communication": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        *_dated("sent_at", "1990-01-01"),
    ],
    "task": _identified(),
    "charge_item": [
        *_identified(),
        Rule("patient missing", f"{_ALIVE} and subject_id is null"),
        Rule("amount negative", "amount < 0"),
        Rule("units not positive", "quantity <= 0"),
        *_dated("occurred_at"),
    ],
    "payment_notice": [
        *_identified(),
        Rule("claim not named", f"{_ALIVE} and patient_control_number is null"),
    ],
    "practitioner": [
        *_identified(),
        Rule("NPI malformed", "npi is not null and npi !~ '^[0-9]{10}$'", INFO),
    ],
    "organization": _identified(),
    "location": _identified(),
    "appointment": [
        *_identified(),
        Rule("patient missing", "mrn is null and subject_id is null"),
        Rule("start missing", "starts_at is null and status = 'booked'"),
        *_dated("starts_at", "1990-01-01"),
    ],
    "claim": [
        *_identified(),
        Rule("total missing", f"{_ALIVE} and total_charge is null", INFO),
        Rule("total negative", "total_charge < 0"),
        Rule("service ends before it starts", "service_to < service_from"),
    ],
    "claim_response": [
        *_identified("category_code"),
        Rule("claim not named", "patient_control_number is null"),
        Rule("category not in the code list",
             "category_code !~ '^(A[0-8]|P[0-5]|F[0-4]|R[0-9]+|E[0-4]|D0)$'"),
    ],
    "functional_acknowledgement": _identified(),
    "eligibility_response": [*_identified(), *_dated("part_b_from", "1965-07-30")],
    "payment": [
        *_identified(),
        Rule("claim not named", "patient_control_number is null"),
        Rule("paid amount missing", "paid_amount is null"),
        *_dated("paid_on", "1990-01-01"),
    ],
}


def suite_of(feed: str) -> list[Rule]:
    """Return the rules of a feed; one that has no suite must at least be identified."""
    return SUITES.get(feed, _identified())
