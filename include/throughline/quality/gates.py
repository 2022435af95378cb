"""The gate: checks a batch against what is expected of it and gives a verdict. Results hold counts only."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from throughline.quality.balance import StagingLost, balance, is_whole
from throughline.quality.codes import unmapped
from throughline.quality.docs import write as write_docs
from throughline.quality.expectations import Staged, of_batch, violated, where
from throughline.quality.fold import fold
from throughline.quality.history import (
    Profile,
    Volume,
    answers,
    expected_volume,
    fields_gone,
    profile_of,
)
from throughline.quality.named import SUBJECT, name_by_earlier_version
from throughline.quality.suites import CRITICAL, INFO, WARNING, Rule, suite_of
from throughline.sources.records import WITHOUT_CLAIMS
from throughline.vocabulary.counts import count as counted
from throughline.warehouse import Connection, derive, failpoints

log = logging.getLogger(__name__)

VOLUME = "volume against history"
UNREADABLE = "share of unreadable rows"
REFUSED = "files that cannot be read"
FRESHNESS = "complete up to the business date"
DRIFT = "fields that have gone"
UNMAPPED = "codes that nobody has mapped"
ABSENT = "records that are not in the report any more"
NEW_COLUMNS = "columns that nobody has mapped"
OF_DELIVERY = (VOLUME, UNREADABLE, REFUSED, FRESHNESS, DRIFT, UNMAPPED, ABSENT, NEW_COLUMNS)
ABSENT_FEW, ABSENT_TOLERATED = 5, 0.1
"""So many records may be missing from a snapshot without a question, or this share of those that stood."""
UNREADABLE_TOLERATED = 0.5
FEW_ANSWERS = 20
"""So many faulty rows among answers to what we asked stop nothing: a list is short, and a share of it says little."""
MANY = 500
"""From this many rows on, statistics are refreshed: bad query plans become slow."""


@dataclass(frozen=True)
class Verdict:
    """A gate's verdict: pass, warn, quarantine (rows were set aside) or stop.

    `rows` is the number of rows that may be loaded.
    """

    verdict: str
    feed: str
    rows: int
    expectations: int
    failed: int


@dataclass(frozen=True)
class _Batch:
    batch_id: UUID
    source: str
    feed: str
    seq: int
    business_date: date
    status: str
    received: int
    # the business date of the night that received it
    night_date: date

    @property
    def staged(self) -> Staged:
        return Staged(self.batch_id, self.feed)


@dataclass(frozen=True)
class _Failure:
    expectation: str
    severity: str
    observed: str
    stops: bool


def gate(conn: Connection, batch_id: UUID | str, *, docs_root: Path) -> Verdict:
    """Pass a verdict on a staged batch, set violating rows aside, and commit.

    The page of a failed run goes under `docs_root`. A rerun replaces its own verdict, but a batch that
    is loaded, stopped or decided keeps its verdict. Raises `LookupError` for an unknown batch,
    `StagingLost` if the rows must be staged again, and `GateBroken`.
    """
    batch = _read(conn, batch_id)
    if batch.status not in {"received", "staged"}:
        conn.commit()
        return _recorded(conn, batch)
    if not is_whole(conn, batch.batch_id, batch.feed, batch.received):
        conn.rollback()
        raise StagingLost(f"the staged rows of batch {batch.batch_id} are gone")
    fold(conn, batch.batch_id, batch.feed, for_load=False)
    rules = suite_of(batch.feed)
    volume = expected_volume(conn, batch.batch_id)
    profile = profile_of(conn, batch.batch_id, batch.feed)
    if batch.received >= MANY:
        conn.execute("select staging.refresh_statistics(%s)", (batch.staged.table,))
    conn.commit()
    broken = violated(conn, batch.staged, rules) if batch.received else []
    failures = _judge_rows(conn, batch, broken) + _judge_delivery(conn, batch, volume, profile)
    verdict = _verdict(failures)
    held = _set_aside(conn, batch, rules, broken, failures)
    docs = _write_page(docs_root, batch, failures) if failures else None
    expectations = len(rules) + len(OF_DELIVERY)
    _record(conn, batch, verdict, expectations, failures, docs, profile)
    failpoints.hit("gate.before_commit")
    conn.commit()
    if failures:
        log.warning(
            "%s/%s: %s (%s)",
            batch.source,
            batch.feed,
            verdict,
            "; ".join(f"{f.expectation}: {f.observed}" for f in failures),
        )
    return Verdict(verdict, batch.feed, batch.received - held, expectations, len(failures))


def _read(conn: Connection, batch_id: UUID | str) -> _Batch:
    row = conn.execute(
        "select b.batch_id, b.source, b.feed, b.known_seq, b.business_date, b.status,"
        " b.rows_received, n.business_date"
        " from landing.batch as b left join operations.night as n on n.seq = b.known_seq"
        " where b.batch_id = %s for update of b",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise LookupError(f"there is no batch {batch_id}")
    key, source, feed, seq, on, status, received, night_date = row
    return _Batch(key, source, feed, seq, on, status, received, night_date or on)


def _recorded(conn: Connection, batch: _Batch) -> Verdict:
    row = conn.execute(
        "select v.verdict, b.rows_received - b.rows_quarantined - b.rows_rejected,"
        " v.expectations, v.failed"
        " from landing.batch as b left join quality.verdict as v on v.batch_id = b.batch_id"
        " where b.batch_id = %s",
        (batch.batch_id,),
    ).fetchone()
    assert row is not None
    return Verdict(row[0] or "pass", batch.feed, row[1], row[2] or 0, row[3] or 0)


def _judge_rows(conn: Connection, batch: _Batch, broken: list[Rule]) -> list[_Failure]:
    failures = []
    few = _few(conn, batch)
    for rule in broken:
        count = sum(
            _count(
                conn,
                sql.SQL("select count(*)") + where(rule, batch.staged, table),
                {"batch": batch.batch_id},
            )
            for table in (batch.staged.table, *rule.also)
        )
        most = max(few, rule.tolerated * batch.received)
        stops = rule.severity == CRITICAL and count > most
        failures.append(
            _Failure(
                rule.name, rule.severity, f"{count} of {counted(batch.received, 'row')}", stops
            )
        )
    return failures


def _few(conn: Connection, batch: _Batch) -> int:
    """Return how many faulty rows are set aside one by one, whatever their share."""
    return FEW_ANSWERS if answers(conn, batch.batch_id) else 0


def _judge_delivery(
    conn: Connection, batch: _Batch, volume: Volume, profile: Profile
) -> list[_Failure]:
    failures = []
    if batch.received < volume.least or (volume.most is not None and batch.received > volume.most):
        few = batch.received < volume.least
        failures.append(
            _Failure(
                VOLUME,
                CRITICAL if few else INFO,
                f"{counted(batch.received, 'row')}, usually {volume.usual:.0f}",
                few,
            )
        )
    of_reader = (
        "select count(distinct (q.file_id, q.row_no)) from quality.quarantine as q"
        " where q.batch_id = %(batch)s and q.reason <> all(%(rules)s)"
    )
    rules = [rule.name for rule in suite_of(batch.feed)]
    unreadable = _count(conn, of_reader, {"batch": batch.batch_id, "rules": rules})
    if unreadable:
        # a payment without claims was read: it is the payer who says no more
        lost = _count(conn, of_reader, {"batch": batch.batch_id, "rules": [*rules, WITHOUT_CLAIMS]})
        stops = lost > max(_few(conn, batch), UNREADABLE_TOLERATED * batch.received)
        failures.append(
            _Failure(
                UNREADABLE,
                CRITICAL if stops else WARNING,
                f"{unreadable} of {counted(batch.received, 'row')}",
                stops,
            )
        )
    refused = _count(
        conn,
        "select count(*) from landing.batch_file as b inner join landing.file as f"
        " on f.file_id = b.file_id where b.batch_id = %(batch)s and f.status = 'refused'",
        {"batch": batch.batch_id},
    )
    if refused:
        # its content is unknown, so the feed cannot be complete
        failures.append(_Failure(REFUSED, CRITICAL, counted(refused, "file"), True))
    behind = (batch.night_date - batch.business_date).days
    if behind > 0:
        failures.append(
            _Failure(FRESHNESS, INFO, f"{counted(behind, 'day')} behind the night", False)
        )
    gone = fields_gone(conn, batch.batch_id, profile)
    if gone:
        told = ", ".join(f"{name} (always in at least {share:.0%} of rows)" for name, share in gone)
        failures.append(_Failure(DRIFT, CRITICAL, told, True))
    if batch.received and (codes := unmapped(conn, batch.batch_id, batch.feed)):
        failures.append(_Failure(UNMAPPED, INFO, "; ".join(codes), False))
    failures += _absent(conn, batch)
    new = conn.execute(
        "select distinct n.name from landing.batch_file as b"
        " inner join landing.new_column as n on n.file_id = b.file_id where b.batch_id = %s order by 1",
        (batch.batch_id,),
    ).fetchall()
    if new:
        failures.append(_Failure(NEW_COLUMNS, INFO, ", ".join(name for (name,) in new), False))
    return failures


def _absent(conn: Connection, batch: _Batch) -> list[_Failure]:
    """Return that a snapshot would delete many records, or all: a report of another kind, or for other days."""
    table = sql.Identifier(batch.staged.table)
    gone = _count(
        conn,
        # rows of no line of a file: see `throughline.sources.tabular.absent`
        sql.SQL(
            "select count(*) from staging.{} where batch_id = %(batch)s and is_deleted and row_no < 0"
        ).format(table),
        {"batch": batch.batch_id},
    )
    if not gone:
        return []
    stood = _count(
        conn,
        sql.SQL(
            "select count(*) from core.{} where source = %(source)s and retracted_seq is null"
            " and not is_deleted"
        ).format(table),
        {"source": batch.source},
    )
    is_many = gone > ABSENT_FEW and gone > ABSENT_TOLERATED * stood
    stops = is_many or (gone > 1 and gone >= stood)
    told = f"{gone:,} of {counted(stood, 'record')} would be deleted"
    return [_Failure(ABSENT, CRITICAL if stops else INFO, told, stops)]


def _count(conn: Connection, query: str | sql.Composed, params: dict[str, object]) -> int:
    row = conn.execute(query.encode() if isinstance(query, str) else query, params).fetchone()
    return int(row[0]) if row else 0


def _verdict(failures: list[_Failure]) -> str:
    if any(failure.stops for failure in failures):
        return "stop"
    if any(failure.severity in {CRITICAL, WARNING} for failure in failures):
        return "quarantine"
    return "warn" if failures else "pass"


def _set_aside(
    conn: Connection, batch: _Batch, rules: list[Rule], broken: list[Rule], failures: list[_Failure]
) -> int:
    """Quarantine the rows that violate a rule above `info`; returns how many rows are in quarantine.

    Rows that stop the whole feed are not set aside one by one: the person who releases the feed accepts them.
    """
    stopping = {failure.expectation for failure in failures if failure.stops}
    conn.execute(
        "delete from quality.quarantine where batch_id = %s and status = 'open'"
        " and reason = any(%s)",
        (batch.batch_id, [rule.name for rule in rules]),
    )
    for rule in broken:
        if rule.severity == INFO or (rule.name in stopping and rule.releasable):
            continue
        for table in (batch.staged.table, *rule.also):
            _quarantine(conn, batch, rule, table)
    name_by_earlier_version(conn, batch.batch_id, batch.feed)
    return _count(
        conn,
        "select count(distinct (file_id, row_no)) from quality.quarantine"
        " where batch_id = %(batch)s and status <> 'released'",
        {"batch": batch.batch_id},
    )


def _quarantine(conn: Connection, batch: _Batch, rule: Rule, table: str) -> None:
    """Set the rows of one table aside that violate a rule, with both sums of money that does not balance."""
    stated, explained = rule.sums or ("null::numeric", "null::numeric")
    conn.execute(
        sql.SQL(
            "insert into quality.quarantine (quarantine_id, batch_id, file_id, source, feed,"
            " known_seq, row_no, source_id, reason, payload, payer_id, stated_amount, explained_amount,"
            " subject_source, subject_id)"
            " select md5(concat_ws('|', 'quarantine', r.batch_id, r.file_id, r.row_no,"
            " %(reason)s::text))::uuid, r.batch_id, r.file_id, %(source)s, %(feed)s, %(seq)s,"
            " r.row_no, r.source_id, %(reason)s, to_jsonb(r)::text, "
        )
        + sql.SQL("r.payer_id, " if rule.names_payer else "null, ")
        + of_batch(f"{stated}, {explained}, ", batch.staged)
        + SUBJECT
        + where(rule, batch.staged, table)
        + sql.SQL(" on conflict do nothing"),
        {
            "reason": rule.name,
            "source": batch.source,
            "feed": batch.feed,
            "seq": batch.seq,
            "batch": batch.batch_id,
        },
    )


def _record(
    conn: Connection,
    batch: _Batch,
    verdict: str,
    expectations: int,
    failures: list[_Failure],
    docs: str | None,
    profile: Profile,
) -> None:
    conn.execute("delete from quality.verdict where batch_id = %s", (batch.batch_id,))
    conn.execute(
        "insert into quality.verdict (verdict_id, batch_id, known_seq, suite, verdict,"
        " expectations, failed, data_docs, detail, profile)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            derive("verdict", batch.batch_id),
            batch.batch_id,
            batch.seq,
            f"{batch.source}.{batch.feed}",
            verdict,
            expectations,
            len(failures),
            docs,
            Jsonb(
                [
                    {
                        "expectation": f.expectation,
                        "severity": f.severity,
                        "observed": f.observed,
                        "stops": f.stops,
                    }
                    for f in failures
                ]
            ),
            Jsonb(asdict(profile)),
        ),
    )
    if verdict == "stop":
        conn.execute(
            "update landing.batch set status = 'stopped' where batch_id = %s", (batch.batch_id,)
        )
    balance(conn, batch.batch_id)


def _write_page(root: Path, batch: _Batch, failures: list[_Failure]) -> str:
    """Write a failed gate's page (counts only); returns its path below the pages folder."""
    return write_docs(
        root,
        batch.source,
        batch.feed,
        str(batch.batch_id),
        batch.seq,
        batch.received,
        [(f.expectation, f.severity, f.observed, f.stops) for f in failures],
    )
