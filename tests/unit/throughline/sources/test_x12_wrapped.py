"""X12 files in lines of a fixed width, as mainframes write them (docs/foreign-inputs.md names who reported them)."""

from __future__ import annotations

import io
import time

import pytest

from tests.unit.throughline.sources.wire import (
    CLAIMS,
    REMITTANCE,
    claim,
    claims,
    file_of,
    found,
    group,
    interchange,
    isa,
    payment,
    remittance,
    transaction,
)
from throughline.sources.records import FileRefusedError
from throughline.sources.x12 import segments
from throughline.sources.x12.reader import scan
from throughline.sources.x12.segments import SegmentReader

SENT = interchange(group(CLAIMS, transaction(CLAIMS, claims(claim("C1"), claim("C2")))))
PAID = interchange(group(REMITTANCE, transaction(REMITTANCE, remittance(payment("A1")))))
# a blank at every second place, so that each width breaks a name at one
NAME = "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z"
NAMED = [s.replace("ZEBULON", NAME) for s in SENT]


def lines(data: bytes, width: int) -> list[bytes]:
    """Text in lines of a width, wherever segments end."""
    return [data[i : i + width] for i in range(0, len(data), width)]


def by_segment(sent: list[str], width: int) -> list[bytes]:
    """Each segment in lines of its own."""
    return [line for each in sent for line in lines(f"{each}~".encode(), width)]


def told(data: bytes) -> tuple[list[list[str]], int]:
    """The segments of a file, and how much of it is none."""
    reader = SegmentReader(io.BytesIO(data), "f")
    return list(reader), reader.skipped


WIDTHS = [
    64,
    70,
    72,
    76,
    79,
    80,
    82,
    99,
    100,
    101,
    102,
    103,
    104,
    105,
    106,
    107,
    120,
    128,
    132,
    250,
]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("width", WIDTHS)
def test_lines_of_one_width(width: int, end: bytes) -> None:
    plain, data = file_of(NAMED), lines(file_of(NAMED), width)
    assert told(end.join(data)) == told(plain)
    # blanks at the ends of lines were cut off, or each line was filled up
    assert told(end.join(line.rstrip(b" ") for line in data)) == told(plain)
    assert told(end.join(line.ljust(width) for line in data) + end) == told(plain)
    assert scan(io.BytesIO(end.join(data)), "f").is_complete


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("width", [72, 80, 105])
def test_segments_that_begin_on_lines_of_their_own(width: int, end: bytes) -> None:
    plain, data = file_of(NAMED), by_segment(NAMED, width)
    assert told(end.join(data)) == told(plain)
    assert told(end.join(line.rstrip(b" ") for line in data) + end) == told(plain)
    assert told(end.join(line.ljust(width) for line in data) + end) == told(plain)


@pytest.mark.parametrize("size", [1, 7, 79, 80, 81, 500])
def test_interchanges_of_several_shapes_in_one_file(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    other = [s.replace("*", "|") for s in NAMED]
    plain = file_of(NAMED) + file_of(PAID) + file_of(other, "\n") + file_of(NAMED) * 3
    data = (
        b"\r\n".join(lines(file_of(NAMED) + file_of(PAID), 80))
        + b"\r\n"
        + file_of(other, "\n")
        + file_of(NAMED)
        + b"\n".join(by_segment(NAMED, 72))
        + b"\n"
        + b"\r".join(lines(file_of(NAMED), 132))
    )
    monkeypatch.setattr(segments, "CHUNK", size)
    assert told(data) == told(plain)


def test_one_line_that_is_longer_and_text_behind() -> None:
    data = b"\n".join([*lines(file_of(PAID), 80), b"", b"x" * 200, b"Goodbye"])
    records, faults = found(data)
    assert [r.patient_control_number for r in records] == ["A1"]
    assert [f.reason for f in faults] == ["text_outside_interchange"]


def test_a_text_with_line_ends_of_its_own_gets_no_blanks() -> None:
    """Lines of a remark are of any length: nothing says that blanks were cut off their ends."""
    note = ["NTE*ADD*first line\nsecond\nthird line~".rstrip("~")] * 3
    body = claims(claim("C1"))
    sent = interchange(group(CLAIMS, transaction(CLAIMS, [*body, *note])))
    notes = [s for s in told(file_of(sent, "~\n"))[0] if s[0] == "NTE"]
    assert notes == [["NTE", "ADD", "first linesecondthird line"]] * 3


@pytest.mark.parametrize(
    "data",
    [
        # the line end also ends segments
        b"\n".join(lines(isa().encode(), 80)) + b"\n" + file_of(PAID[1:], "\n"),
        b"\r\n".join(lines(file_of(PAID, "\r\n"), 80)),
        # quoted, as mail is
        b"\n".join(b"> " + line for line in lines(file_of(PAID), 76)),
        b"=\r\n".join(lines(file_of(PAID), 75)),
        # and so is a later one
        file_of(PAID) + b"\n" + b"=\r\n".join(lines(file_of(PAID), 75)),
    ],
)
def test_lines_that_nobody_can_put_together(data: bytes) -> None:
    for attempt in (lambda: scan(io.BytesIO(data), "f.835"), lambda: found(data)):
        with pytest.raises(FileRefusedError) as refused:
            attempt()
        assert refused.value.reason == "lines_wrapped"


def seconds(data: bytes) -> float:
    """The least of three times that reading takes, in seconds."""
    taken = []
    for _ in range(3):
        begun = time.thread_time()
        for _segment in SegmentReader(io.BytesIO(data), "f"):
            pass
        taken.append(time.thread_time() - begun)
    return min(taken)


@pytest.mark.parametrize("shape", ["one", "each"])
def test_what_lines_cost_grows_with_their_number(shape: str) -> None:
    def made(count: int) -> bytes:
        if shape == "one":
            return b"\n".join(lines(file_of(SENT) * count, 80))
        return b"\n".join(b"\n".join(lines(file_of(SENT), 80)) for _ in range(count))

    few = seconds(made(300))
    assert seconds(made(2400)) < 8 * 3 * few
