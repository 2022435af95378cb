"""Lives of a folder go on in a world: whole, as they were written, and refused by file and line where they cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox.hub import Hub
from sandbox.world.population import PopulationUnreadable
from tests import lives


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of lives."""
    lives.write(tmp_path / "lives")
    return tmp_path / "lives"


def stored(hub: Hub, kind: str) -> dict[str, dict[str, Any]]:
    """Resources that the EHR holds, by id."""
    with closing(sqlite3.connect(hub.store.path)) as store:
        rows = store.execute(
            "select id, body from resource where type = ? order by id, version", (kind,)
        ).fetchall()
    return {id_: orjson.loads(body) for id_, body in rows}


def change(file: Path, line: int, text: str) -> None:
    """Put a text in a line's place."""
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[line - 1] = text
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_everybody_is_taken_over_and_nothing_of_a_life_changes(
    make: Callable[..., Hub], folder: Path
) -> None:
    hub = make("taken over", population=folder)
    assert len(hub.world.patients) == lives.PATIENTS
    assert hub.world.first_day == lives.LAST + timedelta(days=1)
    for kind in ("Encounter", "Patient"):
        served = stored(hub, kind)
        for line in (folder / f"{kind}.ndjson").read_bytes().splitlines():
            written = orjson.loads(line)
            for key, value in written.items():
                kept = served[written["id"]][key]
                assert (kept[: len(value)] if isinstance(value, list) else kept) == value
    packed = {f"c{number}-{visit}" for number in range(lives.PATIENTS) for visit in range(2)}
    assert packed <= set(stored(hub, "Condition"))


def test_what_is_known_in_part_is_no_hindrance(make: Callable[..., Hub], folder: Path) -> None:
    world = make("in part", population=folder).world
    assert world.patients["p3"].birth_date == date(1943, 1, 1)
    assert world.patients["p7"].birth_date == date(1947, 3, 1)
    assert world.patients["p2"].birth_date == date(1942, 3, 14)
    dead = {
        who.id: who.deceased_at.isoformat() for who in world.patients.values() if who.deceased_at
    }
    assert dead == {"p5": "2026-04-30T04:00:00+00:00", "p9": "2026-04-30T04:30:00+00:00"}


def test_the_claims_say_who_insures(make: Callable[..., Hub], folder: Path) -> None:
    patients = make("insured", population=folder).world.patients
    kinds = {
        number: [c.kind for c in patients[f"p{number}"].coverages] for number in (1, 2, 3, 4, 5, 6)
    }
    assert kinds == {
        1: ["part_b"], 2: ["advantage"], 3: ["part_b", "medicaid"], 4: ["commercial"], 5: ["medicaid"], 6: [],
    }  # fmt: skip


def test_a_file_name_may_say_when_the_export_was_made(
    make: Callable[..., Hub], folder: Path
) -> None:
    stamp = 1_782_000_000_000  # 2026-06-21T00:00:00Z
    for file in folder.iterdir():
        file.rename(folder / file.name.replace(".ndjson", f".{stamp}.ndjson"))
    world = make("stamped", population=folder).world
    assert world.first_day == date(2026, 6, 22)
    assert len(world.patients) == lives.PATIENTS


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("Patient", "{", "Patient.ndjson line 3: not JSON"),
        ("Encounter", "[]", "Encounter.ndjson line 3: not a Encounter"),
        ("Claim", '{"resourceType": "Patient", "id": "1"}', "Claim.ndjson line 3: not a Claim"),
        (
            "Patient",
            '{"resourceType": "Patient", "id": "x", "birthDate": "soon"}',
            "birthDate of Patient/x: not",
        ),
    ],
    ids=["not json", "no resource", "of another type", "no date"],
)
def test_what_cannot_be_read_is_named(
    make: Callable[..., Hub], folder: Path, file: str, text: str, reason: str
) -> None:
    change(folder / f"{file}.ndjson", 3, text)
    with pytest.raises(PopulationUnreadable, match=reason):
        make("refused", population=folder)


def test_a_folder_without_people_is_refused(make: Callable[..., Hub], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PopulationUnreadable, match="no Encounter with a date"):
        make("nobody", population=tmp_path / "empty")
