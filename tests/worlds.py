"""Which tests look at one world, and so run in one process, one after the other."""

from __future__ import annotations

LIVED = ("agreement", "kills", "page", "privacy", "rerun", "told")
"""Files of `tests/night` that look at the one practice that lived ten nights, or are held against it."""
LIVED_WORLD = "night/lived"
SLOW = (
    "unit/sandbox/claims/test_a_practice_bills",
    "unit/sandbox/test_restart",
    "unit/sandbox/test_server",
    "unit/sandbox/test_world",
    "warehouse/cases/test_claim_of_visit",
    "warehouse/cases/test_counts",
    "warehouse/cases/test_derivation_number",
    "warehouse/cases/test_expected_money",
    "warehouse/cases/test_register",
    "warehouse/cases/test_reruns",
    "warehouse/cases/test_sites",
    "warehouse/cases/test_taken_back",
    "warehouse/cases/test_whose_feeds",
    "warehouse/evidence/test_facts",
    "warehouse/identity/test_links",
    "warehouse/identity/test_two_numberings",
    "warehouse/profiling/test_profile",
    "warehouse/profiling/test_run",
    "warehouse/proven/test_invariants",
    "warehouse/proven/test_privacy",
    "warehouse/quality/test_bad_folders",
    "warehouse/quality/test_balance",
    "warehouse/quality/test_load",
    "warehouse/quality/test_refused",
    "warehouse/quality/test_statuses",
    "warehouse/quality/test_suites",
    "warehouse/quality/test_verdicts",
    "warehouse/silence/test_new_codes",
    "warehouse/silence/test_one_status",
    "warehouse/silence/test_silence",
    "warehouse/sources/test_fetch",
    "warehouse/sources/test_files",
    "warehouse/sources/test_staging",
    "warehouse/tasks/test_answers",
    "warehouse/tasks/test_claims",
    "warehouse/tasks/test_days_of_a_site",
    "warehouse/tasks/test_dispatch",
    "warehouse/tasks/test_failpoints",
    "warehouse/tasks/test_inquiries",
    "warehouse/tasks/test_plan",
    "warehouse/tasks/test_sandbox",
    "warehouse/tasks/test_which_system",
    "warehouse/told/test_numbers",
    "warehouse/told/test_summary_and_page",
)
"""Files that take long as a whole: not in `make test-fast`, which ends within a minute."""
TIERS = ("night", "dags", "warehouse", "unit")


def world(nodeid: str) -> str:
    """Name of the group of a test: tests of one group run in one process, one after the other."""
    file = nodeid.partition("::")[0].removeprefix("tests/")
    lived = {f"night/test_{name}.py" for name in LIVED}
    return LIVED_WORLD if file in lived else file


def is_slow(nodeid: str) -> bool:
    """Say whether a test is of a file that takes long as a whole."""
    return nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py") in SLOW
