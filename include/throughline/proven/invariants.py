"""Checks the design's invariants in the warehouse, on what a night changed or on all data.

Each file of `sql/proven/invariants/` holds the checks of one invariant. A check is one query
that begins with a comment `-- name: sentence.` and returns its violations as
(about_kind, about_id, detail): ids of cases, tasks and deliveries, never patient data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from throughline.sources import catalogue
from throughline.warehouse import Connection, sql

FOLDER = "proven/invariants"
LISTED = 20
"""How many violations of a check are listed; all are counted."""

_HEAD = re.compile(r"\A-- ([a-z_]+): ((?:.*\n)(?:-- .*\n)*)")


class InvariantViolated(RuntimeError):
    """At least one invariant does not hold. The message names checks, counts and ids."""

    def __init__(self, broken: list[Broken]) -> None:
        """Keep the broken checks, for the report."""
        super().__init__(tell(broken))
        self.broken = broken


@dataclass(frozen=True)
class Check:
    """One query of one invariant: returns rows (about_kind, about_id, detail), none when it holds."""

    invariant: str
    name: str
    sentence: str
    query: str


@dataclass(frozen=True)
class Violation:
    """One thing that breaks a check."""

    about_kind: str
    about_id: str
    detail: str


@dataclass(frozen=True)
class Broken:
    """A check that does not hold: the number of violations, and the first of them."""

    check: Check
    count: int
    first: list[Violation]


@lru_cache(maxsize=1)
def checks() -> tuple[Check, ...]:
    """Return every check, in the design's order. Raises `ValueError` for a check without a name."""
    given = {"counted_record": _counted_records()}
    found: list[Check] = []
    for path in sorted((sql.ROOT / FOLDER).glob("*.sql")):
        for statement in sql.statements(f"{FOLDER}/{path.name}"):
            head = _HEAD.match(statement)
            if head is None:
                raise ValueError(f"{path.name}: a check begins with `-- name: sentence.`")
            sentence = " ".join(head[2].replace("\n-- ", " ").split())
            query = sql.with_given(statement.rstrip().rstrip(";"), given)
            found.append(Check(path.stem, head[1], sentence, query))
    return tuple(found)


def _counted_records() -> str:
    """Return the query for all records that count as rows of a delivery (not their child records)."""
    return "\nunion all\n".join(
        f"select r.batch_id, r.known_seq from core.{table.name} as r where not exists ("
        "select from landing.batch_file as f where f.batch_id = r.batch_id and f.file_id = r.file_id"
        " and f.withdrawn_seq is not null)"
        for _, table in catalogue.tables()
        if table.is_counted
    )


def check(conn: Connection, seq: int | None = None) -> list[Broken]:
    """Check every invariant and return those that do not hold.

    With `seq`, looks only at what that night changed, through indexes; without it, at everything.
    Writes only temporary tables. Does not commit.
    """
    # what this transaction has written itself is added to the chain before it is looked at
    conn.execute("set constraints all immediate")
    sql.run(conn, "proven/scope.sql", seq=seq)
    broken = []
    for each in checks():
        rows = conn.execute(
            f"select v.*, count(*) over () from ({each.query}) as v order by 1, 2, 3 limit {LISTED}".encode(),
            {"seq": seq},
        ).fetchall()
        if rows:
            broken.append(Broken(each, rows[0][3], [Violation(*row[:3]) for row in rows]))
    return broken


def check_night(conn: Connection, seq: int) -> int:
    """Check what night `seq` changed; returns the number of checks. Raises `InvariantViolated`."""
    broken = check(conn, seq)
    conn.rollback()
    if broken:
        raise InvariantViolated(broken)
    return len(checks())


def tell(broken: list[Broken]) -> str:
    """Return the broken checks as text, one paragraph each."""
    lines = []
    for each in broken:
        lines.append(
            f"{each.check.invariant}: {each.check.name} ({each.count:,}): {each.check.sentence}"
        )
        lines += [f"    {v.about_kind} {v.about_id}: {v.detail}" for v in each.first]
        if each.count > len(each.first):
            lines.append(f"    … and {each.count - len(each.first):,} more")
    return "\n".join(lines)
