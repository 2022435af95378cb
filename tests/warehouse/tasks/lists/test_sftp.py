"""Lists go to an SFTP server as they go into a folder."""

from __future__ import annotations

import stat
from dataclasses import replace

from tests.warehouse.tasks.desk import FIRST, SECOND, member, seen
from tests.warehouse.tasks.lists.conftest import CONNECTION, Lists
from tests.warehouse.tasks.outside import FILES, Outside
from throughline import tasks


def test_a_list_is_put_once_over_sftp_with_its_permissions(care: Lists, outside: Outside) -> None:
    care.register(
        outreach={
            "form": "work_list",
            "list": {"transport": "sftp", "folder": "inbox", "permissions": "0640"},
        }
    )
    desk = care.desk
    clients = outside.clients()
    clients[CONNECTION] = replace(clients[FILES], name=CONNECTION)

    def dispatch() -> dict[str, int]:
        return tasks.dispatch(desk.conn, desk.seq, clients, sleep=lambda _: None)

    desk.know(member("p1"), seen("p1"))
    desk.open(FIRST)
    desk.wants("p1", "outreach", encounter="p1-visit")
    desk.plan()
    assert desk.dies_at("lists.after_hand_over", dispatch)
    assert dispatch() == {"list_accepted": 1}
    (sent,) = care.lists()
    (file,) = (outside.root / "inbox").iterdir()
    assert (file.name, file.read_bytes()) == ("care_calls_20260707.xlsx", sent.payload)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640

    # somebody has put a file of the next list's name there
    desk.open(SECOND)
    mine = outside.root / "inbox" / "care_calls_20260708.xlsx"
    mine.write_bytes(b"mine")
    assert dispatch() == {"list_rejected": 1}
    assert mine.read_bytes() == b"mine"

    # what was laid down and not handed over goes with the list that takes its place
    mine.unlink()
    assert desk.dies_at("lists.after_mark", dispatch)
    desk.open("2026-07-08")
    assert dispatch() == {"list_accepted": 1}
    assert sorted(one.name for one in (outside.root / "inbox").iterdir()) == [
        "care_calls_20260707.xlsx",
        "care_calls_20260709.xlsx",
    ]
    assert [x.outcome for x in care.lists()] == ["accepted", "rejected", "withheld", "accepted"]
