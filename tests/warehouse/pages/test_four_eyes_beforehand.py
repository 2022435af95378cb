"""The form of an act says beforehand that whoever does it does not attest the claims that rest on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.pages import acts, one
from throughline.practice import permissions, practice
from throughline.told import exceptions
from throughline.told.exceptions import Stuck

SAID = "Whoever decides this does not attest the claims that rest on it"


@pytest.fixture(autouse=True)
def four_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        permissions, "permissions", lambda: permissions.Permissions({}, four_eyes=True)
    )


@pytest.fixture
def stuck(conn: warehouse.Connection) -> Stuck:
    """An open exception about a case of a workflow with a task to bill."""
    conn.execute(
        "update cases.workflow_version set definition"
        """ = jsonb_set(definition, '{stages,0,task}', '{"kind": "billing"}')"""
    )
    (number,) = conn.execute(
        "select exception_id::text from operations.exception where reason = 'unsigned_note' order by 1 limit 1"
    ).fetchone() or ("",)
    return one.exception(conn, number)


def barred(conn: warehouse.Connection, stuck: Stuck) -> set[str]:
    """Return the acts about an exception after which one does not attest."""
    choices = exceptions.may_be_done(stuck)
    return {choice.act for choice in choices if acts.bars(conn, stuck, choice)}


def again(conn: warehouse.Connection, stuck: Stuck, change: str) -> Stuck:
    conn.execute(
        f"update operations.exception set {change} where exception_id = %s".encode(),
        (stuck.exception_id,),
    )
    return one.exception(conn, stuck.exception_id)


def test_what_changes_what_a_claim_says_bars_from_attesting_it(
    conn: warehouse.Connection, stuck: Stuck
) -> None:
    assert barred(conn, stuck) == {"retry", "continue", "close_case"}
    doubt = again(conn, stuck, "reason = 'identity_doubt', case_id = null")
    assert barred(conn, doubt) == {"confirm", "reject"}
    asked = again(conn, stuck, "reason = 'disposition_not_stated', person_id = null")
    assert barred(conn, asked) == {"state_disposition"}


@pytest.mark.parametrize(
    ("reason", "act"),
    [
        ("level_not_stated", "state_level"),
        ("reconciliation_not_stated", "state_reconciliation"),
    ],
)
def test_the_forms_of_what_is_stated_say_it(
    conn: warehouse.Connection,
    opened_as: Callable[[str], TestClient],
    stuck: Stuck,
    reason: str,
    act: str,
) -> None:
    asked = again(conn, stuck, f"reason = '{reason}'")
    assert act in barred(conn, asked)
    told = opened_as("lead").get(f"/exception/{asked.number}/{act}")
    assert told.status_code == 200
    assert SAID in told.text


def test_rows_bar_if_they_are_of_patients_and_are_loaded(
    conn: warehouse.Connection, stuck: Stuck
) -> None:
    batch = conn.execute("select batch_id::text from landing.batch limit 1").fetchone()
    assert batch is not None
    rows = again(conn, stuck, f"reason = 'rows_set_aside', about_id = '{batch[0]}', case_id = null")
    assert barred(conn, rows) == set(), "no row of a patient waits"
    conn.execute(
        "insert into quality.quarantine (quarantine_id, batch_id, source, feed, known_seq, row_no, reason,"
        " subject_source, subject_id) values (gen_random_uuid(), %s, 'ehr', 'charge_item', 1, 1, 'x', 'ehr', 'p1')",
        batch,
    )
    assert barred(conn, rows) == {"release"}


def test_where_no_claim_rests_on_it_nothing_is_said(
    conn: warehouse.Connection, stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = replace(practice(), sole_submitter=())
    with monkeypatch.context() as patch:
        patch.setattr(acts, "practice", lambda: others)
        assert barred(conn, stuck) == set(), "others submit the claims"
    with monkeypatch.context() as patch:
        patch.setattr(permissions, "permissions", lambda: permissions.Permissions({}))
        assert barred(conn, stuck) == set(), "two eyes are enough"
    conn.execute(
        "update cases.workflow_version set definition = jsonb_set(definition, '{stages,0,task,kind}', '\"outreach\"')"
    )
    assert barred(conn, stuck) == set(), "the workflow bills nothing"


def test_the_form_says_it_before_it_is_sent(
    opened_as: Callable[[str], TestClient], stuck: Stuck
) -> None:
    lead = opened_as("lead")
    told = lead.get(f"/exception/{stuck.number}/continue").text
    assert SAID in told
    assert "Somebody else has to attest them, not you" in told
    assert SAID not in lead.get(f"/exception/{stuck.number}/acknowledge").text


def test_the_form_of_a_call_says_it_before_it_is_sent(
    conn: warehouse.Connection,
    opened_as: Callable[[str], TestClient],
    stuck: Stuck,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = "Whoever records a call does not attest the claims that rest on it"
    (case_id,) = conn.execute(
        "select c.case_id::text from cases.case_record as c inner join cases.workflow_version as w"
        " on w.workflow = c.workflow and jsonb_path_exists(w.definition, '$.stages[*].task')"
        " where c.status = 'open' limit 1"
    ).fetchone() or ("",)
    place = f"/case/{case_id}/call"
    told = opened_as("lead").get(place).text
    assert said in told
    assert "Somebody else has to attest them, not you" in told
    assert said not in opened_as("viewer").get(place).text, "who records no call is not barred"
    with monkeypatch.context() as patch:
        patch.setattr(permissions, "permissions", lambda: permissions.Permissions({}))
        assert said not in opened_as("lead").get(place).text, "two eyes are enough"
    conn.execute(
        "update cases.workflow_version set definition = jsonb_set(definition, '{stages,0,task,kind}', '\"outreach\"')"
    )
    assert said not in opened_as("lead").get(place).text, "nothing of the patient is billed"
