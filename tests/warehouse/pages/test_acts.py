"""Acts on a page, recorded in the decider's role: once, by those who may, on what was shown."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from stack import postgres
from throughline import warehouse
from throughline.decisions import NotPermittedError
from throughline.exceptions.choices import Choice
from throughline.pages import acts, one
from throughline.pages.acts import Changed, Lacking, NotOffered, Typed
from throughline.pages.visitor import Visitor
from throughline.told.exceptions import Stuck

OPERATOR, BILLER, VIEWER = Visitor("operator"), Visitor("biller"), Visitor("viewer")
REASON = Typed(note="called twice, moved away")


@pytest.fixture
def desk(server: postgres.Server) -> Iterator[warehouse.Connection]:
    """A connection in the role of the pages' decisions; nothing of it is committed."""
    with warehouse.connect(server.dsn("throughline_decider")) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def stuck(conn: warehouse.Connection) -> Stuck:
    """An open exception about a case."""
    (number,) = conn.execute(
        "select exception_id::text from operations.exception where reason = 'unsigned_note' order by 1 limit 1"
    ).fetchone() or ("",)
    return one.exception(conn, number)


def choice(stuck: Stuck, act: str) -> Choice:
    return acts.choice_of(stuck, act)


def test_what_somebody_may_not_do_is_not_offered(stuck: Stuck) -> None:
    assert next(each.act for each in acts.offered(OPERATOR, stuck)) == "retry"
    assert acts.offered(VIEWER, stuck) == []
    with pytest.raises(NotOffered):
        acts.choice_of(stuck, "confirm", OPERATOR)


def test_an_act_is_shown_then_recorded_with_its_door(
    desk: warehouse.Connection, stuck: Stuck
) -> None:
    close = choice(stuck, "close_case")
    assert acts.follows(desk, OPERATOR, stuck, close) == (
        "The case closes, and its open tasks are cancelled.",
    )
    shown = acts.state(desk, stuck)
    made = acts.decide(desk, OPERATOR, stuck, close, REASON, shown)
    row = desk.execute(
        "select decided_by, kind, about_id, note, door, record from operations.decision where decision_id = %s",
        (made.decision_id,),
    ).fetchone()
    assert row == (
        "operator", "close_case", stuck.exception_id, REASON.note, "page",
        {"user_id": "operator", "page": f"exception/{stuck.exception_id}"},
    )  # fmt: skip


def test_a_form_is_taken_once_and_not_after_a_change(
    desk: warehouse.Connection, stuck: Stuck
) -> None:
    shown = acts.state(desk, stuck)
    acts.decide(desk, OPERATOR, stuck, choice(stuck, "retry"), Typed(), shown)
    with pytest.raises(Changed) as again:
        acts.decide(desk, OPERATOR, stuck, choice(stuck, "retry"), Typed(), shown)
    assert again.value.by_visitor
    with pytest.raises(Changed) as other:
        acts.decide(desk, BILLER, stuck, choice(stuck, "retry"), Typed(), shown)
    assert not other.value.by_visitor
    (made,) = desk.execute(
        "select count(*) from operations.decision where about_id = %s", (stuck.exception_id,)
    ).fetchone() or (0,)
    assert made == 1


def test_giving_it_to_somebody_needs_somebody_and_counts_as_a_change(
    desk: warehouse.Connection, stuck: Stuck
) -> None:
    assign, shown = choice(stuck, "assign"), acts.state(desk, stuck)
    for owner in ("", "nobody_at_all"):
        with pytest.raises(Lacking):
            acts.decide(desk, OPERATOR, stuck, assign, Typed(owner=owner), shown)
    assert ("billing", "Billing office") in acts.owners()
    acts.decide(desk, OPERATOR, stuck, assign, Typed(owner="billing"), shown)
    assert acts.state(desk, stuck) != shown


def test_what_ends_something_needs_its_reason(desk: warehouse.Connection, stuck: Stuck) -> None:
    shown = acts.state(desk, stuck)
    for note in ("", "  ", "x" * 3000, "a\0b"):
        with pytest.raises(Lacking):
            acts.decide(desk, OPERATOR, stuck, choice(stuck, "continue"), Typed(note), shown)


def test_who_may_not_is_refused_where_it_would_be_recorded(
    desk: warehouse.Connection, stuck: Stuck
) -> None:
    shown = acts.state(desk, stuck)
    with pytest.raises(NotPermittedError):
        acts.decide(desk, VIEWER, stuck, choice(stuck, "retry"), Typed(), shown)
    assert acts.state(desk, stuck) == shown


@pytest.mark.parametrize("typed", ["x", "-1", "0", "NaN", "1.005", "1e400", "²"])
def test_an_amount_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(Lacking):
        acts._amount(typed)


def test_an_amount_reads_as_people_write_it() -> None:
    assert [acts._amount(each) for each in ("$1,204.50", " 7 ", "")] == [
        Decimal("1204.50"), Decimal(7), None,
    ]  # fmt: skip
