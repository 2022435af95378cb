"""One exception: found by its number, with what was decided about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from throughline.told import exceptions
from throughline.told.exceptions import Stuck
from throughline.warehouse import Connection, sql

SHORTEST = 8


class NotFound(LookupError):
    """There is no such thing, or the number names several; the message says so."""


@dataclass(frozen=True)
class Logged:
    """A decision as it is listed."""

    decided_at: datetime
    decided_by: str
    kind: str
    note: str
    door: str
    known_seq: int | None


@dataclass(frozen=True)
class Visit:
    """A visit as one asks for it in the chart: `visit_on` is its local day, `practitioner` who saw the patient."""

    visit_on: date
    practitioner: str


def span(number: str) -> tuple[UUID, UUID]:
    """Return the first and the last id that begin with a number. Raises `NotFound` if it is not one."""
    digits = number.lower().replace("-", "")
    if not re.fullmatch(f"[0-9a-f]{{{SHORTEST},32}}", digits):
        raise NotFound(f"A number has {SHORTEST} characters or more, of 0-9 and a-f.")
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


def exception(conn: Connection, number: str) -> Stuck:
    """Return the exception whose id begins with a number; of several the open one. Raises `NotFound`."""
    found = conn.execute(
        "select exception_id::text, status from operations.exception"
        " where exception_id between %s and %s order by status <> 'open', exception_id limit 3",
        span(number),
    ).fetchall()
    open_ = [row for row in found if row[1] == "open"] or found
    if len(open_) > 1:
        raise NotFound("Several exceptions have a number that begins so: give more of it.")
    if not open_:
        raise NotFound("No exception has this number.")
    return exceptions.rows(conn, [open_[0][0]])[0]


def visit(conn: Connection, stuck: Stuck) -> Visit | None:
    """Return the visit that the case of an exception is about; None if there is none. It is patient data."""
    rows = sql.run(conn, "told/pages/visit_of_case.sql", case_id=stuck.case_id).rows
    return next(
        (
            Visit(on, " ".join(part for part in (given, family) if part))
            for on, given, family in rows
        ),
        None,
    )


def log(conn: Connection, stuck: Stuck) -> list[Logged]:
    """Return what was decided about an exception, the newest first."""
    return [
        Logged(*row)
        for row in sql.run(
            conn,
            "told/pages/decisions.sql",
            exception=stuck.exception_id,
            rows=stuck.about_id if stuck.reason == "rows_set_aside" else None,
            claims=stuck.about_id if stuck.about_kind == "claim_batch" else None,
        ).rows
    ]
