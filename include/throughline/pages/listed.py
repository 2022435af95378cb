"""The list of open exceptions: filtered and paged in the warehouse, the visitor's own first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from throughline.pages.visitor import Visitor
from throughline.told import exceptions, words
from throughline.told.exceptions import Stuck
from throughline.told.today import Today
from throughline.warehouse import Connection, sql

SIZE = 25
"""Exceptions on one page of the list."""
DUE = {"": "at any time", "overdue": "overdue", "today": "overdue or today"}
MOST_PAGES = 100_000


@dataclass(frozen=True)
class Chosen:
    """What the visitor filters by. Empty means everything."""

    team: str = ""
    owner: str = ""
    reason: str = ""
    due: str = ""
    mine: bool = False
    page: int = 1

    def address(self, **changed: object) -> str:
        """Return the query of the address that shows this, with some of it changed; it holds no patient data."""
        said = {
            "team": self.team,
            "owner": self.owner,
            "reason": self.reason,
            "due": self.due,
            "mine": "1" if self.mine else "",
            "page": self.page,
        } | changed
        kept = {key: value for key, value in said.items() if value not in ("", None)}
        if kept.get("page") == 1:
            del kept["page"]
        return f"?{urlencode(kept)}" if kept else ""


@dataclass(frozen=True)
class Count:
    """Open exceptions of one team, owner and reason. `amount` is in US dollars."""

    owner_team: str
    owner: str | None
    reason: str
    title: str | None
    exceptions: int
    overdue: int
    due: int
    amount: object


@dataclass(frozen=True)
class Listed:
    """One page of the list: its exceptions, the filters that are possible, and the sums over all pages."""

    chosen: Chosen
    shown: list[Stuck]
    total: int
    open: int
    overdue: int
    mine: int
    teams: list[tuple[str, int]]
    owners: list[tuple[str, int]]
    reasons: list[tuple[str, str, int]]

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // SIZE))


def chosen(said: Mapping[str, str]) -> Chosen:
    """Return what an address asks for; what cannot be read counts as not said."""
    said = {key: value for key, value in said.items() if value.isprintable()}
    page = said.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    due = said.get("due", "")
    return Chosen(
        team=said.get("team", ""),
        owner=said.get("owner", ""),
        reason=said.get("reason", ""),
        due=due if due in DUE else "",
        mine=said.get("mine") == "1",
        page=min(max(number, 1), MOST_PAGES),
    )


def listed(conn: Connection, visitor: Visitor, asked: Chosen, today: Today) -> Listed:
    """Return one page of the list as the visitor asked for it."""
    before = {"overdue": today.cut_off, "today": today.ends}.get(asked.due)
    counts = [
        Count(*row)
        for row in sql.run(
            conn,
            "told/pages/exception_counts.sql",
            overdue_before=today.cut_off,
            due_before=before or today.ends,
        ).rows
    ]
    total = sum(_number(count, asked) for count in counts if _fits(count, visitor, asked))
    ids = [
        row[0]
        for row in sql.run(
            conn,
            "told/pages/open_exceptions.sql",
            team=asked.team or None,
            owner=asked.owner or None,
            reason=asked.reason or None,
            due_before=before,
            mine=asked.mine,
            who=visitor.who,
            teams=list(visitor.teams),
            size=SIZE,
            skip=(asked.page - 1) * SIZE,
        ).rows
    ]
    return Listed(
        asked,
        exceptions.rows(conn, ids),
        total,
        open=sum(count.exceptions for count in counts),
        overdue=sum(count.overdue for count in counts),
        mine=sum(count.exceptions for count in counts if is_mine(count, visitor)),
        teams=_by(counts, ((count.owner_team, count.owner_team) for count in counts)),
        owners=_by(counts, ((count.owner or "", count.owner or "") for count in counts)),
        reasons=[
            (reason, next(c.title or words.title(reason) for c in counts if c.reason == reason), n)
            for reason, n in _by(counts, ((c.title or c.reason, c.reason) for c in counts))
        ],
    )


def is_mine(one: Count | Stuck, visitor: Visitor) -> bool:
    """Return whether an exception is the visitor's: given by name, or to no one and owned by a team of theirs."""
    return one.owner == visitor.who or (one.owner is None and one.owner_team in visitor.teams)


def _number(count: Count, asked: Chosen) -> int:
    return count.due if asked.due else count.exceptions


def _fits(count: Count, visitor: Visitor, asked: Chosen) -> bool:
    return (
        asked.team in ("", count.owner_team)
        and asked.owner in ("", count.owner)
        and asked.reason in ("", count.reason)
        and (not asked.mine or is_mine(count, visitor))
    )


def _by(counts: list[Count], keys: Iterable[tuple[str, str]]) -> list[tuple[str, int]]:
    """Return how many exceptions there are by key, sorted by the first of each pair; empty keys are left out."""
    sums: dict[tuple[str, str], int] = {}
    for count, key in zip(counts, keys, strict=True):
        sums[key] = sums.get(key, 0) + count.exceptions
    return [(key, sums[order, key]) for order, key in sorted(sums) if key]
