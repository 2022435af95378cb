"""What a folder of files offers, wherever it is: a listing, and files that have stopped growing.

A sender may still be at work in the folder. A file that bears a temporary name is left alone, and
one that changed between the listing and its last byte is left for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from throughline.transports.address import Address

# A name that a sender uses while it is still writing.
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".uploading")


@dataclass(frozen=True)
class RemoteFile:
    """One file of a folder: its name, which proves nothing, its size and the time it bears."""

    name: str
    bytes: int
    modified_at: datetime | None


class Files(Protocol):
    """The folders of one system; their paths are relative to where its address leads."""

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the finished files of a folder by time and name. Raises `SourceUnavailable`."""
        ...

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Fetch a file to `target`; False when it changed meanwhile: it is still being written.

        Raises `SourceUnavailable`.
        """
        ...


Open = Callable[[Address], AbstractContextManager[Files]]


def is_finished(name: str) -> bool:
    """Say whether a name is one that a file has when its sender is done with it."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


def in_order(files: Iterable[RemoteFile]) -> list[RemoteFile]:
    """Return files by time and name: what was written later corrects what was written before."""
    beginning = datetime.fromtimestamp(0, UTC)
    return sorted(files, key=lambda file: (file.modified_at or beginning, file.name))
