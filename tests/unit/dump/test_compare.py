"""Two dumps are compared row by row; with renamed sources, by what ids and names stand for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dump.compare import KEYS, compare
from tests.dump.write import payload, readable

PERSON, OTHER = (f"{n}b9b803e-4be4-cc3b-09fb-6c1ab8b250df" for n in "51")


def dumped(folder: Path, person: str = PERSON, **sections: list[dict[str, Any]]) -> Path:
    """Write a dump of one night with these rows; `person` is the id of the patient `p1`."""
    night = folder / "night-01"
    night.mkdir(parents=True)
    rows = sections | {"names": [{"id": person, "means": "person p1"}]}
    for name in (*KEYS, "names"):
        lines = [json.dumps(row) + "\n" for row in rows.get(name, [])]
        (night / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def case(person: str = PERSON, **more: Any) -> dict[str, Any]:
    return {"workflow": "w", "person_id": person, "trigger_ref": "t", "due_at": "d1", **more}


def test_equal_dumps_agree(tmp_path: Path) -> None:
    one = dumped(tmp_path / "a", cases=[case()])
    assert compare(one, dumped(tmp_path / "b", cases=[case()])) == []


def test_a_row_that_is_only_in_one_is_told(tmp_path: Path) -> None:
    one, other = dumped(tmp_path / "a", cases=[case()]), dumped(tmp_path / "b")
    (told,) = compare(one, other)
    assert told.startswith("night-01/cases.jsonl: 1 rows are only in the first")
    (told,) = compare(other, one)
    assert "only in the second" in told


@pytest.mark.parametrize("changed", [{"due_at": "d2"}, {"extra": None}])
def test_a_column_that_differs_is_told_with_an_example(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    one = dumped(tmp_path / "a", cases=[case()])
    (told,) = compare(one, dumped(tmp_path / "b", cases=[case(**changed)]))
    assert f"{next(iter(changed))} differs in 1 rows" in told


def test_nights_and_sections_must_be_there(tmp_path: Path) -> None:
    one = dumped(tmp_path / "a")
    assert compare(tmp_path / "none", tmp_path / "nothing") == ["there is no night in either"]
    (one / "night-01" / "tasks.jsonl").unlink()
    assert compare(one, dumped(tmp_path / "b")) == ["night-01/tasks.jsonl: is only in one of them"]


def fact(source: str, person: str, **more: Any) -> dict[str, Any]:
    return {
        "source": source,
        "source_ref": "visit/1",
        "kind": "visit",
        "source_version": "1",
        "detail": {"feed": f"{source}/encounter", "kind": "scheduling", "who": person},
        **more,
    }


def test_renamed_sources_and_the_ids_that_follow_from_them_are_no_difference(
    tmp_path: Path,
) -> None:
    one = dumped(tmp_path / "a", cases=[case(PERSON)], facts=[fact("ehr", PERSON)])
    other = dumped(tmp_path / "b", OTHER, cases=[case(OTHER)], facts=[fact("epic", OTHER)])
    assert compare(one, other) != []
    assert compare(one, other, {"ehr": "epic"}) == []


@pytest.mark.parametrize(
    "changed", [{"source": "else"}, {"detail": {}}, {"source_version": "2"}], ids=str
)
def test_whatever_else_differs_is_told_beside_renamed_sources(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    one = dumped(tmp_path / "a", facts=[fact("ehr", PERSON)])
    other = dumped(tmp_path / "b", OTHER, facts=[fact("epic", OTHER) | changed])
    assert len(compare(one, other, {"ehr": "epic"})) == 2


def test_payloads_are_kept_to_the_byte() -> None:
    assert payload(b'{"b": 1}\n{"a":2}') == [[{"b": 1}, '{"b": 1}'], [{"a": 2}, '{"a":2}']]
    assert payload(b"ISA*00~\nSE*1~\n") == ["ISA*00~", "SE*1~", ""]
    assert json.loads(readable({"bytes": "SVNBKjAwfg==", "kind": "claim"})) == {
        "kind": "claim",
        "payload": ["ISA*00~"],
    }
