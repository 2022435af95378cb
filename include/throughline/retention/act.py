"""The act of a person: what is past its time is removed. It records all that goes before anything goes."""

from __future__ import annotations

from uuid import UUID

from throughline import decisions
from throughline.decisions import Act, NotAllowedError, Preview, Request
from throughline.retention.plan import Plan
from throughline.retention.tell import follows
from throughline.warehouse import Connection

ABOUT, ACT = "retention", "remove"


class NothingPastError(NotAllowedError, ValueError):
    """Nothing is past its time."""


def _weigh(conn: Connection, request: Request) -> Preview:
    plan = request.said.get("plan")
    if not isinstance(plan, Plan) or not plan.going:
        raise NothingPastError("nothing is past its time")
    detail = {
        part.kind: {
            "before_on": part.before_on.isoformat(),
            "things": part.things,
            "bytes": part.bytes,
            "list_sha256": part.list_sha256,
        }
        for part in plan.going
    }
    return Preview(follows(plan), detail=detail, context=plan)


def _record(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    assert isinstance(seen.context, Plan)
    for part in seen.context.going:
        conn.execute(
            "insert into operations.removal"
            " (decision_id, kind, before_on, things, bytes, oldest_kept_on, list_sha256)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (
                decision_id,
                part.kind,
                part.before_on,
                part.things,
                part.bytes,
                part.oldest_kept_on,
                part.list_sha256,
            ),
        )
        with conn.cursor() as cursor:
            cursor.executemany(
                "insert into landing.removed_file (path, sha256, bytes, decision_id, kind)"
                " values (%s, %s, %s, %s, %s)",
                [(*file, decision_id, part.kind) for file in part.files],
            )
    return ()


decisions.register(
    Act(
        ACT,
        ABOUT,
        "have removed what is past its time",
        _weigh,
        _record,
        needs_reason=True,
        permission="apply_retention",
    )
)
