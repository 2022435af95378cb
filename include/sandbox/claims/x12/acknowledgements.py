"""999 (005010X231A1) and 277CA (005010X214): what the clearinghouse and the payers say on receipt.

A 999 is syntax only. Several 277CA follow: the clearinghouse's first (A0 forwarded, A1 received),
then the payer's (A2 accepted into adjudication; A3, A6, A7, A8 rejected).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sandbox.claims.x12.forms import ClaimStatus, Party
from sandbox.claims.x12.segments import Group, Segment, Transaction, day, money, plain, seg

VERSION_999 = "005010X231A1"
VERSION_277CA = "005010X214"
REJECTED = frozenset({"A3", "A4", "A6", "A7", "A8"})


def write_999(group: Group, refusals: dict[str, str]) -> Transaction:
    """Answer one functional group; ``refusals`` maps ST02 of a refused set to the tag of the segment at fault."""
    body: list[Segment] = [seg("AK1", group.functional_id, group.control, group.version)]
    for transaction in group.transactions:
        body.append(seg("AK2", transaction.set_id, transaction.control, transaction.version))
        if transaction.control in refusals:
            body.append(seg("IK3", refusals[transaction.control] or "SE", "1", None, "8"))
            body.append(seg("IK5", "R", "5"))
        else:
            body.append(seg("IK5", "A"))
    total = len(group.transactions)
    good = total - len(refusals)
    verdict = "A" if good == total else ("R" if good == 0 else "P")
    body.append(seg("AK9", verdict, str(total), str(total), str(good)))
    return Transaction("999", VERSION_999, body)


def write_277ca(
    statuses: Sequence[ClaimStatus],
    reporter: Party,
    is_payer: bool,
    submitter: Party,
    billing: Party,
    reference: str,
    received_on: date,
    at: datetime,
) -> Transaction:
    """Write the status of claims of one submission (one BHT03), as ``reporter`` sees them.

    The totals of loop 2200B count what was accepted (QTY*90, AMT*YU) and rejected (QTY*AA, AMT*YY).
    """
    good = [s for s in statuses if s.category not in REJECTED]
    bad = [s for s in statuses if s.category in REJECTED]
    total = _charges(statuses)
    body: list[Segment] = [
        seg("BHT", "0085", "08", reference, day(at), at.strftime("%H%M%S"), "TH"),
        seg("HL", "1", None, "20", "1"),
        seg(
            "NM1", "PR" if is_payer else "AY", "2", plain(reporter.name), None, None, None, None,
            "PI" if is_payer else "46", reporter.identifier,
        ),
        seg("TRN", "1", reference),
        seg("DTP", "050", "D8", day(received_on)),
        seg("DTP", "009", "D8", day(at)),
        seg("HL", "2", "1", "21", "1"),
        seg("NM1", "41", "2", plain(submitter.name), None, None, None, None, "46", submitter.identifier),
        seg("TRN", "2", statuses[0].claim.batch_reference or "0"),
        seg("STC", ("A1", "19", "PR"), day(at), "WQ", money(total)),
    ]  # fmt: skip
    if good:
        body.append(seg("QTY", "90", str(len(good))))
    if bad:
        body.append(seg("QTY", "AA", str(len(bad))))
    if good:
        body.append(seg("AMT", "YU", money(_charges(good))))
    if bad:
        body.append(seg("AMT", "YY", money(_charges(bad))))
    body += [
        seg("HL", "3", "2", "19", "1"),
        seg(
            "NM1", "85", "2", plain(billing.name), None, None, None, None, "XX", billing.identifier
        ),
        seg("TRN", "1", "0"),
        seg("STC", ("A1", "19", "PR"), None, "WQ", money(total)),
    ]
    for number, status in enumerate(statuses, start=4):
        body += _status(number, status, at)
    return Transaction("277", VERSION_277CA, body)


def _charges(statuses: Sequence[ClaimStatus]) -> Decimal:
    return sum((s.claim.charge for s in statuses), Decimal(0))


def _status(hl: int, status: ClaimStatus, at: datetime) -> list[Segment]:
    claim = status.claim
    who = claim.subscriber
    action = "U" if status.category in REJECTED else "WQ"
    out = [
        seg("HL", str(hl), "3", "PT"),
        seg("NM1", "QC", "1", plain(who.last_name), plain(who.first_name, 35), None, None, None, "MI", who.member_id),
        seg("TRN", "2", claim.control),
        seg("STC", (status.category, status.code, status.entity), day(at), action, money(claim.charge)),
    ]  # fmt: skip
    if status.payer_claim_number:
        out.append(seg("REF", "1K", status.payer_claim_number))
    first = min(line.service_date for line in claim.lines)
    out.append(seg("DTP", "472", "D8", day(first)))
    return out
