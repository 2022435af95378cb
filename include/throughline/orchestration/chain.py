"""The DAGs of a night, in order: each starts the next. Imports nothing, so any command can read it."""

from __future__ import annotations

CHAIN = ("extract_feeds", "build_cases", "reconcile_tasks", "create_tasks", "report_operations")
"""The outcome of the last DAG is the outcome of the night."""
