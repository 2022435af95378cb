"""A named person releases or refuses a batch of claims: exactly these bytes."""

from __future__ import annotations

from uuid import UUID

from throughline import decisions, exceptions
from throughline.decisions import COMMAND_LINE, Act, Door, NotAllowedError, Preview, Request
from throughline.warehouse import Connection, nights

STATUS = {"release": "released", "refuse": "refused"}
ATTEST = "attest_claims"
NOT_WAITING = "this batch of claims is not waiting for a release"


class NotWaiting(NotAllowedError, RuntimeError):
    """The batch is no longer waiting for a release, or its bytes are not those that were shown."""


def release(
    conn: Connection,
    batch_id: UUID | str,
    decided_by: str,
    note: str,
    sha256: str,
    door: Door = COMMAND_LINE,
) -> UUID:
    """Record that a named person attests and releases the bytes with this hash; returns the decision's id.

    Repeating a release returns the same decision, unless the batch has been withdrawn since. Does not
    commit. Raises `NotWaiting`.
    """
    shown = {"sha256": sha256}
    request = Request("release", "claim_batch", str(batch_id), decided_by, note, shown, door)
    return decisions.record(conn, request).decision_id


def show(conn: Connection, batch_id: UUID | str) -> str:
    """Keep that a waiting batch is put before a person as it is now; returns the SHA-256 of its file.

    Does not commit. Raises `NotWaiting`.
    """
    row = conn.execute(
        "select payload_sha256 from tasks.claim_batch where batch_id = %s and status = 'waiting'",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise NotWaiting(NOT_WAITING)
    decisions.show(conn, "claim_batch", str(batch_id), row[0])
    return str(row[0])


def refuse(
    conn: Connection,
    batch_id: UUID | str,
    decided_by: str,
    note: str,
    door: Door = COMMAND_LINE,
) -> UUID:
    """Record that a named person refuses a batch, and why; its claims go to billing as exceptions.

    Does not commit. Raises `NotWaiting`, and `NoReasonError` without a note.
    """
    request = Request("refuse", "claim_batch", str(batch_id), decided_by, note, door=door)
    return decisions.record(conn, request).decision_id


# ---- the acts ----------------------------------------------------------------------------------


def _weigh(conn: Connection, request: Request) -> Preview:
    """Check that the batch is waiting; a release applies to the bytes with the hash that was shown."""
    row = conn.execute(
        "select payload_sha256, status, decision_id, claim_count, total_charge, payer_id,"
        " billing_npi from tasks.claim_batch where batch_id = %s for update",
        (request.about_id,),
    ).fetchone()
    if row is None:
        raise NotWaiting(NOT_WAITING)
    sha256, status, decision_id, count, total, payer, npi = row
    same = decisions.id_of(request)
    # a refusal sends nothing, so it needs no bytes
    given = request.said.get("sha256")
    is_shown = request.act == "refuse" if given is None else given == sha256
    if is_shown and decision_id == same and status in (STATUS[request.act], "sent"):
        return Preview((), made=same)
    if not is_shown or status != "waiting":
        raise NotWaiting(NOT_WAITING)
    if request.act == "release" and not decisions.was_shown(
        conn, "claim_batch", request.about_id, sha256
    ):
        raise NotWaiting("nobody was shown this batch of claims as it is now")
    what = f"{count} claims for {total} US dollars"
    follows = {
        "release": f"{what} are sent to {payer}, byte for byte as shown.",
        "refuse": f"{what} are not sent; each becomes an exception for billing.",
    }
    return Preview((follows[request.act],), {"sha256": sha256}, billing_npi=npi)


def _close(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    status, batch_id = STATUS[request.act], request.about_id
    conn.execute(
        "update tasks.claim_batch set status = %s, decision_id = %s where batch_id = %s",
        (status, decision_id, batch_id),
    )
    conn.execute("update tasks.claim set status = %s where batch_id = %s", (status, batch_id))
    last = nights.newest(conn)
    if request.act == "release" or last is None:
        return ()
    for (task_id,) in conn.execute(
        "select task_id from tasks.claim where batch_id = %s", (batch_id,)
    ).fetchall():
        exceptions.open_exception(
            conn,
            last.seq,
            last.cut_off,
            "charge_check",
            "task",
            str(task_id),
            detail={"refused_batch": str(batch_id)},
        )
    return ()


for _act in (
    Act("release", "claim_batch", "attest and send", _weigh, _close, once=True, permission=ATTEST),
    Act(
        "refuse",
        "claim_batch",
        "do not send",
        _weigh,
        _close,
        once=True,
        needs_reason=True,
        permission=ATTEST,
    ),
):
    decisions.register(_act)
