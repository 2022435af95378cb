"""``python -m sandbox serve`` runs the simulated health system; ``python -m sandbox staff`` lets its staff act.

``connections``, ``world`` and ``advance`` talk to a running sandbox, using the addresses file that it wrote. ``faults``
only says whether the words of a misbehaviour are known.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from datetime import date
from pathlib import Path

from sandbox import ask, staff


def main(words: list[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the servers")
    serve.add_argument("--state", type=Path, required=True, help="folder that keeps the world")
    _addresses(serve, "file to write addresses and secrets to")
    serve.add_argument("--seed", type=int, default=1)
    serve.add_argument("--patients", type=int, default=500)
    serve.add_argument(
        "--population",
        type=Path,
        help="folder of FHIR R4 NDJSON with existing patients to continue",
    )
    serve.add_argument("--misbehave", default="", help="feed:date:kind,...")
    serve.add_argument("--conditional-create", choices=("on", "off"), default="on")
    serve.add_argument("--activity", type=float, default=1.0, help="how much happens; 1 is normal")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument(
        "--messages",
        type=_messages,
        default=(),
        help="adt,mdm,dft: tell stays and visits, notes, charges by HL7 v2 as well; asked once, when a world is made",
    )
    faults = commands.add_parser("faults", help="say whether the words of a misbehaviour are known")
    faults.add_argument("faults", help="feed:date:kind,...")
    staff.arguments(commands.add_parser("staff", help="answer what waits for a person"))
    for name, what in ask.COMMANDS.items():
        command = commands.add_parser(name, help=what)
        _addresses(command, "the file that a running sandbox wrote")
        if name == "advance":
            command.add_argument(
                "--to", type=date.fromisoformat, help="business date (default: the next day)"
            )
    options = parser.parse_args(words)
    if options.command == "staff":
        print(json.dumps(staff.run(options)))
        return 0
    if options.command == "faults":
        return _faults(options.faults)
    if options.command in ask.COMMANDS:
        return ask.run(options)
    return _serve(options)


def _messages(text: str) -> tuple[str, ...]:
    from sandbox import messages

    try:
        return messages.chosen(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _faults(spec: str) -> int:
    from sandbox.misbehaviour import Misbehaviour

    try:
        Misbehaviour().ask_all(spec)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _serve(options: argparse.Namespace) -> int:
    from sandbox import server
    from sandbox.world.population import PopulationUnreadable

    asked = server.Options(
        options.state, options.addresses, options.seed, options.patients, options.population,
        options.misbehave, options.conditional_create == "on", options.activity, options.host,
        options.messages,
    )  # fmt: skip
    try:
        asyncio.run(server.serve(asked))
    except PopulationUnreadable as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def _addresses(command: argparse.ArgumentParser, what: str) -> None:
    named = os.environ.get("SANDBOX_ADDRESSES")
    command.add_argument(
        "--addresses",
        type=Path,
        default=Path(named) if named else None,
        required=not named,
        help=f"{what}; SANDBOX_ADDRESSES names it too",
    )


if __name__ == "__main__":
    sys.exit(main())
