"""A first export asks for no more days than the definition says, but for all that stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from throughline.sources.definitions import definition
from throughline.sources.fhir.bulk.asking import request_of

EHR = definition("ehr")
ON = date(2026, 9, 1)
FEEDS = ["encounter", "document_reference", "patient", "coverage", "condition"]


def asked(since: datetime | None = None, **said: Any) -> tuple[str, ...]:
    return request_of(replace(EHR, **said), FEEDS, since, ON).filters


def test_a_first_export_is_cut_by_the_date_of_its_types() -> None:
    assert asked() == ()
    # what stands has no age
    assert asked(history_days=31) == (
        "Encounter?date=ge2026-08-01",
        "DocumentReference?date=ge2026-08-01",
    )
    assert asked(datetime(2026, 8, 31, tzinfo=UTC), history_days=31) == ()


def test_a_type_has_its_own_days_beside_its_own_queries() -> None:
    own = replace(
        EHR.feeds["encounter"],
        history_days=365,
        type_filter=("Encounter?class=AMB", "Encounter?class=IMP"),
    )
    found = asked(feeds={**EHR.feeds, "encounter": own})
    assert found == (
        "Encounter?class=AMB&date=ge2025-09-01",
        "Encounter?class=IMP&date=ge2025-09-01",
    )
