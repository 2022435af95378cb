"""A window off by one, a code that is missing, a status swapped: some scenario always notices.

Each change is made to the definitions in the warehouse, or to the SQL as it is read, and the same
morning is derived again; then at least one scenario must stand otherwise than it should.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.warehouse.cases.scenarios import ALL
from tests.warehouse.cases.stage import outcomes, prepare
from tests.warehouse.clinic import Clinic
from throughline import cases, evidence, warehouse, workflows
from throughline.warehouse import sql

pytestmark = [pytest.mark.slow, pytest.mark.nights]

EXPECTED = [s.expected for s in ALL]

# What one morning cannot show: a window that ends later than the case can be old, and days of an
# exclusion that lie beyond the year in which the case is opened again.
NOT_ON_ONE_MORNING = {
    "transitional_care stages/contacted/window/days +1",  # no discharge is older when its case opens
    "transitional_care stages/seen/window/days +1",
    *(
        f"annual_wellness stages/{stage}/window/days {sign}1"
        for stage in ("contacted", "scheduled", "seen")
        for sign in "+-"
    ),
    "annual_wellness stages/due/window/days +1",
    "annual_wellness stages/due/window/days -1",
    "annual_wellness exclusions/died/days +1",
    "annual_wellness exclusions/died/days -1",
}
# Read by the steps after these: what is sent, and to whom.
NOT_OF_THE_STATE = ("feeds", "owner_team", "version")


def numbers(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the paths of all whole numbers of a definition."""
    if isinstance(node, bool):
        return
    if isinstance(node, int):
        yield path
    for key, value in (
        node.items()
        if isinstance(node, dict)
        else (enumerate(node) if isinstance(node, list) else ())
    ):
        yield from numbers(value, (*path, key))


def elements(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the paths of all elements of all lists but the stages, and of the codes of a trigger."""
    for key, value in (
        node.items()
        if isinstance(node, dict)
        else (enumerate(node) if isinstance(node, list) else ())
    ):
        if isinstance(node, list) and path != ("stages",):
            yield (*path, key)
        yield from elements(value, (*path, key))


def at(definition: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        definition = definition[key]
    return definition


def named(definition: Any, path: tuple[Any, ...]) -> str:
    """Return a path in words: stages and exclusions by their names."""
    words = []
    for depth, key in enumerate(path):
        node = at(definition, path[: depth + 1])
        name = (
            node.get("stage") or node.get("reason") or node.get("code")
            if isinstance(node, dict)
            else None
        )
        words.append(
            str(name if isinstance(key, int) and name else node if isinstance(key, int) else key)
        )
    return "/".join(words)


def changes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return (name, workflow, changed definition) for every change."""
    for found in workflows.load_all():
        definition = found.definition
        for path in numbers(definition):
            if path[0] in NOT_OF_THE_STATE:
                continue
            for step in (1, -1):
                name = f"{found.workflow} {named(definition, path)} {step:+d}"
                changed = copy.deepcopy(definition)
                at(changed, path[:-1])[path[-1]] += step
                if name not in NOT_ON_ONE_MORNING:
                    yield name, found.workflow, changed
        for path in elements(definition):
            if "feeds" in path:
                continue
            changed = copy.deepcopy(definition)
            del at(changed, path[:-1])[path[-1]]
            yield f"{found.workflow} without {named(definition, path)}", found.workflow, changed


CHANGES = list(changes())

SWAPS = [
    (
        "evidence/claim_response.sql",
        "r.category_code = 'A2' and r.is_from_payer",
        "r.category_code = 'A1' and r.is_from_payer",
    ),
    (
        "evidence/claim_response.sql",
        "r.category_code = 'A2' and r.is_from_payer",
        "r.category_code in ('A1', 'A2') and r.is_from_payer",
    ),
    (
        "evidence/claim_response.sql",
        "r.category_code = 'A2' and r.is_from_payer",
        "r.category_code in ('A0', 'A2') and r.is_from_payer",
    ),
    ("evidence/claim_response.sql", "'A2' and r.is_from_payer", "'A2'"),
    *(("evidence/claim_response.sql", f"'{code}'", "'A9'") for code in ("A3", "A6", "A7", "A8")),
    (
        "evidence/communication.sql",
        "and evidence.mapped('contact_about_booking', null, r.category_code) is null",
        "",
    ),
    (
        "evidence/encounter.sql",
        "case when r.status = 'finished' then 'visit'",
        "case when r.status = 'in-progress' then 'visit'",
    ),
    (
        "evidence/encounter.sql",
        "case when r.status = 'finished' then 'visit'",
        "case when true then 'visit'",
    ),
    (
        "evidence/encounter.sql",
        "and evidence.mapped('visit_by_class', null, r.class_code) is not null",
        "",
    ),
    (
        "evidence/encounter.sql",
        "    and r.status = 'finished' and r.ends_at",
        "    and r.status = 'in-progress' and r.ends_at",
    ),
    ("evidence/procedure.sql", "and r.status = 'completed'", "and r.status = 'not-done'"),
    (
        "evidence/appointment.sql",
        "case r.status when 'booked' then 'booking'",
        "case r.status when 'cancelled' then 'booking'",
    ),
    (
        "evidence/appointment.sql",
        "case r.status when 'booked' then 'booking'",
        "case r.status when 'noshow' then 'booking'",
    ),
    ("evidence/charge_item.sql", ", 'not-billable'", ""),
    ("evidence/consent.sql", "r.provision = 'deny'", "r.provision = 'permit'"),
    ("evidence/payment_notice.sql", "and r.recorder is not null", ""),
    (
        "evidence/eligibility_response.sql",
        "when r.is_active then 'active'",
        "when true then 'active'",
    ),
    ("cases/proofs.sql", "f.kind = 'contact' and f.code = 'reached'", "f.kind = 'contact'"),
    ("cases/proofs.sql", "f.kind = 'contact' and f.code = 'reached'", "f.kind = 'attempt'"),
    (
        "cases/visits.sql",
        "    and (f.detail ->> 'is_billable_practitioner')::boolean\n    and (",
        "    and (",
    ),
    ("cases/proofs.sql", "f.kind = 'claim_accepted'", "f.kind = 'claim_forwarded'"),
    ("cases/proofs.sql", "m.balance <= 0", "m.balance < 0"),
    ("cases/proofs.sql", "m.balance <= 0", "m.paid > 0"),
    ("cases/proofs.sql", "- m.contractual ", ""),
    ("cases/proofs.sql", "- m.patient_paid", ""),
    ("cases/proofs.sql", "- m.written_off", ""),
    ("cases/proofs.sql", "<> '8'", "<> '9'"),
    ("cases/state.sql", "s.proven_at < s.due_at", "true"),
    (
        "cases/stages.sql",
        "count(distinct f.on_day) filter (where f.occurred_at < s.due_at)",
        "count(distinct f.on_day)",
    ),
    (
        "cases/stages.sql",
        "count(distinct f.on_day) filter (where f.occurred_at < s.due_at)",
        "count(*) filter (where f.occurred_at < s.due_at)",
    ),
    ("cases/state.sql", "m.on_day <= cases.local_day(v.proven_at, c.zone)", "true"),
    (
        "cases/claims.sql",
        "coalesce(v.npi = l.npi, true)",
        "true",
    ),
    ("cases/claims.sql", "v.on_day = l.on_day", "true"),
    ("cases/claims.sql", "v.items = k.items", "true"),
    (
        "cases/asks.sql",
        "when m.denied > 0 then 'claim_denied'",
        "when m.denied > 0 then 'patient_balance'",
    ),
    ("cases/asks.sql", "+ 10) as ready_at", "+ 9) as ready_at"),
    ("cases/asks.sql", "+ 10) as ready_at", "+ 11) as ready_at"),
]


@pytest.fixture(scope="module")
def morning(defined_warehouse: str) -> Iterator[Clinic]:
    """Return the practice on the morning of all scenarios, before any case is looked at."""
    with warehouse.connect(defined_warehouse) as conn:
        clinic = Clinic(conn)
        prepare(clinic)
        yield clinic
        conn.rollback()


def derive_again(
    clinic: Clinic, change: Callable[[], object] = lambda: None, *, facts: bool = False
) -> list[Any]:
    """Derive the morning with a change, and take all of it back."""
    with clinic.conn.transaction(force_rollback=True):
        change()
        if facts:
            evidence.assert_facts(clinic.conn, clinic.seq)
        cases.open_cases(clinic.conn, clinic.seq, clinic.cut_off)
        cases.reconcile(clinic.conn, clinic.seq, clinic.cut_off)
        return outcomes(clinic)


def test_unchanged_all_is_as_expected(morning: Clinic) -> None:
    assert derive_again(morning, facts=True) == EXPECTED


@pytest.mark.parametrize(
    ("workflow", "changed"),
    [pytest.param(*changed, id=name.replace(" ", "_")) for name, *changed in CHANGES],
)
def test_a_changed_definition_is_noticed(
    morning: Clinic, workflow: str, changed: dict[str, Any]
) -> None:
    assert (
        derive_again(
            morning,
            lambda: morning.conn.execute(
                "update cases.workflow_version set definition = %s where workflow = %s",
                (Jsonb(changed), workflow),
            ),
        )
        != EXPECTED
    )


@pytest.mark.parametrize(("path", "old", "new"), SWAPS)
def test_a_swapped_status_is_noticed(
    morning: Clinic, monkeypatch: pytest.MonkeyPatch, path: str, old: str, new: str
) -> None:
    real = sql.statements

    def swapped(wanted: str) -> tuple[str, ...]:
        return tuple(s.replace(old, new) for s in real(wanted)) if wanted == path else real(wanted)

    assert any(old in statement for statement in real(path)), f"{path} says it otherwise now"
    monkeypatch.setattr(sql, "statements", swapped)
    assert derive_again(morning, facts=path.startswith("evidence")) != EXPECTED
