"""Opens landed files as streams, decompressed if they are gzipped, and decodes text that is not what it says.

Senders on Windows write in one of its code pages what they call ISO 8859, or nothing. The bytes 0x80 to 0x9F
are control characters in ISO 8859, which stand in no name; in those pages they are quotes, dashes and letters
such as Š and Œ. The bytes decide, as in browsers (WHATWG Encoding Standard, 4.2: the labels `iso-8859-1` and `latin1`
mean windows-1252, `iso-8859-9` windows-1254).
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
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


# The code page that Windows has for what a set is for.
_PAGES = {
    "latin-1": "cp1252",
    "iso-8859-15": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-2": "cp1250",
}
_CONTROLS = re.compile(rb"[\x80-\x9f]")


def _page(name: str) -> str:
    """Return the characters of a code page by byte; a byte that it leaves out is the control character."""
    return "".join(bytes([byte]).decode(name, "ignore") or chr(byte) for byte in range(256))


_CHARACTERS = {codec: _page(page) for codec, page in _PAGES.items()}


def decode(raw: bytes, codec: str = "latin-1") -> tuple[str, bool]:
    """Return bytes that are said to be of ISO 8859 as text, and whether they were of another set.

    Bytes that are UTF-8 are read as such: other text is so by chance only if it is very short. `codec` is
    Python's name of the set. Raises `UnicodeDecodeError` if it cannot decode them.
    """
    characters = _CHARACTERS.get(codec)
    if characters is None or raw.isascii():
        return raw.decode(codec), False
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        if _CONTROLS.search(raw) is None:
            return raw.decode(codec), False
    return codecs.charmap_decode(raw, "strict", characters)[0], True
