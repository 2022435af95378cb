"""A separate warehouse for each test, used with the loader's rights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.warehouse.sources.by_search import fetch, patients, server
from tests.warehouse.sources.exporter import MONDAY, Exporter, Fetch, exporter, lines, small
from tests.warehouse.sources.reports import reports
from throughline import warehouse
from throughline.sources.definitions import SourceDefinition
from throughline.sources.fetch import extract
from throughline.sources.landing import BatchResult
from throughline.transports.address import SourceUnavailable
from throughline.warehouse import failpoints, nights
from throughline.warehouse.nights import Night

__all__ = ["fetch", "patients", "reports", "server"]

# the kits of the unit tier: files as senders write them, servers that do as they are told
ZONE = "America/New_York"


@pytest.fixture
def conn(new_warehouse: Callable[[], str]) -> Iterator[warehouse.Connection]:
    """A connection with the rights of the loader."""
    connection = warehouse.connect(new_warehouse(), loading=True)
    connection.execute("set role throughline_loader")
    connection.commit()
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture
def open_night(conn: warehouse.Connection) -> Callable[[str], Night]:
    """Open the night of a date."""

    def opened(day: str) -> Night:
        conn.execute("set role throughline_loop")
        night = nights.open_night(conn, date.fromisoformat(day), ZONE)
        conn.execute("set role throughline_loader")
        conn.commit()
        return night

    return opened


@pytest.fixture
def stop_at() -> Iterator[Callable[[str], type[BaseException]]]:
    """Make the next pass of a named point fail, as if the process had died there."""

    class Died(BaseException):
        pass

    def arm(name: str) -> type[BaseException]:
        def fail(point: str) -> None:
            if point == name:
                failpoints.install(None)
                raise Died

        failpoints.install(fail)
        return Died

    yield arm
    failpoints.install(None)


@pytest.fixture
def exporting() -> Iterator[Exporter]:
    """A server of exports with two patients, a visit and no tasks."""
    with exporter() as served:
        served.lines = {
            "Patient": lines("Patient", "p1", "p2"),
            "Encounter": lines("Encounter", "e1"),
        }
        yield served


@pytest.fixture
def fetch_export(
    conn: warehouse.Connection,
    open_night: Callable[[str], Night],
    tmp_path: Path,
    exporting: Exporter,
) -> Fetch:
    """Fetch the source for the night of a date, as often as wanted."""
    nights: dict[str, Night] = {}

    def fetched(
        day: str = MONDAY,
        source: SourceDefinition | None = None,
        deadline: datetime | None = None,
    ) -> list[BatchResult]:
        if day not in nights:
            nights[day] = open_night(day)
        try:
            return extract(
                source or small(), exporting.address, conn, nights[day], tmp_path, deadline
            )
        except SourceUnavailable:
            conn.rollback()
            raise

    return fetched
