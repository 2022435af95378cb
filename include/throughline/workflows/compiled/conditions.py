"""Conditions and moments as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from throughline.workflows.compiled import facts as named
from throughline.workflows.compiled.levels import Levels, Part
from throughline.workflows.compiled.rows import Rows
from throughline.workflows.language.expanded import LEAVES, Words, Workflow, thawed
from throughline.workflows.language.lengths import length
from throughline.workflows.language.walk import FROM_TRIGGER

LISTS = ("all", "any", "first_of")
UNCLEAR = frozenset({"population", "proof", "met_by", "skips_when", "pauses"})
"""Places in which a fact without the link that is asked for is unclear; elsewhere it does not match (14)."""
PLAIN = ("trigger", "opened", "now", "due_day")
PERIODS = ("month", "quarter", "year", "period")
NOWHERE = -1
"""The number of a stage that the workflow does not have: it is never proven."""


@dataclass
class Compiler:
    """One version in the making. `facts` are those of the file and of the standing rules."""

    rows: Rows
    version_id: int
    workflow: Workflow
    facts: Words
    sets: named.ValueSets
    seasons: Mapping[str, Any]
    levels: Levels = field(default_factory=Levels)
    placed: list[tuple[dict[str, Any], str, Part]] = field(default_factory=list)
    """Rows whose column of this name takes the level of this part, once all parts are known."""
    _moments: dict[str, int] = field(default_factory=dict)

    def stage_no(self, name: str) -> int:
        """Return the number of a stage; `NOWHERE` if there is none of that name."""
        found = (n for n, s in enumerate(self.workflow.stages) if s["stage"] == name)
        return next(found, NOWHERE)

    def named_fact(self, name: str) -> int:
        """Return the id of a named fact."""
        return named.add(self.rows, self.facts, name, self.workflow.own_codes, self.sets)

    def is_period(self, name: str) -> bool:
        return name in PERIODS or name in self.seasons

    # ---- moments

    def moment(self, words: Any, same: Any = None, *, is_clock: bool = False) -> int:
        """Return the id of a moment; one that says the same is the same."""
        key = repr((thawed(words), thawed(same), is_clock))
        if key not in self._moments:
            self._moments[key] = self._moment(words, same, is_clock=is_clock)
        return self._moments[key]

    def _moment(self, words: Any, same: Any, *, is_clock: bool) -> int:
        if isinstance(words, Mapping) and "soonest" in words:
            parts = [self.moment(each, same, is_clock=is_clock) for each in words["soonest"]]
            number = next(self.rows.ids)
            row = self.rows.add(
                "moment",
                moment_id=number,
                version_id=self.version_id,
                anchor="soonest",
                is_clock=is_clock,
            )
            for position, part in enumerate(parts):
                self.rows.add("soonest", moment_id=number, position=position, part_id=part)
            return self._placed(row, "soonest", number, [self.part_of(each) for each in parts])
        name, by = (words, None) if isinstance(words, str) else next(iter(words.items()))
        number = next(self.rows.ids)
        row = self.rows.add(
            "moment", moment_id=number, version_id=self.version_id, is_clock=is_clock
        )
        if by is not None:
            row |= {"number": length(by).number, "unit": length(by).unit}
        return self._placed(
            row, "moment", number, self._anchor(row, number, name, same, is_clock=is_clock)
        )

    def _anchor(
        self, row: dict[str, Any], number: int, name: str, same: Any, *, is_clock: bool
    ) -> list[Part]:
        """Fill in what a moment counts from, and return what that needs."""
        if name in PLAIN:
            row["anchor"] = name
            return [("due_day", 0)] if name == "due_day" else []
        stage = self.stage_no(name)
        if stage != NOWHERE:
            row |= {"anchor": "stage", "stage_no": stage}
            return [("proof", stage), *([("skip", stage)] if is_clock else [])]
        if name in self.facts:
            row |= {"anchor": "fact", "named_fact_id": self.named_fact(name)}
            return self.same(number, same)
        bare = name.removesuffix("_end")
        if self.is_period(bare):
            row |= {"anchor": "period_end" if name.endswith("_end") else "period", "period": bare}
            return []
        row |= {"anchor": "stage", "stage_no": NOWHERE}
        return []

    def _placed(self, row: dict[str, Any], kind: str, number: int, needs: list[Part]) -> int:
        self.levels.add((kind, number), needs)
        self.placed.append((row, "level", (kind, number)))
        return number

    def part_of(self, moment: int) -> Part:
        return (
            ("moment", moment) if ("moment", moment) in self.levels.needs else ("soonest", moment)
        )

    def same(self, owner: int, same: Any) -> list[Part]:
        """Add what a condition or a moment has to share, and return what that needs."""
        needs: list[Part] = []
        for slot, of in _slots(same):
            stage = None if of == "trigger" else self.stage_no(of)
            self.rows.add(
                "same", owner_id=owner, slot=slot, stage_no=stage, is_period=self.is_period(slot)
            )
            needs += [("proof", stage)] if stage not in (None, NOWHERE) else []
        return needs

    # ---- conditions

    def condition(
        self, words: Words | None, decides: str, stage: int | None = None, clock: int | None = None
    ) -> int | None:
        """Return the id of a condition, or None for none. `clock`: its windows end with the clock of that stage."""
        if words is None:
            return None
        number = next(self.rows.ids)
        row = self.rows.add(
            "condition", condition_id=number, version_id=self.version_id, stage_no=stage, decides=decides,
            takes_unclear=decides in UNCLEAR, takes_known=decides == "blocks", is_about_cases=False, depth=0,
            starts_at_trigger=False, ends_at_trigger=False, clock_stage=clock,
        )  # fmt: skip
        needs = self._filled(row, number, words, decides, stage, clock)
        self.levels.add(("condition", number), needs, row["depth"])
        self.placed.append((row, "level", ("condition", number)))
        return number

    def _filled(
        self,
        row: dict[str, Any],
        number: int,
        words: Words,
        decides: str,
        stage: int | None,
        clock: int | None,
    ) -> list[Part]:
        for key in LISTS:
            if key in words:
                return self._list(row, number, key, list(words[key]), decides, stage, clock)
        if "not" in words:  # the clock of `met_by` reaches into lists, not into what is denied
            return self._list(row, number, "not", [words["not"]], decides, stage, None)
        if "stage" in words:
            return self._of_stage(row, words, clock)
        if "bills" in words:
            row |= {"op": "bills", "is_word": words["bills"]}
            return [("bills", 0)]
        if "age" in words:
            return self._age(row, words)
        return self._leaf(row, number, words, decides, clock)

    def _list(
        self,
        row: dict[str, Any],
        number: int,
        op: str,
        parts: list[Words],
        decides: str,
        stage: int | None,
        clock: int | None,
    ) -> list[Part]:
        ids = [self.condition(part, decides, stage, clock) for part in parts]
        needs: list[Part] = [("condition", each) for each in ids if each is not None]
        for position, (_, each) in enumerate(needs):
            self.rows.add("part", condition_id=number, position=position, part_id=each)
        row |= {"op": op, "depth": 1 + max((self.levels.depth[each] for each in needs), default=0)}
        return needs

    def _of_stage(self, row: dict[str, Any], words: Words, clock: int | None) -> list[Part]:
        of, is_ = self.stage_no(words["stage"]), words["is"]
        row |= {"op": "stage", "of_stage": of, "is_word": is_}
        if of == NOWHERE:
            return []
        by: dict[str, list[Part]] = {
            "proven": [("proof", of)], "late": [("late", of)], "in_time": [("time", of)],
            "pending": [("proof", of), ("skip", of)], "skipped": [("proof", of), ("skip", of)],
        }  # fmt: skip
        return [*by[is_], *(self._window(row, words, None, clock) if is_ == "proven" else [])]

    def _age(self, row: dict[str, Any], words: Words) -> list[Part]:
        bounds = words["age"]
        at = self.moment(words.get("at", bounds.get("at", "trigger")))
        row |= {
            "op": "age",
            "at_id": at,
            "age_from": bounds.get("from"),
            "age_to": bounds.get("to"),
        }
        return [self.part_of(at)]

    def _leaf(
        self, row: dict[str, Any], number: int, words: Words, decides: str, clock: int | None
    ) -> list[Part]:
        op = next(key for key in LEAVES if key in words)
        least = (
            words.get("at_least", 0 if "at_most" in words else 1)
            if op == "count"
            else words.get("at_least")
        )
        row |= {
            "op": op, "named_fact_id": self.named_fact(words[op]), "at_most": _text(words.get("at_most")),
            "at_least": _text(1 if op in ("exists", "none") else least), "counts": words.get("distinct"),
            "is_about_cases": named.is_about_cases(self.facts[words[op]]),
        }  # fmt: skip
        if op == "latest":
            for system, code in named.codings(words["is"], self.workflow.own_codes, self.sets):
                self.rows.add("latest_code", condition_id=number, system=system, code=code)
        start = "trigger" if decides in FROM_TRIGGER else None
        return [*self._window(row, words, start, clock), *self.same(number, words.get("same"))]

    def _window(
        self, row: dict[str, Any], words: Words, start: str | None, clock: int | None
    ) -> list[Part]:
        """Fill in the window, whose lower bound is `start` if it is not written, and return what it needs."""
        if "at" in words:
            row["at_id"] = self.moment(words["at"])
            return [self.part_of(row["at_id"])]
        begins = words.get("from", start)
        row["starts_at_trigger"], row["ends_at_trigger"] = (
            begins == "trigger",
            words.get("to") == "trigger",
        )
        needs: list[Part] = [("clock", clock)] if clock is not None else []
        for column, moment in (("from_id", begins), ("to_id", words.get("to"))):
            if moment is not None:
                row[column] = self.moment(moment)
                needs.append(self.part_of(row[column]))
        return needs


def _slots(same: Any) -> Iterator[tuple[str, str]]:
    """Yield the slots of `same` with the anchor of each: a slot, a list, or `{slot: stage}`."""
    if isinstance(same, list | tuple):
        for each in same:
            yield from _slots(each)
    elif isinstance(same, Mapping):
        yield from same.items()
    elif same:
        yield same, "trigger"


def _text(number: Any) -> str | None:
    return None if number is None else str(number)
