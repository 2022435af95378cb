"""Reads NDJSON files of one resource type into typed rows, streaming one line at a time."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import msgspec

from throughline.sources.fhir.contained import resolve
from throughline.sources.fhir.resources import KINDS as KINDS
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import Unreadable, version
from throughline.sources.files import is_broken
from throughline.sources.records import TEST_DATA, Fault, FileRefusedError

FEED_OF_TYPE = {kind.resource_type: feed for feed, kind in KINDS.items()}

TWO_VALUES = "key_with_two_values"
"""Why a record is set aside that says two things under one name."""

LOOKS, EVERY = 100, -1
"""How many lines of a file are looked at for that, and how many from the first one on that does.

It costs half of what it takes to read a line, and a program that writes a key twice does so throughout.
"""

# Test health data: a security label of FHIR R4 (v3-ActReason).
HTEST = "HTEST"

# The longest line that is accepted as a resource.
LONGEST_LINE = 64 << 20
_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,40})"')
_ID = re.compile(rb'"id"\s*:\s*"([A-Za-z0-9.\-]{1,64})"')
_REFERENCE = (
    rb"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*?"
    rb'"reference"\s*:\s*"(?:[^"]*/)?Patient/([A-Za-z0-9.\-]{1,64})(?:/_history/[^"]*)?"'
)
# Whom a line that cannot be read is about: Task.for, Coverage.beneficiary, else subject or patient.
_PATIENT = re.compile(rb'"(?:subject|patient|beneficiary|for)"' + _REFERENCE)
# A payment notice has no such element: an extension names the patient.
_BY_EXTENSION = re.compile(rb'"valueReference"' + _REFERENCE)


class Row(msgspec.Struct, gc=False):
    """One resource: its identity and its typed values; a deleted one has only its identity."""

    row: int
    source_id: str
    source_version: str
    subject_id: str | None
    is_deleted: bool
    values: Values | None
    children: list[tuple[str, Values]]


class _Deletion(msgspec.Struct):
    method: str | None = None
    url: str | None = None


class Entry(msgspec.Struct):
    """An entry of a Bundle, with only the fields of a deletion."""

    request: _Deletion | None = None


class _Bundle(msgspec.Struct):
    entry: list[Entry] = []


class _Typed(msgspec.Struct, rename="camel"):
    resource_type: str = ""


_BUNDLE = msgspec.json.Decoder(_Bundle)
_TYPED = msgspec.json.Decoder(_Typed)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_COMPACT = msgspec.json.Encoder()
# The elements that name whom a record is about.
_ABOUT = frozenset({"subject", "patient", "beneficiary", "for"})


def lines(stream: BinaryIO, file: str) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a stream with their numbers, blank ones left out.

    A line that is too long is cut. If a compressed file breaks off between two lines, an empty line
    follows and stands for the missing part. Raises `FileRefusedError` if nothing can be decompressed.
    """
    number, last = 0, b""
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if number == 1:
            if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                yield from _recoded(line, stream)
                return
            line = line.removeprefix(codecs.BOM_UTF8)
        last = line
        while len(last) >= LONGEST_LINE and last[-1:] != b"\n":
            last = stream.readline(LONGEST_LINE)
        if not line.isspace():
            yield number, line
    if is_broken(stream):
        if number == 0:
            raise FileRefusedError(file, 0, "gzip_unreadable")
        if last[-1:] == b"\n":
            yield number + 1, b""


def _recoded(start: bytes, stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a UTF-16 stream as UTF-8: FHIR requires UTF-8, but some systems send UTF-16."""
    little = start.startswith(codecs.BOM_UTF16_LE)
    decoder = codecs.getincrementaldecoder("utf-16-le" if little else "utf-16-be")("replace")
    pending, number = decoder.decode(start[2:]), 0
    while True:
        chunk = stream.read(1 << 19)
        pending += decoder.decode(chunk, final=not chunk)
        *whole, pending = pending.split("\n")
        if not chunk:
            whole, pending = [*whole, pending], ""
        for text in whole:
            number += 1
            if text and not text.isspace():
                yield number, text.encode("utf-8", "replace") + b"\n"
        if not chunk:
            return


# Where decoding failed, and why: what changes the meaning of a resource or of a part of it.
_NOT_UNDERSTOOD = (
    (".modifierExtension`", "modifier_not_understood"),
    (".implicitRules`", "implicit_rules_not_known"),
)


def _reason(line: bytes, error: Exception, kind: Kind) -> str:
    """Return what is wrong with a line, without quoting it."""
    if isinstance(error, Unreadable):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "not_utf8"
    if len(line) >= LONGEST_LINE:
        return "line_too_long"
    found = _TYPE.search(line)
    if isinstance(error, msgspec.ValidationError):
        if found is not None and found.group(1).decode() != kind.resource_type:
            return "wrong_resource_type"
        if found is None:
            return "not_a_resource"
        return next((r for name, r in _NOT_UNDERSTOOD if name in str(error)), "shape_not_r4")
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "not_utf8"
    # the last line of a truncated file
    return "json_unreadable" if line[-1:] == b"\n" else "truncated"


def _payload(line: bytes) -> str:
    return line[:1_000_000].decode("utf-8", "replace").replace("\x00", "").rstrip("\r\n")


def read(
    stream: BinaryIO,
    file: str,
    kind: Kind,
    settings: Settings,
    delivered_version: str,
    left_to_others: Callable[[str], bool] | None = None,
) -> Iterator[Row | Fault]:
    """Yield the rows and faults of one file of `kind`, in its order; rows count lines from 1.

    `delivered_version` is the version of records without one of their own. In a file of several
    types, `left_to_others` takes a line's type (empty if it cannot be read) and returns whether another
    reader of the file accounts for the line. Raises `FileRefusedError` if the file cannot be
    decompressed.
    """
    decode, to_row, children = kind.decoder.decode, kind.to_row, kind.children
    not_used = kind.not_used
    wanted, looks = kind.resource_type, LOOKS
    for number, line in lines(stream, file):
        if left_to_others is not None and left_to_others(type_of(line)):
            continue
        try:
            if b"\\u0000" in line:
                line = line.replace(b"\\u0000", b"")
            resource = decode(line)
            if resource.resource_type != wanted:
                yield _fault(file, number, "wrong_resource_type", line)
                continue
            if not resource.id:
                yield _fault(file, number, "id_missing", line)
                continue
            if (
                resource.meta is not None
                and resource.meta.security
                and any(s.code == HTEST for s in resource.meta.security)
            ):
                yield _fault(file, number, TEST_DATA, line)
                continue
            if looks:
                looks -= 1
                if says_two_things(line):
                    looks = EVERY
                    yield _torn(file, number, line)
                    continue
            if resource.contained:
                resolve(resource, settings)
            subject_id, values = to_row(resource, settings)
            found = version(resource.meta, delivered_version)
            below = children(resource, settings) if children is not None else []
        except (msgspec.DecodeError, Unreadable, UnicodeDecodeError) as error:
            yield _fault(file, number, _reason(line, error, kind), line)
            continue
        except RecursionError:
            yield _fault(file, number, "json_too_deep", line)
            continue
        if not_used is not None and (odd := not_used(resource)) is not None:
            yield Fault(file, number, number, odd, "warning")
        yield Row(number, resource.id, found, subject_id, False, values, below)


def says_two_things(line: bytes) -> bool:
    """Say whether a key of a resource stands twice with two values.

    "Property names SHALL be unique" (FHIR R4, json.html). Decoders keep the last one. Written again, the
    members of a resource are shorter if one of them was left out; only then is the line read key by key,
    which takes longer than all the rest. Of what a member holds, only the reference to a patient is looked
    at; the other keys are if any member stands twice.
    """
    members = _MEMBERS.decode(line)
    size = len(_COMPACT.encode(members))
    # one line end, or none
    if size == len(line) - 1 or _is_whole(line.rstrip(), size, len(members)):
        for name in members.keys() & _ABOUT:
            if bytes(members[name]).count(b'"reference"') > 1:
                break
        else:
            return False
    try:
        json.loads(line, object_pairs_hook=_unique)
    except Unreadable:
        return True
    return False


def _is_whole(line: bytes, size: int, count: int) -> bool:
    """Say whether a line holds nothing but `count` members that take `size` bytes when written closely."""
    # with a blank after each colon and comma, as Python writes it
    at = line.find(b":") + 1
    return len(line) == (size + 2 * count - 1 if line[at : at + 1] == b" " else size)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object. Raises `Unreadable` if one stands twice with two values."""
    found = dict(pairs)
    if len(found) != len(pairs) and any(found[key] != value for key, value in pairs):
        raise Unreadable(TWO_VALUES)
    return found


def _torn(file: str, number: int, line: bytes) -> Fault:
    """Return the fault of a line that says two things: it names a record or a patient only if it names one."""
    ids = {value for key, value in json.loads(line, object_pairs_hook=list) if key == "id"}
    patients = {found.group(1) for found in _PATIENT.finditer(line)}
    fault = _fault(file, number, TWO_VALUES, line)
    is_one = len(ids) == 1
    return replace(
        fault,
        source_id=str(ids.pop()) if is_one else None,
        subject_id=fault.subject_id if is_one and len(patients) < 2 else None,
    )


def type_of(line: bytes) -> str:
    """Return the type of the resource on a line, or an empty string when none can be read."""
    try:
        return _TYPED.decode(line).resource_type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def deleted(entry: Entry) -> tuple[str, str]:
    """Return type and id of a DELETE request, or two empty strings when it names none."""
    url = entry.request.url if entry.request is not None else None
    name, _, source_id = (url or "").partition("?")[0].rpartition("/")
    name = name.rpartition("/")[2]
    return (name, source_id) if name and source_id else ("", "")


def deleted_types(stream: BinaryIO, file: str) -> tuple[set[str], bool]:
    """Return the types that a `deleted` file names, and whether every line could be read."""
    types: set[str] = set()
    for _, line in lines(stream, file):
        try:
            types |= {deleted(entry)[0] for entry in _BUNDLE.decode(line).entry}
        except (msgspec.DecodeError, UnicodeDecodeError):
            types.add("")
    return types - {""}, "" not in types


def read_deletions(
    stream: BinaryIO, file: str, kind: Kind, deleted_version: str, *, with_unreadable: bool = True
) -> Iterator[Row | Fault]:
    """Yield a tombstone per deleted resource of `kind` in a `deleted` file of an export.

    Each line is a Bundle of DELETE requests (Bulk Data Access 2.0.0, "deleted"). The deletion gets
    the export's version, `deleted_version`, because it has none of its own. A line that cannot be read
    has no type: one feed of the file accounts for it with `with_unreadable`, the others ignore it.
    """
    row = 0
    for number, line in lines(stream, file):
        try:
            entries = _BUNDLE.decode(line).entry
        except (msgspec.DecodeError, UnicodeDecodeError):
            entries = [Entry()]
        for entry in entries:
            row += 1
            name, source_id = deleted(entry)
            if name == kind.resource_type:
                yield Row(row, source_id, deleted_version, None, True, None, [])
            elif not name and with_unreadable:
                yield Fault(file, row, number, "deletion_unreadable", payload=_payload(line))


def _fault(file: str, number: int, reason: str, line: bytes) -> Fault:
    found = _ID.search(line)
    kind = _TYPE.search(line)
    if kind is not None and kind.group(1) == b"Patient":
        patient = found
    else:
        patient = _PATIENT.search(line) or _BY_EXTENSION.search(line)
    return Fault(
        file,
        number,
        number,
        reason,
        source_id=found.group(1).decode() if found is not None else None,
        payload=_payload(line),
        subject_id=patient.group(1).decode() if patient is not None else None,
    )
