"""A first look at a FHIR server: what it offers and lacks is said, with what to write; nothing is written there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.throughline.firstlook.uscore import GROUP, UsCore, outcome
from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer
from tests.unit.throughline.sources.smart import smart
from throughline.firstlook import fhir, takes
from throughline.firstlook.found import BAD, NOTE, Look
from throughline.firstlook.login import covers
from throughline.firstlook.text import render
from throughline.sources import definition
from throughline.sources.source import Export, Role, SourceDefinition
from throughline.transports.address import Address

PAGE = b"<!DOCTYPE html><html><title>Sign in</title></html>"


@pytest.fixture
def ehr() -> Iterator[UsCore]:
    with servers.web() as web:
        yield UsCore(web)


def source(*feeds: str, group: str = GROUP, **by: str) -> SourceDefinition:
    """A source that exports a Group, with feeds; `by` says how a feed is read if not by export."""
    ours = definition("ehr")
    wanted = {
        name: replace(ours.feeds[name], read_by=by.get(name, "export")) for name in (*feeds, *by)
    }
    export = Export(level="group", group=group) if group else Export()
    return replace(ours, feeds=wanted, export=export, roles={})


def looked(about: SourceDefinition, address: Address, into: Path) -> Look:
    look = Look("epic", "The EHR", "fhir by https", "sources/epic.yaml", into)
    with ExitStack() as stack:
        server = fhir.look_at(look, about, address, stack)
        for role in about.roles.values():
            if role.name != "chart" and server is not None:
                takes.of_role(look, role, address, server, stack)
    return look


def said(look: Look, tone: str = BAD) -> list[str]:
    return [f"{one.text} | {one.write}" for one in look.findings if one.tone == tone]


def test_what_a_server_offers_and_lacks(ehr: UsCore, tmp_path: Path) -> None:
    about = source("patient", "encounter", "condition", "charge_item", task="search")
    look = looked(about, smart(ehr.web), tmp_path)
    assert look.offers == [
        ("patient", "export", "yes", "1"),
        ("encounter", "export", "yes", "1"),
        ("condition", "export", "refused", "–"),
        ("charge_item", "export", "no", "–"),
        ("task", "search", "not allowed", "–"),
    ]
    condition, charge_item, task = said(look)
    assert condition.startswith(
        "condition: the login may not read Condition: the server does not allow it (403): "
        "Condition is not in your contract"
    )
    assert "take charge_item out of sources/epic.yaml: feeds" in charge_item
    assert "Unknown resource type 'ChargeItem'" in charge_item
    assert task.endswith(
        "ask for system/Task.rs (SMART v1: system/Task.read), and write it in `scope`"
    )
    assert sorted(one.name for one in tmp_path.iterdir()) == ["Encounter.ndjson", "Patient.ndjson"]
    assert ehr.written == []
    assert not look.is_good
    text = render(look)
    assert "3 things to change before a first night." in text
    assert "Secretname" not in text
    assert all("_count=" in one.path for one in ehr.web.seen if one.path.startswith("/Encounter"))


def test_a_server_that_takes_no_work_is_found_without_sending_any(
    ehr: UsCore, tmp_path: Path
) -> None:
    roles = {name: Role(name, "epic_main") for name in ("outreach", "documentation")}
    about = replace(source("patient"), roles=roles)
    outreach, documentation = said(looked(about, smart(ehr.web), tmp_path))
    assert outreach.startswith(
        "outreach: the server takes no CommunicationRequest, Task (its CapabilityStatement"
    )
    assert "take outreach out of sources/epic.yaml: roles" in outreach
    assert documentation.startswith("documentation: the server takes no Task ")
    # it takes them, and the login may not create any
    ehr.creates = ["Task", "CommunicationRequest"]
    ehr.types |= {"Task": ["identifier"], "CommunicationRequest": ["identifier"]}
    outreach, _ = said(looked(about, smart(ehr.web), tmp_path))
    assert "the scopes that were given create no CommunicationRequest, Task" in outreach
    assert "ask for system/CommunicationRequest.c system/Task.c" in outreach
    # it may, and a lost answer could not be looked up
    ehr.scopes += " system/*.cruds"
    ehr.answers["Task"] = outcome(400, "no such search")
    outreach, _ = said(looked(about, smart(ehr.web), tmp_path))
    assert outreach.startswith("outreach: Task cannot be found by identifier")
    del ehr.answers["Task"]
    look = looked(about, smart(ehr.web), tmp_path)
    assert said(look) == []
    assert ehr.written == []


def refused(url: str) -> Address:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("web", port=probe.getsockname()[1], extra={"token_url": url})


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("token", Answer(400, b'{"error": "invalid_client", "error_description": "unknown kid"}'),
         "the server does not understand the request (400): invalid_client: unknown kid | compare client_id"),
        ("token", Answer(400, b'{"error": "invalid_scope"}'), "(400): invalid_scope | write in `scope` what was"),
        ("token", Answer(200, PAGE), "a page for people came instead of a token | write token_url"),
        ("token", Answer(401, b"no"), "no token: the server does not accept the login (401) | compare client_id"),
        ("metadata", Answer(200, PAGE), "a page for people came instead of FHIR: another server, a proxy or a login"),
        ("metadata", Answer(404, b"{}"), "metadata: has nothing at this address (404): this is not the base of a FHIR"),
        ("metadata", Answer(200, b"[]"), "the CapabilityStatement cannot be read: this is not the base"),
        ("metadata", Answer(200, b"{}"), "what came is no CapabilityStatement"),
        ("metadata", Answer(403, b"{}"), "the server does not allow it (403) | look at scope (now system/*.rs)"),
        ("metadata", Answer(200, b'{"fhirVersion": "3.0.2", "rest": []}'), "the server speaks FHIR 3.0.2, and R4 is"),
        (f"Group/{GROUP}", outcome(404, "no such group"),
         "no Group with this id: it has nothing at this address (404): no such group | write the right id in "
         "sources/epic.yaml: export: group"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_said_with_what_to_write(
    ehr: UsCore, tmp_path: Path, path: str, answer: Answer, words: str
) -> None:
    ehr.answers[path] = answer
    look = looked(source("patient"), smart(ehr.web), tmp_path)
    assert [line for line in said(look) if words in line], said(look)


def test_who_is_not_reached_is_said_by_the_step_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    about = source("patient")
    for address, words in (
        (refused("http://127.0.0.1:1"), "refuses: nobody listens there"),
        (
            Address("web", host="no-such-host.invalid"),
            "the name no-such-host.invalid is not known (DNS)",
        ),
        (Address("web", extra={"base_url": "fhir.example.org"}), "is no address of a web server"),
    ):
        (line,) = said(looked(about, address, tmp_path))
        assert words in line
    with servers.web() as web:
        plain = Address("web", extra={"base_url": f"https://127.0.0.1:{web.port}/fhir"})
        (line,) = said(looked(about, plain, tmp_path))
        assert line.startswith("127.0.0.1 does not speak TLS there: ")


def test_a_login_that_the_server_does_not_take_is_found_before_it_is_tried(
    ehr: UsCore, tmp_path: Path
) -> None:
    about = source("patient")
    ehr.smart["token_endpoint_auth_signing_alg_values_supported"] = ["RS384"]
    lines = said(looked(about, smart(ehr.web), tmp_path))
    assert lines[0].startswith(
        "our key signs with ES384, and the server takes RS384 | make a key of that kind"
    )
    ehr.smart["token_endpoint_auth_methods_supported"] = ["client_secret_basic"]
    lines = said(looked(about, smart(ehr.web), tmp_path))
    assert "the server takes no key of ours, but client_secret_basic" in lines[0]
    del ehr.smart["token_endpoint_auth_methods_supported"]
    (line,) = said(looked(about, ehr.web.address(), tmp_path))
    assert f"write token_url: {ehr.web.url('/token')} in the extra of the connection web" in line
    (line,) = said(looked(about, smart(ehr.web, private_key="no key"), tmp_path))
    assert line.startswith("the private key cannot be read")


def test_an_export_of_another_level_is_named(ehr: UsCore, tmp_path: Path) -> None:
    (line,) = said(looked(source("patient", group=""), smart(ehr.web), tmp_path))
    assert line == (
        "the server lists no export of the level system, but of group"
        " | sources/epic.yaml: write export: {level: group, group: …}"
    )
    ehr.types.pop("Group")
    look = looked(source("patient", group=""), smart(ehr.web), tmp_path)
    assert said(look) == []
    assert any("lists no $export" in line for line in said(look, NOTE))


def test_a_group_that_may_not_be_read_is_left_open(ehr: UsCore, tmp_path: Path) -> None:
    ehr.answers[f"Group/{GROUP}"] = outcome(403, "no")
    look = looked(source("patient"), smart(ehr.web), tmp_path)
    assert said(look) == []
    assert any("ask for the scope system/Group.rs" in line for line in said(look, NOTE))


def test_a_feed_that_is_searched_must_be_searchable(ehr: UsCore, tmp_path: Path) -> None:
    ehr.scopes = "system/*.rs"
    about = source(group="", encounter="search", document_reference="search")
    ehr.types["DocumentReference"] = []
    ehr.answers["DocumentReference"] = outcome(400, "not without a patient")
    look = looked(about, smart(ehr.web), tmp_path)
    assert look.offers[0] == ("encounter", "search by patient", "yes", "1")
    assert any("records of persons without an open case" in line for line in said(look, NOTE))
    (line,) = said(look)
    assert line.startswith(
        "document_reference: the server searches DocumentReference in none of the ways"
    )


def test_what_a_search_for_a_person_answers_is_not_repeated(ehr: UsCore, tmp_path: Path) -> None:
    ehr.of_a_person = outcome(400, "nothing for Ann Lee, born 1954-03-02")
    look = looked(source("encounter"), smart(ehr.web), tmp_path)
    assert look.offers == [("encounter", "export", "yes", "–")], "the export was not asked"
    text = render(look)
    assert (
        "no sample of encounter: the server does not understand the request (400): patient is"
        in text
    )
    assert "Ann Lee" not in text
    ehr.answers |= {"Encounter": Answer(500)}
    text = render(looked(source("encounter"), smart(ehr.web), tmp_path))
    assert "no sample of encounter: the server http_500" in text


@pytest.mark.parametrize(
    ("scopes", "letters", "is_covered"),
    [
        ("", "rs", True), ("system/*.rs", "rs", True), ("system/Task.read", "rs", True),
        ("system/Task.*", "c", True), ("system/*.*", "c", True), ("system/Task.write", "c", True),
        ("system/Task.crs", "c", True), ("system/Task.rs?status=x", "rs", True), ("user/Task.rs", "rs", True),
        ("system/Patient.rs", "rs", False), ("system/Task.rs", "c", False), ("system/Task.r", "rs", False),
        ("patient/Task.rs", "rs", False), ("openid", "rs", False),
    ],
)  # fmt: skip
def test_scopes_of_both_versions_are_read(scopes: str, letters: str, is_covered: bool) -> None:
    assert covers(scopes, letters, "Task") is is_covered


@pytest.mark.parametrize(
    ("role", "answer", "words"),
    [
        ("billing", Answer(200, b'{"items": []}'), ""),
        ("billing", Answer(404, b"{}"), "billing: the interface has nothing at this address (404), and a night"),
        ("billing", Answer(401, b"{}"), "does not accept the login (401) | write login and password of web"),
        ("billing", Answer(200, PAGE), "a page for people came instead of an answer"),
        ("schedule", Answer(404, b"{}"), ""),
        ("schedule", Answer(200, b"{}"), "schedule: the interface answers (200) to a request that there is not"),
    ],
)  # fmt: skip
def test_an_interface_is_asked_for_what_there_is_not(
    tmp_path: Path, role: str, answer: Answer, words: str
) -> None:
    look = Look("desk", "Desk", "takes work only", "sources/desk.yaml", tmp_path)
    with servers.web(lambda _: answer) as web, ExitStack() as stack:
        takes.of_role(look, Role(role, "web"), web.address(), None, stack)
        assert {one.method for one in web.seen} == {"GET"}
    assert [line for line in said(look) if words in line] if words else look.is_good
