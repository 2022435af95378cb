"""A warehouse that came back from a backup sends nothing that went out after the backup was taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest

from tests.warehouse.tasks.desk import FIRST, SECOND, THIRD, Desk, billable, member, seen
from tests.warehouse.tasks.outside import Outside
from tests.warehouse.tasks.test_dispatch import EVERY, SYSTEM, ask
from throughline import warehouse
from throughline.exceptions.resolve import resolve
from throughline.tasks import restored
from throughline.warehouse import Connection, nights

TAKEN = datetime(2026, 7, 6, 12, tzinfo=UTC)


@pytest.fixture
def from_backup(
    desk: Desk, desk_dsn: str, outside: Outside, wipe: Callable[[Connection], None]
) -> Iterator[Callable[..., Desk]]:
    """Return a function that puts back the practice as it was before its first night; the world goes on."""
    made: list[Desk] = []

    def again(lost_until: str = FIRST, last_control_number: int | None = None) -> Desk:
        for one in (desk, *made):
            one.conn.close()
        conn = warehouse.connect(desk_dsn)
        wipe(conn)
        restored.note(conn, TAKEN, date.fromisoformat(lost_until), last_control_number)
        conn.commit()
        made.append(Desk(conn, outside))
        return made[-1]

    yield again
    for one in made:
        one.conn.close()


def a_night(desk: Desk, wanted: str, on: str = FIRST) -> None:
    desk.know(member("p1"), seen("p1"))
    desk.open(on)
    ask(desk, "p1", wanted)


@pytest.mark.parametrize("wanted", EVERY)
def test_what_went_out_after_the_backup_is_found_at_its_receiver(
    desk: Desk, outside: Outside, from_backup: Callable[..., Desk], wanted: str
) -> None:
    a_night(desk, wanted)
    assert desk.work() == {"accepted": 1}
    made = dict(outside.made)
    asked = outside.questions[SYSTEM[wanted]]
    again = from_backup()
    a_night(again, wanted)
    assert again.work() == {"accepted": 1}
    assert outside.questions[SYSTEM[wanted]] > asked
    assert (outside.made, set(outside.times.values())) == (made, {1})
    (sent,) = again.sent()
    assert sent.external_ref is not None
    assert again.broken() == []


@pytest.mark.parametrize("wanted", EVERY)
def test_what_had_not_gone_out_goes_out_once_after_a_look(
    outside: Outside, from_backup: Callable[..., Desk], wanted: str
) -> None:
    again = from_backup()
    a_night(again, wanted)
    assert again.work() == {"accepted": 1}
    assert again.work() == {}
    assert outside.questions[SYSTEM[wanted]] > 0
    assert set(outside.times.values()) == {1}
    assert again.broken() == []


@pytest.mark.parametrize("wanted", EVERY)
def test_nothing_goes_out_while_its_receiver_cannot_be_asked(
    outside: Outside, from_backup: Callable[..., Desk], wanted: str
) -> None:
    again = from_backup()
    a_night(again, wanted)
    outside.unheard[SYSTEM[wanted]].extend([500] * 20)
    assert again.work() == {"uncertain": 1}
    assert outside.made == {}


def test_a_contact_is_found_in_the_window_of_the_night_that_was_lost(
    desk: Desk, outside: Outside, from_backup: Callable[..., Desk]
) -> None:
    a_night(desk, "outreach", SECOND)
    desk.work()
    again = from_backup(lost_until=SECOND)
    a_night(again, "outreach", THIRD)
    assert again.work() == {"accepted": 1}
    assert set(outside.times.values()) == {1}, "nobody is called twice"
    (sent,) = again.sent()
    assert sent.effect_key.endswith("2026-07-09")


def test_what_began_after_the_restore_is_sent_without_a_look(
    outside: Outside, from_backup: Callable[..., Desk]
) -> None:
    again = from_backup(lost_until="2026-06-20")
    again.know(member("p1"), seen("p1", "2026-07-01 10:00"))
    again.open(FIRST)
    (fact,) = again.rows("select fact_id from evidence.fact where kind = 'visit'")
    again.wants("p1", "outreach", began_with=fact[0])
    assert again.work() == {"accepted": 1}
    assert outside.questions["ehr"] == 0


def test_a_claim_that_may_have_been_sent_waits_for_a_person_who_asks(
    desk: Desk, outside: Outside, from_backup: Callable[..., Desk]
) -> None:
    def prepared(on: Desk) -> list[UUID]:
        on.know(billable("p1"))
        on.open(FIRST)
        on.bills("p1")
        on.plan()
        return on.prepare()

    (batch,) = prepared(desk)
    desk.release(batch)
    assert desk.dispatch() == {"accepted": 1}
    before = outside.files()[:]
    again = from_backup()
    assert prepared(again) == []
    assert again.dispatch() == {}
    assert again.open_exceptions() == ["uncertain_transmission"]
    (row,) = again.rows("select exception_id, detail from operations.exception")
    assert row.detail["claim"] == again.rows("select patient_control_number from tasks.claim")[0][0]
    assert again.broken() == []
    # the person finds that it never arrived
    resolve(
        again.conn, row.exception_id, "Ada Biller", "retry", "the clearinghouse has no such claim"
    )
    again.conn.commit()
    (anew,) = again.prepare()
    assert anew != batch, "another file"
    again.release(anew)
    assert again.dispatch() == {"accepted": 1}
    (first, second) = outside.files()
    assert [first] == before
    assert second[0] > first[0], "no control number twice"
    assert again.broken() == []


def test_a_claim_whose_acknowledgement_came_is_not_made_again(
    from_backup: Callable[..., Desk],
) -> None:
    again = from_backup()
    again.know(billable("p1"))
    again.open(FIRST)
    again.bills("p1")
    again.plan()
    assert again.prepare() == []
    again.open(SECOND)
    again.ends(again.tasks()[0].task_id, "completed")
    assert again.prepare() == []
    assert [c.status for c in again.rows("select status from tasks.claim")] == ["withdrawn"]
    again.dispatch()
    assert again.open_exceptions() == []


def test_a_batch_that_waited_when_the_backup_was_taken_is_made_anew_and_asked_about(
    desk: Desk, outside: Outside
) -> None:
    desk.know(billable("p1"))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    desk.release(batch)
    (before,) = desk.rows("select last_control_number from tasks.interchange_counter")
    restored.note(desk.conn, TAKEN, date.fromisoformat(FIRST))
    desk.conn.commit()
    (after,) = desk.rows("select last_control_number from tasks.interchange_counter")
    assert after[0] == before[0] + restored.GAP
    assert desk.prepare() == []
    assert desk.dispatch() == {}
    assert outside.files() == []
    assert desk.open_exceptions() == ["uncertain_transmission"]
    assert desk.broken() == []


def test_the_replaced_warehouse_says_the_last_control_number(
    from_backup: Callable[..., Desk],
) -> None:
    again = from_backup(last_control_number=41)
    assert again.rows("select last_control_number from tasks.interchange_counter")[0][0] == 41


def test_an_inquiry_that_may_have_been_sent_is_uncertain_until_a_person_says_otherwise(
    outside: Outside, from_backup: Callable[..., Desk]
) -> None:
    again = from_backup()
    again.know(member("p1", "MEDB1"))
    again.open(FIRST)
    again.wants("p1", "eligibility", workflow="annual_wellness", payer_id="MEDB1")
    assert again.work() == {"uncertain": 1}
    assert outside.files() == []
    again.open("2026-07-09")
    again.work()
    assert again.open_exceptions() == ["uncertain_transmission"]
    (row,) = again.rows("select exception_id from operations.exception")
    resolve(again.conn, row.exception_id, "Ada Biller", "retry", "the payer has no such inquiry")
    again.conn.commit()
    again.open("2026-07-10")
    nights.take_decisions(again.conn, again.seq)
    assert again.work()["accepted"] == 1
    assert len(outside.files()) == 1
    assert again.outcomes() == ["rejected", "accepted"]
    assert again.open_exceptions() == []
    assert again.broken() == []


def test_an_inquiry_that_lies_at_the_receiver_was_sent(
    outside: Outside, from_backup: Callable[..., Desk]
) -> None:
    again = from_backup()
    again.know(member("p1", "MEDB1"))
    again.open(FIRST)
    again.wants("p1", "eligibility", workflow="annual_wellness", payer_id="MEDB1")
    again.work()
    (sent,) = again.sent()
    (outside.root / "inbox" / sent.control_numbers["file"]).write_bytes(sent.payload)
    assert again.work() == {"accepted": 1}
    assert again.broken() == []


def test_an_inquiry_whose_answers_came_is_withheld(
    outside: Outside, from_backup: Callable[..., Desk]
) -> None:
    again = from_backup()
    again.know(member("p1", "MEDB1"))
    again.open(FIRST)
    again.wants("p1", "eligibility", workflow="annual_wellness", payer_id="MEDB1")
    again.work()
    again.open(SECOND)
    again.ends(again.tasks()[0].task_id, "completed")
    again.work()
    assert again.outcomes() == ["withheld"]
    assert outside.files() == []


def test_the_loop_cannot_say_that_it_was_restored(desk: Desk, desk_dsn: str) -> None:
    with warehouse.connect(desk_dsn) as conn:
        conn.execute("set role throughline_loop")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("insert into operations.restored default values")
