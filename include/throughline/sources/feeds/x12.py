"""The feeds of X12 and of tables: what payers and clearinghouses answer."""

from __future__ import annotations

from throughline.sources.entry import Code, Entry, Follows, Table
from throughline.sources.feeds.stays import ALL
from throughline.sources.feeds.value_sets import FILING, X12_SEX

# What the transaction set of a payment states, and what its claims explain.
_OF_ITS_SET = ("set_at", "set_stated", "set_explained")

# X12 507, claim status categories: a 277CA has those of acknowledgements (A) and of errors (E), and no others
# (005010X214; X12 RFI 1942, read 2026-11-28 at x12.org).
CATEGORIES = tuple(f"A{n}" for n in range(9)) + tuple(f"E{n}" for n in range(5))
# X12 1029 as 005010X221A1 allows it (CLP02): processed as primary, secondary, tertiary; denied; the same and
# forwarded; reversal; not our claim; predetermination. Others (5 pended, 10 received …) are no decision of a payer
# whose meaning for the money is known.
CLAIM_STATUS = ("1", "2", "3", "4", "19", "20", "21", "22", "23", "25")
# IK501, AK901 and TA104 (X12 717, 715, I17; 005010X231A1 as stupidedi defines it, read 2026-11-29): accepted (also with
# errors, or in part), rejected (four ways). Any other neither accepts a file nor refuses it: it is unanswered.
VERDICTS = ("A", "E", "M", "P", "R", "W", "X")
# X12 1390 (EB01), read 2026-11-28 at edihere.com.
BENEFITS = (*"12345678", *"ABCDEFGHIJKLMNOPQRSTUVWXY", "CB", "MC")
# X12 1336 (EB04) as 005010X279A1 allows it: the list that the VA's FHIR server gives for it (fhir-scheduling-api,
# CoverageEligibilityResponse, read 2026-11-29), beside MD, which payers send for Part D.
INSURANCE = (
    "12", "13", "14", "15", "16", "41", "42", "43", "47", "AP", "C1", "CO", "CP", "D", "DB", "EP", "FF", "GP", "HM",
    "HN", "HS", "IN", "IP", "LC", "LD", "LI", "LT", "MA", "MB", "MC", "MD", "MH", "MI", "MP", "OT", "PE", "PL", "PP",
    "PR", "PS", "QM", "RP", "SP", "TF", "WC", "WU",
)  # fmt: skip

FEEDS: tuple[Entry, ...] = (
    Entry(
        name="claim_response",
        standards=("tabular", "x12"),
        tables=(
            Table(
                "claim_response",
                ("claim_rejected", "claim_accepted", "claim_forwarded"),
                codes=(Code("category_code", words=CATEGORIES, is_status=True, rests=ALL),),
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
        standards=("tabular", "x12"),
        tables=(
            Table(
                "functional_acknowledgement",
                codes=(
                    Code("status_code", words=VERDICTS, is_status=True, is_counted=True),
                    Code("group_status_code", words=VERDICTS, is_watched=False, is_counted=True),
                ),
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
        standards=("tabular", "x12"),
        tables=(
            Table(
                "eligibility_response",
                ("eligibility",),
                codes=(
                    Code("reject_code"),
                    # such an answer is for a person to judge, whatever else it says
                    Code("benefit_code", words=BENEFITS, is_watched=False, is_counted=True),
                    # without Part B beside it, so is one of an unknown kind of insurance
                    Code("insurance_code", words=INSURANCE, is_watched=False, is_counted=True),
                    Code("sex", words=X12_SEX, is_watched=False, is_counted=True),
                ),
            ),
        ),
        subject="member",
        links=("member",),
        suite="eligibility_response",
        volume="asked",
        version="file",
    ),
    Entry(
        name="payment",
        standards=("tabular", "x12"),
        tables=(
            Table(
                "payment",
                ("remittance",),
                codes=(
                    Code("status_code", words=CLAIM_STATUS, is_status=True, rests=ALL),
                    Code(
                        "filing_code",
                        ("payer_class_by_filing",),
                        words=FILING,
                        is_counted=True,
                    ),
                ),
                for_gate=("unbalanced", "stated", "explained", *_OF_ITS_SET),
                amount="paid_amount",
            ),
            Table(
                "payment_line",
                ("remittance",),
                is_counted=False,
                part_of=Follows("payment", "payment_source_id"),
                amount="paid_amount",
            ),
            Table(
                "provider_adjustment",
                codes=(Code("reason_code"),),
                for_gate=_OF_ITS_SET,
                amount="amount",
                takes_off=True,
            ),
        ),
        subject="claim",
        links=("claim",),
        suite="payment",
        volume="usual",
        version="file",
    ),
)
