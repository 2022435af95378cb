"""After the nights no patient stands where none may: logs, notices, metrics, URLs, databases, reports, pages."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import psycopg
import pytest

from stack import postgres
from tests.night.conftest import Lived
from tests.night.privacy import Term, find_leaks, rows_of, terms
from tests.unit.deployment.mails import mails, shown
from throughline import warehouse
from throughline.practice import practice
from throughline.told import metrics, numbers

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

AIRFLOW = (
    "asset_event", "dag_run", "hitl_detail", "log", "rendered_task_instance_fields", "task_instance", "xcom",
)  # fmt: skip
"""Tables in which Airflow keeps what runs were given and said: with its audit log and the answers of people."""
WAREHOUSE = ("operations.decision", "operations.exception", "operations.step", "quality.verdict")
"""Tables of the warehouse that have to hold something, so that the search through them shows anything."""
WITH_PATIENTS = ("operations.shown", "operations.looked")
"""What was attested, in words, and who looked at whom: behind the login of those who may see it."""
PAGES = ("calls", "claims", "exceptions", "search", "sending")
LINK = re.compile(r'(?:href|action|src)="([^"]+)"')
MOST_OPENED = 60


@pytest.fixture
def world(lived: Lived) -> Path:
    return lived.practice.world


def test_no_patient_in_logs_databases_reports_and_pages(world: Path) -> None:
    server = postgres.running(world)
    assert server is not None
    places = [
        world / "logs",
        world / "pages",
        world / "airflow",
        world / "run",
        world / "postgres" / "log",
    ]
    logs = [file for file in (world / "postgres").glob("*.log*") if file.is_file()]
    airflow, own = server.dsn("airflow", "airflow"), server.dsn(postgres.SUPERUSER)
    assert min(rows_of(airflow, [f"public.{name}" for name in AIRFLOW]).values()) > 0
    assert min(rows_of(own, WAREHOUSE).values()) > 0
    with psycopg.connect(own) as conn:
        rows = conn.execute(
            "select format('%s.%s', schemaname, tablename) from pg_tables where schemaname = 'operations'"
        ).fetchall()
    tables = {row[0] for row in rows} - set(WITH_PATIENTS) | {"quality.verdict"}
    leaks = find_leaks(
        world / "sandbox" / "truth", [*places, *logs], [airflow], tables=[(own, tables)]
    )
    assert leaks == []


def test_no_patient_in_notices_and_check_ins(lived: Lived, tmp_path: Path) -> None:
    arrived = {seen.path: seen for seen in lived.told}
    assert {"/webhook", "/check_in", "/check_in/start"} <= arrived.keys()
    file = tmp_path / "told"
    file.write_bytes(
        b"\n".join(f"{seen.path} {seen.headers}\n".encode() + seen.body for seen in lived.told)
    )
    assert find_leaks(lived.practice.world / "sandbox" / "truth", [file], []) == []


def test_no_patient_in_mails(lived: Lived, tmp_path: Path) -> None:
    arrived = mails(lived.mailed)
    asked = [mail for mail in arrived if "asks" in mail["Subject"]]
    assert asked, "no mail asks anybody for a decision: nothing would be found"
    assert all(mail["Subject"].startswith("Throughline: ") for mail in arrived)
    assert all("/dags/release_" in shown(mail) for mail in asked)
    truth = lived.practice.world / "sandbox" / "truth"
    file = tmp_path / "mails"
    file.write_text("\n\n".join(map(shown, arrived)), encoding="utf-8")
    assert find_leaks(truth, [file], []) == []
    # a name in the text of one of them would be found, however the mail is encoded
    name = next(term.text for term in terms(truth) if term.kind == "name")
    asked[0].set_content(f"Throughline: {'-' * 70} {name} waits")
    told = ["DATA", *asked[0].as_string().splitlines(), "."]
    file.write_text("\n\n".join(map(shown, mails(told))), encoding="utf-8")
    assert {leak.kind for leak in find_leaks(truth, [file], [])} == {"name"}


def test_no_patient_in_metrics(lived: Lived, tmp_path: Path) -> None:
    file, zone = tmp_path / "metrics", practice().time_zone
    with (
        warehouse.connect(lived.practice.dsn("throughline_loop")) as conn,
        file.open("w", encoding="utf-8") as out,
    ):
        for (seq,) in lived.practice.rows(
            "select seq from operations.night where status <> 'void'"
        ):
            told = numbers.collect(conn, seq, zone)
            for gauge in metrics.gauges(conn, told, {"landing": tmp_path}):
                out.write(f"{gauge}\n")
            conn.rollback()
    assert file.stat().st_size > 0
    assert find_leaks(lived.practice.world / "sandbox" / "truth", [file], []) == []


def test_no_patient_in_addresses(lived: Lived, tmp_path: Path) -> None:
    """Whoever may see patients follows links: what stands in an address stands in histories and logs of proxies."""
    at = lived.practice.airflow_address()
    login = {"username": "operator", "password": at.passwords["operator"]}
    first = {f"/throughline/{name}" for name in PAGES}
    found, opened = set(first), set[str]()
    with httpx.Client(
        base_url=at.url, timeout=60, trust_env=False, follow_redirects=True
    ) as client:
        token = client.post("/auth/token", json=login).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        # the pages before what they link to: a practice may have more cases than are opened here
        while (left := found - opened) and len(opened) < MOST_OPENED:
            address = min(left, key=lambda one: (one not in first, one))
            opened.add(address)
            answer = client.get(address)
            assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR, address
            text = answer.text if "html" in answer.headers.get("content-type", "") else ""
            found |= {link for link in LINK.findall(text) if link.startswith("/throughline/")}
    assert len(opened) > len(PAGES)
    file = tmp_path / "addresses"
    file.write_text("\n".join(found), encoding="utf-8")
    log = lived.practice.world / "logs" / "api-server.log"
    assert "/throughline/exceptions" in log.read_text(encoding="utf-8", errors="replace")
    assert find_leaks(lived.practice.world / "sandbox" / "truth", [file, log], []) == []


def test_the_search_finds_a_patient_in_a_log(world: Path, tmp_path: Path) -> None:
    folder = world / "sandbox" / "truth"
    kinds: dict[str, Term] = {}
    for term in terms(folder):
        if term.kind != "birth date" or "2015" > term.text[:4] > "1900":
            kinds.setdefault(term.kind, term)
    for term in kinds.values():
        file = tmp_path / f"{term.kind}.log"
        file.write_text(f"INFO something about {term.text}, and more\n", encoding="utf-8")
        found = find_leaks(folder, [file], [])
        assert term.kind in {leak.kind for leak in found}
        assert not [leak for leak in found if term.text in str(leak)]
