"""The night begins by the practice's own time zone: after its cut-off, on every day of the year."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ASK = """
import json, sys
from datetime import datetime, timezone
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

bag = DagBag(dag_folder=sys.argv[1])
assert not bag.import_errors, bag.import_errors
night, day = (
    DagSerialization.from_dict(DagSerialization.to_dict(bag.dags[name])).timetable
    for name in ("extract_feeds", "reconcile_by_day")
)
begins = TimeRestriction(datetime(2026, 1, 1, tzinfo=timezone.utc), None, catchup=True)
run, runs = None, []
for _ in range(366):
    run = night.next_dagrun_info_v2(last_dagrun_info=run, restriction=begins)
    runs.append((run.partition_key, run.run_after.isoformat()))
print(json.dumps({"zones": sorted({str(each.serialize()["timezone"]) for each in (night, day)}), "nights": runs}))
"""


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Honolulu"])
def test_the_night_begins_after_its_cut_off_wherever_the_practice_is(
    zone: str, tmp_path: Path
) -> None:
    from throughline.warehouse import nights

    for name in ("dags", "include/throughline", "include/definitions"):
        shutil.copytree(ROOT / name, tmp_path / name)
    file = tmp_path / "include/definitions/practice.yaml"
    file.write_text(file.read_text().replace("America/New_York", zone))
    told = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path / "dags")],
        env=os.environ
        | {
            "PYTHONPATH": str(tmp_path / "include"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
            "THROUGHLINE_SCHEDULE_FROM": "2026-01-01",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["zones"] == [zone]
    assert len({key for key, _ in found["nights"]}) == 366
    for key, begins in found["nights"]:
        late = datetime.fromisoformat(begins) - nights.cut_off_of(date.fromisoformat(key), zone)
        assert timedelta(0) < late <= timedelta(hours=1), key
