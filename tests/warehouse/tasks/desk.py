"""A practice whose cases are in the state that a test sets, with its planner and sender."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from tests.warehouse.clinic import (
    DOCTOR,
    DOCTOR_NPI,
    EHR,
    SCHEDULING,
    Clinic,
    Record,
    charge,
    coverage,
    moment,
    patient,
    visit,
)
from tests.warehouse.tasks.outside import Outside
from throughline import evidence, identity, tasks
from throughline.decisions import COMMAND_LINE
from throughline.proven import invariants
from throughline.warehouse import Connection, derive, failpoints

FIRST, SECOND, THIRD, FOURTH, FIFTH = (
    "2026-07-06",
    "2026-07-07",
    "2026-07-08",
    "2026-07-09",
    "2026-07-10",
)
GROUP_NPI = "1234567893"
POINTS = {
    "plan": ("plan.before_write", "plan.after_write"),
    "prepare": ("claims.after_prepare", "claims.after_batch"),
    "dispatch": (
        "dispatch.after_intend", "dispatch.after_forbidden", "dispatch.after_mark", "dispatch.after_call",
        "dispatch.after_outcome", "dispatch.after_lookup", "dispatch.after_overdue", "files.after_lay_down",
        "files.after_mark", "files.after_hand_over", "files.after_outcome", "claims.after_intend",
    ),
}  # fmt: skip
STAGES = {
    "outreach": "contacted", "scheduling": "scheduled", "documentation": "documented", "billing": "billed",
    "eligibility": "due", "review": "settled",
}  # fmt: skip


class Died(BaseException):
    """The process is gone."""


def doctor(key: str = DOCTOR, npi: str = DOCTOR_NPI, **values: Any) -> Record:
    """A practitioner with all that a claim says of one."""
    return Record(
        "practitioner",
        key,
        EHR,
        None,
        {
            "npi": npi,
            "is_billable": True,
            "family": "Weiß",
            "given": "Zoë",
            "taxonomy_code": "207Q00000X",
        }
        | values,
    )


def group(**values: Any) -> Record:
    """The organization that bills."""
    return Record(
        "organization",
        "group",
        EHR,
        None,
        {
            "npi": GROUP_NPI,
            "tax_id": "12-3456789",
            "name": "Lakeside Medical Group",
            "city": "Boston",
            "address_line": "1 Main St",
            "state": "MA",
            "postal_code": "02134-0001",
            "taxonomy_code": "207Q00000X",
        }
        | values,
    )


def office(**values: Any) -> Record:
    """The place of the visits."""
    return Record(
        "location", "office", EHR, None, {"name": "Office", "place_of_service": "11"} | values
    )


def member(who: str, payer: str = "SUNADV", **values: Any) -> list[Record]:
    """A patient with an address, and what covers them."""
    return [
        patient(who, **{"address_line": "2 Elm St", "city": "Boston", "state": "MA"} | values),
        coverage(who, payer=payer, kind="11"),
    ]


def seen(who: str, at: str = "2026-07-01 10:00", **values: Any) -> Record:
    """A finished visit in the office of the group."""
    return visit(who, at, **{"service_provider_id": "group", "location_id": "office"} | values)


def billable(who: str, at: str = "2026-07-01 10:00", **values: Any) -> list[Record]:
    """All that a claim of ours needs."""
    return [*member(who), seen(who, at), charge(who, at, **values)]


class Desk(Clinic):
    """Sets up cases directly, but persons and facts through the steps of the loop. Every step commits."""

    def __init__(self, conn: Connection, outside: Outside) -> None:
        super().__init__(conn)
        self.outside = outside
        self.pending = [doctor(), group(), office()]

    def know(self, *records: Any) -> None:
        """Let the sources deliver these records (also nested lists) with the next night."""
        for one in records:
            if isinstance(one, Record):
                self.pending.append(one)
            else:
                self.know(*one)

    def open(self, on: str) -> int:
        """Open the night of a date: load, link, assert."""
        self.begin(on)
        identity.link_persons(self.conn, self.seq)
        evidence.assert_facts(self.conn, self.seq)
        self.conn.commit()
        return self.seq

    def wants(
        self,
        who: str,
        wanted: str,
        *,
        workflow: str = "transitional_care",
        trigger: str = "stay",
        encounter: str | None = None,
        began_with: UUID | None = None,
        source: str = EHR,
        **detail: Any,
    ) -> UUID:
        """Let a case of a patient of `source` ask for a task; returns the case's id.

        `began_with` is the fact that opened it.
        """
        person = self.person(who, source) or self.person(f"MRN-{who}", SCHEDULING)
        case_id = derive("case", person, workflow, trigger, who)
        if encounter is not None:
            detail["encounter"] = encounter
        self.conn.execute(
            "insert into cases.case_record as c (case_id, workflow, version, person_id, trigger_ref, trigger_fact_id,"
            " trigger_on, opened_seq, stage, stage_state, status, next_step, owner_team, wanted, wanted_detail,"
            " encounter_ref, derived_seq) select %(id)s, %(workflow)s, max(version), %(person)s, %(who)s, %(fact)s,"
            " %(on)s, %(seq)s, %(stage)s, 'pending', 'open', 'wait', 'care_management', %(wanted)s, %(detail)s,"
            " %(encounter)s, %(seq)s from cases.workflow_version where workflow = %(workflow)s"
            " on conflict (case_id) do update set stage = excluded.stage, wanted = excluded.wanted,"
            " wanted_detail = excluded.wanted_detail",
            {"id": case_id, "workflow": workflow, "person": person, "who": f"{trigger}|{who}", "fact": began_with,
             "on": "2026-07-01",
             "seq": self.seq, "stage": STAGES[wanted], "wanted": wanted,
             "detail": Jsonb({"attempt": 1} | detail), "encounter": encounter},
        )  # fmt: skip
        self.conn.commit()
        return case_id

    def bills(
        self, who: str, payer: str = "SUNADV", workflow: str = "charge_capture", **detail: Any
    ) -> UUID:
        """Let a case ask for the claim of the patient's visit."""
        return self.wants(
            who, "billing", workflow=workflow, encounter=f"{who}-visit", payer_id=payer, **detail
        )

    def ends(self, task_id: Any, status: str = "cancelled") -> None:
        """End a task."""
        self.conn.execute(
            "update tasks.task set status = %s, closed_seq = %s where task_id = %s",
            (status, self.seq, task_id),
        )
        self.conn.commit()

    # ---- what the steps do

    def plan(self) -> dict[str, int]:
        """Plan the tasks of the newest night."""
        counts = tasks.plan(self.conn, self.seq, self.cut_off)
        self.conn.commit()
        return counts

    def prepare(self) -> list[UUID]:
        """Prepare claims."""
        return tasks.claims.prepare(self.conn, self.seq)

    def dispatch(self, seq: int | None = None) -> dict[str, int]:
        """Send."""
        return tasks.dispatch(
            self.conn,
            self.seq if seq is None else seq,
            self.outside.clients(),
            sleep=lambda _: None,
        )

    def work(self) -> dict[str, int]:
        """Plan, prepare and send."""
        self.plan()
        self.prepare()
        return self.dispatch()

    def release(self, batch_id: UUID, by: str = "Ada Biller") -> UUID:
        """Open a batch as it is now and release it so, or say again what was decided."""
        ((status, digest),) = self.rows(
            "select b.status, d.detail ->> 'digest' from tasks.claim_batch as b"
            " left join operations.decision as d on d.decision_id = b.decision_id where b.batch_id = %s",
            batch_id,
        )
        if status == "waiting":
            digest = tasks.listed.open_for(self.conn, batch_id, by, COMMAND_LINE).digest
        decision = tasks.attest.release(self.conn, batch_id, by, "as documented", digest or "")
        self.conn.commit()
        return decision

    def dies_at(self, point: str, step: Callable[[], Any], nth: int = 1) -> bool:
        """Run a step that dies when it passes a failpoint for the n-th time; returns whether it died."""
        passed = [0]

        def handler(name: str) -> None:
            passed[0] += name == point
            if name == point and passed[0] == nth:
                raise Died(point)

        failpoints.install(handler)
        try:
            step()
        except Died:
            self.conn.rollback()
            return True
        finally:
            failpoints.install(None)
        return False

    # ---- what there is

    def tasks(self, kind: str | None = None) -> list[Any]:
        """Return the tasks, in the order of their planning."""
        return self.rows(
            "select * from tasks.task where %s::text is null or kind = %s order by planned_seq, task_id",
            kind,
            kind,
        )

    def sent(self, kind: str | None = None) -> list[Any]:
        """Return the transmissions, each with the number of its tasks."""
        return self.rows(
            "select x.*, (select count(*) from tasks.transmission_task as l"
            " where l.transmission_id = x.transmission_id) as serves"
            " from tasks.transmission as x where %s::text is null or x.kind = %s"
            " order by x.planned_seq, x.kind, x.effect_key, x.attempt",
            kind,
            kind,
        )

    def outcomes(self, kind: str | None = None) -> list[str]:
        """Return the outcomes of the transmissions."""
        return [x.outcome for x in self.sent(kind)]

    def open_exceptions(self) -> list[str]:
        """Return the reasons of all open exceptions."""
        return [
            e.reason
            for e in self.rows(
                "select reason from operations.exception where status = 'open' order by 1"
            )
        ]

    def broken(self) -> list[str]:
        """Return the checks of "once to the outside", "doubt never acts" and "nothing invented" that fail."""
        found = [
            b.check
            for b in invariants.check(self.conn)
            if b.check.invariant[:2] in ("03", "06", "07")
        ]
        self.conn.rollback()
        return [check.name for check in found]

    def prevented(self) -> list[tuple[str, str]]:
        """Return what was prevented, and why."""
        return [
            (p.kind, p.reason)
            for p in self.rows("select kind, reason from operations.prevented order by 1, 2")
        ]

    def call_of(self, who: str) -> str:
        """Return the key of the contact with a patient in tonight's window."""
        tonight = moment(self.cut_off)
        assert tonight is not None
        return f"contact|{self.person(who)}|{tonight.astimezone().date()}"
