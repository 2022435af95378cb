"""The sandbox's staff read what a question names before they answer it."""

from __future__ import annotations

import json

import httpx

from sandbox import staff

PAGE = "/throughline/claims/1a2b3c4d-0000-0000-0000-000000000000"
BODY = (
    f"2 claims.\n\nRead the [list of these claims]({PAGE}) first, or `make claims BATCH=1a2b3c4d`."
)


def asked(body: str, status: int) -> tuple[list[tuple[str, staff.Choice]], list[tuple[str, str]]]:
    """Let a biller answer one question of an Airflow that says `body`, and answers `status` for the page.

    Returns what was answered, and the requests about claims in their order.
    """
    seen = []

    def airflow(request: httpx.Request) -> httpx.Response:
        task = {"dag_id": "release_claims", "dag_run_id": "r", "task_id": "attest"}
        question = {
            "subject": "2 claims", "body": body, "options": ["Attest and release", "Refuse"],
            "created_at": "2026-09-02", "task_instance": task,
        }  # fmt: skip
        if request.url.path == "/auth/token":
            return httpx.Response(200, content=json.dumps({"access_token": "t"}))
        if request.url.path == PAGE:
            seen.append(("open", request.headers["Authorization"]))
            return httpx.Response(status)
        if request.method == "PATCH":
            seen.append(("answer", request.headers["Authorization"]))
        return httpx.Response(200, content=json.dumps({"hitl_details": [question]}))

    client = httpx.Client(transport=httpx.MockTransport(airflow), base_url="http://airflow")
    own = staff.Airflow("http://airflow", "biller", "secret", client)
    return staff.answer_questions(own, staff.RELEASE_CLAIMS, 1), seen


def test_the_list_is_opened_with_their_own_login_before_the_answer() -> None:
    answered, seen = asked(BODY, 200)
    assert len(answered) == 1
    assert seen == [("open", "Bearer t"), ("answer", "Bearer t")]


def test_what_cannot_be_opened_stays_unanswered() -> None:
    assert asked(BODY, 403) == ([], [("open", "Bearer t")])


def test_a_question_that_names_no_list_is_answered() -> None:
    answered, seen = asked("A feed stopped.", 403)
    assert (len(answered), seen) == (1, [("answer", "Bearer t")])
