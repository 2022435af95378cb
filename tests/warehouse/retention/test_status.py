"""`make status` counts what is past its time for a moment, and says what it did not count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from tests.warehouse.deliveries import Hand
from tests.warehouse.retention.test_retention import ABOUT, LATER, loaded
from throughline import retention
from throughline.retention import tell
from throughline.vocabulary.keeping import Period

__all__ = ["loaded"]

LOGS = replace(ABOUT, retention=(*ABOUT.retention, ("logs", Period(days=30))))


def test_what_takes_long_is_not_counted(
    hand: Hand, loaded: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__LOGGING__BASE_LOG_FOLDER", str(tmp_path))
    monkeypatch.setattr(tell, "STATUS_S", 0.3)
    timeout = hand.people.execute("show statement_timeout").fetchone()
    with hand.admin.transaction():
        hand.admin.execute("lock table landing.file")
        (line,) = retention.status(hand.people, LOGS, LATER)
    assert line == (
        "Retention: never applied. Past their time: not counted, because it takes more than 0 s: landed files,"
        " landed files of claims and payments, log files of Airflow: make retain PREVIEW=1"
    )
    monkeypatch.setattr(tell, "STATUS_S", 30.0)
    (line,) = retention.status(hand.people, LOGS, LATER)
    assert line.startswith("Retention: never applied. Past their time: 3 landed files (")
    assert hand.people.execute("show statement_timeout").fetchone() == timeout
