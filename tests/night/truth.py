"""The pipeline's account, compared with the truth that the sandbox's servers wrote as they served it.

Nothing of the pipeline or of the sandbox is imported: the truth is read from its files, the account by SQL. Every
comparison returns sentences, one per disagreement; no sentence, no disagreement. What each one means:

`found`
    For every night: of everything that was observable before its cut-off, the last word on each id stands in the
    ledger as that night knew it (`known_seq` up to the night, not yet taken back), with the right kind, moment, code
    and amount, once; and what the source took back stands there no more. The same backwards: of these kinds nothing
    stands in the ledger that the truth does not have.
`false_completions`
    Every stage that any night called complete and that was not moved back by it has its event in the truth: of the
    same human, of the kind that the stage needs, for the same visit or claim.
`doubles`
    The receivers took no effect twice, nobody had two outreach tasks on one day, no claim stands twice for a visit.
`unreleased`
    Each interchange of ours at the clearinghouse is a batch with these very bytes, released by a named person.
`carried`
    Cases per workflow: opened, settled, and settled with work that the pipeline sent and the truth received.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
SUBMITTER = "THROUGHLINE"
PRACTICE = ZoneInfo("America/New_York")
SCHEDULE = {
    "Booked": "booking", "Cancelled": "booking_cancelled", "Dc": "booking_cancelled", "Noshow": "no_show",
    "Started": "arrived", "Deleted": None,
}  # fmt: skip
REJECTED = ("A3", "A4", "A6", "A7", "A8")


@dataclass(frozen=True)
class Event:
    """One thing as told by either side; `said` is what both must say alike."""

    kind: str
    about: str
    said: tuple[Any, ...]


class Truth:
    """The truth of a world: rows of each kind, in the order in which they became true."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, kind: str, before: datetime | None = None) -> list[Row]:
        """Rows of a kind, or those that were observable before a moment."""
        file = self.folder / f"{kind}.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        rows = [json.loads(line) for line in lines]
        if before is None:
            return rows
        return [
            row
            for row in rows
            if row["observable_from"] and datetime.fromisoformat(row["observable_from"]) < before
        ]

    def last(self, kind: str, identity: str, before: datetime | None = None) -> dict[str, Row]:
        """The last word on each id of a kind: a later row replaces an earlier one."""
        rows = sorted(self.rows(kind, before), key=lambda row: row["at"])
        return {row[identity]: row for row in rows}

    @cached_property
    def human(self) -> dict[str, str]:
        """The human behind each patient record."""
        return {row["patient"]: row["person"] for row in self.rows("persons")}

    def events(self, before: datetime) -> Iterator[Event]:
        """Everything that had been served before a moment, and was not taken back by then."""
        for id_, row in self.last("discharges", "encounter", before).items():
            if row["what"] != "cancelled":
                yield Event(
                    "discharge", id_, (row["patient"], _moment(row["ends_at"]), row["disposition"])
                )
        for id_, row in self.last("contacts", "communication", before).items():
            yield Event("contact" if row["two_way"] else "attempt", id_,
                        (row["patient"], _moment(row["at"]), row["outcome"]))  # fmt: skip
        for id_, row in self.last("schedule_messages", "appointment", before).items():
            kind = SCHEDULE[row["status"]]
            if kind:
                yield Event(kind, id_, (_moment(row["starts_at"]),))
        for id_, row in self.last("visits", "visit", before).items():
            if row["status"] != "entered-in-error":
                kind = "visit" if row["status"] == "finished" else "visit_open"
                yield Event(kind, id_, (row["patient"], _moment(row["starts_at"])))
        for row in self.last("notes", "note", before).values():
            if row["what"] != "retracted":
                yield Event("note", row["note"], (row["patient"], row["visit"]))
        for id_, row in self.last("charges", "charge", before).items():
            if row["what"] != "retracted":
                yield Event(
                    "charge",
                    id_,
                    (row["patient"], row["visit"], row["code"], _money(row["amount"])),
                )
        yield from self._claims(before)
        for id_, row in self.last("patient_payments", "notice", before).items():
            if row["what"] != "taken back":
                kind = "patient_payment" if row["what"] == "paid" else "write_off"
                yield Event(kind, id_, (row["control"], _money(row["amount"])))

    def _claims(self, before: datetime) -> Iterator[Event]:
        for row in self.rows("claims", before):
            yield Event("claim", row["control"], (row["submitter"], row["frequency"], row["interchange"],
                        tuple(sorted(row["codes"])), _money(row["charge"])))  # fmt: skip
        for row in self.rows("claim_statuses", before):
            said = (row["category"], row["code"], row["payer_claim_number"])
            if row["category"] == "A2" and row["by"] == "payer":
                yield Event("claim_accepted", row["control"], said)
            elif row["category"] in REJECTED:
                yield Event("claim_rejected", row["control"], said)
        for row in self.rows("remittances", before):
            yield Event("remittance", row["control"], (row["check"], row["payer_claim_number"], row["status"],
                        _money(row["paid"]), _money(row["patient_share"])))  # fmt: skip


class Account:
    """What the pipeline says, read from its warehouse."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def rows(self, query: str, **values: object) -> list[Row]:
        """Rows of a query."""
        with psycopg.connect(self.dsn, row_factory=dict_row, autocommit=True) as connection:
            return connection.execute(query.encode(), values).fetchall()

    @cached_property
    def nights(self) -> list[Row]:
        """The finished nights in the order of their numbers."""
        return self.rows("select * from operations.night where status = 'finished' order by seq")

    @cached_property
    def facts(self) -> list[Row]:
        """The whole ledger, with what was taken back."""
        return self.rows("select * from evidence.fact order by known_seq, fact_id")

    def events(self, seq: int) -> Iterator[Event]:
        """What stands in the ledger as night `seq` knew it."""
        claims: dict[tuple[str, str], list[Row]] = defaultdict(list)
        payments: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for fact in self.facts:
            if fact["known_seq"] > seq or (fact["retracted_seq"] or seq + 1) <= seq:
                continue
            if fact["kind"] == "claim":
                claims[fact["source"], fact["source_ref"].rpartition("#")[0]].append(fact)
            elif fact["kind"] == "remittance":
                payments[
                    fact["source"], fact["source_ref"].rpartition("#")[0] or fact["source_ref"]
                ].append(fact)
            elif fact["kind"] in _EVENT:
                yield _EVENT[fact["kind"]](fact)
        for lines in claims.values():
            first = lines[0]
            interchange = first["source_ref"].rpartition("#")[0].rpartition("|")[2]
            yield Event("claim", first["identifiers"]["patient_control_number"],
                        (first["detail"]["submitter"], first["detail"]["frequency"], interchange,
                         tuple(sorted(line["code"] for line in lines)),
                         _money(sum(line["amount"] for line in lines))))  # fmt: skip
        for lines in payments.values():
            first = lines[0]
            shares = [line["detail"].get("patient_responsibility") or 0 for line in lines]
            yield Event("remittance", first["identifiers"]["patient_control_number"],
                        (first["detail"].get("check"), first["identifiers"].get("payer_claim_number"),
                         first["detail"]["clp_status"], _money(sum(line["amount"] or 0 for line in lines)),
                         _money(sum(Decimal(str(share)) for share in shares))))  # fmt: skip


def _schedule(fact: Row) -> Event:
    return Event(
        fact["kind"], fact["identifiers"]["appointment"], (fact["starts_at"].timestamp() // 1,)
    )


def _communication(fact: Row) -> Event:
    return Event(fact["kind"], fact["identifiers"]["communication"],
                 (fact["subject_id"], fact["occurred_at"].timestamp() // 1, fact["code"]))  # fmt: skip


def _encounter(fact: Row) -> Event:
    said: tuple[Any, ...] = (fact["subject_id"], fact["occurred_at"].timestamp() // 1)
    if fact["kind"] == "discharge":
        said += (fact["code"],)
    return Event(fact["kind"], fact["identifiers"]["encounter"], said)


def _status(fact: Row) -> Event:
    category, _, code = fact["code"].partition(":")
    ids = fact["identifiers"]
    return Event(
        fact["kind"], ids["patient_control_number"], (category, code, ids.get("payer_claim_number"))
    )


def _own_payment(fact: Row) -> Event:
    return Event(fact["kind"], fact["source_ref"].partition("/")[2],
                 (fact["identifiers"]["patient_control_number"], _money(fact["amount"])))  # fmt: skip


_EVENT: dict[str, Callable[[Row], Event]] = {
    "discharge": _encounter,
    "visit": _encounter,
    "visit_open": _encounter,
    "contact": _communication,
    "attempt": _communication,
    "booking": _schedule,
    "booking_cancelled": _schedule,
    "no_show": _schedule,
    "arrived": _schedule,
    "note": lambda fact: Event(
        "note", fact["identifiers"]["document"], (fact["subject_id"], fact["identifiers"]["encounter"])
    ),
    "charge": lambda fact: Event(
        "charge", fact["identifiers"]["charge"],
        (fact["subject_id"], fact["identifiers"]["encounter"], fact["code"], _money(fact["amount"])),
    ),
    "claim_accepted": _status,
    "claim_rejected": _status,
    "patient_payment": _own_payment,
    "write_off": _own_payment,
}  # fmt: skip


def _moment(text: str) -> float:
    """A moment to the second, which is as fine as the standards tell it."""
    return datetime.fromisoformat(text).timestamp() // 1


def _money(amount: object) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"))


# ---- found ------------------------------------------------------------------------------------------------
def found(truth: Truth, account: Account, seqs: Iterable[int] | None = None) -> list[str]:
    """Compare the ledger with everything observable, as of every night or of the nights named."""
    wrong: list[str] = []
    for night in account.nights:
        if seqs is None or night["seq"] in seqs:
            told = Counter(truth.events(night["cut_off"]))
            known = Counter(
                event for event in account.events(night["seq"]) if event.kind in _COMPARED
            )
            # A contact is an attempt, too; the truth tells it once.
            for event in list(told):
                if event.kind == "contact":
                    told[Event("attempt", event.about, event.said)] += told[event]
            wrong += [
                f"night {night['seq']}: not found: {e.kind} {e.about} {e.said}"
                for e in told - known
            ]
            wrong += [
                f"night {night['seq']}: not in the truth: {e.kind} {e.about} {e.said}"
                for e in known - told
            ]
    return wrong


_COMPARED = {*_EVENT, "claim", "remittance"}


def counts(truth: Truth, before: datetime) -> Counter[str]:
    """How many of each kind there were to find before a moment."""
    return Counter(event.kind for event in truth.events(before))


# ---- false completions ------------------------------------------------------------------------------------
def false_completions(truth: Truth, account: Account) -> list[str]:
    """Look up every complete stage in the truth. `due` is proven by the payer's answer to our own question."""
    people: dict[str, set[str]] = defaultdict(set)
    for link in account.rows(
        "select person_id, source_id from identity.link where source = 'ehr' and status = 'active'"
        " and retired_seq is null and source_id = any(%(known)s)",
        known=list(truth.human),
    ):
        people[str(link["person_id"])].add(truth.human[link["source_id"]])
    wrong = [
        f"person {id_} is {len(humans)} humans" for id_, humans in people.items() if len(humans) > 1
    ]
    proof = _Proof(truth)
    for stage in account.rows(
        "select c.workflow, c.case_id, c.person_id, c.trigger_on, c.encounter_ref, s.stage, f.kind, f.identifiers,"
        " f.source_ref, f.fact_id"
        " from cases.stage as s inner join cases.case_record as c using (case_id)"
        " left join evidence.fact as f using (fact_id) where s.state = 'complete' order by 1, 2, s.position"
    ):
        humans = people[str(stage["person_id"])]
        says = proof.fails(stage, humans)
        if says:
            wrong.append(
                f"{stage['workflow']} {str(stage['case_id'])[:8]}: {stage['stage']} is complete, but {says}"
            )
    return wrong


class _Proof:
    """Whether the truth has the event that a stage needs."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.contacts = truth.last("contacts", "communication")
        self.messages = defaultdict(list)
        for row in truth.rows("schedule_messages"):
            self.messages[row["appointment"]].append(row)
        self.visits = truth.last("visits", "visit")
        self.notes = truth.last("notes", "note")
        self.answers = {row["trace"]: row for row in truth.rows("eligibility_answers")}
        self.claims: dict[str, list[Row]] = defaultdict(list)
        self.statuses: dict[str, list[Row]] = defaultdict(list)
        self.remittances: dict[str, list[Row]] = defaultdict(list)
        for kind, kept in (("claims", self.claims), ("claim_statuses", self.statuses),
                           ("remittances", self.remittances)):  # fmt: skip
            for row in truth.rows(kind):
                kept[row["control"]].append(row)
        self.charged: dict[str, list[str]] = defaultdict(list)
        for row in truth.last("charges", "charge").values():
            if row["what"] != "retracted" and not row["no_charge"]:
                self.charged[row["visit"]].append(row["code"])
        self.paid_by_patient: dict[str, Decimal] = defaultdict(Decimal)
        for row in truth.last("patient_payments", "notice").values():
            if row["what"] != "taken back":
                self.paid_by_patient[row["control"]] += _money(row["amount"])

    def fails(self, stage: Row, humans: set[str]) -> str:
        """Why a complete stage is not; empty when the truth has its event."""
        if stage["fact_id"] is None:
            return "no fact proves it"
        return str(getattr(self, f"_{stage['stage']}")(stage, stage["identifiers"], humans))

    def _of(self, row: Row, humans: set[str]) -> str:
        if not row:
            return "the truth has no such event"
        if row["patient"] is None or self.truth.human[row["patient"]] not in humans:
            return "the event is another human's"
        return ""

    def _due(self, stage: Row, ids: Row, humans: set[str]) -> str:
        row: Row = self.answers.get(ids.get("trace", ""), {})
        return self._of(row, humans) or ("the payer refused to answer" if row["reject"] else "")

    def _contacted(self, stage: Row, ids: Row, humans: set[str]) -> str:
        row: Row = self.contacts.get(ids.get("communication", ""), {})
        if says := self._of(row, humans):
            return says
        if not row["two_way"] or row["outcome"] != "reached":
            return f"the call ended with {row['outcome']}"
        return "" if _day(row["at"]) >= stage["trigger_on"] else "the call was before the event"

    def _scheduled(self, stage: Row, ids: Row, humans: set[str]) -> str:
        rows = self.messages.get(ids.get("appointment"), [])
        if says := self._of(rows[0] if rows else {}, humans):
            return says
        if (
            rows[-1]["status"] in ("Cancelled", "Dc", "Deleted", "Noshow")
            and rows[-1]["observable_from"]
        ):
            return f"the appointment is {rows[-1]['status']}"
        return ""

    def _seen(self, stage: Row, ids: Row, humans: set[str]) -> str:
        row: Row = self.visits.get(ids.get("encounter", ""), {})
        if says := self._of(row, humans):
            return says
        if row["status"] != "finished" or not row["billable_practitioner"]:
            return f"the visit is {row['status']} with a practitioner who may bill: {row['billable_practitioner']}"
        return (
            ""
            if date.fromisoformat(row["date"]) >= stage["trigger_on"]
            else "the visit was before the event"
        )

    def _documented(self, stage: Row, ids: Row, humans: set[str]) -> str:
        row: Row = self.notes.get(ids.get("document", ""), {})
        if says := self._of(row, humans):
            return says
        if row["what"] == "retracted":
            return "the note was retracted"
        same = stage["encounter_ref"] in (None, row["visit"])
        return "" if same else f"the note is of {row['visit']}"

    def _billed(self, stage: Row, ids: Row, humans: set[str]) -> str:
        control = ids.get("patient_control_number", "")
        rows = self.claims.get(control, [])
        if says := self._of(rows[0] if rows else {}, humans):
            return says
        if not any(self._is_of(row, stage["encounter_ref"]) for row in rows):
            return f"the claim {control} is of another visit"
        accepted = any(
            row["by"] == "payer" and row["category"] == "A2" for row in self.statuses[control]
        )
        return "" if accepted else f"no payer accepted the claim {control}"

    def _is_of(self, claim: Row, encounter: str) -> bool:
        """Whether a claim bills a visit.

        An 837 names no visit. Who gets one of ours takes one of those that it fits, and where two of one day were
        charged alike there is nothing to tell which was meant.
        """
        if claim["visit"] == encounter:
            return True
        meant, taken = self.visits.get(encounter), self.visits.get(claim["visit"])
        if claim["submitter"] != "THROUGHLINE" or meant is None or taken is None:
            return False
        same = all(meant[key] == taken[key] for key in ("patient", "date", "practitioner"))
        return same and sorted(self.charged[encounter]) == sorted(claim["codes"])

    def _settled(self, stage: Row, ids: Row, humans: set[str]) -> str:
        control = ids.get("patient_control_number", "")
        if says := self._billed(stage, ids, humans):
            return says
        words = self.remittances[control]
        standing = Counter(
            "reversed" if row["status"] == "22" else "paid" for row in words if row["status"] != "4"
        )
        if standing["paid"] <= standing["reversed"]:
            return f"no payer's word on {control} stands"
        paid = sum((_money(row["paid"]) for row in words), Decimal(0))
        # What is left to the patient is said by the payer who was last in turn: a secondary one pays out of the
        # first one's share, and may write the rest of it off (QMB: nothing is left).
        turns = [row for row in words if row["status"] in ("2", "3", "20", "21")] or words
        share = sum((_money(row["patient_share"]) for row in turns), Decimal(0))
        if share > self.paid_by_patient[control] and paid >= 0:
            owed = share - self.paid_by_patient[control]
            return f"the patient still owes {owed} on {control}"
        return ""


def _day(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(PRACTICE).date()


# ---- doubles, releases ------------------------------------------------------------------------------------
def doubles(truth: Truth) -> list[str]:
    """Everything that reached a receiver twice: by effect, by human and day, by visit."""
    wrong = []
    new: Counter[tuple[str, str]] = Counter()
    calls: Counter[tuple[str, date]] = Counter()
    for row in truth.rows("requests_received"):
        if row["is_double"]:
            wrong.append(f"{row['kind']} {row['id']} was received twice")
        if row["is_new"] and row["kind"] != "file":
            new[row["kind"], row["effect"]] += 1
            if row["kind"] == "Task" and row.get("code") == "outreach":
                patient: str = row["patient"]
                calls[truth.human.get(patient, patient), _day(row["at"])] += 1
    wrong += [
        f"{kind}: {number} with the effect {effect}"
        for (kind, effect), number in new.items()
        if number > 1
    ]
    wrong += [
        f"{human}: {number} outreach tasks on {day}"
        for (human, day), number in calls.items()
        if number > 1
    ]
    files = Counter(
        row["effect"] for row in truth.rows("requests_received") if row["kind"] == "file"
    )
    wrong += [
        f"the file {sha[:12]} came {number} times" for sha, number in files.items() if number > 1
    ]
    for row in truth.rows("claims"):
        if row["submitter"] == SUBMITTER and (row["double"] or row["same_file_again"]):
            wrong.append(f"claim {row['control']} is the second for {row['visit']}")
    return wrong


def unreleased(truth: Truth, account: Account) -> list[str]:
    """Claims of ours at the clearinghouse that no named person released with these very bytes."""
    released: dict[int, Row] = {}
    for row in account.rows(
        "select b.interchange_control_number as control, b.payload, b.claim_count, d.decided_by, d.kind"
        " from tasks.claim_batch as b left join operations.decision as d using (decision_id)"
    ):
        released[int(row["control"])] = row
    wrong, sent = (
        [],
        Counter(r["interchange"] for r in truth.rows("claims") if r["submitter"] == SUBMITTER),
    )
    for file in truth.rows("claim_files"):
        if file["submitter"] != SUBMITTER or not sent[file["interchange"]]:
            continue
        batch = released.get(int(file["interchange"]))
        if batch is None:
            wrong.append(f"interchange {file['interchange']} is no batch of the pipeline")
        elif not (batch["decided_by"] or "").strip():
            wrong.append(f"interchange {file['interchange']} was released by nobody")
        elif hashlib.sha256(bytes(batch["payload"])).hexdigest() != file["sha256"]:
            wrong.append(
                f"interchange {file['interchange']} arrived with other bytes than were released"
            )
        elif batch["claim_count"] != sent[file["interchange"]]:
            wrong.append(f"interchange {file['interchange']} has other claims than were released")
    return wrong


# ---- carried ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Carried:
    """How far the cases of a workflow came."""

    opened: int
    settled: int
    by_our_tasks: int


def carried(truth: Truth, account: Account) -> dict[str, Carried]:
    """Per workflow: cases opened, settled, and settled after work of ours that its receiver wrote down."""
    received = {row["effect"] for row in truth.rows("requests_received") if row["is_new"]}
    received |= {row["sha256"] for row in truth.rows("claim_files")}
    sent: set[Any] = set()
    for row in account.rows(
        "select t.case_id, x.effect_key, x.payload_sha256 from tasks.task as t"
        " inner join tasks.transmission_task using (task_id)"
        " inner join tasks.transmission as x using (transmission_id)"
        " where x.outcome = 'accepted' and t.closed_fact_id is not null"
    ):
        if row["effect_key"] in received or row["payload_sha256"] in received:
            sent.add(row["case_id"])
    cases: dict[str, list[Row]] = defaultdict(list)
    for row in account.rows("select workflow, case_id, status from cases.case_record"):
        cases[row["workflow"]].append(row)
    return {
        workflow: Carried(
            len(rows),
            sum(row["status"] == "completed" for row in rows),
            sum(row["status"] == "completed" and row["case_id"] in sent for row in rows),
        )
        for workflow, rows in cases.items()
    }
