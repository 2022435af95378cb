"""`python -m throughline.firstlook SOURCE --into FOLDER`: looks at a system, with a sample into an empty folder.

Airflow's settings in the environment say where connections are. `--export` starts a small export at a FHIR server. It
exits with 1 if something has to change before a first night.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from throughline import programs
from throughline.firstlook import exports, fhir, files, queries, takes
from throughline.firstlook.found import Look
from throughline.firstlook.login import Server
from throughline.firstlook.text import render
from throughline.orchestration.addresses import address
from throughline.practice import practice
from throughline.sources import registry
from throughline.sources.definitions import definition, file_of
from throughline.sources.source import INSIDE, SourceDefinition
from throughline.transports import FILES, Address
from throughline.vocabulary import shown


def look_at(about: SourceDefinition, into: Path, *, is_export: bool = False) -> Look:
    """Look at the systems of a source: the one that it reads, and those that take its work."""
    how = f"{about.standard} by {about.transport}" if about.feeds else "takes work only"
    look = Look(about.source, about.title, how, shown(file_of(about.source)), into)
    known: dict[str, Server | None] = {}
    with ExitStack() as stack:
        if about.feeds and (found := _address(look, about.connection)) is not None:
            if about.transport == "sql":
                queries.look_at(look, about, found)
            elif about.transport in registry.standard(about.standard).exports:
                known[about.connection] = fhir.look_at(look, about, found, stack)
                if is_export and known[about.connection] is not None:
                    exports.export(look, about, found)
            elif about.transport in FILES:
                files.look_at(look, about, found)
            else:
                look.note(
                    f"what comes by {about.transport} cannot be looked at: the first night shows it"
                )
        for role in about.roles.values():
            if role.form == INSIDE:
                look.good(f"{role.name}: stays inside: nothing is sent, and the page Work shows it")
                continue
            if role.name == "chart" or (
                role.connection in known and known[role.connection] is None
            ):
                continue  # a chart takes nothing, and what is not reached has been said
            place = _address(look, role.connection)
            if place is None:
                continue
            before = len(look.findings)
            takes.of_role(look, role, place, known.get(role.connection), stack)
            if "observe" in (role.mode, practice().mode):
                look.only_observed(before)
    return look


def _address(look: Look, connection: str) -> Address | None:
    """Return the address that a connection holds; None if there is none or it cannot be read, which is said."""
    variable = f"AIRFLOW_CONN_{connection.upper()}"
    try:
        return address(connection)
    except Exception as error:  # noqa: BLE001 - Airflow and its backends raise anything, with secrets in their words
        name = type(error).__name__
        if os.environ.get(variable):
            # Airflow says of what it cannot read that it is not there
            text = (
                f"the connection {connection} is given by {variable} and is neither JSON nor a URI"
            )
        elif "NotFound" in name:
            text = f"the connection {connection} is not given"
        else:
            text = f"the connection {connection} cannot be read ({name})"
        if not any(one.text == text for one in look.findings):
            look.bad(text, f"set {variable}, as docs/connections.md has it for this kind of system")
        return None


def main(arguments: list[str]) -> int:
    """Look at a source, and print what was found; returns 1 if something has to change."""
    parser = argparse.ArgumentParser(prog="python -m throughline.firstlook")
    parser.add_argument("source")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--export", action="store_true")
    given = parser.parse_args(arguments)
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)  # what went wrong is said once, in words
    try:
        look = look_at(definition(given.source), given.into, is_export=given.export)
    finally:
        logging.disable(before)
    print(render(look))
    return 0 if look.is_good else 1


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]), unread=1)
