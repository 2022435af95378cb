"""Splits files of HL7 v2 messages into single messages.

Real senders' files contain, and this module accepts: CR, LF and CRLF as segment ends, mixed; blank lines;
batch wrappers (FHS BHS BTS FTS); MLLP's bytes (0x0B 0x1C); a byte-order mark; text broken over lines
inside a segment; character sets that differ from message to message (MSH-18).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from throughline.sources.files import decode
from throughline.sources.records import FileRefusedError

CHUNK = 1 << 19
LONGEST_JUNK = 1 << 16
# The longest message that is kept; a longer one is cut and becomes a fault. An appointment has a few hundred
# bytes; a document may come with it. Many short lines take ten times their bytes as objects.
LONGEST_MESSAGE = 1 << 22
MOST_LINES = 20_000

_ENDS = bytes.maketrans(b"\r\x0b\x1c\x00", b"\n\n\n\n")
_TAG = re.compile(rb"[A-Z][A-Z0-9]{2}$")
JOINED = b"\x00joined"
"""Stands between two parts of one line."""
_TYPE = re.compile(rb"\s*[A-Z]{3}(?:\W|$)")
_WRAPPERS = (b"FHS", b"BHS", b"BTS", b"FTS")
_CHARACTER_SETS = {
    "ASCII": "utf-8",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "8859/1": "latin-1",
    "ISO-8859-1": "latin-1",
    "ISO IR100": "latin-1",
    "8859/2": "iso-8859-2",
    "8859/9": "iso-8859-9",
    "8859/15": "iso-8859-15",
    "WINDOWS-1252": "cp1252",
    "CP1252": "cp1252",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One message or wrapper segment: `row` counts messages from 1, `position` is its first line.

    A message that was too long is cut, and `is_cut` is True. `is_misnamed`: it says that it is in ISO 8859
    (or nothing), and was written in a code page of Windows, or in UTF-8.
    """

    row: int
    position: int
    kind: str
    segments: list[str]
    is_cut: bool = False
    is_misnamed: bool = False

    @property
    def text(self) -> str:
        """The message as received, with CR between segments."""
        return "\r".join(self.segments)


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield a stream in blocks of whole lines, without the last line end; a very long line comes in parts."""
    first = stream.read(CHUNK)
    recode = None
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if first.startswith(mark):
            recode = codecs.getincrementaldecoder(name)("replace")
            first = first[2:]
    pending = b""
    chunk = first.removeprefix(codecs.BOM_UTF8)
    while chunk:
        if recode is not None:
            chunk = recode.decode(chunk).encode("utf-8", "replace")
        block, end, rest = (pending + chunk.translate(_ENDS)).rpartition(b"\n")
        if end:
            yield block
        pending = rest
        if len(pending) > LONGEST_MESSAGE:
            yield pending
            pending = b""
        chunk = stream.read(CHUNK)
    yield pending


def _decode(lines: list[bytes]) -> tuple[list[str], bool]:
    """Decode a message by its MSH-18, falling back to UTF-8 and then to Latin-1, which never fails.

    A line that does not begin with a segment's name is text within the segment before it. Returns its
    segments, and whether they were in another character set (see `sources.files`).
    """
    separator = lines[0][3:4]
    segments: list[list[bytes]] = []
    for line in lines:
        is_segment = _TAG.match(line[:3]) and (line[3:4] == separator or len(line.rstrip()) == 3)
        if is_segment or not segments:
            segments.append([line])
        else:
            segments[-1].append(line.strip())
    raw = b"\n".join(b" ".join(parts) for parts in segments)
    is_misnamed = False
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        head = lines[0]
        fields = head.split(head[3:4])
        named = (
            fields[17].split(b"~")[0].decode("ascii", "replace").strip() if len(fields) > 17 else ""
        )
        codec = _CHARACTER_SETS.get(named.upper(), "utf-8")
        try:
            text, is_misnamed = decode(raw, codec)
        except UnicodeDecodeError:
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError:
                text, is_misnamed = decode(raw)
    return text.split("\n"), is_misnamed


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a stream, and `JOINED` before one that is the rest of the line before it.

    A header within a line, after which a type stands, begins another message: files of which the last
    message had no line end are joined so.
    """
    head = b""
    for block in _blocks(stream):
        lines = block.split(b"\n")
        # most blocks have headers at the beginning of lines alone
        headers = block.count(b"\nMSH") + block.startswith(b"MSH")
        if block.count(b"MSH") == headers:
            yield from lines
            last = block.rfind(b"\nMSH") + 1
            head = _head(block[last : last + 10]) or head
            continue
        for line in lines:
            rest = line
            at = rest.find(head, 1) if head else -1
            while at > 0:
                fields = rest[at : at + 2000].split(head[3:4], 9)
                if len(fields) > 8 and _TYPE.match(fields[8]):
                    yield rest[:at]
                    yield JOINED
                    rest, at = rest[at:], 0
                at = rest.find(head, at + 1)
            yield rest
            head = _head(line.lstrip()[:10]) or head


def _head(line: bytes) -> bytes:
    """Return a header with its separators, up to the field separator after them; empty if it is none."""
    at = line.find(line[3:4], 4) if line[:3] == b"MSH" else -1
    return line[: at + 1] if at > 0 else b""


def split(stream: BinaryIO, file: str) -> Iterator[Piece]:
    """Yield the messages (`MSH`) and wrapper segments of a file in their order.

    Lines before the first header are skipped. Raises `FileRefusedError` when the file holds neither
    a message nor a wrapper.
    """
    row = position = 0
    start = junk = 0
    message: list[bytes] = []
    size = count = 0
    seen = False

    def finished() -> Piece:
        is_cut = size > LONGEST_MESSAGE or count > MOST_LINES
        segments, is_misnamed = _decode(message)
        return Piece(row, start, "MSH", segments, is_cut, is_misnamed)

    for line in _lines(stream):
        if line is JOINED:
            position -= 1
            continue
        position += 1
        if not line or line.isspace():
            continue
        tag = line.lstrip()[:3]
        if tag == b"MSH" or tag in _WRAPPERS:
            line = line.lstrip()
            if message:
                yield finished()
                message = []
            seen = True
            if tag == b"MSH":
                row += 1
                start, size, count = position, len(line), 1
                message = [line[:LONGEST_MESSAGE]]
            else:
                yield Piece(0, position, tag.decode(), _decode([line])[0])
        elif message:
            size += len(line)
            count += 1
            if size <= LONGEST_MESSAGE and count <= MOST_LINES:
                message.append(line)
        elif not seen:
            junk += len(line)
            if junk > LONGEST_JUNK:
                raise FileRefusedError(file, position, "no_message_header")
    if message:
        yield finished()
    elif not seen:
        raise FileRefusedError(file, position, "no_message_header" if junk else "empty_file")
