"""How a task waits for a source that is not ready: rescheduled, so that it holds no worker's slot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowRescheduleException

from throughline.transports.address import NotYet
from throughline.warehouse import nights

if TYPE_CHECKING:
    from throughline.sources.definitions import SourceDefinition
    from throughline.warehouse import Connection


def deadline(conn: Connection, definition: SourceDefinition) -> datetime:
    """Return when the night goes on without a source: `wait_minutes` after it began, or began again."""
    return nights.lease_taken_at(conn) + timedelta(minutes=definition.export.wait_minutes)


def again(error: Exception, until: datetime) -> AirflowRescheduleException | None:
    """Return what makes Airflow run a task again when its source asks for it.

    None if `error` does not ask for that, or only after the deadline.
    """
    if not isinstance(error, NotYet):
        return None
    at = datetime.now(UTC) + timedelta(seconds=error.wait_s)
    if at >= until:
        return None
    reschedule: Any = AirflowRescheduleException
    found: AirflowRescheduleException = reschedule(at)
    return found
