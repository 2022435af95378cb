"""Replaces the systems of record with a folder per night; nothing uses a network.

The steps that land, stage and send are the real ones; only calls that would leave the machine end here.
Receivers accept everything at once, so dispatch costs only its log.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from throughline.orchestration import addresses
from throughline.sources.fhir.bulk import export
from throughline.sources.fhir.bulk.client import Download, Request
from throughline.sources.fhir.bulk.manifest import Manifest, ManifestFile
from throughline.tasks import receivers
from throughline.tasks.receivers import Sending
from throughline.transports import sftp
from throughline.transports.address import Address
from throughline.transports.files import RemoteFile
from throughline.transports.https import Outcome


class Export:
    """The finished Bulk Data export of one night: the NDJSON files of a folder, by resource type."""

    def __init__(self, folder: Path, made_at: datetime) -> None:
        self._folder, self._made_at = folder, made_at

    def __enter__(self) -> Export:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def kick_off(self, request: Request, *, is_first: bool = True) -> str:
        """Take the request; the job's name says which types it asks for."""
        return ",".join(request.types)

    def status(self, job: str) -> Manifest:
        """Return the files of the types that were asked for, an empty one where nothing changed."""
        output = [
            ManifestFile(kind, str(path))
            for kind in job.split(",")
            for path in sorted(self._folder.glob(f"{kind}-*.ndjson")) or [Path(os.devnull)]
        ]
        return Manifest(self._made_at.isoformat(), output=output)

    def download(self, file: ManifestFile, target: Path, *, needs_token: bool = True) -> Download:
        """Copy a file, counting its lines as the client does."""
        shutil.copyfile(file.url, target)
        with target.open("rb") as stream:
            lines = sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))
        return Download(target, target.stat().st_size, lines, is_complete=True)

    def finish(self, job: str) -> None:
        """Nothing is kept."""


class Folder:
    """A drop folder: lists and gives the files of one night, and takes what is sent."""

    def __init__(self, files: list[Path], made_at: datetime) -> None:
        self._files, self._made_at = files, made_at

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the files by name."""
        return [
            RemoteFile(path.name, path.stat().st_size, self._made_at)
            for path in sorted(self._files)
        ]

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Copy a file."""
        path = next(path for path in self._files if path.name == file.name)
        shutil.copyfile(path, target)
        return True

    def lay_down(self, folder: str, name: str, content: bytes) -> None:
        """Take a file."""

    def hand_over(self, folder: str, name: str) -> None:
        """Accept the file under its final name."""


class Taker:
    """A receiver that accepts whatever it is sent."""

    def send(self, sending: Sending) -> Outcome:
        """Accept."""
        return Outcome("accepted", 201, {"id": str(sending.transmission_id)})

    def look_up(self, sending: Sending) -> str | None:
        """Return nothing: no answer is ever lost here."""
        return None


class Takers:
    """Receivers that all accept."""

    def __init__(self, clients: dict[str, Address], stack: ExitStack, *_: object) -> None:
        self._clients = clients

    def of(self, kind: str, target: str) -> Taker | None:
        """Return the one behind a connection; files go to no receiver."""
        is_file = kind in ("eligibility", "claim_batch")
        return None if is_file or target not in self._clients else Taker()


@contextmanager
def serving(folder: Path, made_at: datetime) -> Iterator[None]:
    """Let the steps of a night find the files of `folder` wherever they would go to a server."""
    made_at = made_at.astimezone(UTC)
    drops = {
        "scheduling_main": sorted(folder.glob("*.hl7")),
        "clearinghouse_main": sorted(folder.glob("*.x12")),
    }

    @contextmanager
    def open_folder(address: Address) -> Iterator[Folder]:
        yield Folder(drops.get(address.name, []), made_at)

    def address(name: str) -> Address:
        return Address(name=name, scheme="http", host="localhost")

    with contextlib.ExitStack() as stack:
        for where, name, instead in (
            (addresses, "address", address),
            (export, "BulkClient", lambda *_, **__: Export(folder, made_at)),
            (sftp, "connect", open_folder),
            (receivers, "connect", Takers),
        ):
            stack.enter_context(mock.patch.object(where, name, instead))
        yield
