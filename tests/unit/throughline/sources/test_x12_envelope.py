"""X12 files of all the shapes that senders give them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, SupportsIndex

import pytest
import yaml

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.wire import (
    CLAIMS,
    REMITTANCE,
    claim,
    claims,
    found,
    payment,
    reasons,
    remittance,
)
from throughline.sources.definitions import parse
from throughline.sources.records import FileRefusedError
from throughline.sources.x12 import segments
from throughline.sources.x12.reader import scan
from throughline.sources.x12.segments import SegmentReader
from throughline.sources.x12.standard import X12
from throughline.transports.files import RemoteFile
from throughline.vocabulary import OURS

TWO = wire.interchange(
    wire.group(CLAIMS, wire.transaction(CLAIMS, claims(claim("A1", "100"), claim("A2", "50.25"))))
)


def numbers(data: bytes) -> list[str]:
    """The claim numbers of a file that has no fault."""
    records, faults = found(data)
    assert faults == []
    return [record.patient_control_number for record in records]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r", "\n\n", " ", "\r\n  "])
@pytest.mark.parametrize("terminator", ["~", "'", "\x1c", "|"])
def test_any_terminator_with_any_line_end_after_it(terminator: str, end: str) -> None:
    assert numbers(wire.file_of(TWO, terminator, end=end)) == ["A1", "A2"]


@pytest.mark.parametrize("terminator", ["\r", "\n", "\r\n"])
def test_line_ends_as_terminators(terminator: str) -> None:
    data = wire.file_of(TWO, terminator)
    assert numbers(data) == ["A1", "A2"]
    assert scan(io.BytesIO(data), "f").is_complete


@pytest.mark.parametrize("before", ["\ufeff", "\ufeff\r\n", "\n\n", "  ", "\x00"])
def test_marks_and_blanks_before_the_header(before: str) -> None:
    assert numbers(before.encode() + wire.file_of(TWO)) == ["A1", "A2"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16(codec: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(codec, b"")
    assert numbers(mark + wire.file_of(TWO).decode().encode(codec)) == ["A1", "A2"]


def test_text_around_interchanges_is_named_and_skipped() -> None:
    records, faults = found(b"From: clearinghouse\nISA99\n" + wire.file_of(TWO) + b"\nGoodbye\x1a")
    assert [r.patient_control_number for r in records] == ["A1", "A2"]
    assert [(f.reason, f.severity, f.row) for f in faults] == [
        ("text_outside_interchange", "warning", 0)
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda isa: isa.replace("HOUSE          ", "HOUSE"),
        lambda isa: isa.replace("HOUSE          ", "HOUSE               "),
        lambda isa: isa.replace("*00*          *00*          ", "*00**00*"),
    ],
)
def test_a_header_that_is_not_106_characters_long(change: Callable[..., Any]) -> None:
    header = change(wire.isa())
    assert len(header) != 105
    assert numbers(wire.file_of([header, *TWO[1:]])) == ["A1", "A2"]


def test_a_header_without_its_component_separator() -> None:
    header = wire.isa()[:-2]
    records, _ = found(wire.file_of([header + "*", *TWO[1:]]))
    assert [r.patient_control_number for r in records] == ["A1", "A2"]


def test_control_characters_separate_elements_too() -> None:
    data = wire.simple(REMITTANCE, remittance(payment("A1"))).decode()
    odd = data.translate(str.maketrans("*:^~", "\x1d\x1f\x1e\x1c"))
    [one], [other] = found(data.encode())[0], found(odd.encode())[0]
    assert (one.key, one.lines) == (other.key, other.lines)


def test_separators_may_change_from_one_interchange_to_the_next() -> None:
    other = [s.replace(":", ">").replace("*", "|") for s in TWO]
    data = wire.file_of(TWO, "~\n") + wire.file_of(other, "\x1d") + wire.file_of(TWO)
    records, faults = found(data)
    assert [r.patient_control_number for r in records] == ["A1", "A2"] * 3
    assert [r.row for r in records] == [1, 2, 3, 4, 5, 6]
    assert [r.lines[0].modifiers for r in records] == [["25"]] * 6
    assert faults == []


def test_groups_and_sets_of_all_kinds_in_one_file() -> None:
    body, paid = claims(claim("A1")), remittance(payment("A1"))
    data = wire.file_of(
        wire.interchange(
            wire.group(
                CLAIMS,
                wire.transaction(CLAIMS, body, "0001"),
                wire.transaction(CLAIMS, claims(claim("A2")), "0002"),
            ),
            wire.group(REMITTANCE, wire.transaction(REMITTANCE, paid), number=2),
        )
    ) + wire.simple(CLAIMS, claims(claim("A3")), number=2)
    contents = scan(io.BytesIO(data), "f")
    assert contents.feeds == {"claim": 3, "payment": 1}
    assert contents.interchanges == 2
    assert contents.is_complete
    records, faults = found(data)
    assert [type(r).__name__ for r in records] == ["Claim", "Claim", "Payment", "Claim"]
    assert [r.row for r in records] == [1, 2, 3, 4]
    assert faults == []
    # what belongs to another feed keeps its row number
    assert [r.row for r in found(data, "payment")[0]] == [3]
    assert [r.context.interchange_control_number for r in records] == ["000000001"] * 3 + [
        "000000002"
    ]


@pytest.mark.parametrize(
    ("count", "number", "expected"),
    [
        (3, "0001", "wrong_segment_count"),
        (None, "9999", "wrong_control_number"),
    ],
)
def test_a_wrong_trailer_is_a_warning(count: int | None, number: str, expected: str) -> None:
    body = wire.transaction(CLAIMS, claims(claim("A1")), count=count)
    body[-1] = body[-1].replace("0001", number)
    records, faults = found(wire.file_of(wire.interchange(wire.group(CLAIMS, body))))
    assert len(records) == 1
    assert [(f.reason, f.severity) for f in faults] == [(expected, "warning")]


def test_a_set_that_is_not_used_here_is_one_fault_and_the_rest_is_read() -> None:
    foreign = ["ST*834*0001*005010X220A1", "BGN*00*1*20260903", "INS*Y*18", "SE*4*0001"]
    data = wire.file_of(
        wire.interchange(wire.group(CLAIMS, foreign, wire.transaction(CLAIMS, claims(claim("A1")))))
    )
    records, faults = found(data)
    assert [r.row for r in records] == [2]
    assert [(f.reason, f.row, f.source_id) for f in faults] == [
        ("transaction_set_not_used_here", 1, "834")
    ]
    assert scan(io.BytesIO(data), "f").unused == {"834": 1}


@pytest.mark.parametrize("version", ["005010X224A2", "005010X212", "005010X313"])
def test_other_guides_of_the_same_set_are_not_used(version: str) -> None:
    kind = "837" if "X224" in version else "277"
    segs = [
        wire.isa(),
        f"GS*HN*A*B*20260903*1201*1*X*{version}",
        f"ST*{kind}*0001",
        "SE*2*0001",
        "GE*1*1",
        "IEA*1*000000001",
    ]
    assert scan(io.BytesIO(wire.file_of(segs)), "f").unused == {kind: 1}


@pytest.mark.parametrize("keep", range(1, 40))
def test_wherever_a_file_breaks_off_nothing_half_is_believed(keep: int) -> None:
    whole = wire.file_of(TWO)
    cut = whole[: max(len(wire.isa()) + 1, len(whole) * keep // 40)]
    contents = scan(io.BytesIO(cut), "f")
    assert not contents.is_complete
    records, faults = found(cut)
    started = cut.count(b"~CLM*")
    rows = [r.row for r in records] + [f.row for f in faults if f.severity == "row"]
    assert sorted(rows) == list(range(1, started + 1))
    for record in records:
        assert str(record.total_charge) in ("100", "50.25")
        assert len(record.lines) == 1
    if started and b"~SE*" not in cut:
        assert faults[0].reason == "truncated"


def test_an_interchange_that_begins_inside_another_ends_it() -> None:
    data = wire.file_of(TWO[:-6]) + wire.file_of(TWO)
    records, faults = found(data)
    assert [r.patient_control_number for r in records] == ["A1", "A1", "A2"]
    assert [(f.reason, f.row) for f in faults if f.severity == "row"] == [("truncated", 2)]
    assert not scan(io.BytesIO(data), "f").is_complete


def test_a_set_without_trailer_ends_with_its_group() -> None:
    segs = [s for s in TWO if not s.startswith("SE*")]
    records, faults = found(wire.file_of(segs))
    assert [r.patient_control_number for r in records] == ["A1"]
    assert reasons(faults) == ["truncated", "truncated"]
    assert not scan(io.BytesIO(wire.file_of(segs)), "f").is_complete


def test_segments_outside_a_set_are_named() -> None:
    segs = [*TWO[:-1], "XYZ*1", TWO[-1]]
    assert reasons(found(wire.file_of(segs))[1]) == ["segment_outside_transaction"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b" \r\n", "empty_file"),
        (b"hello", "no_interchange_header"),
        (b"ISA*00*1~", "no_interchange_header"),
        (b"x" * 200_000, "no_interchange_header"),
        (b"PK\x03\x04" + bytes(100), "no_interchange_header"),
        (b"ISA" * 50_000, "no_interchange_header"),
    ],
)
def test_what_is_no_x12_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    for attempt in (lambda: scan(io.BytesIO(data), "f.x12"), lambda: found(data)):
        with pytest.raises(FileRefusedError) as refused:
            attempt()
        assert (refused.value.file, refused.value.reason) == ("f.x12", reason)
        assert str(refused.value) == f"f.x12: refused at 0: {reason}" or str(
            refused.value
        ).endswith(reason)


def test_an_empty_group_says_that_there_was_nothing() -> None:
    data = wire.file_of(wire.interchange(wire.group(REMITTANCE)))
    contents = scan(io.BytesIO(data), "f")
    assert dict(contents.feeds) == {"payment": 0}
    assert found(data) == ([], [])


def test_a_segment_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "CHUNK", 1 << 12)
    monkeypatch.setattr(segments, "LONGEST_SEGMENT", 1 << 14)
    broken = wire.file_of(TWO[:-10]) + b"NTE*ADD*" + b"x" * 100_000
    records, faults = found(broken + b"~" + wire.file_of(TWO))
    assert [r.patient_control_number for r in records] == ["A1", "A1", "A2"]
    assert "truncated" in reasons(faults)


def test_chunks_of_any_size_give_the_same_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (
        wire.file_of(TWO, "~\r\n")
        + wire.file_of(TWO, "\n")
        + wire.file_of([s.replace("ZEBULON", "ZÉBULON") for s in TWO])
    )
    whole = list(SegmentReader(io.BytesIO(data), "f"))
    for size in (1, 2, 3, 7, 64, 107, 1000):
        monkeypatch.setattr(segments, "CHUNK", size)
        assert list(SegmentReader(io.BytesIO(data), "f")) == whole, size


def test_names_in_latin_1_are_read() -> None:
    data = wire.file_of([s.replace("ZEBULON", "ZÉBULON") for s in TWO]).decode().encode("latin-1")
    assert found(data)[0][0].patient.given == "ZÉBULON"


def test_names_in_the_code_page_of_windows_are_read() -> None:
    data = wire.file_of([s.replace("ZEBULON", "ZE’BULON") for s in TWO]).decode().encode("cp1252")
    assert found(data)[0][0].patient.given == "ZE’BULON"


def test_times_and_test_flag_of_the_envelope() -> None:
    record = found(wire.simple(CLAIMS, claims(claim("A1"))))[0][0]
    assert record.context.interchange_at.isoformat() == "2026-09-03T12:01:00"
    assert record.context.group_at.isoformat() == "2026-09-03T12:01:00"
    assert not record.context.is_test
    assert found(wire.file_of([TWO[0].replace("*P*", "*T*"), *TWO[1:]]))[0][0].context.is_test


def test_a_file_of_a_test_is_refused() -> None:
    """ISA15 T: nothing in it was billed or paid. A definition may say that its source never says anything else."""
    test = wire.file_of([TWO[0].replace("*P*", "*T*"), *TWO[1:]])
    said = yaml.safe_load((OURS / "sources" / "clearinghouse.yaml").read_text())
    for data, what, is_read in (
        (test, {}, False),
        (wire.file_of(TWO) + test, {}, False),
        (test, {"test_data": "set_aside"}, False),
        (test, {"test_data": "read"}, True),
        (wire.file_of(TWO), {}, True),
    ):
        house = parse({**said, "conventions": what}, "clearinghouse.yaml")
        file = RemoteFile("f.x12", len(data), None)
        if is_read:
            assert X12().scan(io.BytesIO(data), file, house).feeds == {"claim": 1}
        else:
            with pytest.raises(FileRefusedError, match="test_data"):
                X12().scan(io.BytesIO(data), file, house)


def interchange(number: int) -> bytes:
    """An interchange with one claim."""
    body = wire.claims(wire.claim(f"A{number}"))
    groups = wire.group(wire.CLAIMS, wire.transaction(wire.CLAIMS, body))
    return wire.file_of(wire.interchange(groups, number=number))


class Counted(str):
    """Text that counts the characters which are cut out of it, split or joined: what reading it costs."""

    __slots__ = ()
    touched = 0

    def __getitem__(self, key: SupportsIndex | slice) -> Counted:
        return self._counted(super().__getitem__(key))

    def __add__(self, other: str, /) -> Counted:
        return self._counted(super().__add__(other))

    def __radd__(self, other: str) -> Counted:
        return self._counted(other + str(self))

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        Counted.touched += len(self)
        return [Counted(part) for part in super().split(sep, maxsplit)]

    @staticmethod
    def _counted(text: str) -> Counted:
        Counted.touched += len(text)
        return Counted(text)


def cost(monkeypatch: pytest.MonkeyPatch, data: bytes) -> float:
    """How many characters reading touches, for each one that there is."""
    with monkeypatch.context() as patched:
        whole = segments._text_chunks
        patched.setattr(segments, "_text_chunks", lambda stream: map(Counted, whole(stream)))
        Counted.touched = 0
        assert sum(1 for _ in SegmentReader(io.BytesIO(data), "f")) > len(data) / 100
    return Counted.touched / len(data)


def test_many_interchanges_cost_what_their_segments_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the text was split and joined again for each: the square of their number."""
    plain = b"".join(interchange(number) for number in range(1500))
    other = {b"*": b"|", b"~": b"!"}
    odd = []
    for number in range(1500):
        one = interchange(number)
        for mark, instead in other.items() if number % 2 else ():
            one = one.replace(mark, instead)
        odd.append(one)
    assert 1 < cost(monkeypatch, plain) < 6
    # other separators in each: the next few are looked at, however many follow
    few, many = (cost(monkeypatch, b"".join(odd[:number])) for number in (300, 1500))
    assert few < 40
    assert many < 1.1 * few


@pytest.mark.parametrize("short", [1, 7, 64, 1 << 12])
def test_it_does_not_matter_how_much_is_split_at_once(
    monkeypatch: pytest.MonkeyPatch, short: int
) -> None:
    data = b"".join(
        interchange(n).replace(b"~", end)
        for n, end in enumerate((b"~", b"\n", b"~\r\n", b"~  ", b"!", b"\r", b"~"))
    )
    whole = list(SegmentReader(io.BytesIO(b"junk\n" + data + b"  junk"), "f"))
    monkeypatch.setattr(segments, "SHORT", short)
    monkeypatch.setattr(segments, "CHUNK", 500)
    reader = SegmentReader(io.BytesIO(b"junk\n" + data + b"  junk"), "f")
    assert list(reader) == whole
    assert len(whole) == 7 * len(list(SegmentReader(io.BytesIO(interchange(1)), "f")))
    assert reader.skipped == 2
