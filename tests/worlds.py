"""Which tests look at one world, and so run in one process, one after the other."""

from __future__ import annotations

from zlib import crc32

LIVED = ("agreement", "kills", "page", "privacy", "rerun", "told")
"""Files of `tests/night` that look at the one practice that lived ten nights, or are held against it."""
LIVED_WORLD = "night/lived"
SLOW = (
    "unit/sandbox/claims/test_a_practice_bills",
    "unit/sandbox/test_messages",
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
    "warehouse/deployment/test_backup",
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
    "warehouse/sources/tables/test_three_reports",
    "warehouse/practices/test_denver",
    "warehouse/practices/test_told_by_messages",
    "warehouse/sources/test_staging",
    "warehouse/tasks/test_answers",
    "warehouse/tasks/test_claims",
    "warehouse/tasks/test_days_of_a_site",
    "warehouse/tasks/test_dispatch",
    "warehouse/tasks/test_failpoints",
    "warehouse/tasks/test_inquiries",
    "warehouse/tasks/held/test_pausing",
    "warehouse/tasks/test_plan",
    "warehouse/tasks/held/test_gone_back",
    "warehouse/tasks/held/test_restored",
    "warehouse/tasks/test_sandbox",
    "warehouse/tasks/test_which_system",
    "warehouse/told/test_numbers",
    "warehouse/told/test_summary_and_page",
)
"""Files that take long as a whole: not in `make test-fast`, which ends within a minute."""
NIGHTLY = (
    "dags/pages/test_long_lists.py",
    "warehouse/cases/test_register.py",
    "warehouse/cases/two_sources/test_same_record.py",
    "warehouse/cases/two_sources/test_two_charts.py",
    "warehouse/deployment/test_backup.py",
    "warehouse/not_opened/test_reasons.py",
    "warehouse/not_opened/test_told.py",
    "warehouse/profiling/test_new_columns.py",
    "warehouse/quality/test_load.py",
    "warehouse/sources/tables/test_replaced.py",
    "warehouse/told/test_numbers.py",
    "warehouse/told/test_status.py",
    "unit/sandbox/test_messages.py::test_a_killed_world_tells_on_as_if_nothing_had_been",
    "unit/sandbox/test_restart.py",
    "unit/sandbox/test_world.py",
    "unit/stack/test_systems.py",
    "warehouse/cases/test_expected_money.py",
    "warehouse/cases/test_rows_set_aside.py",
    "warehouse/tasks/test_which_system.py",
    "warehouse/test_extending.py",
    "warehouse/told/test_broken_definitions.py",
    "warehouse/told/test_metrics.py",
    "dags/test_runs.py",
    "unit/sandbox/claims/test_a_practice_bills.py",
    "warehouse/cases/test_derivation_number.py",
    "warehouse/cases/test_taken_back.py",
    "warehouse/evidence/test_codes_not_mapped.py",
    "warehouse/evidence/test_not_reached.py",
    "warehouse/retention/test_restored.py",
    "dags/test_zone.py::test_the_night_begins_after_its_cut_off_wherever_the_practice_is",
    "unit/sandbox/test_deliveries.py::test_what_befalls_the_first_night_leaves_the_files_of_sixty_days",
    "warehouse/cases/test_claim_of_visit.py::test_a_claim_is_of_the_visit_that_it_bills",
    "warehouse/cases/test_reruns.py",
    "warehouse/identity/test_links.py::test_merged_records_follow_their_survivor_with_all_that_names_them",
    "warehouse/identity/test_links.py::test_one_person_whatever_comes_first_and_over_how_many_nights",
    "warehouse/tasks/test_failpoints.py::test_a_process_that_died_and_ran_again_left_the_same",
    "warehouse/tasks/held/test_gone_back.py",
    "warehouse/tasks/lists/test_back.py",
    "warehouse/tasks/lists/test_out.py",
    "warehouse/tasks/held/test_pausing.py::test_a_file_whose_sending_broke_off_waits_too",
    "warehouse/tasks/held/test_pausing.py::test_a_task_that_waits_for_the_pause_to_end_does_not_lapse",
    "warehouse/tasks/held/test_pausing.py::test_without_a_pause_it_lapses_when_it_is_due",
    "warehouse/tasks/held/test_restored.py::test_nothing_goes_out_while_its_receiver_cannot_be_asked",
    "warehouse/tasks/held/test_restored.py::test_what_had_not_gone_out_goes_out_once_after_a_look",
    "warehouse/tasks/test_sandbox.py",
    "warehouse/tasks/held/test_observing.py::test_what_is_observed_goes_out_only_after_somebody_let_it_out",
    "warehouse/tasks/held/test_observing.py::test_what_has_its_bytes_when_observing_begins_does_not_go_out",
    "warehouse/tasks/held/test_observing.py::test_what_waited_without_bytes_when_observing_began_does_not_go_out",
    "warehouse/tasks/held/test_observing.py::test_a_call_whose_answer_was_lost_is_not_made_again_while_observing",
    "warehouse/tasks/held/test_observing.py::test_one_workflow_is_live_and_another_observed_for_the_same_patient",
    "warehouse/tasks/held/test_observing.py::test_a_shared_call_goes_out_for_the_workflow_that_is_live",
    "warehouse/tasks/held/test_observing.py::test_what_was_let_out_and_is_observed_again_is_held_again",
    "warehouse/tasks/held/test_observing.py::test_a_clock_that_ends_while_observing_is_shown_and_not_missed",
    "warehouse/tasks/held/test_observing.py::test_without_observing_the_clock_is_missed",
    "warehouse/tasks/held/test_by_hand.py",
    "warehouse/cases/two_sources/test_notes.py",
    "warehouse/cases/two_sources/test_same_record.py::test_contradictions_are_told",
    "warehouse/cases/two_sources/test_same_record.py::test_by_time_only_where_the_definition_says_so",
    "warehouse/cases/two_sources/test_same_record.py::test_a_visit_goes_by_the_name_that_its_chart_has_for_it",
    "warehouse/cases/two_sources/test_same_record.py::test_of_one_appointment_the_newer_statement_counts",
    "warehouse/cases/two_sources/test_same_record.py::test_a_disposition_that_only_one_of_them_states",
    "warehouse/cases/two_sources/test_same_record.py::test_a_stay_that_one_of_them_has_not_ended_yet_is_over",
    "warehouse/not_opened/test_attribution.py::test_what_makes_a_patient_the_practices",
    "warehouse/practices/test_denver.py",
    "warehouse/practices/test_told_by_messages.py",
    "warehouse/silence/test_asked_never.py::test_with_days_allowed_it_is_awaited_so_long",
    "dags/pages/test_hostile_texts.py",
    "warehouse/sources/test_clocks.py",
    "warehouse/cases/asked/test_stated_level.py",
    "warehouse/cases/asked/test_stated_reconciliation.py",
    "warehouse/profiling/test_run.py",
    "warehouse/retention/test_status.py",
    "dags/pages/test_acts_on_pages.py",
    "dags/pages/test_answers.py",
    "dags/pages/test_first_week_pages.py",
    "dags/pages/test_nightly.py",
    "dags/pages/test_searching.py",
    "warehouse/cases/dates/test_impossible_days.py",
    "warehouse/cases/test_counts.py",
    "warehouse/sources/tables/test_three_reports.py",
    "dags/test_policy.py::test_parsing_imports_nothing_heavy",
    "warehouse/proven/test_catalogue.py",
    "warehouse/proven/test_invariants.py",
    "warehouse/quality/test_suites.py",
    "warehouse/cases/test_sites.py",
    "warehouse/cases/test_whose_feeds.py",
    "warehouse/cases/two_sources/test_charges.py",
    "warehouse/cases/two_sources/test_paid.py",
    "warehouse/engine/test_model.py::test_the_engine_agrees_with_the_model_on_what_is_seldom",
    "warehouse/engine/test_rechecks.py",
    "warehouse/pages/calls/test_called_since.py",
    "warehouse/pages/calls/test_clock_of_work.py",
    "warehouse/profiling/test_profile.py",
    "warehouse/profiling/test_words_not_known.py",
    "warehouse/stack/test_leftover.py",
    "warehouse/tasks/held/test_asked_anew.py",
    "warehouse/told/test_summary_and_page.py",
)
"""Files and tests that take long for what they add: in `make test-nights`, not in `make test`."""
HEAVY = (
    "warehouse/quality/clinical/test_given_and_answered.py",
    "warehouse/quality/clinical/test_lines_left_out.py",
    "warehouse/quality/clinical/test_orders.py",
    "warehouse/quality/clinical/test_results.py",
    "warehouse/cases/test_reruns.py",
    "warehouse/cases/test_rows_set_aside.py",
    "warehouse/cases/test_taken_back.py",
    "warehouse/sources/tables/test_replaced.py",
    "warehouse/sources/tables/test_three_reports.py",
    "warehouse/test_extending.py",
    "unit/sandbox/test_messages.py",
    "warehouse/exceptions/test_resolve.py",
    "warehouse/pages/calls/test_called_since.py",
    "warehouse/pages/calls/test_clock_of_work.py",
    "warehouse/profiling/test_profile.py",
    "warehouse/proven/test_chain.py",
    "warehouse/tasks/claims/test_opening.py",
    "warehouse/tasks/claims/test_released_not_sent.py",
    "warehouse/tasks/test_support.py",
    "dags/pages/test_long_lists.py",
    "warehouse/cases/test_claim_of_visit.py",
    "warehouse/cases/test_register.py",
    "warehouse/cases/test_sites.py",
    "warehouse/cases/test_whose_feeds.py",
    "warehouse/cases/two_sources/test_charges.py",
    "warehouse/cases/two_sources/test_paid.py",
    "warehouse/cases/two_sources/test_same_record.py",
    "warehouse/cases/two_sources/test_two_charts.py",
    "warehouse/cases/two_sources/test_visits_by_number.py",
    "warehouse/dump/test_write.py",
    "warehouse/evidence/test_facts.py",
    "warehouse/evidence/test_unmapped.py",
    "warehouse/identity/test_links.py",
    "warehouse/identity/test_two_numberings.py",
    "warehouse/not_opened/test_asked.py",
    "warehouse/not_opened/test_attribution.py",
    "warehouse/not_opened/test_kind_of_coverage.py",
    "warehouse/not_opened/test_recorded.py",
    "warehouse/not_opened/test_rejected.py",
    "warehouse/not_opened/test_stated.py",
    "warehouse/not_opened/test_told.py",
    "warehouse/pages/calls/test_late_contacts.py",
    "warehouse/pages/calls/test_wrong_numbers.py",
    "warehouse/pages/test_acts.py",
    "warehouse/pages/test_late_feeds.py",
    "warehouse/pages/test_lists_of_what_was.py",
    "warehouse/pages/test_story.py",
    "warehouse/profiling/test_new_columns.py",
    "warehouse/proven/test_privacy.py",
    "warehouse/quality/money/test_held_payments.py",
    "warehouse/quality/money/test_money.py",
    "warehouse/quality/money/test_paid_lines.py",
    "warehouse/quality/money/test_two_claims.py",
    "warehouse/quality/money/test_two_contents.py",
    "warehouse/quality/parts/test_adt.py",
    "warehouse/quality/parts/test_dft.py",
    "warehouse/quality/parts/test_mdm.py",
    "warehouse/quality/test_balance.py",
    "warehouse/quality/test_codes.py",
    "warehouse/quality/test_load.py",
    "warehouse/quality/test_mutated.py",
    "warehouse/quality/test_statuses.py",
    "warehouse/quality/test_verdicts.py",
    "warehouse/quality/test_withdraw.py",
    "warehouse/retention/test_lists.py",
    "warehouse/retention/test_retention.py",
    "warehouse/silence/test_asked_never.py",
    "warehouse/silence/test_one_status.py",
    "warehouse/silence/test_switched_off.py",
    "warehouse/silence/test_unmatched.py",
    "warehouse/sources/tables/test_replaced.py",
    "warehouse/stack/test_leftover.py",
    "warehouse/tasks/claims/test_names.py",
    "warehouse/tasks/claims/test_page.py",
    "warehouse/tasks/claims/test_told_charge.py",
    "warehouse/tasks/claims/test_untold.py",
    "warehouse/tasks/claims/test_why_not_attest.py",
    "warehouse/tasks/held/test_asked_anew.py",
    "warehouse/tasks/held/test_inside.py",
    "warehouse/tasks/held/test_observing.py",
    "warehouse/tasks/held/test_pausing.py",
    "warehouse/tasks/held/test_restored.py",
    "warehouse/tasks/lists/test_sftp.py",
    "warehouse/tasks/test_answers.py",
    "warehouse/tasks/test_claims.py",
    "warehouse/tasks/test_days_of_a_site.py",
    "warehouse/tasks/test_dispatch.py",
    "warehouse/tasks/test_failpoints.py",
    "warehouse/tasks/test_plan.py",
    "warehouse/told/test_numbers.py",
    "warehouse/told/test_status.py",
    "warehouse/told/test_summary_and_page.py",
    "warehouse/warehouse/test_meaning.py",
)
"""Files whose tests take a second or more each: `make test` has the first one.

Of the others `make test-nights` has one in so many (`HEAVY_SHARE`), and `make long` the rest.
"""
HEAVY_SHARE = 4
LONG = (
    "dags/test_runs.py::test_a_gate_that_is_tried_again_parses_only_what_was_lost",
    "night/test_rerun.py::test_a_dag_of_a_night_runs_again_after_a_void_rerun[the first]",
    "night/test_rerun.py::test_a_second_practice_runs_beside_the_first",
    "night/test_rerun.py::test_after_retention_nights_go_on_and_old_ones_are_replayed",
    "warehouse/stack/test_benchmark.py",
    "dags/first_week/test_observe_first.py",
    "dags/test_population.py",
    "night/faults/test_foreign_files.py",
    "night/faults/test_refused_files.py",
    "night/systems/test_denver_by_dags.py",
    "night/systems/test_own_definitions.py",
    "night/systems/test_real_systems.py",
)
"""Files and tests that take minutes for what quicker ones show too: in `make long`, in no other tier."""
THINNED = {
    "unit/sandbox/claims/test_a_practice_bills.py": 3,
    "warehouse/cases/dates/test_impossible_days.py": 6,
    "warehouse/cases/test_claim_of_visit.py": 3,
    "warehouse/cases/test_derivation_number.py": 6,
    "warehouse/cases/test_determinism.py": 6,
    "warehouse/cases/test_expected_money.py": 6,
    "warehouse/cases/test_mutations.py::test_a_changed_definition_is_noticed": 50,
    "warehouse/cases/test_mutations.py::test_a_swapped_status_is_noticed": 6,
    "warehouse/cases/test_reruns.py": 10,
    "warehouse/cases/test_rows_set_aside.py": 6,
    "warehouse/cases/test_taken_back.py": 16,
    "warehouse/engine/test_model.py": 8,
    "warehouse/engine/test_rechecks.py": 8,
    "warehouse/evidence/test_codes_not_mapped.py": 3,
    "warehouse/evidence/test_facts.py": 6,
    "warehouse/evidence/test_unmapped.py": 6,
    "warehouse/identity/test_links.py": 6,
    "warehouse/pages/test_cases_and_persons.py": 2,
    "warehouse/proven/test_catalogue.py": 6,
    "warehouse/proven/test_invariants.py": 4,
    "warehouse/quality/clinical/test_orders.py": 4,
    "warehouse/quality/clinical/test_results.py": 4,
    "warehouse/quality/test_suites.py": 6,
    "warehouse/quality/test_verdicts.py": 3,
    "warehouse/silence/test_new_codes.py": 3,
    "warehouse/silence/test_silence.py": 2,
    "warehouse/silence/test_unmatched.py": 2,
    "warehouse/tasks/claims/test_opening.py": 3,
    "warehouse/tasks/doors/test_every_act_at_every_door.py": 5,
    "warehouse/tasks/held/test_observing.py": 3,
    "warehouse/tasks/test_claims.py": 3,
    "warehouse/tasks/test_dispatch.py": 3,
    "warehouse/tasks/test_failpoints.py": 3,
    "warehouse/tasks/test_support.py": 3,
    "warehouse/tasks/test_which_system.py": 4,
}
"""Files and tests of which one case in so many stays in its tier, the first and some that its name chooses.

`make long` has them all. What is thinned takes seconds for each of many cases of one rule.
"""
TIERS = ("night", "dags", "warehouse", "unit")


def world(nodeid: str) -> str:
    """Name of the group of a test: tests of one group run in one process, one after the other."""
    file = nodeid.partition("::")[0].removeprefix("tests/")
    lived = {f"night/test_{name}.py" for name in LIVED}
    return LIVED_WORLD if file in lived else file


def is_slow(nodeid: str) -> bool:
    """Say whether a test is of a file that takes long as a whole."""
    return nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py") in SLOW


def is_nightly(nodeid: str) -> bool:
    """Say whether a test is left to `make test-nights`: its file, its function or itself is listed."""
    of = nodeid.removeprefix("tests/")
    return any(name in NIGHTLY for name in (of, of.partition("[")[0], of.partition("::")[0]))


def is_left_to_the_night(nodeid: str, number: int) -> bool:
    """Say whether the test of this number (from 0) of its file is left to `make test-nights`: its file is heavy."""
    return number > 0 and nodeid.partition("::")[0].removeprefix("tests/") in HEAVY


def is_long(nodeid: str, number: int) -> bool:
    """Say whether the test of this number (from 0) of its file is left to `make long`.

    Its file is listed, or is heavy, and the test's name does not choose it for the night.
    """
    of = nodeid.removeprefix("tests/")
    if of in LONG or of.partition("::")[0] in LONG:
        return True
    is_named = of in NIGHTLY or of.partition("[")[0] in NIGHTLY
    chosen = crc32(nodeid.encode()) % HEAVY_SHARE == 0 or is_named
    return is_left_to_the_night(nodeid, number) and not chosen


def is_thinned(nodeid: str, number: int) -> bool:
    """Say whether the case of this number (from 0) of a parametrized test is left to `make long`."""
    of = nodeid.removeprefix("tests/").partition("[")[0]
    share = THINNED.get(of, THINNED.get(of.partition("::")[0], 1))
    return number > 0 and crc32(nodeid.encode()) % share != 0
