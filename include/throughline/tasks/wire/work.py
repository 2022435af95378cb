"""One request to a receiver, in plain columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True)
class Work:
    """A row of `sql/tasks/intentions.sql`: what to request for whom. Ids are the receiver's own.

    `asked_at` is the night's cut-off; calls must be between `call_from` and `call_until`. `task_id` is
    the first of the tasks that this serves. `encounter_source` is None if the visit's id alone identifies
    it. `list_source` is the source whose work list has it as a row, None if it goes out by itself;
    `patient_source` is then the chart of `patient_id`.
    """

    transmission_id: UUID
    effect_key: str
    kind: str
    task_id: UUID
    priority: str
    asked_at: datetime
    patient_id: str | None = None
    mrn: str | None = None
    practitioner_id: str | None = None
    practitioner_npi: str | None = None
    encounter_id: str | None = None
    encounter_source: str | None = None
    payer_id: str | None = None
    visit_type: str | None = None
    not_before: date | None = None
    not_after: date | None = None
    call_from: datetime | None = None
    call_until: datetime | None = None
    patient_source: str | None = None
    list_source: str | None = None
