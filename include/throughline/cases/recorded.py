"""A named person records a call that no feed carries, and takes back one that was recorded wrongly.

A practice whose calls are in no system that can be read would otherwise have no proof of them. What is recorded becomes
evidence of the next night, of the source `by_hand`, with the name of the person who recorded it. A record of a
system of record counts beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from throughline import decisions
from throughline.decisions import Act, CorrectableError, Preview, Request, back
from throughline.practice import told_zone
from throughline.vocabulary.words import CONTACT_OUTCOME
from throughline.warehouse import Connection

CASE, CALL = "case", "recorded_call"
RECORD, TAKE_BACK = "record_call", "take_back_call"
OUTCOMES: Mapping[str, str] = CONTACT_OUTCOME.words
LONGEST_AGO = timedelta(days=60)
"""A call that was longer ago is not recorded: every clock that it could meet is over."""


class CannotBeRecordedError(CorrectableError):
    """The call is not one of this case, or something about it is missing or wrong."""


def moment(said: str) -> datetime:
    """Return a local time of the practice (`2026-07-06 15:00`) in UTC. Raises `CannotBeRecordedError`."""
    try:
        at = datetime.fromisoformat(" ".join(said.replace("T", " ").split())[:16])
    except ValueError:
        raise CannotBeRecordedError(
            "when the call was is missing or cannot be read; write it as 2026-07-06 15:00"
        ) from None
    if " " not in said.strip().replace("T", " "):
        raise CannotBeRecordedError("the time of the call is missing; write it as 2026-07-06 15:00")
    return at.replace(tzinfo=ZoneInfo(told_zone())).astimezone(UTC)


def _weigh_call(conn: Connection, request: Request) -> Preview:
    row = conn.execute(
        "select c.status, evidence.day_start(c.trigger_on), clock_timestamp(), c.person_id, c.trigger_fact_id,"
        " (select max(n.cut_off) from operations.night as n where n.status <> 'void') from cases.case_record as c"
        " where c.case_id::text = %s",
        (request.about_id,),
    ).fetchone()
    if row is None:
        raise CannotBeRecordedError("no case has this number")
    back.one_after_another(conn, request.about_id)
    status, begins, now, person_id, trigger_fact_id, cut_off = row
    if status != "open":
        raise CannotBeRecordedError(f"the case is {status}: nothing waits for a call")
    outcome = str(request.said.get("outcome") or "")
    if outcome not in OUTCOMES:
        raise CannotBeRecordedError(f"the outcome is none of {', '.join(OUTCOMES)}")
    at = moment(str(request.said.get("at") or ""))
    if at > now:
        raise CannotBeRecordedError("the call lies in the future")
    if at < begins:
        raise CannotBeRecordedError("the call was before what opened the case")
    if cut_off is not None and at < cut_off - LONGEST_AGO:
        raise CannotBeRecordedError("the call is more than 60 days before the last night")
    return Preview(
        (
            "From the next night on it is evidence of the patient's cases, recorded by you.",
            "Record only what no system has: a call that a system has as well would count as two tries.",
        ),
        {
            "outcome": outcome,
            "at": at.isoformat(),
            # whom it is about: evidence reads no case
            "person_id": str(person_id),
            "trigger_fact_id": str(trigger_fact_id) if trigger_fact_id else None,
        },
        made=_made(conn, request, {"outcome": outcome, "at": at.isoformat()}),
    )


def _made(conn: Connection, request: Request, said: Mapping[str, Any]) -> UUID | None:
    """Return the decision that records this very call, if the person sent it twice."""
    row = conn.execute(
        "select d.decision_id from operations.decision as d where d.kind = %s and d.about_kind = %s"
        " and d.about_id = %s and d.decided_by = %s and d.detail ->> 'outcome' = %s"
        " and (d.detail ->> 'at')::timestamptz = %s::timestamptz"
        " and not exists (select from operations.decision as b where b.kind = %s and b.about_kind = %s"
        " and b.about_id = d.decision_id::text)",
        (
            RECORD, CASE, request.about_id, request.who, said["outcome"], said["at"], TAKE_BACK, CALL,
        ),
    ).fetchone()  # fmt: skip
    return row[0] if row else None


def _weigh_take_back(conn: Connection, request: Request) -> Preview:
    back.whose(conn, request, RECORD, "nobody recorded a call under this number")
    return Preview(("From the next night on the call proves nothing; what it proved falls.",))


decisions.register(
    Act(RECORD, CASE, "record a call", _weigh_call, needs_reason=False, permission="record_calls")
)
decisions.register(
    Act(
        TAKE_BACK,
        CALL,
        "take a recorded call back",
        _weigh_take_back,
        needs_reason=True,
        permission="record_calls",
    )
)
