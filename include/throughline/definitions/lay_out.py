"""`python -m throughline.definitions.lay_out FOLDER`: lays out a folder of definitions for a practice to fill in.

It asks at the terminal for what no option gives, writes nothing into a folder that is not empty, and leaves one that
passes the check: the practice begins with ours, and replaces them one by one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from throughline import programs
from throughline.definitions import examined
from throughline.definitions.written import keep, replaced
from throughline.programs.commands import as_here, as_word
from throughline.vocabulary import OURS, layers
from throughline.vocabulary.overlay import SETTING, SOURCES, WORKFLOWS
from throughline.vocabulary.schemas import SCHEMAS


@dataclass(frozen=True)
class Question:
    """Something that only the practice knows: the option that gives it, and what is asked for it."""

    name: str
    text: str
    is_needed: bool = True


QUESTIONS = (
    Question("name", "Legal name of the practice, as on a claim"),
    Question("zone", "Time zone, such as America/Denver"),
    Question("phone", "Phone of the billing office, ten digits"),
    Question(
        "npi",
        "NPI of the billing provider, if one team attests its claims (empty: any)",
        is_needed=False,
    ),
    Question(
        "inside",
        "Roles whose work stays on Throughline's pages, of outreach, schedule, documentation, billing (empty: none)",
        is_needed=False,
    ),
)
MODELINE = "# yaml-language-server:"
"""How the line begins by which an editor knows the schema of a file."""
ADAPTED = ("teams", "permissions", "payers")
"""Files of ours that name a fictitious practice's people and payers: every practice changes them."""

PRACTICE = """# yaml-language-server: $schema={schemas}/practice.json
# The practice: facts that deadlines and claims depend on. `make check-definitions` says what is wrong with this folder.
name: {name}
time_zone: {zone}
# Days to hold a documented charge before billing it, so that late charges can join it.
bill_hold_days: 1
# Payers whose claims Throughline sends itself, by billing NPI (or any). For all others, a billing task is a work item
# of your billing system, or stays inside. An example: {{payer_id: MEDB1, billing_npi: any}}
sole_submitter: []
submitter_id: THROUGHLINE            # who sends claim files (ISA06): your clearinghouse gives it
receiver_id: CLEARING                # to whom (ISA08)
billing_phone: {phone}          # who answers for a claim file (PER of the 837P)
contact_hours: {{from: "08:00", to: "21:00"}}   # 47 CFR 64.1200(c)(1): patient's own time zone
# Sites in another time zone follow their own days and clocks. A source (a file in sources/) identifies a site by codes.
# sites:
#   west:
#     name: Our office in the west
#     time_zone: America/Los_Angeles   # if it is another than the practice's
#     npi: "1234567893"             # its own, if it has one
#     address: {{street: 12 Main Street, city: Oakland, state: CA, zip: "94601"}}
#     locations: {{ehr: [loc-west], scheduling: [WEST]}}
# What of Throughline's own you do not use. Its sources are those of its sandbox: leave out each that you replace by
# one of yours under another name ({sources}). A workflow that is left out opens no case
# ({workflows}).
# leave_out:
#   sources: []
#   workflows: []
"""
INSIDE_SOURCE = """# Work that no system of the practice takes: it stays on the page Work. No system is behind it.
source: inside
title: Work that stays inside
owner_team: care_management
roles: {{{roles}}}
"""
README = """# Definitions of {name}

Laid over Throughline's own: a file here replaces Throughline's of the same name whole. Keep this folder under version
control.

- `practice.yaml`, `teams.yaml`, `permissions.yaml`, `payers.yaml`: read and change each. The people in `teams.yaml` are
  the logins of Throughline's sandbox, and its payers are fictitious.
- `sources/`: one file for each system of yours. `workflows/`: only what differs from Throughline's (`based_on`).
- Work that no system of yours takes stays inside, on the page *Work*: `form: inside` of its role in `sources/`.
- `codes.yaml`, `exceptions.yaml`, `vocabulary.yaml`, `calendars.yaml`: copy Throughline's when you need to change one,
  from `{ours}`.
- `written_against/`: copies of what of Throughline's your files replace. `make check-definitions` keeps them; commit
  them.

```
make check-definitions DEFINITIONS={folder}
make connect DEFINITIONS={folder}
make night DEFINITIONS={folder}
```

Throughline's docs/definitions.md says the rest.
"""


def lay_out(folder: Path, said: Mapping[str, str]) -> list[str]:
    """Write the folder of a practice; returns the faults of what was said, and then writes nothing.

    Raises `FileExistsError` if the folder is there and not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder}: is there and not empty; name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    before = os.environ.get(SETTING)
    try:
        _write(made, folder, said)
        os.environ[SETTING] = str(made)
        faults = [one.replace(str(made), str(folder)) for one in examined().faults]
        if faults:
            return faults
        keep(replaced(layers()))
        made.chmod(0o755)
        made.replace(folder)
        return []
    finally:
        os.environ.pop(SETTING, None)
        if before is not None:
            os.environ[SETTING] = before
        shutil.rmtree(made, ignore_errors=True)


def _write(made: Path, folder: Path, said: Mapping[str, str]) -> None:
    names = {
        part: ", ".join(sorted(p.stem for p in (OURS / part).glob("*.yaml")))
        for part in (SOURCES, WORKFLOWS)
    }
    quoted = {
        name: json.dumps(said.get(name, ""), ensure_ascii=False)
        for name in ("name", "zone", "phone")
    }
    text = as_here(PRACTICE).format(
        schemas=SCHEMAS, sources=names[SOURCES], workflows=names[WORKFLOWS], **quoted
    )
    (made / "practice.yaml").write_text(text, "utf-8")
    for name in ADAPTED:
        ours = (OURS / f"{name}.yaml").read_text("utf-8")
        if name == "permissions" and said.get("npi"):
            ours = ours.replace(
                "attest_claims: {any: [", f"attest_claims: {{{json.dumps(said['npi'])}: ["
            )
        # ours names its schema by a path that does not lead there from the practice's folder
        lines = [one for one in ours.splitlines(keepends=True) if not one.startswith(MODELINE)]
        head = f"{MODELINE} $schema={SCHEMAS}/{name}.json\n"
        (made / f"{name}.yaml").write_text(head + "".join(lines), "utf-8")
    for part in (SOURCES, WORKFLOWS):
        (made / part).mkdir()
        (made / part / ".gitkeep").touch()
    if roles := _roles(said):
        each = ", ".join(f"{role}: {{form: inside}}" for role in roles)
        text = INSIDE_SOURCE.format(roles=each)
        (made / SOURCES / "inside.yaml").write_text(text, "utf-8")
    readme = as_here(README).format(name=said.get("name", ""), ours=OURS, folder=as_word(folder))
    (made / "README.md").write_text(readme, "utf-8")


def _roles(said: Mapping[str, str]) -> list[str]:
    """Return the roles whose work is said to stay inside, as `outreach, billing` or with spaces alone."""
    return list(dict.fromkeys(said.get("inside", "").replace(",", " ").split()))


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    """Return what was said, by option or at the terminal. Raises `ValueError` with what is missing, without one."""
    said = {one.name: given.get(one.name, "").strip() for one in QUESTIONS}
    missing = [one for one in QUESTIONS if not said[one.name]]
    if not sys.stdin.isatty():
        needed = [one for one in missing if one.is_needed]
        if needed:
            each = "; ".join(f"{one.name.upper()}= ({one.text})" for one in needed)
            raise ValueError(f"missing, and there is no terminal to ask at: {each}")
        return said
    for one in missing:
        while not (answer := input(f"{one.text}: ").strip()) and one.is_needed:
            pass
        said[one.name] = answer
    return said


def main(arguments: list[str]) -> int:
    """Lay the folder out; returns 0, or 1 with what is wrong."""
    options = argparse.ArgumentParser(prog="throughline.definitions.lay_out", description=__doc__)
    options.add_argument("folder", type=Path)
    for one in QUESTIONS:
        options.add_argument(f"--{one.name}", default="", help=one.text)
    chosen = options.parse_args(arguments)
    folder = chosen.folder.expanduser().absolute()
    try:
        faults = lay_out(folder, _asked(vars(chosen) | {"folder": ""}))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if faults:
        print("\n".join([*faults, "nothing was written"]), file=sys.stderr)
        return 1
    print(f"{folder} is laid out, and passes the check. Read README.md in it, then practice.yaml.")
    print(as_here(f"make night DEFINITIONS={as_word(folder)}"))
    return 0


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]), unread=1)
