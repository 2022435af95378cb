"""Lists that went out stay, the answers to them go by their term, and an open call on a list is never forgotten."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.warehouse.retention.test_retention import ABOUT, LATER, ZONE
from tests.warehouse.tasks.conftest import (
    _not_the_same_again,
    desk,
    desk_dsn,
    new_desk,
    outside,
    running_outside,
    wipe,
)
from tests.warehouse.tasks.lists.test_back import (
    MORNING,
    TUESDAY,
    WEDNESDAY,
    Practice,
    first_night,
    practice,
    says,
)
from throughline import decisions, retention
from throughline.decisions import Request
from throughline.retention.plan import Places

__all__ = [
    "_not_the_same_again",
    "desk",
    "desk_dsn",
    "new_desk",
    "outside",
    "practice",
    "running_outside",
    "wipe",
]
SENT = "select * from tasks.transmission order by transmission_id"
FACTS = "select * from evidence.fact where source = 'care_lists' order by fact_id"


def retained(practice: Practice, today: date = date(2040, 1, 1)) -> None:
    """Record and carry out what is past its time, years later.

    The source of the lists takes billing work, too: its answers have the term of claims, ten years.
    """
    conn, places = practice.desk.conn, Places(practice.root / "landing")
    plan = retention.planned(conn, ABOUT, places, today)
    if plan.going:
        said = {"plan": plan}
        why = "their term is over"
        decisions.record(
            conn,
            Request(retention.ACT, retention.ABOUT, today.isoformat(), "operator", why, said),
        )
        conn.commit()
        list(retention.carried_out(conn, places, ZONE))
    conn.commit()


def answers(practice: Practice) -> list[Path]:
    """Return the files of answers whose bytes are there."""
    return [
        path
        for path in (practice.root / "landing").rglob("*")
        if path.is_file() and "care_lists" in path.as_posix()
    ]


def waiting(practice: Practice) -> list[Any]:
    """Return the calls that are open, with their tries."""
    return practice.desk.rows(
        "select task_id, case_id, status, attempt from tasks.task where kind = 'outreach'"
        " and status in ('requested', 'received', 'accepted', 'in-progress') order by case_id"
    )


def answered(practice: Practice) -> None:
    """Send a list of two calls; the one comes back as made and proves its case's stage, the other stays open."""
    first_night(practice, "p1", "p2")
    practice.comes_back("care_lists_calls_20260707.xlsx", says("p1", "Reached", MORNING), TUESDAY)
    assert practice.night(TUESDAY) == []
    practice.desk.conn.execute(
        "insert into cases.stage (case_id, stage, position, state, fact_id, proven_at, derived_seq)"
        " select c.case_id, 'contacted', 1, 'complete', f.fact_id, f.occurred_at, 1"
        " from evidence.fact as f inner join identity.link as l"
        " on l.source = f.subject_source and l.source_id = f.subject_id"
        " inner join cases.case_record as c on c.person_id = l.person_id"
        " where f.kind = 'contact' and f.source = 'care_lists'"
    )
    practice.desk.conn.commit()


def test_the_answer_that_an_open_case_rests_on_stays_and_goes_once_the_case_is_over(
    practice: Practice,
) -> None:
    answered(practice)
    sent, facts = practice.desk.rows(SENT), practice.desk.rows(FACTS)
    assert {"work_list", "outreach"} <= {one.kind for one in sent}
    assert answers(practice) != []
    retained(practice)
    assert answers(practice) != [], "an open case rests on it, however old it is"

    practice.desk.conn.execute(
        "update cases.case_record as c set status = 'completed', next_step = null, wanted = null"
        " from cases.stage as s where s.case_id = c.case_id"
    )
    practice.desk.conn.commit()
    retained(practice, LATER)
    assert answers(practice) != [], "not before ten years"
    retained(practice)
    assert answers(practice) == []
    [gone] = practice.desk.rows(
        "select path from landing.removed_file where path like '%%care_lists%%'"
    )
    assert gone.path
    assert practice.desk.rows(SENT) == sent, "what went out is never removed, nor its bytes"
    assert practice.desk.rows(FACTS) == facts, "nor is what the answer stated"


def test_an_open_call_on_a_list_is_never_forgotten(practice: Practice) -> None:
    answered(practice)
    open_ = waiting(practice)
    assert len(open_) >= 1
    practice.desk.conn.execute(
        "update cases.case_record as c set status = 'completed', next_step = null, wanted = null"
        " from cases.stage as s where s.case_id = c.case_id"
    )
    practice.desk.conn.commit()
    for _ in range(2):
        retained(practice)
    assert answers(practice) == []
    assert waiting(practice) == open_
    # the next list still has it, and a second reading of the answers' folder calls nobody again
    practice.night(WEDNESDAY)
    [row] = [one for one in practice.calls("2026-07-09") if one["Patient"].startswith("Family-p2")]
    assert row["Outcome"] is None
    assert len(practice.desk.rows(FACTS)) == 2
