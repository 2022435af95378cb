"""A batch that cannot be told in words has a way out: it is thrown away."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from stack import postgres
from tests.warehouse.clinic import charge
from tests.warehouse.tasks.desk import FIRST, SECOND, Desk, member, seen
from tests.warehouse.tasks.outside import Outside
from throughline.decisions import Door, NoReasonError
from throughline.orchestration import decisions as asking
from throughline.orchestration.decisions import Run, Taken
from throughline.tasks import attest, claims, listed
from throughline.told import claims as shown
from throughline.told import exceptions as told
from throughline.warehouse import Connection, connect

AT = "2026-07-01 10:00"
PAGE = Door("page")


def a_batch(desk: Desk) -> UUID:
    desk.know(
        member("p1"), seen("p1"), charge("p1", AT), member("p2"), seen("p2"), charge("p2", AT)
    )
    desk.open(FIRST)
    desk.bills("p1")
    desk.bills("p2")
    desk.plan()
    (made,) = desk.prepare()
    return made


def adds_a_segment(desk: Desk, batch: UUID) -> None:
    """Let the file of a batch say something that its list does not tell."""
    ((payload,),) = desk.rows("select payload from tasks.claim_batch where batch_id = %s", batch)
    other = bytes(payload).replace(b"HI*ABK", b"NTE*ADD*MORE~\nHI*ABK", 1)
    desk.conn.execute(
        "update tasks.claim_batch set payload = %s, payload_sha256 = %s where batch_id = %s",
        (other, hashlib.sha256(other).hexdigest(), batch),
    )
    desk.conn.commit()


@pytest.fixture
def untold(desk: Desk) -> UUID:
    batch = a_batch(desk)
    adds_a_segment(desk, batch)
    claims.to_ask(desk.conn, desk.seq)
    return batch


@pytest.fixture
def open_as(
    desk_dsn: str, warehouse_server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], str]:
    """Return addresses of the desk's warehouse by role; Airflow's tasks open it in them."""
    database = str(conninfo_to_dict(desk_dsn)["dbname"])

    def dsn(connection_id: str) -> str:
        role = "throughline_loop" if connection_id == "throughline" else connection_id
        return warehouse_server.dsn(role, database)

    @contextmanager
    def opened(connection_id: str = "throughline") -> Iterator[Connection]:
        with connect(dsn(connection_id)) as conn:
            yield conn

    monkeypatch.setattr(asking, "open_warehouse", opened)
    return dsn


def is_made_anew(desk: Desk, batch: UUID) -> UUID:
    """Run another night, and return the batch that took the place of one that was thrown away."""
    desk.open(SECOND)
    (again,) = desk.prepare()
    claims.to_ask(desk.conn, desk.seq)
    assert again != batch
    found = listed.of(desk.conn, again)
    assert len(found.claims) == 2
    assert desk.open_exceptions() == [], "nobody has to look at what is made anew"
    assert desk.broken() == []
    return again


def test_it_is_an_exception_that_says_why_and_what_may_be_done(desk: Desk, untold: UUID) -> None:
    ((number, owner, detail),) = desk.rows(
        "select exception_id::text, owner_team, detail from operations.exception where status = 'open'"
    )
    assert owner == "billing"
    assert detail["untold"] == "the file has a segment NTE that the list does not tell"
    (stuck,) = told.rows(desk.conn, [number])
    assert "In detail: the file has a segment NTE" in told.why(stuck, "UTC")
    (refuse,) = [choice for choice in told.may_be_done(stuck) if choice.act == "refuse"]
    assert (refuse.about_kind, refuse.needs_reason) == ("claim_batch", True)
    attest.refuse(desk.conn, untold, "ada", "unreadable", PAGE)
    (stuck,) = told.rows(desk.conn, [number])
    assert "Refuse the batch: decided by ada" in told.decided(stuck, "UTC")
    assert told.may_be_done(stuck) == []


def test_who_may_throws_it_away_and_its_claims_are_made_anew(
    desk: Desk, outside: Outside, untold: UUID
) -> None:
    with pytest.raises(NoReasonError):
        attest.refuse(desk.conn, untold, "ada", " ", PAGE)
    attest.refuse(desk.conn, untold, "ada", "unreadable", PAGE)
    desk.conn.commit()
    again = is_made_anew(desk, untold)
    desk.release(again)
    assert desk.dispatch() == {"accepted": 1}
    ((_, content),) = outside.files()
    assert b"NTE" not in content
    assert desk.broken() == []


def test_airflow_asks_only_whether_to_throw_it_away(
    desk: Desk, untold: UUID, open_as: Callable[[str], str]
) -> None:
    (to_ask,) = claims.to_ask(desk.conn, desk.seq)
    run = Run(f"claims__{untold}__{to_ask['digest'][:8]}__2", {"batch_id": str(untold)}, "")
    asked: Any = asking.describe_claims(run)
    assert asked["options"] == ["Refuse"]
    assert "biller" in asked["may"]
    assert "Nobody can attest this batch" in asked["body"]
    assert "attest that the services" not in asked["body"]
    answer = {
        "chosen_options": ["Refuse"], "params_input": {"note": "unreadable"},
        "responded_by_user": {"id": "biller", "name": "Bea"},
    }  # fmt: skip
    assert asking.take_claims(asked, answer) == Taken(act="refuse", about_id=str(untold))
    is_made_anew(desk, untold)


def test_at_a_terminal_it_can_be_refused(
    desk: Desk,
    untold: UUID,
    open_as: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Any,
) -> None:
    logins = tmp_path / "logins.json"
    logins.write_text('{"biller": "x", "viewer": "x"}')
    monkeypatch.setenv("THROUGHLINE_SANDBOX_LOGINS", str(logins))
    monkeypatch.setenv("THROUGHLINE_DECIDER_DSN", open_as("throughline_decider"))
    number = str(untold)[:8]
    assert shown.main([number, "--by", "biller"]) == 2
    assert "segment NTE" in capsys.readouterr().err
    refuse = [number, "--action", "refuse", "--by"]
    assert shown.main([*refuse, "biller", "--preview"]) == 0
    assert "is thrown away" in capsys.readouterr().out
    assert shown.main([*refuse, "nobody", "--note", "x"]) == 2
    assert shown.main([*refuse, "biller"]) == 2, "a refusal needs its reason"
    assert shown.main([number, "--action", "release", "--by", "biller", "--note", "x"]) == 2
    assert shown.main([*refuse, "biller", "--note", "unreadable"]) == 0
    assert [row.who for row in desk.rows("select who from operations.refused_act")] != []
    is_made_anew(desk, untold)


def test_a_claim_that_the_list_cannot_tell_leaves_the_others_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of = claims._file

    def with_a_note(to: Any, at: Any, control: str, rows: Any) -> bytes:
        """Write a segment behind p2's diagnoses, as a later version may."""
        file = told_of(to, at, control, rows)
        before, mark, rest = file.partition(b"REF*EA*MRN-P2~\n")
        return before + mark + rest.replace(b"HI*ABK", b"K3*X~\nHI*ABK", 1) if mark else file

    monkeypatch.setattr(claims, "_file", with_a_note)
    monkeypatch.setattr(claims, "complaints", lambda _: [])
    batch = a_batch(desk)
    (one,) = listed.of(desk.conn, batch).claims
    assert one["patient"]["record"] == "MRN-P1"
    ((about, detail),) = desk.rows(
        "select about_kind, detail from operations.exception where status = 'open'"
    )
    assert (about, detail) == (
        "task", {"validator": ["the file has a segment K3 that the list does not tell"]},
    )  # fmt: skip


@pytest.mark.parametrize("pointers", [["0"], ["2"], ["A"]])
def test_a_line_that_points_at_no_diagnosis_is_told_to_nobody(
    desk: Desk, pointers: list[str]
) -> None:
    batch = a_batch(desk)
    ((number, payload),) = desk.rows(
        "select k.patient_control_number, b.payload from tasks.claim as k"
        " inner join tasks.claim_batch as b on b.batch_id = k.batch_id order by 1 limit 1"
    )
    before, mark, rest = bytes(payload).partition(number.encode())
    other = before + mark + rest.replace(b"UN*1***1~", f"UN*1***{pointers[0]}~".encode(), 1)
    assert other != bytes(payload)
    desk.conn.execute(
        "update tasks.claim_batch set payload = %s, payload_sha256 = %s",
        (other, hashlib.sha256(other).hexdigest()),
    )
    desk.conn.execute(
        "update tasks.claim set content = jsonb_set(content, '{lines,0,pointers}', %s)"
        " where patient_control_number = %s",
        (Jsonb(pointers), number),
    )
    assert "points at no diagnosis" in str(listed.why_untold(desk.conn, batch))
