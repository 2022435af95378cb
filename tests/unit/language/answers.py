"""What a night said of a person, as the words of a table."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from tests.model.moments import INSTANT, Span
from tests.model.seen import Ask, CaseSeen, PersonSeen, StageSeen, WaitingSeen
from tests.unit.language.sections import Section


def told(section: Section, seen: PersonSeen, row: dict[str, str]) -> dict[str, str]:
    """Return the columns of an expected row as they are."""
    keys = ("person", "night", "case")
    return {
        **{k: row[k] for k in keys if k in row},
        **{c: _cell(section, seen, row, c) for c in row if c not in keys},
    }


def _cell(section: Section, seen: PersonSeen, row: dict[str, str], column: str) -> str:
    if column == "cases":
        own = [case.key for case in seen.cases if case.workflow == section.workflow]
        return ", ".join(own) or "none"
    case = _case(section, seen, row)
    waits = [each for each in seen.waiting if each.workflow == section.workflow]
    if column == "opens":
        return "yes" if case else ("waits: " + waits[0].why if waits and waits[0].why else "no")
    if column == "exception":
        return "yes" if waits and waits[0].is_exception else "no"
    if column == "answer":
        return _answer(section, case, waits)
    if case is None:
        return "no case"
    return _of_case(case, column)


def _case(section: Section, seen: PersonSeen, row: dict[str, str]) -> CaseSeen | None:
    own = [case for case in seen.cases if case.workflow == section.workflow]
    if "case" in row:
        return next((case for case in own if case.key == row["case"]), None)
    assert len(own) <= 1, "name the case"
    return own[0] if own else None


def _answer(section: Section, case: CaseSeen | None, waits: list[WaitingSeen]) -> str:
    place = str(section.words.get("place", "proof"))
    if place in ("unless", "population"):
        if case is not None:
            return "true" if place == "population" else "false"
        return waits[0].conditions[place].word
    assert case is not None
    name = {"ends": "ends 0", "bills": "bills 0 0", "otherwise": "first otherwise 0"}.get(
        place, f"first {place}"
    )
    return case.conditions[name].word


def _of_case(case: CaseSeen, column: str) -> str:
    plain = {
        "status": f"{case.status}: {case.reason}" if case.reason else case.status,
        "trigger": case.trigger,
        "asks": _asked(case.asks[0], case.zone) if case.asks else "nothing",
        "also": "; ".join(_asked(ask, case.zone) for ask in case.asks[1:]) or "nothing",
        "bills": case.bills,
        "charge": case.agrees or "nothing charged",
        "bars": ", ".join(case.bars) or "nothing",
        "told": ", ".join(case.escalated) or "nobody",
        "event": ", ".join(case.events) or "none",
        "zone": str(case.zone),
    }
    if column in plain:
        return plain[column]
    name, _, what = column.partition(" ")
    stage = next(s for s in case.stages if s.name == name)
    return _of_stage(stage, what, case.zone)


def _of_stage(stage: StageSeen, what: str, zone: ZoneInfo) -> str:
    return {
        "": stage.state,
        "proof": stage.proof.word,
        "by": ", ".join(stage.by) or "nothing",
        "at": moment(stage.at, zone),
        "limit": moment(stage.limit, zone),
        "due": moment(stage.due, zone),
        "late": stage.late.word,
        "in time": stage.in_time.word,
    }[what]


def _asked(ask: Ask, zone: ZoneInfo) -> str:
    due = f" by {moment(Span(ask.due, ask.due), zone)}" if ask.due else ""
    return f"{ask.asks} {ask.kind}{due}"


def moment(span: Span | None, zone: ZoneInfo) -> str:
    """Return a moment as a clock on the wall shows it; the last instant of a day is that day."""
    if span is None:
        return "none"
    last = span.last.astimezone(zone)
    if (last + INSTANT).time() == time():
        return (last + INSTANT - timedelta(days=1)).date().isoformat()
    return last.strftime("%Y-%m-%d %H:%M")
