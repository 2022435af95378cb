"""`python -m throughline.definitions`: says what is wrong with the definitions, and what they make together.

It exits with 1 if anything is wrong. `--take-note` keeps ours as they are now, once somebody has read what changed,
and exits with 1 if it cannot, as where the folder is mounted read-only;
`--show NAME` prints a workflow as it is registered. `--only-faults` prints nothing else, and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import yaml

from throughline import programs
from throughline.definitions import Checked, examined
from throughline.definitions.written import Replaced, keep, replaced
from throughline.practice import practice
from throughline.programs.commands import as_here, in_clone
from throughline.sources import systems
from throughline.vocabulary import PARTS, shown
from throughline.vocabulary.value_sets import value_sets

TAKE_NOTE = as_here("make check-definitions TAKE_NOTE=1")


def main(arguments: list[str]) -> int:
    """Check, and print what was found; returns 0 if nothing is wrong, else 1."""
    options = argparse.ArgumentParser(prog="throughline.definitions", description=__doc__)
    options.add_argument("--take-note", action="store_true")
    options.add_argument("--only-faults", action="store_true")
    options.add_argument("--show", default="")
    chosen = options.parse_args(arguments)
    found = examined()
    if found.faults:
        _say(found.faults, sys.stderr)
        told = "1 fault" if len(found.faults) == 1 else f"{len(found.faults)} faults"
        print(f"{told} in the definitions ({as_here('make check-definitions')})", file=sys.stderr)
        return 1
    if chosen.only_faults:
        return 0
    if chosen.show:
        return _show(found, chosen.show)
    against = replaced(found.folder)
    _say(_summary(found), sys.stdout)
    _say(_moved_on(against, is_noted=chosen.take_note), sys.stdout)
    try:
        for path in keep(against, anew=chosen.take_note):
            print(f"Kept ours in {shown(path)}")
    except OSError as error:
        print(f"Not kept, because {error.filename} cannot be written: {error.strerror}")
        return 1 if chosen.take_note else 0
    return 0


def _say(lines: Any, to: Any) -> None:
    for line in lines:
        print(line, file=to)


def _show(found: Checked, name: str) -> int:
    for one in found.workflows:
        if one.workflow == name:
            print(f"# {one.workflow} {one.version}, sha256 {one.sha256}")
            print(
                yaml.safe_dump(one.definition, sort_keys=False, allow_unicode=True, width=120),
                end="",
            )
            return 0
    known = ", ".join(one.workflow for one in found.workflows)
    print(f"there is no workflow {name}; there are {known}", file=sys.stderr)
    return 1


def _summary(found: Checked) -> Iterator[str]:
    """Yield which file is whose, what each workflow is registered as, and which connections the sources need."""
    folder = found.folder
    yield f"Definitions of {practice().name}"
    yield f"  Throughline's  {shown(folder.ours)}"
    yield "  yours          " + (
        shown(folder.own)
        if folder.own
        else f"none: {in_clone('DEFINITIONS=folder', 'THROUGHLINE_DEFINITIONS')} names one"
    )
    yield ""
    sites = practice().sites
    for site in sites:
        yield f"  site {site.site}: {site.told} ({site.time_zone})"
    if sites:
        yield ""
    for name, path in folder.every().items():
        whose = "yours" if folder.own and path.is_relative_to(folder.own) else "Throughline's"
        yield f"  {name:<36} {whose}"
    for part in PARTS:
        for name in sorted(folder.left_out(part)):
            yield f"  {part + '/' + name + '.yaml':<36} left out"
    yield ""
    for name, each in value_sets(folder).items():
        version = each.version or "without a version"
        yield f"  value set {name}  {version}  codes: {len(each.codes):,}  sha256 {each.sha256[:16]}"
    yield ""
    for one in found.workflows:
        told = f", based on {shown(one.based_on)}" if one.based_on else ""
        yield f"  {one.workflow} {one.version}  {one.status}  sha256 {one.sha256[:16]}{told}"
    yield ""
    for name, sources in systems.needed(found.sources).items():
        yield f"  connection {name} (AIRFLOW_CONN_{name.upper()}): used by {', '.join(sources)}"


def _moved_on(against: list[Replaced], *, is_noted: bool) -> Iterator[str]:
    """Yield what of ours has changed since the practice's files were written, and how to take note of it."""
    changed = [one for one in against if one.has_changed]
    for one in changed:
        yield ""
        if not one.ours.is_file():
            yield f"{shown(one.mine)}: Throughline has no {one.name} any more; yours goes on as it is"
            continue
        yield f"{shown(one.mine)}: {one.name} of Throughline has changed since it was written"
        yield from one.difference()
    if changed and not is_noted:
        yield ""
        yield f"Yours go on as they are. When you have read it and changed yours as you want: {TAKE_NOTE}"


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]), unread=1)
