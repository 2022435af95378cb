"""A separate practice whose nights run to the end and are committed, as in the DAGs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tests.warehouse.clinic import Clinic, coverage, patient
from throughline import cases, evidence, identity, sources, tasks, warehouse, workflows
from throughline.proven.close import close_night
from throughline.warehouse import nights

ZONE = "America/New_York"


def of_its_own(dsn: str) -> Iterator[Clinic]:
    """Yield a practice with three covered patients on a new warehouse."""
    conn = warehouse.connect(dsn)
    sources.register(conn, 0)
    evidence.register_codes(conn)
    workflows.register(conn, 0)
    made = Clinic(conn)
    made.know(
        (patient(who) for who in ("p1", "p2", "p3")), (coverage(who) for who in ("p1", "p2", "p3"))
    )
    try:
        yield made
    finally:
        conn.rollback()
        conn.close()


def chain(clinic: Clinic, seq: int, until: str = "") -> None:
    """Run what the DAGs run for a night's number, from persons to the report."""
    conn, as_of = clinic.conn, nights.by_seq(clinic.conn, seq).cut_off
    identity.link_persons(conn, seq)
    evidence.assert_facts(conn, seq)
    conn.commit()
    if until == "facts":
        return
    cases.build_work_list(conn, seq, as_of)
    cases.open_cases(conn, seq, as_of)
    conn.commit()
    if until == "cases":
        return
    cases.reconcile(conn, seq, as_of)
    cases.settle(conn, seq)
    conn.commit()
    if until == "reconciled":
        return
    tasks.plan(conn, seq, as_of)
    conn.commit()
    if until == "planned":
        return
    cases.settle(conn, seq)
    conn.commit()
    if until == "settled":
        return
    close_night(conn, seq, ZONE)


def night(clinic: Clinic, on: str, until: str = "") -> int:
    """Run the night of a new business date, with what is pending."""
    opened = nights.open_night(clinic.conn, date.fromisoformat(on), ZONE)
    clinic.seq, clinic.cut_off = opened.seq, opened.cut_off
    clinic.deliver(on)
    clinic.conn.commit()
    if until != "loaded":
        chain(clinic, clinic.seq, until)
    return clinic.seq
