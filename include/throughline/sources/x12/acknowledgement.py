"""TA1, 999 and 277CA: acknowledgements of the files and claims that were sent.

005010X231A1 (999) says whether the syntax was valid. 005010X214 (277CA) says for each claim who accepted it:
there are several per claim, the clearinghouse's before the payer's, and only a payer's A2 means that the
claim was accepted into adjudication.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import msgspec

from throughline.sources.records import Fault
from throughline.sources.x12.envelope import ENVELOPE, Context, Transaction
from throughline.sources.x12.values import at, day, money, name_at, period

PAYER = "PR"
# X12 98 as 005010X214 allows it in loop 2100A (NM101): payer, clearinghouse.
SPEAKERS = frozenset({PAYER, "AY"})
ACCEPTED = "A2"
# Claim status categories (X12 507) that take a whole batch in: it is named claim by claim.
RECEIPTS = frozenset({"A0", "A1", "A2"})
_NOBODY = (None, None, None)


class Acknowledgement(msgspec.Struct):
    """One transaction set as a 999 judges it, one group without any, or one interchange (TA1)."""

    context: Context
    row: int
    position: int
    transaction_set: str
    transaction_control_number: str | None
    functional_id: str | None = None
    group_control_number: str | None = None
    # A accepted, E accepted with errors, P partly, R rejected, and M W X (X12 717, 715, I17)
    status_code: str | None = None
    group_status_code: str | None = None
    error_codes: list[str] = []


class ClaimStatus(msgspec.Struct):
    """One status (an STC composite) of one claim; `patient_control_number` None: a whole batch."""

    context: Context
    row: int
    position: int
    category_code: str
    status_code: str | None
    entity_code: str | None
    action_code: str | None
    effective_on: date | None
    # who says it: the information source of the 277CA (X12 98: PR payer, AY clearinghouse)
    source_entity: str | None
    source_id: str | None
    patient_control_number: str | None = None
    payer_claim_number: str | None = None
    clearinghouse_trace: str | None = None
    total_charge: Decimal | None = None
    member_id: str | None = None
    family: str | None = None
    given: str | None = None
    service_from: date | None = None
    batch_reference: str | None = None

    @property
    def is_from_payer(self) -> bool:
        """Whether the status comes from the payer, not from a clearinghouse in between."""
        return self.source_entity == PAYER


def read_interchange_acknowledgement(
    e: list[str], context: Context, row: int, position: int
) -> Acknowledgement:
    """Return the TA1 segment `e` as a record: TA104 is its verdict, TA105 the reason."""
    note = at(e, 5)
    return Acknowledgement(
        context=context,
        row=row,
        position=position,
        transaction_set="TA1",
        transaction_control_number=at(e, 1) or None,
        status_code=at(e, 4) or None,
        error_codes=[note] if note and note != "000" else [],
    )


def read_acknowledgements(
    transaction: Transaction, first_row: int
) -> Iterator[Acknowledgement | Fault]:
    """Yield one record per transaction set that a 999 (or 997) judges, or one for the group."""
    judged: list[Acknowledgement] = []
    functional_id = group_number = group_status = None
    group_errors: list[str] = []
    raw: list[list[str]] = []
    row = first_row - 1
    start = transaction.start
    for e in transaction.segments:
        tag = e[0]
        if tag in ENVELOPE:
            transaction.end(e)
            break
        raw.append(e)
        if tag == "AK1":
            functional_id, group_number = at(e, 1) or None, at(e, 2) or None
        elif tag == "AK2":
            row += 1
            judged.append(
                Acknowledgement(
                    context=transaction.context,
                    row=row,
                    position=transaction.position,
                    transaction_set=at(e, 1),
                    transaction_control_number=at(e, 2) or None,
                )
            )
        elif tag in ("IK3", "IK4", "AK3", "AK4") and judged:
            # IK304 / IK403: the error code; its position can be found in the file
            code = at(e, 4 if tag.endswith("3") else 3)
            if code:
                judged[-1].error_codes.append(f"{tag}:{code}")
        elif tag in ("IK5", "AK5") and judged:
            judged[-1].status_code = at(e, 1) or None
            judged[-1].error_codes += [f"{tag}:{code.strip()}" for code in e[2:7] if code.strip()]
        elif tag == "AK9":
            group_status = at(e, 1) or None
            group_errors = [f"AK9:{code.strip()}" for code in e[5:10] if code.strip()]
    else:
        transaction.end(None)
    if not judged and (group_number or group_status):
        row += 1
        judged.append(
            Acknowledgement(
                context=transaction.context,
                row=row,
                position=start,
                transaction_set="",
                transaction_control_number=None,
                status_code=group_status,
            )
        )
    for one in judged:
        one.functional_id, one.group_control_number = functional_id, group_number
        one.group_status_code = group_status
        if group_errors:
            one.error_codes += group_errors
        if one.status_code is None or transaction.truncated:
            reason = "truncated" if transaction.truncated else "acknowledgement_without_status"
            yield Fault(
                transaction.file, one.row, one.position, reason, payload=transaction.text(raw)
            )
        else:
            yield one
    if not judged:
        yield Fault(
            transaction.file,
            row + 1,
            start,
            "acknowledgement_of_nothing",
            payload=transaction.text(raw),
        )


class _StatusReader:
    """The parser state of one 277CA."""

    def __init__(self, transaction: Transaction, first_row: int) -> None:
        self.tx = transaction
        self.component = transaction.context.separators.component
        self.row = first_row - 1
        self.level = ""
        self.source_entity: str | None = None
        self.source_id: str | None = None
        self.batch_reference: str | None = None
        # family and given name, and the member's number
        self.patient: tuple[str | None, str | None, str | None] = _NOBODY
        self.trace: str | None = None
        self.statuses: list[tuple[int, list[str]]] = []
        self.references: dict[str, str] = {}
        self.service_from: date | None = None
        self.in_line = False
        self.raw: list[list[str]] = []

    def __iter__(self) -> Iterator[ClaimStatus | Fault]:
        for e in self.tx.segments:
            tag = e[0]
            if tag in ENVELOPE:
                self.tx.end(e)
                break
            if tag == "HL" or (tag == "TRN" and self.level == "PT" and self.trace is not None):
                yield from self.finish()
                if tag == "HL":
                    self.level, self.patient = at(e, 3), _NOBODY
                else:
                    self.trace = at(e, 2)
                self.raw = [e]
                continue
            self.raw.append(e)
            if tag == "STC":
                if not self.in_line:
                    self.statuses.append((self.tx.position, e))
            elif tag == "TRN":
                self.trace = at(e, 2)
                if self.level == "21":
                    self.batch_reference = self.trace
            elif tag == "NM1":
                self.named(e)
            elif tag == "REF":
                if not self.in_line:
                    self.references[at(e, 1)] = at(e, 2)
            elif tag == "DTP":
                if at(e, 1) == "472" and self.service_from is None:
                    self.service_from = period(at(e, 2), at(e, 3))[0]
            elif tag == "SVC":
                self.in_line = True
        else:
            self.tx.end(None)
        yield from self.finish()

    def named(self, e: list[str]) -> None:
        if self.level == "20":
            self.source_entity, self.source_id = at(e, 1).upper() or None, at(e, 9) or None
        elif self.level == "PT":
            self.patient = name_at(e, 3), name_at(e, 4), at(e, 9) or None

    def finish(self) -> Iterator[ClaimStatus | Fault]:
        """Yield the statuses of the claim (or batch) whose loop ends here."""
        statuses, trace, references = self.statuses, self.trace, self.references
        service_from, raw = self.service_from, self.raw
        self.statuses, self.trace, self.references = [], None, {}
        self.service_from, self.in_line = None, False
        is_claim = self.level == "PT"
        truncated = self.tx.truncated
        is_cut = truncated and self.tx.is_cut(raw, "TRN", 2)
        named = (trace or None) if is_claim and not is_cut else None
        composites = [
            (position, e, said.split(self.component))
            for position, e in statuses
            # STC01, STC10, STC11
            for said in map(str.strip, (*e[1:2], *e[10:12]))
            if said
        ]
        if is_claim and (not composites or not trace or truncated):
            self.row += 1
            reason = "claim_status_missing" if not composites else "claim_number_missing"
            yield Fault(
                self.tx.file,
                self.row,
                self.tx.position,
                "truncated" if truncated else reason,
                source_id=trace or None,
                payload=self.tx.text(raw),
                subject_id=named,
                subject_source="pcn",
            )
            return
        for position, e, parts in composites:
            if not is_claim and parts[0].strip() in RECEIPTS:
                continue
            self.row += 1
            category = parts[0].strip()
            # the payer's acceptance is one, a clearinghouse's is none
            is_unclear = category == ACCEPTED and self.source_entity not in SPEAKERS
            if truncated or is_unclear or not category:
                reason = "claim_status_missing" if not category else "status_source_unknown"
                reason = "truncated" if truncated else reason
                yield Fault(
                    self.tx.file,
                    self.row,
                    position,
                    reason,
                    source_id=trace or None,
                    payload=self.tx.text(raw),
                    subject_id=named,
                    subject_source="pcn",
                )
                continue
            status = ClaimStatus(
                context=self.tx.context,
                row=self.row,
                position=position,
                category_code=category,
                status_code=(parts[1].strip() or None) if len(parts) > 1 else None,
                entity_code=(parts[2].strip() or None) if len(parts) > 2 else None,
                action_code=at(e, 3) or None,
                effective_on=day(at(e, 2)),
                source_entity=self.source_entity,
                source_id=self.source_id,
                payer_claim_number=references.get("1K") or None,
                clearinghouse_trace=references.get("D9") or None,
                total_charge=money(at(e, 4)),
                service_from=service_from,
                batch_reference=self.batch_reference,
            )
            if is_claim:
                status.patient_control_number = trace
                status.family, status.given, status.member_id = self.patient
            yield status


def read_claim_statuses(transaction: Transaction, first_row: int) -> Iterator[ClaimStatus | Fault]:
    """Yield the statuses of one 277CA: each of each claim, and of a whole batch what is no receipt."""
    return iter(_StatusReader(transaction, first_row))
