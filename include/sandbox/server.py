"""Runs all servers of the sandbox in one process: starts them, writes their addresses, serves until stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette

from sandbox import claims, control, messages, sftp
from sandbox.ehr import app as ehr_app
from sandbox.ehr import rest
from sandbox.ehr.auth import ALGORITHM, CLIENT, Authority
from sandbox.ehr.store import Store
from sandbox.gate import Gate
from sandbox.hub import Hub
from sandbox.misbehaviour import Misbehaviour
from sandbox.scheduling import app as scheduling_app
from sandbox.world import life, people
from sandbox.world.engine import World

FIRST_NIGHT = date(2026, 9, 8)
"""A Tuesday after a holiday: calls are waiting, and claims billed by the end of the week are paid within ten days."""
DAYS_BEFORE = 60


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    state: Path
    addresses: Path
    seed: int = 1
    patients: int = 500
    population: Path | None = None
    misbehave: str = ""
    conditional_create: bool = True
    activity: float = 1.0
    host: str = "127.0.0.1"
    messages: tuple[str, ...] = ()


def make_hub(options: Options) -> Hub:
    """Create or resume a folder's world, simulated up to the first night, without starting servers."""
    options.state.mkdir(parents=True, exist_ok=True)
    hub = Hub(options.state, Store(options.state / "ehr.sqlite"))
    hub.acts |= {
        "create": rest.create,
        "update": rest.update,
        "booking": scheduling_app.book,
        "pace": control.set_pace,
    }

    def make(hub: Hub) -> World:
        misbehaviour = Misbehaviour()
        misbehaviour.ask_all(options.misbehave)
        if options.population:
            from sandbox.world import population

            world = population.make(
                hub, options.population, options.seed, options.activity, misbehaviour
            )
            messages.attach(world, options.messages)
            return world
        world = World(
            options.seed, FIRST_NIGHT - timedelta(days=DAYS_BEFORE), FIRST_NIGHT, options.activity
        )
        hub.connect(world, misbehaviour)
        people.make(world, options.patients)
        claims.attach(world)
        messages.attach(world, options.messages)
        life.start(world)
        return world

    hub.begin(make)
    return hub


async def serve(options: Options) -> None:
    """Serve until SIGTERM or SIGINT. Raises ``OSError`` if a port cannot be opened."""
    hub = make_hub(options)
    ports = _Ports(options.state / "ports.json", options.host)
    secrets_ = _passwords(options.state / "passwords.json")
    authority = Authority(options.state / "keys")
    sockets = {name: ports.listen(name) for name in ("control", "ehr", "scheduling", "billing")}
    apps: dict[str, Any] = {
        "control": Starlette(routes=control.routes(hub)),
        "ehr": Gate(ehr_app.build(hub, authority, options.conditional_create), hub, "ehr_create"),
        "scheduling": Gate(
            Starlette(routes=scheduling_app.routes(hub)), hub, "booking", secrets_["scheduling_api"]
        ),
    }
    billing = claims.billing_app(hub.world)
    if billing is not None:
        apps["billing"] = Gate(hub.journalled(billing), hub, "work_item", secrets_["billing"])
    users = {"scheduling": secrets_["scheduling"], "practice": secrets_["practice"]}
    tells = messages.of(hub.world) is not None
    if tells:
        users[messages.USER] = secrets_[messages.USER]
    key = sftp.host_key(options.state / "keys" / "host-key")
    acceptor = await ports.listen_sftp(options.state / "sftp", key, users, hub)
    servers = [
        _Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False))
        for app in apps.values()
    ]
    running = [
        asyncio.create_task(server.serve(sockets=[sockets[name]]))
        for name, server in zip(apps, servers, strict=True)
    ]
    while not all(server.started for server in servers):
        await asyncio.sleep(0.01)
    host = options.host
    addresses = {
        "control": f"http://{host}:{ports.of('control')}",
        "connections": _connections(
            host,
            ports,
            secrets_,
            authority,
            key.export_public_key().decode().strip(),
            tells=tells,
        ),
    }
    _write_private(options.addresses, json.dumps(addresses, indent=1))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    for server in servers:
        server.should_exit = True
    acceptor.close()
    await asyncio.gather(*running, return_exceptions=True)


def _connections(
    host: str,
    ports: _Ports,
    passwords: dict[str, str],
    authority: Authority,
    key: str,
    *,
    tells: bool = False,
) -> dict[str, str]:
    """The systems as Airflow connection URIs."""

    def uri(
        kind: str, user: str, password: str, port: int, path: str, extra: dict[str, Any]
    ) -> str:
        login = f"{user}:{quote(password, safe='')}@" if password else f"{user}@"
        return f"{kind}://{login}{host}:{port}/{path}?__extra__={quote(json.dumps(extra), safe='')}"

    ehr = f"http://{host}:{ports.of('ehr')}"
    sftp_extra = {"host_key": " ".join(key.split()[:2]), "no_host_key_check": "false"}
    found = {
        "ehr_main": uri(
            "http", CLIENT, "", ports.of("ehr"), "fhir",
            {"base_url": f"{ehr}/fhir", "token_url": f"{ehr}/auth/token", "client_id": CLIENT,
             "algorithm": ALGORITHM, "private_key": authority.private_key, "patience_s": 10},
        ),
        "scheduling_main": uri("sftp", "scheduling", passwords["scheduling"], ports.of("sftp"), "", sftp_extra),
        "scheduling_api": uri(
            "http", CLIENT, passwords["scheduling_api"], ports.of("scheduling"), "",
            {"base_url": f"http://{host}:{ports.of('scheduling')}"},
        ),
        "clearinghouse_main": uri("sftp", "practice", passwords["practice"], ports.of("sftp"), "", sftp_extra),
        "billing_main": uri(
            "http", CLIENT, passwords["billing"], ports.of("billing"), "",
            {"base_url": f"http://{host}:{ports.of('billing')}"},
        ),
    }  # fmt: skip
    if tells:
        found["interfaces_main"] = uri(
            "sftp", messages.USER, passwords[messages.USER], ports.of("sftp"), "", sftp_extra
        )
    return found


class _Server(uvicorn.Server):
    """A server that ignores signals, because several run in one loop and the process handles them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Ports:
    """Free ports, kept over restarts so that addresses stay valid unless another program takes them."""

    def __init__(self, file: Path, host: str) -> None:
        self.file, self.host = file, host
        self.kept: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def of(self, name: str) -> int:
        """The port that a server listens on."""
        return self.kept[name]

    def listen(self, name: str) -> socket.socket:
        """A socket on the port it had, or on a free one."""
        opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((self.host, self.kept.get(name, 0)))
        except OSError:
            opened.bind((self.host, 0))
        opened.listen(128)
        self._keep(name, opened.getsockname()[1])
        return opened

    async def listen_sftp(self, root: Path, key: Any, users: dict[str, str], hub: Hub) -> Any:
        """The SFTP server on the port it had, or on a free one."""
        try:
            made = await sftp.serve(
                self.kept.get("sftp", 0), self.host, root, key, users, hub.received
            )
        except OSError:
            made = await sftp.serve(0, self.host, root, key, users, hub.received)
        self._keep("sftp", made.get_port())
        return made

    def _keep(self, name: str, port: int) -> None:
        self.kept[name] = port
        self.file.write_text(json.dumps(self.kept))


def _passwords(file: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    names = ("scheduling", "practice", "scheduling_api", "billing", messages.USER)
    if missing := [name for name in names if name not in found]:
        found |= {name: secrets.token_urlsafe(18) for name in missing}
        _write_private(file, json.dumps(found))
    return found


def _write_private(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.touch(mode=0o600)
    part.write_text(content)
    part.replace(file)
