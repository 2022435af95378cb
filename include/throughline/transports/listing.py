"""Folders on web servers: a listing of names, and a HEAD request for each file.

What a server must support, and common ones do:

- `GET <folder>/` lists the folder: as a JSON array of objects with `name` (nginx with
  `autoindex_format json`, Caddy with `browse`), or as the HTML page that Apache, nginx and others
  make of a folder ("Index of ...", "Directory listing for ..."), whose links are its files.
- `HEAD` of a file states `Content-Length`, and should state `Last-Modified`: a file without a time
  is fetched every night, and recognised by its content. If a JSON listing states size and time, no
  HEAD is needed for old files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import (
    FILE_S,
    GONE,
    NO_PERMISSION,
    READ_ERROR,
    FileUnavailable,
    RemoteFile,
    among,
    is_finished,
    shown_name,
)
from throughline.transports.https import Answer, FileGone, HttpClient
from throughline.transports.patience import Patience

TITLES = ("index of ", "directory listing")
"""How the title or first heading of a folder's page begins; any other page is not a listing."""
AS_STORED = {"Accept-Encoding": "identity"}
MOST_IN_TROUBLE = 2
ASKING = Patience(attempts=3, total_s=60.0)
FETCHING = Patience(attempts=3, total_s=FILE_S)


class WebFolder:
    """The folders below one address."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._name = client.address.name

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the finished files of a folder by time and name. Raises `SourceUnavailable`."""
        where = _path(folder)
        answer = self._client.get(
            where, headers={"Accept": "application/json, text/html;q=0.9, */*;q=0.1"}
        )
        if answer.status != 200:
            raise self._unavailable(f"http_{answer.status}")
        told = _of_json(answer)
        if told is None:
            told = _of_page(answer, self._client.url(where))
        if told is None:
            raise self._unavailable("its folder has no readable listing")
        found, failed, in_a_row = [], [], 0
        folders: list[RemoteFile] = []
        for place, size, at, is_folder in told:
            name = shown_name(unquote_to_bytes(place))
            if not is_finished(name):
                continue
            file = RemoteFile(name, size or 0, at, place)
            if is_folder:
                folders.append(file)
                continue
            if size is None or at is None:
                try:
                    asked = self._asked(folder, file)
                    in_a_row = 0
                except FileUnavailable as error:
                    failed.append((file, error))
                    continue
                except SourceUnavailable as error:
                    # one file in trouble is its own; three in a row are the server
                    in_a_row += 1
                    if in_a_row > MOST_IN_TROUBLE or error.args[0].endswith(
                        "for the HEAD of a file"
                    ):
                        raise
                    failed.append((file, FileUnavailable(str(error), READ_ERROR)))
                    continue
                file = asked or replace(file, bytes=0, problem=GONE)
            found.append(file)
        if len(failed) > 1 and not found and len({str(error) for _, error in failed}) == 1:
            # the server says the same of all of them: it is not about one file
            raise SourceUnavailable(str(failed[0][1]))
        found += [replace(file, problem=error.reason) for file, error in failed]
        return among(found, folders)

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Fetch a file to `target`; returns False if it changed meanwhile, so it is still being written.

        Raises `FileUnavailable` if only this file cannot be fetched, and `SourceUnavailable`.
        """
        try:
            size = self._client.download(
                _path(folder, _place(file)),
                target,
                as_stored=True,
                patience=FETCHING,
                most=file.bytes,
            )
            now = self._asked(folder, file)
        except FileUnavailable:
            target.unlink(missing_ok=True)
            raise
        except SourceUnavailable as error:
            target.unlink(missing_ok=True)
            # is it the file, or the whole server?
            if self._client.get(_path(folder)).status != 200:
                raise
            reason = GONE if isinstance(error, FileGone) else READ_ERROR
            raise FileUnavailable(str(error), reason) from None
        is_whole = now is not None and now.bytes == size == file.bytes
        if now is None or not is_whole or now.modified_at not in (None, file.modified_at):
            target.unlink()
            return False
        return True

    def _asked(self, folder: str, file: RemoteFile) -> RemoteFile | None:
        """Return the size and time of a file, or None if it is gone. Raises `FileUnavailable`."""
        place = _path(folder, _place(file))
        answer = self._client.get(place, headers=AS_STORED, method="HEAD", patience=ASKING)
        if answer.status in (404, 410):
            return None
        if answer.status in (405, 501):
            raise self._unavailable(f"http_{answer.status} for the HEAD of a file")
        if answer.status != 200:
            reason = NO_PERMISSION if answer.status in (401, 403) else READ_ERROR
            raise self._of_one(f"http_{answer.status} for the HEAD of a file", reason)
        length = answer.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise self._of_one("a file without Content-Length", READ_ERROR)
        at = _moment(answer.headers.get("Last-Modified"))
        return replace(file, bytes=int(length), modified_at=at)

    def _of_one(self, problem: str, reason: str) -> FileUnavailable:
        return FileUnavailable(f"{self._client.address.name}: {problem}", reason)

    def _unavailable(self, reason: str) -> SourceUnavailable:
        return SourceUnavailable(f"{self._name}: {reason}")


def _path(folder: str, place: str = "") -> str:
    """Return a path on the server; `place` is a file's name as it stands in a URL."""
    parts = [quote(part) for part in folder.split("/") if part]
    return "/".join([*parts, place])


def _place(file: RemoteFile) -> str:
    return file.place if isinstance(file.place, str) else quote(file.name, safe="")


def _moment(text: object) -> datetime | None:
    """Parse a time from a header or a listing, to whole seconds, because headers have no fractions."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).replace(microsecond=0)


_Told = list[tuple[str, int | None, datetime | None, bool]]
"""Names as they stand in a URL, sizes, times, and whether they are folders."""


def _of_json(answer: Answer) -> _Told | None:
    """Return what a JSON listing tells; None if it is not one."""
    try:
        entries = answer.json()
    except ValueError:
        return None
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in entries
    ):
        return None
    told = [_entry(entry) for entry in entries]
    return [each for each in told if "%2F" not in each[0]]


def _entry(entry: Mapping[str, Any]) -> tuple[str, int | None, datetime | None, bool]:
    size = entry.get("size")
    at = _moment(entry.get("mtime") or entry.get("mod_time"))
    is_folder = bool(entry.get("is_dir")) or entry.get("type", "file") != "file"
    said = entry["name"].removesuffix("/") if is_folder else entry["name"]
    name = quote(said.encode("utf-8", "surrogatepass"), safe="")
    return name, size if type(size) is int and size >= 0 else None, at, is_folder


class _Page(HTMLParser):
    """Collects the links of a page, and its title or first heading."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.title = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link; a title begins."""
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]
        self._in_title = tag in ("title", "h1") and not self.title.strip()

    def handle_endtag(self, tag: str) -> None:
        """End a title."""
        self._in_title = False

    def handle_data(self, data: str) -> None:
        """Note the text of a title."""
        if self._in_title:
            self.title += data


def _of_page(answer: Answer, url: str) -> _Told | None:
    """Return the file names on a folder's page; None if the page is not a listing."""
    page = _Page()
    page.feed(answer.body.decode("utf-8", "replace"))
    if not page.title.strip().lower().startswith(TITLES):
        return None
    here = urlsplit(url)
    names: dict[str, bool] = {}
    for link in page.links:
        there = urlsplit(urljoin(url, link))
        below = there.path.removeprefix(here.path)
        is_folder = below.endswith("/")
        below = below.removesuffix("/")
        if (
            there[:2] == here[:2]
            and there.path.startswith(here.path)
            and not there.query
            and below
            and "/" not in below
        ):
            # as bytes, so that a name in another encoding leads to its file
            names[quote(unquote_to_bytes(below), safe="")] = is_folder
    return [(name, None, None, is_folder) for name, is_folder in names.items() if "%2F" not in name]


@contextmanager
def connect(address: Address) -> Iterator[WebFolder]:
    """Open the folders of an address, with the same authentication as any HTTP interface."""
    with HttpClient(address) as client:
        yield WebFolder(client)
