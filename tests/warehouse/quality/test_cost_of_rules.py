"""A rule is asked of a whole delivery at once: nothing in it is computed anew for each row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from throughline import warehouse
from throughline.quality import expectations
from throughline.quality.suites import Rule, suite_of
from throughline.sources import catalogue

BATCH = UUID(int=1)
RULES = [
    pytest.param(feed.name, rule, table, id=f"{table}-{rule.name}")
    for feed in catalogue.FEEDS
    for rule in suite_of(feed.name)
    for table in (feed.table.name, *rule.also)
]


def repeated(plan: str) -> set[str]:
    """Return the parts of a plan that run once for each row: subplans of which no hash is made."""
    return set(re.findall(r"SubPlan \d+", plan)) - {
        part.removeprefix("hashed ") for part in re.findall(r"hashed SubPlan \d+", plan)
    }


@pytest.fixture(scope="module")
def connection(defined_warehouse: str) -> Iterator[warehouse.Connection]:
    with warehouse.connect(defined_warehouse) as opened:
        yield opened


@pytest.fixture
def conn(connection: warehouse.Connection) -> Iterator[warehouse.Connection]:
    """Return the connection of all these tests; a statement that fails is the fault of one of them."""
    yield connection
    connection.rollback()


@pytest.mark.parametrize(("feed", "rule", "table"), RULES)
def test_no_rule_reads_the_delivery_once_for_each_row(
    conn: warehouse.Connection, feed: str, rule: Rule, table: str
) -> None:
    staged = expectations.Staged(BATCH, feed)
    sums = ", ".join(rule.sums or ("1",))
    asked = expectations.of_batch(f"explain (verbose) select {sums}", staged)
    rows = conn.execute(asked + expectations.where(rule, staged, table), {"batch": BATCH})
    assert repeated("\n".join(row[0] for row in rows)) == set()


def test_a_part_that_runs_for_each_row_is_seen(conn: warehouse.Connection) -> None:
    rows = conn.execute(
        "explain (verbose) select (select max(s.row_no) from staging.payment as s where s.file_id = r.file_id)"
        " from staging.payment as r where r.source_id in (select source_id from staging.payment)"
    )
    assert len(repeated("\n".join(row[0] for row in rows))) == 1


@pytest.mark.parametrize("again", [False, True])
def test_a_rule_that_cannot_be_asked_leaves_the_others_alone(
    conn: warehouse.Connection, again: bool
) -> None:
    with pytest.raises(psycopg.errors.SyntaxError):
        conn.execute("explain select from where")
