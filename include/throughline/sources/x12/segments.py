"""Splits X12 bytes into segments in one pass: any separators, several interchanges, junk around them.

Real senders' files contain, and this module accepts: a byte-order mark, blank lines or text before the
ISA, an ISA that is not 106 characters long, line ends after the terminator or as the terminator,
lines of a fixed width that break segments, separators that change from one interchange to the next, no
terminator after the last segment.
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
# How much of an interchange is split at first; then twice as much each time.
SHORT = 1 << 12
LONGEST_HEADER = 400
# With more junk than this before the first ISA, it is not an X12 file.
LONGEST_JUNK = 1 << 16
# With more text than this without a terminator, skip to the next ISA.
LONGEST_SEGMENT = 1 << 23

# Control characters (hex 1C to 1F) are separators too, though Python counts them as blanks.
_HEADER = re.compile(r"ISA([^A-Za-z0-9 \t\r\n\f\v])")
_LINE_END = re.compile(r"[\r\n]+")
# Where the elements of an ISA end: their lengths are fixed (X12.5), so that a broken one can be put together.
_ENDS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
# How much of an interchange shows whether it is in lines of a fixed width.
_SAMPLE = 1 << 12
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}[^A-Za-z0-9\s]")


@dataclass(frozen=True, slots=True)
class Separators:
    """The four separators of an interchange."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"


def read_header(text: str) -> tuple[Separators, list[str], int] | None:
    """Read an ISA at the start of `text`: separators, its 17 elements, and its length.

    Returns None if `text` does not start with a readable interchange header.
    """
    if _HEADER.match(text) is None:
        return None
    element = text[3]
    head = text[:LONGEST_HEADER]
    parts = head.split(element, 16)
    if len(parts) < 17 or any(_LINE_END.search(p.strip()) or len(p) > 40 for p in parts[:16]):
        return None
    end = sum(len(part) + 1 for part in parts[:16])
    # ISA16 and the terminator; a header without its ISA16 has the terminator in its place.
    component, terminator = head[end : end + 1], head[end + 1 : end + 2]
    after = head[end + 2 :]
    if not component or component.isalnum() or component in "\r\n":
        return None
    if terminator in ("\r", "\n") or not terminator:
        rest = after.lstrip("\r\n")
        if rest and not rest[0].isalnum() and not rest[0].isspace():
            # the line was broken just before the terminator
            return None
        line = re.match(r"[A-Z0-9]{2,3}" + re.escape(element) + r"[^\r\n]*", rest)
        if line is not None and line.group().endswith(component):
            terminator, end, component = component, end - 1, ":"
        elif terminator != "\r" or "\n" in after:
            terminator = "\n"
    elif terminator.isalnum():
        # ISA16 is missing and the next segment follows at once
        terminator, end, component = component, end - 1, ":"
    if terminator == element:
        return None
    repetition = parts[11][:1]
    if not repetition or repetition.isalnum() or repetition == element:
        repetition = "^"
    elements = [*parts[:16], component]
    return Separators(element, component, repetition, terminator), elements, end + 2


def _decode(chunk: bytes) -> str:
    """Decode one run of whole segments; what is not UTF-8 is Latin-1 (or Windows), which reads every byte."""
    try:
        return chunk.decode("utf-8")
    except UnicodeDecodeError:
        return decode(chunk)[0]


def _text_chunks(stream: BinaryIO) -> Iterator[str]:
    first = stream.read(CHUNK)
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if first.startswith(mark):
            decoder = codecs.getincrementaldecoder(name)("replace")
            yield decoder.decode(first[2:])
            while chunk := stream.read(CHUNK):
                yield decoder.decode(chunk)
            return
    pending = first.removeprefix(codecs.BOM_UTF8)
    while pending:
        chunk = stream.read(CHUNK)
        # never split a character: keep the bytes after the last ASCII one
        cut = len(pending)
        while chunk and cut and pending[cut - 1] >= 0x80 and len(pending) - cut < 4:
            cut -= 1
        yield _decode(pending[:cut])
        pending = pending[cut:] + chunk
        if not chunk and cut == 0:
            yield _decode(pending)
            return


def _padded(line: str, width: int, terminator: str) -> str:
    """Return a line with the blanks that were cut off its end: only a segment's end leaves it short."""
    return line if not line or line.rstrip().endswith(terminator) else line.ljust(width)


def _wrapped_header(text: str) -> tuple[int, str] | None:
    """Return the width of the lines that break the ISA at the start of `text`, and its terminator.

    The elements of an ISA have fixed lengths: only the right width puts all of them in their places.
    Returns None if there is none, or if a line end may be the terminator.
    """
    *lines, last = _LINE_END.split(text)
    for width in sorted({len(line) for line in lines if len(line) >= len(lines[0])}):
        whole = "".join(line.ljust(width) for line in lines) + last
        ends = tuple(at for at, mark in enumerate(whole[:104]) if mark == text[3])
        rest = whole[106:].lstrip()
        if (
            ends == _ENDS
            and not any(mark.isalnum() or mark.isspace() for mark in whole[104:106])
            and (not rest or _TAG.match(rest))
        ):
            return width, whole[105]
    return None


def _wrapped_body(text: str, terminator: str) -> int:
    """Return the width of the lines that break segments of an interchange; 0 if it has none."""
    if "\n" not in text and "\r" not in text:
        return 0
    after = sum(text.count(terminator + end) for end in ("\n", "\r", "\r\n"))
    if text.count("\n") + text.count("\r") == after:
        return 0
    lines = [line for line in _LINE_END.split(text)[:-1] if line.strip()]
    broken = [len(line) for line in lines if not line.rstrip().endswith(terminator)]
    width = max(map(len, lines), default=0)
    # a text with line ends of its own breaks segments anywhere
    return width if 2 <= broken.count(width) >= len(broken) / 2 else 0


class _Text:
    """The text of a stream in pieces.

    After `unwrap`, the line ends of an interchange in lines of one width are left out, and blanks that were
    cut off the ends of its lines are put back, until a line begins with another interchange.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._chunks = _text_chunks(stream)
        self._rest = ""
        self._width = 0
        self._terminator = ""
        self._is_end = False

    def unwrap(self, text: str, width: int, terminator: str) -> None:
        """Go on with `text`, which begins with an interchange in lines of `width`."""
        self._rest, self._width, self._terminator = text, width, terminator
        self._is_end = False

    def next(self) -> str | None:
        """Return the next piece, or None at the end."""
        rest, self._rest = self._rest, ""
        if not self._width:
            return rest or next(self._chunks, None)
        # at least one line more than the last one, whose end may follow
        while _LINE_END.search(rest) is None and len(rest) < LONGEST_SEGMENT:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._width = 0
                return rest or None
            rest += chunk
        joined: list[str] = []
        at = 0
        for found in _LINE_END.finditer(rest):
            line = rest[at : found.start()]
            if self._is_end and _HEADER.match(line):
                self._width = 0
                break
            if line:
                joined.append(_padded(line, self._width, self._terminator))
                self._is_end = line.rstrip().endswith(self._terminator)
            at = found.end()
        else:
            if at == 0:
                # no line has so many characters
                self._width, at = 0, len(rest)
                joined.append(rest)
        self._rest = rest[at:]
        return "".join(joined)


class SegmentReader:
    """Iterate over the segments of a stream as lists of elements.

    `position` is the number of the last segment returned, from 1; `separators` are those of its
    interchange; `skipped` counts pieces of junk between interchanges. Raises `FileRefusedError` if the
    whole stream has no readable interchange header.
    """

    def __init__(self, stream: BinaryIO, file: str) -> None:
        self.file = file
        self.position = 0
        self.separators = Separators()
        self.skipped = 0
        self._chunks = _Text(stream)
        # the text that is here, and where in it reading goes on: a rest is never joined or cut out for
        # each interchange, which would cost the square of their number
        self._text = ""
        self._at = 0
        self._is_all = False

    def __iter__(self) -> Iterator[list[str]]:
        inside = False
        size = SHORT
        while True:
            if not inside:
                found = self._find_header()
                if found is None:
                    return
                self.separators, elements, length = found
                self._at += length
                inside, size = True, SHORT
                self.position += 1
                yield elements
            terminator, element = self.separators.terminator, self.separators.element
            end = self._end(size)
            begin = self._at
            if end < 0:
                # its content is lost, so its transaction set has no end now
                self._at = len(self._text) - LONGEST_HEADER
                self.skipped += 1
                inside = False
                continue
            size = min(2 * size, CHUNK)
            text = self._text[begin:end]
            self._at = end + 1
            is_last = self._is_all and self._at >= len(self._text)
            if self._is_plain(text):
                if terminator != "\n":
                    text = text.replace("\n", "").replace("\r", "")
                parts = filter(None, text.split(terminator))
                numbered = enumerate(parts, self.position + 1)
                for self.position, part in numbered:
                    yield part.split(element)
                if is_last:
                    return
                continue
            pieces = text.split(terminator)
            at = begin
            for index, raw in enumerate(pieces):
                before, at = at, at + len(raw) + 1
                part = raw
                if "\n" in part or "\r" in part:
                    part = part.replace("\n", "").replace("\r", "")
                part = part.lstrip(" \t\x00")
                if not part:
                    continue
                elements = part.split(element)
                if part[:3] == "ISA" and not self._is_header(elements) and _HEADER.match(part):
                    self._at = before
                    inside = False
                    break
                self.position += 1
                yield elements
                if elements[0] == "IEA" and not self._goes_on(pieces, index):
                    self._at = at
                    inside = False
                    break
            if inside and is_last:
                return

    def _more(self) -> bool:
        """Read on, and drop what has been read; returns False at the end of the stream."""
        chunk = self._chunks.next()
        if chunk is None:
            self._is_all = True
            return False
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return True

    def _end(self, size: int) -> int:
        """Return where the last whole segment in the next `size` characters ends, or a longer one.

        At the end of the stream it is the end of the text, with or without a terminator; -1 if there is
        none for too long.
        """
        terminator = self.separators.terminator
        while True:
            while len(self._text) - self._at <= size:
                if not self._more():
                    return len(self._text)
            end = self._text.rfind(terminator, self._at, self._at + size)
            if end >= 0:
                return end
            if size > LONGEST_SEGMENT:
                return -1
            size *= 2

    def _is_plain(self, text: str) -> bool:
        """Say whether no interchange begins or ends in `text` and no segment begins with a blank.

        Such a run, nearly all of a large file, is split without looking at each segment.
        """
        separators = self.separators
        blank = r"[\r\n]*[ \t\x00]"
        return (
            separators.terminator != "\r"
            and f"IEA{separators.element}" not in text
            and "ISA" not in text
            and re.match(blank, text) is None
            and re.search(re.escape(separators.terminator) + blank, text) is None
            and (separators.terminator != "\n" or "\r" not in text)
        )

    def _is_header(self, elements: list[str]) -> bool:
        """Say whether these are the elements of an ISA with the separators that are in use."""
        return len(elements) == 17 and elements[16] == self.separators.component

    def _goes_on(self, parts: list[str], index: int) -> bool:
        """Say whether the next interchange, if it is here already, has the same separators."""
        if index + 1 >= len(parts):
            return False
        head = parts[index + 1].strip()
        elements = head.split(self.separators.element)
        is_broken = _LINE_END.search(head) is not None
        return elements[0] == "ISA" and self._is_header(elements) and not is_broken

    def _header(self, ahead: int) -> tuple[Separators, list[str], int] | None:
        """Read the header that is `ahead`, and put its interchange together if lines break its segments.

        Raises `FileRefusedError` if they do and nobody can tell where.
        """
        while len(self._text) - self._at - ahead < _SAMPLE and self._more():
            pass
        where = self._at + ahead
        head = self._text[where : where + LONGEST_HEADER]
        width, terminator = 0, ""
        found = read_header(head)
        is_broken = _LINE_END.search(head[:106]) is not None
        if is_broken and (wrapped := _wrapped_header(head)) is not None:
            width, terminator = wrapped
        elif found is not None and (terminator := found[0].terminator) not in "\r\n":
            width = _wrapped_body(self._text[where : where + _SAMPLE], terminator)
        elif found is None and is_broken and _LINE_END.sub("", head)[:120].count(head[3]) > 15:
            raise FileRefusedError(self.file, 0, "lines_wrapped")
        if width:
            self._chunks.unwrap(self._text[where:], width, terminator)
            self._text, self._is_all = self._text[:where], False
            while len(self._text) - self._at - ahead < LONGEST_HEADER and self._more():
                pass
            where = self._at + ahead
            return read_header(self._text[where : where + LONGEST_HEADER])
        return found

    def _find_header(self) -> tuple[Separators, list[str], int] | None:
        """Read on until an interchange header, and go to where it starts."""
        while True:
            start = self._at
            while (match := _HEADER.search(self._text, start)) is not None:
                ahead = match.start() - self._at
                found = self._header(ahead)
                where = self._at + ahead
                if found is not None:
                    if self._text[self._at : where].strip("\ufeff \r\n\t\x00"):
                        self.skipped += 1
                    self._at = where
                    return found
                start = where + 3
            if self.position == 0 and len(self._text) - self._at > LONGEST_JUNK:
                raise FileRefusedError(self.file, 0, "no_interchange_header")
            rest = self._text[self._at :]
            if self.position:
                self._at = max(self._at, len(self._text) - LONGEST_HEADER)
            if not self._more():
                if self.position == 0:
                    reason = "no_interchange_header" if rest.strip() else "empty_file"
                    raise FileRefusedError(self.file, 0, reason)
                if rest.strip("\ufeff \r\n\t\x00\x1a"):
                    self.skipped += 1
                self._at = len(self._text)
                return None
