"""The practice's systems as they are in life: an EHR, folders, an SFTP server, with a delivery for each night."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric import ec
from openpyxl import load_workbook

from tests.practices.denver import stories
from tests.practices.denver.epic import Epic
from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.smart import pem

HERE = Path(__file__).parent
DEFINITIONS, REPORTS = HERE / "definitions", HERE / "reports"
DENVER = ZoneInfo("America/Denver")
EXPORTED_AT = {"2026-03-04": "2026-03-05T09:30:00Z", "2026-03-05": "2026-03-06T09:30:00Z"}
"""The EHR's clock during the night's export: half past two in Denver."""
CHANGED_AT = {"2026-03-04": "2026-03-04T20:00:00Z", "2026-03-05": "2026-03-05T22:00:00Z"}


class Systems:
    """The EHR, the folders of the schedule, the telephone log and the billing system, and the clearinghouse."""

    def __init__(self, root: Path, epic: Epic, key: str, sftp: servers.Sftp) -> None:
        self.root, self.epic, self.sftp = root, epic, sftp
        self._key = key

    @property
    def connections(self) -> dict[str, dict[str, Any]]:
        """The connections, as a file of them has them."""
        folders = {
            f"{name}_files": _folder(self.root / name)
            for name in ("desk", "phones", "ledger", "lists")
        }
        return {
            "epic_main": {
                "conn_type": "http",
                "extra": {**self.epic.connection, "private_key": self._key},
            },
            "clearing_sftp": {
                "conn_type": "sftp",
                "host": "127.0.0.1",
                "port": self.sftp.port,
                "login": "clinic",
                "extra": {
                    "private_key": self.sftp.client_key.export_private_key().decode(),
                    "host_key": self.sftp.host_key,
                },
            },
            **folders,
        }

    def deliver(self, day: str) -> None:
        """Bring what a day brings: the EHR's clock stands at the end of the night after it."""
        told = stories.first() if day == stories.NIGHTS[0] else stories.second()
        self.epic.knows(CHANGED_AT[day], told)
        self.epic.now = EXPORTED_AT[day]
        for name, text in stories.SCHEDULED[day].items():
            self._put("desk/siu", name, text.encode(), day)
        for name, data in stories.CLEARED[day].items():
            self._put("clearing/outbox", name, data, day)
        for file in (REPORTS / day).iterdir():
            system = "phones/calls" if file.name.startswith("calls") else "ledger/reports"
            self._put(system, file.name, file.read_bytes(), day)

    def again(self, system: str, name: str, day: str) -> None:
        """Have a file delivered again: the same bytes, with a newer time."""
        file = self.root / system / name
        self._put(system, name, file.read_bytes(), day, hours=1)

    def lists(self) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of each work list that went out, by the file's name."""
        found: dict[str, list[dict[str, Any]]] = {}
        for file in sorted((self.root / "lists" / "out").glob("*.xlsx")):
            heads, *rows = load_workbook(file).worksheets[0].iter_rows(values_only=True)
            found[file.name] = [dict(zip(map(str, heads), row, strict=True)) for row in rows]
        return found

    def named(self) -> dict[str, list[str]]:
        """Return whom each list names: the family names of its rows."""
        return {
            name: sorted(str(row["Patient"]).partition(",")[0] for row in rows)
            for name, rows in self.lists().items()
        }

    def fill_in(self, name: str, day: str, **outcomes: tuple[str, str]) -> None:
        """Let somebody fill in a list and put it back: by family name the outcome and the hour."""
        book = load_workbook(self.root / "lists" / "out" / name)
        page = book.worksheets[0]
        heads = [str(cell.value) for cell in page[1]]
        for row in page.iter_rows(min_row=2):
            cells = dict(zip(heads, row, strict=True))
            family = str(cells["Patient"].value).partition(",")[0]
            if family in outcomes:
                outcome, at = outcomes.pop(family)
                cells["Outcome"].value, cells["By"].value = outcome, "mkoch"
                cells["When"].value = datetime.fromisoformat(f"{day}T{at}")
        assert not outcomes, f"not on the list: {outcomes}"
        kept = io.BytesIO()
        book.save(kept)
        self._put("lists/back", name, kept.getvalue(), day)

    def _put(self, system: str, name: str, data: bytes, day: str, hours: int = 0) -> None:
        folder = self.root / system
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / name
        file.write_bytes(data)
        at = datetime.fromisoformat(f"{day}T21:00").replace(tzinfo=DENVER) + timedelta(hours=hours)
        os.utime(file, (at.timestamp(),) * 2)


def _folder(path: Path) -> dict[str, Any]:
    path.mkdir(parents=True, exist_ok=True)
    return {"conn_type": "fs", "extra": {"path": str(path)}}


def definitions(folder: Path) -> Path:
    """Lay the practice's folder of definitions where it may be changed."""
    shutil.copytree(DEFINITIONS, folder)
    return folder


def write_connections(file: Path, systems: Systems) -> Path:
    """Write the connections as a file that Airflow's backend of local files reads."""
    file.write_text(json.dumps(systems.connections), "utf-8")
    file.chmod(0o600)
    return file


@contextmanager
def running(root: Path) -> Iterator[Systems]:
    """Run the EHR and the clearinghouse; all folders are below `root`."""
    key = pem(ec.generate_private_key(ec.SECP384R1()))
    for folder in ("clearing/outbox", "lists/out", "lists/back"):
        (root / folder).mkdir(parents=True)
    with servers.web() as web, servers.sftp_server(root / "clearing") as sftp:
        yield Systems(root, Epic(web, key), key, sftp)


def rename_the_column(own: Path, systems: Systems) -> None:
    """Call the column of the telephone log by its new name, and have the report delivered again."""
    file = own / "sources" / "phones.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("outcome_code: Outcome", "outcome_code: Call Result"), "utf-8")
    systems.again("phones/calls", "calls_20260305.csv", "2026-03-05")
