"""The practice's staff: they decide, under their own names, what waits for a person.

``choose`` returns their decisions; the control API ``POST /staff`` serves it. ``run`` carries them out: questions
through Airflow's public REST API, exceptions through the pipeline's command. Decisions are seeded, use only what
a person would see on the screen, and are mostly yes.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.claims.catalog import chance

RELEASE_CLAIMS = "release_claims"
RELEASE_FEED = "release_feed"
QUESTIONS = {"release-claims": RELEASE_CLAIMS, "release-feeds": RELEASE_FEED}
MOST_QUESTIONS = 500
LIST_OF_CLAIMS = re.compile(r"\((/[^\s()]*/claims/[0-9a-f-]{36})\)")
"""How a question names the list that is to be read before it is answered."""

CLAIM_NOTE = "Checked against the charges of the day; the services were rendered as documented."
CLAIM_DOUBT = "Asked the clinician about one of the charges first."
FEED_NOTE = "Asked the sender; the delivery is right as it came."
FEED_DOUBT = "The sender will deliver this again."

LEFT_OPEN = 0.15
"""Share of exceptions that nobody gets to on a given morning."""

RESOLUTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    # Reason of the exception, by its beginning: what the staff do about it (action, note).
    "identity": (
        ("reject", "Asked the patient: not the same person."),
        ("confirm", "Same person; checked by phone."),
    ),
    "denial": (
        ("resolve", "Appealed with the note attached."),
        ("write_off", "Denied for good reason."),
    ),
    "overpayment": (("resolve", "Refund sent to the payer."),),
    "rejected": (("resolve", "Corrected with the payer's help line."),),
}
OTHERWISE: tuple[tuple[str, str], ...] = (("resolve", "Seen and settled by phone."),)


@dataclass(frozen=True)
class Choice:
    """One answer: ``choice`` is one of the options offered, or None to leave the question open."""

    choice: str | None
    note: str


def choose(seed: int, question: str, subject: str, options: Sequence[str]) -> Choice:
    """Decide on one question of the DAG ``question``; the same seed always gives the same decision.

    A batch of claims is refused in 4 of 100 cases; a stopped feed is rejected in half of them, since half
    of the stopped deliveries are broken; any other question is left open.
    """
    draw = chance(seed, f"{question}|{subject}", "answer").random()
    if question == RELEASE_CLAIMS:
        refuse = draw < 0.04
        return Choice(
            _option(options, "refuse" if refuse else "release"),
            CLAIM_DOUBT if refuse else CLAIM_NOTE,
        )
    if question == RELEASE_FEED:
        reject = draw < 0.5
        return Choice(
            _option(options, "reject" if reject else "release"), FEED_DOUBT if reject else FEED_NOTE
        )
    return Choice(None, "")


def resolve(seed: int, exception_id: str, reason: str, day: str = "") -> tuple[str, str] | None:
    """Decide on one open exception: (action, note), or None when nobody gets to it on ``day``."""
    if chance(seed, f"{exception_id}|{day}", "reached").random() < LEFT_OPEN:
        return None
    ways = next(
        (w for beginning, w in RESOLUTIONS.items() if reason.startswith(beginning)), OTHERWISE
    )
    return chance(seed, exception_id, "way").choice(ways)


def _option(options: Sequence[str], word: str) -> str | None:
    return next((option for option in options if word in option.lower()), None)


class Airflow:
    """Airflow's public REST API as one named user. Raises ``httpx.HTTPStatusError`` on refusal."""

    def __init__(
        self, url: str, user: str, password: str, client: httpx.Client | None = None
    ) -> None:
        self.client = client or httpx.Client(base_url=url.rstrip("/"), timeout=30, trust_env=False)
        answer = self.client.post("/auth/token", json={"username": user, "password": password})
        answer.raise_for_status()
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def questions(self, dag: str) -> list[dict[str, Any]]:
        """The open questions of a DAG, oldest first."""
        answer = self.client.get(
            f"/api/v2/dags/{dag}/dagRuns/~/hitlDetails",
            params={
                "response_received": "false",
                "state": "awaiting_input",
                "limit": MOST_QUESTIONS,
            },
        )
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["hitl_details"]
        return sorted(found, key=lambda q: str(q["created_at"]))

    def open(self, question: Mapping[str, Any]) -> bool:
        """Open the page that a question names to be read first; returns whether it could be read."""
        named = LIST_OF_CLAIMS.search(str(question.get("body") or ""))
        return named is None or self.client.get(named.group(1)).status_code == httpx.codes.OK

    def answer(self, question: Mapping[str, Any], choice: Choice) -> bool:
        """Answer one question; returns False if somebody else answered first (409)."""
        task = question["task_instance"]
        answer = self.client.patch(
            f"/api/v2/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/"
            f"{task['task_id']}/{task.get('map_index', -1)}/hitlDetails",
            json={"chosen_options": [choice.choice], "params_input": {"note": choice.note}},
        )
        if answer.status_code == httpx.codes.CONFLICT:
            return False
        answer.raise_for_status()
        return True


def answer_questions(airflow: Airflow, dag: str, seed: int) -> list[tuple[str, Choice]]:
    """Answer the open questions of a DAG; returns the subjects with what was chosen.

    What a question names is read before; what cannot be read stays unanswered.
    """
    done = []
    for question in airflow.questions(dag):
        choice = choose(seed, dag, question["subject"], question["options"])
        if choice.choice is None or not airflow.open(question):
            continue
        if airflow.answer(question, choice):
            done.append((str(question["subject"]), choice))
    return done


def resolve_exceptions(
    rows: Sequence[Mapping[str, str]], name: str, command: str, seed: int, day: str = ""
) -> list[tuple[str, str]]:
    """Resolve exceptions by the pipeline's own command; returns (exception id, action) of those that took.

    ``command`` is split like a shell would and then filled in, word by word, so that no text can become a
    command: ``{id}``, ``{name}``, ``{action}``, ``{note}``.
    """
    done = []
    words = shlex.split(command)
    for row in rows:
        exception_id = row["exception_id"]
        way = resolve(seed, exception_id, row.get("reason", ""), day)
        if way is None:
            continue
        action, note = way
        filled = {"id": exception_id, "name": name, "action": action, "note": note}
        ended = subprocess.run(
            [word.format(**filled) for word in words], capture_output=True, check=False, timeout=120
        )
        if ended.returncode == 0:
            done.append((exception_id, action))
    return done


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``python -m sandbox staff``."""
    parser.add_argument("--airflow", help="address of Airflow's api-server")
    parser.add_argument("--user", "--name", dest="user", required=True, help="who acts")
    parser.add_argument(
        "--password-file", type=Path, help="a password, or Airflow's JSON of user to password"
    )
    parser.add_argument("--action", required=True, choices=[*QUESTIONS, "resolve-exceptions"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--exceptions-csv", type=Path, help="columns exception_id, reason")
    parser.add_argument(
        "--resolve-command",
        help="e.g. 'cli resolve {id} --by {name} --action {action} --note {note}'",
    )
    parser.add_argument(
        "--day",
        default="",
        help="date of the morning, which determines the exceptions that staff get to",
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Do what the options ask and return a summary. Raises ``ValueError`` when an option is missing."""
    if options.action == "resolve-exceptions":
        if not options.exceptions_csv or not options.resolve_command:
            raise ValueError("--exceptions-csv and --resolve-command are needed")
        with options.exceptions_csv.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        done = resolve_exceptions(
            rows, options.user, options.resolve_command, options.seed, options.day
        )
        return {"open": len(rows), "resolved": len(done)}
    if not options.airflow or not options.password_file:
        raise ValueError("--airflow and --password-file are needed")
    password = _password(options.password_file, options.user)
    airflow = Airflow(options.airflow, options.user, password)
    answered = answer_questions(airflow, QUESTIONS[options.action], options.seed)
    return {"answered": [{"subject": s, "choice": c.choice, "note": c.note} for s, c in answered]}


def _password(file: Path, user: str) -> str:
    text = file.read_text(encoding="utf-8").strip()
    if text.startswith("{"):
        return str(json.loads(text)[user])
    return text
