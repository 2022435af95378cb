"""What a monitor outside is told about the morning, by the clock of the practice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from throughline.told import mornings

NEW_YORK = "America/New_York"


def at(text: str, zone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_the_morning_is_due_at_six_and_stays_due(tmp_path: Path) -> None:
    mornings.record(tmp_path, date(2026, 9, 7), "finished")
    for moment, told in (
        ("2026-09-08T06:00", "ok"),
        ("2026-09-09T05:59:59", "ok"),
        ("2026-09-09T06:00", "missing"),
        ("2026-09-10T00:10", "missing"),
        ("2026-09-10T05:59", "missing"),
    ):
        assert mornings.word(tmp_path, at(moment), NEW_YORK) == told, moment
    mornings.record(tmp_path, date(2026, 9, 8), "finished")
    assert mornings.word(tmp_path, at("2026-09-10T05:59"), NEW_YORK) == "ok"
    assert mornings.word(tmp_path, at("2026-09-10T06:00"), NEW_YORK) == "missing"


@pytest.mark.parametrize(
    ("zone", "moment", "due"),
    [
        # the days on which New York changes to and from daylight saving time: 06:00 local, at 10:00 and 11:00 UTC
        (NEW_YORK, "2026-03-08T09:59Z", date(2026, 3, 6)),
        (NEW_YORK, "2026-03-08T10:00Z", date(2026, 3, 7)),
        (NEW_YORK, "2026-11-01T10:59Z", date(2026, 10, 30)),
        (NEW_YORK, "2026-11-01T11:00Z", date(2026, 10, 31)),
        ("America/Phoenix", "2026-07-01T12:59Z", date(2026, 6, 29)),
        ("America/Phoenix", "2026-07-01T13:00Z", date(2026, 6, 30)),
        ("Pacific/Honolulu", "2026-07-01T16:00Z", date(2026, 6, 30)),
        # Guam's day begins while UTC is still in the day before
        ("Pacific/Guam", "2026-06-30T20:00Z", date(2026, 6, 30)),
        ("Asia/Kolkata", "2026-07-01T00:29Z", date(2026, 6, 29)),
        ("Asia/Kolkata", "2026-07-01T00:30Z", date(2026, 6, 30)),
    ],
)
def test_due_at_six_local_time(zone: str, moment: str, due: date) -> None:
    assert mornings.due_at(datetime.fromisoformat(moment), zone) == due
    assert mornings.due_at(datetime.fromisoformat(moment).astimezone(UTC), zone) == due


def test_a_failed_night_is_no_morning_until_it_is_run_again(tmp_path: Path) -> None:
    mornings.record(tmp_path, date(2026, 9, 7), "finished")
    mornings.record(tmp_path, date(2026, 9, 8), "failed")
    assert mornings.word(tmp_path, at("2026-09-09T05:00"), NEW_YORK) == "ok"
    assert mornings.word(tmp_path, at("2026-09-09T07:00"), NEW_YORK) == "failed"
    mornings.record(tmp_path, date(2026, 9, 8), "finished")
    assert mornings.word(tmp_path, at("2026-09-09T07:00"), NEW_YORK) == "ok"
    # an older date that is run again, and fails, takes no newer morning away
    mornings.record(tmp_path, date(2026, 9, 6), "failed")
    assert mornings.word(tmp_path, at("2026-09-09T07:00"), NEW_YORK) == "ok"


def test_nothing_is_due_before_the_first_scheduled_night(tmp_path: Path) -> None:
    first = date(2026, 9, 9)  # its night, of the 8th, begins at four
    assert mornings.word(tmp_path, at("2026-09-09T05:59"), NEW_YORK, first) == "ok"
    assert mornings.word(tmp_path, at("2026-09-09T06:00"), NEW_YORK, first) == "missing"
    # without a schedule nothing excuses an empty folder: the setting may have been lost
    assert mornings.word(tmp_path, at("2026-09-09T05:59"), NEW_YORK) == "missing"


def test_a_file_that_cannot_be_read_is_not_good_news(tmp_path: Path) -> None:
    path = tmp_path / mornings.FILE
    for content in ("", "[]", '{"2026-09-08": 1}', '{"2026-09-08": "fin'):
        path.write_text(content, encoding="utf-8")
        assert mornings.word(tmp_path, at("2026-09-09T07:00"), NEW_YORK) == "unknown", content
    mornings.record(tmp_path, date(2026, 9, 8), "finished")
    assert mornings.word(tmp_path, at("2026-09-09T07:00"), NEW_YORK) == "ok"


def test_the_file_keeps_the_newest_dates_only(tmp_path: Path) -> None:
    for day in range(1, 29):
        mornings.record(tmp_path, date(2026, 9, day), "finished")
    text = (tmp_path / mornings.FILE).read_text(encoding="utf-8")
    assert text.count("finished") == mornings.KEPT
    assert "2026-09-28" in text
    assert list(tmp_path.iterdir()) == [tmp_path / mornings.FILE]
