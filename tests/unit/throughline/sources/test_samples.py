"""Files that nobody of this project wrote: each is read or refused with file, position and reason.

They lie beside the project or where THROUGHLINE_SAMPLES says. Without them the tests compare the
readers with independent libraries on files of our own.
"""

from __future__ import annotations

import io
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hl7
import pytest
import pyx12.x12file
from pyx12.errors import X12Error

from tests.unit.throughline.sources import wire
from throughline.sources.definitions import definition
from throughline.sources.fhir import ndjson
from throughline.sources.fhir.settings import settings_of
from throughline.sources.files import open_file
from throughline.sources.hl7v2 import batch, siu, split
from throughline.sources.hl7v2.message import Message
from throughline.sources.records import Fault, FileRefusedError
from throughline.sources.x12 import reader
from throughline.sources.x12.segments import SegmentReader

ROOT = Path(__file__).parents[4]
SAMPLES = Path(os.environ.get("THROUGHLINE_SAMPLES") or ROOT.parent / "shared" / "data")
ZONE = ZoneInfo("America/New_York")
_MONEY = wire.remittance(wire.payment("A1"), after=["PLB*1*20261231*WO:1*-5*L6*2"])
_BODIES = [
    (wire.CLAIMS, wire.claims(wire.claim("A1"), wire.claim("A2", "50.25"))),
    (wire.REMITTANCE, _MONEY),
    (wire.STATUS, wire.statuses(wire.status("A1", "A2:20"))),
    (wire.ELIGIBILITY, wire.answer("EB*1**30*MB")),
    (wire.SYNTAX, ["AK1*HC*7", "AK9*A*1*1*1"]),
]
_GROUPS = [
    wire.group(version, wire.transaction(version, body), number=number)
    for number, (version, body) in enumerate(_BODIES, 1)
]
EVERY_KIND = wire.file_of(wire.interchange(*_GROUPS), end="\n")


def files(folder: str, pattern: str = "*") -> list[Any]:
    """The samples of a folder as parameters; none where the folder is not."""
    found = sorted(path for path in (SAMPLES / folder).rglob(pattern) if path.is_file())
    return [pytest.param(path, id=path.name) for path in found]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of our own of each standard."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "x12").write_bytes(EVERY_KIND)
    (folder / "hl7").write_text("".join(wire.siu(control=f"M{n}") for n in range(3)))
    return {path.name: path for path in folder.iterdir()}


def numbered(found: list[Any]) -> None:
    """Check that each row is at one place, and that no number is left out."""
    rows = sorted(one.row for one in found if not isinstance(one, Fault) or one.severity == "row")
    assert rows == list(range(1, len(rows) + 1))
    for one in found:
        if isinstance(one, Fault):
            assert one.file
            assert one.reason
            assert one.position > 0


def silent(found: list[Any], words: set[str]) -> None:
    """Check that no fault says a word of what stands in the file."""
    for one in found:
        if isinstance(one, Fault):
            assert not words & set(
                str(one).removeprefix(one.file).replace(":", " ").replace(",", " ").split()
            )


# --- X12


def read_x12(path: Path) -> tuple[reader.Contents, list[Any]] | FileRefusedError:
    """Everything in a file, or why it is refused."""
    try:
        with path.open("rb") as stream:
            contents = reader.scan(stream, path.name)
        with path.open("rb") as stream:
            return contents, list(reader.read(stream, path.name))
    except FileRefusedError as refused:
        return refused


def by_pyx12(path: Path) -> list[Any] | None:
    """The segments that pyx12 finds, or None where it gives up."""
    text = path.read_bytes().decode("utf-8-sig", "replace")
    try:
        return list(pyx12.x12file.X12Reader(io.StringIO(text)))
    except X12Error:
        return None


def compare_with_pyx12(path: Path) -> bool:
    """Compare segments, rows and amounts; False where pyx12 cannot read the file."""
    theirs = by_pyx12(path)
    if theirs is None:
        return False
    with path.open("rb") as stream:
        ours = list(SegmentReader(stream, path.name))
    assert [e[0] for e in ours] == [s.get_seg_id() for s in theirs]
    component = ":"
    for mine, other in zip(ours, theirs, strict=True):
        if mine[0] == "ISA":
            component = mine[16]
        if not (mine[0].isupper() and len(mine[0]) in (2, 3)):
            continue  # a broken name, of which it gives no elements
        for index in range(1, len(mine)):
            whole = other.get_value(f"{mine[0]}{index:02d}") or ""
            # it leaves out empty components at the end
            bare = mine[index] if mine[0] == "ISA" else mine[index].rstrip(component)
            assert whole == bare, (mine[0], index)
    result = read_x12(path)
    assert not isinstance(result, FileRefusedError)
    rows = [one for one in result[1] if not isinstance(one, Fault)]
    lost = Counter(f.reason for f in result[1] if isinstance(f, Fault) and f.severity == "row")
    compare_amounts(theirs, rows, lost)
    return True


def compare_amounts(segments: list[Any], rows: list[Any], lost: Counter[str]) -> None:
    """Compare what the claims and payments of a file come to, number by number."""
    used = version = ""
    expected: dict[str, list[tuple[str, Decimal]]] = {
        "Claim": [],
        "ClaimLine": [],
        "Payment": [],
        "Paid": [],
        "PLB": [],
    }
    for s in segments:
        tag = s.get_seg_id()
        if tag == "GS":
            version = s.get_value("GS08")
        elif tag == "ST":
            used = reader.feed_of(s.get_value("ST01"), s.get_value("ST03") or version) or ""
        elif tag == "CLM" and used == "claim":
            expected["Claim"].append((s.get_value("CLM01").strip(), Decimal(s.get_value("CLM02"))))
        elif tag in ("SV1", "SV2") and used == "claim":
            charge = s.get_value("SV102" if tag == "SV1" else "SV203")
            expected["ClaimLine"].append(("", Decimal(charge)))
        elif tag == "CLP" and used == "payment":
            expected["Payment"].append(
                (s.get_value("CLP01").strip(), Decimal(s.get_value("CLP04")))
            )
        elif tag == "SVC" and used == "payment":
            expected["Paid"].append(("", Decimal(s.get_value("SVC03") or 0)))
        elif tag == "PLB" and used == "payment":
            expected["PLB"] += [
                ("", Decimal(s.get_value(f"PLB{n + 1:02d}")))
                for n in range(3, 14, 2)
                if s.get_value(f"PLB{n:02d}")
            ]
    got: dict[str, list[tuple[str, Decimal]]] = {name: [] for name in expected}
    for row in rows:
        kind = type(row).__name__
        if kind == "Claim":
            got["Claim"].append((row.patient_control_number, row.total_charge))
            got["ClaimLine"] += [("", line.charge) for line in row.lines if line.charge is not None]
        elif kind == "Payment":
            got["Payment"].append((row.patient_control_number, row.paid_amount))
            got["Paid"] += [("", line.paid_amount) for line in row.lines]
        elif kind == "ProviderAdjustment":
            got["PLB"].append(("", row.amount))
    del lost["transaction_set_not_used_here"]
    if not lost:
        assert got == expected


@pytest.mark.parametrize("path", files("x12"))
def test_x12_samples(path: Path) -> None:
    result = read_x12(path)
    if isinstance(result, FileRefusedError):
        assert (result.file, bool(result.reason), result.position >= 0) == (path.name, True, True)
        return
    contents, found = result
    numbered(found)
    assert sum(contents.feeds.values()) + sum(contents.unused.values()) > 0
    with path.open("rb") as stream:
        segments = list(SegmentReader(stream, path.name))
    silent(
        found,
        {
            e[i]
            for e in segments
            if e[0] in ("NM1", "N3")
            for i in range(3, min(len(e), 6))
            if len(e[i]) > 2
        },
    )
    counts = Counter(type(one).__name__ for one in found if not isinstance(one, Fault))
    faults = sum(1 for one in found if isinstance(one, Fault) and one.severity == "row")
    if set(contents.feeds) == {"claim"} and not contents.unused:
        assert counts["Claim"] + faults == sum(e[0] == "CLM" for e in segments)
    if set(contents.feeds) == {"payment"} and not contents.unused:
        assert counts["Payment"] + faults == sum(e[0] == "CLP" for e in segments)


def test_x12_samples_that_pyx12_reads() -> None:
    paths = [one.values[0] for one in files("x12")]
    agreed = sum(compare_with_pyx12(path) for path in paths)
    # pyx12 refuses two whose ISA12 is no version that it knows
    assert agreed >= len(paths) - 2


def test_the_same_segments_rows_and_amounts_as_pyx12(own: dict[str, Path]) -> None:
    assert compare_with_pyx12(own["x12"])


def test_the_largest_claims_samples_hold_what_their_names_say() -> None:
    counts = {}
    for path in (one.values[0] for one in files("x12", "*_x12_m*.txt")):
        result = read_x12(path)
        assert not isinstance(result, FileRefusedError)
        counts[path.stem.rpartition("_x12_")[2]] = (
            sum(result[0].feeds.values()),
            len([r for r in result[1] if not isinstance(r, Fault)]),
        )
    if counts:
        assert counts["many_claims"] == (1, 820)
        assert counts["multiple_transactions"] == (312, 624)
        assert (counts["multiple_isa"], counts["multiple_gs"], counts["multiple_st"]) == (
            (2, 4),
            (3, 6),
            (2, 4),
        )


# --- HL7 v2


def compare_with_hl7(path: Path) -> int:
    """Compare each message's segments and fields with the package `hl7`; returns how many."""
    with path.open("rb") as stream:
        pieces = [piece for piece in split.split(stream, path.name) if piece.kind == "MSH"]
    for piece in pieces:
        theirs = hl7.parse(piece.text + "\r")
        ours = Message(piece.segments)
        assert [f[0].strip() for f in ours.fields] == [str(s[0]).strip() for s in theirs]
        for mine, other in zip(ours.fields[1:], theirs[1:], strict=True):
            # it strips the end of the message
            assert [f.rstrip() for f in mine] == [str(field).rstrip() for field in other]
    return len(pieces)


@pytest.mark.parametrize("path", files("hl7v2", "*.hl7"))
def test_hl7_samples(path: Path) -> None:
    refused: FileRefusedError | None = None
    try:
        with path.open("rb") as stream:
            contents = batch.scan(stream, path.name, ZONE)
        with path.open("rb") as stream:
            found = list(siu.read(stream, path.name, ZONE))
    except FileRefusedError as error:
        refused = error
    if refused is not None:
        assert (refused.file, bool(refused.reason)) == (path.name, True)
        return
    numbered(found)
    rows = [one for one in found if not isinstance(one, Fault) or one.severity == "row"]
    headers = re.findall(rb"(?:^|[\r\n\x0b]|\xbf)\s*MSH\|", path.read_bytes())
    assert len(rows) == contents.messages == len(headers)
    assert compare_with_hl7(path) == contents.messages
    words = {part for line in path.read_text("utf-8", "replace").splitlines() if line.startswith("PID")
             for field in line.split("|")[5:6] for part in field.split("^") if len(part) > 2}  # fmt: skip
    silent(found, words)
    if "SIU-" in path.name:
        [appointment] = found
        assert not isinstance(appointment, Fault)
        assert appointment.trigger_event == path.name.split("SIU-")[1][:3]
        assert appointment.starts_at is not None


def test_the_same_messages_as_the_package_hl7(own: dict[str, Path]) -> None:
    assert compare_with_hl7(own["hl7"]) == 3


# --- NDJSON

# Lines and distinct ids, counted without this project.
COUNTED = {
    "Patient": (120, 120), "Encounter": (5274, 5274), "Condition": (3360, 3360), "Procedure": (10460, 10460),
    "DocumentReference": (5274, 5274), "Claim": (9773, 9773), "Organization": (2842, 250), "Practitioner": (2842, 250),
    "Location": (2936, 251), "Observation": (50150, 50150), "DiagnosticReport": (10827, 10827),
    "Immunization": (1873, 1873), "MedicationRequest": (4499, 4499),
}  # fmt: skip


def test_counts_of_the_synthea_samples() -> None:
    settings = settings_of(definition("ehr"))
    lines: Counter[str] = Counter()
    ids: dict[str, set[str]] = {}
    for path in (one.values[0] for one in files("synthea/fhir", "*.ndjson.gz")):
        kind = path.name.partition(".")[0]
        feed = ndjson.FEED_OF_TYPE.get(kind)
        if feed is None:
            continue
        with open_file(path) as stream:
            for row in ndjson.read(stream, path.name, ndjson.KINDS[feed], settings, "v"):
                assert isinstance(row, ndjson.Row), str(row)
                lines[kind] += 1
                ids.setdefault(kind, set()).add(row.source_id)
    if lines:
        assert {kind: (n, len(ids[kind])) for kind, n in lines.items()} == COUNTED


@pytest.mark.parametrize("path", files("synthea/fhir", "[D-P]*.ndjson.gz"))
def test_a_file_of_another_type_is_all_faults(path: Path) -> None:
    with open_file(path) as stream:
        head = io.BytesIO(b"".join(stream.readline() for _ in range(20)))
    found = list(
        ndjson.read(head, path.name, ndjson.KINDS["condition"], settings_of(definition("ehr")), "v")
    )
    assert {f.reason for f in found if isinstance(f, Fault)} == {"wrong_resource_type"}
    numbered(found)


# --- damaged


def damaged(data: bytes, seed: int) -> Iterator[bytes]:
    """Copies of a file with parts cut out, repeated or overwritten."""
    chance = random.Random(seed)
    for _ in range(150):
        start, end = sorted(chance.randrange(len(data)) for _ in range(2))
        yield chance.choice(
            [
                data[:start],
                data[:start] + data[end:],
                data + data[start:],
                data[:start] + chance.randbytes(chance.randrange(1, 30)) + data[start:],
                data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :],
            ]
        )


def test_damaged_x12_is_read_or_refused() -> None:
    for data in damaged(EVERY_KIND, 1):
        try:
            reader.scan(io.BytesIO(data), "f")
            found = list(reader.read(io.BytesIO(data), "f"))
        except FileRefusedError:
            continue
        numbered(found)
        silent(found, {"QUIRK", "ZEBULON", "1EG4TE5MK73"})


def test_damaged_hl7_is_read_or_refused() -> None:
    whole = (
        "FHS|^~\\&|S\rBHS|^~\\&|S\r" + wire.siu() + wire.siu("S15", "M2") + "BTS|2\rFTS|1\r"
    ).encode()
    for data in damaged(whole, 2):
        try:
            batch.scan(io.BytesIO(data), "f", ZONE)
            found = list(siu.read(io.BytesIO(data), "f", ZONE))
        except FileRefusedError:
            continue
        numbered(found)
        silent(found, {"Quirk", "Zebulon"})


def test_damaged_ndjson_is_read_line_by_line() -> None:
    body = (
        b'{"resourceType":"Patient","id":"p%d","name":[{"family":"Quirk","given":["Zebulon"]}]}\n'
    )
    settings = settings_of(definition("ehr"))
    for data in damaged(b"".join(body % n for n in range(6)), 3):
        found = list(ndjson.read(io.BytesIO(data), "f", ndjson.KINDS["patient"], settings, "v"))
        assert len(found) == sum(1 for line in data.split(b"\n") if line.strip())
        silent(found, {"Quirk", "Zebulon"})
