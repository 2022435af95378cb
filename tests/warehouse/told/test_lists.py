"""The lists with the numbers that decisions take, as CSV, by a login that only reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from stack import postgres
from tests.warehouse.deliveries import Hand, ndjson, patient
from throughline.quality.decide import meant
from throughline.told.lists.__main__ import main


@pytest.fixture
def printed(
    hand: Hand,
    warehouse_server: postgres.Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[str], list[dict[str, str]]]:
    """Print a list as the reader does; returns its rows."""
    database = urlsplit(hand._dsn).path.lstrip("/")
    monkeypatch.setenv("THROUGHLINE_DSN", warehouse_server.dsn("throughline_reader", database))

    def rows(name: str) -> list[dict[str, str]]:
        assert main([name]) == 0
        return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    return rows


def test_deliveries_and_rows_set_aside_are_listed_by_numbers_that_decide_takes(
    hand: Hand, printed: Callable[[str], list[dict[str, str]]]
) -> None:
    assert printed("quarantine") == []
    whole = ndjson([patient(number) for number in range(1, 41)])
    hand.judge("patient", whole[: len(whole) * 6 // 10])
    hand.load(hand.batch)
    (row,) = printed("quarantine")
    assert (row["feed"], row["file"], row["since"]) == (
        "ehr.patient", "patient.0.ndjson", hand.day.isoformat(),
    )  # fmt: skip
    assert (row["claim"], row["stated"], row["decides"]) == ("", "", "this row")
    assert meant(hand.conn, row["quarantine_id"]) == ("quarantine", row["quarantine_id"])
    (delivery,) = printed("deliveries")
    assert delivery["delivery"] == str(hand.batch)[:8]
    assert (delivery["feed"], delivery["business_date"], delivery["decision"]) == (
        "ehr/patient", hand.day.isoformat(), "",
    )  # fmt: skip
    kind, file_id = meant(hand.conn, delivery["file"])
    assert (kind, file_id[:8]) == ("landed_file", delivery["file"])


def test_deliveries_of_more_than_seven_nights_ago_are_not_listed(
    hand: Hand, printed: Callable[[str], list[dict[str, str]]]
) -> None:
    hand.take_in("patient", [patient(1)])
    for _ in range(6):
        hand.new_night()
    assert len(printed("deliveries")) == 1
    hand.new_night()
    assert printed("deliveries") == []
