"""Every act of a person goes through one door: previewed without a trace, recorded once."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

import throughline.quality.decide
import throughline.tasks.attest
from tests.warehouse.clinic import Clinic
from throughline import decisions
from throughline.decisions import Act, NotAllowedError, Preview, Request
from throughline.exceptions import actions
from throughline.warehouse import Connection

INCLUDE = Path(decisions.__file__).parents[1]


@pytest.fixture
def desk(clinic: Clinic) -> Clinic:
    """Return a practice on its first night."""
    clinic.begin("2026-07-06")
    return clinic


@pytest.fixture
def stamped(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Register an act of the test's own on a kind of thing of its own; returns what it carried out."""
    monkeypatch.setattr(decisions, "_acts", dict(decisions._acts))
    carried: list[UUID] = []

    def weigh(conn: Connection, request: Request) -> Preview:
        if request.about_id == "gone":
            raise NotAllowedError("it is gone")
        return Preview(("It is stamped.",), {"colour": request.said.get("colour")})

    def carry(
        conn: Connection, request: Request, seen: Preview, decision_id: UUID
    ) -> tuple[UUID, ...]:
        carried.append(decision_id)
        return ()

    decisions.register(
        Act("stamp", "letter", "put a stamp on it", weigh, carry, permission="decide_rows")
    )
    return carried


def recorded(desk: Clinic) -> list[tuple[object, ...]]:
    return [
        tuple(row)
        for row in desk.rows(
            "select decided_by, kind, about_kind, about_id, note, detail from operations.decision"
        )
    ]


def test_a_preview_says_what_follows_and_writes_nothing(desk: Clinic, stamped: list[UUID]) -> None:
    seen = decisions.preview(desk.conn, Request("stamp", "letter", "a", "Ada"))
    assert seen.follows == ("It is stamped.",)
    assert (recorded(desk), stamped) == ([], [])


def test_an_act_is_written_down_with_all_that_was_said_and_carried_out(
    desk: Clinic, stamped: list[UUID]
) -> None:
    request = Request("stamp", "letter", "a", "Ada", "because", {"colour": "red"})
    made = decisions.record(desk.conn, request)
    assert recorded(desk) == [("Ada", "stamp", "letter", "a", "because", {"colour": "red"})]
    assert (made.is_new, stamped) == (True, [made.decision_id])


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (Request("stamp", "letter", "a", " "), "a decision needs a named person"),
        (Request("burn", "letter", "a", "Ada"), "burn: must be one of stamp"),
        (Request("stamp", "parcel", "a", "Ada"), "stamp: must be one of none"),
        (Request("stamp", "letter", "gone", "Ada"), "it is gone"),
    ],
)
def test_what_may_not_be_leaves_nothing_behind(
    desk: Clinic, stamped: list[UUID], request_: Request, why: str
) -> None:
    with pytest.raises(NotAllowedError, match=why):
        decisions.record(desk.conn, request_)
    assert (recorded(desk), stamped) == ([], [])


def test_an_act_has_one_owner(stamped: list[UUID]) -> None:
    def weigh(conn: Connection, request: Request) -> Preview:
        return Preview(())

    with pytest.raises(ValueError, match="act stamp on letter is already registered"):
        decisions.register(Act("stamp", "letter", "again", weigh, permission="decide_rows"))


def test_the_acts_of_the_loop_are_registered() -> None:
    assert set(decisions.acts_on("batch")) == {"release", "reject"}
    money = throughline.quality.decide.MONEY
    assert set(decisions.acts_on("quarantine")) == {"release", "reject", *money}
    assert set(decisions.acts_on("claim_batch")) == {"release", "refuse"}
    assert decisions.acts_on("exception") == actions.ACTIONS
    assert set(decisions.acts_on("record")) == {"link", "unlink"}
    assert set(actions.FOLLOWS) == set(actions.ACTIONS)


def test_nothing_else_writes_a_decision() -> None:
    sql = INCLUDE.parents[1] / "sql"
    code = [*INCLUDE.rglob("*.py"), *(f for f in sql.rglob("*.sql") if "schema" not in f.parts)]
    text = {file.name: file.read_text(encoding="utf-8") for file in code}
    assert [name for name, said in text.items() if "insert into operations.decision" in said] == []
    by_function = [file for file in code if "select operations.decide(" in file.read_text("utf-8")]
    assert by_function == [INCLUDE / "decisions" / "__init__.py"]
