"""The gate: Great Expectations over the staged rows of one batch, and the verdict that follows.

Results carry counts only. Great Expectations is imported inside: it costs seconds, once per process.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from throughline.quality.feeds import types_of
from throughline.quality.history import Volume, expected_volume
from throughline.quality.suites import CRITICAL, INFO, WARNING, Rule, suite_of
from throughline.warehouse import Connection, derive, failpoints

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext

log = logging.getLogger(__name__)

VOLUME = "volume against history"
UNREADABLE = "share of unreadable rows"
UNREADABLE_TOLERATED = 0.5


@dataclass(frozen=True)
class Verdict:
    """How a gate decided: pass, warn, quarantine (rows were set aside) or stop."""

    verdict: str
    feed: str
    rows: int
    expectations: int
    failed: int


@dataclass(frozen=True)
class _Failure:
    expectation: str
    severity: str
    observed: str
    stops: bool


def warm_up() -> None:
    """Import Great Expectations ahead of the gates, in processes that can share it."""


def gate(
    conn: Connection, batch_id: str, *, landing_root: Path, docs_root: Path
) -> Verdict:
    """Pass a verdict on a staged batch, set violating rows aside, and commit.

    `landing_root` is where the payload of quarantined rows is read from; Data Docs of a failing
    run go under `docs_root`. Run again it replaces its own verdict.
    """
    row = conn.execute(
        "select batch_id, source, feed, known_seq, status, rows_received from landing.batch"
        " where batch_id = %s for update",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise LookupError(f"there is no batch {batch_id}")
    key, source, feed, seq, status, received = row
    if status not in {"received", "staged", "stopped"}:
        conn.commit()
        return _recorded(conn, key, feed, received)
    rules = suite_of(feed)
    volume = expected_volume(conn, str(key))
    conn.commit()
    broken = _run(conn, key, feed, rules, received) if received else []
    failures = _judge(conn, key, feed, rules, broken, received, volume)
    verdict = _verdict(failures)
    held = _set_aside(conn, key, source, feed, seq, rules, broken) if verdict != "stop" else 0
    docs = _write_docs(docs_root, source, feed, seq, failures, received) if failures else None
    _record(conn, key, source, feed, seq, verdict, len(rules) + 2, failures, docs)
    failpoints.hit("gate.before_commit")
    conn.commit()
    if failures:
        log.warning("%s/%s: %s (%s)", source, feed, verdict,
                    "; ".join(f"{f.expectation}: {f.observed}" for f in failures))
    return Verdict(verdict, feed, received - held, len(rules) + 2, len(failures))


def _recorded(conn: Connection, batch_id: UUID, feed: str, received: int) -> Verdict:
    row = conn.execute(
        "select verdict, expectations, failed from quality.verdict where batch_id = %s"
        " order by decided_at desc limit 1",
        (batch_id,),
    ).fetchone()
    return Verdict(row[0], feed, received, row[1], row[2]) if row else Verdict(
        "pass", feed, received, 0, 0
    )


_context: dict[str, EphemeralDataContext] = {}


def _datasource(conn: Connection) -> Any:
    """Return a Great Expectations data source on the connection's database, one per process."""
    import great_expectations as gx

    info = conn.info
    url = (
        f"postgresql+psycopg://{quote(info.user, safe='')}:{quote(info.password, safe='')}"
        f"@{info.host}:{info.port}/{info.dbname}"
    ).replace("$", r"\$")
    if url not in _context:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        context.data_sources.add_postgres(name="warehouse", connection_string=url)
        _context[url] = context
    return _context[url], _context[url].data_sources.get("warehouse")


def _run(
    conn: Connection, batch_id: UUID, feed: str, rules: list[Rule], received: int
) -> list[Rule]:
    """Return the rules that at least one staged row violates."""
    import great_expectations.expectations as gxe
    from great_expectations import ExpectationSuite, ValidationDefinition

    context, source = _datasource(conn)
    name = f"{feed}-{batch_id}"
    # the id is ours and a UUID, the table one of our own
    query = f"select * from staging.{types_of(feed)[0]} where batch_id = '{batch_id}'"
    asset = source.add_query_asset(name=name, query=query)
    definition = asset.add_batch_definition_whole_table(name)
    suite = ExpectationSuite(
        name=name,
        expectations=[
            gxe.UnexpectedRowsExpectation(
                # counts only: which rows they are is asked in the warehouse, not of the results
                unexpected_rows_query=f"select 1 as hit from {{batch}} where {rule.violation} limit 1",
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
    failed = {
        item.expectation_config.meta["rule"] for item in result.results if not item.success
    }
    return [rule for rule in rules if rule.name in failed]


def _judge(
    conn: Connection, batch_id: UUID, feed: str, rules: list[Rule], broken: list[Rule],
    received: int, volume: Volume,
) -> list[_Failure]:
    failures = []
    for rule in broken:
        row = conn.execute(
            sql.SQL("select count(*) from staging.{} where batch_id = %s and (").format(
                sql.Identifier(types_of(feed)[0])
            )
            + sql.SQL(rule.violation.replace("%", "%%"))
            + sql.SQL(")"),
            (batch_id,),
        ).fetchone()
        count = int(row[0]) if row else 0
        stops = rule.severity == CRITICAL and count > rule.tolerated * received
        failures.append(
            _Failure(rule.name, rule.severity, f"{count} of {received} rows", stops)
        )
    if received < volume.least:
        failures.append(
            _Failure(VOLUME, CRITICAL, f"{received} rows, usually {volume.usual:.0f}", True)
        )
    row = conn.execute(
        "select count(distinct (file_id, row_no)) from quality.quarantine"
        " where batch_id = %s and reason not in (select unnest(%s::text[]))",
        (batch_id, [rule.name for rule in rules]),
    ).fetchone()
    unreadable = int(row[0]) if row else 0
    if unreadable:
        stops = received > 0 and unreadable > UNREADABLE_TOLERATED * received
        failures.append(
            _Failure(UNREADABLE, CRITICAL if stops else WARNING,
                     f"{unreadable} of {received} rows", stops)
        )
    return failures


def _verdict(failures: list[_Failure]) -> str:
    if any(failure.stops for failure in failures):
        return "stop"
    if any(failure.severity in {CRITICAL, WARNING} for failure in failures):
        return "quarantine"
    return "warn" if failures else "pass"


def _set_aside(
    conn: Connection, batch_id: UUID, source: str, feed: str, seq: int, rules: list[Rule],
    broken: list[Rule],
) -> int:
    """Put the rows that violate more than a note into quarantine; returns how many rows."""
    names = [rule.name for rule in rules]
    conn.execute(
        "delete from quality.quarantine where batch_id = %s and status = 'open'"
        " and reason = any(%s)",
        (batch_id, names),
    )
    held = 0
    for rule in broken:
        if rule.severity == INFO:
            continue
        held += conn.execute(
            sql.SQL(
                "insert into quality.quarantine (quarantine_id, batch_id, file_id, source, feed,"
                " known_seq, row_no, source_id, reason, payload)"
                " select md5(concat_ws('|', 'quarantine', s.batch_id, s.file_id, s.row_no,"
                " %(reason)s::text))::uuid, s.batch_id, s.file_id, %(source)s, %(feed)s, %(seq)s,"
                " s.row_no, s.source_id, %(reason)s, to_jsonb(s)::text"
                " from staging.{} as s where s.batch_id = %(batch)s and ("
            ).format(sql.Identifier(types_of(feed)[0]))
            + sql.SQL(rule.violation.replace("%", "%%"))
            + sql.SQL(") on conflict do nothing"),
            {"reason": rule.name, "source": source, "feed": feed, "seq": seq, "batch": batch_id},
        ).rowcount
    return held


def _record(
    conn: Connection, batch_id: UUID, source: str, feed: str, seq: int, verdict: str,
    expectations: int, failures: list[_Failure], docs: str | None,
) -> None:
    conn.execute("delete from quality.verdict where batch_id = %s", (batch_id,))
    conn.execute(
        "insert into quality.verdict (verdict_id, batch_id, known_seq, suite, verdict,"
        " expectations, failed, data_docs, detail) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            derive("verdict", batch_id), batch_id, seq, f"{source}.{feed}", verdict, expectations,
            len(failures), docs,
            Jsonb([{"expectation": f.expectation, "severity": f.severity, "observed": f.observed}
                   for f in failures]),
        ),
    )
    if verdict == "stop":
        conn.execute(
            "update landing.batch set status = 'stopped', rows_pending = rows_received,"
            " rows_loaded = 0, rows_superseded = 0, rows_quarantined = 0, rows_rejected = 0"
            " where batch_id = %s",
            (batch_id,),
        )


def _write_docs(
    root: Path, source: str, feed: str, seq: int, failures: list[_Failure], received: int
) -> str:
    """Write the Data Docs of a failing gate, counts only; returns the path below the pages root."""
    from throughline.quality.docs import write

    return write(root, source, feed, seq, received,
                 [(f.expectation, f.severity, f.observed, f.stops) for f in failures])
