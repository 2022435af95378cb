"""A practice whose cases ask for work, and the systems that the work is sent to: real servers on loopback."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest

from tests.warehouse.conftest import defined

# the kit of the unit tier: servers that do as they are told
from tests.warehouse.tasks.desk import Desk
from tests.warehouse.tasks.outside import Outside
from throughline import warehouse
from throughline.tasks import claims, validate
from throughline.warehouse import failpoints


@pytest.fixture(scope="session")
def running_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """Run the EHR, the scheduling and billing systems and the clearinghouse."""
    made = Outside(tmp_path_factory.mktemp("clearinghouse"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def outside(running_outside: Outside) -> Outside:
    """Return the outside as it was before anybody sent anything."""
    running_outside.forget()
    return running_outside


@pytest.fixture(scope="session")
def desk_dsn(kept_warehouse: Callable[[], str]) -> str:
    """Return the DSN of a warehouse that knows the definitions, for those who commit.

    Not a copy of `defined_warehouse`: what is refused there is committed too, and would never be wiped.
    """
    return defined(kept_warehouse())


@pytest.fixture(scope="session")
def wipe(desk_dsn: str) -> Callable[[warehouse.Connection], None]:
    """Return a function that empties whatever was empty at first."""
    with warehouse.connect(desk_dsn) as conn:
        tables = conn.execute(
            "select format('%I.%I', schemaname, relname) from pg_stat_user_tables"
            " where schemaname not in ('public', 'staging')"
        ).fetchall()
        empty = [
            name for (name,) in tables
            if conn.execute(f"select not exists (select from {name})".encode()).fetchone() == (True,)
        ]  # fmt: skip

    def clean(conn: warehouse.Connection) -> None:
        conn.execute("set local session_replication_role = replica")
        conn.execute("; ".join(f"delete from {name}" for name in empty).encode())
        conn.execute("delete from operations.routing where known_seq > 0")
        conn.execute("update cases.digest set total = 0")
        conn.execute("update tasks.interchange_counter set last_control_number = 0")
        conn.commit()

    return clean


@pytest.fixture(scope="session", autouse=True)
def _not_the_same_again() -> Iterator[None]:
    """Cache the validator's answer, because many tests validate the same bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "complaints", functools.cache(validate.complaints))
        yield


@pytest.fixture
def new_desk(
    desk_dsn: str, wipe: Callable[[warehouse.Connection], None], outside: Outside
) -> Iterator[Callable[[], Desk]]:
    """Return a function that creates a practice without history and closes the previous one."""
    made: list[Desk] = []

    def make() -> Desk:
        if made:
            made[-1].conn.close()
        outside.forget()
        conn = warehouse.connect(desk_dsn)
        wipe(conn)
        made.append(Desk(conn, outside))
        return made[-1]

    yield make
    failpoints.install(None)
    if made:
        made[-1].conn.close()


@pytest.fixture
def desk(new_desk: Callable[[], Desk]) -> Desk:
    """Return a practice."""
    return new_desk()
