"""JSON in one fixed form, so that the same content always has the same bytes and the same hash."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any


def json_text(value: Any) -> bytes:
    """Return `value` as PostgreSQL writes a `jsonb` as text: shorter keys first, then by their bytes.

    Earlier versions built payloads in the warehouse. Rebuilding such a payload must give the same bytes,
    and therefore the same hash.
    """
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(", ", ": "))
    return text.encode()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list):
        return [_ordered(each) for each in value]
    return value


def without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` without those that are None."""
    return {name: value for name, value in values.items() if value is not None}


def instant(at: datetime | None) -> str | None:
    """Return a moment as a FHIR instant in UTC, to the second."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
