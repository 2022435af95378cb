"""Stays, notes and charges by ADT, MDM and DFT give the account that the EHR's export gives, alone and beside it.

The sandbox's messages come late, twice, in no order, corrected and taken back; what is true stands in its own files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from sandbox import messages
from sandbox.hub import Hub
from sandbox.server import FIRST_NIGHT, Options, make_hub
from sandbox.world.engine import LOCAL
from tests.practices.lakeside.told import (
    BOTH,
    EXPORT,
    MESSAGES,
    WAYS,
    Ehr,
    Told,
    connections,
    days,
    definitions,
    truth,
)
from throughline import warehouse
from throughline.proven import invariants

NIGHTS, PATIENTS = 2, 100
AT_HOME = ("home", "home_health", "assisted_living")
UNCHECKED = {"more_than_one_next_step", "night_without_digest"}
"""What does not hold in a chain of steps that closes no task and keeps no digest."""
Case = tuple[tuple[str, ...], str, str]


@dataclass
class Lived:
    """One world, and the practice that was told of it in each way."""

    hub: Hub
    houses: dict[str, Told]
    verdicts: dict[str, Counter[str]] = field(default_factory=dict)

    def persons(self, way: str) -> dict[Any, tuple[str, ...]]:
        """Return the patients of the chart that each person is."""
        found: dict[Any, list[str]] = {}
        for person, patient in self.houses[way].rows(
            "select person_id, source_id from identity.link"
            " where source = 'ehr' and status = 'active' and retired_seq is null order by 2"
        ):
            found.setdefault(person, []).append(patient)
        return {person: tuple(each) for person, each in found.items()}

    def cases(self, way: str) -> dict[Case, tuple[Any, ...]]:
        """Return by person, workflow and day how each case stands, with all of its stages."""
        persons = self.persons(way)
        rows = self.houses[way].rows(
            "select c.person_id, c.workflow, c.trigger_on::text, c.status, c.close_reason, c.stage,"
            " (select jsonb_object_agg(s.stage, s.state) from cases.stage as s where s.case_id = c.case_id)"
            " from cases.case_record as c"
        )
        found = {(persons[row[0]], row[1], row[2]): row[3:] for row in rows}
        # no two cases of a person begin on one day in one workflow
        assert len(found) == len(rows)
        return found

    def charges(self, way: str) -> list[tuple[Any, ...]]:
        """Return what claims may say of each visit."""
        return self.houses[way].rows(
            "select encounter_source, encounter_id, source_id, code, quantity::int, amount, differs"
            " from cases.visit_charge where retracted_seq is null order by 2, 3"
        )

    def overpaid(self, way: str) -> int:
        """Return how many payments somebody is told to give back."""
        rows = self.houses[way].rows(
            "select from operations.exception where reason = 'overpayment' and status = 'open'"
        )
        return len(rows)

    def not_for_payers(self) -> set[str]:
        """Return the patients with a charge that no DFT tells."""
        return {
            row["patient"]
            for row in truth(self.hub, "charges", "charge").values()
            if row["no_charge"] or row["self_pay_restricted"]
        }


@pytest.fixture(scope="module")
def lived(
    kept_warehouse: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lived]:
    """Live some nights, each in all three practices; before the last, what waits at the interfaces is sent."""
    root = tmp_path_factory.mktemp("told")
    kinds = tuple(messages.KINDS)
    hub = make_hub(
        Options(root / "world", root / "a.json", seed=5, patients=PATIENTS, messages=kinds)
    )
    ehr = Ehr(hub, root / "ehr")
    with ExitStack() as stack:
        houses = {
            way: Told(
                stack.enter_context(warehouse.connect(kept_warehouse())),
                root / way,
                connections(hub, ehr, way),
                definitions(root / way / "definitions", way),
            )
            for way in WAYS
        }
        lived = Lived(hub, houses)
        for day in days(FIRST_NIGHT, NIGHTS):
            hub._advance(day)
            if day == days(FIRST_NIGHT, NIGHTS)[-1]:
                messages.empty(hub.world)
            ehr.export(day)
            for way, house in houses.items():
                house.night(day.isoformat())
                lived.verdicts.setdefault(way, Counter()).update(house.verdicts.values())
        yield lived


@pytest.mark.parametrize("way", WAYS)
def test_everything_that_came_was_read(lived: Lived, way: str) -> None:
    house = lived.houses[way]
    assert lived.verdicts[way].keys() <= {"pass", "warn"}
    assert house.rows("select count(*) from quality.quarantine") == [(0,)]
    assert house.rows("select count(*) from landing.file where status = 'refused'") == [(0,)]
    told = dict(
        house.rows(
            "select b.feed, sum(b.rows_loaded)::int from landing.batch as b where b.source = 'interfaces'"
            " group by b.feed"
        )
    )
    assert (way == EXPORT) is not all(told.get(feed, 0) > 20 for feed in ("encounter", "charge_item"))  # fmt: skip
    with house.at_home():
        broken = {each.check.name for each in invariants.check(house.conn)}
    assert broken <= UNCHECKED
    house.conn.rollback()


def test_beside_the_export_messages_change_nothing(lived: Lived) -> None:
    assert len(lived.cases(EXPORT)) > 50
    assert lived.cases(BOTH) == lived.cases(EXPORT)
    assert lived.charges(BOTH) == lived.charges(EXPORT)
    joined = lived.houses[BOTH].rows(
        "select record, joined_by, count(*) > 100 from cases.same_record group by 1, 2 order by 1"
    )
    assert joined == [
        (record, "number", True) for record in ("charge_item", "document_reference", "encounter")
    ]
    # nobody is asked which of two is right: they agree
    assert lived.houses[BOTH].rows("select from cases.same_record where differs is not null") == []


def test_alone_they_open_the_same_cases_at_the_same_stages(lived: Lived) -> None:
    by_export, by_messages = lived.cases(EXPORT), lived.cases(MESSAGES)
    assert {case: by_messages.get(case) for case in by_export} == by_export
    assert lived.overpaid(MESSAGES) == lived.overpaid(EXPORT)
    # what no payer pays for is in no DFT: to those who know nothing else, nothing was charged
    more = by_messages.keys() - by_export.keys()
    assert {workflow for _, workflow, _ in more} <= {"charge_capture", "annual_wellness"}
    assert {person for persons, _, _ in more for person in persons} <= lived.not_for_payers()


@pytest.mark.parametrize("way", WAYS)
def test_each_discharge_is_one_and_has_at_most_one_case(lived: Lived, way: str) -> None:
    standing = [
        row
        for row in truth(lived.hub, "discharges", "encounter").values()
        if row["what"] != "cancelled"
    ]
    assert {row["what"] for row in standing} == {"discharged", "corrected"}
    persons = lived.persons(way)
    expected = Counter(
        (row["patient"], datetime.fromisoformat(row["ends_at"]).replace(microsecond=0))
        for row in standing
    )
    # a discharge that two sources tell is one by its name
    known = lived.houses[way].rows(
        "select distinct on (coalesce(m.ref, f.source_ref)) l.person_id, date_trunc('second', f.occurred_at)"
        " from evidence.fact as f"
        " inner join identity.link as l on l.source = f.subject_source and l.source_id = f.subject_id"
        "  and l.status = 'active' and l.retired_seq is null"
        " left join cases.same_record as m on m.source = f.source and m.source_ref = f.source_ref"
        " where f.kind = 'discharge' and f.retracted_seq is null"
    )
    of = {patient: person for person, patients in persons.items() for patient in patients}
    assert Counter(known) == Counter(
        {(of[patient], at): number for (patient, at), number in expected.items()}
    )
    home = {
        (of[row["patient"]], datetime.fromisoformat(row["ends_at"]).astimezone(LOCAL).date())
        for row in standing
        if row["disposition"] in AT_HOME
    }
    opened = lived.houses[way].rows(
        "select person_id, trigger_on from cases.case_record where workflow = 'transitional_care'"
    )
    assert len(opened) == len(set(opened)) > 10
    assert set(opened) <= home


@pytest.mark.parametrize("way", WAYS)
def test_each_charge_is_billed_once_as_it_was_entered(lived: Lived, way: str) -> None:
    expected = sorted(
        ("ehr", row["visit"], row["charge"], row["code"], row["units"], float(row["amount"]), None)
        for row in truth(lived.hub, "charges", "charge").values()
        if row["what"] == "entered" and not row["no_charge"] and not row["self_pay_restricted"]
    )
    found = sorted((*row[:5], float(row[5]), row[6]) for row in lived.charges(way))
    assert found == expected
    assert len(found) > 100
