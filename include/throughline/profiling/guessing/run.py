"""Write the definition of a source from a sample of its table: what `make source` runs.

`python -m throughline.profiling.guessing.run NAME FILE FOLDER [--feed FEED]`: the definition goes to
`FOLDER/sources/NAME.yaml`, which must not be there. Exits with 1 and the reason if it cannot be written.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from throughline import programs
from throughline.practice import practice
from throughline.programs.commands import as_here, as_word, in_clone
from throughline.sources.tabular.columns import readable
from throughline.vocabulary import DefinitionError, layers, read

_NAME = re.compile("[a-z][a-z0-9_]{1,40}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the definition and say what is left to do; returns 1 if it cannot be written, else 0."""
    parser = argparse.ArgumentParser(prog="python -m throughline.profiling.guessing.run")
    parser.add_argument("name")
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--feed", default="")
    given = parser.parse_args(arguments)
    try:
        target = _target(given.name, given.folder)
        text = _guessed(
            given.name, given.file, [f for f in given.feed.replace(",", " ").split() if f]
        )
    except (DefinitionError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    print(text)
    folder = as_word(given.folder)
    then = as_here(f"make check-definitions DEFINITIONS={folder}")
    print(f"Written to {target}. Correct it, then: {then}")
    if profile := in_clone(
        f"and: make source-profile SOURCE={given.name} FOLDER=… DEFINITIONS={folder}"
    ):
        print(profile)
    return 0


def _target(name: str, folder: Path) -> Path:
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"NAME={name}: write lower case letters, digits and _, such as front_office"
        )
    if not folder.is_dir():
        raise ValueError(
            f"{folder}: there is no such folder; `{as_here('make practice DIR=<folder>')}` lays one out"
        )
    target = folder / "sources" / f"{name}.yaml"
    if target.exists():
        raise ValueError(f"{target}: is there; remove it, or take another NAME")
    return target


def _guessed(name: str, file: Path, feeds: list[str]) -> str:
    from throughline.profiling.guessing.columns import looks_of
    from throughline.profiling.guessing.names import NAMES
    from throughline.profiling.guessing.sample import read as sampled
    from throughline.profiling.guessing.written import Guess

    wrong = [feed for feed in feeds if feed not in readable()]
    if wrong:
        raise ValueError(
            f"FEED={wrong[0]}: no table can be read as it; there are {', '.join(sorted(readable()))}"
        )
    sample = sampled(file)
    looks = {c: looks_of(sample.frame[c]) for c in sample.frame.columns}
    guess = Guess(sample, looks, feeds, _payers())
    if not guess.feeds:
        known = ", ".join(NAMES)
        raise ValueError(
            f"{file.name}: the names of its columns are of no feed ({known}); say which with FEED="
        )
    teams = read(layers().file("teams.yaml")).data
    team = "data_engineering" if "data_engineering" in teams else next(iter(teams))
    return guess.text(name, practice().time_zone, team)


def _payers() -> dict[str, str]:
    """Return the payers of payers.yaml, each with its name."""
    said = read(layers().file("payers.yaml")).data["payers"]
    return {str(payer): str(about.get("name", payer)) for payer, about in said.items()}


if __name__ == "__main__":
    programs.run(main)
