"""What kind of coverage it is: its own type, else the payer's newest answer, else the table of payers."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.warehouse.clinic import Clinic, Record, coverage, eligibility, patient, stay

NIGHT = "2026-07-07"


def insured(who: str, payer: str = "NOBODY", kind: str | None = None) -> list[Record]:
    """A patient who came home, with a coverage without a type."""
    own = coverage(who, payer, starts="2020-03-15", type_code=kind)
    return [patient(who), own, stay(who, "2026-07-03", "2026-07-06 11:00")]


def test_the_newest_answer_goes_before_the_table(clinic: Clinic) -> None:
    def answer(who: str, on: str = "2026-07-01", key: str = "new", **said: Any) -> Record:
        return eligibility(who, on, payer="NOBODY", key=key, **said)

    said: dict[str, list[Record]] = {
        "nobody": [],
        "answered": [answer("answered")],
        "typed": [answer("typed")],
        "ended": [answer("ended", "2026-06-01", "old"), answer("ended", is_active=False)],
        "begun": [answer("begun", "2026-06-01", "old", is_active=False), answer("begun")],
        "another": [answer("another", member_id="M-other")],
        "strange": [answer("strange", part_b_from=None)],
        "over": [answer("over", part_b_to=date(2024, 1, 1))],
    }
    for who, answers in said.items():
        clinic.know(*insured(who, kind="81" if who == "typed" else None), *answers)
    # the table says Part B of both; the payer says of one that a plan stands before it
    clinic.know(*insured("table", "MEDB1"), *insured("plan", "MEDB1"))
    clinic.know(eligibility("plan", "2026-07-01", is_advantage=True))
    clinic.night(NIGHT)
    found = clinic.rows(
        "select l.source_id as who, k.reason from cases.not_opened as k inner join identity.link as l"
        " on l.person_id = k.person_id and l.source = 'ehr' where k.workflow = 'transitional_care' order by 1, 2"
    )
    unstated = "payer_class_not_stated"
    assert {row.who: row.reason for row in found} == {
        "another": unstated, "ended": unstated, "over": unstated, "nobody": unstated, "strange": unstated,
        "typed": "payer_class_not_meant",
    }  # fmt: skip
    # Part B pays once in twelve months from its own date, a plan once in a calendar year
    due = clinic.rows(
        "select l.source_id as who, c.trigger_on::text as due from cases.case_record as c inner join identity.link as l"
        " on l.person_id = c.person_id and l.source = 'ehr' where c.workflow = 'annual_wellness' order by 1"
    )
    assert {row.who: row.due for row in due} == {
        "answered": "2026-03-15", "begun": "2026-03-15", "plan": "2026-01-01", "table": "2026-03-15",
    }  # fmt: skip
    assert clinic.digest() == clinic.derived_digest()
