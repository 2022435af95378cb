"""A refused file is an exception, until a person, a definition or the source says what was in it."""

from __future__ import annotations

from datetime import date

import pytest

from stack import postgres
from tests.warehouse.quality.outbox import Outbox, claims
from throughline import quality
from throughline.exceptions.resolve import DoesNotFitError
from throughline.quality import decide
from throughline.warehouse import derive

JUNK = {
    "statement.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "era.zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(200)),
    "era.835.pgp": b"-----BEGIN PGP MESSAGE-----\n\nhQEMA1\n-----END PGP MESSAGE-----\n",
    "nothing.x12": b"",
    "zeros.835": b"\x00" * 4096,
}


def test_each_refused_file_is_an_exception_with_owner_name_and_reason(outbox: Outbox) -> None:
    for name, content in JUNK.items():
        outbox.drop(name, content)
    outbox.drop("good.837", claims(1))
    assert outbox.read("2026-09-03") == ["claim"]
    assert outbox.open == {
        "statement.pdf": "no_interchange_header",
        "era.zip": "no_interchange_header",
        "era.835.pgp": "no_interchange_header",
        "nothing.x12": "empty_file",
        "zeros.835": "no_interchange_header",
    }
    assert outbox.undecided() == set(JUNK)
    found = outbox.rows(
        "select e.exception_id, e.owner_team, e.about_kind, e.about_id, e.due_at > e.opened_at,"
        " u.exception_id, u.from_on, u.until_on from operations.exception as e inner join"
        " landing.undecided_file as u on u.file_id::text = e.about_id"
    )
    assert len(found) == 5
    for own, owner, kind, about, is_later, derived, since, until in found:
        assert (owner, kind, is_later, since, until) == (
            "billing",
            "file",
            True,
            None,
            date(2026, 9, 3),
        )
        assert own == derived == derive("exception", "file_refused", "file", about)


def test_a_later_file_may_be_about_the_days_since_the_last_delivery(outbox: Outbox) -> None:
    outbox.drop("good.837", claims(1))
    outbox.read("2026-09-03")
    outbox.drop("bad.835", b"\x00")
    outbox.read("2026-09-06")
    assert outbox.rows("select from_on, until_on from landing.undecided_file") == [
        (date(2026, 9, 3), date(2026, 9, 6))
    ]


def test_a_night_that_runs_again_says_the_same(outbox: Outbox) -> None:
    outbox.drop("bad.835", b"PK\x03\x04")
    outbox.read("2026-09-03")
    before = outbox.rows("select * from operations.exception")
    outbox.notice()
    assert outbox.rows("select * from operations.exception") == before
    assert len(before) == 1
    outbox.read("2026-09-04")
    assert outbox.rows("select * from operations.exception") == before


def test_a_person_says_that_it_carries_nothing(outbox: Outbox) -> None:
    outbox.drop("bad.835", b"PK\x03\x04")
    outbox.drop("other.835", b"PK\x03\x05")
    outbox.read("2026-09-03")
    outbox.decide("bad.835")
    assert outbox.undecided() == {"bad.835", "other.835"}
    outbox.read("2026-09-04")
    assert outbox.undecided() == {"other.835"}
    assert outbox.undecided(1) == {"bad.835", "other.835"}
    assert outbox.rows(
        "select f.closed_by, d.decided_by, d.note from landing.file as f inner join"
        " operations.decision as d on d.decision_id = f.decision_id"
    ) == [("decision", "Ann Lee", "looked at it")]
    outbox.notice()
    assert outbox.undecided() == {"other.835"}


def test_a_person_says_so_from_the_command_line(
    outbox: Outbox,
    warehouse_server: postgres.Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outbox.drop("good.837", claims(1))
    outbox.drop("bad.835", b"PK\x03\x04")
    outbox.read("2026-09-03")
    database = outbox.conn.info.dbname
    monkeypatch.setenv(
        "THROUGHLINE_DECIDER_DSN", warehouse_server.dsn("throughline_decider", database)
    )
    number = outbox.exception("bad.835")[:8]
    ((refused, loaded),) = outbox.rows(
        "select min(file_id::text) filter (where status = 'refused'),"
        " min(file_id::text) filter (where status = 'landed') from landing.file"
    )

    def decided(number: str, action: str, *more: str, by: str = "Ann Lee") -> tuple[int, str]:
        code = decide.main([number, "--by", by, "--action", action, *more])
        said = capsys.readouterr()
        return code, said.out + said.err

    for wrong, why in (
        ((number, "release"), "nothing of it can be released: ACTION=carries_nothing"),
        ((number, "reject"), "nothing of it can be rejected: ACTION=carries_nothing"),
        ((number, "posted"), "nothing of it can be posted: ACTION=carries_nothing"),
        ((number[:7], "carries_nothing"), "must be the number of a row, delivery or file"),
        (("00000000", "carries_nothing"), "no row, delivery or file"),
        ((loaded[:8], "carries_nothing"), "must be one of reject"),
    ):
        code, said = decided(*wrong)
        assert (code, why in said) == (2, True), said
    code, said = decided(number, "carries_nothing", by=" ")
    assert (code, "belongs to nobody" in said) == (2, True)
    code, said = decided(number, "carries_nothing", "--preview")
    assert (code, "the file holds back nothing" in said) == (0, True)
    assert outbox.rows("select from operations.decision") == []
    # by its own id too, in capitals
    told = (0, "Recorded: carries nothing, by Ann Lee.\n")
    assert decided(refused[:8].upper(), "carries_nothing", "--note", "no 835") == told
    code, said = decided(number, "carries_nothing")
    assert (code, "Ann Lee has said so already" in said) == (2, True)
    outbox.read("2026-09-04")
    assert outbox.undecided() == set()
    # reconciling closes the exception with the other decisions of the night
    assert outbox.rows("select kind, note, decided_by from operations.decision") == [
        ("carries_nothing", "no 835", "Ann Lee")
    ]


def test_a_file_that_was_accepted_wrongly_is_rejected_from_the_command_line(
    outbox: Outbox,
    warehouse_server: postgres.Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outbox.drop("good.837", claims(1))
    outbox.read("2026-09-03")
    outbox.conn.execute("update landing.batch set status = 'loaded'")
    outbox.conn.commit()
    database = outbox.conn.info.dbname
    monkeypatch.setenv(
        "THROUGHLINE_DECIDER_DSN", warehouse_server.dsn("throughline_decider", database)
    )
    ((file, delivery),) = outbox.rows(
        "select left(file_id::text, 8), left(batch_id::text, 8) from landing.batch_file"
    )
    for action in ("release", "carries_nothing"):
        assert decide.main([file, "--by", "Ann Lee", "--action", action]) == 2
        assert f"{action}: must be one of reject" in capsys.readouterr().err
    assert decide.main([file, "--by", "Ann Lee", "--action", "reject"]) == 2
    assert "reject needs a reason" in capsys.readouterr().err
    assert decide.main([file, "--by", "Ann Lee", "--action", "reject", "--note", "wrong"]) == 0
    for again in (file, delivery):
        assert decide.main([again, "--by", "Ann Lee", "--action", "reject"]) == 2
        assert "nothing of it is loaded" in capsys.readouterr().err
    assert outbox.rows("select decision_id is not null from landing.batch_file") == [(True,)]


def test_nobody_can_put_it_off_and_nothing_else_carries_nothing(outbox: Outbox) -> None:
    outbox.drop("bad.835", b"PK\x03\x04")
    outbox.read("2026-09-03")
    for action in ("acknowledge", "continue", "confirm"):
        with pytest.raises(DoesNotFitError):
            outbox.decide("bad.835", action)
    outbox.decide("bad.835", "assign", owner="billing")
    outbox.read("2026-09-04")
    assert outbox.undecided() == {"bad.835"}
    outbox.conn.execute("update operations.exception set reason = 'new_code'")
    with pytest.raises(DoesNotFitError):
        outbox.decide("bad.835", "carries_nothing")


def test_the_definition_of_its_source_says_that_such_files_carry_nothing(outbox: Outbox) -> None:
    outbox.drop("Statement 1.PDF", b"%PDF-1.7")
    outbox.drop("100%_pdf", b"%PDF-1.7 ")
    outbox.read("2026-09-03")
    assert set(outbox.open) == {"Statement 1.PDF", "100%_pdf"}
    outbox.notice(outbox.carries_nothing("statement ?.pdf", "%.nothing", "1__%"))
    assert set(outbox.open) == outbox.undecided() == {"100%_pdf"}
    outbox.notice()  # the same night without that decision: it is undone
    assert set(outbox.open) == {"Statement 1.PDF", "100%_pdf"}
    outbox.read("2026-09-04")
    decided = outbox.carries_nothing("*PDF*", "it's*")
    outbox.notice(decided)
    assert outbox.open == {}
    assert quality.kept_decisions(outbox.conn, decided) == [
        "clearinghouse: files *PDF* carry nothing, says Ann Lee (2026-09-02), 2 files so far",
        "clearinghouse: files it's* carry nothing, says Ann Lee (2026-09-02), 0 files so far",
    ]
    assert quality.kept_decisions(outbox.conn) == []
    assert outbox.rows("select distinct status, resolution from operations.exception") == [
        ("cleared", "the definition of its source says that such files carry nothing")
    ]


def test_the_source_sends_it_again_and_it_can_be_read(outbox: Outbox) -> None:
    outbox.drop("claims.837", b"\x00" * 100)
    outbox.read("2026-09-03")
    outbox.drop("claims.837", b"\x00" * 200)
    outbox.read("2026-09-04")
    assert len(outbox.rows("select from landing.undecided_file where closed_seq is null")) == 2
    outbox.drop("claims.837", claims(1))
    assert outbox.read("2026-09-05") == ["claim"]
    assert outbox.open == {}
    assert outbox.undecided() == set()
    assert outbox.rows("select closed_by, closed_seq from landing.file order by known_seq") == [
        ("readable", 3),
        ("readable", 3),
        (None, None),
    ]


def test_the_next_file_of_a_name_that_is_written_over_every_day_is_another(outbox: Outbox) -> None:
    outbox.drop("today.837", claims(1))
    outbox.read("2026-09-03")
    outbox.drop("today.837", b"\x00" * 100)
    outbox.read("2026-09-04")
    outbox.drop("today.837", claims(2))
    assert outbox.read("2026-09-05") == ["claim"]
    assert set(outbox.open) == outbox.undecided() == {"today.837"}


def test_a_file_of_no_feed_is_shown_but_holds_nothing_back(outbox: Outbox) -> None:
    outbox.drop("roster.834", claims(1).replace(b"ST*837", b"ST*834"))
    outbox.read("2026-09-03")
    assert outbox.open == {"roster.834": "transaction_set_not_used_here"}
    assert outbox.undecided() == set()


def test_a_file_that_is_refused_when_it_is_read_waits_with_its_delivery(outbox: Outbox) -> None:
    outbox.drop("good.837", claims(1))
    outbox.read("2026-09-03")
    outbox.conn.execute(
        "update landing.file set status = 'refused', refused_reason = 'gzip_unreadable'"
    )
    outbox.conn.execute("update landing.batch set status = 'stopped'")
    outbox.notice()
    assert outbox.undecided() == set(outbox.open) == {"good.837"}
    ((batch,),) = outbox.rows("select batch_id from landing.batch")
    decide.decide_batch(outbox.conn, batch, "reject", "Ann Lee", "no good")
    outbox.read("2026-09-04")
    assert outbox.undecided() == set(outbox.open) == set()


def test_a_person_has_it_read_again(outbox: Outbox) -> None:
    outbox.drop("bad.835", b"PK\x03\x04")
    outbox.read("2026-09-03")
    outbox.decide("bad.835", "retry")
    outbox.read("2026-09-04")
    # it still cannot be read: somebody is still asked, and the file is one
    assert outbox.open == {"bad.835": "no_interchange_header"}
    assert outbox.undecided() == {"bad.835"}
    found = "select status, known_seq from landing.file order by known_seq"
    assert outbox.rows(found) == [("refused", 1), ("duplicate", 2)]
    outbox.read("2026-09-05")
    assert outbox.rows(found) == [("refused", 1), ("duplicate", 2)]


def test_the_same_bytes_sent_again_are_no_more_readable(outbox: Outbox) -> None:
    outbox.drop("bad.835", b"PK\x03\x04")
    outbox.read("2026-09-03")
    outbox.drop("bad.835", b"PK\x03\x04")
    outbox.read("2026-09-04")
    assert outbox.open == {"bad.835": "no_interchange_header"}
