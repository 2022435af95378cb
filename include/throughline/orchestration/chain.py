"""The DAGs of a night, in order: each starts the next one. Imports nothing, so that commands may read it."""

from __future__ import annotations

CHAIN = ("extract_feeds", "build_cases", "reconcile_tasks", "create_tasks", "report_operations")
"""The last one tells whether the night did its work."""
