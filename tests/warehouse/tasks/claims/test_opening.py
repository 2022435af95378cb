"""What one cannot see, one cannot attest: the list is the file's, and who attests has opened it as it is."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from stack import postgres
from tests.warehouse.clinic import charge
from tests.warehouse.tasks.desk import FIRST, Desk, member, seen
from tests.warehouse.tasks.outside import Outside
from throughline import exceptions
from throughline.decisions import COMMAND_LINE, Door, NobodyNamedError, NotPermittedError
from throughline.decisions.opening import NotOpenedError
from throughline.practice import permissions
from throughline.tasks import attest, claim_words, claims, listed, transmissions
from throughline.tasks.wire.filed import NotTold
from throughline.told import claims as shown

AT = "2026-07-01 10:00"
ADA, BEA = "ada", "Ann Lee"


@pytest.fixture
def batch(desk: Desk) -> UUID:
    """Return a batch of two claims that waits."""
    desk.know(
        member("p1"), seen("p1"), charge("p1", AT, code="99214", modifiers=["25"], amount=180),
        charge("p1", AT, key="2", code="93000", quantity=2, amount=40), member("p2"), seen("p2"), charge("p2", AT),
    )  # fmt: skip
    desk.open(FIRST)
    desk.bills("p1")
    desk.bills("p2")
    desk.plan()
    (made,) = desk.prepare()
    return made


@pytest.fixture
def deciding(desk_dsn: str, warehouse_server: postgres.Server) -> str:
    """Return the desk's warehouse in the role that decides."""
    return warehouse_server.dsn("throughline_decider", str(conninfo_to_dict(desk_dsn)["dbname"]))


def one_of(desk: Desk, batch: UUID, who: str) -> dict[str, Any]:
    found = listed.of(desk.conn, batch)
    return next(
        claim for claim in found.claims if claim["patient"]["record"] == f"MRN-{who.upper()}"
    )


def asks(desk: Desk, who: str) -> None:
    """Let something be asked about the case of a patient."""
    ((case_id,),) = desk.rows(
        "select case_id from cases.case_record where person_id = %s", desk.person(who)
    )
    number = exceptions.open_exception(
        desk.conn, desk.seq, desk.cut_off, "charge_check", "case", str(case_id)
    )
    desk.conn.execute(
        "update operations.exception set case_id = %s where exception_id = %s", (case_id, number)
    )
    desk.conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (gen_random_uuid(), 'operator', 'acknowledge', 'exception', %s, 'asked the doctor')",
        (str(number),),
    )
    desk.conn.commit()


# ---- the list ----------------------------------------------------------------------------------


def test_each_claim_is_told_in_words(desk: Desk, batch: UUID) -> None:
    asks(desk, "p1")
    desk.conn.execute(
        "update cases.case_record set expected_code = 'ordinary' where person_id = %s",
        (desk.person("p1"),),
    )
    text = claim_words.text(listed.of(desk.conn, batch))
    for said in (
        "born 19", "record MRN-P1", "2 ELM ST, BOSTON MA", "2026-07-01 at 11 Office", "ZOE (NPI 1000000001)",
        "99214-25, 1 unit, 180.00 for", "93000, 2 units, 40.00 for", "Charge 220.00; diagnoses I10",
        "original claim", "(charge capture, since 2026-07-01) expects the code of an ordinary visit",
        "charge check, asked on 2026-07-07, open", 'Acknowledge for a week (charge check) by operator on',
        '"asked the doctor"', "Interchange", "NPI 1234567893",
    ):  # fmt: skip
        assert said in text, text


def test_what_proves_a_claim_is_told_with_its_source_and_date(desk: Desk, batch: UUID) -> None:
    ((case_id, fact_id, kind, on),) = desk.rows(
        "select c.case_id, f.fact_id, f.kind, (f.occurred_at at time zone 'America/New_York')::date"
        " from cases.case_record as c inner join identity.link as l on l.person_id = c.person_id"
        " inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id"
        " where c.person_id = %s and f.kind = 'visit'",
        desk.person("p1"),
    )
    stages = (
        (1, "seen", "complete", fact_id),
        (2, "documented", "waived", None),
        (3, "billed", "pending", None),
    )
    for position, stage, state, fact in stages:
        desk.conn.execute(
            "insert into cases.stage (case_id, stage, position, state, fact_id, due_at, reason, derived_seq)"
            " values (%s, %s, %s, %s, %s, '2026-07-04 04:00Z', %s, 1)",
            (case_id, stage, position, state, fact, None if fact else "continued"),
        )
    desk.conn.commit()
    (case,) = one_of(desk, batch, "p1")["cases"]
    assert kind == "visit"
    assert [claim_words.proof(one) for one in case["proofs"]] == [
        f"seen: a visit is finished (185349003) on {on}, says ehr, due 2026-07-03",
        "documented: passed over: continued, due 2026-07-03",
    ]


def test_the_same_file_and_list_have_the_same_digest(desk: Desk, batch: UUID) -> None:
    one, again = listed.of(desk.conn, batch), listed.of(desk.conn, batch)
    assert one.digest == again.digest
    ((payload,),) = desk.rows("select payload from tasks.claim_batch")
    assert one.digest == hashlib.sha256(bytes(payload) + one.told.encode()).hexdigest()
    asks(desk, "p2")
    assert listed.of(desk.conn, batch).digest != one.digest, "what was asked is part of it"


CHANGED = {
    "another code": (b"HC:99214", b"HC:99215"),
    "another modifier": (b"99214:25", b"99214:59"),
    "another charge": (b"*180*", b"*181*"),
    "more units": (b"*UN*2", b"*UN*3"),
    "another day": (b"D8*20260701", b"D8*20260702"),
    "another diagnosis": (b"ABK:I10", b"ABK:I11"),
    "another pointer": (b"UN*1***1", b"UN*1***2"),
    "another practitioner": (b"XX*1000000001", b"XX*1000000002"),
    "another name": (b"NM1*IL*1*", b"NM1*IL*1*X"),
    "another birth date": (b"DMG*D8*19", b"DMG*D8*18"),
    "another record number": (b"REF*EA*MRN", b"REF*EA*NRM"),
    "another street": (b"N3*2 ELM ST", b"N3*3 ELM ST"),
    "another place": (b"*11:B:1*", b"*22:B:1*"),
    "a replacement": (b":B:1*", b":B:7*"),
    "another payer": (b"PI*SUNADV", b"PI*MOONADV"),
    "another class of payer": (b"SBR*P*18*******", b"SBR*P*18*******X"),
    "another billing provider": (b"XX*1234567893", b"XX*1000000004"),
    "another tax id": (b"REF*EI*12", b"REF*EI*21"),
    "another interchange": (b"*00501*0", b"*00501*1"),
    "a segment that is not told": (b"HI*ABK", b"NTE*ADD*MORE~\nHI*ABK"),
    "a part of a name that is not told": (b"NM1*82*1*", b"NM1*DN*1*"),
    "an attachment": (b"REF*EA*", b"REF*G1*1~\nREF*EA*"),
    "two lines in one": (b"\nLX*2~", b""),
    "no claim": (b"CLM*", b"NTE*"),
    "another file behind it": (b"IEA*1*", b"IEA*1*000000001~\nISA*1~\nIEA*1*"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGED, ids=str)
def test_a_file_that_says_something_else_is_told_to_nobody(
    desk: Desk, batch: UUID, change: str
) -> None:
    before, after = CHANGED[change]
    ((payload,),) = desk.rows("select payload from tasks.claim_batch")
    other = bytes(payload).replace(before, after, 1)
    assert other != bytes(payload)
    desk.conn.execute(
        "update tasks.claim_batch set payload = %s, payload_sha256 = %s",
        (other, hashlib.sha256(other).hexdigest()),
    )
    desk.conn.commit()
    with pytest.raises(NotTold) as error:
        listed.open_for(desk.conn, batch, ADA, COMMAND_LINE)
    assert "ELM" not in str(error.value)
    assert [asked["batch_id"] for asked in claims.to_ask(desk.conn, desk.seq)] == [str(batch)]
    assert desk.open_exceptions() == ["claim_invalid"]
    desk.conn.execute(
        "update tasks.claim_batch set payload = %s, payload_sha256 = %s",
        (payload, hashlib.sha256(bytes(payload)).hexdigest()),
    )
    assert [asked["batch_id"] for asked in claims.to_ask(desk.conn, desk.seq)] == [str(batch)]
    assert desk.open_exceptions() == []


def test_a_row_that_says_something_else_is_told_to_nobody(desk: Desk, batch: UUID) -> None:
    desk.conn.execute(
        "update tasks.claim set content = jsonb_set(content, '{lines,0,units}', '5')"
        " where total_charge = 220"
    )
    with pytest.raises(NotTold, match="lines"):
        listed.of(desk.conn, batch)


def test_bytes_that_are_not_those_of_the_hash_are_told_to_nobody(desk: Desk, batch: UUID) -> None:
    desk.conn.execute("update tasks.claim_batch set payload = payload || '\n'")
    with pytest.raises(NotTold, match="hash"):
        listed.of(desk.conn, batch)


# ---- who opened it -----------------------------------------------------------------------------


def release(desk: Desk, batch: UUID, who: str, digest: str) -> UUID:
    return attest.release(desk.conn, batch, who, "", digest, Door("page"))


def test_only_who_has_opened_the_list_can_attest_it(
    desk: Desk, outside: Outside, batch: UUID
) -> None:
    digest = listed.open_for(desk.conn, batch, BEA, Door("page", {"run": "1"})).digest
    desk.conn.commit()
    with pytest.raises(
        NotOpenedError, match=f"ada has not opened .* make claims BATCH={str(batch)[:8]}"
    ):
        release(desk, batch, ADA, digest)
    desk.conn.rollback()
    release(desk, batch, BEA, digest)
    desk.conn.commit()
    (row,) = desk.rows("select who, door, record, digest from operations.opened")
    assert tuple(row) == (BEA, "page", {"run": "1"}, digest)
    assert desk.dispatch() == {"accepted": 1}
    assert desk.broken() == []


def test_what_was_opened_before_it_changed_does_not_count(desk: Desk, batch: UUID) -> None:
    old = listed.open_for(desk.conn, batch, ADA, COMMAND_LINE).digest
    desk.conn.commit()
    asks(desk, "p1")
    with pytest.raises(attest.NotWaiting, match="changed since it was shown"):
        release(desk, batch, ADA, old)
    desk.conn.rollback()
    new = listed.of(desk.conn, batch).digest
    with pytest.raises(NotOpenedError):
        release(desk, batch, ADA, new)
    desk.conn.rollback()
    assert listed.open_for(desk.conn, batch, ADA, COMMAND_LINE).digest == new
    release(desk, batch, ADA, new)


def test_a_list_that_changed_is_asked_about_again(desk: Desk, batch: UUID) -> None:
    first = claims.to_ask(desk.conn, desk.seq)
    assert claims.to_ask(desk.conn, desk.seq) == first
    asks(desk, "p1")
    (again,) = claims.to_ask(desk.conn, desk.seq)
    assert first[0]["batch_id"] == again["batch_id"] == str(batch)
    assert first[0]["digest"] != again["digest"]


def test_a_refusal_needs_no_opening(desk: Desk, batch: UUID) -> None:
    attest.refuse(desk.conn, batch, ADA, "not documented", Door("page"))
    assert claims.to_ask(desk.conn, desk.seq) == []


def test_nobody_opens_nothing(desk: Desk, batch: UUID) -> None:
    with pytest.raises(NobodyNamedError):
        listed.open_for(desk.conn, batch, " ", COMMAND_LINE)


def test_who_may_not_see_patients_opens_nothing(
    desk: Desk, batch: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permissions, "permissions", lambda: permissions.Permissions({}))
    with pytest.raises(NotPermittedError, match="ada may not see patients"):
        listed.open_for(desk.conn, batch, ADA, Door("page"))
    desk.conn.rollback()
    assert desk.rows("select * from operations.opened") == []
    (kept,) = desk.rows("select who, act, about_id, permission, door from operations.refused_act")
    assert tuple(kept) == (ADA, "open", str(batch), "see_patients", "page")


def test_the_database_itself_lets_out_no_claims_that_were_not_opened(
    desk: Desk, batch: UUID
) -> None:
    desk.release(batch, by=ADA)
    desk.conn.execute("delete from operations.opened")
    ((payload, sha256),) = desk.rows("select payload, payload_sha256 from tasks.claim_batch")
    with pytest.raises(psycopg.errors.RaiseException, match="by a person who has opened them"):
        transmissions.intend(
            desk.conn, desk.seq, f"claim_batch|{batch}", "claim_batch", "clearinghouse_main", bytes(payload),
            sha256, {}, [],
        )  # fmt: skip


def test_what_was_opened_stays(desk: Desk, batch: UUID) -> None:
    listed.open_for(desk.conn, batch, ADA, COMMAND_LINE)
    desk.conn.commit()
    for role in (
        "throughline_loop",
        "throughline_decider",
        "throughline_reader",
        "throughline_loader",
    ):
        desk.conn.execute(f"set local role {role}".encode())
        for statement in (
            "update operations.opened set who = 'Ann Lee'",
            "insert into operations.opened select * from operations.opened",
            "delete from operations.opened",
            "update tasks.batch_list set told = '{}'",
            "delete from tasks.batch_list",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), desk.conn.transaction():
                desk.conn.execute(statement.encode())
        desk.conn.execute("reset role")
    desk.conn.execute("set local role throughline_loop")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.conn.execute(
            "select operations.keep_opening('bea', 'claim_batch', 'b', 'd', 'page', '{}')"
        )


# ---- the command -------------------------------------------------------------------------------


def test_the_command_lists_what_waits_and_opens_one(
    desk: Desk, deciding: str, batch: UUID, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    monkeypatch.setenv("THROUGHLINE_DECIDER_DSN", deciding)
    number = str(batch)[:8]
    assert shown.main([]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head == "batch,payer,billing_npi,claims,charge,since,due,file_by"
    assert row.startswith(f"{number},SUNADV,1234567893,2,")
    assert f",{FIRST}," in row
    assert shown.main([number, "--by", ADA]) == 0
    assert "record MRN-P1" in capsys.readouterr().out
    (opened,) = desk.rows("select who, door, digest from operations.opened")
    assert tuple(opened) == (ADA, "command_line", listed.of(desk.conn, batch).digest)
    for wrong, why in (
        ([number], "belongs to nobody"),
        (["12345678", "--by", ADA], "no batch"),
        (["1", "--by", ADA], "at least 8"),
    ):
        assert shown.main(wrong) == 2
        assert why in capsys.readouterr().err


def test_a_note_cannot_steer_a_terminal(desk: Desk, batch: UUID) -> None:
    asks(desk, "p1")
    found = listed.of(desk.conn, batch)
    for claim in found.claims:
        for case in claim["cases"]:
            for decided in case["decided"]:
                decided["note"] = "\x1b[2J\nforged"
    assert "\x1b" not in claim_words.text(found)
    assert "\nforged" not in claim_words.text(found)
