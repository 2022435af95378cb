"""Runs the SQL that derives the state of cases, in order.

State is a pure function, as of a night's number, of evidence, links, decisions, the task and
transmission log, the freshness of feeds and the pinned definitions. `reconcile` derives it for the
persons on the night's work list and writes what changed. `derive_all` derives it for everybody into
temporary tables, for a replay to compare with, and writes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from throughline.warehouse import Connection, failpoints, nights, sql
from throughline.warehouse.moment import moment_of

DERIVATION = ("rules", "same", "facts", "decided", "insured", "charges", "claims", "visits")
STATE = (
    "cases", "proofs", "stages", "work_tasks", "state", "impossible", "unsupported", "asks", "unknown", "overpaid",
    "final",
)  # fmt: skip
WRITING = (
    "triggers",
    "not_opened",
    "open",
    "exceptions",
    "apply",
    "set_aside",
    "unmapped",
    "unreached",
    "undecided",
    "settle",
)


def _params(conn: Connection, seq: int, as_of: datetime) -> dict[str, Any]:
    """Return the parameters of every file: those of the newest valid night, even for an older night."""
    last = nights.newest(conn)
    if last is not None and last.seq != seq:
        seq, as_of = last.seq, last.cut_off
    _settings_of(conn, seq)
    return moment_of(conn, seq, as_of).params


def _settings_of(conn: Connection, seq: int) -> None:
    """Make `cases.setting` show its values as of night `seq` until the transaction ends."""
    conn.execute("select set_config('throughline.seq', %s, true)", (str(seq),))


def _clean(conn: Connection) -> None:
    """Drop the temporary tables of an earlier step in the same transaction."""
    made = (f"cases/{name}.sql" for name in (*DERIVATION, *STATE, *WRITING))
    sql.drop_made(conn, *made, "tasks/reconcile.sql")
    conn.execute("drop table if exists w_person")


def _persons_of(conn: Connection, seqs: list[int]) -> None:
    conn.execute(
        "create temp table w_person on commit drop as"
        " select distinct person_id from operations.work_item where seq = any(%s)",
        (seqs,),
    )
    conn.execute("create unique index on w_person (person_id)")
    conn.execute("analyze w_person")


def build_work_list(conn: Connection, seq: int, as_of: datetime) -> int:
    """Write the persons whose state may have changed to `operations.work_item`; returns how many.

    Does not commit.
    """
    last = nights.newest(conn)
    if last is None or last.seq == seq:
        sql.run(conn, "cases/work_list.sql", **_params(conn, seq, as_of))
    row = conn.execute(
        "select count(distinct person_id) from operations.work_item where seq = %s", (seq,)
    ).fetchone()
    return int(row[0]) if row else 0


def open_cases(conn: Connection, seq: int, as_of: datetime) -> int:
    """Open the cases that are due for persons on the work list; returns how many are new.

    Does not commit.
    """
    params = _params(conn, seq, as_of)
    _clean(conn)
    _persons_of(conn, [seq, params["seq"]])
    for name in DERIVATION:
        sql.run(conn, f"cases/{name}.sql", **params)
    sql.run(conn, "cases/triggers.sql", **params)
    sql.run(conn, "cases/not_opened.sql", **params)
    failpoints.hit("cases.before_open")
    result = sql.run(conn, "cases/open.sql", **params)
    failpoints.hit("cases.after_open")
    _clean(conn)
    return result.count("cases_opened")


def _derive(conn: Connection, params: dict[str, Any]) -> None:
    for name in (*DERIVATION, *STATE):
        sql.run(conn, f"cases/{name}.sql", **params)
        failpoints.hit(f"cases.after_{name}")


def reconcile(conn: Connection, seq: int, as_of: datetime) -> dict[str, int]:
    """Derive the state of every case on the work list and write what changed.

    Closes tasks that the evidence ends, and opens and clears exceptions. Returns counts. Rerunning
    it, even for an older night, gives the state as of the newest night. Does not commit.
    """
    params = _params(conn, seq, as_of)
    _clean(conn)
    _persons_of(conn, [seq, params["seq"]])
    _derive(conn, params)
    ended = sql.run(conn, "tasks/reconcile.sql", **params)
    failpoints.hit("reconcile.after_tasks")
    exceptions = sql.run(conn, "cases/exceptions.sql", **params)
    failpoints.hit("reconcile.after_exceptions")
    applied = sql.run(conn, "cases/apply.sql", **params)
    failpoints.hit("reconcile.after_apply")
    for name in ("set_aside", "unmapped", "unreached"):
        sql.run(conn, f"cases/{name}.sql", **params)
    undecided = sql.run(conn, "cases/undecided.sql", **params)
    failpoints.hit("reconcile.after_undecided")
    row = conn.execute("select count(*) from w_state").fetchone()
    _clean(conn)
    return {
        "cases": int(row[0]) if row else 0,
        "stages_changed": applied.count("stages_changed"),
        "cases_changed": applied.count("cases_changed"),
        "tasks_ended": ended.count("tasks_ended"),
        "exceptions_opened": exceptions.count("exceptions_opened")
        + undecided.count("undecided_opened"),
    }


def settle(conn: Connection, seq: int) -> int:
    """Give each open case that the night touched its one next step; returns cases changed.

    Does not commit.
    """
    night = nights.by_seq(conn, seq)
    params = _params(conn, seq, night.cut_off)
    return sql.run(conn, "cases/settle.sql", seqs=[seq, params["seq"]], **params).total


def leave_no_trace(conn: Connection, seq: int) -> None:
    """Derive the persons on a void night's work list again, as of the newest valid night.

    A void night must leave no state behind. It already saw the tasks that the previous night
    planned, so what it wrote reflects those tasks. Does not commit.
    """
    standing = nights.newest(conn)
    if standing is None:
        return
    open_cases(conn, seq, standing.cut_off)
    reconcile(conn, seq, standing.cut_off)
    settle(conn, seq)


def derive_all(conn: Connection, seq: int, as_of: datetime) -> None:
    """Derive the state of everybody as of night `seq` into temporary tables; writes nothing.

    Leaves `w_state` (rows of cases) and `w_final` (rows of stages) in the open transaction.
    """
    _settings_of(conn, seq)
    params = moment_of(conn, seq, as_of).params
    _clean(conn)
    conn.execute(
        "create temp table w_person on commit drop as"
        " select person_id from identity.person where known_seq <= %s",
        (seq,),
    )
    conn.execute("create unique index on w_person (person_id)")
    conn.execute("analyze w_person")
    _derive(conn, params)


def digest(conn: Connection, *, derived: bool = False) -> str:
    """Return the digest of all state: of the stored rows, or of what `derive_all` just derived."""
    if not derived:
        row = conn.execute("select total from cases.digest").fetchone()
    else:
        row = conn.execute(
            "select coalesce((select sum(cases.state_hash(case_id, status, close_reason, stage,"
            " stage_state, asks, encounter_ref, patient_control_number, expected_code,"
            " expected_amount)) from w_state), 0) + coalesce((select sum(cases.stage_hash(case_id,"
            " stage, state, fact_id)) from w_final), 0)"
        ).fetchone()
    return str(row[0]) if row else "0"
