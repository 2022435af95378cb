"""Puts the night's page and the pages behind login into the Airflow UI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PREFIX = "/throughline"


class Pages:
    """The pages, made at the first request of an API server.

    Airflow loads its plugins in every task, too: making the pages there took a fifth of the tasks' processor time.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        from throughline.pages.site import app

        await app(scope, receive, send)


def _entry(name: str, path: str, route: str) -> dict[str, str]:
    return {
        "name": name,
        "href": f"throughline/{path}",
        "destination": "nav",
        "category": "browse",
        "url_route": route,
    }


class OperationsPages(AirflowPlugin):
    """Puts the pages into Airflow's navigation."""

    name = "throughline_operations_pages"
    fastapi_apps = [{"app": Pages(), "url_prefix": PREFIX, "name": "Throughline"}]  # noqa: RUF012 - Airflow's own form
    external_views = [  # noqa: RUF012
        _entry("This morning", "", "this-morning"),
        _entry("Whom to call", "calls", "whom-to-call"),
        _entry("Work that stays inside", "work", "work-inside"),
        _entry("Exceptions", "exceptions", "exceptions"),
        _entry("Claims to release", "claims", "claims-to-release"),
        _entry("Sending", "sending", "sending"),
        _entry("Observed", "observed", "observed"),
        _entry("Nights", "nights", "nights"),
        _entry("Decisions", "decisions", "decisions"),
        _entry("What can be known", "readiness", "what-can-be-known"),
        _entry("Drafts of workflows", "drafts", "drafts-of-workflows"),
        _entry("Find a case or a person", "search", "search-cases"),
        {
            "name": "Throughline",
            "href": "throughline/run?dag_id={DAG_ID}&run_id={RUN_ID}",
            "destination": "dag_run",
            "url_route": "throughline",
        },
    ]
