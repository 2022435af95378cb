"""Reads what the engine found out about a night as the model tells it, so that both can be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.model.moments import Span
from tests.model.seen import Ask, CaseSeen, PersonSeen, StageSeen, WaitingSeen
from tests.model.truth import FALSE, TRUE, Truth
from throughline.warehouse.connection import Connection


def _at(column: str) -> str:
    """Return a time as Python can hold it: always and forever are the first and the last year."""
    return (
        f"case when {column} is not null then"
        f" greatest(least({column}, '9999-01-01 00:00+00'), '0001-01-01 00:00+00') end"
    )


CASES = """
select f.case_no, c.person_id, v.workflow, f.case_key, c.trigger_key, g.opened_seq, c.zone, s.status, s.reason,
    coalesce(b.told, 'nothing'), coalesce(b.agrees, 'nothing')
from e_final as f
join e_case as c on c.case_no = f.case_no
join r_version as v on v.version_id = f.version_id
join e_log_case as g on g.log_no = f.log_no
join e_state as s on s.case_no = f.case_no
left join e_bill as b on b.case_no = f.case_no
order by v.version_id, f.log_no
"""
STAGES = f"""
select f.case_no, r.stage, s.state, p.at_least, p.at_most,
    array(select x.reference from unnest(p.by) with ordinality as u (fact_no, place)
        join e_fact as x on x.fact_no = u.fact_no where s.is_proven order by u.place),
    case when s.is_proven then {_at("p.at_first")} end, case when s.is_proven then {_at("p.at_last")} end,
    {_at("k.first_at")}, {_at("k.last_at")}, {_at("d.first_at")}, {_at("d.last_at")},
    l.at_least, l.at_most, i.at_least, i.at_most
from e_final as f
join e_stage as s on s.case_no = f.case_no
join r_stage as r on r.version_id = s.version_id and r.stage_no = s.stage_no
left join e_proof as p on p.case_no = s.case_no and p.stage_no = s.stage_no
left join e_clock as k on k.case_no = s.case_no and k.stage_no = s.stage_no
left join e_due as d on d.case_no = s.case_no and d.stage_no = s.stage_no
left join e_late as l on l.case_no = s.case_no and l.stage_no = s.stage_no
left join e_in_time as i on i.case_no = s.case_no and i.stage_no = s.stage_no
order by f.case_no, s.stage_no
"""
ASKS = f"""
select a.case_no, a.rank, a.place, a.asks, a.kind, {_at("a.due_at")}, a.reason, {_at("a.by_at")}
from e_ask as a order by a.case_no, a.rank, a.place
"""
BARS = """
select distinct f.case_no, e.bars
from e_final as f
join r_end as e on e.version_id = f.version_id
join e_end as a on a.case_no = f.case_no and a.position = e.position and a.at_least = 2
where e.bars is not null order by f.case_no, e.bars
"""
ESCALATED = "select e.case_no, e.told from e_escalated as e order by e.case_no, e.position"
EVENTS = """
select e.case_no, e.stage || ' ' || e.event
from e_change as e where e.event is not null order by e.case_no, e.stage_no
"""
CONDITIONS = """
with said as (
    select r.version_id, r.stage || ' proof' as place, r.stage_no, 'proof' as of, null::int as condition_id
    from r_stage as r
    union all select r.version_id, r.stage || ' skips_when', r.stage_no, 'skip', null from r_stage as r
    union all select r.version_id, r.stage || ' met_by', r.stage_no, 'met', null from r_stage as r
    where r.met_by_id is not null
    union all select o.version_id, r.stage || ' otherwise ' || o.position, null, 'answer', o.when_id
    from r_otherwise as o join r_stage as r on r.version_id = o.version_id and r.stage_no = o.stage_no
    union all select e.version_id, 'ends ' || e.position, null, 'answer', e.when_id from r_end as e
    union all select b.version_id, 'blocks ' || b.position, null, 'answer', b.when_id from r_block as b
    union all select b.version_id, 'bills ' || b.line || ' ' || b.position, null, 'answer', b.when_id from r_bill as b
)
select f.case_no, s.place,
    coalesce(p.at_least, k.at_least, m.at_least, a.at_least), coalesce(p.at_most, k.at_most, m.at_most, a.at_most),
    case when s.of <> 'answer' then false when s.condition_id is null then true end
from e_final as f
join said as s on s.version_id = f.version_id
left join e_proof as p on s.of = 'proof' and p.case_no = f.case_no and p.stage_no = s.stage_no
left join e_skip as k on s.of = 'skip' and k.case_no = f.case_no and k.stage_no = s.stage_no
left join e_met as m on s.of = 'met' and m.case_no = f.case_no and m.stage_no = s.stage_no
left join e_answer as a on s.of = 'answer' and a.case_no = f.case_no and a.condition_id = s.condition_id
"""
WAITING = """
select c.person_id, v.workflow, w.trigger_key, w.why, w.zone, w.is_exception,
    v.unless_id is null, u.at_least, u.at_most, v.population_id is null, p.at_least, p.at_most
from e_waiting as w
join e_case as c on c.case_no = w.case_no
join r_version as v on v.version_id = w.version_id
left join e_answer as u on u.case_no = w.case_no and u.condition_id = v.unless_id
left join e_answer as p on p.case_no = w.case_no and p.condition_id = v.population_id
order by v.version_id, c.position, w.trigger_key
"""


def read(conn: Connection, names: Mapping[UUID, str]) -> dict[str, PersonSeen]:
    """Return what tonight says of each person, by the model's names of the persons."""
    cases: dict[str, list[CaseSeen]] = defaultdict(list)
    parts = {
        query: _grouped(conn, query)
        for query in (STAGES, ASKS, BARS, ESCALATED, EVENTS, CONDITIONS)
    }
    for (
        number,
        person,
        workflow,
        key,
        trigger,
        opened,
        zone,
        status,
        reason,
        bills,
        agrees,
    ) in _rows(conn, CASES):
        cases[names[person]].append(CaseSeen(
            workflow=workflow, key=key, trigger=trigger, opened=opened, zone=ZoneInfo(zone), status=status,
            reason=reason, stages=tuple(_stage(row) for row in parts[STAGES][number]),
            asks=tuple(Ask((rank, place), *rest) for rank, place, *rest in parts[ASKS][number]),
            bills=bills, agrees=agrees, bars=_only(parts[BARS][number]), escalated=_only(parts[ESCALATED][number]),
            events=_only(parts[EVENTS][number]), conditions=dict(_conditions(parts[CONDITIONS][number])),
        ))  # fmt: skip
    waiting: dict[str, list[WaitingSeen]] = defaultdict(list)
    for person, *row in _rows(conn, WAITING):
        waiting[names[person]].append(_waiting(row))
    return {
        name: PersonSeen(tuple(cases.get(name, ())), tuple(waiting.get(name, ())))
        for name in names.values()
    }


def _rows(conn: Connection, query: str) -> list[tuple[Any, ...]]:
    return conn.execute(query.encode()).fetchall()


def _grouped(conn: Connection, query: str) -> Mapping[int, list[tuple[Any, ...]]]:
    """Return rows by the number of the case in their first column."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for number, *row in _rows(conn, query):
        found[number].append(tuple(row))
    return found


def _only(rows: list[tuple[Any, ...]]) -> tuple[str, ...]:
    return tuple(text for (text,) in rows)


def _truth(least: int | None, most: int | None, default: Truth = FALSE) -> Truth:
    return default if least is None or most is None else Truth(least, most)


def _span(first: Any, last: Any) -> Span | None:
    return None if first is None else Span(first, last)


def _stage(row: tuple[Any, ...]) -> StageSeen:
    name, state, least, most, by, *rest = row
    times, truths = rest[:6], rest[6:]
    return StageSeen(
        name=name, state=state, proof=_truth(least, most), by=tuple(by), at=_span(*times[:2]), limit=_span(*times[2:4]),
        due=_span(*times[4:]), late=_truth(*truths[:2]), in_time=_truth(*truths[2:]),
    )  # fmt: skip


def _conditions(rows: list[tuple[Any, ...]]) -> Iterator[tuple[str, Truth]]:
    """Yield each condition by where it stands; one that is not written, or of which nothing was found out, as such."""
    for place, least, most, default in rows:
        if least is not None:
            yield place, Truth(least, most)
        elif default is not None:
            yield place, TRUE if default else FALSE


def _waiting(row: list[Any]) -> WaitingSeen:
    workflow, key, why, zone, is_exception, no_unless, *rest = row
    (least, most), (no_population, *population) = rest[:2], rest[2:]
    conditions = {
        "unless": FALSE if no_unless else _truth(least, most),
        "population": TRUE if no_population else _truth(*population),
    }
    return WaitingSeen(
        workflow, key, why, ZoneInfo(zone), is_exception, {} if why == "unclear" else conditions
    )
