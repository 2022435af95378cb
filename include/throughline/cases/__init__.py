"""Cases: opened, derived from the standing evidence, and never left without a next step."""

from throughline.cases.engine import (
    build_work_list,
    derive_all,
    digest,
    leave_no_trace,
    open_cases,
    reconcile,
    settle,
)

__all__ = [
    "build_work_list",
    "derive_all",
    "digest",
    "leave_no_trace",
    "open_cases",
    "reconcile",
    "settle",
]
