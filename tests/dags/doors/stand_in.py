"""An auth manager that stands in for Keycloak's: its users keep the contract of `BaseUser`, and have its shape.

The id of a user is a UUID, the name is what people see, and a token has no `sub` (read in
apache-airflow-providers-keycloak 0.11.2). Who may do what with a DAG is asked of a role beside it.
"""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from pydantic import BaseModel


class Account(BaseModel, BaseUser):
    """A user as `KeycloakAuthManagerUser` is one, with a role in place of Keycloak's own permissions."""

    user_id: str
    name: str
    access_token: str = ""
    refresh_token: str | None = None
    role: str | None = None
    teams: list[str] = []

    def get_id(self) -> str:
        """Return the id of the account."""
        return self.user_id

    def get_name(self) -> str:
        """Return what people call it."""
        return self.name


class Accounts(SimpleAuthManager):
    """Knows users by their tokens alone; whether one may answer a question is asked as `BaseAuthManager` asks it."""

    def deserialize_user(self, token: dict[str, Any]) -> Any:
        """Return the account that a token names."""
        return Account(user_id=token["user_id"], name=token["name"], role=token["role"])

    def serialize_user(self, user: Any) -> dict[str, Any]:
        """Return what a token says of an account."""
        return {"user_id": user.get_id(), "name": user.get_name(), "role": user.role}

    def is_authorized_hitl_task(self, *, assigned_users: set[str], user: Any) -> bool:
        """Return whether a question is assigned to this account."""
        asked: bool = BaseAuthManager.is_authorized_hitl_task(
            self, assigned_users=assigned_users, user=user
        )
        return asked
