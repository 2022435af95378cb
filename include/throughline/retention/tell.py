"""Retention in words: what is past its time, what would follow, and when it was last applied."""

from __future__ import annotations

from datetime import date

from throughline.practice import Practice
from throughline.programs.commands import as_here
from throughline.retention.plan import Part, Places, Plan, planned
from throughline.warehouse import Connection

STATUS_S = 3.0
"""Seconds that `make status` counts what is past its time; a preview counts all of it."""
NAMES = {
    "landed_bytes": ("landed file", "landed files"),
    "claims_bytes": ("landed file of claims and payments", "landed files of claims and payments"),
    "logs": ("log file of Airflow", "log files of Airflow"),
    "pages": ("page", "pages"),
    "airflow_metadata": ("row of Airflow's database", "rows of Airflow's database"),
    "looked": ("row on who looked at whom", "rows on who looked at whom"),
}


def follows(plan: Plan) -> tuple[str, ...]:
    """Return one sentence for each kind that has a term."""
    return tuple(_part(part) for part in plan.parts)


def size(count: int) -> str:
    """Return a number of bytes as a person reads it."""
    unit, number = "bytes", float(count)
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 1000:
            break
        unit, number = larger, number / 1000
    return f"{number:,.0f} {unit}" if unit == "bytes" else f"{number:,.1f} {unit}"


def counted(part: Part) -> str:
    """Return how much goes of a kind: `12 pages (3.4 MB)`."""
    one, many = NAMES[part.kind]
    said = f"{part.things:,} {one if part.things == 1 else many}"
    return said if part.bytes is None else f"{said} ({size(part.bytes)})"


def _part(part: Part) -> str:
    kept = f"; the oldest that stays is of {part.oldest_kept_on}" if part.oldest_kept_on else ""
    needed = (
        f"; {part.needed:,} as old stay, because something open needs them" if part.needed else ""
    )
    going = counted(part) if part.things else f"no {NAMES[part.kind][0]}"
    return f"{going} from before {part.before_on}{kept}{needed}"


def status(conn: Connection, about: Practice, today: date) -> list[str]:
    """Return when retention was last applied, what broke off, and what is past its time now.

    Nothing is said of a practice that keeps everything and has never removed anything. What takes longer than
    `STATUS_S` is not counted.
    """
    last = conn.execute(
        "select r.begun_at, coalesce(d.decided_by, 'nobody that is known'), bool_or(r.ended_at is null)"
        " from operations.removal as r left join operations.decision as d on d.decision_id = r.decision_id"
        " group by 1, 2 order by bool_or(r.ended_at is null) desc, 1 desc limit 1"
    ).fetchone()
    if not about.retention and last is None:
        return []
    said = "Retention: never applied"
    if last is not None:
        broke_off = f", and broke off: {as_here('make retain')} goes on with it" if last[2] else ""
        said = f"Retention: last applied {last[0]:%Y-%m-%d} by {last[1]}{broke_off}"
    if not about.retention:
        return [f"{said}. Everything is kept now (practice.yaml)"]
    plan = planned(
        conn, about, Places.of_environment(), today, skip_unknown=True, within_s=STATUS_S
    )
    past = [counted(part) for part in plan.going]
    if plan.not_counted:
        names = ", ".join(NAMES[kind][1] for kind in plan.not_counted)
        past.append(f"not counted, because it takes more than {STATUS_S:.0f} s: {names}")
    told = f"{'; '.join(past)}: {as_here('make retain PREVIEW=1')}" if past else "nothing"
    return [f"{said}. Past their time: {told}"]
