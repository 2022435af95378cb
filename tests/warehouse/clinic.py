"""A fictitious practice: records that state only what matters, loaded and derived night by night.

>>> clinic.know(patient("p1"), coverage("p1"), stay("p1", "2026-07-01", "2026-07-02 11:00"))
>>> clinic.night("2026-07-02")
>>> clinic.case("p1", "transitional_care").stage
'contacted'

A record is a row of `core`. Moments are local times of the practice; keys follow from the patient.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import sql
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from throughline import cases, evidence, identity
from throughline.warehouse import Connection, derive

ZONE = ZoneInfo("America/New_York")
DOCTOR, DOCTOR_NPI = "dr1", "1000000001"
EHR, SCHEDULING, CLEARINGHOUSE = "ehr", "scheduling", "clearinghouse"
_serial = itertools.count(1)


def moment(text: str | datetime | None) -> datetime | None:
    """Return a local time of the practice, `2026-07-02` or `2026-07-02 11:00`, in UTC."""
    if text is None or isinstance(text, datetime):
        return text
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def day(text: str | date | None) -> date | None:
    """Return the day of `2026-07-02` or of a moment."""
    return date.fromisoformat(text[:10]) if isinstance(text, str) else text


@dataclass(frozen=True)
class Record:
    """One version of one record of a source, as the readers stage it."""

    table: str
    key: str
    source: str
    subject: str | None
    values: dict[str, Any]
    is_deleted: bool = False
    # Later made is newer, whatever the order of arrival; the date is the source's.
    version: str = ""

    def __post_init__(self) -> None:
        if not self.version:
            object.__setattr__(self, "version", f"2026-01-01T00:00:00Z/{next(_serial):06d}")


def deleted(record: Record) -> Record:
    """Return the tombstone of a record."""
    return Record(record.table, record.key, record.source, record.subject, {}, is_deleted=True)


def again(record: Record, **changes: Any) -> Record:
    """Return a newer version of a record."""
    return Record(record.table, record.key, record.source, record.subject, record.values | changes)


# ---- people ------------------------------------------------------------------------------------


def patient(who: str, **values: Any) -> Record:
    """Patient, attributed to the doctor, who shares no identifier with anybody."""
    number = sum(ord(c) * 31**i for i, c in enumerate(who)) % 10**9
    return Record(
        "patient",
        who,
        EHR,
        who,
        {
            "mrn": f"MRN-{who}",
            "family": f"Family-{who}",
            "given": f"Given-{who}",
            "birth_date": date(1940, 1, 1) + timedelta(days=number % 9000),
            "sex": "F",
            "phone": f"{number:010d}",
            "postal_code": "02134",
            "general_practitioner_id": DOCTOR,
        }
        | values,
    )


def practitioner(key: str = DOCTOR, npi: str = DOCTOR_NPI, *, is_billable: bool = True) -> Record:
    """Practitioner."""
    return Record("practitioner", key, EHR, None, {"npi": npi, "is_billable": is_billable})


def coverage(
    who: str,
    payer: str = "MEDB1",
    kind: str = "12",
    starts: str = "2020-01-01",
    ends: str | None = None,
    **values: Any,
) -> Record:
    """Coverage; Part B by default."""
    return Record(
        "coverage",
        f"{who}-{payer}",
        EHR,
        who,
        {
            "status": "active",
            "type_code": kind,
            "payer_id": payer,
            "payer_name": payer,
            "member_id": f"M-{who}",
            "starts_on": day(starts),
            "ends_on": day(ends),
            "coverage_order": 1,
            "relationship": "self",
        }
        | values,
    )


def consent(who: str, category: str = "contact", provision: str = "deny", **values: Any) -> Record:
    """Consent; an opt-out by default."""
    return Record(
        "consent",
        f"{who}-{category}",
        EHR,
        who,
        {
            "status": "active",
            "category_code": category,
            "provision": provision,
            "recorded_at": moment("2026-01-01"),
        }
        | values,
    )


# ---- care --------------------------------------------------------------------------------------


def stay(
    who: str,
    admitted: str,
    left: str | None = None,
    to: str | None = "home",
    *,
    kind: str = "IMP",
    facility: str | None = None,
    key: str = "stay",
    **values: Any,
) -> Record:
    """A stay: finished when `left` is given."""
    return Record(
        "encounter",
        f"{who}-{key}",
        EHR,
        who,
        {
            "status": "finished" if left else "in-progress",
            "class_code": kind,
            "type_system": "urn:sandbox:facility" if facility else None,
            "type_code": facility,
            "starts_at": moment(admitted),
            "ends_at": moment(left),
            "discharge_disposition_code": to if left else None,
            "practitioner_id": DOCTOR,
        }
        | values,
    )


def visit(who: str, at: str, key: str = "visit", **values: Any) -> Record:
    """A finished visit with the doctor."""
    starts = moment(at)
    assert starts is not None
    return Record(
        "encounter",
        f"{who}-{key}",
        EHR,
        who,
        {
            "status": "finished",
            "class_code": "AMB",
            "type_code": "185349003",
            "starts_at": starts,
            "ends_at": starts + timedelta(minutes=30),
            "practitioner_id": DOCTOR,
        }
        | values,
    )


def note(who: str, signed: str, of: str = "visit", key: str = "note", **values: Any) -> Record:
    """A signed progress note of an encounter."""
    return Record(
        "document_reference",
        f"{who}-{key}",
        EHR,
        who,
        {
            "status": "current",
            "doc_status": "final",
            "type_system": "http://loinc.org",
            "type_code": "11506-3",
            "encounter_id": f"{who}-{of}",
            "authored_at": moment(signed),
            "authenticated_at": moment(signed),
            "author_id": DOCTOR,
            "authenticator_id": DOCTOR,
        }
        | values,
    )


def charge(
    who: str,
    at: str,
    code: str | None = "99214",
    of: str = "visit",
    level: str | None = "moderate",
    amount: float | None = 200,
    key: str = "charge",
    **values: Any,
) -> Record:
    """The clinician's own charge of an encounter."""
    return Record(
        "charge_item",
        f"{who}-{key}",
        EHR,
        who,
        {
            "status": "billable",
            "encounter_id": f"{who}-{of}",
            "code_system": "CPT",
            "code": code,
            "quantity": 1,
            "amount": amount,
            "diagnoses": ["I10"],
            "performer_id": DOCTOR,
            "mdm_level": level,
            "occurred_at": moment(at),
            "entered_at": moment(at),
        }
        | values,
    )


def reconciliation(who: str, at: str) -> Record:
    """Medication reconciliation, done."""
    return Record(
        "procedure",
        f"{who}-reconciliation",
        EHR,
        who,
        {
            "status": "completed",
            "code_system": "http://snomed.info/sct",
            "code": "430193006",
            "starts_at": moment(at),
        },
    )


def procedure(who: str, code: str, at: str, **values: Any) -> Record:
    """Any other procedure."""
    return Record(
        "procedure",
        f"{who}-{code}",
        EHR,
        who,
        {
            "status": "completed",
            "code_system": "http://snomed.info/sct",
            "code": code,
            "starts_at": moment(at),
        }
        | values,
    )


def call(
    who: str, at: str, outcome: str | None = "reached", key: str | None = None, **values: Any
) -> Record:
    """A try to reach the patient, with its coded outcome."""
    return Record(
        "communication",
        f"{who}-{key or at}",
        EHR,
        who,
        {
            "status": "completed",
            "outcome_code": outcome,
            "medium_code": "PHONE",
            "category_code": "outreach",
            "sent_at": moment(at),
            "sender_id": "nurse1",
        }
        | values,
    )


def appointment(
    who: str,
    at: str,
    kind: str = "TCM",
    status: str = "booked",
    key: str = "slot",
    recorded: str | None = None,
    **values: Any,
) -> Record:
    """An appointment of the scheduling system, under the record number."""
    starts = moment(at)
    assert starts is not None
    return Record(
        "appointment",
        f"{who}-{key}",
        SCHEDULING,
        f"MRN-{who}",
        {
            "status": status,
            "trigger_event": "S12",
            "filler_id": f"{who}-{key}",
            "mrn": f"MRN-{who}",
            "visit_type_code": kind,
            "starts_at": starts,
            "ends_at": starts + timedelta(minutes=30),
            "practitioner_id": DOCTOR,
            "practitioner_npi": DOCTOR_NPI,
            "recorded_at": moment(recorded) or starts - timedelta(days=3),
        }
        | values,
    )


# ---- money -------------------------------------------------------------------------------------


def claim(
    who: str,
    on: str,
    codes: Collection[str] = ("99214",),
    *,
    number: str = "",
    total: float = 200,
    payer: str = "MEDB1",
    sent: str | None = None,
    submitter: str = "BILLING",
    npi: str | None = DOCTOR_NPI,
    frequency: str = "1",
    **values: Any,
) -> list[Record]:
    """A claim of any submitter, with one line for each code."""
    pcn = number or f"C-{who}"
    key = f"{submitter}|{pcn}|{frequency}|{sent or on}"
    head = {
        "patient_control_number": pcn,
        "kind": "837P",
        "use": "claim",
        "status": "active",
        "submitter_id": submitter,
        "frequency_code": frequency,
        "total_charge": total,
        "billing_npi": "2000000001",
        "rendering_npi": npi,
        "payer_id": payer,
        "member_id": f"M-{who}",
        "service_from": day(on),
        "service_to": day(on),
        "created_at": moment(sent or on),
    } | values
    subject = f"{payer}|M-{who}"
    records = [Record("claim", key, CLEARINGHOUSE, subject, head)]
    records += [
        Record(
            "claim_line",
            f"{key}#{line}",
            CLEARINGHOUSE,
            subject,
            {
                "claim_source_id": key,
                "patient_control_number": pcn,
                "line_no": line,
                "code": code,
                "charge": total / len(codes),
                "units": 1,
                "service_from": day(on),
                "rendering_npi": npi,
            },
        )
        for line, code in enumerate(codes, 1)
    ]
    return records


def answer(
    who: str, on: str, category: str = "A2", *, is_from_payer: bool = True, number: str = ""
) -> Record:
    """One status of a 277CA."""
    pcn = number or f"C-{who}"
    return Record(
        "claim_response",
        f"{pcn}-{category}-{is_from_payer}-{on}",
        CLEARINGHOUSE,
        None,
        {
            "patient_control_number": pcn,
            "payer_claim_number": f"ICN-{pcn}",
            "category_code": category,
            "status_code": "20",
            "is_from_payer": is_from_payer,
            "effective_on": day(on),
            "sender_id": "MEDB1" if is_from_payer else "CLEARING",
        },
    )


def acknowledgement(who: str, code: str = "A") -> Record:
    """A 999, which only acknowledges syntax."""
    return Record(
        "functional_acknowledgement",
        f"{who}-999",
        CLEARINGHOUSE,
        None,
        {
            "group_control_number": "1",
            "transaction_control_number": f"{who}",
            "status_code": code,
        },
    )


def payment(
    who: str,
    on: str,
    paid: float,
    *,
    contractual: float = 0,
    share: float = 0,
    denied: float = 0,
    status: str = "1",
    charge: float = 200,
    number: str = "",
    key: str = "",
) -> Record:
    """A claim's remittance without service lines."""
    pcn = number or f"C-{who}"
    return Record(
        "payment",
        f"{pcn}-{on}-{status}{key}",
        CLEARINGHOUSE,
        None,
        {
            "patient_control_number": pcn,
            "payer_claim_number": f"ICN-{pcn}",
            "status_code": status,
            "is_reversal": status == "22",
            "payer_id": "MEDB1",
            "total_charge": charge,
            "paid_amount": paid,
            "patient_responsibility": share,
            "contractual_amount": contractual,
            "denied_amount": denied,
            "other_adjustment": 0,
            "check_number": f"T{on}",
            "paid_on": day(on),
            "produced_on": day(on),
        },
    )


def notice(
    who: str,
    on: str,
    amount: float,
    status: str = "paid",
    *,
    number: str = "",
    recorder: str | None = "clerk",
    key: str = "notice",
) -> Record:
    """The patient's share: paid, or written off by somebody."""
    return Record(
        "payment_notice",
        f"{who}-{key}",
        EHR,
        who,
        {
            "status": "active",
            "patient_control_number": number or f"C-{who}",
            "payment_status": status,
            "amount": amount,
            "paid_on": day(on),
            "recorded_at": moment(on),
            "recorder": recorder,
        },
    )


def eligibility(
    who: str,
    on: str,
    *,
    first_year: str | None = None,
    first: str | None = None,
    following: str | None = None,
    payer: str = "MEDB1",
    is_active: bool | None = True,
    key: str = "271",
    **values: Any,
) -> Record:
    """A 271 with the days from which each wellness code is payable."""
    return Record(
        "eligibility_response",
        f"{who}-{key}",
        CLEARINGHOUSE,
        f"{payer}|M-{who}",
        {
            "trace_number": f"T-{who}",
            "payer_id": payer,
            "member_id": f"M-{who}",
            "as_of_date": day(on),
            "is_active": is_active,
            "part_b_from": date(2020, 1, 1),
            "next_g0402_on": day(first_year),
            "next_g0438_on": day(first),
            "next_g0439_on": day(following),
            "is_hospice": False,
        }
        | values,
    )


# ---- the practice ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """The state of a case, for tests to compare."""

    case_id: Any
    status: str
    reason: str | None
    stage: str
    state: str
    asks: str | None
    code: str | None
    due_on: date | None
    done: tuple[str, ...]
    stages: dict[str, str] = field(repr=False, compare=False, default_factory=dict)
    next_step: str | None = None
    opened: int = 0
    # what the next task has to know: attempt, days, priority and so on
    detail: dict[str, Any] = field(repr=False, compare=False, default_factory=dict)

    def get(self, name: str) -> Any:
        """Return an attribute, or a parameter of the next task."""
        return getattr(self, name) if name in self.__dataclass_fields__ else self.detail.get(name)


class Clinic:
    """Loads records and runs the nights over them, in the order of the loop."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.seq = 0
        self.pending: list[Record] = [
            practitioner(),
            practitioner("nurse1", "1000000009", is_billable=False),
        ]

    def know(self, *records: Record | Iterable[Record]) -> None:
        """Let the sources deliver these with the next night."""
        for record in records:
            self.pending += [record] if isinstance(record, Record) else list(record)

    def decide(
        self, kind: str, about_kind: str, about_id: str, *, by: str = "Ada Lead", **detail: Any
    ) -> None:
        """Record a named person's decision; the next night applies it."""
        self.conn.execute(
            "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id,"
            " detail, known_seq) values (gen_random_uuid(), %s, %s, %s, %s, %s, %s)",
            (by, kind, about_kind, about_id, Jsonb(detail), self.seq + 1),
        )

    def night(self, on: str, *, late: Collection[str] = (), settle: bool = True) -> int:
        """Run the night of a business date; the feeds in `late` do not come. Returns its number."""
        self.begin(on, late=late)
        self.derive(settle=settle)
        return self.seq

    def begin(self, on: str, *, late: Collection[str] = ()) -> None:
        """End the night before, open this one, deliver the feeds and load what is pending."""
        self.conn.execute(
            "update operations.night set status = 'finished' where seq = %s", (self.seq,)
        )
        self.seq += 1
        business_date = date.fromisoformat(on)
        self.cut_off = datetime.combine(business_date + timedelta(days=1), time(3), ZONE)
        self.conn.execute(
            "insert into operations.night (seq, business_date, kind, cut_off)"
            " values (%s, %s, 'nightly', %s)",
            (self.seq, business_date, self.cut_off),
        )
        self.deliver(on, late=late)

    def deliver(self, on: str, *, late: Collection[str] = ()) -> None:
        """Deliver the feeds of the open night but for those in `late`, and load what is pending."""
        business_date = date.fromisoformat(on)
        self.conn.execute(
            "insert into landing.batch (batch_id, source, feed, business_date, known_seq,"
            " loaded_seq, received_at, sha256, status)"
            " select md5(concat_ws('|', source, feed, %(seq)s::int))::uuid, source, feed, %(day)s,"
            " %(seq)s, %(seq)s, %(at)s, md5(feed), 'loaded' from operations.feed"
            " where source || '.' || feed <> all(%(late)s)",
            {
                "seq": self.seq,
                "day": business_date,
                "at": moment(f"{on} 23:59"),
                "late": list(late),
            },
        )
        records, self.pending = self.pending, []
        for record in records:
            self._load(record)

    def _load(self, r: Record) -> None:
        table = sql.Identifier("core", r.table)
        key = (r.source, r.key)
        standing = self.conn.execute(
            sql.SQL(
                "select source_version, known_seq, content_hash from {} where source = %s"
                " and source_id = %s and retracted_seq is null"
            ).format(table),
            key,
        ).fetchone()
        content = repr(sorted(r.values.items())) + str(r.is_deleted)
        if standing is not None:
            if standing[0] >= r.version or standing[2] == content:
                return
            self.conn.execute(
                sql.SQL(
                    "delete from {} where source = %s and source_id = %s and known_seq = %s"
                    " and retracted_seq is null"
                ).format(table)
                if standing[1] == self.seq
                else sql.SQL(
                    "update {} set retracted_seq = %s where source = %s and source_id = %s"
                    " and retracted_seq is null"
                ).format(table),
                (*key, self.seq) if standing[1] == self.seq else (self.seq, *key),
            )
        row = r.values | {
            "source": r.source,
            "source_id": r.key,
            "source_version": r.version,
            "subject_source": r.source if r.subject else None,
            "subject_id": r.subject,
            "batch_id": derive("batch", r.source, r.table),
            "row_no": 1,
            "known_seq": self.seq,
            "is_deleted": r.is_deleted,
            "content_hash": content,
        }
        if r.is_deleted:
            row |= {
                "claim_line": {"claim_source_id": "", "line_no": 0},
                "payment_line": {"payment_source_id": "", "line_no": 0},
            }.get(r.table, {})
        self.conn.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                table,
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join(sql.Placeholder() * len(row)),
            ),
            list(row.values()),
        )

    def derive(self, *, settle: bool = True) -> None:
        """Run the steps of the newest night from persons to next steps."""
        identity.link_persons(self.conn, self.seq)
        evidence.assert_facts(self.conn, self.seq)
        cases.build_work_list(self.conn, self.seq, self.cut_off)
        cases.open_cases(self.conn, self.seq, self.cut_off)
        cases.reconcile(self.conn, self.seq, self.cut_off)
        if settle:
            cases.settle(self.conn, self.seq)
        self.forget_temporary()

    def forget_temporary(self) -> None:
        """Drop the temporary tables of the derivation, as the end of its transaction would."""
        for (table,) in self.conn.execute(
            "select relname from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r'"
        ).fetchall():
            self.conn.execute(
                sql.SQL("drop table pg_temp.{} cascade").format(sql.Identifier(table))
            )

    # ---- what became of it

    def digest(self) -> str:
        """Return the digest of all stored state."""
        return cases.digest(self.conn)

    def derived_digest(self) -> str:
        """Return the digest of the state derived again for everybody."""
        cases.derive_all(self.conn, self.seq, self.cut_off)
        found = cases.digest(self.conn, derived=True)
        self.forget_temporary()
        return found

    def rows(self, query: str, *params: Any) -> list[Any]:
        """Return the rows of a query, by name."""
        with self.conn.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(query.encode(), params).fetchall()

    def person(self, who: str, source: str = EHR) -> Any:
        """Return the person whom a record is linked to now, or None."""
        row = self.conn.execute(
            "select person_id from identity.link where source = %s and source_id = %s"
            " and status = 'active' and retired_seq is null",
            (source, who),
        ).fetchone()
        return row[0] if row else None

    def cases_of(self, who: str, workflow: str | None = None) -> list[Case]:
        """Return the cases of a patient in the order of their triggers."""
        return [
            case
            for _, of, case in self.all_cases(self.person(who))
            if workflow is None or of == workflow
        ]

    def all_cases(self, person: Any = None) -> list[tuple[Any, str, Case]]:
        """Return (person, workflow, case) of one person or of all, in the order of their triggers."""
        found = self.rows(
            "select c.person_id, c.case_id, c.workflow, c.status, c.close_reason, c.stage, c.stage_state,"
            " c.wanted, c.wanted_detail ->> 'reason' as reason, c.expected_code, c.next_step,"
            " c.opened_seq, c.wanted_detail,"
            " cases.local_day(s.due_at - interval '1 second') as due_on,"
            " (select array_agg(x.stage order by x.position) from cases.stage as x"
            "  where x.case_id = c.case_id and x.state = 'complete') as done,"
            " (select jsonb_object_agg(x.stage, x.state) from cases.stage as x"
            "  where x.case_id = c.case_id) as stages"
            " from cases.case_record as c"
            " left join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage"
            " where %s::uuid is null or c.person_id = %s"
            " order by c.trigger_on, c.trigger_ref",
            person,
            person,
        )
        return [
            (
                f.person_id,
                f.workflow,
                Case(
                    f.case_id,
                    f.status,
                    f.close_reason,
                    f.stage,
                    f.stage_state,
                    f.reason if f.wanted == "exception" else f.wanted,
                    f.expected_code,
                    f.due_on,
                    tuple(f.done or ()),
                    f.stages or {},
                    f.next_step,
                    f.opened_seq,
                    f.wanted_detail,
                ),
            )
            for f in found
        ]

    def case(self, who: str, workflow: str) -> Case:
        """Return the newest case of a patient in a workflow."""
        found = self.cases_of(who, workflow)
        assert found, f"{who} has no case of {workflow}"
        return found[-1]

    def exceptions(self, who: str) -> list[str]:
        """Return the reasons of the open exceptions about a patient's cases."""
        return [
            row.reason
            for row in self.rows(
                "select e.reason from operations.exception as e where e.status = 'open'"
                " and e.person_id = %s order by 1",
                self.person(who),
            )
        ]

    def history(self, case: Case, stage: str) -> list[str]:
        """Return the kinds of the events of a stage, in order."""
        return [
            row.kind
            for row in self.rows(
                "select kind from cases.event where case_id = %s and stage = %s"
                " and kind in ('proven', 'taken_back', 'changed')"
                " order by known_seq, kind",
                case.case_id,
                stage,
            )
        ]

    def task(
        self,
        who: str,
        workflow: str,
        trigger: str,
        stage: str,
        kind: str,
        *,
        planned: int,
        due: str,
        attempt: int = 1,
        status: str = "requested",
        closed: int | None = None,
        effect: str | None = None,
    ) -> Any:
        """Put a task of a case into the log, as an earlier night planned it; returns its id."""
        person = derive("person", "mrn", f"MRN-{who}")
        case_id = derive("case", person, workflow, trigger)
        task_id = derive("task", case_id, stage, kind, attempt)
        self.conn.execute(
            "insert into tasks.task (task_id, case_id, person_id, workflow, stage, kind, attempt,"
            " status, owner_team, planned_seq, planned_at, due_at, closed_seq, effect_key)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, 'care_management', %s, now(), %s, %s, %s)",
            (
                task_id,
                case_id,
                person,
                workflow,
                stage,
                kind,
                attempt,
                status,
                planned,
                moment(due),
                closed,
                effect or f"contact|{who}|{attempt}",
            ),
        )
        return task_id
