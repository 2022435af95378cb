"""The chain of decisions, outcomes and digests: what is changed, deleted or put in later is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from stack import postgres
from tests.warehouse.morning import MORNING
from throughline import warehouse
from throughline.proven import chain, invariants
from throughline.proven.check import main as check
from throughline.warehouse import Connection

DECIDE = (
    "select operations.decide(gen_random_uuid(), 'ann', 'retry', 'exception', %s, 'why',"
    """ '{"amount": 1.50}', 'page', '{}')"""
)
CHECKS = {each.name: each.query for each in invariants.checks() if each.invariant == "13_chain"}


@pytest.fixture
def dsn(
    new_warehouse: Callable[[], str], warehouse_server: postgres.Server
) -> Callable[[str], str]:
    """Return a function that gives a role's DSN of a warehouse in which a night, decisions and outcomes are chained."""
    made = new_warehouse()
    return lambda role: warehouse_server.dsn(role, str(conninfo_to_dict(made)["dbname"]))


@pytest.fixture
def owner(dsn: Callable[[str], str]) -> Iterator[Connection]:
    """Return a superuser's connection to a morning with two decisions, each of its own transaction."""
    with warehouse.connect(dsn(postgres.SUPERUSER)) as conn:
        conn.execute(MORNING)
        conn.commit()
        for about in ("e1", "e2"):
            with warehouse.connect(dsn("throughline_decider")) as decider:
                decider.execute(DECIDE, (about,))
        yield conn
        conn.rollback()


def found(conn: Connection) -> set[tuple[str, str]]:
    """Return the kind and detail of what the two checks of the chain find."""
    return {
        (row[0], row[2])
        for query in CHECKS.values()
        for row in conn.execute(query.encode(), {"seq": None}).fetchall()
    }


def test_what_is_decided_sent_and_closed_is_chained_in_order(owner: Connection) -> None:
    rows = owner.execute(
        "select n, kind, previous, sha256 from operations.chain order by n"
    ).fetchall()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert {row[1] for row in rows} == {"decision", "outcome", "digest"}
    assert [row[2] for row in rows] == ["0" * 64, *(row[3] for row in rows[:-1])]
    assert found(owner) == set()
    owner.execute("set timezone = 'Asia/Tokyo'; set datestyle = 'German'")
    assert found(owner) == set()


PLANTED = {
    "a decision": "update operations.decision set decided_by = 'bob' where about_id = 'e1'",
    "a note": "update operations.decision set note = '' where about_id = 'e1'",
    "when it was decided": "update operations.decision set decided_at = now() where about_id = 'e1'",
    "a decision that is gone": "delete from operations.decision where about_id = 'e1'",
    "a decision put in": "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id)"
    " values (gen_random_uuid(), 'bob', 'retry', 'exception', 'e9')",
    "an outcome": "update tasks.transmission set outcome_reason = 'x' where transmission_id = ("
    "select min(transmission_id::text)::uuid from tasks.transmission where outcome = 'accepted')",
    "a hash of what was sent": "update tasks.transmission set payload_sha256 = repeat('0', 64)",
    "a digest": "update operations.night set plan_digest = 'x' where seq = 1",
    "an entry": "update operations.chain set about_id = 'e8' where n = (select max(n) from operations.chain)",
    "an entry that is gone": "delete from operations.chain where n = 2",
    "the first entry gone": "delete from operations.chain where n = 1",
    "an entry put in": "insert into operations.chain select n + 1, kind, 'e9', content_sha256, sha256, sha256"
    " from operations.chain order by n desc limit 1",
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_change_is_found(owner: Connection, what: str) -> None:
    # a superuser can switch the triggers off
    owner.execute("set local session_replication_role = replica")
    owner.execute(PLANTED[what].encode())
    assert found(owner) != set()


def test_what_was_uncertain_and_is_settled_has_two_entries(owner: Connection) -> None:
    key = "8e0f5c5e-0000-4000-8000-000000000001"
    owner.execute(
        "insert into tasks.transmission (transmission_id, effect_key, kind, target, attempt, payload, payload_sha256,"
        " planned_seq, intended_at) values (%s, 'new', 'outreach', 'ehr', 1, 'x', '', 3, now())",
        (key,),
    )
    for outcome in ("uncertain", "accepted"):
        owner.execute("select tasks.set_outcome(%s, %s, 3, null)", (key, outcome))
        owner.commit()
    entries = owner.execute("select count(*) from operations.chain where about_id = %s", (key,))
    assert entries.fetchone() == (2,)
    assert found(owner) == set()


def test_no_role_writes_the_chain_and_not_even_its_owner_changes_it(
    owner: Connection, dsn: Callable[[str], str]
) -> None:
    for role in postgres.WAREHOUSE_ROLES:
        for statement in (
            "insert into operations.chain select * from operations.chain",
            "update operations.chain set sha256 = ''",
            "delete from operations.chain",
            "truncate operations.chain",
        ):
            with (
                warehouse.connect(dsn(role)) as conn,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                conn.execute(statement.encode())
    with pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute("delete from operations.chain")


def test_a_chain_that_was_written_anew_differs_from_the_heads_that_were_kept(
    owner: Connection,
    dsn: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    head = chain.keep(owner, 3, tmp_path)
    assert head is not None
    assert chain.keep(owner, 3, tmp_path) is not None
    assert len(chain.kept(tmp_path)) == 1
    monkeypatch.setenv("THROUGHLINE_DSN", dsn("throughline_loop"))
    monkeypatch.setenv("THROUGHLINE_CHAIN", str(tmp_path))
    assert check([]) == 0
    # whoever owns the database can leave out the last decision and its entry, and nothing inside shows it
    owner.execute("set local session_replication_role = replica")
    owner.execute("delete from operations.chain where n = %s", (head.n,))
    owner.execute("delete from operations.decision where about_id = 'e2'")
    owner.commit()
    assert found(owner) == set()
    assert check([]) == 1
    assert f"entry {head.n} was {head.sha256}, and is missing" in capsys.readouterr().out
    (tmp_path / chain.FILE).write_text("{broken\n")
    assert check([]) == 1
    owner.execute(
        "insert into operations.restored (backup_taken_at, restored_at, newest_seq, lost_until, last_control_number)"
        " values (now() - interval '1 hour', now() + interval '1 hour', 3, '2026-09-03', 1)"
    )
    assert chain.compare(owner, [head]) == []
