"""Every rule of every feed can be asked of its table, and says what it says in numbers only."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.warehouse.deliveries import Hand, ndjson, patient, visit
from tests.warehouse.quality.breaks import BREAKS
from throughline import quality, warehouse
from throughline.quality import docs, expectations, gates
from throughline.quality.decide import decide_batch
from throughline.quality.suites import CRITICAL, INFO, SUITES, WARNING, Rule, suite_of
from throughline.sources.catalogue import entry
from throughline.sources.definitions import definition, source_names

FEEDS = sorted({feed for name in source_names() for feed in definition(name).feeds})

OF_EVERY_FEED = {
    "row repeated",
    "two contents of one version",
    "patient not known",
    "identifier missing",
}
BESIDE_THE_VERDICTS = {
    "birth_date missing",
    "birth_date out of range",
    "deceased before birth",
    "class missing",
}


def violated(hand: Hand, feed: str) -> dict[str, str]:
    verdict = hand.gate(hand.batch)
    assert verdict.failed == len(hand.failed())
    return {
        name: seen
        for name, seen in hand.failed().items()
        if name not in {*gates.OF_DELIVERY, "patient not known"}
    }


def test_every_feed_of_the_sources_can_be_judged(hand: Hand) -> None:
    """All rules are asked at once; a misspelt column would be a broken gate, not a bad row."""
    for feed in FEEDS:
        hand.put(
            feed, {entry(feed).table.name: [{"source_id": "x1", "row_no": 1, **least(feed)}]}, 1
        )
        hand.gate(hand.batch)


def least(feed: str) -> dict[str, Any]:
    return {"claim": {"total_charge": 1}}.get(feed, {})


@pytest.mark.parametrize("feed", sorted(BREAKS))
def test_each_rule_catches_the_row_that_breaks_it(hand: Hand, feed: str) -> None:
    for number, (name, row) in enumerate(BREAKS[feed].items()):
        hand.put(
            feed, {entry(feed).table.name: [{"source_id": f"x{number}", "row_no": 1, **row}]}, 1
        )
        assert violated(hand, feed) == {name: "1 of 1 row"}
        hand.new_night()


def test_each_rule_has_a_row_that_breaks_it() -> None:
    wrong = []
    for feed in sorted(SUITES.keys() - {"encounter"}):  # its rules are beside the verdicts
        names = {rule.name for rule in SUITES[feed]} - OF_EVERY_FEED - BESIDE_THE_VERDICTS
        rows = set(BREAKS.get(feed, {}))
        wrong += [f"{feed}: no row in BREAKS for {name!r}" for name in sorted(names - rows)]
        wrong += [f"{feed}: no rule for {name!r} of BREAKS" for name in sorted(rows - names)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("feed", sorted(definition("ehr").feeds))
def test_deletions_break_no_rule(hand: Hand, feed: str) -> None:
    """Of a deleted record only the name is known. Messages and X12 take nothing back that way."""
    table = entry(feed).table.name
    hand.put(feed, {table: [{"source_id": "x1", "row_no": 1, "is_deleted": True}]}, 1)
    assert hand.gate(hand.batch).verdict == "pass"


@pytest.mark.parametrize("feed", FEEDS)
def test_rules_have_one_name_each_and_a_severity(feed: str) -> None:
    rules = suite_of(feed)
    assert len({rule.name for rule in rules}) == len(rules)
    assert {rule.severity for rule in rules} <= {CRITICAL, WARNING, INFO}
    assert not {rule.name for rule in rules} & set(gates.OF_DELIVERY)
    assert rules[0].name == "identifier missing"


def test_rows_without_an_identifier_are_released_by_nobody(hand: Hand) -> None:
    hand.put(
        "patient",
        {
            "patient": [
                {"source_id": "", "row_no": n, "birth_date": "1950-01-01"} for n in range(1, 4)
            ]
            + [{"source_id": "p4", "row_no": 4, "birth_date": "1950-01-01"}]
        },
        4,
    )
    assert hand.gate(hand.batch).verdict == "stop"
    decide_batch(hand.people, str(hand.batch), "release", "Ada Okafor", "")
    hand.conn.commit()
    assert hand.load(hand.batch) == quality.Counts(4, 1, 0, 3, 0, 0)


def test_an_expectation_that_cannot_be_asked_is_no_verdict(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.judge("patient", [patient(1)])
    hand.admin.execute(
        "update landing.batch set status = 'staged', rows_pending = 1, rows_loaded = 0"
    )
    monkeypatch.setattr(
        gates, "suite_of", lambda feed: [Rule("misspelt", "no_such_column is null")]
    )
    with pytest.raises(quality.GateBroken, match="misspelt"):
        hand.gate(hand.batch)
    hand.conn.rollback()
    assert hand.rows("select status from landing.batch") == [("staged",)]


@pytest.mark.parametrize(
    ("told", "raised"),
    [
        (None, False),
        ({}, False),
        ({"raised_exception": False}, False),
        ({"raised_exception": True}, True),
        ({"(metric)": {"raised_exception": True}}, True),
        ({"(metric)": {"raised_exception": False}}, False),
    ],
)
def test_an_error_is_told_from_an_answer(told: dict[str, Any] | None, raised: bool) -> None:
    assert expectations._raised(SimpleNamespace(exception_info=told)) is raised


def test_what_a_gate_needs_is_not_imported_with_the_package() -> None:
    """A DAG file, a page and a status line import the package; only a gate pays for the rest."""
    code = "import sys, throughline.quality; sys.exit('great_expectations' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode == 0
    )


PLANTED = ("Zweifelfrei", "Quastenflosser", "QX778899", "1931-07-19", "5559871234")


def test_no_patient_is_named_in_what_a_gate_says(
    hand: Hand, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], long_value: str
) -> None:
    """Every way to fail at once, with people whose values are looked for in all that was written."""
    caplog.set_level(logging.DEBUG)
    person: dict[str, Any] = {
        "name": [{"family": PLANTED[0], "given": [PLANTED[1]]}],
        "identifier": [{"system": "urn:oid:2.16.840.1.113883.19.5.99999.1", "value": PLANTED[2]}],
        "telecom": [{"system": "phone", "value": PLANTED[4]}],
    }
    hand.past("patient", lambda n: patient(n, birthDate=PLANTED[3], **person))
    bad = [
        patient(1, birthDate="1700-01-01", **person),
        patient(2, deceasedDateTime="1800-01-01", **person),
        patient(3, **person),
        patient(3, gender="male", **person),
        patient(4, birthDate=PLANTED[3], **person),
    ]
    garbage = f'{{"resourceType":"Patient","name":"{PLANTED[0]} {PLANTED[2]}"\n'.encode()
    hand.judge("patient", ndjson(bad) + garbage, behind=0)
    decide_batch(hand.people, str(hand.batch), "release", "Ada Okafor", "")
    hand.conn.commit()
    hand.load(hand.batch)
    hand.judge("encounter", [visit(1, 99), visit(2, 1, status=PLANTED[0])], b"\x1f\x8b broken")
    hand.new_night()
    hand.put(
        "patient",
        {
            "patient": [
                {
                    "source_id": "long",
                    "row_no": 1,
                    "birth_date": PLANTED[3],
                    "mrn": long_value,
                    "family": PLANTED[0],
                },
                {
                    "source_id": "short",
                    "row_no": 2,
                    "birth_date": PLANTED[3],
                    "mrn": PLANTED[2],
                    "family": PLANTED[0],
                },
            ]
        },
        2,
    )
    hand.gate(hand.batch)
    assert hand.load(hand.batch).quarantined == 1

    pages = sorted(hand.docs_root.rglob("*.html"))
    assert pages
    written = {
        "the log": caplog.text,
        "the output": "".join(capfd.readouterr()),
        "verdicts": str(hand.rows("select to_jsonb(v)::text from quality.verdict as v")),
        "reasons": str(hand.rows("select reason from quality.quarantine")),
        "steps": str(hand.rows("select to_jsonb(s)::text from operations.step as s")),
        **{page.name: page.read_text() for page in pages},
    }
    for value in (*PLANTED, long_value[:40], "Family", "Given", "MRN0"):
        assert [where for where, text in written.items() if value in text] == [], value


def test_the_page_of_a_failing_gate_counts(hand: Hand) -> None:
    hand.judge("patient", [patient(1), patient(2, birthDate=None)])
    link = hand.rows("select data_docs from quality.verdict")[0][0]
    folder = f"data-docs/night-{hand.seq}"
    assert link == f"{folder}/ehr-patient-{str(hand.batch)[:8]}.html"
    page = (hand.docs_root.parent / link).read_text()
    assert "birth_date missing" in page
    assert "1 of 2 rows" in page
    assert f"ehr / patient, night {hand.seq}" in page
    assert (
        link.removeprefix(f"{folder}/")
        in (hand.docs_root.parent / folder / "index.html").read_text()
    )


def test_two_deliveries_of_a_feed_have_a_page_each(hand: Hand) -> None:
    """What came late and what came tonight fail side by side."""
    for behind in (1, 0):
        hand.judge("patient", [patient(1), patient(2, birthDate=None)], behind=behind)
    links = hand.rows("select data_docs from quality.verdict")
    assert len(set(links)) == 2
    assert docs.pages(hand.docs_root, hand.seq, "ehr") == sorted(
        link.rpartition("/")[2] for (link,) in links
    )
    assert docs.pages(hand.docs_root, hand.seq, "clearinghouse") == []
    assert docs.pages(hand.docs_root, hand.seq + 1) == []


def test_the_log_of_a_gate_holds_what_it_says_and_nothing_else(
    hand: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    # the first gate of a process tells where its library keeps things
    hand.judge("patient", [patient(1)])
    caplog.clear()
    hand.new_night()
    hand.judge("patient", [patient(3), patient(2, birthDate=None)])
    said = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert [record.name for record in said if record.name != "throughline.quality.gates"] == []
    assert "birth_date missing" in said[-1].getMessage()


def connections(hand: Hand, wanted: int) -> int:
    """Return how many connections there are to the warehouse, once those that were closed are gone.

    A server ends the process of a closed connection a moment later. Its own workers, such as
    autovacuum, are no connections.
    """
    ours = (
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and backend_type = 'client backend'"
    )
    deadline = time.monotonic() + 5
    while True:
        [(found,)] = hand.rows(ours)
        if found == wanted or time.monotonic() > deadline:
            return int(found)
        time.sleep(0.05)


def test_a_gate_leaves_no_connection_behind(hand: Hand) -> None:
    hand.judge("patient", [patient(1)])
    assert connections(hand, 3) == 3
    hand.new_night()
    assert hand.judge("patient", [patient(2)]).verdict == "pass"
    assert connections(hand, 3) == 3


def test_titles_on_the_page_cannot_carry_markup(tmp_path: Path) -> None:
    docs.write(tmp_path, "ehr", "patient", "5f5cf9c2-1", 1, 2, [("<b>", "<i>", "a & b", True)])
    page = (tmp_path / "night-1" / "ehr-patient-5f5cf9c2.html").read_text()
    assert "&lt;b&gt;" in page
    assert "a &amp; b" in page
    assert "<td>yes</td>" in page


def test_quotes_and_dollars_in_a_password_reach_great_expectations(hand: Hand) -> None:
    hand.judge("patient", [patient(1)])
    word = "p$a:s/s@w'ord$x%41"
    create = "create role odd login password {} in role throughline_loader"
    hand.admin.execute(sql.SQL(create).format(sql.Literal(word)))
    info = hand.conn.info
    dsn = make_conninfo(
        "", host=info.host, port=info.port, dbname=info.dbname, user="odd", password=word
    )
    hand.admin.execute("update landing.batch set status = 'staged'")
    with warehouse.connect(dsn) as conn:
        assert quality.gate(conn, hand.batch, docs_root=hand.docs_root).verdict == "pass"
    hand.admin.execute("drop role odd")
