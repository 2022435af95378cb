"""Faults on request, per feed and date, applied by the servers as they serve.

A request is ``feed:date:kind``; without a date it applies to the next date on which that feed is served. A feed
that was damaged or late is sent again in full with the next day's delivery. A missing file is never sent; a type
missing from an export is in the next one, if that asks for changes since before the gap.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

EHR_FEEDS = (
    "patient", "coverage", "consent", "encounter", "condition", "procedure", "document_reference", "communication",
    "task", "charge_item", "claim", "payment_notice", "practitioner", "organization", "location",
)  # fmt: skip
FILE_FEEDS = (
    "appointment", "claim", "claim_response", "payment", "eligibility_response", "functional_acknowledgement",
)  # fmt: skip
CALLS = ("ehr_create", "booking", "work_item")
FEEDS = tuple(dict.fromkeys((*EHR_FEEDS, *FILE_FEEDS)))
DAMAGES = ("truncated", "wrong_encoding", "out_of_order", "schema_drift", "garbage_rows")
# of a file alone: encrypted for somebody else, money that does not add up
OF_FILES = ("unreadable", "unbalanced")
MONEY = ("payment", "claim")
# of an export alone: a manifest of two pages, files at another host, addresses of files that have expired
OF_EXPORTS = ("paged", "redirected", "expired")
KINDS = {
    "late": "comes a day later; `late_3`: three days",
    "missing": "never comes; of an export: not in this one",
    "duplicate": "comes twice, the second time under another name",
    "truncated": "breaks off; comes whole the next day",
    "wrong_encoding": "comes in UTF-16; comes right the next day",
    "out_of_order": "its records come in another order",
    "schema_drift": "comes in another version of its standard; of an export: half of its rows have renamed fields",
    "garbage_rows": "has rows that nobody can read among the others; comes without them the next day",
    "unreadable": "a file that is encrypted for somebody else; comes in clear the next day, under another name",
    "unbalanced": "payments or claims whose total is not the sum of their parts; comes right the next day",
    "odd_name": "a file whose name has a line end, and a byte that is not UTF-8",
    "paged": "an export whose manifest has two pages",
    "redirected": "an export whose files are at another host, which refuses our token",
    "expired": "an export whose first addresses of files have expired",
    "slow": "answers after two seconds",
    "http_500": "answers 500 to the first tries",
    "lost_answer": "does what was asked, and breaks the connection instead of answering",
}
"""Every kind, and what happens to the feed."""
SLOW_SECONDS = 2.0
WRONG_BY = Decimal(100)
"""US dollars by which a total that does not balance is too high."""


@dataclass
class Fault:
    """One request for misbehaviour; ``days`` is how late."""

    feed: str
    day: date | None
    kind: str
    days: int = 1


@dataclass
class Misbehaviour:
    """All requests so far. ``served`` holds each (feed, day) already delivered, which can no longer misbehave."""

    faults: list[Fault] = field(default_factory=list)
    last_delivery: date | None = None

    def ask(self, feed: str, day: date | None, kind: str) -> Fault:
        """Remember a request. Raises ``ValueError`` for an unknown feed or kind, or a delivery that is over."""
        late = re.fullmatch(r"late[-_]?(\d+)", kind)
        days = int(late[1]) if late else 1
        kind = "late" if late else kind
        if feed not in FEEDS and feed not in CALLS:
            raise ValueError(f"unknown feed {feed!r}{_instead(feed, (*FEEDS, *CALLS))}")
        if kind not in KINDS:
            raise ValueError(f"unknown misbehaviour {kind!r}{_instead(kind, KINDS)}")
        if feed in CALLS and kind not in ("slow", "http_500", "lost_answer"):
            raise ValueError(f"a call can be slow, http_500 or lost_answer, not {kind}")
        if kind in OF_EXPORTS and feed not in EHR_FEEDS:
            raise ValueError(f"only an export can be {kind}; there are {', '.join(EHR_FEEDS)}")
        if kind in (*OF_FILES, "odd_name") and feed not in FILE_FEEDS:
            raise ValueError(f"only a file can be {kind}; there are {', '.join(FILE_FEEDS)}")
        if kind == "unbalanced" and feed not in MONEY:
            raise ValueError(f"only money can be {kind}: {', '.join(MONEY)}")
        by_file = kind in ("late", "missing", "duplicate", "odd_name", *DAMAGES, *OF_FILES)
        if day and by_file and self.last_delivery and day <= self.last_delivery:
            raise ValueError(f"the delivery of {day} is over")
        fault = Fault(feed, day, kind, days)
        if fault not in self.faults:
            self.faults.append(fault)
        return fault

    def ask_all(self, spec: str) -> None:
        """Remember ``feed:date:kind,feed:kind,...``. Raises ``ValueError`` that names the part."""
        for part in filter(None, (p.strip() for p in spec.split(","))):
            words = part.split(":")
            if len(words) not in (2, 3):
                raise ValueError(f"{part!r} is not feed:date:kind")
            self.ask(
                words[0],
                date.fromisoformat(words[1]) if len(words) == 3 and words[1] else None,
                words[-1],
            )

    def bind(self, day: date) -> None:
        """Assign this date to requests without one."""
        for fault in self.faults:
            if fault.day is None:
                fault.day = day

    def planned(self, feed: str, day: date) -> list[str]:
        """What was asked for a feed on a day."""
        return [fault.kind for fault in self.faults if fault.feed == feed and fault.day == day]

    def release(self, feed: str, day: date) -> date | None:
        """The day when what was withheld or damaged on ``day`` is sent again: ``day`` if nothing was, None if never."""
        found = [fault for fault in self.faults if fault.feed == feed and fault.day == day]
        if any(fault.kind == "missing" for fault in found):
            return None if feed in FILE_FEEDS else day + timedelta(days=1)
        late = [fault.days for fault in found if fault.kind == "late"]
        if late:
            return day + timedelta(days=max(late))
        damaged = any(fault.kind in (*DAMAGES, *OF_FILES) for fault in found)
        return day + timedelta(days=1) if damaged else day


def _instead(word: str, words: Collection[str]) -> str:
    """The nearest of the known words if one is near, and all of them."""
    near = difflib.get_close_matches(word.lower(), words, n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"{meant}; there are {', '.join(words)}"


def odd_name(name: str) -> str:
    """A name as some senders give it: with an accent in Latin-1, and a line end."""
    return os.fsdecode(b"re\xe7u\n") + name


# ---- damage to a file, told by its form ---------------------------------------------------------------------
def damage(kind: str, content: bytes) -> bytes:
    """A file as a misbehaving sender would have sent it."""
    return _DAMAGE[kind](content)


def _truncated(content: bytes) -> bytes:
    return content[: max(1, int(len(content) * 0.6))]


def _wrong_encoding(content: bytes) -> bytes:
    return content.decode("utf-8", "replace").encode("utf-16")


def _records(content: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Head, records and tail of an SIU batch or an X12 file (its interchanges)."""
    if content.startswith((b"FHS", b"BHS", b"MSH")):
        first, last = content.find(b"MSH"), content.rfind(b"BTS")
        if first < 0:
            return content, [], b""
        last = last if last >= 0 else len(content)
        parts = re.split(rb"(?<=\r)(?=MSH\|)", content[first:last])
        return content[:first], parts, content[last:]
    return b"", re.split(rb"(?=ISA.)", content)[1:] if b"ISA" in content else [content], b""


def _out_of_order(content: bytes) -> bytes:
    head, parts, tail = _records(content)
    return head + b"".join(reversed(parts)) + tail


def _garbage_rows(content: bytes) -> bytes:
    head, parts, tail = _records(content)
    if head or tail:
        garbage = b"MSH|^~\\&|SCHED|LAKESIDE|TL|LAKESIDE|not a time||SIU^S99|\rSCH|\xff\xfe|\r"
        every = max(1, len(parts) // 3)
        out = [part + garbage if index % every == 0 else part for index, part in enumerate(parts)]
        return head + b"".join(out) + tail
    end = content.rfind(b"IEA")
    return (
        content[:end] + b"ZZZ*GARBAGE*\x01\x02~" + content[end:]
        if end >= 0
        else content + b"\x00garbage"
    )


def _schema_drift(content: bytes) -> bytes:
    if content.startswith((b"FHS", b"BHS", b"MSH")):
        # The sender upgraded: another version, a local segment, and the filler id in a repeated field.
        return content.replace(b"|2.5.1\r", b"|2.9\r").replace(
            b"\rRGS|1|A\r", b"\rZLK|1|new field\rRGS|1|A\r"
        )
    return content.replace(b"005010X", b"006020X")


def _unreadable(content: bytes) -> bytes:
    lines = re.findall("." * 64 + "|.+", content[::-1].hex())
    return "\n".join(
        ["-----BEGIN PGP MESSAGE-----", "", *lines, "-----END PGP MESSAGE-----", ""]
    ).encode()


def _unbalanced(content: bytes) -> bytes:
    """Raise the total (BPR02, CLM02) of the first payment or claim of each interchange, and of every other after it."""
    return b"".join(map(_raised, _records(content)[1]))


def _raised(interchange: bytes) -> bytes:
    between, end = re.escape(interchange[3:4]), re.escape(interchange[105:106])
    total = (
        rb"(?<=%(end)b)(\s*(?:BPR|CLM)%(between)b[^%(between)b%(end)b]*%(between)b)(\d+(?:\.\d+)?)"
    )
    number = iter(range(len(interchange)))

    def raised(found: re.Match[bytes]) -> bytes:
        if next(number) % 2:
            return found[0]
        return found[1] + str(Decimal(found[2].decode()) + WRONG_BY).encode()

    return re.sub(total % {b"between": between, b"end": end}, raised, interchange)


_DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": _truncated,
    "wrong_encoding": _wrong_encoding,
    "out_of_order": _out_of_order,
    "garbage_rows": _garbage_rows,
    "schema_drift": _schema_drift,
    "unreadable": _unreadable,
    "unbalanced": _unbalanced,
}
