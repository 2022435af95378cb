"""`docs/work.openapi.yaml` says what is really sent, and what the sandbox really takes and answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from starlette.applications import Starlette

from sandbox import claims, http
from sandbox.hub import Hub
from sandbox.scheduling import app as scheduling_app
from sandbox.server import Options, make_hub
from tests.unit.throughline.tasks.wire.test_payloads import BILL, BOOKING
from throughline.firstlook.takes import LOOKED_UP
from throughline.tasks.receivers import NOTHING_WILL_COME
from throughline.tasks.wire import WRITERS, Work

FILE = Path(__file__).resolve().parents[5] / "docs" / "work.openapi.yaml"
SAID: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
SCHEMAS: dict[str, Any] = SAID["components"]["schemas"]
PLACE = "urn:work"
REGISTRY: Registry[Any] = Registry().with_resource(
    PLACE, Resource.from_contents(SAID, default_specification=DRAFT202012)
)
FORMATS = FormatChecker(["uuid", "date"])
METHODS = {"get", "post"}
SENT: dict[str, list[Work]] = {
    "/booking-requests": [BOOKING, replace(BOOKING, practitioner_npi=None)],
    "/work-items": [
        BILL,
        replace(BILL, payer_id=None),
        replace(BILL, encounter_source="front_office", encounter_id="A-2"),
    ],
}
"""What is asked for at each path, with and without what may be missing."""


def followed(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of the file, or that which its `$ref` names."""
    while "$ref" in part:
        steps = part["$ref"].removeprefix("#/").split("/")
        part = SAID
        for step in steps:
            part = part[step]
    return part


def wrong(schema: dict[str, Any], value: Any) -> list[str]:
    """Return what a schema of the file finds wrong with a value."""
    whole = json.loads(json.dumps(schema).replace('"#/', f'"{PLACE}#/'))
    checked = Draft202012Validator(whole, registry=REGISTRY, format_checker=FORMATS)
    return [error.message for error in checked.iter_errors(value)]


def body_of(path: str) -> dict[str, Any]:
    """Return the schema of the body that is sent to a path."""
    content: dict[str, Any] = SAID["paths"][path]["post"]["requestBody"]["content"]
    assert list(content) == ["application/json"]
    schema: dict[str, Any] = content["application/json"]["schema"]
    return schema


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and operation of the whole file."""
    for path, item in SAID["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_it_is_an_openapi_document() -> None:
    """The rules of OpenAPI 3.1.1 (spec.openapis.org/oas/v3.1.1, 4.8) that a hand-written file breaks most easily."""
    assert SAID["openapi"].startswith("3.1.")
    assert {"title", "version"} <= SAID["info"].keys()
    named = [operation["operationId"] for _, _, operation in operations()]
    assert len(named) == len(set(named))
    tags = {tag["name"] for tag in SAID["tags"]}
    for path, method, operation in operations():
        assert method in METHODS
        assert set(operation["tags"]) <= tags
        asked = [followed(one) for one in operation.get("parameters", [])]
        in_path = {one["name"] for one in asked if one["in"] == "path"}
        assert in_path == {step[1:-1] for step in path.split("/") if step.startswith("{")}
        assert all("schema" in one for one in asked)
        assert operation["responses"]
        for status, answer in operation["responses"].items():
            assert status.isdecimal()
            assert "description" in followed(answer)
    for name, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
        assert wrong({"$ref": f"#/components/schemas/{name}"}, None), "it would take anything"


def test_every_reference_leads_somewhere_and_everything_is_used() -> None:
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                found.append(part["$ref"])
                assert followed(part)
            part = list(part.values())
        for each in part if isinstance(part, list) else ():
            walk(each)

    walk(SAID)
    for kind in ("schemas", "parameters", "responses"):
        for name in SAID["components"][kind]:
            assert f"#/components/{kind}/{name}" in found, name
    assert {key for one in SAID["security"] for key in one} == SAID["components"][
        "securitySchemes"
    ].keys()


@pytest.mark.parametrize("path", SENT)
def test_what_is_sent_is_what_it_says(path: str) -> None:
    schema = body_of(path)
    sent = [json.loads(WRITERS[work.kind](work)) for work in SENT[path]]
    assert [wrong(schema, body) for body in sent] == [[]] * len(sent)
    # everything that it names is sent, and what is always sent is what it calls required
    whole = followed(schema)
    assert set().union(*sent) == whole["properties"].keys()
    assert set.intersection(*map(set, sent)) == set(whole["required"])
    # and nothing else is
    for name in whole["required"]:
        assert wrong(schema, {key: value for key, value in sent[0].items() if key != name})
    assert wrong(schema, {**sent[0], "diagnosis": "I10"})
    example = SAID["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert wrong(schema, example) == []


def test_what_is_looked_up_is_what_it_says() -> None:
    """The addresses that `throughline.tasks.receivers` asks, as a first look asks them too."""
    asked = {path.partition("?")[0].replace("{}", "{request_id}") for path in LOOKED_UP.values()}
    assert {f"/{path}" for path in asked} == {p for p, method, _ in operations() if method == "get"}
    (found,) = SAID["paths"]["/work-items"]["get"]["parameters"]
    assert LOOKED_UP["billing"].partition("?")[2] == f"{found['name']}={{}}"
    told = SCHEMAS["Booking"]["properties"]["status"]
    assert set(told["examples"]) >= NOTHING_WILL_COME
    assert all(f"`{word}`" in told["description"] for word in NOTHING_WILL_COME)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A small world of the sandbox, without servers."""
    folder = tmp_path_factory.mktemp("openapi")
    return make_hub(Options(folder / "world", folder / "addresses.json", seed=3, patients=20))


Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(hub: Hub) -> Ask:
    """Ask the sandbox's two systems; whatever they answer has to be what the file says."""
    apps = {
        "/booking-requests": Starlette(routes=scheduling_app.routes(hub)),
        "/work-items": claims.billing_app(hub.world),
    }

    def inner(method: str, path: str, body: bytes = b"", **said: str) -> tuple[int, Any]:
        key = said.pop("key", "")
        entry = {
            "do": "http", "method": method.upper(), "path": path, "query": urlencode(said),
            "headers": [["idempotency-key", key]] if key else [], "body": base64.b64encode(body).decode(),
        }  # fmt: skip
        app = next(app for begins, app in apps.items() if path.startswith(begins))
        start, answer = http.play(app, entry)
        found = json.loads(answer["body"])
        item = SAID["paths"].get(path) or SAID["paths"]["/booking-requests/{request_id}"]
        response = followed(item[method]["responses"][str(start["status"])])
        schema = response["content"]["application/json"]["schema"]
        assert wrong(schema, found) == [], (path, start["status"])
        return start["status"], found

    return inner


@pytest.mark.parametrize("path", SENT)
def test_the_sandbox_takes_what_is_sent_once(ask: Ask, path: str) -> None:
    for number, work in enumerate(SENT[path]):
        id_ = f"e2f3c2ee-948f-6f1d-1a4d-{number:012d}"
        work = replace(work, transmission_id=UUID(id_))
        content, key = WRITERS[work.kind](work), f"{path}|{number}"
        assert ask("post", path, content, key=key)[0] == 201
        assert ask("post", path, content, key=key)[0] == 200
        if path == "/work-items":
            status, found = ask("get", path, idempotency_key=key)
            assert (status, [one["work_item_id"] for one in found["items"]]) == (200, [id_])
        else:
            status, found = ask("get", f"{path}/{id_}")
            assert (status, found["request_id"], found["status"]) == (200, id_, "pending")


def test_the_sandbox_refuses_as_it_says(ask: Ask) -> None:
    for path, work in {path: works[0] for path, works in SENT.items()}.items():
        content = WRITERS[work.kind](work)
        assert ask("post", path, b"{", key="bad")[0] == 400
        for name in ("mrn", "visit_type", "encounter_id"):
            if name in (body := json.loads(content)):
                del body[name]
                assert ask("post", path, json.dumps(body).encode(), key="bad")[0] == 422
    booking = json.loads(WRITERS["booking"](replace(BOOKING, transmission_id=UUID(int=7))))
    ask("post", "/booking-requests", json.dumps(booking).encode(), key="one")
    booking["visit_type"] = "OTHER"
    assert ask("post", "/booking-requests", json.dumps(booking).encode(), key="one")[0] == 409
    assert ask("get", "/booking-requests/none")[0] == 404
    assert ask("get", "/work-items", idempotency_key="none") == (200, {"items": []})
    assert ask("get", "/work-items")[0] == 400
