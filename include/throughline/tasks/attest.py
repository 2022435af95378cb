"""A named person releases or refuses a batch of claims: exactly these bytes, after opening their list."""

from __future__ import annotations

from uuid import UUID

from throughline import decisions, exceptions
from throughline.decisions import COMMAND_LINE, Act, Door, NotAllowedError, Preview, Request
from throughline.decisions.opening import NotOpenedError, has_opened
from throughline.practice import permissions
from throughline.programs.commands import as_here
from throughline.tasks import listed
from throughline.vocabulary.counts import count as counted
from throughline.warehouse import Connection, nights

STATUS = {"release": "released", "refuse": "refused"}
ATTEST, ABOUT = "attest_claims", "claim_batch"
NOT_WAITING = "this batch of claims is not waiting for a release"
FELL = "the case of a claim supports it no more: the batch is made anew before anybody attests it"
ATTESTATION = (
    "By releasing I attest that the services were rendered as documented by the clinician, that codes and"
    " amounts are the clinician's, and that this file may be sent."
)
"""What a person says who releases a batch."""
CHANGED = "this batch of claims, or what is known of its claims, has changed since it was shown"


class NotWaiting(NotAllowedError, RuntimeError):
    """The batch is no longer waiting for a release, or its bytes are not those that were shown."""


def release(
    conn: Connection,
    batch_id: UUID | str,
    decided_by: str,
    note: str,
    digest: str,
    door: Door = COMMAND_LINE,
) -> UUID:
    """Record that a named person attests and releases a batch in this state; returns the decision's id.

    `digest` is that of the file and its list, as shown. Repeating a release returns the same decision,
    unless the batch has been withdrawn since. Does not commit. Raises `NotWaiting`, `NotOpenedError` if
    this person has not opened the batch in this state, and `NotTold`.
    """
    request = Request(
        "release", "claim_batch", str(batch_id), decided_by, note, {"digest": digest}, door
    )
    return decisions.record(conn, request).decision_id


def show(conn: Connection, batch_id: UUID | str) -> str:
    """Keep that a question shows a waiting batch as it is now; returns the digest of its file and list.

    Does not commit. Raises `NotWaiting` and `NotTold`.
    """
    row = conn.execute(
        "select status from tasks.claim_batch where batch_id = %s", (batch_id,)
    ).fetchone()
    if row is None or row[0] != "waiting":
        raise NotWaiting(NOT_WAITING)
    return listed.show_to_all(conn, batch_id).digest


def refuse(
    conn: Connection,
    batch_id: UUID | str,
    decided_by: str,
    note: str,
    door: Door = COMMAND_LINE,
) -> UUID:
    """Record that a named person refuses a batch, and why; its claims go to billing as exceptions.

    A batch that nobody can attest, because its list cannot be told, is thrown away: the next night makes
    its claims anew. Does not commit. Raises `NotWaiting`,
    and `NoReasonError` without a note.
    """
    request = Request("refuse", "claim_batch", str(batch_id), decided_by, note, door=door)
    return decisions.record(conn, request).decision_id


# ---- the acts ----------------------------------------------------------------------------------


def _weigh(conn: Connection, request: Request) -> Preview:
    """Check that the batch is waiting; a release applies to the file and list that the person has opened."""
    row = conn.execute(
        "select b.status, b.decision_id, coalesce(d.detail ->> 'digest', d.detail ->> 'sha256'), b.claim_count,"
        " b.total_charge, b.payer_id, b.payload_sha256, b.billing_npi"
        " from tasks.claim_batch as b left join operations.decision as d on d.decision_id = b.decision_id"
        " where b.batch_id = %s for update of b",
        (request.about_id,),
    ).fetchone()
    if row is None:
        raise NotWaiting(NOT_WAITING)
    status, decision_id, decided, count, total, payer, sha256, npi = row
    given, is_release = request.said.get("digest"), request.act == "release"
    # a refusal sends nothing, so it needs no bytes
    needs_bytes = is_release or given is not None
    same = decisions.id_of(request)
    if decision_id == same and status in (STATUS[request.act], "sent"):
        if needs_bytes and given != decided:
            raise NotWaiting(NOT_WAITING)
        return Preview((), made=same)
    if status != "waiting":
        raise NotWaiting(NOT_WAITING)
    untold = None if is_release else listed.why_untold(conn, request.about_id)
    detail = {"sha256": sha256}
    if untold:
        detail["untold"] = untold
    if needs_bytes:
        detail["digest"] = _as_opened(conn, request, given)
    what = f"{counted(count, 'claim')} for {total} US dollars"
    are, each = ("is", "it") if count == 1 else ("are", "each")
    follows = {
        "release": f"{what} {are} sent to {payer}, byte for byte as shown.",
        "refuse": f"{what} {are} not sent; {each} becomes an exception for billing."
        if untold is None
        else f"This file of {what} is thrown away; the next night makes the claims anew, and asks again.",
    }
    barred = request.act == "release" and permissions.permissions().four_eyes
    return Preview(
        (follows[request.act],),
        detail,
        billing_npi=npi,
        prepared_by=_prepared_by(conn, request.about_id) if barred else frozenset(),
        context=untold,
    )


def _prepared_by(conn: Connection, batch_id: str) -> frozenset[str]:
    """Return who changed what the claims of a batch say: where there are four eyes, they do not attest it."""
    rows = conn.execute(
        "select distinct p.decided_by from tasks.prepared_by as p where p.batch_id = %s",
        (batch_id,),
    ).fetchall()
    return frozenset(row[0] for row in rows)


def _as_opened(conn: Connection, request: Request, given: object) -> str:
    """Return the digest of a batch as it is now; who releases it has seen it so, and has opened its list."""
    found = listed.of(conn, request.about_id)
    now = found.digest
    if given != now:
        raise NotWaiting(CHANGED)
    if request.act == "release" and found.unsupported:
        raise NotWaiting(FELL)
    if request.act != "release" or not request.who:
        return now
    asked = request.door.name == "question"
    if asked and not decisions.was_shown(conn, "claim_batch", request.about_id, now):
        raise NotWaiting("nobody was shown this batch of claims as it is now")
    if not has_opened(conn, "claim_batch", request.about_id, now, request.who):
        number = request.about_id[: listed.SHORT]
        raise NotOpenedError(
            f"{request.who} has not opened the list of these claims as it is now: open it on the page"
            f" Claims to release, or with {as_here(f'make claims BATCH={number} LOGIN=ask')}"
        )
    return now


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
    # the claims of a file that cannot be told are made anew (sql/tasks/claims.sql)
    if request.act == "release" or last is None or seen.context is not None:
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
