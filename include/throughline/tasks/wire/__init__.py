"""Builds the bytes to send: one module per wire format, each from plain columns that SQL chose.

Nothing here reads the warehouse or makes decisions. The same columns always give the same bytes, and the
caller commits them, with their hash, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from throughline.tasks.wire import booking_request, fhir_task, list_row, work_item
from throughline.tasks.wire.work import Work

__all__ = ["WRITERS", "Work", "written"]

WRITERS: Mapping[str, Callable[[Work], bytes]] = {
    "outreach": fhir_task.outreach,
    "documentation": fhir_task.documentation,
    "booking": booking_request.booking_request,
    "work_item": work_item.work_item,
}
"""The writer for each kind of transmission with one effect. The modules x12_*.py write files."""


def written(work: Work) -> bytes:
    """Return the bytes of what is asked for: a row of a list, or what its receiver's interface takes."""
    return list_row.list_row(work) if work.list_source is not None else WRITERS[work.kind](work)
