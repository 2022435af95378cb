"""Opens landed files as streams, decompressed if they are gzipped."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import Any, BinaryIO

_GZIP = b"\x1f\x8b"
_BUFFER = 1 << 18


class _Gunzip(io.RawIOBase):
    """A gzip file that ends where it is truncated instead of raising, and sets `is_broken`."""

    def __init__(self, path: Path) -> None:
        self._file = gzip.GzipFile(path, "rb")
        self.is_broken = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._file.read1(len(buffer)) if not self.is_broken else b""
        except (EOFError, gzip.BadGzipFile, zlib.error):
            self.is_broken, data = True, b""
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def open_file(path: Path) -> BinaryIO:
    """Open a landed file for reading, through gzip if its first bytes are gzip's."""
    stream = path.open("rb")
    if stream.peek(2)[:2] != _GZIP:
        return stream
    stream.close()
    unpacked: io.RawIOBase = _Gunzip(path)
    return io.BufferedReader(unpacked, _BUFFER)


def is_broken(stream: BinaryIO) -> bool:
    """Return whether reading a gzip file ended early because it is truncated."""
    return bool(getattr(getattr(stream, "raw", None), "is_broken", False))
