"""Whatever is bad about one file of a folder costs no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.warehouse.quality.outbox import Outbox, claims
from throughline.sources.x12.standard import X12
from throughline.transports import folder
from throughline.transports.files import RemoteFile


def test_one_bad_file_of_a_folder_costs_no_feed(outbox: Outbox) -> None:
    outbox.drop(os.fsdecode(b"caf\xe9.837"), claims(1))
    outbox.drop("line\nfeed.837", claims(2))
    outbox.drop("n" * 255, claims(3))
    (outbox.box / "nowhere.835").symlink_to("gone")
    (outbox.box / "loop.835").symlink_to("loop.835")
    (outbox.box / "a folder.835").mkdir()
    os.mkfifo(outbox.box / "pipe.835")
    assert outbox.read("2026-09-03") == ["claim"]
    assert outbox.rows("select rows_received from landing.batch") == [(3,)]
    assert outbox.open == {
        "nowhere.835": "link_to_nowhere",
        "loop.835": "link_to_nowhere",
        "pipe.835": "not_a_file",
        "a folder.835": "not_a_file",
    }
    assert outbox.undecided() == set(outbox.open)
    before = outbox.rows("select exception_id from operations.exception order by 1")
    outbox.read("2026-09-04")
    assert outbox.rows("select exception_id from operations.exception order by 1") == before
    (outbox.box / "nowhere.835").unlink()
    outbox.drop("nowhere.835", claims(4))
    # what should have been a file becomes one; `archive` is told by nobody
    (outbox.box / "a folder.835").rmdir()
    (outbox.box / "archive").mkdir()
    outbox.drop("a folder.835", claims(5))
    assert outbox.read("2026-09-05") == ["claim"]
    assert set(outbox.open) == {"loop.835", "pipe.835"}


def test_a_file_without_read_permission_is_tried_again(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.drop("good.837", claims(1))
    outbox.drop("secret.837", claims(2))
    opening = os.open

    def as_another_user(path: Any, *more: Any) -> int:
        if str(path).endswith("secret.837"):
            raise PermissionError
        return opening(path, *more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", as_another_user)
        assert outbox.read("2026-09-03") == ["claim"]
        assert outbox.open == {"secret.837": "no_permission"}
        outbox.read("2026-09-04")
        assert len(outbox.rows("select from operations.exception")) == 1
    assert outbox.read("2026-09-05") == ["claim"]
    assert outbox.open == {}
    assert outbox.undecided() == set()


def test_a_file_that_stays_in_writing_is_told_until_it_is_whole(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.drop("grows.837", claims(1))
    outbox.read("2026-09-03")
    listed = folder.LocalFolder.listing

    def then_it_grew(self: folder.LocalFolder, where: str) -> list[RemoteFile]:
        return [replace(file, bytes=file.bytes - 1) for file in listed(self, where)]

    with monkeypatch.context() as patched:
        patched.setattr(folder.LocalFolder, "listing", then_it_grew)
        outbox.drop("grows.837", claims(2))
        outbox.read("2026-09-04")
        assert outbox.open == {"grows.837": "still_being_written"}
    assert outbox.read("2026-09-05") == ["claim"]
    assert outbox.open == {}


@pytest.mark.parametrize("where", ["scan", "read"])
def test_content_that_no_reader_foresaw_refuses_its_file_alone(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    outbox.drop("good.837", claims(1))
    outbox.drop("odd.837", claims(2))
    reading = getattr(X12, where)

    def failing(self: X12, stream: Any, file: Any, *more: Any) -> Any:
        if where == "scan":
            if file.name == "odd.837":
                raise RecursionError
            return reading(self, stream, file, *more)

        def rows() -> Iterator[Any]:
            yield from reading(self, stream, file, *more)
            if file.name == "odd.837":
                raise ZeroDivisionError

        return rows()

    monkeypatch.setattr(X12, where, failing)
    assert outbox.read("2026-09-03") == ["claim"]
    assert outbox.open == {"odd.837": "unforeseen_content"}
    assert outbox.rows("select rows_received, rows_pending from landing.batch") == [(1, 1)]
    assert outbox.rows("select count(*) from staging.claim_line") == [(1,)]


def test_a_refused_file_that_is_fetched_every_night_is_one_exception(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that states no times has every file fetched every night."""
    listed = folder.LocalFolder.listing

    def without_times(self: folder.LocalFolder, where: str) -> list[RemoteFile]:
        return [replace(file, modified_at=None) for file in listed(self, where)] * 2

    monkeypatch.setattr(folder.LocalFolder, "listing", without_times)
    monkeypatch.setattr(folder, "_told", lambda name, now: RemoteFile(name, now.st_size, None))
    outbox.drop("bad.835", b"PK\x03\x04")
    outbox.drop("bad.zip", b"PK\x03\x04")
    for day in ("2026-09-03", "2026-09-04"):
        outbox.read(day)
    assert len(outbox.rows("select from operations.exception")) == 2
    assert outbox.rows("select status, count(*) from landing.file group by 1 order by 1") == [
        ("duplicate", 2),
        ("refused", 2),
    ]
