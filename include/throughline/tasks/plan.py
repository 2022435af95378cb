"""Plans the one next task of each case that asks for one."""

from __future__ import annotations

from datetime import datetime

from throughline.warehouse import Connection, failpoints, nights, sql
from throughline.warehouse.moment import moment_of

_SUM = (
    "select coalesce(sum(hashtextextended(concat_ws('|', task_id, case_id, stage, kind, attempt,"
    " owner_team, priority, due_at at time zone 'UTC', effect_key, detail), 0)::numeric), 0) from "
)

_SUM_OBSERVED = (
    "select coalesce(sum(hashtextextended(concat_ws('|', case_id, stage, kind, attempt, workflow, is_held,"
    " target), 0)::numeric), 0) from "
)
_DUE = (
    "tasks/planned.sql",
    "tasks/unsent.sql",
    "tasks/targets.sql",
    "tasks/receiver.sql",
    "tasks/observed.sql",
)


def _clean(conn: Connection) -> None:
    sql.drop_made(conn, "tasks/wanted.sql", *_DUE, "tasks/observe.sql")


def _due(conn: Connection, params: dict[str, object]) -> None:
    """Make `w_plan` of `w_wanted`, and `w_observed` of what is not asked of anybody."""
    for file in _DUE:
        sql.run(conn, file, **params)


def plan(conn: Connection, seq: int, as_of: datetime) -> dict[str, int]:
    """Write tonight's tasks; returns how many there are by kind.

    A rerun of the night gives the same rows; a night that is not the newest plans nothing. Does not
    commit.
    """
    last = nights.newest(conn)
    if last is None or last.seq != seq:
        return {}
    params = moment_of(conn, seq, as_of).params
    _clean(conn)
    sql.run(conn, "tasks/wanted.sql", **params)
    _due(conn, params)
    failpoints.hit("plan.before_write")
    sql.run(conn, "tasks/observe.sql", **params)
    sql.run(conn, "tasks/plan.sql", **params)
    failpoints.hit("plan.after_write")
    _clean(conn)
    rows = conn.execute(
        "select kind, count(*) from tasks.task where planned_seq = %s group by kind order by kind",
        (seq,),
    ).fetchall()
    return dict(rows)


def plan_digest(conn: Connection, seq: int) -> str:
    """Return the digest of a night's recorded plan."""
    row = conn.execute(
        (
            f"select ({_SUM} tasks.task where planned_seq = %(seq)s) + ("
            + _SUM_OBSERVED
            + "tasks.observed where from_seq <= %(seq)s and (to_seq is null or to_seq > %(seq)s))"
        ).encode(),
        {"seq": seq},
    ).fetchone()
    return str(row[0]) if row else "0"


def replay_plan(conn: Connection, seq: int, as_of: datetime) -> str:
    """Return the digest of the plan that follows from the result of `cases.derive_all`; writes nothing.

    Expects `w_state` in the open transaction.
    """
    params = moment_of(conn, seq, as_of).params
    _clean(conn)
    conn.execute(
        "create temp table w_wanted on commit drop as"
        " select t.case_id, t.person_id, t.workflow, t.stage, t.asks as wanted, t.wanted_detail,"
        " t.owner_team, t.zone as time_zone, t.trigger_ref, t.encounter_ref from w_state as t where t.status = 'open'"
        " and t.asks in ('outreach', 'scheduling', 'eligibility', 'documentation', 'billing', 'review')"
    )
    _due(conn, params)
    row = conn.execute(f"select ({_SUM} w_plan) + ({_SUM_OBSERVED} w_observed)".encode()).fetchone()
    _clean(conn)
    return str(row[0]) if row else "0"
