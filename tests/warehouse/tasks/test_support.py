"""A case that says "do not bill" stops its claim, wherever the claim is."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from psycopg.conninfo import conninfo_to_dict

from stack import airflow, postgres
from tests.permitted import STAFF
from tests.warehouse.clinic import again, charge, coverage, moment
from tests.warehouse.tasks.desk import FIRST, SECOND, THIRD, Desk, member, seen
from tests.warehouse.tasks.outside import Outside
from throughline.decisions import (
    COMMAND_LINE,
    Door,
    NobodyNamedError,
    NoReasonError,
    NotPermittedError,
)
from throughline.decisions.opening import NotOpenedError
from throughline.orchestration.decisions import Run
from throughline.tasks import attest, claims, listed
from throughline.warehouse import Connection, connect

AT = "2026-07-01 10:00"
CHARGE = charge("p1", AT)


def turns(desk: Desk, who: str = "p1") -> None:
    """Let the case of a patient support no claim any more, while it asks for something else first."""
    desk.conn.execute(
        "update cases.case_record set wanted = 'wait',"
        """ wanted_detail = wanted_detail || '{"do_not_bill": "charge_check"}' where person_id = %s""",
        (desk.person(who),),
    )
    desk.conn.commit()


def loses_cover(desk: Desk) -> None:
    desk.know(coverage("p1", "SUNADV", "11", ends="2026-06-30"))
    desk.open(SECOND)


def is_billed_by_another(desk: Desk) -> None:
    desk.know(again(CHARGE, status="billed"))
    desk.open(SECOND)


def is_not_complete(desk: Desk) -> None:
    desk.know(again(CHARGE, status="planned"))
    desk.open(SECOND)


def dies_before(desk: Desk) -> None:
    """The chart learns that the patient had died before the visit; no case is derived since."""
    died = {"is_deceased": True, "deceased_by": date(2026, 6, 30)}
    desk.know(again(member("p1")[0], deceased_at=moment("2026-06-30"), **died))
    desk.open(SECOND)


@pytest.fixture(
    params=[turns, loses_cover, is_billed_by_another, is_not_complete, dies_before],
    ids=lambda change: change.__name__,
)
def change(request: pytest.FixtureRequest) -> Callable[[Desk], None]:
    made: Callable[[Desk], None] = request.param
    return made


@pytest.fixture
def batch(desk: Desk) -> UUID:
    """Return a batch of two claims that waits; the first is the one whose support goes."""
    desk.know(member("p1"), seen("p1"), CHARGE, member("p2"), seen("p2"), charge("p2", AT))
    desk.open(FIRST)
    desk.bills("p1")
    desk.bills("p2")
    desk.plan()
    (made,) = desk.prepare()
    return made


def left(desk: Desk) -> list[tuple[str, int]]:
    rows = desk.rows(
        "select status, claim_count from tasks.claim_batch order by status, claim_count"
    )
    return [tuple(row) for row in rows]


def test_before_it_is_shown_the_batch_is_made_anew(
    desk: Desk, batch: UUID, change: Callable[[Desk], None]
) -> None:
    change(desk)
    successor = claims.made_anew(desk.conn, desk.seq, batch)
    assert successor != batch
    assert left(desk) == [("refused", 2), ("waiting", 1)]
    (claim,) = desk.rows("select person_id from tasks.claim where batch_id = %s", successor)
    assert claim.person_id == desk.person("p2")
    with pytest.raises(attest.NotWaiting):
        attest.show(desk.conn, batch)


def test_a_batch_that_nothing_befell_stays_as_it_is(desk: Desk, batch: UUID) -> None:
    assert claims.made_anew(desk.conn, desk.seq, batch) == batch
    assert left(desk) == [("waiting", 2)]


def test_after_it_was_shown_the_old_answer_counts_no_more(
    desk: Desk, batch: UUID, change: Callable[[Desk], None]
) -> None:
    shown = attest.show(desk.conn, batch)
    desk.conn.commit()
    change(desk)
    claims.made_anew(desk.conn, desk.seq, batch)
    with pytest.raises(attest.NotWaiting):
        attest.release(desk.conn, batch, "Ada Biller", "", shown)


def test_what_the_records_say_counts_whatever_the_case_says_still(desk: Desk, batch: UUID) -> None:
    shown = attest.show(desk.conn, batch)
    dies_before(desk)
    opened = listed.open_for(desk.conn, batch, "ada", COMMAND_LINE)
    assert len(opened.unsupported) == 1
    assert opened.digest != shown
    with pytest.raises(attest.NotWaiting, match="supports it no more"):
        attest.release(desk.conn, batch, "ada", "", opened.digest)


def test_a_death_that_is_taken_back_offers_the_claim_again(desk: Desk, batch: UUID) -> None:
    dies_before(desk)
    for _ in range(2):
        desk.prepare()
        assert left(desk) == [("refused", 2), ("waiting", 1)]
        assert desk.open_exceptions() == ["impossible_date"]
    desk.know(again(member("p1")[0]))
    desk.open(THIRD)
    desk.prepare()
    assert left(desk) == [("refused", 2), ("waiting", 1), ("waiting", 1)]
    assert desk.open_exceptions() == []
    assert desk.broken() == []


def test_after_the_release_it_is_not_sent(
    desk: Desk, outside: Outside, batch: UUID, change: Callable[[Desk], None]
) -> None:
    desk.release(batch)
    change(desk)
    assert desk.dispatch() == {}
    assert outside.files() == []
    desk.prepare()
    assert left(desk) == [("refused", 2), ("waiting", 1)]


def test_what_no_question_has_shown_no_answer_can_release(desk: Desk, batch: UUID) -> None:
    opened = listed.open_for(desk.conn, batch, "Ada Biller", COMMAND_LINE)
    with pytest.raises(attest.NotWaiting, match="nobody was shown"):
        attest.release(desk.conn, batch, "Ada Biller", "", opened.digest, Door("question"))


def test_what_each_case_supported_is_kept_when_it_is_sent(
    desk: Desk, outside: Outside, batch: UUID
) -> None:
    desk.release(batch)
    assert desk.dispatch() == {"accepted": 1}
    kept = desk.rows("select do_not_bill, is_asked from tasks.claim_support")
    assert [tuple(row) for row in kept] == [(None, True)] * 2


@pytest.fixture
def asking(
    desk: Desk,
    desk_dsn: str,
    warehouse_server: postgres.Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Return the module of Airflow's questions, on the desk's warehouse and systems, each step in its own role."""
    module = importlib.import_module("throughline.orchestration.decisions")

    def open_warehouse(connection_id: str = "throughline") -> Connection:
        database = str(conninfo_to_dict(desk_dsn)["dbname"])
        return connect(warehouse_server.dsn(airflow.CONNECTIONS[connection_id], database))

    monkeypatch.setattr(module, "open_warehouse", open_warehouse)
    addresses = importlib.import_module("throughline.orchestration.addresses")
    monkeypatch.setattr(addresses, "clients", desk.outside.clients)
    return module


def of(batch: UUID | str, prefix: str = "claims") -> Run:
    """Return the run that the night starts for a batch."""
    return Run(f"{prefix}__{batch}", {"batch_id": str(batch)}, "")


ATTESTED = {"chosen_options": ["Attest and release"], "responded_by_user": {"id": "ada"}}


def test_the_hash_in_the_question_is_the_hash_that_is_sent(
    desk: Desk, outside: Outside, batch: UUID, asking: Any
) -> None:
    old = asking.describe_claims(of(batch))
    desk.conn.execute(
        "update tasks.claim_batch set payload = payload || ' ',"
        " payload_sha256 = encode(sha256(payload || ' '), 'hex')"
    )
    desk.conn.commit()
    new = asking.describe_claims(of(batch))
    assert old["shown"] != new["shown"]
    with pytest.raises(AirflowSkipException):
        asking.take_claims(old, ATTESTED)
    assert outside.files() == []
    with pytest.raises(NotOpenedError):
        asking.take_claims(new, ATTESTED)
    opened = listed.open_for(desk.conn, batch, "ada", COMMAND_LINE)
    desk.conn.commit()
    asking.carry_out_claims(asking.take_claims(new, ATTESTED))
    ((_, content),) = outside.files()
    assert hashlib.sha256(content + opened.told.encode()).hexdigest() == new["shown"]


def test_a_decision_says_through_which_door_it_came(
    desk: Desk, outside: Outside, batch: UUID, asking: Any
) -> None:
    asked = asking.describe_claims(of(batch))
    answer = ATTESTED | {
        "responded_by_user": {"id": "7", "name": "ada"},
        "responded_at": "2026-09-09T12:00:00+00:00",
        "dag_id": "release_claims",
        "run_id": f"claims__{batch}",
    }
    listed.open_for(desk.conn, batch, "7", COMMAND_LINE)
    desk.conn.commit()
    asking.take_claims(asked, answer)
    row = desk.conn.execute(
        "select decided_by, door, record from operations.decision where about_id = %s",
        (str(batch),),
    ).fetchone()
    # the name is what a user calls himself: the id says who it was
    assert row == (
        "7",
        "question",
        {
            "user_id": "7",
            "user_name": "ada",
            "responded_at": "2026-09-09T12:00:00+00:00",
            "dag_id": "release_claims",
            "run_id": f"claims__{batch}",
        },
    )


def test_the_question_is_about_the_batch_that_was_made_anew(
    desk: Desk, batch: UUID, asking: Any
) -> None:
    turns(desk)
    asked = asking.describe_claims(of(batch))
    assert asked["about_id"] != str(batch)
    assert asked["subject"].startswith("1 claim to ")


NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("batch_id", [NOWHERE, "no-batch"])
@pytest.mark.parametrize(
    ("describe", "prefix"), [("describe_claims", "claims"), ("describe_batch", "stopped")]
)
def test_nobody_is_asked_about_what_is_not_there(
    asking: Any, desk: Desk, describe: str, prefix: str, batch_id: str
) -> None:
    with pytest.raises(AirflowSkipException):
        getattr(asking, describe)(of(batch_id, prefix))


@pytest.mark.parametrize(
    ("describe", "run_id"),
    [
        ("describe_claims", "manual__2026-09-09"),
        ("describe_claims", f"claims__{NOWHERE}"),
        ("describe_claims", "claims__"),
        ("describe_batch", "stopped__"),
    ],
)
def test_a_run_asks_about_no_other_batch_than_its_own(
    asking: Any, desk: Desk, batch: UUID, describe: str, run_id: str
) -> None:
    with pytest.raises(NotPermittedError, match="was not started for the batch"):
        getattr(asking, describe)(Run(run_id, {"batch_id": str(batch)}, "biller"))
    assert [
        tuple(row) for row in desk.rows("select who, act, door from operations.refused_act")
    ] == [("biller", "release", "question")]
    assert desk.rows("select about_id from operations.shown") == []


@pytest.mark.parametrize(
    ("answer", "error", "refused"),
    [
        ({"responded_by_user": {"id": "mallory", "name": "ada"}}, NotPermittedError, ["mallory"]),
        ({"responded_by_user": {"id": "", "name": "ada"}}, NobodyNamedError, []),
        ({"responded_by_user": None}, NobodyNamedError, []),
        ({"responded_by_user": {"id": "7", "name": "ada"}}, NotOpenedError, ["7"]),
        ({"chosen_options": ["Refuse"]}, NoReasonError, ["ada"]),
    ],
)
def test_an_answer_that_cannot_be_taken_changes_nothing(
    asking: Any, desk: Desk, batch: UUID, answer: dict[str, Any], error: type, refused: list[str]
) -> None:
    asked = asking.describe_claims(of(batch))
    assert asked["may"] == sorted(STAFF)
    listed.open_for(desk.conn, batch, "ada", COMMAND_LINE)
    desk.conn.commit()
    with pytest.raises(error):
        asking.take_claims(asked, ATTESTED | answer)
    assert left(desk) == [("waiting", 2)]
    assert [row.who for row in desk.rows("select who from operations.refused_act")] == refused
    assert asking.take_claims(asked, ATTESTED)["act"] == "release"


def test_what_was_taken_is_carried_out_by_what_the_warehouse_says(
    asking: Any, desk: Desk, outside: Outside, batch: UUID
) -> None:
    asking.carry_out_claims({"act": "release", "about_id": str(batch)})
    assert outside.files() == []
    asked = asking.describe_claims(of(batch))
    listed.open_for(desk.conn, batch, "ada", COMMAND_LINE)
    desk.conn.commit()
    taken = asking.take_claims(asked, ATTESTED)
    assert asking.describe_claims(of(batch)) == taken
    asking.carry_out_claims(taken)
    assert len(outside.files()) == 1
    with pytest.raises(AirflowSkipException):
        asking.describe_claims(of(batch))


@pytest.mark.parametrize(
    ("status", "missing", "reason"),
    [("billed", ["charge not yet billed"], "charge_check"), ("planned", None, "missing_charge")],
)
def test_only_what_is_billable_is_billed(
    desk: Desk, status: str, missing: list[str] | None, reason: str
) -> None:
    desk.know(member("p1"), seen("p1"), charge("p1", AT, status=status))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    assert desk.prepare() == []
    (open_one,) = desk.rows("select reason, detail from operations.exception where status = 'open'")
    assert open_one.reason == reason
    assert missing is None or open_one.detail["missing"] == missing


def test_a_question_about_what_a_page_has_decided_is_skipped_or_sends_it(
    desk: Desk, outside: Outside, batch: UUID, asking: Any
) -> None:
    (night,) = claims.to_ask(desk.conn, desk.seq)
    run_id = f"claims__{night['batch_id']}__{night['digest'][:8]}"
    asked = asking.describe_claims(replace(of(batch), run_id=run_id))
    listed.open_for(desk.conn, batch, "ada", Door("page"))
    attest.release(desk.conn, batch, "ada", "", asked["shown"], Door("page"))
    desk.conn.commit()
    with pytest.raises(AirflowSkipException):
        asking.take_claims(asked, ATTESTED | {"chosen_options": ["Refuse"]})
    assert outside.files() == []
    asking.carry_out_claims(asking.take_claims(asked, ATTESTED))
    assert len(outside.files()) == 1
    assert len(desk.rows("select * from operations.decision")) == 1
