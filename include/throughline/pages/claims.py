"""Claims to release: the batches that wait, and the list of one, which counts as opened when it is shown."""

from __future__ import annotations

from uuid import UUID

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Request, Response

from throughline.decisions import Door, NotAllowedError, NotPermittedError
from throughline.pages.access import deciding, look, reading
from throughline.pages.one import NotFound, span
from throughline.pages.render import render
from throughline.pages.routes import Looking, html, refusal, root_of
from throughline.pages.visitor import Visitor
from throughline.tasks import listed
from throughline.told.today import today
from throughline.warehouse import Connection

PLACE = "claims"
router = APIRouter(dependencies=[Depends(requires_authenticated())])


def batch(conn: Connection, number: str) -> tuple[UUID, str]:
    """Return id and status of the batch whose id begins with a number; of several the one that waits.

    Raises `NotFound`.
    """
    found = conn.execute(
        "select batch_id, status from tasks.claim_batch where batch_id between %s and %s"
        " order by status <> 'waiting', batch_id limit 3",
        span(number),
    ).fetchall()
    waiting = [row for row in found if row[1] == "waiting"] or found
    if len(waiting) > 1:
        raise NotFound("Several batches have a number that begins so: give more of it.")
    if not waiting:
        raise NotFound("No batch of claims has this number.")
    return waiting[0][0], waiting[0][1]


def kept_look(conn: Connection, who: Visitor, batch_id: UUID) -> None:
    """Keep that the visitor is shown the persons of a batch's claims. Commits."""
    rows = conn.execute(
        "select distinct person_id::text from tasks.claim where batch_id = %s", (batch_id,)
    ).fetchall()
    look(conn, who, PLACE, [row[0] for row in rows], str(batch_id))


@router.get("/claims")
def claims_page(request: Request, who: Looking) -> Response:
    """Return the batches that wait, without patient data."""
    with reading() as conn:
        content = render(
            "claims.html.jinja", who, root_of(request), PLACE,
            batches=listed.waiting(conn), today=today(conn),
        )  # fmt: skip
    return html(content)


@router.get("/claims/{number}")
def batch_page(request: Request, who: Looking, number: str) -> Response:
    """Return the list of a batch, and keep that the visitor opened it; of one that was attested, that list."""
    with reading() as conn:
        batch_id, status = batch(conn, number)
    if not who.sees_patients and status != "waiting":
        return refusal(
            request, who, 403, "Not for you", "The list of claims names patients.", PLACE
        )
    if status == "waiting":
        try:
            with deciding() as conn:
                opened = listed.open_for(conn, batch_id, who.who, Door("page"))
                conn.commit()
        except NotPermittedError:
            text = "The list of claims names patients: it is for those who may see them."
            return refusal(request, who, 403, "Not for you", text, PLACE)
        except NotAllowedError as error:
            text = f"Nobody can attest this batch: {error}. It is an exception, and waits."
            return refusal(request, who, 409, "Not to be attested", text, PLACE)
        return _shown(request, who, batch_id, status, opened.head, opened.claims, opened.digest)
    with reading() as conn:
        kept = listed.attested(conn, batch_id)
    if kept is None:
        text = f"Batch {str(batch_id)[: listed.SHORT]} does not wait any more: it is {status}."
        return refusal(request, who, 200, "Not waiting", text, PLACE)
    return _shown(request, who, batch_id, status, kept["file"], kept["claims"], "")


def _shown(
    request: Request,
    who: Visitor,
    batch_id: UUID,
    status: str,
    head: object,
    claims: object,
    digest: str,
) -> Response:
    with reading() as conn:
        kept_look(conn, who, batch_id)
        decided = conn.execute(
            "select d.decided_at, d.decided_by, d.note from tasks.claim_batch as b"
            " inner join operations.decision as d on d.decision_id = b.decision_id where b.batch_id = %s",
            (batch_id,),
        ).fetchone()
        content = render(
            "batch.html.jinja", who, root_of(request), PLACE,
            batch_id=str(batch_id), status=status, file=head, claims=claims, digest=digest,
            decided=decided, today=today(conn),
        )  # fmt: skip
    return html(content)
