"""The feeds that only X12 reads: what payers and clearinghouses answer."""

from __future__ import annotations

from throughline.sources.entry import Code, Entry, Table

# What the transaction set of a payment states, and what its claims explain.
_OF_ITS_SET = ("set_at", "set_stated", "set_explained")

FEEDS: tuple[Entry, ...] = (
    Entry(
        name="claim_response",
        standards=("x12",),
        tables=(
            Table(
                "claim_response",
                ("claim_rejected", "claim_accepted", "claim_forwarded"),
                codes=(Code("category_code", is_status=True),),
            ),
        ),
        subject="claim",
        links=("claim",),
        suite="claim_response",
        volume="usual",
        version="file",
    ),
    Entry(
        name="functional_acknowledgement",
        standards=("x12",),
        tables=(
            Table(
                "functional_acknowledgement",
                codes=(Code("status_code", is_status=True), Code("group_status_code")),
            ),
        ),
        subject="nobody",
        links=(),
        suite="functional_acknowledgement",
        volume="asked",
        version="file",
    ),
    Entry(
        name="eligibility_response",
        standards=("x12",),
        tables=(Table("eligibility_response", ("eligibility",), codes=(Code("reject_code"),)),),
        subject="member",
        links=("member",),
        suite="eligibility_response",
        volume="asked",
        version="file",
    ),
    Entry(
        name="payment",
        standards=("x12",),
        tables=(
            Table(
                "payment",
                ("remittance",),
                codes=(
                    Code("status_code", is_status=True),
                    Code("filing_code", ("payer_class_by_filing",)),
                ),
                for_gate=("unbalanced", "stated", "explained", *_OF_ITS_SET),
            ),
            Table("payment_line", ("remittance",), is_counted=False),
            Table("provider_adjustment", codes=(Code("reason_code"),), for_gate=_OF_ITS_SET),
        ),
        subject="claim",
        links=("claim",),
        suite="payment",
        volume="usual",
        version="file",
    ),
)
