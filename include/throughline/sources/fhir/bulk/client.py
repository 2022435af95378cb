"""A client of one server's Bulk Data export: kick-off, status, manifest, files, and the end of a job."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urljoin

from throughline.sources.fhir.bulk import errors
from throughline.sources.fhir.bulk.manifest import (
    Manifest,
    ManifestFile,
    UnreadableManifest,
    parse,
)
from throughline.sources.fhir.client import ServerClient
from throughline.sources.fhir.ndjson import FEED_OF_TYPE
from throughline.sources.fhir.search.capability import Capability, capability
from throughline.sources.files import open_file
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import Answer
from throughline.transports.patience import REAL, Clock, Patience, retry_after

# More pages than any export has: a server that links in a circle would keep us for ever.
MOST_PAGES = 10_000
BRIEF_S = 5.0
PATIENCE_S = 300.0
"""How long a read in trouble is repeated, unless the connection's extra says `patience_s`."""


class Refused(SourceUnavailable):
    """The server refuses the export; its answer may name what it cannot export.

    `is_of_request` is False if it offers no such export at all, whatever is asked for.
    """

    def __init__(self, message: str, body: bytes, *, is_of_request: bool) -> None:
        super().__init__(message, body)
        self.said, self.is_of_request = errors.words(body), is_of_request


class JobLost(SourceUnavailable):
    """The server no longer knows the job, or failed at it: only a new export can help."""


@dataclass(frozen=True)
class Request:
    """What an export is asked for: resource types of all, of patients, or of a group's members.

    `filters` are search queries (`_typeFilter`); `since` is an instant. `is_lenient` asks the server to
    leave out what it does not support instead of refusing.
    """

    types: tuple[str, ...]
    since: str | None = None
    level: str = "system"
    group: str = ""
    filters: tuple[str, ...] = ()
    is_lenient: bool = False

    @property
    def path(self) -> str:
        """The path of the operation below the server's base."""
        return {"patient": "Patient/", "group": f"Group/{quote(self.group, safe='')}/"}.get(
            self.level, ""
        ) + "$export"

    @property
    def params(self) -> dict[str, str | list[str]]:
        """The parameters of the kick-off."""
        found: dict[str, str | list[str]] = {
            "_type": ",".join(self.types),
            "_outputFormat": "application/fhir+ndjson",
        }
        if self.since is not None:
            found["_since"] = self.since
        if self.filters:
            found["_typeFilter"] = list(self.filters)
        return found

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the kick-off."""
        lenient = ", handling=lenient" if self.is_lenient else ""
        return {"Accept": "application/fhir+json", "Prefer": f"respond-async{lenient}"}


@dataclass(frozen=True)
class Running:
    """An export that is not ready: the wait that the server asks for, if it does, and what it says."""

    asked_s: float | None = None
    progress: str = ""


@dataclass(frozen=True)
class Download:
    """A fetched file; `is_complete` is False if it has fewer lines than announced."""

    path: Path
    bytes: int
    lines: int
    is_complete: bool


def patience_of(address: Address) -> Patience:
    """Return how patiently reads of a server are repeated: for minutes, as a restart takes."""
    trouble = float(address.extra.get("patience_s", PATIENCE_S))
    return Patience(attempts=500, total_s=trouble + 60.0, waits_s=trouble, defers=True)


class BulkClient(ServerClient):
    """A client of one server's export. Use it as a context manager."""

    def __init__(self, address: Address, *, clock: Clock = REAL) -> None:
        self._patience = patience_of(address)
        super().__init__(address, clock=clock, patience=self._patience)
        self._downloading = Patience(
            attempts=500, total_s=3600.0, waits_s=self._patience.waits_s, defers=True
        )

    def _get(self, path: str, accept: str) -> Answer:
        return self._http.get(path, {}, {"Accept": accept}, patience=self._patience, follow=True)

    def kick_off(self, request: Request, *, is_first: bool = True) -> str:
        """Ask for an export; returns the address of its status.

        If it is not the first, a busy server is left alone at once: it may take one at a time.
        Raises `Refused`, `NotYet` if the server wants to be asked again later, and
        `SourceUnavailable`. If the answer is lost, the server may work on two jobs: the parameters
        allow no key. The one that nobody asks about expires.
        """
        patience = self._patience if is_first else replace(self._patience, waits_s=BRIEF_S)
        answer = self._http.get(
            request.path, request.params, request.headers, patience=patience, follow=True
        )
        job = answer.headers.get("Content-Location")
        if 200 <= answer.status < 300 and job:
            return urljoin(f"{self._http.address.base_url}/{request.path}", job)
        reason = f"{self._name}: export: http_{answer.status}"
        if answer.status in (400, 404, 405, 422, 501):
            raise Refused(reason, answer.body, is_of_request=answer.status in (400, 422))
        raise SourceUnavailable(reason)

    def capability(self) -> Capability | None:
        """Return what the server says of itself; None if it says nothing that can be read."""
        try:
            answer = self._get("metadata", "application/fhir+json")
            if answer.status != 200:
                return None
            return capability(answer.body, self._name, datetime.now(UTC))
        except SourceUnavailable:
            return None

    def status(self, job: str) -> Manifest | Running:
        """Return the manifest of a job, with all its pages, or how long it may still take.

        Raises `JobLost`, `NotYet` and `SourceUnavailable`.
        """
        seen: set[str] = set()
        page: str | None = job
        whole: Manifest | None = None
        while page is not None:
            if page in seen or len(seen) >= MOST_PAGES:
                raise SourceUnavailable(f"{self._name}: export: the manifest has no end")
            seen.add(page)
            found = self._page(page)
            if isinstance(found, Running):
                return found
            one, page = found
            try:
                whole = one if whole is None else whole.with_page(one)
            except UnreadableManifest as error:
                raise SourceUnavailable(f"{self._name}: export: {error}") from None
        assert whole is not None
        return whole

    def _page(self, url: str) -> tuple[Manifest, str | None] | Running:
        try:
            answer = self._get(url, "application/json")
        except SourceUnavailable as error:
            if errors.is_final(error.body):
                raise JobLost(f"{self._name}: export status: failed") from None
            raise
        # asked for by `separate-export-status` only, which we do not send, but some servers always do
        status = answer.headers.get("X-Export-Status", "")[:3] if answer.status == 200 else ""
        code = int(status) if status.isdigit() else answer.status
        if code == 202:
            return Running(retry_after(answer.headers), answer.headers.get("X-Progress", "")[:100])
        is_refused = 400 <= code < 500 and code not in (401, 403, 408, 425)
        if is_refused or (status and code != 200):
            raise JobLost(f"{self._name}: export status: http_{code}")
        if code != 200:
            raise SourceUnavailable(f"{self._name}: export status: http_{code}")
        try:
            return parse(answer, url)
        except UnreadableManifest as error:
            if errors.is_final(answer.body):
                # an error that came with 200
                raise JobLost(f"{self._name}: export status: failed") from None
            raise SourceUnavailable(f"{self._name}: export: {error}") from None

    def download(self, file: ManifestFile, target: Path, *, needs_token: bool = True) -> Download:
        """Fetch one file of a manifest, resuming after a broken connection.

        A file that has fewer lines than announced is fetched once more; if it is still short, it is
        returned as not complete. Raises `FileGone` if its address has expired, `NotYet` and
        `SourceUnavailable`.
        """
        first = self._fetch(file, target, needs_token)
        if file.count is None or first.lines >= file.count:
            return first
        again = self._fetch(file, target, needs_token)
        if again.lines >= file.count:
            return again
        return Download(again.path, again.bytes, again.lines, is_complete=False)

    def _fetch(self, file: ManifestFile, target: Path, needs_token: bool) -> Download:
        if not file.url.startswith(("http://", "https://")):
            raise SourceUnavailable(f"{self._name}: export file: no address that can be read")
        try:
            self._http.download(
                file.url,
                target,
                accept="application/fhir+ndjson",
                authorized=needs_token,
                patience=self._downloading,
                follow=True,
            )
        except SourceUnavailable as error:
            reason = str(error).removeprefix(f"{self._name}: ")
            error.args = (f"{self._name}: export file: {reason}",)
            raise
        if file.type in FEED_OF_TYPE and not _has_records(target):
            raise SourceUnavailable(f"{self._name}: export file: something else came in its place")
        return _measure(target)

    def finish(self, job: str) -> None:
        """Tell the server to end a job and delete its files; its answer is ignored."""
        try:
            self._http.get(job, method="DELETE")
        except SourceUnavailable:
            return


# How much of a file shows what it is.
_SAMPLE = 1 << 16
_ERROR = re.compile(rb'\s*\{[^\n]*"resourceType"\s*:\s*"OperationOutcome"[^\n]*\s*')
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _has_records(path: Path) -> bool:
    """Return whether a file may hold records: none at all, or lines of JSON that are not one error alone.

    A page to log in, or an error with 200 instead of the file: what was in it would never be asked for again.
    """
    with open_file(path) as stream:
        begin = stream.read(_SAMPLE)
    text = begin.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text or begin.startswith(_UTF_16):
        return True
    return text[:1] in b"{[" and not (len(begin) < _SAMPLE and _ERROR.fullmatch(text))


def _measure(path: Path) -> Download:
    """Count the lines of a fetched file that are not blank, after decompression."""
    lines, has_text = 0, False
    with open_file(path) as stream:
        while chunk := stream.read(1 << 20):
            first, *rest = chunk.split(b"\n")
            has_text = has_text or bool(first.strip())
            for part in rest:
                lines += has_text
                has_text = bool(part.strip())
    return Download(path, path.stat().st_size, lines + has_text, is_complete=True)
