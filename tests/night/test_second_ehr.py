"""A second EHR beside the first: work goes where its trigger stands, and who is late makes nobody else unknown.

The definition is the example of `docs/extending.md`, put into a copy of this tree. The system behind it is another
sandbox (`north.py`), which knows humans of its own and some of those of the first, and gives ids that the first one
gave to others. In the second of three nights it exports nothing.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import tests.night.truth as t
from tests.night.systems import north

if TYPE_CHECKING:
    from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = Path("include/definitions/sources/north.yaml")
EHR, NORTH = "ehr", "north"
TARGETS = {"ehr_main": EHR, "north_fhir": NORTH}
PATIENTS, IN_NORTH, FIRST_IN_NORTH = 80, 80, 30
"""The first EHR knows the humans 0 to 79, the second one 30 to 109: fifty are known in both."""
DAYS = ("2026-09-08", "2026-09-09", "2026-09-10")
LATE = DAYS[1]
RESTING = {"contacted", "seen", "documented"}
"""Stages that are proven by what an EHR sends."""

STANDING = """
with known as (
    select person_id, array_agg(distinct source order by source) as sources
    from identity.link
    where status = 'active' and source in ('ehr', 'north')
    group by 1
)
select known.sources, c.stage, c.stage_state, c.waits_on_feeds
from cases.case_record as c
inner join known using (person_id)
where c.status = 'open'
"""
SENT = """
select distinct x.target, x.kind, x.effect_key, x.person_id, c.workflow, f.source,
    split_part(f.source_ref, '/', 2)
from tasks.transmission as x
inner join tasks.transmission_task using (transmission_id)
inner join tasks.task as k using (task_id)
inner join cases.case_record as c using (case_id)
left join evidence.fact as f on f.fact_id = c.trigger_fact_id
where x.kind in ('outreach', 'documentation') and x.outcome = 'accepted'
"""


@dataclass
class Lived:
    """A practice with two EHRs after its nights."""

    practice: Practice
    servers: dict[str, t.Truth]
    """What each EHR wrote down of itself, by the name of the source."""
    standing: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    """By night: who is known where, with the stage of each open case, its state and what it waits for."""
    fresh: dict[str, set[str]] = field(default_factory=dict)
    """By night: the sources of which every feed came."""

    def received(self, source: str) -> list[t.Row]:
        """Resources that an EHR was asked to create."""
        rows = self.servers[source].rows("requests_received")
        return [row for row in rows if row["kind"] in ("CommunicationRequest", "Task")]

    def sent(self) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
        """What was taken: by the system that took it and its key, the cases that it was for."""
        found = defaultdict(list)
        for target, _, key, person, workflow, source, ref in self.practice.rows(SENT):
            found[TARGETS[target], key].append((person, workflow, source, ref))
        return found

    def humans(self) -> dict[Any, set[tuple[str, str]]]:
        """The records of each person in the two EHRs, as (source, human behind it)."""
        found = defaultdict(set)
        for source, id_, person in self.practice.rows(
            "select source, source_id, person_id from identity.link"
            " where status = 'active' and source in ('ehr', 'north')"
        ):
            if id_ in self.servers[source].human:
                found[person].add((source, self.servers[source].human[id_]))
        return found


def copied_tree(folder: Path) -> Path:
    """Copy what runs, with the second EHR as the docs define it, to a folder."""
    for part in ("include", "dags", "plugins", "sql"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    (example,) = re.findall(rf"```yaml\n(# {DEFINITION}\n.*?)```", page, re.DOTALL)
    ehr = yaml.safe_load((folder / DEFINITION.with_name("ehr.yaml")).read_text(encoding="utf-8"))
    as_in_ehr = yaml.safe_dump({key: ehr[key] for key in ("feeds", "conventions")})
    (folder / DEFINITION).write_text(example + as_in_ehr, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lived(make_practice: Callable[..., Practice]) -> Iterator[Lived]:
    """Three nights with two EHRs; in the second night the second one answers 503 to who wants an export."""
    made = make_practice(PATIENTS)
    made.tree = copied_tree(made.state / "tree")
    seed = int(made.options["SEED"])
    server = north.start(made.state / "north", seed, IN_NORTH, FIRST_IN_NORTH)
    try:
        made.environment["AIRFLOW_CONN_NORTH_FHIR"] = server.connection
        made.up()
        truths = (t.Truth(made.world / "sandbox" / "truth"), t.Truth(server.state / "truth"))
        lived = Lived(made, dict(zip((EHR, NORTH), truths, strict=True)))
        for day in DAYS:
            server.advance(day)
            server.is_closed = day == LATE
            made.night(NIGHT=day)
            lived.standing[day] = made.rows(STANDING)
            lived.fresh[day] = {
                source
                for source, is_fresh in made.rows(
                    "select source, bool_and(is_fresh) from operations.feed_freshness group by 1"
                )
                if is_fresh
            }
        yield lived
    finally:
        server.stop()


def test_a_human_known_in_both_is_one_person_and_nobody_else_is(lived: Lived) -> None:
    where: defaultdict[frozenset[str], set[str]] = defaultdict(set)
    for records in lived.humans().values():
        assert len({human for _, human in records}) == 1, records
        where[frozenset(source for source, _ in records)] |= {human for _, human in records}
    both = where[frozenset({EHR, NORTH})]
    assert len(both) == PATIENTS - FIRST_IN_NORTH
    assert where[frozenset({NORTH})]
    assert not both & where[frozenset({NORTH})]
    assert not both & where[frozenset({EHR})]


def test_what_was_sent_came_to_the_system_that_it_was_sent_to(lived: Lived) -> None:
    sent = lived.sent()
    assert {source for source, _ in sent} == {EHR, NORTH}
    for source in (EHR, NORTH):
        assert {row["effect"] for row in lived.received(source)} == {
            key for target, key in sent if target == source
        }
        assert not [row for row in lived.received(source) if row["is_double"]]


def test_a_call_is_asked_for_where_the_discharge_stands_and_by_the_id_there(lived: Lived) -> None:
    sent, humans = lived.sent(), lived.humans()
    seen = set()
    for source, server in lived.servers.items():
        discharges = server.last("discharges", "encounter")
        for row in lived.received(source):
            if not row["effect"].startswith("contact|"):
                continue
            cases = sent[source, row["effect"]]
            (person,) = {case[0] for case in cases}
            assert (source, server.human[row["patient"]]) in humans[person]
            began = [(where, ref) for _, _, where, ref in cases if where]
            if began:
                stands = {discharges[ref]["patient"] for where, ref in began if where == source}
                assert stands == {row["patient"]}
                known = frozenset(name for name, _ in humans[person])
                seen.add((known, source))
    assert seen == {
        (frozenset({EHR}), EHR),
        (frozenset({NORTH}), NORTH),
        (frozenset({EHR, NORTH}), EHR),
        (frozenset({EHR, NORTH}), NORTH),
    }


def test_a_note_is_asked_for_where_the_visit_stands(lived: Lived) -> None:
    for source, server in lived.servers.items():
        visits = server.last("visits", "visit")
        asked = [row for row in lived.received(source) if row["effect"].startswith("documentation")]
        assert asked, f"{source} was asked for no note"
        for row in asked:
            _, *prefix, visit, _ = row["effect"].split("|")
            assert prefix == ([NORTH] if source == NORTH else [])
            assert visits[visit]["patient"] == row["patient"]


def test_an_ehr_that_is_late_makes_its_own_patients_unknown_and_nobody_else(lived: Lived) -> None:
    assert NORTH not in lived.fresh[LATE]
    assert EHR in lived.fresh[LATE]
    unknown, went_on = set(), 0
    for known, stage, state, waits in lived.standing[LATE]:
        assert all(feed.startswith(f"{NORTH}.") for feed in waits)
        if NORTH not in known:
            assert state != "unknown"
            assert waits == []
            went_on += stage in RESTING and state != "blocked"
        elif stage in RESTING:
            assert state in ("unknown", "blocked"), (known, stage, state)
            unknown |= {tuple(known)} if state == "unknown" else set()
    assert unknown == {(NORTH,), (EHR, NORTH)}
    assert went_on, (
        "nobody who is known in the first alone had a stage that could have been unknown"
    )


@pytest.mark.parametrize("day", [DAYS[0], DAYS[2]], ids=["before", "after"])
def test_with_both_there_nobody_is_unknown(lived: Lived, day: str) -> None:
    assert {EHR, NORTH} <= lived.fresh[day]
    assert [row for row in lived.standing[day] if row[2] == "unknown" or row[3]] == []


def test_what_happened_while_it_was_late_is_known_a_night_later(lived: Lived) -> None:
    known = {
        ref
        for (ref,) in lived.practice.rows(
            "select split_part(source_ref, '/', 2) from evidence.fact where kind = 'discharge' and source = %s"
            " and retracted_seq is null",
            NORTH,
        )
    }
    last = lived.servers[NORTH].last("discharges", "encounter")
    stand = {id_: row for id_, row in last.items() if row["what"] != "cancelled"}
    assert set(stand) == known
    assert any(row["ends_at"][:10] == LATE for row in stand.values())


def test_every_invariant_holds_and_every_night_is_computed_again_the_same(lived: Lived) -> None:
    ended = lived.practice.run("check")
    assert ended.returncode == 0, ended.stdout
    for day in DAYS:
        again = lived.practice.run("replay", NIGHT=day)
        assert again.returncode == 0, again.stdout + again.stderr
        assert "agree" in again.stdout
