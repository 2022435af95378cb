"""Between two nights of `make nights`: the sandbox's staff do what waits for a person.

They answer Airflow's open questions (a stopped feed, a batch of claims) as named users of the local Airflow. How they
decide is the sandbox's; that they decide is what a real practice does every morning.
"""

from __future__ import annotations

from collections.abc import Callable

from stack import night, rest
from stack.up import Stack

USERS = {"release_feed": "operator", "release_claims": "biller"}
"""Who answers the questions of which DAG."""


def act(stack: Stack, say: Callable[[str], None]) -> int:
    """Answer every open question, and wait until what follows from it has ended; returns how many."""
    clients = {user: rest.Client(stack.airflow, user) for user in set(USERS.values())}
    overseer = rest.Client(stack.airflow)
    night.wait_until_quiet(overseer)
    answered = 0
    for question in overseer.waiting_for_people():
        dag = question["task_instance"]["dag_id"]
        if dag not in USERS:
            continue
        options = list(question["options"])
        told = stack.sandbox.staff(
            {"question": dag, "subject": question["subject"], "options": options}
        )
        if told.get("choice") not in options:
            say(f"the staff leave open: {question['subject']}")
            continue
        clients[USERS[dag]].answer(question, [told["choice"]], {"note": told.get("note", "")})
        say(f"the staff ({USERS[dag]}): {told['choice']} - {question['subject']}")
        answered += 1
    if answered:
        night.wait_until_quiet(overseer)
    return answered
