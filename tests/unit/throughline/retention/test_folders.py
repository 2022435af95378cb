"""Of files in folders, only those go that are past their time and that nothing refers to."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from throughline.retention import folders

ZONE = ZoneInfo("America/New_York")
BEFORE = date(2026, 6, 1)


def write(root: Path, path: str, day: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(path)
    at = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC).timestamp()
    os.utime(file, (at, at))


def left(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def test_a_run_keeps_all_its_logs_while_one_of_them_is_kept(tmp_path: Path) -> None:
    write(tmp_path, "dag_id=a/run_id=old/task_id=t/attempt=1.log", "2026-05-01")
    write(tmp_path, "dag_id=a/run_id=old/task_id=t/attempt=2.log", "2026-05-02")
    write(tmp_path, "dag_id=a/run_id=long/task_id=t/attempt=1.log", "2026-05-01")
    write(tmp_path, "dag_id=a/run_id=long/task_id=u/attempt=1.log", "2026-06-01")
    write(tmp_path, "dag_id=release/run_id=asks/task_id=ask/attempt=1.log", "2026-02-01")
    write(tmp_path, "dag-processor/2026-05-31/dags/a.log", "2026-05-31")
    write(tmp_path, "dag-processor/2026-06-02/dags/a.log", "2026-06-02")
    (tmp_path / "dag-processor/latest").symlink_to("2026-06-02")
    old, kept = folders.logs(tmp_path, BEFORE, ZONE, ["asks"])
    assert [file.path for file in old] == [
        "dag-processor/2026-05-31/dags/a.log",
        "dag_id=a/run_id=old/task_id=t/attempt=1.log",
        "dag_id=a/run_id=old/task_id=t/attempt=2.log",
    ]
    assert kept == date(2026, 2, 1)
    size = sum(len(file.path) for file in old)
    paths = [file.path for file in old]
    assert folders.remove(tmp_path, paths) == size == sum(file.bytes for file in old)
    assert folders.remove(tmp_path, paths) == 0
    assert "dag_id=a/run_id=old" not in left(tmp_path)
    assert "dag_id=a/run_id=long/task_id=t/attempt=1.log" in left(tmp_path)
    assert "dag-processor/latest" in left(tmp_path)
    assert folders.logs(tmp_path, BEFORE, ZONE, ["asks"])[0] == []


def test_the_newest_pages_and_the_heads_of_the_chain_stay(tmp_path: Path) -> None:
    for day in ("2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"):
        write(tmp_path, f"{day}.html", "2026-11-01")
        write(tmp_path, f"data-docs/night-{day}/index.html", day)
    for name in ("latest.html", "chain.jsonl", "mornings.json", "note.html"):
        write(tmp_path, name, "2020-01-01")
    old, kept = folders.pages(tmp_path, date(2026, 1, 7), ZONE)
    assert [file.path for file in old] == [
        "2026-01-05.html",
        "2026-01-06.html",
        "data-docs/night-2026-01-05/index.html",
        "data-docs/night-2026-01-06/index.html",
    ]
    assert kept == date(2026, 1, 7)
    old, _ = folders.pages(tmp_path, date(2026, 6, 1), ZONE)
    assert {file.path for file in old} & {"2026-01-07.html", "2026-01-08.html"} == set()
    folders.remove(tmp_path, [file.path for file in old])
    assert left(tmp_path) == {
        "2026-01-07.html",
        "2026-01-08.html",
        "latest.html",
        "chain.jsonl",
        "mornings.json",
        "note.html",
    }


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert folders.logs(tmp_path / "none", BEFORE, ZONE, []) == ([], None)
    assert folders.pages(tmp_path / "none", BEFORE, ZONE) == ([], None)
