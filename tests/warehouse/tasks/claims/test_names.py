"""Names go out with all their letters, or not at all."""

from __future__ import annotations

from tests.warehouse.clinic import charge
from tests.warehouse.tasks.desk import FIRST, SECOND, Desk, doctor, member, seen
from tests.warehouse.tasks.outside import Outside
from throughline.tasks import claim_words, listed
from throughline.told import exceptions as told

AT = "2026-07-01 10:00"


def test_what_the_list_shows_of_a_name_is_what_goes_out(desk: Desk, outside: Outside) -> None:
    desk.know(
        member("p1", family="Weiß", given="Đorđe", city="Tromsø"), seen("p1"), charge("p1", AT),
        doctor(family="Łukasz", given="Æsa"),
    )  # fmt: skip
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    text = claim_words.text(listed.of(desk.conn, batch))
    assert "WEISS, DORDE, born" in text
    assert "TROMSO MA" in text
    assert "by LUKASZ, AESA (NPI" in text
    desk.release(batch)
    desk.dispatch()
    ((_, content),) = outside.files()
    assert b"NM1*IL*1*WEISS*DORDE*" in content
    assert b"*TROMSO*MA*" in content
    assert b"NM1*82*1*LUKASZ*AESA*" in content


def test_a_name_without_a_latin_form_holds_back_that_claim_alone_until_it_has_one(
    desk: Desk, outside: Outside
) -> None:
    desk.know(
        member("p1", given="李"), seen("p1"), charge("p1", AT), member("p2"), seen("p2"), charge("p2", AT),
    )  # fmt: skip
    desk.open(FIRST)
    desk.bills("p1")
    desk.bills("p2")
    desk.plan()
    (batch,) = desk.prepare()
    assert [claim["patient"]["record"] for claim in listed.of(desk.conn, batch).claims] == [
        "MRN-P2"
    ]
    ((number, owner),) = desk.rows(
        "select exception_id::text, owner_team from operations.exception where status = 'open'"
    )
    assert owner == "billing"
    (stuck,) = told.rows(desk.conn, [number])
    said = told.why(stuck, "UTC")
    assert "the patient's given name has a letter that X12 has not, nor a Latin form of it" in said
    assert "李" not in said
    desk.know(member("p1", given="Li"))
    desk.open(SECOND)
    desk.plan()
    desk.prepare()
    assert desk.open_exceptions() == []
    given = {claim["patient"]["given"] for (number,) in desk.rows("select batch_id from tasks.claim_batch")
             for claim in listed.of(desk.conn, number).claims}  # fmt: skip
    assert "LI" in given
