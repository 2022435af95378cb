"""Declares the assets that link the five DAGs, and the format of their partition key.

Each DAG is triggered by the one asset that the DAG before it publishes, keyed by the business date.
"""

from __future__ import annotations

from airflow.sdk import Asset

KEY_FORMAT = "%Y-%m-%d"

EXTRACTED_FEEDS = Asset(name="extracted_feeds", uri="throughline://warehouse/extracted_feeds")
BUILT_CASES = Asset(name="built_cases", uri="throughline://warehouse/built_cases")
RECONCILED_TASKS = Asset(name="reconciled_tasks", uri="throughline://warehouse/reconciled_tasks")
CREATED_TASKS = Asset(name="created_tasks", uri="throughline://warehouse/created_tasks")
REPORTED_OPERATIONS = Asset(
    name="reported_operations", uri="throughline://warehouse/reported_operations"
)
