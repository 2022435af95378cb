"""A practice keeps everything unless it says otherwise, and no term is shorter than it may be."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from throughline import practice
from throughline.vocabulary import OURS, DefinitionError, check_files, read
from throughline.vocabulary.keeping import Period, floors

PAYERS = read(OURS / "payers.yaml").data["payers"]
NO_ADVANTAGE = {"MEDB1": {"payer_class": "part_b", "timely_filing_days": 365}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The definitions of this tree, to be changed."""
    return Path(shutil.copytree(OURS, tmp_path / "definitions"))


def say(folder: Path, *lines: str) -> int:
    """Add a block to `practice.yaml`; returns its line."""
    file = folder / "practice.yaml"
    text = file.read_text("utf-8")
    file.write_text(f"{text}retention:\n" + "".join(f"  {line}\n" for line in lines), "utf-8")
    return text.count("\n") + 1


def test_everything_is_kept_where_nothing_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert practice.practice().retention == ()
    say(folder, "logs: {days: 90}", "looked: {years: 6}")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder))
    assert practice.practice.__wrapped__().retention == (
        ("logs", Period(days=90)),
        ("looked", Period(years=6)),
    )


def test_each_kind_may_be_as_short_as_its_floor(folder: Path) -> None:
    least = floors(PAYERS)
    said = {kind: each.period for kind, each in least.items()}
    terms = {
        kind: f"{{days: {one.days}}}" if one.days else f"{{years: {one.years}}}"
        for kind, one in said.items()
    }
    say(folder, *(f"{kind}: {term}" for kind, term in terms.items()))
    check_files(folder)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("landed_bytes: {days: 544}", "544 days is too short, at least 545 days: a visit in them may be billed"),
        ("landed_bytes: {years: 1}", "1 year is too short, at least 545 days"),
        ("claims_bytes: {years: 9}", "9 years is too short, at least 10 years: a payer is Medicare Advantage"),
        ("claims_bytes: {days: 3652}", "3,652 days is too short, at least 10 years"),
        ("looked: {years: 5}", "5 years is too short, at least 6 years: who looked at a patient is kept for six"),
        ("looked: {days: 2191}", "2,191 days is too short, at least 6 years"),
        ("logs: {days: 29}", "29 days is too short, at least 30 days"),
        ("pages: {days: 1}", "1 day is too short, at least 30 days"),
        ("airflow_metadata: {days: 7}", "7 days is too short, at least 30 days"),
        ("logs: {days: 0}", "0 is less than the minimum of 1"),
        ("logs: {days: 90, years: 1}", "exactly one of days, years is required"),
        ("logs: {months: 3}", "unknown key 'months'"),
        ("logs: 90", "90 is not of type 'object'"),
        ("log: {days: 90}", "unknown key 'log': the nearest is 'logs'"),
        ("backups: {days: 90}", "unknown key 'backups'"),
    ],
)  # fmt: skip
def test_a_term_that_is_too_short_is_refused_with_its_line(
    folder: Path, line: str, why: str
) -> None:
    at = say(folder, line)
    with pytest.raises(DefinitionError) as refused:
        check_files(folder)
    assert why in str(refused.value)
    assert f"practice.yaml:{at + 1}: retention" in str(refused.value)


def test_without_advantage_claims_are_kept_for_seven_years() -> None:
    assert floors(PAYERS)["claims_bytes"].period == Period(years=10)
    assert floors(NO_ADVANTAGE)["claims_bytes"].period == Period(years=7)
    assert "424.516(f)" in floors(NO_ADVANTAGE)["claims_bytes"].why


def test_a_longer_filing_limit_makes_a_longer_floor() -> None:
    late = {"X": {"payer_class": "commercial", "timely_filing_days": 730}}
    assert floors(late)["landed_bytes"].period == Period(days=910)


@pytest.mark.parametrize(
    ("period", "today", "before"),
    [
        (Period(days=30), date(2026, 3, 1), date(2026, 1, 30)),
        (Period(years=6), date(2026, 11, 29), date(2020, 11, 29)),
        (Period(years=1), date(2028, 2, 29), date(2027, 2, 28)),
        (Period(years=4), date(2028, 2, 29), date(2024, 2, 29)),
    ],
)
def test_what_is_older_than_a_day_is_past_its_time(
    period: Period, today: date, before: date
) -> None:
    assert period.before(today) == before
