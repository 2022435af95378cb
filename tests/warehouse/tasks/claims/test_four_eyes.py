"""Who changed what a claim says does not attest it, where the practice wants four eyes."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

import throughline.quality.decide  # noqa: F401 - registers its acts
from tests.permitted import STAFF, let_the_staff_decide
from tests.warehouse.clinic import charge
from tests.warehouse.tasks.desk import FIRST, Desk, member, seen
from throughline import decisions
from throughline.decisions import COMMAND_LINE, NotPermittedError, Request
from throughline.exceptions.resolve import resolve
from throughline.tasks import attest, listed

AT = "2026-07-01 10:00"


@pytest.fixture(autouse=True)
def four_eyes(monkeypatch: pytest.MonkeyPatch, staff: None) -> None:
    let_the_staff_decide(monkeypatch, four_eyes=True)


@pytest.fixture
def batch(desk: Desk) -> UUID:
    """Return a batch of one claim, of the patient p1, that waits."""
    desk.know(member("p1"), seen("p1"), charge("p1", AT), member("p2"))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (made,) = desk.prepare()
    return made


def an_exception(desk: Desk, reason: str, column: str, subject: str) -> UUID:
    row = desk.conn.execute(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq,"
        f" opened_at, due_at, {column}) values (gen_random_uuid(), 'case', 'x', %s, 'billing', 1, now(), now(),"
        " %s::uuid) returning exception_id".encode(),
        (reason, subject),
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def on_an_exception_of_its_case(desk: Desk, who: str) -> None:
    case = desk.rows("select case_id from cases.case_record")[0].case_id
    resolve(
        desk.conn, an_exception(desk, "charge_check", "case_id", str(case)), who, "continue", "ok"
    )


def on_whose_records_they_are(desk: Desk, who: str) -> None:
    person = str(desk.person("p1"))
    resolve(
        desk.conn, an_exception(desk, "identity_doubt", "person_id", person), who, "confirm", "ok"
    )


def on_a_row_of_the_patient(desk: Desk, who: str, patient: str = "p1") -> None:
    row = desk.conn.execute(
        "insert into quality.quarantine (quarantine_id, batch_id, source, feed, known_seq, row_no, reason,"
        " subject_source, subject_id) select gen_random_uuid(), b.batch_id, 'ehr', 'charge_item', 1, 1,"
        " 'a charge needs a code', 'ehr', %s from landing.batch as b limit 1 returning quarantine_id",
        (patient,),
    ).fetchone()
    assert row is not None
    decided = desk.conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id)"
        " values (gen_random_uuid(), %s, 'release', 'quarantine', %s) returning decision_id",
        (who, str(row[0])),
    ).fetchone()
    assert decided is not None
    desk.conn.execute(
        "update quality.quarantine set status = 'released', decision_id = %s where quarantine_id = %s",
        (decided[0], row[0]),
    )


@pytest.mark.parametrize(
    "prepare", [on_an_exception_of_its_case, on_whose_records_they_are, on_a_row_of_the_patient]
)
def test_who_prepared_a_claim_does_not_attest_it(
    desk: Desk, batch: UUID, prepare: Callable[[Desk, str], None]
) -> None:
    prepare(desk, "Ada Lead")
    desk.conn.commit()
    digest = listed.open_for(desk.conn, batch, "Ada Lead", COMMAND_LINE).digest
    desk.conn.commit()
    request = Request("release", "claim_batch", str(batch), "Ada Lead", "", {"digest": digest})
    assert decisions.permitted(request, decisions.preview(desk.conn, request)) == STAFF - {
        "Ada Lead"
    }
    with pytest.raises(NotPermittedError, match="somebody else attests them"):
        decisions.record(desk.conn, request)
    desk.conn.rollback()
    assert [row.who for row in desk.rows("select who from operations.refused_act")] == ["Ada Lead"]
    assert desk.release(batch, by="Ada Biller")


def of_another_patient(desk: Desk, who: str) -> None:
    on_a_row_of_the_patient(desk, who, "p2")


def before_the_case_was_opened(desk: Desk, who: str) -> None:
    on_a_row_of_the_patient(desk, who)
    desk.conn.execute("update operations.night set started_at = clock_timestamp()")


def by_looking_only(desk: Desk, who: str) -> None:
    case = desk.rows("select case_id from cases.case_record")[0].case_id
    resolve(desk.conn, an_exception(desk, "charge_check", "case_id", str(case)), who, "acknowledge")


@pytest.mark.parametrize(
    "prepare", [of_another_patient, before_the_case_was_opened, by_looking_only]
)
def test_who_did_something_else_may(
    desk: Desk, batch: UUID, prepare: Callable[[Desk, str], None]
) -> None:
    prepare(desk, "Ada Lead")
    desk.conn.commit()
    assert desk.release(batch, by="Ada Lead")


def test_who_prepared_a_claim_may_refuse_it(desk: Desk, batch: UUID) -> None:
    on_an_exception_of_its_case(desk, "Ada Lead")
    assert attest.refuse(desk.conn, batch, "Ada Lead", "the charge is wrong")


def test_a_practice_may_want_two_eyes(
    desk: Desk, batch: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_the_staff_decide(monkeypatch)
    on_an_exception_of_its_case(desk, "Ada Lead")
    assert desk.release(batch, by="Ada Lead")
