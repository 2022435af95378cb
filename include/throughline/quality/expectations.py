"""Checks the rules of a suite on the staged rows of one batch with Great Expectations.

Great Expectations only answers yes or no; a query finds the violating rows. Importing it takes seconds
per process (unless the process was forked from one that had imported it, see `throughline.deployment.preload`),
so the functions here import it when they need it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from psycopg import sql

from throughline.quality.suites import Rule
from throughline.sources.catalogue import entry
from throughline.warehouse import Connection

log = logging.getLogger(__name__)


class GateBroken(RuntimeError):
    """An expectation could not be evaluated: an error in the suite, not in the data."""


@dataclass(frozen=True)
class Staged:
    """The staged rows of a batch, in its feed's first table."""

    batch_id: UUID
    feed: str

    @property
    def table(self) -> str:
        """The name of the table in `staging`."""
        return entry(self.feed).table.name


_contexts: dict[str, tuple[Any, Any]] = {}


def _data_source(conn: Connection) -> tuple[Any, Any]:
    """Return a context of Great Expectations and its data source, one per process and database."""
    import great_expectations as gx

    info = conn.info
    url = (
        f"postgresql+psycopg://{quote(info.user, safe='')}:{quote(info.password, safe='')}"
        f"@{info.host}:{info.port}/{info.dbname}"
    ).replace("$", r"\$")
    if url not in _contexts:
        # It logs each default of each expectation, which drowned what a gate logs about a delivery.
        logging.getLogger("great_expectations").setLevel(logging.WARNING)
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        _contexts[url] = (
            context,
            context.data_sources.add_postgres(name="warehouse", connection_string=url),
        )
    return _contexts[url]


def violated(conn: Connection, staged: Staged, rules: list[Rule]) -> list[Rule]:
    """Return the rules that at least one staged row violates. Raises `GateBroken`."""
    import great_expectations.expectations as gxe
    from great_expectations import ExpectationSuite, ValidationDefinition

    context, source = _data_source(conn)
    name = f"{staged.feed}-{staged.batch_id}"
    # the id is ours and a UUID, the table one of our own
    query = f"select * from staging.{staged.table} where batch_id = '{staged.batch_id}'"
    definition = source.add_query_asset(name=name, query=query).add_batch_definition_whole_table(
        name
    )
    suite = ExpectationSuite(
        name=name,
        expectations=[
            gxe.UnexpectedRowsExpectation(
                # counts only: the violating rows come from a query, not from the results
                unexpected_rows_query=_query(rule, staged),
                description=rule.name,
                severity=rule.severity,
                meta={"rule": rule.name},
            )
            for rule in rules
        ],
    )
    try:
        validation = context.validation_definitions.add(
            ValidationDefinition(name=name, data=definition, suite=context.suites.add(suite))
        )
        result = validation.run(result_format="BOOLEAN_ONLY")
    finally:
        for remove in (context.validation_definitions.delete, context.suites.delete):
            try:
                remove(name)
            except Exception as error:  # noqa: BLE001 - tidying up must not hide the verdict
                log.debug("not removed: %s", type(error).__name__)
        source.delete_asset(name)
        # connections are few, and an open one may hold locks on tables
        source.get_engine().dispose()
        source.get_execution_engine().engine.dispose()
    unanswered = sorted(
        item.expectation_config.meta["rule"] for item in result.results if _raised(item)
    )
    if unanswered:
        raise GateBroken(f"{staged.feed}: {', '.join(unanswered)}")
    failed = {item.expectation_config.meta["rule"] for item in result.results if not item.success}
    return [rule for rule in rules if rule.name in failed]


def _raised(item: Any) -> bool:
    """Return whether an expectation ended in an error instead of an answer."""
    told = item.exception_info or {}
    each = [told] if "raised_exception" in told else list(told.values())
    return any(one.get("raised_exception") for one in each)


def _query(rule: Rule, staged: Staged) -> str:
    """Return the query for one violating row, of any table that the rule checks."""
    violation = _violation(rule, staged).replace("{", "{{").replace("}", "}}")
    tables = [
        "(select * from {batch})",
        *(
            f"(select * from staging.{name} where batch_id = '{staged.batch_id}')"
            for name in rule.also
        ),
    ]
    each = [f"(select 1 as hit from {table} as r where ({violation}) limit 1)" for table in tables]
    return " union all ".join(each) if rule.also else each[0][1:-1]


def _violation(rule: Rule, staged: Staged) -> str:
    return _of_batch(rule.violation, staged)


def _of_batch(text: str, staged: Staged) -> str:
    return text.replace(":batch", f"'{staged.batch_id}'")


def of_batch(text: str, staged: Staged) -> sql.SQL:
    """Return SQL of a rule for one batch, with percent signs escaped."""
    return sql.SQL(_of_batch(text, staged).replace("%", "%%"))


def where(rule: Rule, staged: Staged, table: str | None = None) -> sql.Composed:
    """Return the from and where clauses for the rows that violate a rule, with percent signs escaped.

    `table` is one of those that the rule checks; the feed's first, if left out.
    """
    return sql.SQL(" from {} as r where r.batch_id = %(batch)s and (").format(
        sql.Identifier("staging", table or staged.table)
    ) + sql.SQL(_violation(rule, staged).replace("%", "%%") + ")")
