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


Moved = Callable[[list[str]], list[str]]


def kept_nights(owner: Connection, folder: Path) -> None:
    """Keep heads as three nights do, each of which decided something."""
    for seq in (1, 2, 3):
        owner.execute(
            "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id)"
            " values (gen_random_uuid(), 'ann', 'retry', 'exception', %s)",
            (f"of night {seq}",),
        )
        owner.commit()
        chain.keep(owner, seq, folder)
        owner.execute(
            "insert into operations.step (seq, step, status, finished_at)"
            " values (%s, 'write_page', 'done', clock_timestamp()) on conflict (seq, step, part) do update"
            " set finished_at = excluded.finished_at, status = 'done'",
            (seq,),
        )
        owner.commit()


MOVED: dict[str, tuple[Moved, str]] = {
    "cut off": (lambda lines: lines[:2], "ends with night 2, and night 3 kept one: it was cut off"),
    "empty": (lambda lines: [], "has no head, and 3 nights (1 to 3) kept one"),
    "a line gone": (lambda lines: [lines[0], lines[2]], "has no head of night 2: lines were taken out"),
    "begun anew": (lambda lines: lines[2:], "has no head of 2 nights (1 to 2): lines were taken out"),
    "another order": (lambda lines: [lines[1], lines[0], lines[2]], "is not in order: entry"),
    "half a line": (lambda lines: [*lines[:2], lines[2][:30]], "line 3 of"),
    "no JSON": (lambda lines: ["{broken", *lines], "line 1 of"),
    "another kind of line": (lambda lines: [*lines, '{"seq": "1"}'], "line 4 of"),
    "another hash": (
        lambda lines: [lines[0].replace('"sha256": "', '"sha256": "0'), *lines[1:]],
        "after night 1, entry",
    ),
    "another warehouse": (
        lambda lines: [line.replace('"sha256": "', '"sha256": "0') for line in lines],
        "is of another warehouse, or the whole chain was written anew: of its 3 heads none is",
    ),
}  # fmt: skip


@pytest.fixture
def checked(
    dsn: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Return the command, which looks at the file in the test's folder."""
    monkeypatch.setenv("THROUGHLINE_DSN", dsn("throughline_loop"))
    monkeypatch.setenv("THROUGHLINE_DECIDER_DSN", dsn("throughline_decider"))
    monkeypatch.setenv("THROUGHLINE_CHAIN", str(tmp_path))
    return lambda *arguments: check(list(arguments))


def test_a_file_that_is_missing_or_was_changed_is_found_and_a_person_can_accept_it(
    owner: Connection,
    tmp_path: Path,
    checked: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert checked() == 0, "no night has kept anything"
    kept_nights(owner, tmp_path)
    assert checked() == 0
    capsys.readouterr()
    whole = (tmp_path / chain.FILE).read_text()
    for name, (moved, said) in MOVED.items():
        (tmp_path / chain.FILE).write_text("\n".join(moved(whole.splitlines())))
        assert checked() == 1, name
        told = capsys.readouterr().out
        assert said in told, name
        assert "Put the right file back" in told
    (tmp_path / chain.FILE).unlink()
    assert checked() == 1
    assert "is missing, and 3 nights (1 to 3) kept the head" in capsys.readouterr().out
    # a night that follows begins a new file, and that is no excuse
    assert chain.keep(owner, 4, tmp_path)
    assert checked() == 1
    assert "has no head of 3 nights (1 to 3)" in capsys.readouterr().out
    for incomplete in (
        ["--by", "Ada"],
        ["--by", "Ada", "--note", "\u200b"],
        ["--note", "why"],
        ["--by", "ann", "--note", "why"],
    ):
        assert checked("--accept", *incomplete) == 2, incomplete
    assert checked() == 1
    (refused,) = owner.execute(
        "select who, permission, door from operations.refused_act where act = 'accept' and who = 'ann'"
    ).fetchall()
    assert refused == ("ann", "accept_chain", "command_line")
    capsys.readouterr()
    assert checked("--accept", "--by", "Ada", "--note", "the disk was lost, ticket 4711") == 0
    assert "by Ada: the disk was lost, ticket 4711" in capsys.readouterr().out
    decided = owner.execute(
        "select decided_by, note, door from operations.decision where about_kind = 'chain'"
    ).fetchall()
    assert decided == [("Ada", "the disk was lost, ticket 4711", "command_line")]
    kept_nights(owner, tmp_path)
    assert checked() == 0
    (tmp_path / chain.FILE).write_text(
        "".join(
            each
            for each in (tmp_path / chain.FILE).read_text().splitlines(keepends=True)
            if '"seq": 3' not in each
        )
    )
    assert checked() == 1, "from then on it is held against the file again"
    for name in ("THROUGHLINE_CHAIN", "THROUGHLINE_PAGES"):
        monkeypatch.delenv(name, raising=False)
    assert checked() == 1
    assert "they were not looked at" in capsys.readouterr().out


def test_a_night_tells_that_its_chain_is_another_one_and_that_it_is_right_again(
    owner: Connection, tmp_path: Path, checked: Callable[..., int]
) -> None:
    def opened() -> list[tuple[str, str, str]]:
        owner.commit()
        return owner.execute(
            "select owner_team, about_id, detail ->> 'differs' from operations.exception"
            " where reason = 'chain_differs' and status = 'open'"
        ).fetchall()

    owner.execute(
        "insert into operations.reason (reason, owner_team, due_days, title)"
        " values ('chain_differs', 'compliance', 1, 'x') on conflict do nothing"
    )
    (night,) = owner.execute("select max(seq) from operations.night").fetchall()[0]
    kept_nights(owner, tmp_path)
    assert chain.notice(owner, night, tmp_path) == []
    assert opened() == []
    file = tmp_path / chain.FILE
    whole = file.read_text()
    for name, (moved, said) in MOVED.items():
        file.write_text("\n".join(moved(whole.splitlines())))
        assert chain.notice(owner, night, tmp_path), name
        ((team, about, told),) = opened()
        assert (team, about) == ("compliance", chain.FILE)
        assert said in told, name
        assert chain.is_in_doubt(owner)
        file.write_text(whole)
        assert chain.notice(owner, night, tmp_path) == []
        assert opened() == [], name
        assert not chain.is_in_doubt(owner)
    file.unlink()
    assert chain.notice(owner, night, tmp_path)
    assert "is missing, and 3 nights (1 to 3) kept the head" in opened()[0][2]
    # nothing can be read there: still no error, which would lose the night
    file.mkdir()
    assert "cannot be read: Is a directory" in chain.notice(owner, night, tmp_path)[0]
    file.rmdir()
    # many differences, of which a night lists a few
    file.write_text(whole.splitlines()[2] + "\n" + '{"seq": 1}\n' * 9)
    owner.execute("delete from operations.exception where reason = 'chain_differs'")
    assert len(chain.notice(owner, night, tmp_path)) == 10
    assert opened()[0][2].endswith("; and 5 more")
    # an older night that is run again says what it finds, and changes nothing
    file.write_text(whole)
    assert chain.notice(owner, night - 1, tmp_path) == []
    assert len(opened()) == 1
    assert checked() == 0


def test_a_broken_file_stops_no_night_and_what_follows_is_readable(
    owner: Connection, tmp_path: Path
) -> None:
    (tmp_path / chain.FILE).write_text('{"seq": 1, "n"')
    head = chain.keep(owner, 3, tmp_path)
    known = chain.kept(tmp_path)
    assert known is not None
    assert (known.heads, len(known.faults)) == ([head], 1)


def test_a_chain_that_was_written_anew_differs_from_the_heads_that_were_kept(
    owner: Connection,
    tmp_path: Path,
    checked: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    head = chain.keep(owner, 3, tmp_path)
    assert head is not None
    assert chain.keep(owner, 3, tmp_path) is not None
    known = chain.kept(tmp_path)
    assert known is not None
    assert known.heads == [head]
    assert checked() == 0
    # whoever owns the database can leave out the last decision and its entry, and nothing inside shows it
    owner.execute("set local session_replication_role = replica")
    owner.execute("delete from operations.chain where n = %s", (head.n,))
    owner.execute("delete from operations.decision where about_id = 'e2'")
    owner.commit()
    assert found(owner) == set()
    assert checked() == 1
    assert f"entry {head.n} was {head.sha256}, and is missing" in capsys.readouterr().out
    # nor does it help to say that the warehouse was restored meanwhile
    ((taken_at, restored_at),) = owner.execute(
        "insert into operations.restored (backup_taken_at, restored_at, newest_seq, lost_until, last_control_number)"
        " values (now() - interval '1 hour', now() + interval '1 hour', 3, '2026-09-03', 1)"
        " returning backup_taken_at, restored_at"
    ).fetchall()
    owner.commit()
    assert len(chain.compare(owner, tmp_path)) == 2
    assert checked() == 1
    assert "says that it was restored at" in capsys.readouterr().out
    # the restore itself writes it into the file
    chain.note_restore(tmp_path, taken_at, restored_at)
    assert chain.compare(owner, tmp_path) == []
