"""A batch's page says why a visitor has no button to attest it, and which of their answers was not taken."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from psycopg.conninfo import conninfo_to_dict
from starlette.testclient import TestClient

from stack import airflow, postgres
from tests.permitted import STAFF, let_the_staff_decide
from tests.warehouse.tasks.desk import Desk
from throughline.decisions import NoReasonError, NotPermittedError
from throughline.decisions.opening import NotOpenedError
from throughline.exceptions.resolve import resolve
from throughline.practice import permissions
from throughline.warehouse import Connection, connect

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


def test_a_batch_says_either_that_it_goes_out_or_that_it_waits(
    browser: Browser, desk: Desk, batch: UUID
) -> None:
    goes, waits = "What is released here goes out at once.", "What is released here waits until"
    told = browser("biller").get(f"/claims/{batch}").text
    assert (goes in told, waits in told, "Sending is paused" in told) == (True, False, False)
    desk.conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (gen_random_uuid(), 'operator', 'pause_sending', 'sending', 'sending', 'a test')"
    )
    desk.conn.commit()
    told = browser("biller").get(f"/claims/{batch}").text
    assert (goes in told, waits in told) == (False, True)
    assert "by operator; " in told.split("Sending is paused since ")[1]


# ---- answers to Airflow's question -------------------------------------------------------------


@pytest.fixture
def answer(
    desk_dsn: str, warehouse_server: postgres.Server, batch: UUID, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], Any]:
    """Return a function with which a person answers the question about the batch, each step in its own role."""
    module = importlib.import_module("throughline.orchestration.decisions")

    def open_warehouse(connection_id: str = "throughline") -> Connection:
        database = str(conninfo_to_dict(desk_dsn)["dbname"])
        return connect(warehouse_server.dsn(airflow.CONNECTIONS[connection_id], database))

    monkeypatch.setattr(module, "open_warehouse", open_warehouse)
    run = module.Run(f"claims__{batch}", {"batch_id": str(batch)}, "")

    def answered(who: str, option: str) -> Any:
        asked = module.describe_claims(run)
        said = {"chosen_options": [option], "responded_by_user": {"id": who}}
        return module.take_claims(asked, said)

    return answered


def test_an_answer_that_was_not_taken_is_told_to_whom_gave_it(
    browser: Browser, desk: Desk, batch: UUID, answer: Callable[[str, str], Any]
) -> None:
    assert "was not taken" not in browser("biller").get(f"/claims/{batch}").text
    with pytest.raises(NotOpenedError):
        answer("operator", "Attest and release")
    assert "was not taken" not in browser("biller").get(f"/claims/{batch}").text
    operator = browser("operator")
    ((at,),) = desk.rows(
        "select to_char(refused_at at time zone 'America/New_York', 'Dy DD Mon YYYY HH24:MI')"
        " from operations.refused_act"
    )
    told = unescape(operator.get(f"/claims/{batch}").text)
    assert f"Your answer of {at} was not taken: operator has not opened the list" in told
    assert 'value="release"' in told, "it is opened now"
    with pytest.raises(NoReasonError):
        answer("operator", "Refuse")
    told = unescape(operator.get(f"/claims/{batch}").text)
    assert "was not taken: refuse needs a reason" in told
    assert "has not opened the list" not in told, "the newest alone"
    assert answer("operator", "Attest and release")["act"] == "release"
    assert "was not taken" not in operator.get(f"/claims/{batch}").text


def test_an_answer_of_whom_may_not_attest_is_told_too(
    browser: Browser, prepared: UUID, answer: Callable[[str, str], Any]
) -> None:
    browser("biller").get(f"/claims/{prepared}")
    with pytest.raises(NotPermittedError):
        answer("biller", "Attest and release")
    told = unescape(browser("biller").get(f"/claims/{prepared}").text)
    assert "was not taken: biller changed what these claims say" in told


def test_an_answer_about_a_batch_that_cannot_be_told_is_told(
    browser: Browser, desk: Desk, batch: UUID, answer: Callable[[str, str], Any]
) -> None:
    desk.conn.execute("update tasks.claim_batch set payload = payload || '\n'")
    desk.conn.commit()
    with pytest.raises(NoReasonError):
        answer("biller", "Refuse")
    told = browser("biller").get(f"/claims/{batch}")
    assert told.status_code == 409
    assert "was not taken: refuse needs a reason" in told.text
