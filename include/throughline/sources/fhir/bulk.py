"""Bulk Data export: kick-off, polling, manifest, files (HL7 FHIR Bulk Data Access 2.0 and 3.0)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from throughline.sources.fhir.client import ServerClient
from throughline.sources.files import open_file
from throughline.transports.address import SourceUnavailable
from throughline.transports.https import Answer


@dataclass(frozen=True)
class ManifestFile:
    """One file of a manifest; `count` is its number of lines, or None if the server does not say."""

    type: str
    url: str
    count: int | None = None


@dataclass(frozen=True)
class Manifest:
    """The manifest of an export, which is complete up to `transaction_time`.

    If files need no token, none is sent: another server may hold them and reject it.
    """

    transaction_time: str
    needs_token: bool = True
    output: list[ManifestFile] = field(default_factory=list)
    deleted: list[ManifestFile] = field(default_factory=list)
    error: list[ManifestFile] = field(default_factory=list)


@dataclass(frozen=True)
class Download:
    """A fetched file; `is_complete` is False if it has fewer lines than announced."""

    path: Path
    bytes: int
    lines: int
    is_complete: bool


class BulkClient(ServerClient):
    """A client of one server's export. Use it as a context manager."""

    _needs_token = True

    def export(self, types: Iterable[str], since: str | None = None) -> tuple[Manifest, str]:
        """Ask for an export of `types` changed after `since`, and wait for its manifest.

        Returns the manifest and the URL of the job, to pass to `finish`. Raises `SourceUnavailable`.
        """
        params = {"_type": ",".join(types), "_outputFormat": "application/fhir+ndjson"}
        if since is not None:
            params["_since"] = since
        answer = self._http.get(
            "$export", params, {"Accept": "application/fhir+json", "Prefer": "respond-async"}
        )
        job = answer.headers.get("Content-Location")
        if answer.status != 202 or not job:
            raise SourceUnavailable(f"{self._name}: export: http_{answer.status}")
        answer = self._http.get(job, {}, {"Accept": "application/json"}, until_ready=True)
        if answer.status != 200:
            raise SourceUnavailable(f"{self._name}: export status: http_{answer.status}")
        return self._manifest(answer), job

    def _manifest(self, answer: Answer) -> Manifest:
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
            body = answer.json()
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
        """Fetch one file of a manifest, resuming after a broken connection.

        A file that has fewer lines than announced is fetched once more; if it is still short, it is
        returned as not complete. Raises `SourceUnavailable`.
        """
        first = self._fetch(file, target)
        if file.count is None or first.lines >= file.count:
            return first
        again = self._fetch(file, target)
        if again.lines >= file.count:
            return again
        return Download(again.path, again.bytes, again.lines, is_complete=False)

    def _fetch(self, file: ManifestFile, target: Path) -> Download:
        try:
            self._http.download(
                file.url, target, accept="application/fhir+ndjson", authorized=self._needs_token
            )
        except SourceUnavailable as error:
            reason = str(error).removeprefix(f"{self._name}: ")
            raise SourceUnavailable(f"{self._name}: export file: {reason}") from None
        return _measure(target)

    def finish(self, job: str) -> None:
        """Tell the server that it may delete the files; its answer is ignored."""
        try:
            self._http.get(job, method="DELETE")
        except SourceUnavailable:
            return


def _measure(path: Path) -> Download:
    """Count the lines of a fetched file, after decompression."""
    lines, last = 0, b"\n"
    with open_file(path) as stream:
        while chunk := stream.read(1 << 20):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return Download(path, path.stat().st_size, lines + (last != b"\n"), is_complete=True)
