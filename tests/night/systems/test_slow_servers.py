"""Four servers that take their time over an export, and two slots for tasks: who waits holds none of them."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import yaml

from tests.unit.throughline.sources.servers import Answer
from tests.warehouse.sources.exporter import FEEDS, Exporter, exporter

if TYPE_CHECKING:
    from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[3]
DAY = "2026-09-08"
NAMES = tuple(f"slow{number}" for number in range(1, 5))
IN_PLACE_S, ASKED_S = 1, 25
PATIENCE_S = 240
WAITING = "up_for_reschedule"


@dataclass
class Lived:
    """A night with four slow servers: how it ended, and the states of the tasks that fetch from them."""

    practice: Practice
    servers: dict[str, Exporter]
    code: int = -1
    said: str = ""
    states: list[dict[str, str]] = field(default_factory=list)


def copied_tree(folder: Path) -> Path:
    """Copy what runs, with four more sources, two slots, and little time to wait in place."""
    for part in ("include", "dags", "plugins", "sql"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in (
        ("include/stack/airflow.py", '"PARALLELISM": 4', '"PARALLELISM": 2'),
        (
            "include/throughline/sources/fhir/bulk/export.py",
            "IN_PLACE_S = 60.0",
            f"IN_PLACE_S = {IN_PLACE_S}.0",
        ),
    ):
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    for name in NAMES:
        said = {
            "source": name,
            "title": f"The chart of {name}",
            "standard": "fhir",
            "transport": "https",
            "connection": f"{name}_fhir",
            "owner_team": "data_engineering",
            "time_zone": "America/New_York",
            "roles": {"chart": {}},
            "ids": "named",
            "feeds": {feed: {"expected_by": "03:00"} for feed in FEEDS},
            "conventions": {"mrn_system": f"urn:{name}"},
        }
        definition = folder / "include" / "definitions" / "sources" / f"{name}.yaml"
        definition.write_text(yaml.safe_dump(said), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lived(make_practice: Callable[..., Practice]) -> Iterator[Lived]:
    """A night in which each of the four first asks to come back after some time."""
    made = make_practice(60)
    made.tree = copied_tree(made.state / "tree")
    with ExitStack() as stack:
        servers = {name: stack.enter_context(exporter()) for name in NAMES}
        for name, server in servers.items():
            server.time = "2026-09-09T06:30:00Z"
            server.statuses = deque([Answer(202, headers={"Retry-After": str(ASKED_S)})])
            base = quote(f'{{"base_url": "{server.web.url("")}"}}', safe="")
            made.environment[f"AIRFLOW_CONN_{name.upper()}_FHIR"] = (
                f"http://127.0.0.1/?__extra__={base}"
            )
        made.up()
        lived = Lived(made, servers)
        night = made.start("night", NIGHT=DAY)
        until = time.monotonic() + PATIENCE_S
        while night.poll() is None and time.monotonic() < until:
            lived.states.append(fetching(made))
            time.sleep(1)
        try:
            lived.said, _ = night.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            night.kill()
            lived.said, _ = night.communicate()
        lived.code = night.returncode
        yield lived


def fetching(made: Practice) -> dict[str, str]:
    """The state of the task that fetches from each of the four, while a night runs."""
    for run in made.airflow().runs("extract_feeds", 1):
        tasks = made.airflow().tasks("extract_feeds", run["dag_run_id"])
        return {
            task["task_id"].partition(".")[0]: task["state"] or ""
            for task in tasks
            if task["task_id"].partition(".")[2] == "land"
        }
    return {}


def test_all_four_wait_at_once_though_there_are_two_slots(lived: Lived) -> None:
    assert any(
        [states.get(name) for name in NAMES] == [WAITING] * len(NAMES) for states in lived.states
    ), lived.states


def test_meanwhile_the_others_are_fetched(lived: Lived) -> None:
    others = {"ehr", "scheduling", "clearinghouse"}
    assert any(
        all(states.get(name) == WAITING for name in NAMES)
        and all(states.get(name) == "success" for name in others)
        for states in lived.states
    ), lived.states


def test_the_night_is_done_and_each_export_is_landed_once(lived: Lived) -> None:
    assert lived.code == 0, lived.said
    landed = lived.practice.rows(
        "select source, count(*) from landing.batch where source = any(%s) group by 1 order by 1",
        list(NAMES),
    )
    assert landed == [(name, len(FEEDS)) for name in NAMES]
    for server in lived.servers.values():
        assert (len(server.asked), server.deleted) == (1, ["/job/1"])
    jobs = lived.practice.rows("select distinct status from landing.export_job")
    assert jobs == [("landed",)]


def test_who_waits_needs_no_triggerer(lived: Lived) -> None:
    assert not (lived.practice.world / "triggerer.pid").exists()
    assert "triggerer" not in lived.said
