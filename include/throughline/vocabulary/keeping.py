"""How long what is kept has to be kept at least: `practice.yaml` may set a longer term, never a shorter one.

What is left out there is kept for good. docs/retention.md has the sources of these terms and when each was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from throughline.vocabulary.documents import Document

RESERVE_DAYS = 180
"""Days after the last filing limit: as long as an investigation may suspend an overpayment's term (42 CFR 401.305)."""
SEVEN_YEARS, TEN_YEARS, SIX_YEARS, LOOK_BACK_DAYS = 7, 10, 6, 30


@dataclass(frozen=True)
class Period:
    """A term in `days` or in `years`; one of them is 0."""

    days: int = 0
    years: int = 0

    def before(self, today: date) -> date:
        """Return the day from which on everything is kept; what is older is past its time."""
        if not self.years:
            return today - timedelta(days=self.days)
        try:
            return today.replace(year=today.year - self.years)
        except ValueError:  # 29 February of a year that has none: the day before is the longer term
            return today.replace(year=today.year - self.years, day=28)

    def is_shorter_than(self, other: Period) -> bool:
        """Return whether it can end before another that begins on the same day."""
        if self.years and other.years:
            return self.years < other.years
        return self._at_least() < other._at_most()

    def _at_least(self) -> int:
        return self.days or 365 * self.years + self.years // 4

    def _at_most(self) -> int:
        return self.days or 365 * self.years + -(-self.years // 4)

    def __str__(self) -> str:
        """Return it as a person says it."""
        number, unit = (self.years, "year") if self.years else (self.days, "day")
        return f"{number:,} {unit}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Floor:
    """The shortest term of a kind, and why."""

    period: Period
    why: str


def floors(payers: Mapping[str, Mapping[str, Any]]) -> dict[str, Floor]:
    """Return the shortest term of each kind that has one, with `payers` as in `payers.yaml`."""
    limit = max((said.get("timely_filing_days") or 0 for said in payers.values()), default=0)
    has_advantage = any(said.get("payer_class") == "advantage" for said in payers.values())
    again = Period(days=LOOK_BACK_DAYS)
    return {
        "landed_bytes": Floor(
            Period(days=max(limit, 365) + RESERVE_DAYS),
            f"a visit in them may be billed for {max(limit, 365)} days (timely_filing_days in payers.yaml), and asked"
            f" about for {RESERVE_DAYS} more; a delivery is taken back by reading later ones again",
        ),
        "claims_bytes": Floor(
            Period(years=TEN_YEARS if has_advantage else SEVEN_YEARS),
            "a payer is Medicare Advantage, whose records are kept for ten years (42 CFR 422.504(d))"
            if has_advantage
            else "Medicare asks for the records behind a claim for seven years (42 CFR 424.516(f))",
        ),
        "looked": Floor(
            Period(years=SIX_YEARS),
            "who looked at a patient is kept for six years (45 CFR 164.316(b)(2)(i))",
        ),
        "logs": Floor(again, "a night that went wrong is looked into with them; our choice"),
        "pages": Floor(again, "a morning is looked up on them; our choice"),
        "airflow_metadata": Floor(
            again, "late deliveries run the dates of these runs again; our choice"
        ),
    }


def too_short(document: Document, payers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield each term of a `practice.yaml` that is shorter than it may be, with file, line and the reason."""
    floor = floors(payers)
    for kind, said in (document.data.get("retention") or {}).items():
        least = floor[kind]
        if Period(**said).is_shorter_than(least.period):
            place = document.at(("retention", kind))
            yield f"{place}: {Period(**said)} is too short, at least {least.period}: {least.why}"
