"""What the billing system, the clearinghouse and the payers remember. All of it can be pickled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.claims.adjudication import Member
from sandbox.claims.x12.forms import Claim, Inquiry, PaidClaim

LOCAL = ZoneInfo("America/New_York")

FEEDS = {
    "claim": ("HC", "005010X222A1"),
    "functional_acknowledgement": ("FA", "005010X231A1"),
    "claim_response": ("HN", "005010X214"),
    "eligibility_response": ("HB", "005010X279A1"),
    "payment": ("HP", "005010X221A1"),
}
"""The clearinghouse's feeds with GS01 and GS08 of what they carry."""


@dataclass(frozen=True)
class Enrollment:
    """One coverage as a payer's enrollment file has it; ``patient_id`` is the world's own name for the human."""

    patient_id: str
    payer_id: str
    member_id: str
    starts: date | None
    ends: date | None
    order: int
    is_qmb: bool
    birth_date: date | None
    sex: str


@dataclass(slots=True)
class Submission:
    """One claim that passed the clearinghouse; ``at`` is when the payer counts it as received."""

    number: int
    claim: Claim
    at: datetime
    visit_id: str | None
    is_double: bool


@dataclass(slots=True)
class Accepted:
    """One claim in adjudication, or one thing to do about a paid one (``step``)."""

    submission: Submission
    payer_claim_number: str
    patient_id: str
    step: str = "pay"
    primary: PaidClaim | None = None
    secondary_payer: str = ""


@dataclass(slots=True)
class WorkItem:
    """One row of the billing work queue, as asked and as it stands."""

    work_item_id: str
    idempotency_key: str
    body: dict[str, Any]
    status: str
    reason: str
    control: str
    received_at: datetime
    due: date | None = None


@dataclass
class State:
    """The state of this package between events."""

    seed: int
    members: dict[str, Member] = field(default_factory=dict)
    enrollment: dict[tuple[str, str], Enrollment] = field(default_factory=dict)
    coverages: dict[str, list[Enrollment]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    interchanges: set[tuple[str, str]] = field(default_factory=set)
    standing: dict[tuple[str, str], str] = field(default_factory=dict)
    submitted_visits: dict[str, list[int]] = field(default_factory=dict)
    rejected_once: set[str] = field(default_factory=set)
    pending: dict[date, list[Submission]] = field(default_factory=dict)
    due: dict[date, list[Accepted]] = field(default_factory=dict)
    paid: dict[str, PaidClaim] = field(default_factory=dict)
    forwarded: dict[str, Decimal] = field(default_factory=dict)
    inquiries: list[Inquiry] = field(default_factory=list)
    outbound: dict[str, list[bytes]] = field(default_factory=dict)
    copies: list[bytes] = field(default_factory=list)

    to_bill: dict[date, list[str]] = field(default_factory=dict)
    to_send: dict[date, list[Claim]] = field(default_factory=dict)
    to_verify: list[str] = field(default_factory=list)
    unsigned: set[str] = field(default_factory=set)
    void_when_paid: set[str] = field(default_factory=set)
    numbers: dict[str, str] = field(default_factory=dict)
    billed: dict[str, str] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    claim_visits: dict[str, str] = field(default_factory=dict)
    work_items: dict[str, WorkItem] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def next(self, what: str) -> int:
        """Count on; the first is 1."""
        self.counters[what] = self.counters.get(what, 0) + 1
        return self.counters[what]

    def member(self, patient_id: str) -> Member:
        """What payers hold about a patient."""
        return self.members.setdefault(patient_id, Member())
