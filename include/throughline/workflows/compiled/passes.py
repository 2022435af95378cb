"""Runs a whole night of the engine over the tables of inputs: two passes, then what the next night must know."""

from __future__ import annotations

from throughline.warehouse import sql
from throughline.warehouse.connection import Connection
from throughline.workflows.compiled import night
from throughline.workflows.compiled.night import Moment

FACTS = ("cases/forget", "facts", "hit_tables", "behind")
HITS = ("described", "hits")
CASES = ("cases/triggers", "cases/cases", "state/bill_table")
DECIDED = ("state/status", "cases/decide", "cases/join")
AS_FACTS = ("cases/as_facts", "case_versions")
TOLD = ("state/asks", "state/work", "state/log", "state/rechecks")


def run(conn: Connection, moment: Moment) -> None:
    """Evaluate a night: the second pass reads the cases of the first (29). Leaves its tables, and does not commit.

    The tables that the night before left are dropped; those of the log (`e_log_…`) are carried on.
    """
    sql.drop_made(conn, *_paths(*FACTS, *TOLD))
    _run(conn, moment, *FACTS, with_cases=False)
    for with_cases in (False, True):
        sql.drop_made(conn, *_paths(*CASES, *DECIDED))
        _run(conn, moment, *HITS, *CASES, with_cases=with_cases)
        night.evaluate(conn, moment, with_cases=with_cases)
        _run(conn, moment, *DECIDED, with_cases=with_cases)
        if not with_cases:
            _run(conn, moment, *AS_FACTS, with_cases=with_cases)
    _run(conn, moment, *TOLD, with_cases=True)


def _paths(*names: str) -> list[str]:
    return [f"engine/{name}.sql" for name in names]


def _run(conn: Connection, moment: Moment, *names: str, with_cases: bool) -> None:
    for path in _paths(*names):
        sql.run(conn, path, **moment.params, with_cases=with_cases)
