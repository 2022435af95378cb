"""What a step counts is found by name: statements that come before it change nothing."""

from __future__ import annotations

import pytest

from tests.warehouse.clinic import Clinic, call, coverage, patient, stay
from throughline import cases, evidence, identity
from throughline.warehouse import sql


@pytest.fixture
def called(clinic: Clinic) -> Clinic:
    """Return a practice in which a patient who came home was reached, and nobody derived it yet."""
    clinic.know(patient("p1"), coverage("p1"), stay("p1", "2026-07-01", "2026-07-06 11:00"))
    clinic.night("2026-07-06")
    clinic.know(call("p1", "2026-07-07 10:00"))
    clinic.begin("2026-07-07")
    identity.link_persons(clinic.conn, clinic.seq)
    evidence.assert_facts(clinic.conn, clinic.seq)
    cases.build_work_list(clinic.conn, clinic.seq, clinic.cut_off)
    return clinic


def counted(clinic: Clinic) -> dict[str, int]:
    with clinic.conn.transaction(force_rollback=True):
        return cases.reconcile(clinic.conn, clinic.seq, clinic.cut_off)


@pytest.mark.parametrize("path", ["cases/apply.sql", "cases/exceptions.sql", "tasks/reconcile.sql"])
def test_a_harmless_statement_put_first_changes_no_count(
    called: Clinic, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    before = counted(called)
    assert before["stages_changed"] > 0
    real = sql.statements

    def planted(wanted: str) -> tuple[str, ...]:
        harmless = ("select 1 where false;", "select 1 from generate_series(1, 7);")
        return (*harmless, *real(wanted)) if wanted == path else real(wanted)

    monkeypatch.setattr(sql, "statements", planted)
    assert counted(called) == before
