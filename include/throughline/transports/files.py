"""The interface of a folder of files, local or remote: list it, and fetch finished files.

A sender may still be writing to the folder. A file with a temporary name is ignored; one that changed
between the listing and its last byte is left for the next time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from throughline.transports.address import Address, SourceUnavailable

# Names that senders use while they are still writing.
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".uploading")
LONGEST_NAME = 400
"""Characters of a name that are shown; a longer one is cut, and a hash of the whole is added."""

GONE, NO_PERMISSION, NO_FILE, LINK, LINK_TO_NOWHERE, READ_ERROR, CHANGES, TOO_SLOW = (
    "gone_before_it_was_read",
    "no_permission",
    "not_a_file",
    "link_not_followed",
    "link_to_nowhere",
    "read_error",
    "still_being_written",
    "not_read_in_time",
)
"""Why one file of a folder cannot be fetched, while the others can."""
FILE_S = 3600.0
"""After this long, a file that still comes, byte by byte, counts as one that never ends."""
LISTING_S = 300.0
MOST_ENTRIES = 1_000_000
"""A folder that lists more, or takes longer, has no end."""


Place = bytes | str | None

# An ending as files have it. One or two digits, or more than three, are those of a day or a year (`2026.03`).
_ENDING = re.compile(r"[^.]\.(?!\d{1,2}$|\d{4,}$)[A-Za-z0-9]{1,10}$")
_DIGITS = re.compile(r"\d+")


class UploadUncertain(RuntimeError):
    """The connection broke while a file was being renamed to its final name: check before sending again."""


class FileUnavailable(SourceUnavailable):
    """One file cannot be fetched, and `reason` says why; its folder can still be read."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class RemoteFile:
    """One file of a folder: name (which proves nothing), size and modification time.

    `place` is how its transport names it, where the name as shown does not lead to it. `problem` says why
    it cannot be fetched, if the listing shows that already.
    """

    name: str
    bytes: int
    modified_at: datetime | None
    place: Place = field(default=None, compare=False)
    problem: str | None = None


class Files(Protocol):
    """The folders of one system; paths are relative to its address."""

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the finished files of a folder by time and name, as `among` says. Raises `SourceUnavailable`."""
        ...

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Fetch a file to `target`; returns False if it changed meanwhile, so it is still being written.

        Raises `FileUnavailable` if only this file cannot be fetched, and `SourceUnavailable`.
        """
        ...


Open = Callable[[Address], AbstractContextManager[Files]]


def is_finished(name: str) -> bool:
    """Return whether a file's name is final, not a sender's temporary name."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


def among(files: Iterable[RemoteFile], folders: Iterable[RemoteFile]) -> list[RemoteFile]:
    """Return the files of a folder in order, and of the folders in it those that are named like a file.

    A folder beside the files is usual (`archive`, `2026.03`) and nothing is looked for in it. One that has an
    ending (`835_today.x12`), or the name of a file but for its digits, may be a file that went wrong.
    """
    found = list(files)
    shapes = {_shape(file.name) for file in found}
    strange = [
        replace(folder, bytes=0, problem=NO_FILE)
        for folder in folders
        if _ENDING.search(folder.name) or _shape(folder.name) in shapes
    ]
    return in_order(found + strange)


def _shape(name: str) -> str:
    return _DIGITS.sub("0", name.casefold())


def in_order(files: Iterable[RemoteFile]) -> list[RemoteFile]:
    """Sort files by time and name, because later files correct earlier ones."""
    beginning = datetime.fromtimestamp(0, UTC)
    return sorted(files, key=lambda file: (file.modified_at or beginning, file.name))


def shown_name(name: bytes | str) -> str:
    """Return a name as text that can be stored and printed: other bytes and controls become escapes."""
    text = name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if len(text) <= LONGEST_NAME:
        return text
    return f"{text[:LONGEST_NAME]}…{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def why(error: BaseException) -> str:
    """Return the reason for an error about one file."""
    if isinstance(error, FileNotFoundError):
        return GONE
    if isinstance(error, PermissionError):
        return NO_PERMISSION
    if isinstance(error, TimeoutError):
        return TOO_SLOW
    return NO_FILE if isinstance(error, IsADirectoryError) else READ_ERROR
