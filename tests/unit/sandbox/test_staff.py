"""The sandbox's staff read what a question names before they answer it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx

from sandbox import staff

BODY = "2 claims.\n\nRead the list of these claims first: `make claims BATCH=1a2b3c4d`."


def answers(body: str, opens: str) -> list[tuple[str, staff.Choice]]:
    """Let a biller answer one question of an Airflow that says `body`; returns what was answered."""

    def airflow(request: httpx.Request) -> httpx.Response:
        task = {"dag_id": "release_claims", "dag_run_id": "r", "task_id": "attest"}
        asked = {
            "subject": "2 claims", "body": body, "options": ["Attest and release", "Refuse"],
            "created_at": "2026-09-02", "task_instance": task,
        }  # fmt: skip
        said = (
            {"access_token": "t"}
            if request.url.path == "/auth/token"
            else {"hitl_details": [asked]}
        )
        return httpx.Response(200, content=json.dumps(said))

    client = httpx.Client(transport=httpx.MockTransport(airflow), base_url="http://airflow")
    own = staff.Airflow("http://airflow", "biller", "secret", client)
    return staff.answer_questions(own, staff.RELEASE_CLAIMS, 1, "biller", opens)


def command(program: str, *words: str) -> str:
    return " ".join([sys.executable, "-c", f'"{program}"', *words])


def test_the_list_is_opened_before_the_answer(tmp_path: Path) -> None:
    kept = tmp_path / "opened"
    program = f"import pathlib, sys; pathlib.Path('{kept}').write_text(' '.join(sys.argv[1:]))"
    assert len(answers(BODY, command(program, "{batch}", "{name}"))) == 1
    assert kept.read_text() == "1a2b3c4d biller"


def test_what_cannot_be_opened_stays_unanswered() -> None:
    assert answers(BODY, command("import sys; sys.exit(2)", "{batch}")) == []


def test_a_question_that_names_no_list_is_answered() -> None:
    assert len(answers("A feed stopped.", command("import sys; sys.exit(2)", "{batch}"))) == 1
