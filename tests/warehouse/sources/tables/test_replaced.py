"""A later whole report ends what waits of an older one; a report of changes never does."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.warehouse.sources.tables.office import DAY, Office, of
from throughline import quality
from throughline.decisions import Request, record
from throughline.exceptions import resolve
from throughline.proven import invariants
from throughline.quality import decide, gates
from throughline.quality.merge import OTHER_CONTENT
from throughline.silence import questions
from throughline.told import exceptions, words
from throughline.told.shapes import Undecided
from throughline.warehouse import nights, sql

NEXT, LATER = "2026-03-09", "2026-03-10"
PATIENTS, APPOINTMENTS, CHARGES = of("patients"), of("appointments"), of("charges")
NEW = '00104,"Roe, Rae",01/01/1950,F,,80202,,,\n'
HEADER = PATIENTS.partition("\n")[0] + "\n"
LINE = "C-2,A-1,00101,03/02/2026,36415,,1,12.50,I10,,K-900,03/04/2026,Accepted,03/05/2026\n"
CUT = CHARGES.replace(LINE, "")
STATUSES = (
    "select feed, status, rows_superseded, rows_pending, rows_quarantined from landing.batch"
    " where feed in ('patient', 'coverage') and file_on = '2026-03-09' order by 1"
)


def sound(office: Office) -> None:
    """The invariants about rows and deliveries hold."""
    for check in invariants.checks():
        if check.invariant[:2] in {"04", "10"}:
            office.conn.execute(
                "create temp table scope_batch as select batch_id from landing.batch"
            )
            found = office.conn.execute(check.query.encode(), {"seq": None}).fetchall()
            office.conn.execute("drop table scope_batch")
            assert found == [], check.name


def questions_of(office: Office) -> list[tuple[object, ...]]:
    """Look for what nobody answers, and return what waits of the feed of patients."""
    questions.notice(office.conn, office.seq, nights.by_seq(office.conn, office.seq).cut_off)
    office.conn.commit()
    return office.rows(
        "select about, things from operations.question where about_kind = 'batch' order by 1"
    )


def ended(office: Office, reason: str) -> list[tuple[object, ...]]:
    """How the exceptions of a reason stand."""
    return office.rows(
        "select status, resolution, count(*) from operations.exception where reason = %s group by 1, 2 order by 1, 2",
        reason,
    )


def stopped(office: Office) -> None:
    """A report without its rows, which a gate stops, and nobody decides about it."""
    office.reports(DAY)
    office.night(DAY)
    office.reports(NEXT, patients=HEADER, appointments="", charges="")
    assert office.night(NEXT)["patient"] == "stop"


def test_a_later_whole_report_replaces_one_that_was_stopped(office: Office) -> None:
    stopped(office)
    office.night("2026-03-10")
    assert questions_of(office) == [
        ("front_office/coverage of 2026-03-09", 2),
        ("front_office/patient of 2026-03-09", 3),
    ]
    assert ended(office, "feed_not_released") == [("open", None, 2)]
    office.reports("2026-03-11", appointments="", charges="")
    assert office.night("2026-03-11")["patient"] == "pass"
    assert questions_of(office) == []
    told = "replaced by the delivery of 2026-03-11"
    assert ended(office, "feed_not_released") == [("cleared", told, 2)]
    # its rows stay on record, each in one place
    assert office.rows(STATUSES) == [
        ("coverage", "replaced", 2, 0, 0),
        ("patient", "replaced", 3, 0, 0),
    ]
    assert len(office.standing("patient")) == 3
    sound(office)
    # a load that is tried again changes nothing
    before = office.rows("select to_jsonb(b) from landing.batch as b order by batch_id")
    for (batch,) in office.rows(
        "select batch_id from landing.batch where known_seq = %s", office.seq
    ):
        quality.load(office.conn, batch, office.seq)
    assert office.rows("select to_jsonb(b) from landing.batch as b order by batch_id") == before


def test_what_replaced_it_is_taken_back_and_it_waits_again(office: Office) -> None:
    stopped(office)
    office.reports(LATER, appointments="", charges="")
    office.night(LATER)
    assert questions_of(office) == []
    for (batch,) in office.rows(
        "select batch_id from landing.batch where known_seq = %s", office.seq
    ):
        request = Request("reject", "delivery", str(batch), "operator", "another practice's")
        record(office.conn, request)
    office.conn.execute("update operations.decision set known_seq = %s", (office.seq,))
    quality.withdraw(office.conn, "front_office", office.seq, office.root / "landing")
    assert len(questions_of(office)) == 2
    assert office.rows(STATUSES) == [
        ("coverage", "stopped", 0, 2, 0),
        ("patient", "stopped", 0, 3, 0),
    ]
    sound(office)


def test_a_released_one_is_not_replaced(office: Office) -> None:
    stopped(office)
    for (batch,) in office.rows("select batch_id from landing.batch where status = 'stopped'"):
        assert decide.decide_batch(office.conn, str(batch), "release", "operator", "seen")
    office.reports(LATER, appointments="", charges="")
    office.night(LATER)
    assert {status for _, status, *_ in office.rows(STATUSES)} == {"stopped"}


@pytest.mark.parametrize("what", ["stopped too", "not readable", "older"])
def test_one_that_is_not_whole_or_not_later_replaces_nothing(office: Office, what: str) -> None:
    stopped(office)
    if what == "older":
        office.drop(PATIENTS, "patients", "2026-03-07")
    else:
        text = HEADER if what == "stopped too" else PATIENTS + "00104,Roe\n"
        office.drop(text, "patients", LATER)
    office.night(LATER)
    assert {status for _, status, *_ in office.rows(STATUSES)} == {"stopped"}


def test_changes_replace_nothing(office: Office) -> None:
    stopped(office)
    # from now on its reports hold only what changed
    said = re.sub(
        "delivers: snapshot.*\\n.*absent: deleted.*",
        "delivers: changes\\n      order: position",
        office.said,
        count=1,
    )
    assert said != office.said
    office.define(said)
    office.reports(LATER, patients=PATIENTS + NEW, appointments="", charges="")
    assert office.night(LATER)["patient"] != "stop"
    assert {status for _, status, *_ in office.rows(STATUSES)} == {"stopped"}


@pytest.mark.parametrize("has_all", [True, False])
def test_where_records_are_kept_only_what_has_them_all_replaces_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, has_all: bool
) -> None:
    office.define(office.said.replace("absent: deleted ", "absent: kept ", 1))
    office.reports(DAY)
    office.night(DAY)
    office.reports(NEXT, patients=PATIENTS + NEW, appointments="", charges="")
    with monkeypatch.context() as patched:
        patched.setattr(gates, "_verdict", lambda failures: "stop")
        office.night(NEXT)
    later = PATIENTS + NEW if has_all else PATIENTS
    office.reports(LATER, patients=later, appointments="", charges="")
    office.night(LATER)
    # without it, the new patient would be only in the one that was stopped
    found = {feed: status for feed, status, *_ in office.rows(STATUSES)}
    assert found == {"coverage": "replaced", "patient": "replaced" if has_all else "stopped"}


def test_a_total_that_adds_up_again_ends_what_was_set_aside(office: Office) -> None:
    office.reports(DAY)
    office.night(DAY)
    office.reports(NEXT, charges=CUT, patients="", appointments="")
    office.night(NEXT)
    dates = "select distinct detail ->> 'business_date' from operations.exception where reason = 'rows_set_aside'"
    # the day of the file, although its delivery is complete up to the day before only
    assert office.rows(dates) == [(NEXT,)]
    assert ended(office, "rows_set_aside") == [("open", None, 3)]
    office.reports(LATER, patients="", appointments="")
    office.night(LATER)
    assert ended(office, "rows_set_aside") == [
        ("cleared", f"replaced by the delivery of {LATER}", 3)
    ]
    kept = "select distinct status, closed_seq, replaced_by is not null from quality.quarantine"
    assert office.rows(kept) == [("corrected", office.seq, True)]
    sound(office)


def test_a_total_that_is_wrong_again_ends_nothing(office: Office) -> None:
    office.reports(DAY)
    office.night(DAY)
    for day in (NEXT, LATER):
        office.reports(day, charges=CUT, patients="", appointments="")
        office.night(day)
    assert ended(office, "rows_set_aside") == [("open", None, 6)]


def test_the_report_of_that_day_again_ends_what_was_set_aside_of_it(office: Office) -> None:
    office.reports(DAY)
    office.night(DAY)
    office.reports(NEXT, charges=CUT, patients="", appointments="")
    office.night(NEXT)
    office.drop(CHARGES, "charges", NEXT, at="21:00")
    office.night(NEXT)
    assert ended(office, "rows_set_aside") == [
        ("cleared", f"replaced by the delivery of {NEXT}", 3)
    ]


def test_only_acts_that_can_work_are_offered(office: Office) -> None:
    office.reports(DAY)
    office.night(DAY)
    office.reports(NEXT, charges=CUT, patients="", appointments="")
    office.night(NEXT)
    ids = [
        row[0]
        for row in office.rows(
            "select exception_id::text from operations.exception where reason = 'rows_set_aside'"
        )
    ]
    for stuck in exceptions.rows(office.conn, ids):
        assert [choice.act for choice in exceptions.may_be_done(stuck)] == ["assign", "reject"]
        readable = replace(stuck, detail={**stuck.detail, "reasons": [OTHER_CONTENT]})
        assert "release" in [choice.act for choice in exceptions.may_be_done(readable)]
    found = sql.run(office.conn, "told/numbers/undecided.sql", seq=office.seq).rows
    told = [words.command(Undecided(*row)) for row in found]
    assert len(told) == 3
    assert all(one.endswith("ACTION=reject") for one in told)


def test_a_number_that_is_decided_elsewhere_says_where(office: Office) -> None:
    stopped(office)
    office.night("2026-03-10")
    questions_of(office)
    ((batch, number),) = office.rows(
        "select about_id, exception_id::text from operations.exception"
        " where reason = 'feed_not_released' and detail ->> 'about' = 'front_office/patient of 2026-03-09'"
    )
    told = "a gate stopped front_office/patient of 2026-03-09: release or reject it under Required"
    for start in (batch, number[:8], number[:8].upper()):
        with pytest.raises(decide.NotKeptBackError, match=told):
            decide.meant(office.conn, start)
    with pytest.raises(resolve.NotOpen, match=told):
        resolve.meant(office.conn, batch[:8])
    with pytest.raises(decide.NotKeptBackError, match=r"waits for a decision$"):
        decide.meant(office.conn, "00000000")
    office.reports("2026-03-11", appointments="", charges="")
    office.night("2026-03-11")
    with pytest.raises(decide.NotKeptBackError, match="a later delivery has replaced front_office"):
        decide.meant(office.conn, batch)
