"""A batch's page says why a visitor has no button to attest it, and which of their answers was not taken."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from tests.permitted import STAFF, let_the_staff_decide
from tests.warehouse.tasks.desk import Desk
from throughline.exceptions.resolve import resolve
from throughline.practice import permissions

Browser = Callable[[str], TestClient]
FOUR_EYES = (
    "biller changed what these claims say: somebody else attests them. Who may attest them: "
)


@pytest.fixture
def prepared(desk: Desk, batch: UUID, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """The batch, in a practice that wants four eyes; the biller has decided on an exception of one of its cases."""
    let_the_staff_decide(monkeypatch, four_eyes=True)
    row = desk.conn.execute(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq,"
        " opened_at, due_at, case_id) select gen_random_uuid(), 'case', 'x', 'charge_check', 'billing', 1, now(),"
        " now(), case_id from cases.case_record order by case_id limit 1 returning exception_id"
    ).fetchone()
    assert row is not None
    resolve(desk.conn, row[0], "biller", "continue", "as documented")
    desk.conn.commit()
    return batch


def test_who_prepared_the_claims_is_told_so_and_who_may(browser: Browser, prepared: UUID) -> None:
    told = unescape(browser("biller").get(f"/claims/{prepared}").text)
    assert FOUR_EYES + ", ".join(sorted(STAFF - {"biller"})) in told
    assert 'value="refuse"' in told
    assert 'value="release"' not in told
    assert "By releasing I attest" not in told
    assert "goes out at once" not in told
    others = unescape(browser("operator").get(f"/claims/{prepared}").text)
    assert "somebody else attests" not in others
    assert 'value="release"' in others
    assert "By releasing I attest" in others


def test_where_nobody_else_may_the_page_says_so(
    browser: Browser, prepared: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = {
        what: {permissions.ANY: frozenset({"biller"})} for what in ("see_patients", "attest_claims")
    }
    monkeypatch.setattr(
        permissions, "permissions", lambda: permissions.Permissions(alone, four_eyes=True)
    )
    told = unescape(browser("biller").get(f"/claims/{prepared}").text)
    assert "somebody else attests them. Nobody may attest them now" in told


def test_who_has_no_permission_is_told_who_has(
    browser: Browser, batch: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = {
        "see_patients": {permissions.ANY: frozenset({"operator"})},
        "attest_claims": {permissions.ANY: frozenset({"biller<b>"})},
    }
    monkeypatch.setattr(permissions, "permissions", lambda: permissions.Permissions(may))
    told = browser("operator").get(f"/claims/{batch}").text
    assert "is for others" in told
    assert "Who may attest them: biller&lt;b&gt;." in told
    assert 'name="act"' not in told
