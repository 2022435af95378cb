"""The list of the claims of a batch, told from the bytes of the file that will be sent.

What the file says, the list says in the file's words. What the file cannot say comes from the warehouse: the
place's name, what the case expects, what proves it, what was asked and decided. A claim whose row and whose
bytes differ makes the batch one that nobody can attest. The digest of both is what is shown, opened and
attested.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from throughline import decisions
from throughline.decisions import Door, NotAllowedError, Request, opening
from throughline.practice.permissions import may
from throughline.programs.kept import Kept
from throughline.tasks.wire import filed
from throughline.tasks.wire.filed import NotTold
from throughline.tasks.wire.x12 import Unwritable
from throughline.warehouse import Connection, sql

SEES = "see_patients"
"""What a person needs to open a list: it names patients."""
_SHOWN: ContextVar[Listed | None] = ContextVar("shown", default=None)
SHORT = 8
"""Characters of a batch's number that people read and type."""
KEPT, KEPT_SECONDS = 4, 900
"""How many lists a process keeps for those who open them again, and how long. They hold patient data, and some ten
megabytes each."""


class NoSuchBatch(NotAllowedError, LookupError):
    """There is no such batch of claims."""


@dataclass(frozen=True)
class Waiting:
    """A batch of claims that waits for a named person.

    `charge` is in US dollars; `file_by` is the last day on which the payer takes the oldest claim.
    """

    batch_id: UUID
    payer_id: str
    billing_npi: str
    claims: int
    charge: Decimal
    since: date | None
    due_at: datetime | None
    file_by: date | None


@dataclass(frozen=True)
class _List:
    """What `Listed` holds that follows from the bytes of the file and what the warehouse said of its claims."""

    digest: str
    told: str
    head: dict[str, Any]
    claims: list[dict[str, Any]]


@dataclass(frozen=True)
class Listed:
    """A batch in words: `head` is about its file, `claims` has one entry for each claim, in the file's order.

    `told` is the list as it is stored; `digest` is the SHA-256 of the file's bytes with those of `told`
    behind them. Holds patient data.
    """

    batch_id: UUID
    status: str
    sha256: str
    digest: str
    told: str
    head: dict[str, Any]
    claims: list[dict[str, Any]]

    @property
    def unsupported(self) -> list[str]:
        """The numbers of the claims that no open case supports now."""
        return [
            claim["number"]
            for claim in self.claims
            if all(case["do_not_bill"] for case in claim["cases"])
        ]


def waiting(conn: Connection) -> list[Waiting]:
    """Return the batches that wait for a named person, oldest first, without patient data."""
    return [Waiting(*row) for row in sql.run(conn, "tasks/waiting_batches.sql").rows]


def find(conn: Connection, number: str) -> UUID:
    """Return the batch whose number begins so. Raises `NoSuchBatch` if there is none, or more than one."""
    wanted = number.strip().lower()
    if len(wanted) < SHORT:
        raise NoSuchBatch(f"the number of a batch has at least {SHORT} characters")
    rows = conn.execute(
        "select batch_id from tasks.claim_batch where starts_with(batch_id::text, %s) limit 2",
        (wanted,),
    ).fetchall()
    if len(rows) != 1:
        raise NoSuchBatch("there is no batch of claims with this number")
    return UUID(str(rows[0][0]))


@contextmanager
def shown(listed: Listed) -> Iterator[None]:
    """Let `of` return this list of its batch inside the block, for previews of what is being shown.

    Nothing is recorded inside: what is attested is always told anew.
    """
    before = _SHOWN.set(listed)
    try:
        yield
    finally:
        _SHOWN.reset(before)


def of(conn: Connection, batch_id: UUID | str, *, again: bool = False) -> Listed:
    """Return the list of a batch's claims and its digest.

    The warehouse is asked each time. `again`: if file and answers are, byte for byte, those of a list that this
    process has told before, that one is returned. Only a page that shows a list may: what is attested is told anew.
    Raises `NoSuchBatch`, and `NotTold` if the file says something else than the rows of its claims.
    """
    before = _SHOWN.get()
    if before is not None and str(before.batch_id) == str(batch_id):
        return before
    row = conn.execute(
        "select batch_id, status, payload, payload_sha256, payer_id, billing_npi, claim_count, total_charge,"
        " interchange_control_number from tasks.claim_batch where batch_id = %s",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise NoSuchBatch("there is no such batch of claims")
    found, status, payload, sha256, *batch = row
    (statement,) = sql.statements("tasks/batch_list.sql")
    # the warehouse looks while the file is read here
    with conn.pipeline():
        rows = conn.execute(statement.encode(), {"batch_id": found})
        said = _read.get(payload, lambda: filed.read(payload)) if again else filed.read(payload)
        known = tuple(rows)
    # by all that a list follows from, and not by the hash of it: nothing else can stand in its place
    all_of_it = (payload, sha256, tuple(batch), known)
    told = (
        _told_of.get(all_of_it, lambda: _tell(said, *all_of_it))
        if again
        else _tell(said, *all_of_it)
    )
    return Listed(found, status, sha256, told.digest, told.told, told.head, told.claims)


def why_untold(conn: Connection, batch_id: UUID | str) -> str | None:
    """Return why the list of a batch cannot be told, without patient data; None if it can."""
    try:
        of(conn, batch_id)
    except NotTold as error:
        return str(error)
    return None


def check(payload: bytes, claims: Mapping[str, tuple[str, Any]]) -> list[str]:
    """Return why the list of a file could not be told, before it is a batch's; empty if it can.

    `claims` are frequency and content of its claims, by number.
    """
    try:
        said = filed.read(payload)
        _compare_claims(said, claims)
        for claim in said.claims:
            _told(claim, claims[claim["number"]][1], None, [])
    except NotTold as error:
        return [str(error)]
    return []


def attested(conn: Connection, batch_id: UUID | str) -> dict[str, Any] | None:
    """Return the list of a batch as it was attested: `file` and `claims`. None if none was kept."""
    row = conn.execute(
        "select l.told from tasks.claim_batch as b"
        " inner join operations.decision as d on d.decision_id = b.decision_id and d.kind = 'release'"
        " inner join tasks.batch_list as l on l.batch_id = b.batch_id and l.digest = d.detail ->> 'digest'"
        " where b.batch_id = %s",
        (batch_id,),
    ).fetchone()
    return None if row is None else dict(json.loads(row[0]))


def keep(conn: Connection, listed: Listed) -> None:
    """Keep a list as it is shown. Does not commit."""
    conn.execute(
        "insert into tasks.batch_list (batch_id, digest, told) values (%s, %s, %s) on conflict do nothing",
        (listed.batch_id, listed.digest, listed.told),
    )


def open_for(conn: Connection, batch_id: UUID | str, who: str, door: Door) -> Listed:
    """Return the list of a batch for a named person, and keep that this person opened it as it is now.

    Does not commit. Raises `NoSuchBatch`, `NotTold`, `NobodyNamedError`, and `NotPermittedError` for one
    who may not see patients, which is kept.
    """
    if who.strip() and not may(who, SEES):
        asked = Request("open", "claim_batch", str(batch_id), who, door=door)
        decisions.refuse(conn, asked, f"{who} may not {SEES}".replace("_", " "), SEES)
    listed = of(conn, batch_id, again=True)
    keep(conn, listed)
    opening.opened(conn, "claim_batch", str(listed.batch_id), listed.digest, who, door)
    return listed


def show_to_all(conn: Connection, batch_id: UUID | str) -> Listed:
    """Keep that a question shows a batch as it is now; returns its list, which the question does not hold.

    Does not commit. Raises `NoSuchBatch` and `NotTold`.
    """
    listed = of(conn, batch_id)
    keep(conn, listed)
    decisions.show(conn, "claim_batch", str(listed.batch_id), listed.digest)
    return listed


_read: Kept[bytes, filed.Filed] = Kept(KEPT, KEPT_SECONDS)
_told_of: Kept[tuple[Any, ...], _List] = Kept(KEPT, KEPT_SECONDS)


def forget() -> None:
    """Forget the lists that are kept."""
    _read.forget()
    _told_of.forget()


def _tell(
    said: filed.Filed,
    payload: bytes,
    sha256: str,
    batch: tuple[Any, ...],
    rows: tuple[tuple[Any, ...], ...],
) -> _List:
    """Return the list of a file that says so, whose hash and batch are so, with what the warehouse says of its claims.

    It follows from these alone. Raises `NotTold`.
    """
    known = {
        number: (frequency, msgspec.json.decode(content), place, msgspec.json.decode(cases))
        for number, frequency, content, place, cases in rows
    }
    _compare(said, known, hashlib.sha256(payload).hexdigest() == sha256, batch)
    claims = [_told(claim, *known[claim["number"]][1:]) for claim in said.claims]
    head = {
        "interchange": said.interchange,
        "receiver": said.receiver,
        "payer": said.claims[0]["payer"],
        "billing": said.billing,
        "claims": len(claims),
        "charge": f"{said.total:.2f}",
    }
    told = msgspec.json.encode({"file": head, "claims": claims}, order="sorted")
    digest = hashlib.sha256(payload + told).hexdigest()
    return _List(digest, told.decode(), head, claims)


def _compare(
    said: filed.Filed,
    known: dict[str, tuple[str, Any, Any, Any]],
    is_hashed: bool,
    batch: tuple[Any, ...],
) -> None:
    """Raise `NotTold` where the file, its batch and the rows of its claims differ."""
    payer_id, npi, count, total, control = batch
    numbers = [claim["number"] for claim in said.claims]
    wrong = [] if is_hashed else ["hash"]
    if sorted(numbers) != sorted(known) or len(numbers) != count:
        wrong.append("claims")
    if said.total != total:
        wrong.append("charge")
    if said.interchange != control:
        wrong.append("interchange")
    if said.billing.get("npi") != npi or {claim["payer"]["id"] for claim in said.claims} != {
        payer_id
    }:
        wrong.append("payer or billing provider")
    if wrong:
        raise NotTold(f"the file of this batch differs from its claims: {', '.join(wrong)}")
    _compare_claims(said, {number: row[:2] for number, row in known.items()})


def _compare_claims(said: filed.Filed, known: Mapping[str, tuple[str, Any]]) -> None:
    """Raise `NotTold` where what a file says differs from the frequency and content of its claims."""
    try:
        first = known[said.claims[0]["number"]][1]
        sender = filed.differences(said.billing, filed.written_of_sender(first))
        if sender:
            raise NotTold(f"the file names another billing provider: {', '.join(sender)}")
        for claim in said.claims:
            number = claim["number"]
            names = filed.differences(claim, filed.written(number, *known[number]))
            if names:
                raise NotTold(f"the file says otherwise of claim {number}: {', '.join(names)}")
    except Unwritable as error:
        raise NotTold(f"a claim of the file cannot be written: {error}") from None
    except (LookupError, TypeError, AttributeError):
        raise NotTold("the file has a claim of which the list lacks a part") from None


def _told(claim: dict[str, Any], content: Any, place: str | None, cases: Any) -> dict[str, Any]:
    """Return a claim as it is told: the file's words, with the codes' dots and the days as people write them."""
    diagnoses = list(content["diagnoses"])
    of_place = {str(at): code for at, code in enumerate(diagnoses, 1)}
    if not of_place.keys() >= {at for line in claim["lines"] for at in line["pointers"]}:
        raise NotTold(f"a line of claim {claim['number']} points at no diagnosis")
    patient = claim["patient"] | {"birth_date": _day(claim["patient"]["birth_date"])}
    lines = [
        {
            "line": line["line"], "code": line["code"], "modifiers": line["modifiers"], "units": line["units"],
            "charge": _cents(line["charge"]), "service_on": _day(line["service_on"]),
            "diagnoses": [of_place[at] for at in line["pointers"]],
        }
        for line in claim["lines"]
    ]  # fmt: skip
    return {
        "number": claim["number"], "frequency": claim["frequency"], "patient": patient, "payer": claim["payer"],
        "practitioner": claim["practitioner"], "place": {"code": claim["place"], "name": place},
        "service_on": sorted({line["service_on"] for line in lines}), "diagnoses": diagnoses, "lines": lines,
        "charge": _cents(claim["charge"]), "cases": cases,
    }  # fmt: skip


@lru_cache(maxsize=4096)
def _cents(amount: str) -> str:
    return f"{Decimal(amount):.2f}"


def _day(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"
