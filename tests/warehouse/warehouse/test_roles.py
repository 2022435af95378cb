"""Each role of the warehouse tries what it must not do, as itself and on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import CheckViolation, InsufficientPrivilege, RaiseException

from stack import postgres
from tests.warehouse.morning import MORNING
from throughline import warehouse

LOADER, LOOP = "throughline_loader", "throughline_loop"
READER, DECIDER = "throughline_reader", "throughline_decider"

DECIDE = "select operations.decide(%s, 'ann', 'retry', 'exception', 'e1', 'why', '{}', %s, %s)"


@pytest.fixture(scope="module")
def address(
    kept_warehouse: Callable[[], str], warehouse_server: postgres.Server
) -> Callable[[str], str]:
    """Return a function that gives a role's DSN of a warehouse with a morning in it."""
    dsn = kept_warehouse()
    with warehouse.connect(dsn) as conn:
        conn.execute(MORNING)
    return lambda role: warehouse_server.dsn(role, str(conninfo_to_dict(dsn)["dbname"]))


@pytest.fixture(params=postgres.WAREHOUSE_ROLES)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def own(address: Callable[[str], str], role: str) -> Iterator[warehouse.Connection]:
    """Return the role's own connection; rolled back after the test."""
    with warehouse.connect(address(role)) as conn:
        yield conn
        conn.rollback()


FORBIDDEN: tuple[tuple[str, str], ...] = (
    ("insert into operations.decision select * from operations.decision", ""),
    ("update operations.decision set decided_by = 'somebody else'", ""),
    ("update operations.decision set note = 'other', known_seq = known_seq", ""),
    ("delete from operations.decision", ""),
    ("truncate operations.decision", ""),
    ("alter table operations.decision disable trigger all", ""),
    (
        "create or replace function operations.refuse_change() returns trigger as '' language sql",
        "",
    ),
    ("set session_replication_role = replica", ""),
    ("set role throughline_owner", ""),
)
"""Statements, each with the roles that may do that one."""


@pytest.mark.parametrize(
    ("statement", "but"), [pytest.param(*each, id=each[0][:60]) for each in FORBIDDEN]
)
def test_no_role_does_what_it_must_not(
    own: warehouse.Connection, role: str, statement: str, but: str
) -> None:
    if role in but.split():
        pytest.skip("that is its work")
    with pytest.raises((InsufficientPrivilege, RaiseException)):
        own.execute(statement.encode())


@pytest.mark.parametrize("role", [LOADER, LOOP, READER], indirect=True)
def test_only_the_decider_can_decide(own: warehouse.Connection) -> None:
    with pytest.raises(InsufficientPrivilege):
        own.execute(DECIDE, (uuid4(), "page", "{}"))


@pytest.mark.parametrize("role", [DECIDER], indirect=True)
def test_a_decision_carries_its_login_and_time(own: warehouse.Connection) -> None:
    decision_id = uuid4()
    (begun,) = own.execute("select clock_timestamp()").fetchall()[0]
    given = (decision_id, "page", '{"user_id": "7"}')
    assert own.execute(DECIDE, given).fetchone() == (True,)
    assert own.execute(DECIDE, given).fetchone() == (False,)
    ((login, at, record, seq),) = own.execute(
        "select login, decided_at, record, known_seq from operations.decision where decision_id = %s",
        (decision_id,),
    ).fetchall()
    assert (login, record, seq) == (DECIDER, {"user_id": "7"}, None)
    assert at >= begun


@pytest.mark.parametrize("role", [DECIDER], indirect=True)
def test_a_decision_comes_in_through_a_door_that_there_is(own: warehouse.Connection) -> None:
    with pytest.raises(CheckViolation):
        own.execute(DECIDE, (uuid4(), "before", "{}"))


@pytest.mark.parametrize("role", [LOOP], indirect=True)
def test_a_night_takes_a_decision_once_and_changes_nothing_of_it(
    own: warehouse.Connection, address: Callable[[str], str]
) -> None:
    with warehouse.connect(address(DECIDER)) as conn:
        conn.execute(DECIDE, (uuid4(), "page", "{}"))
    assert own.execute("update operations.decision set known_seq = 3 where known_seq is null")
    with pytest.raises(RaiseException, match="append-only"):
        own.execute("update operations.decision set known_seq = 4")
