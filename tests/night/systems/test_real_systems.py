"""A practice with systems of its own lives without the sandbox, by connections from wherever Airflow takes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stack import airflow, postgres, processes
from throughline.vocabulary import OURS

if TYPE_CHECKING:
    from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

LEFT_OUT = """
leave_out:
  sources: [billing, clearinghouse, ehr, scheduling]
  workflows: [annual_wellness, charge_capture, transitional_care]
"""
DESK = """
source: {name}
title: Appointments of a front desk
standard: hl7v2
transport: folder
connection: {name}_files
owner_team: front_desk
time_zone: America/Denver
feeds:
  appointment: {{expected_by: "03:00"}}
"""
SIU = (
    "MSH|^~\\&|S|F|R|F|{day:%Y%m%d}120000||SIU^S12|{name}1|P|2.5\r"
    "SCH|P1|F1|||||CHECKUP||||^^^{day:%Y%m%d}090000||||||||||||||BOOKED\r"
    "PID|1||9910^^^LAKESIDE^MR||LEE^ANN||19540302|F\r"
)


def written(folder: Path, day: date) -> Path:
    """Write the practice's folder: two sources of its own and none of ours; and a delivery of each."""
    (folder / "sources").mkdir(parents=True)
    text = (OURS / "practice.yaml").read_text("utf-8").replace("America/New_York", "America/Denver")
    (folder / "practice.yaml").write_text(text + LEFT_OUT, "utf-8")
    for name in ("north", "south"):
        (folder / "sources" / f"{name}.yaml").write_text(DESK.format(name=name), "utf-8")
        (folder.parent / name).mkdir()
        (folder.parent / name / "one.hl7").write_text(SIU.format(day=day, name=name))
    return folder


def of_a_folder(path: Path) -> str:
    return json.dumps({"conn_type": "fs", "extra": {"path": str(path)}})


def test_a_practice_with_systems_of_its_own_has_no_sandbox(
    make_practice: Callable[..., Practice], tmp_path: Path
) -> None:
    practice = make_practice()
    practice.options.clear()
    folder = written(tmp_path / "front-range", date.today() - timedelta(days=3))  # noqa: DTZ011
    refused = practice.run("night", DEFINITIONS=folder)
    assert refused.returncode == 1
    assert "AIRFLOW_CONN_NORTH_FILES, for " in refused.stderr
    assert not (practice.state / "worlds").exists(), "nothing was started"

    # one by the environment, one by a secrets backend; production's warehouse leads nobody there
    vault = tmp_path / "vault.json"
    elsewhere = "postgres://nobody@127.0.0.1:1/production"
    vault.write_text(
        json.dumps(
            {"south_files": json.loads(of_a_folder(tmp_path / "south")), "throughline": elsewhere}
        )
    )
    practice.environment |= {
        "AIRFLOW_CONN_NORTH_FILES": of_a_folder(tmp_path / "north"),
        "AIRFLOW_CONN_THROUGHLINE_LOADER": elsewhere,
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(vault)}),
    }
    practice.options["DEFINITIONS"] = str(folder)
    practice.up()
    del practice.options["DEFINITIONS"]  # the world is the one that commands mean now
    said = practice.night()
    assert "systems: real ones, by connections north_files, south_files" in said
    assert practice.world.name.startswith("real-front-range-")
    assert processes.find(practice.world, "sandbox") is None
    assert practice.rows("select source, count(*) from core.appointment group by 1 order by 1") == [
        ("north", 1),
        ("south", 1),
    ]
    again = practice.run("night")
    assert again.returncode == 1
    assert "is not over yet" in again.stderr
    assert "ready" not in again.stdout, "it is said before anything is started"
    staff = practice.run("morning")
    assert "`make morning` is of the sandbox" in staff.stderr
    assert practice.run("status").returncode == 0

    # and one that a person has written into Airflow's own pages
    del practice.environment["AIRFLOW_CONN_NORTH_FILES"]
    day = practice.value("select business_date from operations.night where seq = 1")
    lost = practice.run("night", NIGHT=day)
    assert "AIRFLOW_CONN_NORTH_FILES, for " in lost.stderr
    server = postgres.running(practice.world)
    assert server is not None
    practice.airflow().ask(
        "POST",
        "/connections",
        {
            "connection_id": "north_files",
            "conn_type": "fs",
            "extra": json.dumps({"path": str(tmp_path / "north")}),
        },
    )
    assert airflow.stored_connections(server) == {"north_files"}
    (tmp_path / "north" / "two.hl7").write_text(SIU.format(day=day, name="two").replace("F1", "F2"))
    practice.night(NIGHT=day)
    assert practice.value("select count(*) from core.appointment where source = 'north'") == 2
