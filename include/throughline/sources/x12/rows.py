"""Turns X12 records into rows of `staging`, with ids that stay the same if a file comes twice, and sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources.codes import Codes, codes_of
from throughline.sources.definitions import SourceDefinition
from throughline.sources.records import Fault
from throughline.sources.table import StagedRow
from throughline.sources.x12.acknowledgement import Acknowledgement, ClaimStatus
from throughline.sources.x12.claim import Claim
from throughline.sources.x12.eligibility import Eligibility
from throughline.sources.x12.envelope import Context
from throughline.sources.x12.payments import REVERSAL
from throughline.sources.x12.reader import Record, read
from throughline.sources.x12.remittance import (
    Adjustment,
    Payment,
    ProviderAdjustment,
    Remittance,
)
from throughline.sources.x12.sums import sums_of, together
from throughline.sources.x12.values import digest, member, text_of

_BALANCED = (None, None, None)
_PAID = (Payment, ProviderAdjustment)
_JSON = msgspec.json.Encoder(decimal_format="number")


@lru_cache(maxsize=4096)
def _utc(at: datetime, zone: ZoneInfo) -> datetime:
    return at.replace(tzinfo=zone).astimezone(UTC)


def _version(context: Context, zone: ZoneInfo) -> str:
    """Return when the group was made, UTC microseconds, and its interchange's number."""
    made = context.group_at or context.interchange_at or datetime(1900, 1, 1)  # noqa: DTZ001
    return f"{_stamp(made, zone)}/{context.interchange_control_number:0>9}"


@lru_cache(maxsize=4096)
def _stamp(made: datetime, zone: ZoneInfo) -> str:
    return _utc(made, zone).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _reasons(adjustments: list[Adjustment]) -> str:
    return _JSON.encode(adjustments).decode() if adjustments else "[]"


class RowMaker:
    """Builds the rows of one file. A key that repeats within the file gets a number as a suffix.

    Money that repeats in another set is the same, as it is in another file: sets are sent again.
    """

    def __init__(self, zone: ZoneInfo, codes: Mapping[str, Codes]) -> None:
        self._zone = zone
        self._use, self._frequency = codes["claim.use"], codes["claim.frequency_code"]
        self._filing, self._sex = codes["claim.filing_code"], codes["claim.sex"]
        self._category = codes["claim_response.category_code"]
        self._verdict = codes["functional_acknowledgement.status_code"]
        self._of_group = codes["functional_acknowledgement.group_status_code"]
        self._paid_as, self._paid_by = codes["payment.status_code"], codes["payment.filing_code"]
        self._benefit = codes["eligibility_response.benefit_code"]
        self._insurance = codes["eligibility_response.insurance_code"]
        self._said_sex = codes["eligibility_response.sex"]
        self._seen: dict[str, int] = {}
        # the records of a transaction set share their envelope
        self._context: Context | None = None
        self._version = ""
        self._makers: dict[type, Callable[[Any], StagedRow]] = {
            Payment: self._payment,
            Claim: self._claim,
            ClaimStatus: self._status,
            Eligibility: self._eligibility,
            Acknowledgement: self._acknowledgement,
            ProviderAdjustment: self._provider,
        }

    def _unique(self, key: str) -> str:
        count = self._seen[key] = self._seen.get(key, 0) + 1
        return key if count == 1 else f"{key}|{count}"

    def row(self, record: Record) -> StagedRow:
        """Return the row of one record, with its child rows."""
        if record.context is not self._context:
            self._context = record.context
            if isinstance(record, Payment | ProviderAdjustment):
                self._seen = {}
            self._version = _version(record.context, self._zone)
        return self._makers[type(record)](record)

    def _claim(self, c: Claim) -> StagedRow:
        x = c.context
        version, subject = self._version, member(c.payer_id, c.subscriber.member_id)
        # one number may be an account's, with many claims, and go to several payers
        key = self._unique(
            f"{x.sender_id}|{c.patient_control_number}|{c.frequency_code or ''}|{c.payer_id or ''}"
            f"|{c.subscriber.member_id or ''}|{text_of(c.service_from)}|{x.interchange_control_number}"
        )
        created = c.created_at or x.group_at or x.interchange_at
        patient = c.patient
        return StagedRow(
            "claim",
            c.row,
            key,
            version,
            subject,
            (
                c.patient_control_number,
                f"837{c.kind}",
                self._use(c.use),
                "active",
                x.sender_id,
                x.receiver_id,
                self._frequency(c.frequency_code),
                c.original_payer_claim_number,
                c.total_charge,
                c.billing_npi,
                c.billing_tax_id,
                c.rendering_npi,
                c.place_of_service,
                self._filing(c.filing_code),
                c.payer_id,
                c.payer_name,
                c.subscriber.member_id,
                c.service_from,
                c.service_to,
                c.diagnoses,
                c.medical_record_number,
                patient.family,
                patient.given,
                patient.birth_date,
                self._sex(patient.sex),
                _utc(created, self._zone) if created is not None else None,
                x.interchange_control_number,
                x.group_control_number,
                x.transaction_control_number,
                c.charged,
            ),
            children=[
                StagedRow(
                    "claim_line",
                    c.row,
                    f"{key}#{number}",
                    version,
                    subject,
                    (
                        key,
                        c.patient_control_number,
                        line.line_no,
                        line.code,
                        line.modifiers,
                        line.charge,
                        line.units,
                        line.service_from or c.service_from,
                        line.service_to or c.service_to,
                        line.diagnosis_pointers,
                        line.control_number,
                        line.rendering_npi or c.rendering_npi,
                        line.place_of_service or c.place_of_service,
                    ),
                )
                for number, line in enumerate(c.lines, 1)
            ],
        )

    def _payment(self, p: Payment) -> StagedRow:
        head = p.remittance
        version, subject = self._version, member(head.payer_id, p.member_id)
        key = self._unique(p.key)
        by_line = [sums_of(line.adjustments) for line in p.lines]
        total = together(by_line, sums_of(p.adjustments))
        shared, doubt = p.patient_responsibility, p.doubt
        status = self._paid_as(p.status_code)
        is_reversal = status == REVERSAL
        children = []
        for line, sums in zip(p.lines, by_line, strict=True):
            children.append(
                StagedRow(
                    "payment_line",
                    p.row,
                    f"{key}#{line.line_no}",
                    version,
                    subject,
                    (
                        key,
                        p.patient_control_number,
                        line.line_no,
                        line.control_number,
                        line.code,
                        line.modifiers,
                        line.charge,
                        line.paid_amount,
                        line.units,
                        sums.patient,
                        sums.contractual,
                        sums.denied,
                        sums.other,
                        _reasons(line.adjustments),
                        line.remark_codes,
                        line.service_from or p.service_from,
                        is_reversal,
                        line.paid_code,
                        line.paid_modifiers,
                        line.paid_units,
                    ),
                )
            )
        return StagedRow(
            "payment",
            p.row,
            key,
            version,
            subject,
            (
                p.patient_control_number,
                p.payer_claim_number,
                status,
                is_reversal,
                self._paid_by(p.filing_code),
                head.payer_id,
                head.payer_name,
                p.member_id,
                p.family,
                p.given,
                p.birth_date,
                p.sex,
                p.total_charge,
                p.paid_amount,
                shared if shared is not None else total.patient,
                total.contractual,
                total.denied,
                total.other,
                _reasons(p.adjustments),
                p.remark_codes,
                head.check_number,
                head.payment_method,
                head.paid_on,
                head.produced_on,
                p.service_from,
                p.crossover_payer,
                *(_BALANCED if doubt is None else (doubt.where, doubt.stated, doubt.explained)),
                head.position,
                None,
                None,
            ),
            children=children,
        )

    def _answer(
        self, table: str, of: Record, key: str, subject: str | None, values: tuple[object, ...]
    ) -> StagedRow:
        """Return the row of an answer, which is identified by what it says too, as it was sent.

        Senders use their control numbers and traces again; no answer is a later version of another.
        """
        number = of.context.interchange_control_number
        key = self._unique(f"{key}|{number}|{digest(values)}")
        return StagedRow(table, of.row, key, self._version, subject, values)

    def _status(self, s: ClaimStatus) -> StagedRow:
        x = s.context
        payer = s.source_id if s.is_from_payer else None
        row = self._answer(
            "claim_response",
            s,
            f"{x.sender_id}|{s.batch_reference or ''}|{s.patient_control_number or 'batch'}",
            member(payer, s.member_id),
            (
                s.patient_control_number,
                s.payer_claim_number,
                s.category_code,
                s.status_code,
                s.entity_code,
                s.is_from_payer,
                s.effective_on,
                s.total_charge,
                s.source_id or x.sender_id,
                s.member_id,
                s.service_from,
                s.batch_reference,
            ),
        )
        if s.category_code not in self._category.unchanged:
            assert row.values is not None
            row.values = (*row.values[:2], self._category(s.category_code), *row.values[3:])
        return row

    def _acknowledgement(self, a: Acknowledgement) -> StagedRow:
        x = a.context
        row = self._answer(
            "functional_acknowledgement",
            a,
            f"{x.sender_id}|{a.transaction_set}|{a.group_control_number or ''}"
            f"|{a.transaction_control_number or ''}",
            None,
            (
                a.group_control_number,
                a.transaction_control_number,
                a.functional_id,
                a.transaction_set,
                a.status_code,
                a.error_codes,
                a.group_status_code,
                x.sender_id,
            ),
        )
        assert row.values is not None
        said, of_group = self._verdict(a.status_code), self._of_group(a.group_status_code)
        row.values = (*row.values[:4], said, row.values[5], of_group, row.values[7])
        return row

    def _eligibility(self, e: Eligibility) -> StagedRow:
        # what `_answer` does: the digest is of the answer before its codes are read
        number = e.context.interchange_control_number
        key = self._unique(
            f"{e.trace_number or ''}|{e.payer_id or ''}|{e.member_id or ''}|{number}|{e.digest()}"
        )
        e.translate(self._benefit, self._insurance)
        return StagedRow(
            "eligibility_response",
            e.row,
            key,
            self._version,
            member(e.payer_id, e.member_id),
            e.columns(self._said_sex(e.sex)),
        )

    def _provider(self, p: ProviderAdjustment) -> StagedRow:
        head = p.remittance
        key = self._unique(p.key)
        return StagedRow(
            "provider_adjustment",
            p.row,
            key,
            self._version,
            None,
            (
                p.provider_npi,
                p.fiscal_period_end,
                p.reason_code,
                p.reference,
                p.amount,
                head.check_number,
                head.payer_id,
                head.position,
                None,
                None,
            ),
        )


def rows(
    stream: BinaryIO, file: str, definition: SourceDefinition, feed: str, with_unused: bool
) -> Iterator[StagedRow | Fault]:
    """Yield the rows and faults of one feed in one file.

    `with_unused` adds a fault per transaction set that no feed reads: one feed of the file has to
    account for them. The last row of each 835 says what its set states and what explains it. Raises
    `FileRefusedError`.
    """
    make = RowMaker(definition.zone, codes_of("x12", definition.conventions.get("codes", {})))
    found_ones = read(stream, file, frozenset({feed}), with_unused=with_unused)
    if feed != "payment":
        for each in found_ones:
            yield each if isinstance(each, Fault) else make.row(each)
        return
    last: StagedRow | None = None
    head: Remittance | None = None
    for found in found_ones:
        if isinstance(found, _PAID):
            if last is not None:
                yield last if head is found.remittance else _ended(last, head)
            last, head = make.row(found), found.remittance
        else:
            yield found if isinstance(found, Fault) else make.row(found)
    if last is not None:
        yield _ended(last, head)


def _ended(row: StagedRow, head: Remittance | None) -> StagedRow:
    """Return the last row of an 835 with both sums of its set."""
    assert row.values is not None
    assert head is not None
    row.values = (*row.values[:-2], head.total_paid, head.explained)
    return row
