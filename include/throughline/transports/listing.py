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
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import RemoteFile, in_order, is_finished
from throughline.transports.https import Answer, HttpClient

TITLES = ("index of ", "directory listing")
"""How the title or first heading of a folder's page begins; any other page is not a listing."""
AS_STORED = {"Accept-Encoding": "identity"}


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
        found = []
        for name, size, at in told:
            if not is_finished(name):
                continue
            if size is not None and at is not None:
                found.append(RemoteFile(name, size, at))
            elif (file := self._asked(folder, name)) is not None:
                found.append(file)
        return in_order(found)

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Fetch a file to `target`; returns False if it changed meanwhile, so it is still being written.

        Raises `SourceUnavailable`.
        """
        size = self._client.download(_path(folder, file.name), target, as_stored=True)
        now = self._asked(folder, file.name)
        is_whole = now is not None and now.bytes == size == file.bytes
        if now is None or not is_whole or now.modified_at not in (None, file.modified_at):
            target.unlink()
            return False
        return True

    def _asked(self, folder: str, name: str) -> RemoteFile | None:
        """Return the size and time of a file, or None if it is gone."""
        answer = self._client.get(_path(folder, name), headers=AS_STORED, method="HEAD")
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise self._unavailable(f"http_{answer.status} for the HEAD of a file")
        length = answer.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise self._unavailable("a file without Content-Length")
        return RemoteFile(name, int(length), _moment(answer.headers.get("Last-Modified")))

    def _unavailable(self, reason: str) -> SourceUnavailable:
        return SourceUnavailable(f"{self._name}: {reason}")


def _path(folder: str, name: str = "") -> str:
    parts = [quote(part) for part in folder.split("/") if part]
    return "/".join([*parts, quote(name, safe="")])


def _moment(text: object) -> datetime | None:
    """Parse a time from a header or a listing, to whole seconds, because headers have no fractions."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).replace(microsecond=0)


_Told = list[tuple[str, int | None, datetime | None]]


def _of_json(answer: Answer) -> _Told | None:
    """Return names, sizes and times from a JSON listing; None if it is not one."""
    try:
        entries = answer.json()
    except ValueError:
        return None
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in entries
    ):
        return None
    return [_entry(entry) for entry in entries if _is_file(entry)]


def _is_file(entry: Mapping[str, Any]) -> bool:
    is_folder = entry.get("is_dir") or entry.get("type", "file") != "file"
    return not is_folder and "/" not in entry["name"]


def _entry(entry: Mapping[str, Any]) -> tuple[str, int | None, datetime | None]:
    size = entry.get("size")
    at = _moment(entry.get("mtime") or entry.get("mod_time"))
    return entry["name"], size if type(size) is int else None, at


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
    names: dict[str, None] = {}
    for link in page.links:
        there = urlsplit(urljoin(url, link))
        below = there.path.removeprefix(here.path)
        if (
            there[:2] == here[:2]
            and there.path.startswith(here.path)
            and not there.query
            and below
            and "/" not in below
        ):
            names[unquote(below)] = None
    return [(name, None, None) for name in names if "/" not in name]


@contextmanager
def connect(address: Address) -> Iterator[WebFolder]:
    """Open the folders of an address, with the same authentication as any HTTP interface."""
    with HttpClient(address) as client:
        yield WebFolder(client)
