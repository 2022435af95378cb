"""Clinical records and bookings; what they have in common is in `told`, the values of observations in `measured`."""

from __future__ import annotations

from throughline.sources.fhir.resources.clinical import (
    answers,
    appointments,
    orders,
    prevention,
    results,
)
from throughline.sources.fhir.settings import Kind

KINDS: tuple[Kind, ...] = (
    *prevention.KINDS,
    *results.KINDS,
    *orders.KINDS,
    *answers.KINDS,
    *appointments.KINDS,
)
"""How each feed is read."""
