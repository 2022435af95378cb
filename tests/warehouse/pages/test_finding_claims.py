"""A claim and its batch are found by their numbers, before they are sent and after."""

from __future__ import annotations

from hashlib import md5
from uuid import UUID

import pytest

from tests.warehouse.morning import CLAIMS
from throughline import warehouse
from throughline.pages.finding import search
from throughline.pages.render import render
from throughline.pages.visitor import Visitor

BATCH = str(UUID(md5(b"claims").hexdigest()))  # noqa: S324 - the id that the claims of the tests have
NURSE, VIEWER = Visitor("nurse", ("care_management",)), Visitor("viewer")


@pytest.fixture(autouse=True)
def claims(conn: warehouse.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two claims in a batch; the nurse alone sees patients."""
    monkeypatch.setattr(
        "throughline.pages.visitor.permitted",
        lambda who, what: (who, what) == ("nurse", "see_patients"),
    )
    monkeypatch.setattr(conn, "commit", lambda: None)
    conn.execute(CLAIMS)


@pytest.mark.parametrize("status", ["waiting", "released", "sent", "refused"])
@pytest.mark.parametrize("who", [NURSE, VIEWER])
def test_a_batch_is_found_by_its_number_whatever_became_of_it(
    conn: warehouse.Connection, who: Visitor, status: str
) -> None:
    conn.execute("update tasks.claim_batch set status = %s", (status,))
    for typed in (BATCH[:8], BATCH, BATCH.upper()):
        found = search.hits(conn, who, typed)
        assert (found.address, found.batches) == (f"claims/{BATCH}", [BATCH])


def test_a_claim_is_found_by_its_control_number_with_its_case_and_batch(
    conn: warehouse.Connection,
) -> None:
    ((case_id,),) = conn.execute(
        "select distinct t.case_id::text from tasks.claim as c inner join tasks.task as t using (task_id)"
    ).fetchall()
    for typed in ("TL1", "tl1", " TL1 "):
        found = search.hits(conn, VIEWER, typed)
        assert (found.cases, found.batches, found.persons) == ([case_id], [BATCH], [])
    shown = render(
        "search.html.jinja", VIEWER, "", token="", said="TL1", is_over=False,
        found=search.search(conn, VIEWER, "TL1"),
    )  # fmt: skip
    assert f'/claims/{BATCH}"' in shown
    assert f'/case/{case_id}"' in shown
    conn.execute("update tasks.claim set batch_id = null, status = 'prepared'")
    assert search.hits(conn, VIEWER, "TL1").address == f"case/{case_id}"


@pytest.mark.parametrize("typed", ["TL", "TL3", "TL1%", "00000000", "ffffffff"])
def test_another_number_finds_none(conn: warehouse.Connection, typed: str) -> None:
    assert search.hits(conn, VIEWER, typed) == search.Hits()
