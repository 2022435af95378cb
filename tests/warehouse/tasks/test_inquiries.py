"""The night's 270: who is asked about, in which file, and once."""

from __future__ import annotations

import pytest

from tests.warehouse.clinic import coverage, patient
from tests.warehouse.tasks.desk import FIRST, SECOND, THIRD, Desk, doctor, member
from tests.warehouse.tasks.outside import Outside
from throughline.tasks import files


def a_night(desk: Desk, *people: str, payer: str = "MEDB1") -> None:
    desk.know(member(who, payer) for who in people)
    desk.open(FIRST)
    for who in people:
        desk.wants(who, "eligibility", workflow="annual_wellness", payer_id=payer)


def traces(content: bytes) -> set[str]:
    return {
        line.split("*")[2]
        for line in content.decode("ascii").splitlines()
        if line.startswith("TRN*")
    }


def test_one_file_per_payer_asks_about_everybody_once(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1", "p2")
    desk.know(member("p3", "SUNADV"))
    desk.open(SECOND)
    desk.wants("p3", "eligibility", workflow="annual_wellness", payer_id="SUNADV")
    assert desk.work() == {"accepted": 2}
    assert desk.work() == {}
    found = outside.files()
    assert sorted(len(traces(content)) for _, content in found) == [1, 2]
    asked = set().union(*(traces(content) for _, content in found))
    assert asked == {str(t.task_id).replace("-", "") for t in desk.tasks()}
    assert all(name.endswith(".270") for name, _ in found)


def test_many_are_asked_about_in_several_files(
    desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_INQUIRIES", 2)
    a_night(desk, "p1", "p2", "p3")
    assert desk.work() == {"accepted": 2}
    assert sorted(len(traces(content)) for _, content in outside.files()) == [1, 2]


def test_who_cannot_be_asked_about_is_an_exception(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1")
    desk.know(
        member("p2", "MEDB1"), coverage("p2", member_id=None), member("p3", "MEDB1", birth_date=None),
        member("p4", "MEDB1", general_practitioner_id="nobody"), patient("p5"), member("p6", "MEDB1", family="李"),
        member("p7", "MEDB1"), coverage("p7", member_id="M~7"),
    )  # fmt: skip
    desk.open(SECOND)
    for who in ("p2", "p3", "p4", "p5", "p6", "p7"):
        desk.wants(who, "eligibility", workflow="annual_wellness", payer_id="MEDB1")
    desk.work()
    ((_, content),) = outside.files()
    assert len(traces(content)) == 1
    assert desk.open_exceptions() == ["missing_billing_data"] + ["missing_coverage"] * 5
    ((missing,),) = desk.rows(
        "select detail -> 'missing' ->> 0 from operations.exception where reason = 'missing_billing_data'"
    )
    assert missing == "the member's name has a letter that X12 has not, nor a Latin form of it"
    assert b"M~7" not in content
    desk.know(coverage("p5"))
    desk.open(THIRD)
    desk.work()
    assert desk.open_exceptions() == ["missing_billing_data"] + ["missing_coverage"] * 4, (
        "he can be asked about now"
    )


def test_a_file_that_waits_leaves_out_who_need_not_or_must_not_be_asked_about(
    desk: Desk, outside: Outside
) -> None:
    a_night(desk, "p1", "p2", "p3")
    outside.down.add("clearinghouse")
    assert desk.work() == {"unreachable": 1}
    outside.down.clear()
    desk.open(SECOND)
    by_person = {t.person_id: t for t in desk.tasks()}
    desk.ends(by_person[desk.person("p1")].task_id)
    desk.conn.execute(
        "insert into identity.link (source, source_id, person_id, method, score, status, known_seq)"
        " values ('scheduling', 'stranger', %s, 'demographics', 0.9, 'doubt', 2)", (desk.person("p2"),),
    )  # fmt: skip
    desk.conn.commit()
    assert desk.dispatch() == {"accepted": 1}
    ((_, content),) = outside.files()
    assert traces(content) == {str(by_person[desk.person("p3")].task_id).replace("-", "")}
    assert sorted(desk.outcomes()) == ["accepted", "withheld"]
    assert desk.broken() == []
    assert desk.dispatch() == {}


def test_a_connection_that_breaks_at_the_last_moment_is_settled_with_certainty(
    desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.transports import sftp
    from throughline.transports.files import UploadUncertain

    hand_over = sftp.SftpFolder.hand_over
    for number, arrives in enumerate((True, False)):
        who = f"p{number}"
        desk.know(member(who, "MEDB1"), doctor())
        desk.open((FIRST, SECOND)[number])
        desk.wants(who, "eligibility", workflow="annual_wellness", payer_id="MEDB1")

        def broken(self: sftp.SftpFolder, folder: str, name: str, arrives: bool = arrives) -> None:
            if arrives:
                hand_over(self, folder, name)
            raise UploadUncertain("clearinghouse_main: EOFError at the final name")

        with monkeypatch.context() as patch:
            patch.setattr(sftp.SftpFolder, "hand_over", broken)
            assert desk.work() == {"uncertain": 1}
        assert desk.dispatch() == {"accepted": 1}
        assert len(outside.files()) == number + 1
