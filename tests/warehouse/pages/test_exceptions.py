"""The list of exceptions, one exception, and who looked at whom, on a fictitious morning."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest

from stack import postgres
from throughline import warehouse
from throughline.pages import listed, one, people, render
from throughline.pages.listed import Chosen
from throughline.pages.visitor import Visitor
from throughline.told import exceptions
from throughline.told.today import today

NURSE = Visitor("nurse", ("care_management",))


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Return who may do what, for a test to fill."""
    said: set[tuple[str, str]] = {("nurse", "see_patients")}
    monkeypatch.setattr("throughline.pages.visitor.permitted", lambda *asked: asked in said)
    return said


def shown(conn: warehouse.Connection, **asked: Any) -> listed.Listed:
    return listed.listed(conn, NURSE, Chosen(**asked), today(conn))


def test_the_list_is_paged_in_the_warehouse_and_begins_with_what_is_mine(
    conn: warehouse.Connection,
) -> None:
    first = shown(conn)
    (number,) = conn.execute(
        "select count(*) from operations.exception where status = 'open'"
    ).fetchone() or (0,)
    assert (first.total, first.open) == (number, number)
    pages = [shown(conn, page=page) for page in range(1, first.pages + 1)]
    everything = [each for page in pages for each in page.shown]
    assert len(everything) == len({each.exception_id for each in everything}) == number
    assert all(len(page.shown) <= listed.SIZE for page in pages)
    mine = [listed.is_mine(each, NURSE) for each in everything]
    assert mine == sorted(mine, reverse=True)
    assert 0 < sum(mine) == first.mine < number
    assert shown(conn, page=first.pages + 1).shown == []


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"team": "care_management"}, "owner_team = 'care_management'"),
        ({"reason": "unsigned_note"}, "reason = 'unsigned_note'"),
        ({"due": "overdue"}, "due_at <= '2026-09-04 07:00Z'"),
        ({"due": "today"}, "due_at <= '2026-09-05 04:00Z'"),
        ({"mine": True}, "owner_team = 'care_management' and owner is null or owner = 'nurse'"),
        ({"owner": "nurse"}, "owner = 'nurse'"),
        ({"team": "care_management", "reason": "verify_by_hand"}, "false"),
    ],
)
def test_each_filter_shows_what_fits(
    conn: warehouse.Connection, asked: dict[str, Any], fits: str
) -> None:
    conn.execute(
        "update operations.exception set owner = 'nurse' where exception_id = ("
        "select min(exception_id::text)::uuid from operations.exception where owner_team = 'billing')"
    )
    expected = {
        row[0]
        for row in conn.execute(
            f"select exception_id::text from operations.exception where status = 'open' and ({fits})".encode()
        ).fetchall()
    }
    found = shown(conn, **asked)
    assert found.total == len(expected)
    assert {each.exception_id for each in found.shown} <= expected
    assert len(found.shown) == min(len(expected), listed.SIZE)


def test_an_exception_says_what_is_wrong_since_when_and_what_it_costs(
    conn: warehouse.Connection,
) -> None:
    (exception_id,) = conn.execute(
        "select exception_id::text from operations.exception where reason = 'unsigned_note'"
        " and amount is not null limit 1"
    ).fetchone() or ("",)
    conn.execute(
        'update operations.exception set detail = \'{"stage": "documented"}\' where exception_id = %s',
        (exception_id,),
    )
    stuck = one.exception(conn, exception_id[:8].upper())
    zone = today(conn).time_zone
    assert stuck.exception_id == exception_id
    assert exceptions.name(stuck) == "Visit without a signed note"
    assert exceptions.subject(stuck).startswith("stage documented of ")
    assert exceptions.since(stuck, zone) == "since 2026-09-04"
    assert "The clock of the stage ended on 2026-09-02" in exceptions.why(stuck, zone)
    assert exceptions.money(stuck).startswith("$")
    assert next(choice.act for choice in exceptions.may_be_done(stuck)) == "retry"


def test_a_missing_charge_names_its_visit_to_those_who_may_see_it(
    conn: warehouse.Connection, allowed: set[tuple[str, str]]
) -> None:
    (exception_id, case_id) = conn.execute(
        "update operations.exception set reason = 'missing_charge' where exception_id ="
        " (select exception_id from operations.exception"
        " where reason = 'unsigned_note' and case_id is not null limit 1)"
        " returning exception_id::text, case_id::text"
    ).fetchone() or ("", "")
    stuck = one.exception(conn, exception_id)
    assert one.visit(conn, stuck) is None
    conn.execute(
        "insert into operations.source (source, title, is_chart) values ('ehr', 'Chart', true)"
    )
    conn.execute(
        "insert into core.practitioner (source, source_id, source_version, batch_id, row_no, known_seq, content_hash,"
        " given, family) select 'ehr', 'dr7', '1', batch_id, 1, 3, 'x', 'Zoë', 'Weiß' from landing.batch limit 1"
    )
    conn.execute(
        "update cases.case_record set encounter_ref = 'visit7', time_zone = 'America/New_York' where case_id = %s",
        (case_id,),
    )
    conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, identifiers, detail,"
        " known_seq, source, source_ref, source_version, batch_id)"
        " select gen_random_uuid(), l.source, l.source_id, 'visit', '2026-09-02 02:00Z', '{\"encounter\": \"visit7\"}',"
        " '{\"practitioner_id\": \"dr7\"}', 3, evidence.source_of_visit('visit7'), 'encounter/visit7', '1', b.batch_id"
        " from cases.case_record as c inner join identity.link as l on l.person_id = c.person_id"
        " cross join (select batch_id from landing.batch limit 1) as b where c.case_id = %s limit 1",
        (case_id,),
    )
    visit = one.visit(conn, stuck)
    assert visit == one.Visit(date(2026, 9, 1), "Zoë Weiß")
    said: dict[str, Any] = {
        "stuck": stuck, "name": None, "stops": [], "log": [], "offered": set(), "today": today(conn), "visit": visit,
        "where": "",
    }  # fmt: skip
    page = render.render("exception.html.jinja", NURSE, "", "exceptions", **said)
    assert "<dt>Visit</dt><dd>Tue 01 Sep 2026, with Zoë Weiß</dd>" in page
    assert "Weiß" not in exceptions.why(stuck, today(conn).time_zone)


def test_a_number_that_is_none_or_several_is_not_found(conn: warehouse.Connection) -> None:
    for number in ("", "1234567", "zzzzzzzz", "00000000", "1" * 40, "12345678'; drop"):
        with pytest.raises(one.NotFound):
            one.exception(conn, number)
    conn.execute(
        "update operations.exception set exception_id = overlay("
        " exception_id::text placing 'abcdef01' from 1)::uuid"
        " where exception_id in (select exception_id from operations.exception order by 1 limit 2)"
    )
    with pytest.raises(one.NotFound, match="Several"):
        one.exception(conn, "abcdef01")


def test_a_decision_that_waits_is_told_at_once_and_nothing_else_is_offered(
    conn: warehouse.Connection,
) -> None:
    (exception_id,) = conn.execute(
        "select exception_id::text from operations.exception limit 1"
    ).fetchone() or ("",)
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, decided_at, note)"
        " values (gen_random_uuid(), 'nurse', 'retry', 'exception', %s, '2026-09-04 15:30Z', 'called twice')",
        (exception_id,),
    )
    stuck = one.exception(conn, exception_id)
    assert (
        exceptions.decided(stuck, "America/New_York")
        == "Try again: decided by nurse on 2026-09-04 11:30, counts from tonight"
    )
    assert exceptions.may_be_done(stuck) == []
    assert [(each.kind, each.note) for each in one.log(conn, stuck)] == [("retry", "called twice")]


def test_names_are_for_those_who_may_see_them_and_each_look_is_kept(
    conn: warehouse.Connection, allowed: set[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (person,) = conn.execute(
        "select person_id::text from identity.link where source_id = 'p7'"
    ).fetchone() or ("",)
    assert people.names(conn, Visitor("viewer"), "case", [person, None], "c1") == {}
    looked = "select who, page, person_id::text, about_id from operations.looked"
    assert conn.execute(looked).fetchall() == []
    monkeypatch.setattr(conn, "commit", lambda: None)  # the fixture rolls everything back
    found = people.names(conn, NURSE, "case", [person, person, None], "c1")
    assert [(each.full, each.mrn) for each in found.values()] == [("Given7 Family7", "MRN100007")]
    assert conn.execute(looked).fetchall() == [("nurse", "case", person, "c1")]


def test_a_look_is_written_by_the_function_alone_and_stays(server: postgres.Server) -> None:
    look = "select operations.look('nurse', 'case', array[gen_random_uuid()], '')"
    with warehouse.connect(server.dsn("throughline_reader")) as conn:
        conn.execute(look)
        conn.rollback()
    for role in (
        "throughline_loader",
        "throughline_loop",
        "throughline_reader",
        "throughline_decider",
    ):
        for statement in (
            "insert into operations.looked (who, page, person_id) values ('x', 'case', gen_random_uuid())",
            "update operations.looked set who = 'x'",
            "delete from operations.looked",
        ):
            with (
                warehouse.connect(server.dsn(role)) as conn,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                conn.execute(statement.encode())
    with (
        warehouse.connect(server.dsn("throughline_loop")) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute(look)
    with warehouse.connect(server.dsn(postgres.SUPERUSER)) as conn:
        for statement in ("delete from operations.looked", "update operations.looked set who = ''"):
            with conn.transaction(force_rollback=True):
                conn.execute(look)
                with pytest.raises(
                    (psycopg.errors.RaiseException, psycopg.errors.RestrictViolation),
                    match="append-only",
                ):
                    conn.execute(statement.encode())


def test_the_command_line_tells_the_same_without_a_patient(conn: warehouse.Connection) -> None:
    told = exceptions.tell(conn)
    assert "Clock ends before its feed arrives: stage billed of " in told
    assert told.count("May be done: ") == shown(conn).open
    assert not [word for word in ("Family", "Given", "MRN", "555-01") if word in told]
