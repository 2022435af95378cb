"""The benchmark's first load with years of history has the recent visits of the one without, and older ones."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from stack.benchmark import world


def visits(folder: Path, years: int) -> dict[str, date]:
    """Return the visits of a first load, by id."""
    made = world.write(folder, 20, 0, 0.1, years=years)
    told = map(json.loads, made.ndjson["Encounter"].read_text("utf-8").splitlines())
    return {one["id"]: date.fromisoformat(one["period"]["start"][:10]) for one in told}


def test_earlier_years_are_added_and_change_no_recent_visit(tmp_path: Path) -> None:
    recent, all_of_them = visits(tmp_path / "0", 0), visits(tmp_path / "5", 5)
    older = {key: on for key, on in all_of_them.items() if key not in recent}
    assert {key: on for key, on in all_of_them.items() if key in recent} == recent
    assert len(older) == 20 * 5 * world.A_YEAR
    ago = [(world.FIRST_NIGHT - on).days for on in older.values()]
    assert min(ago) == 365
    assert 5 * 365 < max(ago) < 6 * 365
