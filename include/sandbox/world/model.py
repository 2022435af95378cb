"""What the world is made of: plain data that can be pickled. Money in US dollars as Decimal, dates local,
date-times aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(slots=True)
class Organization:
    """A practice, hospital, nursing facility or payer. ``kind``: practice, acute, snf, psych, rehab, ltch, payer."""

    id: str
    name: str
    kind: str
    npi: str = ""
    tax_id: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    phone: str = ""
    taxonomy: str = ""


@dataclass(slots=True)
class Practitioner:
    """Someone who sees patients. ``qualification`` MD, DO, NP, PA may bill; RN and MA may not."""

    id: str
    npi: str
    family: str
    given: str
    qualification: str
    taxonomy: str
    is_billable: bool
    user: str = ""


@dataclass(slots=True)
class Coverage:
    """One insurance of a patient. ``kind``: part_b, advantage, medicaid, commercial. ``order`` 1 is primary."""

    id: str
    kind: str
    payer_id: str
    payer_name: str
    member_id: str
    starts: date
    ends: date | None = None
    order: int = 1
    is_qmb: bool = False


@dataclass(slots=True)
class Wellness:
    """An earlier wellness visit (G0402, G0438, G0439); ``elsewhere`` when another practice did it."""

    code: str
    day: date
    elsewhere: bool


@dataclass(slots=True)
class Patient:
    """One registration of a human in the EHR; ``person`` is the human, shared by double registrations.

    ``discharges`` are stays that ended at home with their end; ``contacts`` tries to reach the patient, and
    whether they were two-way; ``booked`` ids of standing appointments; ``admitted`` the id of a stay.
    """

    id: str
    person: str
    mrn: str
    family: str
    given: str
    sex: str
    birth_date: date
    phone: str
    street: str
    city: str
    state: str
    postal_code: str
    practitioner_id: str
    coverages: list[Coverage] = field(default_factory=list)
    wellness: list[Wellness] = field(default_factory=list)
    language: str = "en"
    interpreter: bool = False
    is_confidential: bool = False
    is_active: bool = True
    replaced_by: str = ""
    deceased_at: datetime | None = None
    hospice_from: date | None = None
    left_on: date | None = None
    opted_out_at: datetime | None = None
    consents: tuple[str, ...] = ()
    admitted: str = ""
    is_foreign: bool = False
    counters: dict[str, int] = field(default_factory=dict)
    foreign_number: str = ""
    discharges: list[tuple[str, datetime]] = field(default_factory=list)
    contacts: list[tuple[datetime, bool]] = field(default_factory=list)
    booked: list[str] = field(default_factory=list)
    conditions: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """A short unique text to make other identifiers from."""
        return self.foreign_number or self.id[4:]

    def count(self, what: str) -> int:
        """Count on; the first is 1."""
        number = self.counters.get(what, 0) + 1
        self.counters[what] = number
        return number

    def covered_on(self, day: date) -> list[Coverage]:
        """The coverages in force on a day, primary first."""
        found = [c for c in self.coverages if c.starts <= day and (c.ends is None or c.ends >= day)]
        return sorted(found, key=lambda c: c.order)


@dataclass(slots=True)
class Charge:
    """One charge as the clinician entered it. ``mdm``: straightforward, low, moderate, high or empty."""

    id: str
    code: str
    modifiers: tuple[str, ...]
    units: int
    amount: Decimal
    diagnoses: tuple[str, ...]
    mdm: str = ""
    no_charge_reason: str = ""
    is_global_period: bool = False
    is_self_pay_restricted: bool = False


@dataclass(slots=True)
class Visit:
    """One ambulatory encounter at the practice. ``kind``: OFFICE, TCM, AWV, NURSE, VIDEO, HOME.

    ``charge_entered_at`` and ``note_signed_at`` are None until it happened; ``status`` as in FHIR Encounter.
    ``is_billable``: by a practitioner who may bill it, and not taken back.
    """

    id: str
    patient_id: str
    practitioner_id: str
    kind: str
    date: date
    starts_at: datetime
    ends_at: datetime
    status: str = "planned"
    appointment_id: str = ""
    visit_number: str = ""
    place_of_service: str = "11"
    charges: list[Charge] = field(default_factory=list)
    charge_entered_at: datetime | None = None
    note_signed_at: datetime | None = None
    note_id: str = ""
    discharge_id: str = ""
    mdm: str = ""

    @property
    def encounter_id(self) -> str:
        """The FHIR id of the Encounter."""
        return self.id


@dataclass(slots=True)
class Appointment:
    """One slot in the schedule. ``status``: booked, arrived, cancelled, noshow, fulfilled, deleted."""

    id: str
    placer: str
    patient_id: str
    practitioner_id: str
    kind: str
    starts_at: datetime
    minutes: int
    status: str
    booked_at: datetime
    visit_id: str = ""
    discharge_id: str = ""
    reason: str = ""


@dataclass(slots=True)
class Stay:
    """One stay in a facility. ``facility``: acute, observation, snf, psych, rehab, ltch, ed."""

    id: str
    patient_id: str
    facility: str
    organization_id: str
    practitioner_id: str
    starts_at: datetime
    ends_at: datetime | None = None
    status: str = "in-progress"
    disposition: str = ""
    is_planned: bool = False


@dataclass(slots=True)
class BookingRequest:
    """A request for an appointment as it came over HTTP, and what became of it."""

    request_id: str
    key: str
    body: dict[str, object]
    received_at: datetime
    status: str = "pending"
    appointment_id: str = ""
    is_worked: bool = False


@dataclass(slots=True)
class Outreach:
    """A task somebody outside gave the practice's staff: call this patient, or sign this note."""

    id: str
    code: str
    patient_id: str
    focus: str
    effect: str
    text: str
    received_at: datetime
    status: str = "requested"
    not_before: datetime | None = None
    not_after: datetime | None = None
    tries: int = 0
