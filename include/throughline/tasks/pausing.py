"""A named person pauses sending, and resumes it (`throughline.deployment.pause` is the command).

A pause counts from the moment of the decision, also for a night that is sending. The loop goes on: feeds are read,
cases are derived, tasks are planned, claims are shown and released, and what was sent before is looked up. Nothing
else goes out. A task that waits for that reason neither lapses nor counts as an attempt (`sql/cases/work_tasks.sql`);
the clocks of its stage are the patient's and go on. After the pause, what is still right goes out once.
"""

from __future__ import annotations

from throughline import decisions
from throughline.decisions import Act, NotAllowedError, Preview, Request
from throughline.warehouse import Connection

ABOUT = "sending"
ACTIONS = {"pause": "pause_sending", "resume": "resume_sending"}
FOLLOWS = {
    "pause_sending": "From now on nothing goes out, until somebody resumes it. The loop goes on; claims stay released.",
    "resume_sending": "From the next night or the next release on, what is still right goes out, once.",
}


class NothingToPauseError(NotAllowedError, ValueError):
    """Sending is paused already, or is not paused."""


def is_paused(conn: Connection) -> bool:
    """Return whether sending is paused now. Ends no transaction."""
    row = conn.execute("select exists (select from operations.sending_pause)").fetchone()
    return bool(row and row[0])


def _weigh(conn: Connection, request: Request) -> Preview:
    row = conn.execute(
        "select decided_by, to_char(decided_at, 'YYYY-MM-DD HH24:MI TZ') from operations.sending_pause"
    ).fetchone()
    if request.act == "pause_sending" and row:
        raise NothingToPauseError(f"sending is paused since {row[1]}, by {row[0]}")
    if request.act == "resume_sending" and not row:
        raise NothingToPauseError("sending is not paused")
    return Preview((FOLLOWS[request.act],))


for _name, _title in (
    ("pause_sending", "send nothing until it is resumed"),
    ("resume_sending", "send again"),
):
    decisions.register(
        Act(_name, ABOUT, _title, _weigh, needs_reason=True, permission="pause_sending")
    )
