"""What a night prints while it runs."""

from __future__ import annotations

import pytest

from tests.night.conftest import Lived

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

STEPS_OF = {
    "extract_feeds": {"open_night", "land", "stage", "gate", "load"},
    "build_cases": {
        "notice_files",
        "link_persons",
        "assert_facts",
        "build_work_list",
        "open_cases",
    },
    "reconcile_tasks": {"ask_receivers", "reconcile", "settle", "notice_silence"},
    "create_tasks": {"plan", "prepare_claims", "notice_questions", "dispatch", "settle_plan"},
    "report_operations": {"check_invariants", "compare_chain", "close_night", "write_page"},
}


def test_each_step_is_told_once_under_its_dag(lived: Lived) -> None:
    for seq, said in enumerate(lived.said, start=1):
        told = [
            (words[1], words[2])
            for words in map(str.split, said.splitlines())
            if len(words) > 2 and words[1] in STEPS_OF
        ]
        ended = lived.practice.rows(
            "select step from operations.step where seq = %s and finished_at is not null", seq
        )
        assert sorted(step for _, step in told) == sorted(step for (step,) in ended)
        assert [(dag, step) for dag, step in told if step not in STEPS_OF[dag]] == []


def test_what_is_done_by_feed_is_told_with_its_feed(lived: Lived) -> None:
    told = [line.split() for said in lived.said for line in said.splitlines()]
    loads = [words[3:5] for words in told if words[2:3] == ["load"]]
    assert loads
    for source, feed in loads:
        assert source in {"ehr", "scheduling", "clearinghouse"}
        assert not feed[0].isdigit()
