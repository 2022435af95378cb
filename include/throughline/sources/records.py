"""What every reader produces besides records: faults, and the error that refuses a file."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from html import unescape
from html.entities import html5
from typing import Literal

Severity = Literal["row", "warning"]

_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


READER_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    EOFError,
    gzip.BadGzipFile,
    zlib.error,
)
"""What a reader raises on content that its author did not foresee. The file is at fault, not the night."""

UNFORESEEN = "unforeseen_content"
"""The reason for refusing such a file."""

WITHOUT_CLAIMS = "payment_without_claims"
"""Why a payment is set aside that neither claims nor provider adjustments explain."""


TEST_DATA = "test_data"
"""Why something is set aside that its sender calls a test (MSH-11, ISA15, HTEST)."""


class FileRefusedError(Exception):
    """A file whose envelope cannot be read, so that none of its rows can be identified.

    `file` is its name at the source, `position` the byte or segment where reading stopped, `reason`
    a code such as `no_interchange_header`. The message quotes no content.
    """

    def __init__(self, file: str, position: int, reason: str) -> None:
        super().__init__(f"{file}: refused at {position}: {reason}")
        self.file = file
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that could not be used, and where.

    `row` is the row's number in the file, from 1 (0: the envelope); `position` is the segment,
    line or byte. A fault of severity `row` stands for a received row that cannot be loaded; a
    `warning` is about rows that can. `payload` is the row as received: it may hold patient data, goes
    to quarantine only, and is never part of the fault's text.

    `subject_id` is the patient or the claim that the row names, by a number of `subject_source`: a
    source, or `pcn` for the number of a claim; left out, it is the file's own source. `payer_id` is
    the payer whose payments are not known while the row waits. `from_on` and `until_on` are the days
    that it is about; left out, those of its delivery. Of money that does not balance, `stated` is the sum
    that is stated, and `explained` the one that the amounts around it make of it. `column` is the name of a
    column of the file that no definition knows.
    """

    file: str
    row: int
    position: int
    reason: str
    severity: Severity = "row"
    source_id: str | None = field(default=None, repr=False)
    payload: str | None = field(default=None, repr=False)
    subject_id: str | None = field(default=None, repr=False)
    subject_source: str | None = None
    payer_id: str | None = None
    from_on: date | None = field(default=None, repr=False)
    until_on: date | None = field(default=None, repr=False)
    stated: Decimal | None = None
    explained: Decimal | None = None
    column: str | None = None

    def __str__(self) -> str:
        return f"{self.file}: row {self.row}, position {self.position}: {self.reason}"


def one_line(text: str | None) -> str | None:
    """Return a name without the line ends, tabs and entities that a sender put into it."""
    if text is not None and "&" in text:
        text = entities(text)
    return text if text is None or text.isprintable() else " ".join(text.split()) or None


def _character(found: re.Match[str]) -> str:
    name = found.group(1)
    if name[0] == "#":
        return unescape(found.group())
    # a sender who writes in capitals does so here too: &APOS;
    return html5.get(f"{name};") or html5.get(f"{name.lower()};") or found.group()


def entities(text: str) -> str:
    """Return a text with the characters that its HTML and XML entities stand for, escaped up to three times."""
    for _ in range(3):
        text = _ENTITY.sub(_character, text)
    return text


def until_separator(text: str, separator: str) -> str:
    """Return a text up to the first `separator` (`&`) that does not begin an entity."""
    at = text.find(separator)
    while at >= 0:
        found = _ENTITY.match(text, at)
        if found is None or _character(found) == found.group():
            return text[:at]
        at = text.find(separator, found.end())
    return text
