"""Drafts: workflows in the new language, in the folder `drafts` of the definitions. No night reads them.

`python -m throughline.definitions.drafts [--into FOLDER] [FILE]` is what `make workflow` runs: it says all that is
wrong with one, else writes the page that its owner signs; without a file it says of each draft whether it is sound.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from throughline import programs
from throughline.definitions.readiness.brings import brought
from throughline.programs.commands import as_here
from throughline.sources import systems
from throughline.vocabulary import DefinitionError, Layers, layers, nearest, read, shown, vocabulary
from throughline.vocabulary.overlay import DRAFTS, STANDARD_STAGES, STANDING_RULES
from throughline.vocabulary.value_sets import value_sets
from throughline.workflows.language import rendered, structure
from throughline.workflows.language.known import Known
from throughline.workflows.language.loading import Loaded, examine, examine_shared


def known(folder: Layers) -> tuple[Known, list[str]]:
    """Return what drafts may name in a practice's definitions, and what is wrong with what they share.

    What is broken of the practice's other files is left out here: the check of the definitions tells it.
    """
    wrong: list[str] = []
    sources, _ = systems.examine()
    try:
        sets = {name: (one.sha256, one.codes) for name, one in value_sets(folder).items()}
    except DefinitionError as error:
        sets, wrong = {}, str(error).splitlines()
    carried = {kind for one in sources for feed in one.feeds for kind in brought(one, feed)}
    there = Known(
        vocabulary(folder), carried=frozenset(carried), value_sets=sets, seasons=seasons(folder)
    )
    library, of_library = _shared(folder, STANDARD_STAGES, there)
    standing, of_rules = _shared(folder, STANDING_RULES, there)
    return replace(there, library=library, standing=standing), [*wrong, *of_library, *of_rules]


def seasons(folder: Layers) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    """Return the seasons of the calendars by name: ((month, day) of the first day, (month, day) of the last).

    What is no day of a year is left out: the check of the definitions tells it.
    """
    try:
        said = read(folder.file("calendars.yaml")).data["seasons"]
    except (DefinitionError, KeyError, TypeError):
        return {}
    found: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {}
    for name, one in said.items():
        with contextlib.suppress(KeyError, TypeError, ValueError):
            first, last = (date.fromisoformat(f"2024-{one[key]}") for key in ("begins", "ends"))
            found[name] = (first.month, first.day), (last.month, last.day)
    return found


def _shared(folder: Layers, name: str, words: Known) -> tuple[dict[str, object], list[str]]:
    path = folder.file(f"{DRAFTS}/{name}.yaml")
    if not path.is_file():
        return {}, []
    schema = {STANDARD_STAGES: structure.STANDARD_STAGES, STANDING_RULES: structure.STANDING_RULES}
    said, wrong = examine_shared(path, words, schema[name])
    return dict(said), wrong


def examined(
    folder: Layers, more: Iterable[Path] = ()
) -> tuple[dict[Path, Loaded], list[str], rendered.Phrases]:
    """Return each draft of the definitions, and of some other files; what is wrong with what they share; the phrases.

    The phrases are what words are called on the page of a draft.
    """
    there, wrong = known(folder)
    paths = dict.fromkeys([*folder.drafts().values(), *more])
    first = {path: examine(path, there).workflow for path in paths}
    found: dict[Path, Loaded] = {}
    for path in paths:
        name = first[path].workflow
        found[path] = examine(
            path, there, [one for p, one in first.items() if one.workflow != name]
        )
    return found, wrong, rendered.phrases_for(there)


def main(arguments: list[str]) -> int:
    """Print what is wrong, or the page; returns 0 if nothing is wrong, else 1."""
    options = argparse.ArgumentParser(prog="throughline.definitions.drafts", description=__doc__)
    options.add_argument("--into", default="")
    options.add_argument("file", nargs="?", default="")
    chosen = options.parse_args(arguments)
    folder = layers()
    if not chosen.file:
        return _list(folder)
    path = _path(folder, chosen.file)
    if path is None:
        near = nearest(chosen.file, folder.drafts())
        print(
            f"{chosen.file}: there is no such file, and no such draft; the nearest is {near}",
            file=sys.stderr,
        )
        return 1
    found, wrong, phrases = examined(folder, [path])
    loaded = found[path]
    wrong += loaded.problems
    if wrong:
        _say_faults(wrong)
        return 1
    text = rendered.markdown(loaded.workflow, phrases)
    if not chosen.into:
        print(text, end="")
        return 0
    into = Path(chosen.into).expanduser()
    into.mkdir(parents=True, exist_ok=True)
    for ending, written in (("md", text), ("html", rendered.html(loaded.workflow, phrases))):
        file = into / f"{loaded.workflow.workflow}.{ending}"
        file.write_text(written, encoding="utf-8")
        print(f"Written: {shown(file)}")
    return 0


def _path(folder: Layers, said: str) -> Path | None:
    """Return the file that is meant: a path, or the name of a draft."""
    path = Path(said).expanduser()
    if path.is_file():
        return path
    return folder.drafts().get(said.removesuffix(".yaml"))


def _list(folder: Layers) -> int:
    found, wrong, _ = examined(folder)
    for path, loaded in found.items():
        told = len(loaded.problems)
        state = "sound" if not told else "1 fault" if told == 1 else f"{told} faults"
        one = loaded.workflow
        print(f"{one.workflow} {one.version}  {one.title}  {state}  {shown(path)}")
        wrong += loaded.problems
    if not found:
        print(f"There are no drafts: write one into the folder {DRAFTS} of your definitions.")
    if wrong:
        _say_faults(wrong)
    return 1 if wrong else 0


def _say_faults(wrong: list[str]) -> None:
    for line in dict.fromkeys(wrong):
        print(line, file=sys.stderr)
    told = "1 fault" if len(wrong) == 1 else f"{len(wrong)} faults"
    print(f"{told} in the drafts ({as_here('make workflow')})", file=sys.stderr)


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]), unread=1)
