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


async def _client(ehr: Ehr) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(ehr.app)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9")


async def _manifest(client: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    """The address of the status of an export of everything, and its first manifest."""
    asked = {"_type": ",".join(ASKED)}
    job = await client.get("/fhir/$export", params=asked, headers={"Prefer": "respond-async"})
    status = job.headers["content-location"]
    await client.get(status)
    return status, (await client.get(status)).json()


def test_a_manifest_of_two_pages(ehr: Ehr) -> None:
    ehr.hub.world.misbehaviour.ask("patient", FIRST, "paged")

    async def read() -> list[str]:
        async with await _client(ehr) as client:
            _, first = await _manifest(client)
            [link] = first["link"]
            second = (await client.get(link["url"])).json()
            assert "link" not in second
            return [file["type"] for file in first["output"] + second["output"]]

    assert asyncio.run(read()) == list(ASKED)


def test_files_at_a_store_that_refuses_tokens(ehr: Ehr) -> None:
    ehr.hub.world.misbehaviour.ask("encounter", FIRST, "redirected")

    async def read() -> None:
        async with await _client(ehr) as client:
            _, manifest = await _manifest(client)
            [file] = [one for one in manifest["output"] if one["type"] == "Encounter"]
            answer = await client.get(file["url"])
            assert answer.status_code == 307
            there = answer.headers["location"]
            assert there.startswith("http://localhost:9/fhir/bulk/store/")
            refused = await client.get(there, headers={"Authorization": "Bearer x"})
            assert refused.status_code == 400
            assert len((await client.get(there)).content.splitlines()) == file["count"]

    asyncio.run(read())


def test_files_whose_addresses_expire(ehr: Ehr) -> None:
    ehr.hub.world.misbehaviour.ask("patient", FIRST, "expired")

    async def read() -> list[int]:
        async with await _client(ehr) as client:
            status, first = await _manifest(client)
            second = (await client.get(status)).json()
            return [
                (await client.get(manifest["output"][0]["url"])).status_code
                for manifest in (first, second)
            ]

    assert asyncio.run(read()) == [403, 200]


def test_only_an_export_can_be_paged(ehr: Ehr) -> None:
    with pytest.raises(ValueError, match="only an export can be paged"):
        ehr.hub.world.misbehaviour.ask("appointment", FIRST, "paged")
