"""Makes the people of the tests in FAB, with roles of rights on one DAG; prints their ids as JSON on the last line.

`claims` and `feeds` are roles as a practice would make them: each may answer the questions of one DAG.
"""

from __future__ import annotations

import json

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.providers.fab.auth_manager.models.db import FABDBManager
from airflow.utils.session import create_session

PEOPLE = {
    "biller": "claims",
    "deputy": "claims",
    "operator": "feeds",
    "clerk": "Op",
    "viewer": "Viewer",
}
BOTH = [
    ("can_read", "Website"),
    ("can_read", "HITL Detail"),
    ("can_edit", "HITL Detail"),
    ("can_read", "DAG Runs"),
    ("can_read", "Task Instances"),
    ("menu_access", "HITL Detail"),
]
ROLES = {
    "claims": [*BOTH, ("can_read", "DAG:release_claims"), ("can_edit", "DAG:release_claims")],
    "feeds": [*BOTH, ("can_read", "DAG:release_feed"), ("can_edit", "DAG:release_feed")],
}


def main() -> None:
    """Make tables, roles and users that are not there yet."""
    with create_session() as session:
        FABDBManager(session).upgradedb()
    found = {}
    with get_application_builder() as builder:
        manager = builder.sm
        manager.sync_roles()
        for name, rights in ROLES.items():
            role = manager.find_role(name) or manager.add_role(name)
            for action, resource in rights:
                manager.add_permission_to_role(role, manager.create_permission(action, resource))
        for who, role in PEOPLE.items():
            user = manager.find_user(who) or manager.add_user(
                who, who.title(), "Doe", f"{who}@clinic.example", manager.find_role(role),
                password=f"password of {who}",
            )  # fmt: skip
            found[who] = str(user.id)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
