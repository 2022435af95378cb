"""What the EHR's Bulk Data export says of a type without changes, and of one that it left out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.ehr import bulk
from sandbox.ehr.app import build
from sandbox.hub import Hub
from sandbox.server import FIRST_NIGHT as FIRST
from sandbox.world.engine import at

ASKED = ("Patient", "Encounter", "Organization")


class Ehr:
    """The EHR of a small world, asked without a password."""

    def __init__(self, hub: Hub) -> None:
        async def token(_: Request) -> JSONResponse:
            return JSONResponse({})

        self.hub = hub
        anybody: Any = SimpleNamespace(allows=lambda _: True, token=token)
        self.app = build(hub, anybody, True)

    def live(self, day: date) -> None:
        self.hub._advance(day)

    def export(self, since: date | None = None) -> dict[str, list[bytes]]:
        """The lines of each type that is in the manifest of everything since the end of a day."""
        return asyncio.run(self._export(since))

    async def _export(self, since: date | None) -> dict[str, list[bytes]]:
        asked = {"_type": ",".join(ASKED)}
        if since is not None:
            asked["_since"] = at(since, 26.5).isoformat()
        found: dict[str, list[bytes]] = {}
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ehr") as client:
            job = await client.get(
                "/fhir/$export", params=asked, headers={"Prefer": "respond-async"}
            )
            status = job.headers["content-location"]
            assert (await client.get(status)).status_code == 202
            for file in (await client.get(status)).json()["output"]:
                lines = (await client.get(file["url"])).content.splitlines()
                assert len(lines) == file["count"]
                found.setdefault(file["type"], []).extend(lines)
        return found


@pytest.fixture
def ehr(make: Callable[..., Hub]) -> Ehr:
    made = Ehr(make())
    made.live(FIRST)
    return made


def test_a_type_without_changes_has_a_file_without_lines(ehr: Ehr) -> None:
    everything = ehr.export()
    assert set(everything) == set(ASKED)
    assert all(everything.values())
    nothing = ehr.export(FIRST)
    assert nothing == {kind: [] for kind in ASKED}


def test_a_type_that_is_left_out_comes_to_those_who_ask_from_before(ehr: Ehr) -> None:
    bad, after = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    ehr.hub.world.misbehaviour.ask("encounter", bad, "missing")
    ehr.live(bad)
    assert set(ehr.export(FIRST)) == {"Patient", "Organization"}
    ehr.live(after)
    both, second = ehr.export(FIRST), ehr.export(bad)
    assert len(both["Encounter"]) > len(second["Encounter"]) > 0
    assert bulk.windows(ehr.hub.world) == []


def test_the_truth_counts_what_was_left_out_from_the_day_after(
    ehr: Ehr, truth: Callable[[Hub, str], list[dict[str, Any]]]
) -> None:
    bad, after = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    ehr.hub.world.misbehaviour.ask("encounter", bad, "missing")
    ehr.live(after)
    seen = {row["observable_from"] for row in truth(ehr.hub, "visits")}
    assert None not in seen
    assert at(bad, 26.5).isoformat() not in seen
    assert at(after, 26.5).isoformat() in seen
