"""Sections of the reference of the language: pure data, which any evaluator can be held against.

A chapter is a YAML file; a section is a rule in a sentence, a table of facts, a fragment of a definition, and what is
expected for each person. What a section leaves out is in `world_of`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from tests.model.library import CONDITIONS
from tests.model.world import (
    Aside,
    Calendar,
    Decision,
    Definition,
    Fact,
    Feed,
    Night,
    PayerRule,
    Person,
    Task,
    Time,
    World,
)

CHAPTERS = Path(__file__).parent / "chapters"
PRACTICE = ZoneInfo("America/New_York")
NIGHT = "2026-03-20 03:00"
TRIGGER = "2026-03-02 10:00"
HOLIDAYS = frozenset({date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 16), date(2026, 5, 25)})
SEASONS = {"influenza_season": ((date(2025, 9, 1), date(2026, 4, 30)),)}
TIMES = ("occurred", "starts", "ends", "issued", "collected")
LINKS = (
    "encounter", "order", "appointment", "claim", "document", "report", "practitioner", "responsible", "specialty",
    "accession", "procedure", "topic",
)  # fmt: skip
COLUMNS = {
    "person", "record", "kind", "codes", "status", "value", "unit", "source", "version", "known", "retracted",
    "unclear",
    *TIMES, *LINKS,
}  # fmt: skip
"""Columns of a table of facts; every other column is a detail of the record."""

Row = dict[str, str]


@dataclass(frozen=True)
class Section:
    """One rule with its example."""

    chapter: str
    words: dict[str, Any]

    @property
    def title(self) -> str:
        return str(self.words["title"])

    @property
    def fragment(self) -> Any:
        """Return the fragment as YAML gives it."""
        return YAML(typ="safe", pure=True).load(
            self.words.get("condition") or self.words["definition"]
        )

    @cached_property
    def workflow(self) -> str:
        """Return the name of the workflow that is asked about."""
        return "example" if self.is_condition else str(self.fragment.get("workflow", "example"))

    @property
    def is_condition(self) -> bool:
        return "condition" in self.words

    def table(self, name: str) -> list[Row]:
        return table(self.words.get(name, ""))


def table(text: str) -> list[Row]:
    """Read a table drawn as text: a line of names, then a line for each row, cells between bars."""
    lines = [
        [cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()
    ]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def chapters() -> list[dict[str, Any]]:
    """Return the chapters in their order."""
    yaml = YAML(typ="safe", pure=True)
    return [yaml.load(path.read_text(encoding="utf-8")) for path in sorted(CHAPTERS.glob("*.yaml"))]


def sections() -> list[Section]:
    return [Section(str(c["chapter"]), words) for c in chapters() for words in c["sections"]]


def instant_of(text: str, zone: ZoneInfo = PRACTICE) -> datetime:
    """Read `2026-03-02 10:00`, local, or with an offset as a source writes it."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def time_of(text: str) -> Time:
    return (
        Time(instant=instant_of(text))
        if " " in text or "T" in text
        else Time(day=date.fromisoformat(text))
    )


def world_of(section: Section) -> World:
    """Return the world of a section, with what it leaves out.

    Each person has a discharge, the trigger, unless the section says what opens a case. A fact that the fragment names
    and does not describe is of the kind of that name. There is one night, and every feed is complete.
    """
    words = section.words
    definition = definition_of(section)
    persons = persons_of(section)
    facts = [fact_of(row) for row in section.table("facts")]
    if section.is_condition or "opens" not in section.fragment:
        told = {fact.person for fact in facts if fact.kind == "discharge"}
        at = time_of(str(words.get("trigger", TRIGGER)))
        facts += [
            Fact(p.name, "discharge", "trigger", occurred=at) for p in persons if p.name not in told
        ]
    nights = words.get("nights", {1: words.get("night", NIGHT)})
    activated = words.get("activated")
    others = [Definition(each) for each in words.get("others", [])]
    return World(
        persons=persons,
        facts=tuple(facts),
        nights=tuple(Night(number, instant_of(str(at))) for number, at in nights.items()),
        zone=PRACTICE,
        definitions=(Definition(definition, instant_of(activated) if activated else None), *others),
        library=words.get("library", {"facts": {}, "stages": []}),
        standing=words.get("standing", {}),
        value_sets={
            n: frozenset(map(_coding, codes)) for n, codes in words.get("value_sets", {}).items()
        },
        feeds=tuple(_feeds(section)),
        asides=tuple(Aside(r["person"], r["feed"]) for r in section.table("aside")),
        tasks=tuple(_task(row) for row in section.table("tasks")),
        decisions=tuple(_decision(row) for row in section.table("decisions")),
        calendar=Calendar(HOLIDAYS, SEASONS),
        sites={(r["slot"], r["id"]): ZoneInfo(r["zone"]) for r in section.table("sites")},
        payer_rules=tuple(_payer_rule(r) for r in section.table("payer_rules")),
        may_be_negative=frozenset({"payment"}),
    )


def definition_of(section: Section) -> dict[str, Any]:
    """Return the whole definition around a fragment."""
    whole: dict[str, Any] = {
        "workflow": "example",
        "version": 1,
        "opens": {"after": "discharge"},
        "once_per": "event",
    }
    if not section.is_condition:
        whole |= section.fragment
    else:
        whole |= around(section.fragment, str(section.words.get("place", "proof")))
    whole.setdefault("stages", [{"stage": "first", "proof": {"exists": "nothing"}}])
    given = dict(whole.get("facts") or {}) | dict(section.words.get("named", {}))
    library = section.words.get("library", {}).get("facts", {})
    standing = section.words.get("standing", {}).get("facts", {})
    for name in names(whole):
        if name not in given and name not in library and name not in standing:
            given[name] = {"kind": name}
    return {**whole, "facts": given}


def around(condition: Any, place: str) -> dict[str, Any]:
    """Return a definition in which a condition stands at a place."""
    stage: dict[str, Any] = {
        "stage": "first",
        "proof": {"exists": "nothing"},
        "due": {"trigger": "90 days"},
    }
    if place in ("proof", "met_by", "skips_when"):
        return {"stages": [{**stage, place: condition}]}
    if place == "otherwise":
        return {"stages": [{**stage, "otherwise": [{"when": condition, "exception": "found"}]}]}
    if place == "ends":
        return {"ends": [{"reason": "found", "when": condition, "bars": "outreach"}]}
    if place == "bills":
        return {"bills": {"dated": "trigger", "first_of": [{"code": "A", "when": condition}]}}
    if place == "unless":
        return {"opens": {"after": "discharge", "unless": condition}}
    return {"population": condition}


def names(words: Any) -> Iterator[str]:
    """Yield the names of facts in a definition."""
    if isinstance(words, list):
        for each in words:
            yield from names(each)
    elif isinstance(words, dict):
        for key, value in words.items():
            if key in (*CONDITIONS, "corrects") and isinstance(value, str):
                yield value
            elif key == "after":
                yield from value if isinstance(value, list) else [value]
            elif key == "each" and isinstance(value, dict):
                yield value["from"]
            else:
                yield from names(value)


def persons_of(section: Section) -> tuple[Person, ...]:
    given = {row["person"]: row for row in section.table("persons")}
    found = [
        row["person"] for name in ("facts", "persons", "expect") for row in section.table(name)
    ]
    return tuple(
        Person(
            name,
            born=date.fromisoformat(given[name]["born"])
            if given.get(name, {}).get("born")
            else None,
            sex=given.get(name, {}).get("sex") or None,
            systems=frozenset((given.get(name, {}).get("systems") or "ehr").split()),
        )
        for name in dict.fromkeys(found)
    )


def _coding(text: Any) -> tuple[str, str]:
    system, _, code = str(text).rpartition(" ")
    return system or "local", code


def _detail(text: str) -> Any:
    if text in ("yes", "no"):
        return text == "yes"
    if text.startswith('"'):
        return text.strip('"')  # digits that are a code
    if text.replace(".", "", 1).isdigit():
        return Decimal(text)
    return tuple(text.split()) if " " in text else text


def fact_of(row: Row) -> Fact:
    """Return the fact of a row."""
    links = {
        s: frozenset(
            ("ehr", i) if ":" not in i else (i.split(":")[0], i.split(":")[1])
            for i in row[s].split()
        )
        for s in LINKS
        if row.get(s)
    }
    value = row.get("value", "")
    return Fact(
        person=row["person"],
        kind=row["kind"],
        reference=row["record"],
        source=row.get("source") or "ehr",
        version=row.get("version") or "1",
        codings=frozenset(
            _coding(code) for code in row.get("codes", "").split(",") if code.strip()
        ),
        status=row.get("status") or None,
        value=None if not value else time_of(value) if "-" in value[1:] else Decimal(value),
        unit=row.get("unit") or None,
        links=links,
        detail={k: _detail(v) for k, v in row.items() if k not in COLUMNS and v},
        known_seq=int(row.get("known") or 1),
        retracted_seq=int(row["retracted"]) if row.get("retracted") else None,
        is_unclear=row.get("unclear") == "yes",
        **{name: time_of(row[name]) for name in TIMES if row.get(name)},
    )


def _feeds(section: Section) -> Iterator[Feed]:
    rows = section.table("feeds")
    for name in dict.fromkeys(row["feed"] for row in rows):
        own = [row for row in rows if row["feed"] == name]
        yield Feed(
            name,
            frozenset(own[0]["kinds"].split()),
            own[0].get("system") or "ehr",
            own[0].get("first to know") == "yes",
            {
                int(r.get("night") or 1): instant_of(r["complete"])
                for r in own
                if r["complete"] != "yes"
            },
        )


def _task(row: Row) -> Task:
    ended = instant_of(row["ended"]) if row.get("ended") else None
    return Task(
        row["person"], "example", row["stage"], row["kind"], instant_of(row["begun"]), ended
    )


def _decision(row: Row) -> Decision:
    until = date.fromisoformat(row["until"]) if row.get("until") else None
    about = row.get("stage") or None, row.get("reason") or None
    return Decision(row["person"], "example", row["act"], int(row.get("night") or 1), *about, until)


def _payer_rule(row: Row) -> PayerRule:
    begins, ends = (date.fromisoformat(row[k]) if row.get(k) else None for k in ("begins", "ends"))
    codes, beside = (frozenset(row[k].split()) for k in ("codes", "beside"))
    return PayerRule(row["name"], codes, beside, row["same"], begins, ends)
