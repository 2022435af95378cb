"""A practice whose calls, bookings and billing work go out as lists, into a folder or by SFTP."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.warehouse.tasks.desk import Desk
from throughline import tasks
from throughline.sources import systems
from throughline.transports.address import Address
from throughline.vocabulary import OURS

CONNECTION = "care_lists"
OUTREACH = {"form": "work_list", "list": {"transport": "folder", "folder": "out"}}


@dataclass
class Lists:
    """The practice, the folder of its lists, and what it sends."""

    desk: Desk
    root: Path
    register: Callable[..., None]

    @property
    def files(self) -> list[Path]:
        """The lists that are there, by name."""
        return sorted(one for one in (self.root / "out").iterdir() if not one.name.startswith("."))

    @property
    def unfinished(self) -> list[str]:
        """The names of what was laid down and not handed over."""
        return [one.name for one in (self.root / "out").iterdir() if one.name.startswith(".")]

    def dispatch(self, root: Path | None = None) -> dict[str, int]:
        """Send."""
        desk = self.desk
        address = Address(CONNECTION, extra={"path": str(root or self.root)})
        clients = desk.outside.clients() | {CONNECTION: address}
        return tasks.dispatch(desk.conn, desk.seq, clients, sleep=lambda _: None)

    def work(self) -> dict[str, int]:
        """Plan and send."""
        self.desk.plan()
        return self.dispatch()

    def lists(self) -> list[Any]:
        """Return the transmissions that are lists."""
        return self.desk.sent("work_list")

    def rows(self, kind: str = "outreach") -> list[Any]:
        """Return the transmissions that are rows of lists."""
        return self.desk.sent(kind)


@pytest.fixture
def care(desk: Desk, tmp_path: Path) -> Iterator[Lists]:
    """Return a practice whose calls go out as a list into a folder."""
    root = tmp_path / "share"
    (root / "out").mkdir(parents=True)
    versions = iter(range(1000))

    def register(**roles: dict[str, Any]) -> None:
        folder = tmp_path / f"sources_{next(versions)}"
        shutil.copytree(OURS / "sources", folder)
        ehr = yaml.safe_load((folder / "ehr.yaml").read_text())
        for name in roles:
            ehr["roles"].pop(name, None)
        (folder / "ehr.yaml").write_text(yaml.safe_dump(ehr))
        for name, role in (("scheduling", "schedule"), ("billing", "billing")):
            if role in roles:
                said = yaml.safe_load((folder / f"{name}.yaml").read_text())
                said["roles"].pop(role)
                if said["roles"] or said.get("feeds"):
                    said["roles"] or said.pop("roles")
                    (folder / f"{name}.yaml").write_text(yaml.safe_dump(said))
                else:
                    (folder / f"{name}.yaml").unlink()
        said = {
            "source": "care", "title": "Lists of care management", "owner_team": "care_management",
            "connection": CONNECTION, "roles": roles,
        }  # fmt: skip
        (folder / "care.yaml").write_text(yaml.safe_dump(said))
        systems.register(desk.conn, desk.seq if hasattr(desk, "seq") else 0, folder)
        desk.conn.commit()

    register(outreach=OUTREACH)
    yield Lists(desk, root, register)
    desk.conn.rollback()
    systems.register(desk.conn, 0)
    desk.conn.commit()
