"""What is past its time goes because a named person says so, and is known as gone afterwards; the rest stays."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.warehouse.deliveries import Hand, patient, visit
from throughline import decisions, quality, retention
from throughline.decisions import NoReasonError, NotPermittedError, Request
from throughline.deployment import backup, retain
from throughline.practice import practice
from throughline.proven import invariants
from throughline.quality.decide import meant
from throughline.quality.withdraw import LaterBytesRemovedError
from throughline.retention.plan import Places, Plan
from throughline.sources.landing import BytesRemovedError
from throughline.vocabulary.keeping import Period
from throughline.warehouse import nights

ABOUT = replace(
    practice(),
    retention=(("landed_bytes", Period(days=545)), ("claims_bytes", Period(years=10))),
)
ZONE = ZoneInfo(ABOUT.time_zone)
LATER = date(2036, 1, 1)
"""Past the terms of what the tests deliver, but for claims."""


def planned(hand: Hand, today: date = LATER) -> Plan:
    return retention.planned(hand.people, ABOUT, Places(hand.landing_root), today)


def going(hand: Hand, today: date = LATER) -> set[str]:
    """The paths of the files that would go."""
    return {path for part in planned(hand, today).parts for path, _, _ in part.files}


def asked(plan: Plan, who: str = "operator", note: str = "their term is over") -> Request:
    return Request(retention.ACT, retention.ABOUT, "2036-01-01", who, note, {"plan": plan})


def removed(hand: Hand, today: date = LATER) -> Plan:
    """Record and carry out what is past its time."""
    plan = planned(hand, today)
    with hand.people.transaction():
        decisions.record(hand.people, asked(plan))
    list(retention.carried_out(hand.people, Places(hand.landing_root), ZONE))
    return plan


def on_disk(hand: Hand) -> set[str]:
    return {
        path.relative_to(hand.landing_root).as_posix()
        for path in hand.landing_root.rglob("*")
        if path.is_file()
    }


def broken(hand: Hand) -> list[str]:
    names = {"removed_without_a_decision", "removed_but_open"}
    return [
        check.name
        for check in invariants.checks()
        if check.name in names
        and hand.admin.execute(check.query.encode(), {"seq": None}).fetchall()
    ]


@pytest.fixture
def loaded(hand: Hand) -> UUID:
    """Patients, then a delivery of visits of the same feed on each of two nights; returns the first of these."""
    hand.register()
    hand.take_in("patient", [patient(1), patient(2)])
    hand.new_night()
    hand.take_in("encounter", [visit(1, 1)])
    hand.facts("encounter")
    first = hand.batch
    hand.new_night()
    hand.take_in("encounter", [visit(2, 2)])
    hand.new_night()
    return first


def test_nothing_goes_before_its_time_or_without_a_term(hand: Hand, loaded: UUID) -> None:
    today = hand.rows("select (now() at time zone %s)::date", ABOUT.time_zone)[0][0]
    assert planned(hand, today).going == ()
    received = hand.rows(
        "select max(received_at at time zone %s)::date from landing.file", ABOUT.time_zone
    )[0][0]
    assert going(hand, date.fromordinal(received.toordinal() + 545)) == set()
    assert len(going(hand, date.fromordinal(received.toordinal() + 546))) == 3
    nothing = retention.planned(hand.people, practice(), Places(hand.landing_root), LATER)
    assert nothing.parts == ()


def test_what_went_is_known_with_its_hash_and_its_decision(hand: Hand, loaded: UUID) -> None:
    before, was = on_disk(hand), hand.rows("select * from landing.file order by file_id")
    plan = removed(hand)
    assert on_disk(hand) == set()
    assert hand.rows("select * from landing.file order by file_id") == was
    listed = hand.rows(
        "select r.path, r.sha256 = f.sha256, r.bytes = f.bytes, d.decided_by, d.note from landing.removed_file as r"
        " inner join landing.file as f on f.path = r.path"
        " inner join operations.decision as d on d.decision_id = r.decision_id"
    )
    assert {path for path, *_ in listed} == before
    assert {tuple(rest) for _, *rest in listed} == {(True, True, "operator", "their term is over")}
    ((kind, things, size, is_ended),) = hand.rows(
        "select kind, things, bytes, ended_at is not null from operations.removal"
    )
    assert (kind, things, is_ended) == ("landed_bytes", 3, True)
    assert size == plan.going[0].bytes
    assert broken(hand) == []
    assert hand.rows("select count(*) from operations.chain where kind = 'decision'") == [(1,)]
    # once more: nothing to do, and nothing is recorded
    assert planned(hand).going == ()
    with pytest.raises(retention.NothingPastError):
        decisions.record(hand.people, asked(planned(hand)))
    backup._nothing_missing(hand.admin, hand.landing_root)


def test_what_is_gone_is_not_read_again(hand: Hand, loaded: UUID) -> None:
    removed(hand)
    with pytest.raises(BytesRemovedError, match="were removed by retention on 20"):
        hand.stage(loaded)
    hand.conn.rollback()
    act = Request("reject", *meant(hand.people, str(loaded)), "operator", "another practice's")
    with pytest.raises(LaterBytesRemovedError, match=r"later deliveries of ehr/encounter"):
        decisions.record(hand.people, act)


def test_the_newest_delivery_is_taken_back_although_its_bytes_are_gone(
    hand: Hand, loaded: UUID
) -> None:
    removed(hand)
    act = Request("reject", *meant(hand.people, str(hand.batch)), "operator", "another practice's")
    decisions.record(hand.people, act)
    hand.new_night()
    assert quality.withdraw(hand.conn, "ehr", hand.seq, hand.landing_root) == 1


def test_content_that_came_again_is_as_old_as_the_last_time(hand: Hand, loaded: UUID) -> None:
    again = "update landing.file set received_at = %s where file_id = %s"
    (file_id,) = hand.rows("select file_id from landing.batch_file where batch_id = %s", loaded)[0]
    hand.take_in("encounter", [visit(1, 1)])
    ((copy,),) = hand.rows("select file_id from landing.file where duplicate_of = %s", file_id)
    assert len(going(hand)) == 3
    with hand.admin.transaction():
        hand.admin.execute("set local session_replication_role = replica")
        hand.admin.execute(again, ("2035-06-01", copy))
    assert len(going(hand)) == 2


NEEDED: dict[str, str] = {
    "it is not loaded yet": "update landing.batch set status = 'received' where batch_id = %(batch)s",
    "it was stopped": "update landing.batch set status = 'stopped' where batch_id = %(batch)s",
    "a row of it waits": "insert into quality.quarantine (quarantine_id, batch_id, source, feed, known_seq, row_no,"
    " reason) values (gen_random_uuid(), %(batch)s, 'ehr', 'encounter', 1, 9, 'no status')",
    "it is to be taken back": "update landing.batch_file set decision_id = gen_random_uuid()"
    " where batch_id = %(batch)s",
    "a file of it was never understood": "update landing.file set status = 'refused', refused_reason = 'x'"
    " where file_id in (select file_id from landing.batch_file where batch_id = %(batch)s)",
    "an open case began with it": "insert into cases.case_record (case_id, workflow, version, person_id, trigger_ref,"
    " trigger_fact_id, trigger_on, opened_seq, stage, stage_state, status, owner_team, derived_seq)"
    " select gen_random_uuid(), 'w', 1, gen_random_uuid(), 't', f.fact_id, '2026-03-03', 1, 's', 'pending', 'open',"
    " 'billing', 1 from evidence.fact as f where f.batch_id = %(batch)s limit 1",
}


@pytest.mark.parametrize("why", NEEDED)
def test_what_something_open_needs_stays_however_old(hand: Hand, loaded: UUID, why: str) -> None:
    assert len(going(hand)) == 3
    with hand.admin.transaction():
        hand.admin.execute("set local session_replication_role = replica")
        hand.admin.execute(NEEDED[why].encode(), {"batch": loaded})
    assert len(going(hand)) == 2
    (part,) = (part for part in planned(hand).parts if part.kind == "landed_bytes")
    assert part.needed == 1
    removed(hand)
    assert len(on_disk(hand)) == 1
    assert broken(hand) == []


def test_claims_and_what_nobody_knows_have_the_longer_term(hand: Hand, loaded: UUID) -> None:
    with hand.admin.transaction():
        hand.admin.execute("set local session_replication_role = replica")
        hand.admin.execute("update landing.batch set feed = 'claim' where batch_id = %s", (loaded,))
    assert len(going(hand)) == 2
    assert len(going(hand, date(2037, 12, 31))) == 3
    hand.admin.execute("delete from operations.role where source = 'ehr'")
    assert going(hand) == set()


def test_who_may_not_and_who_gives_no_reason_remove_nothing(hand: Hand, loaded: UUID) -> None:
    plan = planned(hand)
    with pytest.raises(NotPermittedError):
        decisions.record(hand.people, asked(plan, who="nobody"))
    with pytest.raises(NoReasonError):
        decisions.record(hand.people, asked(plan, note=" "))
    assert hand.rows("select count(*) from landing.removed_file") == [(0,)]
    assert hand.rows("select who, permission from operations.refused_act") == [
        ("nobody", "apply_retention")
    ]


COMMAND = """
import sys
from dataclasses import replace
from datetime import date
from throughline.decisions import command_line
from throughline.deployment import retain
from throughline.practice import permissions, practice
from throughline.vocabulary.keeping import Period
everybody = permissions.Permissions({what: {"any": frozenset({"operator"})} for what in permissions.PERMISSIONS})
permissions.permissions = lambda: everybody
import throughline.decisions
throughline.decisions.permissions = permissions.permissions
terms = (("landed_bytes", Period(days=545)),)
retain.practice = lambda: replace(practice(), retention=terms)
retain._today = lambda zone: date(2036, 1, 1)
sys.exit(retain.main(sys.argv[1:]))
"""


def command(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, *arguments: str, dies_at: str = ""
) -> subprocess.CompletedProcess[str]:
    info = hand.people.info
    monkeypatch.setenv("THROUGHLINE_DECIDER_DSN", f"{info.dsn} password={info.password}")
    monkeypatch.setenv("THROUGHLINE_LANDING", str(hand.landing_root))
    monkeypatch.setenv("THROUGHLINE_FAILPOINT", dies_at)
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def end_nights(hand: Hand) -> None:
    hand.admin.execute("update operations.night set status = 'finished'")


@pytest.mark.nights
@pytest.mark.parametrize(
    ("point", "is_recorded"),
    [
        ("retention.before_commit", False),
        ("retention.after_commit", True),
        ("retention.some_are_gone", True),
        ("retention.before_end", True),
    ],
)
def test_a_command_that_is_killed_is_taken_up_by_the_next(
    hand: Hand, loaded: UUID, monkeypatch: pytest.MonkeyPatch, point: str, is_recorded: bool
) -> None:
    end_nights(hand)
    why = ("--by", "operator", "--note", "their term is over")
    assert command(hand, monkeypatch, *why, dies_at=point).returncode == -9
    assert bool(hand.rows("select from operations.removal")) is is_recorded
    # what is not recorded is there
    listed = {path for (path,) in hand.rows("select path from landing.removed_file")}
    every = {path for (path,) in hand.rows("select path from landing.file")}
    assert every - listed <= on_disk(hand)
    again = command(hand, monkeypatch, *why)
    assert (again.returncode, again.stderr) == (0, "")
    assert on_disk(hand) == set()
    assert hand.rows("select count(*) from landing.removed_file") == [(3,)]
    assert hand.rows("select count(*), count(ended_at) from operations.removal") == [(1, 1)]
    assert hand.rows("select count(*) from operations.decision") == [(1,)]
    assert "no landed file" in command(hand, monkeypatch, *why).stdout
    assert broken(hand) == []


def alone(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the command in this process; returns its code."""
    info = hand.people.info
    monkeypatch.setenv("THROUGHLINE_DECIDER_DSN", f"{info.dsn} password={info.password}")
    monkeypatch.setenv("THROUGHLINE_LANDING", str(hand.landing_root))
    monkeypatch.setattr(retain, "practice", lambda: ABOUT)
    monkeypatch.setattr(retain, "_today", lambda zone: LATER)
    return retain.main(["--by", "operator", "--note", "their term is over"])


def test_it_never_runs_beside_a_night_or_a_backup(
    hand: Hand, loaded: UUID, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nights.take_lease(hand.admin, "night of 2026-03-05", hand.day)
    assert alone(hand, monkeypatch) == 2
    assert "the night of 2026-03-05 holds the chain" in capsys.readouterr().err
    nights.release_lease(hand.admin, hand.day)
    hand.admin.execute("select pg_advisory_lock_shared(%s)", (nights.RETENTION_LOCK,))
    assert alone(hand, monkeypatch) == 2
    assert "a backup is made" in capsys.readouterr().err
    hand.admin.execute("select pg_advisory_unlock_shared(%s)", (nights.RETENTION_LOCK,))
    assert len(on_disk(hand)) == 3
    assert alone(hand, monkeypatch) == 0
    assert "3 landed files" in capsys.readouterr().out
    assert on_disk(hand) == set()


def test_a_night_that_begins_meanwhile_waits_and_is_tried_again(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nights, "RETENTION_WAIT", "100ms")
    hand.people.execute("select pg_advisory_lock(%s)", (nights.RETENTION_LOCK,))
    with psycopg.connect(hand._dsn) as conn, pytest.raises(nights.LeaseHeldError, match="removed"):
        nights.take_lease(conn, "night of 2026-03-06", hand.day)
    hand.people.execute("select pg_advisory_unlock(%s)", (nights.RETENTION_LOCK,))
    with psycopg.connect(hand._dsn) as conn:
        nights.take_lease(conn, "night of 2026-03-06", hand.day)
        assert nights.lease_holder(conn) == "night of 2026-03-06"


def test_who_looked_at_whom_stays_for_six_years_whatever_is_set(hand: Hand) -> None:
    hand.admin.execute(
        "insert into operations.looked (looked_at, who, page, person_id)"
        " select now() - a * interval '1 year', 'ada', 'person', gen_random_uuid()"
        " from unnest(array[1, 5.9, 6.1, 9]) as a"
    )
    for who in (hand.people, hand.admin):
        with pytest.raises(psycopg.errors.RestrictViolation, match="six years"):
            who.execute("select operations.forget_looks(now() - interval '5 years')")
    with pytest.raises(psycopg.errors.RestrictViolation):
        hand.admin.execute("delete from operations.looked")
    with pytest.raises(psycopg.errors.RaiseException):
        hand.admin.execute("update operations.looked set who = 'bo'")
    about = replace(ABOUT, retention=(("looked", Period(years=6)),))
    today = hand.rows("select now()::date")[0][0]
    plan = retention.planned(hand.people, about, Places(), today)
    assert [(part.kind, part.things) for part in plan.going] == [("looked", 2)]
    decisions.record(hand.people, asked(plan))
    list(retention.carried_out(hand.people, Places(), ZONE))
    assert hand.rows("select count(*) from operations.looked") == [(2,)]
    assert hand.rows("select things, detail from operations.removal") == [(2, {"rows": 2})]


@pytest.mark.parametrize(
    "statement",
    [
        "update landing.removed_file set sha256 = ''",
        "delete from landing.removed_file",
        "truncate landing.removed_file",
        "update operations.removal set things = 9",
        "update operations.removal set ended_at = now()",
        "delete from operations.removal",
        "truncate operations.removal",
    ],
)
def test_not_even_its_owner_forgets_what_was_removed(
    hand: Hand, loaded: UUID, statement: str
) -> None:
    removed(hand)
    with pytest.raises(psycopg.errors.RestrictViolation):
        hand.admin.execute(statement.encode())


def test_status_says_when_it_was_applied_and_what_is_past_its_time(
    hand: Hand, loaded: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_LANDING", str(hand.landing_root))
    said: Any = retention.status
    assert said(hand.people, practice(), LATER) == []
    assert said(hand.people, ABOUT, LATER)[0].startswith(
        "Retention: never applied. Past their time: 3 landed files"
    )
    removed(hand)
    (line,) = said(hand.people, ABOUT, LATER)
    assert line.startswith("Retention: last applied 20")
    assert line.endswith(" by operator. Past their time: nothing")


def test_a_term_without_its_place_is_refused(hand: Hand, tmp_path: Path) -> None:
    about = replace(ABOUT, retention=(("logs", Period(days=30)),))
    with pytest.raises(
        LookupError, match="retention/logs has a term, and where they are is not known"
    ):
        retention.planned(hand.people, about, Places(), LATER)
    plan = retention.planned(hand.people, about, Places(logs=tmp_path), LATER)
    assert [(part.kind, part.things) for part in plan.parts] == [("logs", 0)]
