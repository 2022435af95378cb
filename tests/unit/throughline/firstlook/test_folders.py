"""A first look at folders of files: by SFTP, on this machine, and at a web server; and a small export on request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.unit.throughline.firstlook.uscore import outcome
from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Seen, Sftp, Web
from throughline.firstlook import exports, files, takes
from throughline.firstlook.found import BAD, GOOD, NOTE, Look
from throughline.sources import definition
from throughline.sources.source import Export, Role, SourceDefinition, WorkList
from throughline.transports.address import Address


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Sftp]:
    """An SFTP server with a folder of three files, one of which is still being written."""
    root = tmp_path / "box"
    (root / "outbox").mkdir(parents=True)
    for name in ("a.x12", "b.x12", "c.x12.part"):
        (root / "outbox" / name).write_bytes(b"ISA*")
    with servers.sftp_server(root) as server:
        yield server


@pytest.fixture
def look(tmp_path: Path) -> Look:
    into = tmp_path / "sample"
    into.mkdir()
    return Look("house", "The clearinghouse", "x12 by sftp", "sources/house.yaml", into)


def source(transport: str = "sftp", folder: str = "outbox") -> SourceDefinition:
    return replace(definition("clearinghouse"), transport=transport, folder=folder)


def said(look: Look, tone: str = BAD) -> list[str]:
    return [f"{one.text} | {one.write}" for one in look.findings if one.tone == tone]


def test_a_folder_is_listed_and_its_newest_files_are_the_sample(box: Sftp, look: Look) -> None:
    before = sorted(path.name for path in box.root.rglob("*"))
    files.look_at(look, source(), box.address())
    assert said(look) == []
    assert sorted(one.name for one in look.into.iterdir()) == ["a.x12", "b.x12"]
    assert any("folder 'outbox' may be read: 2 files" in line for line in said(look, GOOD))
    assert any(
        "the host key is the one that is stated (SHA256:" in line for line in said(look, GOOD)
    )
    assert sorted(path.name for path in box.root.rglob("*")) == before


def other_key() -> str:
    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()


@pytest.mark.parametrize(
    ("changed", "folder", "words"),
    [
        ({"password": "wrong"}, "outbox", "does not accept the password of 'clinic' | write login, and password"),
        ({}, "nowhere", "has no folder 'nowhere'; it has outbox | write folder in sources/house.yaml"),
        ({"extra": {"host_key": "nonsense"}}, "outbox", "host_key: "),
        ({"extra": {"no_host_key_check": "true"}}, "outbox", "any server would be taken for this one"),
        ({"host": "no-such-host.invalid"}, "outbox", "the name no-such-host.invalid is not known (DNS)"),
        ({"port": 1}, "outbox", "127.0.0.1:1 refuses: nobody listens there"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_sftp_is_said(
    box: Sftp, look: Look, changed: dict[str, Any], folder: str, words: str
) -> None:
    files.look_at(look, source(folder=folder), replace(box.address(), **changed))
    assert [line for line in said(look) if words in line], said(look)


def test_another_host_key_is_shown_and_nobody_logs_in(box: Sftp, look: Look) -> None:
    address = box.address(extra={"host_key": other_key()})
    files.look_at(look, source(), address)
    (line,) = said(look)
    assert line.startswith("another host key than stated: the server has SHA256:")
    assert f"host_key: {' '.join(box.host_key.split()[:2])}" in line
    assert not any("login" in line for line in said(look, GOOD))


def test_a_host_that_speaks_no_ssh(look: Look) -> None:
    with servers.web(lambda _: Answer()) as web:
        address = Address(
            "box", scheme="sftp", port=web.port, login="us", extra={"host_key": other_key()}
        )
        files.look_at(look, source(), address)
    (line,) = said(look)
    assert "is no SSH server" in line


def test_an_empty_folder_is_no_fault(box: Sftp, look: Look) -> None:
    (box.root / "empty").mkdir()
    files.look_at(look, source(folder="empty"), box.address())
    assert look.is_good
    assert any("no file waits there" in line for line in said(look, NOTE))
    assert list(look.into.iterdir()) == []


def test_a_folder_for_our_files(box: Sftp, look: Look) -> None:
    payer = Role("payer", "house_main")
    takes.of_role(look, payer, box.address(), None, ExitStack())
    assert said(look) == [
        "payer: the system has no folder 'inbox' for our files"
        " | ask for a folder 'inbox' that the login 'clinic' may write into"
    ]
    look.findings.clear()
    (box.root / "inbox").mkdir()
    takes.of_role(look, payer, box.address(), None, ExitStack())
    assert look.is_good
    assert list((box.root / "inbox").iterdir()) == []


def test_a_folder_for_work_lists(box: Sftp, look: Look, tmp_path: Path) -> None:
    here = Address("house_main", extra={"path": str(tmp_path)})
    for address, transport, told in (
        (here, "folder", f"outreach: {tmp_path / 'out'} is not there, the folder for our lists"),
        (Address("house_main"), "folder", "outreach: the connection house_main names no folder"),
        (box.address(), "sftp", "outreach: the system has no folder 'out' for our files"),
    ):
        look.findings.clear()
        calls = Role(
            "outreach", "house_main", form="work_list", work_list=WorkList(transport, "out")
        )
        takes.of_role(look, calls, address, None, ExitStack())
        assert [line.partition(" | ")[0] for line in said(look)] == [told]
    for root, address, transport in (
        (tmp_path, here, "folder"),
        (box.root, box.address(), "sftp"),
    ):
        (root / "out").mkdir()
        look.findings.clear()
        calls = Role(
            "outreach", "house_main", form="work_list", work_list=WorkList(transport, "out")
        )
        takes.of_role(look, calls, address, None, ExitStack())
        assert look.is_good
        assert len(said(look, GOOD)) == 1
        assert list((root / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("extra", "folder", "words"),
    [
        ({}, "", "the connection names no folder | write {\"path\""),
        ({"path": "/no/such/folder"}, "", "/no/such/folder is not a folder on this machine | write path in the extra"),
        ({"path": "{box}"}, "nowhere", "has no folder 'nowhere'; it has outbox"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_folder_of_this_machine_is_said(
    box: Sftp, look: Look, extra: dict[str, str], folder: str, words: str
) -> None:
    there = {key: value.format(box=box.root) for key, value in extra.items()}
    files.look_at(look, source("folder", folder), Address("house", extra=there))
    (line,) = said(look)
    assert words in line


def test_a_web_server_that_lists_no_folder(look: Look, tmp_path: Path) -> None:
    with servers.file_server(tmp_path / "sample") as address:
        files.look_at(look, source("https"), address)
    (line,) = said(look)
    assert line.startswith("the system has no folder 'outbox'")
    look.findings.clear()
    with servers.web(lambda _: Answer(401)) as web:
        files.look_at(look, source("https"), web.address())
    (line,) = said(look)
    assert line.startswith("folder 'outbox' may not be read | ask for the right")


# --- a small export


def exporting(web: Web, first: Answer | None = None) -> list[str]:
    """Let a server export Patient, after a first answer to the kick-off; returns what it is asked, in order."""
    asked: list[str] = []

    def respond(seen: Seen) -> Answer:
        path = seen.path.partition("?")[0]
        asked.append(f"{seen.method} {path}")
        if path == "/Group/g-1/$export":
            if first is not None and asked.count(asked[-1]) == 1:
                return first
            return Answer(202, headers={"Content-Location": web.url("/job")})
        if path == "/job" and seen.method == "GET":
            output = [{"type": "Patient", "url": web.url("/file"), "count": 1}]
            told = {"transactionTime": "2026-11-29T00:00:00Z", "output": output, "error": []}
            return Answer(200, json.dumps(told).encode())
        return Answer(200, b'{"resourceType": "Patient", "id": "p1"}\n')

    web.respond = respond
    return asked


def test_a_small_export_is_fetched_and_ended(look: Look) -> None:
    ehr = definition("ehr")
    feeds = {name: ehr.feeds[name] for name in ("patient", "charge_item")}
    about = replace(ehr, feeds=feeds, export=Export("group", "g-1"))
    with servers.web() as web:
        asked = exporting(web, outcome(400, "'ChargeItem' is not exported"))
        exports.export(look, about, web.address())
        assert "_since=" in web.seen[0].path
        assert "_type=Patient%2CChargeItem" in web.seen[0].path
        assert "_type=Patient&" in web.seen[1].path
    assert asked[-1] == "DELETE /job"
    assert (look.into / "Patient.export.1.ndjson").read_bytes().startswith(b'{"resourceType"')
    (line,) = said(look)
    assert line.startswith(
        "charge_item: the server does not export it: 'ChargeItem' is not exported | "
    )


def test_an_export_that_is_refused_is_said_with_the_servers_words(look: Look) -> None:
    about = replace(
        definition("ehr"),
        feeds={"patient": definition("ehr").feeds["patient"]},
        export=Export("group", "g-1"),
    )
    with servers.web(lambda _: outcome(404, "no group g-1")) as web:
        exports.export(look, about, web.address())
    (line,) = said(look)
    assert line.startswith(
        "the server refuses the export (404): no group g-1 | look at export in sources/house.yaml"
    )
