"""A pause of sending: nothing goes out, nobody is accused of it, and afterwards what is still right goes out once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque

import pytest

from tests.warehouse.clinic import consent
from tests.warehouse.tasks.desk import FIRST, FOURTH, SECOND, THIRD, Desk, billable, member, seen
from tests.warehouse.tasks.outside import Outside
from tests.warehouse.tasks.test_answers import agrees, know, night, of
from tests.warehouse.tasks.test_dispatch import EVERY, ask
from throughline import decisions, warehouse
from throughline.decisions import NoReasonError, NotAllowedError, Request
from throughline.tasks import pausing
from throughline.warehouse import Connection, failpoints, nights


def say(
    conn: Connection, act: str, who: str = "operator", note: str = "the phones are down"
) -> None:
    decisions.record(conn, Request(act, "sending", "sending", who, note))
    conn.commit()


def a_night(desk: Desk, wanted: str, on: str = FIRST) -> None:
    desk.know(member("p1"), seen("p1"))
    desk.open(on)
    ask(desk, "p1", wanted)


@pytest.mark.parametrize("wanted", EVERY)
def test_what_is_planned_waits_and_goes_out_once_when_sending_is_resumed(
    desk: Desk, outside: Outside, wanted: str
) -> None:
    say(desk.conn, "pause_sending")
    a_night(desk, wanted)
    assert desk.work() == {}
    assert (outside.made, desk.sent(), desk.open_exceptions()) == ({}, [], [])
    for day in (SECOND, THIRD, FOURTH):
        desk.open(day)
        assert desk.work() == {}
    assert (outside.made, desk.open_exceptions(), desk.broken()) == ({}, [], [])
    say(desk.conn, "resume_sending")
    assert desk.work() == {"accepted": 1}
    assert desk.work() == {}
    assert set(outside.times.values()) == {1}
    if wanted == "outreach":
        assert desk.sent()[0].effect_key.endswith("2026-07-10"), "in the window of its own night"


def test_what_is_not_right_any_more_does_not_go_out_after_a_pause(
    desk: Desk, outside: Outside
) -> None:
    a_night(desk, "outreach")
    outside.down.add("ehr")
    assert desk.work() == {"unreachable": 1}, "it has its bytes"
    outside.down.clear()
    say(desk.conn, "pause_sending")
    desk.know(consent("p1", "2026-07-07"))
    desk.open(SECOND)
    assert desk.work() == {}
    assert outside.made == {}
    say(desk.conn, "resume_sending")
    desk.work()
    assert (outside.made, desk.outcomes()) == ({}, ["withheld"])


def test_what_has_its_bytes_waits_past_its_deadline_without_an_exception(
    desk: Desk, outside: Outside
) -> None:
    a_night(desk, "documentation")
    outside.down.add("ehr")
    desk.work()
    outside.down.clear()
    say(desk.conn, "pause_sending")
    desk.open("2026-07-13")
    desk.work()
    assert (desk.outcomes(), desk.open_exceptions()) == (["intended"], [])
    say(desk.conn, "resume_sending")
    assert desk.work() == {"accepted": 1}
    assert desk.open_exceptions() == []


def test_what_was_sent_before_is_looked_up_during_a_pause(desk: Desk, outside: Outside) -> None:
    a_night(desk, "documentation")
    outside.trouble["ehr"] = deque(["lost"])
    outside.unheard["ehr"] = deque([500] * 20)
    assert desk.work() == {"uncertain": 1}
    outside.unheard["ehr"].clear()
    say(desk.conn, "pause_sending")
    desk.open(SECOND)
    assert desk.work() == {"accepted": 1}
    assert set(outside.times.values()) == {1}


def test_a_pause_counts_for_the_night_that_is_sending(
    desk: Desk, desk_dsn: str, outside: Outside
) -> None:
    a_night(desk, "outreach")
    desk.plan()

    def pause(name: str) -> None:
        if name == "dispatch.after_forbidden":
            with warehouse.connect(desk_dsn) as conn:
                say(conn, "pause_sending")

    failpoints.install(pause)
    assert desk.dispatch() == {}
    failpoints.install(None)
    assert outside.made == {}


def test_claims_stay_released_and_wait(desk: Desk, outside: Outside) -> None:
    desk.know(billable("p1"))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    say(desk.conn, "pause_sending")
    desk.release(batch)
    assert desk.dispatch() == {}
    desk.open(SECOND)
    assert desk.work() == {}
    assert outside.files() == []
    assert [b.status for b in desk.rows("select status from tasks.claim_batch")] == ["released"]
    assert (desk.open_exceptions(), desk.broken()) == ([], [])
    say(desk.conn, "resume_sending")
    assert desk.dispatch() == {"accepted": 1}
    assert len(outside.files()) == 1


@pytest.mark.parametrize(
    "point", ["claims.after_intend", "files.after_lay_down", "files.after_mark"]
)
def test_a_file_whose_sending_broke_off_waits_too(desk: Desk, outside: Outside, point: str) -> None:
    desk.know(billable("p1"))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    desk.release(batch)
    assert desk.dies_at(point, desk.dispatch)
    say(desk.conn, "pause_sending")
    assert desk.dispatch() == {}
    assert outside.files() == []
    say(desk.conn, "resume_sending")
    assert desk.dispatch() == {"accepted": 1}
    assert len(outside.files()) == 1


def test_inquiries_wait(desk: Desk, outside: Outside) -> None:
    say(desk.conn, "pause_sending")
    desk.know(member("p1", "MEDB1"))
    desk.open(FIRST)
    desk.wants("p1", "eligibility", workflow="annual_wellness", payer_id="MEDB1")
    assert desk.work() == {}
    assert (outside.files(), desk.sent()) == ([], [])
    say(desk.conn, "resume_sending")
    assert desk.work() == {"accepted": 1}


def test_only_who_may_pauses_with_a_reason_and_once(desk: Desk) -> None:
    with pytest.raises(NotAllowedError, match="not paused"):
        say(desk.conn, "resume_sending")
    with pytest.raises(NoReasonError):
        say(desk.conn, "pause_sending", note="")
    with pytest.raises(NotAllowedError, match="may not pause sending"):
        say(desk.conn, "pause_sending", "viewer")
    assert not pausing.is_paused(desk.conn)
    say(desk.conn, "pause_sending")
    with pytest.raises(NotAllowedError, match=r"paused since 20.*by operator"):
        say(desk.conn, "pause_sending", "biller")
    say(desk.conn, "resume_sending", "biller")
    assert not pausing.is_paused(desk.conn)


def test_a_night_knows_the_pause_that_it_took(desk: Desk) -> None:
    def was(from_seq: int, to_seq: int) -> bool:
        return bool(desk.rows("select operations.was_paused(%s, %s)", from_seq, to_seq)[0][0])

    for day, act in (
        (FIRST, None),
        (SECOND, "pause_sending"),
        (THIRD, None),
        (FOURTH, "resume_sending"),
    ):
        if act:
            say(desk.conn, act)
        desk.open(day)
        nights.take_decisions(desk.conn, desk.seq)
        desk.conn.commit()
    assert [was(seq, seq) for seq in (1, 2, 3, 4)] == [False, True, True, False]
    assert was(1, 4)
    assert not was(4, 4)


DAYS = [f"2026-07-{day:02}" for day in (6, 7, 8, 9, 10, 13, 14, 15, 16, 17)]


def through(desk: Desk, *days: str) -> None:
    """Run whole nights, each with the decisions that nobody has taken."""
    for day in days:
        desk.begin(day)
        nights.take_decisions(desk.conn, desk.seq)
        night(desk, day, again=True)
        agrees(desk)


def test_a_task_that_waits_for_the_pause_to_end_does_not_lapse(
    desk: Desk, outside: Outside
) -> None:
    know(desk, "p1")
    say(desk.conn, "pause_sending")
    through(desk, *DAYS[:7])
    assert of(desk) == [("requested", None)], "due on the 9th, and nobody was asked"
    say(desk.conn, "resume_sending")
    through(desk, *DAYS[7:9])
    assert of(desk) == [("requested", None)], "it has its days from the 15th on"
    assert len(outside.times) == 1
    through(desk, DAYS[9], "2026-07-20", "2026-07-21")
    assert of(desk)[0] == ("failed", "no result in time")


def test_without_a_pause_it_lapses_when_it_is_due(desk: Desk) -> None:
    know(desk, "p1")
    through(desk, *DAYS[:5])
    assert of(desk)[0] == ("failed", "no result in time")


def test_the_command_records_the_decision(desk: Desk, desk_dsn: str) -> None:
    def run(action: str, by: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "throughline.deployment.pause", "sending"]
        command += ["--by", by, "--action", action, "--note", "the phones are down"]
        env = os.environ | {"THROUGHLINE_DSN": desk_dsn, "PYTHONPATH": "include"}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert run("pause", "viewer").returncode == 2
    done = run("pause", "operator")
    assert (done.returncode, done.stderr) == (0, "")
    assert pausing.is_paused(desk.conn)
    assert run("resume", "biller").returncode == 0
    desk.conn.rollback()
    assert not pausing.is_paused(desk.conn)
