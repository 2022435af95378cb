"""Bulk Data export: kick-off, polling, manifest, files (HL7 FHIR Bulk Data Access 2.0 and 3.0)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from throughline.sources.fhir.auth import BackendService
from throughline.sources.files import open_file
from throughline.sources.http import NO_ADDRESS, HttpClient, retry_after
from throughline.transports.address import Address, SourceUnavailable

LONGEST_POLL_S = 3600.0
LONGEST_PAUSE_S = 30.0
# A server that is exporting may ask to be left alone longer than one that is busy.
LONGEST_ASKED_S = 300.0
DOWNLOAD_ATTEMPTS = 6


@dataclass(frozen=True)
class ManifestFile:
    """One file of a manifest; `count` is the number of its lines, where the server says so."""

    type: str
    url: str
    count: int | None = None


@dataclass(frozen=True)
class Manifest:
    """What an export consists of. `transaction_time` is what it is complete up to.

    Where files need no token none is sent: their server may be another one, and may refuse it.
    """

    transaction_time: str
    needs_token: bool = True
    output: list[ManifestFile] = field(default_factory=list)
    deleted: list[ManifestFile] = field(default_factory=list)
    error: list[ManifestFile] = field(default_factory=list)


@dataclass(frozen=True)
class Download:
    """A file that was fetched; `is_complete` is False when it has fewer lines than were announced."""

    path: Path
    bytes: int
    lines: int
    is_complete: bool


class BulkClient:
    """A client of one server's export. Use it as a context manager."""

    def __init__(
        self,
        address: Address,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name = address.name
        self._tokens = BackendService(address, transport, sleep)
        self._http = HttpClient(address, authorize=self._tokens, transport=transport, sleep=sleep)
        self._sleep = sleep
        self._needs_token = True

    def __enter__(self) -> BulkClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def export(self, types: Iterable[str], since: str | None = None) -> tuple[Manifest, str]:
        """Ask for an export of `types` changed after `since`, and wait for its manifest.

        Returns the manifest and the address of the job, which `finish` gives back. Raises
        `SourceUnavailable`.
        """
        params = {"_type": ",".join(types), "_outputFormat": "application/fhir+ndjson"}
        if since is not None:
            params["_since"] = since
        response = self._ask(
            "$export", params, {"Accept": "application/fhir+json", "Prefer": "respond-async"}
        )
        job = response.headers.get("content-location")
        if response.status_code != 202 or not job:
            raise SourceUnavailable(f"{self._name}: export: http_{response.status_code}")
        return self._poll(job), job

    def _ask(self, path: str, params: dict[str, str], headers: dict[str, str]) -> httpx.Response:
        response = self._http.get(path, params, headers)
        if response.status_code == 401:
            self._tokens.forget()
            response = self._http.get(path, params, headers)
        return response

    def _poll(self, job: str) -> Manifest:
        waited, pause = 0.0, 0.5
        while True:
            response = self._ask(job, {}, {"Accept": "application/json"})
            if response.status_code == 200:
                return self._manifest(response)
            if response.status_code != 202:
                raise SourceUnavailable(f"{self._name}: export status: http_{response.status_code}")
            asked = retry_after(response)
            wait = min(asked, LONGEST_ASKED_S) if asked is not None else pause
            pause = min(pause * 1.5, LONGEST_PAUSE_S)
            waited += wait
            if waited > LONGEST_POLL_S:
                raise SourceUnavailable(f"{self._name}: export: not ready after {int(waited)} s")
            self._sleep(wait)

    def _manifest(self, response: httpx.Response) -> Manifest:
        def files(raw: Any) -> list[ManifestFile]:
            return [
                ManifestFile(
                    str(entry.get("type", "")),
                    str(entry["url"]),
                    entry["count"] if isinstance(entry.get("count"), int) else None,
                )
                for entry in raw or []
            ]

        try:
            body = response.json()
            self._needs_token = body.get("requiresAccessToken") is not False
            return Manifest(
                str(body["transactionTime"]),
                self._needs_token,
                files(body.get("output")),
                files(body.get("deleted")),
                files(body.get("error")),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SourceUnavailable(f"{self._name}: export: the manifest cannot be read") from None

    def download(self, file: ManifestFile, target: Path) -> Download:
        """Fetch one file of a manifest, going on where a broken connection left off.

        A whole file that has fewer lines than announced is fetched once more; if that does not
        help it is returned as not complete. Raises `SourceUnavailable`.
        """
        first = self._fetch(file, target)
        if file.count is None or first.lines >= file.count:
            return first
        again = self._fetch(file, target)
        if again.lines >= file.count:
            return again
        return Download(again.path, again.bytes, again.lines, is_complete=False)

    def _fetch(self, file: ManifestFile, target: Path) -> Download:
        target.unlink(missing_ok=True)
        reason, tag = "no answer", ""
        for attempt in range(DOWNLOAD_ATTEMPTS):
            have = target.stat().st_size if target.exists() else 0
            headers = {"Accept": "application/fhir+ndjson"}
            if have:
                headers |= {"Range": f"bytes={have}-", "Accept-Encoding": "identity"}
                if tag:
                    headers["If-Range"] = tag
            wait: float | None = None
            try:
                with self._http.stream(file.url, headers, authorized=self._needs_token) as response:
                    status = response.status_code
                    if status in (200, 206):
                        # a server that cannot go on, or has another file now, sends it all again
                        strong = response.headers.get("etag", "")
                        tag = "" if strong.startswith("W/") else strong
                        with target.open("ab" if status == 206 and have else "wb") as out:
                            for chunk in response.iter_bytes():
                                out.write(chunk)
                        return _measure(target)
                    if status == 416 and have:
                        target.unlink()
                    elif status == 401:
                        self._tokens.forget()
                    elif status < 500 and status != 429:
                        raise SourceUnavailable(f"{self._name}: export file: http_{status}")
                    reason, wait = f"http_{status}", retry_after(response)
            except NO_ADDRESS as error:
                raise SourceUnavailable(
                    f"{self._name}: export file: {type(error).__name__}"
                ) from None
            except httpx.RequestError as error:
                reason = type(error).__name__
            if attempt + 1 < DOWNLOAD_ATTEMPTS:
                self._sleep(min(wait if wait is not None else 0.3 * 2**attempt, LONGEST_PAUSE_S))
        raise SourceUnavailable(f"{self._name}: export file: {reason}")

    def finish(self, job: str) -> None:
        """Tell the server that the files were fetched; what it answers changes nothing."""
        try:
            self._http.get(job, method="DELETE")
        except SourceUnavailable:
            return


def _measure(path: Path) -> Download:
    """Count what was fetched: lines as they are once unpacked."""
    lines, last = 0, b"\n"
    with open_file(path) as stream:
        while chunk := stream.read(1 << 20):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return Download(path, path.stat().st_size, lines + (last != b"\n"), is_complete=True)
