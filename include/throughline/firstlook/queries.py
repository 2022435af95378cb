"""Databases whose rows are feeds: whether they are reached and let us in, and the first rows of each query."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from throughline.firstlook.found import Look, Stop
from throughline.firstlook.network import reach
from throughline.sources.source import SourceDefinition
from throughline.sources.tabular.query import sample, try_login, url_of
from throughline.sources.tabular.shape import tables_of
from throughline.transports.address import Address
from throughline.vocabulary.counts import count

ROWS = 200
DAYS = 31


def look_at(look: Look, definition: SourceDefinition, address: Address) -> None:
    """Run each query of a source, and keep its first rows as the sample."""
    named = f"the connection {address.name}"
    try:
        url = url_of(address)
        driver = url.get_backend_name()
        url.get_dialect()
    except (NoSuchModuleError, ImportError) as error:
        look.bad(
            f"there is no driver for this kind of database: {type(error).__name__}",
            f"write conn_type, or driver in the extra, of {named}, and install the driver's package",
        )
        return
    if url.host and url.port and driver != "sqlite":
        try:
            reach(look, url.host, url.port, f"write host and port in {named}")
        except Stop:
            return
    try:
        try_login(address)
    except (SQLAlchemyError, ImportError) as error:
        look.bad(
            f"the database does not let us in, or does not answer: {_cause(error)}",
            f"write login, password and schema (the database's name) in {named}; ask for rights to read",
        )
        return
    since = datetime.now(UTC) - timedelta(days=DAYS)
    for table in tables_of(definition):
        target = look.into / f"{table.name}.csv"
        try:
            rows = sample(
                address, table, since.astimezone(table.zone).replace(tzinfo=None), target, ROWS
            )
        except SQLAlchemyError as error:
            target.unlink(missing_ok=True)
            look.bad(
                f"the query of {table.name} fails: {_cause(error)}",
                f"{look.place}: conventions: tables: {table.name}: query",
            )
            continue
        look.sampled += 1
        if rows:
            look.good(
                f"the query of {table.name} is answered: {count(rows, 'row')}{' or more' if rows == ROWS else ''}"
            )
        else:
            look.note(
                f"the query of {table.name} is answered, without a row of the last {count(DAYS, 'day')}"
            )


def _cause(error: BaseException) -> str:
    """Return the kind of an error: the words of a driver may hold values of rows."""
    return type(getattr(error, "orig", None) or error).__name__
