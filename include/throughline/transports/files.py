"""The interface of a folder of files, local or remote: list it, and fetch finished files.

A sender may still be writing to the folder. A file with a temporary name is ignored; one that changed
between the listing and its last byte is left for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from throughline.transports.address import Address

# Names that senders use while they are still writing.
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".uploading")


@dataclass(frozen=True)
class RemoteFile:
    """One file of a folder: name (which proves nothing), size and modification time."""

    name: str
    bytes: int
    modified_at: datetime | None


class Files(Protocol):
    """The folders of one system; paths are relative to its address."""

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the finished files of a folder by time and name. Raises `SourceUnavailable`."""
        ...

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Fetch a file to `target`; returns False if it changed meanwhile, so it is still being written.

        Raises `SourceUnavailable`.
        """
        ...


Open = Callable[[Address], AbstractContextManager[Files]]


def is_finished(name: str) -> bool:
    """Return whether a file's name is final, not a sender's temporary name."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


def in_order(files: Iterable[RemoteFile]) -> list[RemoteFile]:
    """Sort files by time and name, because later files correct earlier ones."""
    beginning = datetime.fromtimestamp(0, UTC)
    return sorted(files, key=lambda file: (file.modified_at or beginning, file.name))
