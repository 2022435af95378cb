"""The summary and the page: order, width, what they say of a failed night, and nobody's name."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from stack import postgres
from throughline.told import numbers as of
from throughline.told import page, status, summary, text, words
from throughline.told.numbers import collect
from throughline.warehouse import Connection

ZONE = "America/New_York"
ORDER = [
    "CALL BY 17:00",
    "NOT KNOWN",
    "FEEDS",
    "CASES",
    "TASKS",
    "PROVEN SINCE YESTERDAY",
    "EXCEPTIONS",
    "EXPECTED MONEY",
    "STOPPED OVERNIGHT",
    "SECONDS PER STEP",
    "WHERE TO LOOK NEXT",
]


def patients(conn: Connection) -> list[str]:
    rows = conn.execute("select family, mrn, phone, birth_date::text from core.patient").fetchall()
    return [value for row in rows for value in row]


def test_the_summary_says_first_what_matters(conn: Connection) -> None:
    text = summary.render(collect(conn, 3, ZONE), "state/reports")
    places = [re.search(f"^{name}", text, re.MULTILINE) for name in ORDER]
    assert all(places)
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts)
    assert "state/reports/2026-09-03.html" in text


def test_a_full_disk_is_said_in_words(conn: Connection) -> None:
    conn.execute("update operations.night set status = 'failed', failed_step = 'x' where seq = 3")
    conn.execute(
        "update operations.step set status = 'failed', detail = '{\"error\": \"DiskFullError\"}'"
        " where seq = 3 and step = 'link_persons'"
    )
    assert words.headline(collect(conn, 3, ZONE)) == "The night failed in x (the disk is full)."


def test_the_summary_fits_a_hundred_columns(conn: Connection) -> None:
    conn.execute(
        "update operations.exception set owner_team = repeat('long_team_name_', 4)"
        " where reason = 'unsigned_note'"
    )
    told = summary.render(collect(conn, 3, ZONE))
    assert max(len(line) for line in told.splitlines()) <= text.WIDTH


def test_feeds_are_named_after_the_system_that_sends_them(conn: Connection) -> None:
    """Two systems may send feeds of one name."""
    numbers = collect(conn, 3, ZONE)
    quiet = next(iter(words.quiet(numbers)))
    numbers.feeds.append(replace(quiet, source="ehr_north"))
    told = " ".join(summary.render(numbers).split())
    assert f"ehr_north: {quiet.feed}" in told
    assert re.search(rf"\b{quiet.source}: [a-z_, ]*\b{quiet.feed}\b", told)


def test_the_summary_names_no_patient(conn: Connection) -> None:
    text = summary.render(collect(conn, 3, ZONE))
    names = set(re.findall(r"[\w-]+", text))
    assert not names & set(patients(conn))


def test_a_failed_night_says_where_and_why(conn: Connection) -> None:
    conn.execute(
        "update operations.night set status = 'failed', failed_step = 'build_cases: link_persons'"
        " where seq = 3"
    )
    conn.execute(
        "update operations.step set status = 'failed', detail = '{\"error\": \"UndefinedColumn\"}'"
        " where seq = 3 and step = 'link_persons'"
    )
    numbers = collect(conn, 3, ZONE)
    text = summary.render(numbers)
    assert "The night failed in build_cases: link_persons (UndefinedColumn)." in text
    assert "FAILED" in text
    html = page.render(numbers)
    assert "The night failed in build_cases: link_persons (UndefinedColumn)." in html


def set_aside(conn: Connection, reason: str, detail: str) -> None:
    conn.execute(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team,"
        " opened_seq, opened_at, due_at, detail) select md5(%(detail)s)::uuid, 'batch', 'x', %(reason)s,"
        " 'data_engineering', 3, cut_off, cut_off + interval '9 hours', %(detail)s::jsonb"
        " from operations.night where seq = 3",
        {"reason": reason, "detail": detail},
    )


def test_what_was_set_aside_is_said_first(conn: Connection) -> None:
    conn.execute("delete from operations.exception where reason in ('rows_set_aside', 'new_code')")
    conn.execute("update operations.night set status = 'finished' where seq = 3")
    set_aside(
        conn,
        "rows_set_aside",
        '{"source": "ehr", "feed": "encounter", "business_date": "2026-09-03", "rows": 37,'
        ' "cases": 12, "reasons": ["class missing"]}',
    )
    set_aside(
        conn,
        "file_refused",
        '{"source": "clearinghouse", "name": "a.pgp", "why": "no_interchange_header"}',
    )
    set_aside(conn, "new_code", "{}")
    numbers = collect(conn, 3, ZONE)
    assert len(numbers.undecided) == 2
    said = words.headline(numbers)
    assert said.startswith(
        "The night finished normally; 1 file could not be read, 37 rows of 1 feed are set aside, "
    )
    assert said.endswith("1 code has no meaning here.")
    told = " ".join(summary.render(numbers).split())
    assert (
        "37 rows of ehr/encounter of 2026-09-03: class missing; 12 cases rest on it. Decide" in told
    )
    assert not [feed for feed in words.quiet(numbers) if feed.feed == "encounter"]
    html = page.render(numbers)
    assert "file a.pgp of clearinghouse: no interchange header" in told
    assert "mend the definition of its source, or have it sent again; if it says" in told
    assert "ACTION=carries_nothing" in told
    assert "37 rows of ehr/<wbr>encounter" in html
    assert "File a.pgp of clearinghouse" in html
    assert "not known, 37 rows set aside, 1 file unread" in html
    assert "Set aside: 37 rows of ehr/encounter" in status.tell(conn)


def test_files_that_carry_nothing_by_definition_are_counted(conn: Connection) -> None:
    before = words.headline(collect(conn, 3, ZONE))
    conn.execute(
        "insert into landing.file (file_id, source, business_date, known_seq, original_name, path, bytes,"
        " sha256, received_at, status, refused_reason, closed_seq, closed_by) select gen_random_uuid(),"
        " 'clearinghouse', '2026-09-03', seq, 'a.pdf', 'x', 1, '', now(), 'refused', 'no_interchange_header',"
        " seq, by from (values (1, 'definition'), (3, 'definition'), (3, 'definition'), (3, 'decision'))"
        " as f (seq, by)"
    )
    for seq, said in (
        (3, "2 unreadable files of clearinghouse carry nothing by its definition, 3 so far"),
        (2, "0 unreadable files of clearinghouse carry nothing by its definition, 1 so far"),
    ):
        numbers = collect(conn, seq, ZONE)
        assert said in " ".join(summary.render(numbers).split())
        assert said in page.render(numbers)
    assert words.headline(collect(conn, 3, ZONE)) == before
    assert of.counts(collect(conn, 3, ZONE))["files_carry_nothing"] == 2


def test_an_empty_warehouse_has_a_summary_and_a_page(conn: Connection) -> None:
    conn.execute(
        "truncate cases.case_record, cases.stage, tasks.task, tasks.transmission, operations.exception,"
        " operations.prevented, evidence.fact, landing.batch, landing.batch_file, operations.step,"
        " operations.feed, tasks.event, tasks.transmission_task, tasks.claim, quality.verdict,"
        " quality.quarantine cascade"
    )
    numbers = collect(conn, 3, ZONE)
    assert "No calls are due today." in summary.render(numbers)
    assert "No cases yet." in page.render(numbers)


class Outline(HTMLParser):
    """Collects what a page is made of: headings, tags, and what it points to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.headers_without_scope = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in ("meta", "wbr", "rect", "link"):
            self.open.append(tag)
        given = dict(attrs)
        self.links += [value for key in ("href", "src") if (value := given.get(key))]
        if tag == "th" and not given.get("scope"):
            self.headers_without_scope += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("meta", "wbr", "rect"):
            return
        assert self.open.pop() == tag, f"{tag} is closed out of turn"

    def handle_data(self, data: str) -> None:
        if "h2" in self.open and self.open[-1] == "h2" and data.strip():
            self.headings.append(data.strip())


def test_the_page_is_in_the_order_of_a_morning_and_stands_alone(conn: Connection) -> None:
    html = page.render(collect(conn, 3, ZONE))
    outline = Outline()
    outline.feed(html)
    assert outline.open == []
    wanted = [
        "Waiting for a decision",
        "Call by 17:00",
        "Not known",
        "Expected money by what blocks it",
        "Proven since yesterday",
        "Stopped overnight",
        "Exceptions by owner",
        "Case progress",
        "Tasks since yesterday",
        "Feeds and verdicts",
        "Steps of the night",
    ]
    assert outline.headings == wanted
    assert not outline.tags & {"script", "img", "link", "iframe"}
    pages = ("#", "calls", "case/", "claims", "exception", "first", "night/", "search", "sending")
    assert all(link.startswith(pages) for link in outline.links)
    assert outline.headers_without_scope == 0
    assert "url(" not in html
    assert "@import" not in html
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html
    assert html.count('class="funnel"') == 3


def test_the_page_and_the_summary_say_what_expected_money_is(conn: Connection) -> None:
    told = summary.render(collect(conn, 3, ZONE))
    assert words.EXPECTED in " ".join(told.split())
    assert words.EXPECTED in page.render(collect(conn, 3, ZONE))


def test_what_nobody_can_value_is_told_as_not_known(conn: Connection) -> None:
    conn.execute(
        "update cases.case_record set expected_amount = null where stage = 'contacted' and status = 'open'"
    )
    numbers = collect(conn, 3, ZONE)
    rows = [row for row in numbers.money if row.not_valued == row.cases]
    assert rows
    assert {words.expected(row) for row in rows} == {"–"}
    assert "$0" not in {words.expected(row) for row in numbers.money}
    told = words.unvalued(numbers)
    assert re.fullmatch(
        r"\d+ open cases? (has|have) no expected amount and (is|are) not in the total\.", told
    )
    assert told in " ".join(summary.render(numbers).split())
    assert told in page.render(numbers)


def test_the_page_names_no_patient(conn: Connection) -> None:
    names = set(re.findall(r"[\w-]+", page.render(collect(conn, 3, ZONE))))
    assert not names & set(patients(conn))


def test_what_is_written_is_escaped(conn: Connection) -> None:
    conn.execute("update cases.stage set reason = '<b>x</b>' where state = 'unknown'")
    assert "<b>x</b>" not in page.render(collect(conn, 3, ZONE))


def test_pages_are_put_in_place_whole_and_know_the_morning_before(
    conn: Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "reports"
    written = page.write_page(conn, 2, folder, ZONE)
    assert written.name == "2026-09-02.html"
    assert not (folder / page.LATEST).exists()
    written = page.write_page(conn, 3, folder, ZONE)
    assert (folder / page.LATEST).read_bytes() == written.read_bytes()
    assert 'href="2026-09-02.html"' in written.read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == [
        "2026-09-01.html",
        "2026-09-02.html",
        "2026-09-03.html",
        "latest.html",
        "mornings.json",
    ]


def test_a_page_that_was_never_written_comes_with_the_next(
    conn: Connection, tmp_path: Path
) -> None:
    page.write_page(conn, 3, tmp_path, ZONE)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2026-09-02.html",
        "2026-09-03.html",
        "latest.html",
        "mornings.json",
    ]
    written = (tmp_path / "2026-09-02.html").stat().st_mtime_ns
    page.write_page(conn, 3, tmp_path, ZONE)
    assert (tmp_path / "2026-09-02.html").stat().st_mtime_ns == written


def test_a_void_rerun_leaves_the_page_of_its_date(conn: Connection, tmp_path: Path) -> None:
    conn.execute(
        "insert into operations.night (seq, business_date, kind, cut_off, status)"
        " values (4, '2026-09-03', 'rerun', '2026-09-04 07:00Z', 'void')"
    )
    written = page.write_page(conn, 4, tmp_path, ZONE)
    assert "night 3" in written.read_text(encoding="utf-8")
    assert (tmp_path / page.LATEST).exists()


def test_funnels_fill_their_width_and_show_single_cases(conn: Connection) -> None:
    for funnel in page.funnels(collect(conn, 3, ZONE)):
        for rung in funnel.rungs:
            assert sum(bar.width for bar in rung.bars) <= page.FUNNEL_WIDTH + 2 * len(rung.bars)
            assert all(bar.width >= 1.5 for bar in rung.bars)
        first = funnel.rungs[0]
        assert first.came_through + first.here == funnel.cases


def test_status_lists_nights_and_what_waits(conn: Connection) -> None:
    text = status.tell(conn)
    assert text.splitlines()[0].startswith("night    3  2026-09-03  nightly   running")
    assert "Waiting for a decision in Airflow: delivery" in text
    assert "7 rows, since today; an exception from 2026-09-05" in text
    conn.execute(
        "insert into landing.search values"
        " ('ehr', 'task', 1, 'all', '', '{}', 1, 0),"
        " ('ehr', 'task', 3, 'patient', 'subject', '{deletions}', 9, 1200),"
        " ('ehr', 'encounter', 1, 'all', '', '{}', 1, 0),"
        " ('ehr', 'claim', 3, 'last_updated', '_lastUpdated', '{}', 1, 0)"
    )
    assert status.tell(conn).splitlines()[-2:] == [
        "ehr/claim is read by search, for what changed (_lastUpdated)",
        "ehr/task is read by search, person by person (subject); not seen: deletions,"
        " 1,200 persons whom tonight's search did not reach",
    ]
    numbers = collect(conn, 3, ZONE)
    numbers.status = "finished"
    assert "1,200 persons were not reached by search" in words.headline(numbers)
    for told in (" ".join(summary.render(numbers).split()), page.render(numbers)):
        assert "not seen: deletions, 1,200 persons whom tonight" in told
        assert "The next night begins with them" in told
    conn.execute("set local session_replication_role = replica")  # a night is never forgotten
    conn.execute("delete from operations.night")
    assert status.tell(conn) == "No night has run yet: make night"


@pytest.mark.parametrize("night", [None, "2", "99"])
def test_the_command(
    server: postgres.Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    night: str | None,
) -> None:
    monkeypatch.setenv("THROUGHLINE_DSN", server.dsn("throughline_reader"))
    code = summary.main(["--night", night] if night else [])
    out = capsys.readouterr().out
    if night == "99":
        assert (code, out) == (1, "there is no night 99\n")
    else:
        assert code == 0
        assert out.startswith(f"Night {night or 3} of ")


def test_what_is_silent_is_named_and_other_ids_are_not(conn: Connection) -> None:
    conn.execute(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq,"
        " opened_at, due_at) select gen_random_uuid(), v.kind, v.about, 'facts_silent', 'front_desk', 3, n.cut_off,"
        " n.cut_off + interval '1 day' from operations.night as n cross join (values"
        " ('facts', 'ehr/no_such_kind'), ('code', 'ehr/encounter.class_code XX'), ('task', 'id-of-a-task'))"
        " as v (kind, about) where n.seq = 3"
    )
    numbers = collect(conn, 3, ZONE)
    (row,) = (row for row in numbers.exceptions if row.reason == "facts_silent")
    assert row.subjects == ["ehr/encounter.class_code XX", "ehr/no_such_kind"]
    for told in (summary.render(numbers), page.render(numbers)):
        assert "ehr/encounter.class_code XX, ehr/no_such_kind" in told
        assert "id-of-a-task" not in told


def test_a_pause_of_sending_is_told_everywhere_until_it_ends(conn: Connection) -> None:
    said = "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id,"
    said += " known_seq, decided_at) values (gen_random_uuid(), 'operator', %s, 'sending', 'sending', %s, %s)"
    conn.execute(said, ("pause_sending", 3, "2026-09-03 14:00+00"))
    told = "Sending is paused since Thu 03 Sep 2026 10:00, by operator; "
    for shown in (
        summary.render(collect(conn, 3, ZONE)).replace("\n", " "),
        page.render(collect(conn, 3, ZONE)),
        status.tell(conn),
    ):
        assert told in shown
    assert "Sending is paused" not in summary.render(collect(conn, 2, ZONE)), "not yet that night"
    conn.execute(said, ("resume_sending", None, "2026-09-04 14:00+00"))
    assert "Sending is paused" not in status.tell(conn)
