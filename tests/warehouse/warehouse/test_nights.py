"""The night ledger: numbers in order, one lease, decisions taken up once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from throughline import warehouse
from throughline.warehouse import Connection, derive, nights, sql, steps
from throughline.warehouse.moment import moment_of
from throughline.warehouse.nights import LeaseHeldError, NightUnknownError

ZONE = "America/New_York"
MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def dsn(new_warehouse: Callable[[], str]) -> str:
    """Return the DSN of a new warehouse."""
    return new_warehouse()


@pytest.fixture
def conn(dsn: str) -> Iterator[Connection]:
    """Return a connection to a new warehouse."""
    connection = warehouse.connect(dsn)
    yield connection
    connection.close()


def finished(conn: Connection, day: date, status: str = "finished") -> nights.Night:
    night = nights.open_night(conn, day, ZONE)
    nights.finish(conn, night.seq, status=status)
    return night


def test_the_cut_off_is_the_practices_night_in_summer_and_winter() -> None:
    assert nights.cut_off_of(MONDAY, ZONE).astimezone(UTC) == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert nights.cut_off_of(date(2026, 7, 1), ZONE).astimezone(UTC) == datetime(
        2026, 7, 2, 7, tzinfo=UTC
    )
    # the clocks go forward in this very night: its third hour is one of summer
    assert nights.cut_off_of(date(2026, 3, 7), ZONE).astimezone(UTC) == datetime(
        2026, 3, 8, 7, tzinfo=UTC
    )


def test_a_rerun_of_an_older_date_is_not_of_the_newest_date(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.orchestration import notices
    from throughline.told import messages

    called: list[str] = []
    monkeypatch.setattr(notices, "_configured", lambda _: "somewhere")
    monkeypatch.setattr(messages, "check_in", lambda _, signal, __: called.append(signal))
    first, second = finished(conn, MONDAY), finished(conn, TUESDAY)
    late = nights.open_night(conn, MONDAY, ZONE)
    assert nights.is_newest(conn, late.seq)
    assert nights.is_of_newest_date(conn, second.seq)
    for old in (first, late):
        assert not nights.is_of_newest_date(conn, old.seq)
    # a monitor that waits for the morning of a day after must not take this for it
    notices.night_began(conn, late)
    assert called == []
    nights.finish(conn, late.seq, status="void")
    again = nights.open_night(conn, TUESDAY, ZONE)
    notices.night_began(conn, again)
    assert called == [messages.START]


def test_nights_are_numbered_in_the_order_in_which_they_were_known(conn: Connection) -> None:
    assert nights.newest(conn) is None
    first = finished(conn, MONDAY)
    second = finished(conn, MONDAY + timedelta(days=1))
    late = finished(conn, MONDAY)
    assert [night.seq for night in (first, second, late)] == [1, 2, 3]
    assert [night.kind for night in (first, second, late)] == ["nightly", "nightly", "rerun"]
    assert late.cut_off == second.cut_off, "time does not go back"
    assert nights.current(conn, MONDAY).seq == 3
    assert nights.by_seq(conn, 2).business_date == second.business_date
    newest = nights.newest(conn)
    assert newest is not None
    assert newest.seq == 3


def test_an_unfinished_night_is_resumed_under_its_number(conn: Connection) -> None:
    first = nights.open_night(conn, MONDAY, ZONE)
    nights.finish(conn, first.seq, status="failed", failed_step="load", reason="x", counts={"a": 1})
    again = nights.open_night(conn, MONDAY, ZONE)
    assert again.seq == first.seq
    row = conn.execute(
        "select status, failed_step, reason, counts from operations.night"
    ).fetchone()
    assert row == ("running", None, None, {"a": 1})


def test_a_failed_night_that_was_overtaken_is_run_again_under_a_new_number(
    conn: Connection,
) -> None:
    finished(conn, MONDAY, "failed")
    finished(conn, MONDAY + timedelta(days=1))
    assert nights.open_night(conn, MONDAY, ZONE).seq == 3


def test_a_void_night_is_nobodys_newest_and_its_number_is_not_used_again(conn: Connection) -> None:
    finished(conn, MONDAY)
    finished(conn, MONDAY, "void")
    newest = nights.newest(conn)
    assert newest is not None
    assert newest.seq == 1
    assert nights.open_night(conn, MONDAY, ZONE).seq == 3


def test_an_unknown_night_is_said_to_be_unknown(conn: Connection) -> None:
    with pytest.raises(NightUnknownError):
        nights.current(conn, MONDAY)
    with pytest.raises(NightUnknownError):
        nights.by_seq(conn, 7)


def test_a_decision_is_taken_up_by_one_night(conn: Connection) -> None:
    def decide(number: int) -> None:
        conn.execute(
            "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id)"
            " values (%s, 'Ada', 'release', 'batch', 'b')",
            (derive(number),),
        )

    decide(1)
    first = finished(conn, MONDAY)
    decide(2)
    second = finished(conn, MONDAY + timedelta(days=1))
    rows = conn.execute("select decision_id, known_seq from operations.decision").fetchall()
    assert dict(rows) == {derive(1): first.seq, derive(2): second.seq}


def test_two_nights_that_are_opened_at_once_have_two_numbers(dsn: str) -> None:
    found: list[int] = []

    def open_one(day: date) -> None:
        with warehouse.connect(dsn) as own:
            found.append(nights.open_night(own, day, ZONE).seq)

    threads = [
        threading.Thread(target=open_one, args=(MONDAY + timedelta(days=n),)) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [1, 2, 3, 4]


def test_one_night_holds_the_chain(conn: Connection) -> None:
    nights.take_lease(conn, "first", MONDAY)
    nights.take_lease(conn, "first again", MONDAY)
    tuesday = MONDAY + timedelta(days=1)
    with pytest.raises(LeaseHeldError, match="2026-03-02"):
        nights.take_lease(conn, "second", tuesday)
    nights.release_lease(conn, tuesday)
    with pytest.raises(LeaseHeldError):
        nights.take_lease(conn, "second", tuesday)
    nights.release_lease(conn, MONDAY)
    nights.take_lease(conn, "second", tuesday)


def test_a_lease_that_was_forgotten_ends(conn: Connection) -> None:
    nights.take_lease(conn, "first", MONDAY)
    conn.execute("update operations.lease set expires_at = clock_timestamp() - interval '1 second'")
    nights.take_lease(conn, "second", MONDAY + timedelta(days=1))


def test_a_step_is_kept_with_its_rows_and_seconds(conn: Connection) -> None:
    with warehouse.step(conn, 1, "load", "ehr") as record:
        record.rows, record.detail = 7, {"feed": "patient"}
    row = conn.execute(
        "select status, row_count, detail, seconds >= 0 from operations.step"
    ).fetchone()
    assert row == ("done", 7, {"feed": "patient"}, True)


def test_a_step_that_fails_is_undone_and_kept_by_its_type(conn: Connection) -> None:
    def fail() -> None:
        with warehouse.step(conn, 1, "load") as record:
            record.rows = 7
            nights.take_decisions(conn, 1)
            conn.execute(
                "insert into operations.prevented (seq, effect_key, kind, reason) values (1, 'e', 'k', 'r')"
            )
            raise ValueError("names nobody")

    with pytest.raises(ValueError, match="names nobody"):
        fail()
    rows = conn.execute("select status, row_count, detail from operations.step").fetchall()
    assert rows == [("failed", 0, {"error": "ValueError"})]
    assert conn.execute("select count(*) from operations.prevented").fetchone() == (0,)
    with warehouse.step(conn, 1, "load") as record:
        record.rows = 1
    rows = conn.execute("select status, row_count, detail from operations.step").fetchall()
    assert rows == [("done", 1, {})]


@pytest.mark.parametrize("whose", ["our own", "our own, behind another error", "PostgreSQL's"])
def test_a_full_disk_is_called_a_full_disk(conn: Connection, whose: str) -> None:
    def fail() -> None:
        with warehouse.step(conn, 1, "land", "ehr"):
            if whose == "PostgreSQL's":
                conn.execute(
                    "do $$ begin raise exception using errcode = '53100',"
                    " message = 'could not extend file', detail = 'Ann Lee'; end $$"
                )
            try:
                Path("/dev/full").write_bytes(b"received")
            except OSError as error:
                if "another" in whose:
                    raise ValueError("file of Ann Lee") from error
                raise

    with pytest.raises(warehouse.DiskFullError, match=r"^the disk is full: ") as told:
        fail()
    assert ("PostgreSQL" in str(told.value)) is (whose == "PostgreSQL's")
    assert "Ann Lee" not in str(told.value)
    rows = conn.execute("select status, detail from operations.step").fetchall()
    assert rows == [("failed", {"error": "DiskFullError"})]


def test_one_process_at_a_time_is_at_a_step(dsn: str, conn: Connection) -> None:
    """A task that was ended lives on for some seconds beside the one that repeats it."""
    told = []

    def again() -> None:
        with warehouse.connect(dsn) as other, warehouse.step(other, 1, "land", "ehr"):
            told.append("again")

    repeated = threading.Thread(target=again)
    with warehouse.step(conn, 1, "land", "ehr"):
        repeated.start()
        with warehouse.connect(dsn) as other, warehouse.step(other, 1, "land", "scheduling"):
            told.append("another part")
        with warehouse.connect(dsn) as other, warehouse.step(other, 2, "land", "ehr"):
            told.append("another night")
        repeated.join(0.5)
        assert repeated.is_alive()
        told.append("first")
    repeated.join(10)
    assert told == ["another part", "another night", "first", "again"]


def test_a_step_is_let_go_when_it_fails_and_with_its_connection(dsn: str, conn: Connection) -> None:
    with pytest.raises(ValueError, match="no"), warehouse.step(conn, 1, "land"):
        raise ValueError("no")
    with warehouse.connect(dsn) as other, warehouse.step(other, 1, "land"):
        pass
    killed = warehouse.connect(dsn)
    warehouse.step(killed, 1, "land").__enter__()
    killed.close()
    with warehouse.step(conn, 1, "land"):
        pass


def test_a_step_that_is_held_for_too_long_says_so(
    dsn: str, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "HELD_SECONDS", 0.2)
    with warehouse.step(conn, 1, "land"), warehouse.connect(dsn) as other:
        with pytest.raises(
            steps.StepHeldError, match="land of night 1 is still running in another process"
        ):
            warehouse.step(other, 1, "land").__enter__()
        assert other.execute("select status from operations.step").fetchone() == ("running",)


def test_a_file_is_run_with_named_values(conn: Connection) -> None:
    night = finished(conn, MONDAY)
    result = sql.run(conn, "proven/brought_nothing.sql", seq=night.seq)
    assert result.rows == [(True,)]
    assert result.counts == {}
    assert conn.execute("select md5('a|b')::uuid").fetchone() == (derive("a", "b"),)


def test_migrations_are_applied_once(dsn: str) -> None:
    assert warehouse.migrate(dsn) == []


def test_times_are_utc_and_only_loading_gives_up_durability(dsn: str) -> None:
    for loading, durable in ((False, "on"), (True, "off")):
        with warehouse.connect(dsn, loading=loading, application_name="who") as own:
            told = [
                own.execute(f"show {name}".encode()).fetchone()
                for name in ("timezone", "synchronous_commit", "application_name")
            ]
        assert told == [("UTC",), (durable,), ("who",)]


# ---- the moment --------------------------------------------------------------------------------


def test_the_moment_of_a_night_is_its_number_and_its_clock(conn: Connection) -> None:
    first = finished(conn, MONDAY)
    night = nights.open_night(conn, TUESDAY, ZONE)
    moment = moment_of(conn, night.seq)
    assert (moment.seq, moment.since, moment.as_of) == (night.seq, first.seq, night.cut_off)
    assert moment.business_date == TUESDAY
    assert moment.local.hour == 3
    assert moment.params == {
        "seq": night.seq,
        "since": first.seq,
        "as_of": night.cut_off,
        "business_date": TUESDAY,
    }


def test_a_rerun_of_an_earlier_date_has_the_clock_and_so_the_date_of_the_newest_night(
    conn: Connection,
) -> None:
    finished(conn, MONDAY)
    newest = finished(conn, TUESDAY)
    again = nights.open_night(conn, MONDAY, ZONE)
    assert again.business_date == MONDAY
    moment = moment_of(conn, again.seq)
    assert (moment.business_date, moment.as_of) == (TUESDAY, newest.cut_off)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-07", 23), ("2026-03-08", 24), ("2026-10-31", 25)]
)
def test_the_business_date_is_the_local_day_before_across_a_change_of_clocks(
    conn: Connection, day: str, hours: int
) -> None:
    on = date.fromisoformat(day)
    before = nights.cut_off_of(on - timedelta(days=1), ZONE)
    cut_off = nights.cut_off_of(on, ZONE)
    assert (cut_off.astimezone(UTC) - before.astimezone(UTC)) == timedelta(hours=hours)
    assert moment_of(conn, 1, cut_off).business_date == on
