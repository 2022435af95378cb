"""Which file says what: the practice's own folder, laid over ours. Nothing else looks for a definition.

`THROUGHLINE_DEFINITIONS` names the practice's folder. A file in it replaces ours of the same name; the rest of ours
stays in force. `leave_out` of `practice.yaml` names workflows and sources of ours that this practice does not use.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from throughline.vocabulary.documents import DefinitionError, cannot_be_read, read, version

OURS = Path(__file__).resolve().parents[2] / "definitions"
SETTING = "THROUGHLINE_DEFINITIONS"
SOURCES, WORKFLOWS = "sources", "workflows"
PARTS = (SOURCES, WORKFLOWS)
"""The folders of which a practice has any number of files: one for each source, and for each workflow."""
VALUE_SETS = "value_sets"
"""The folder of value sets (FHIR JSON); `throughline.vocabulary.value_sets` reads it."""
DRAFTS = "drafts"
"""The folder of workflows in the new language, and of the standard stages and rules: no night reads it."""
STANDARD_STAGES, STANDING_RULES = "standard_stages", "standing_rules"
"""The files of `drafts` that are no workflow, by name without `.yaml`."""
PRACTICE = "practice.yaml"
WRITTEN_AGAINST = "written_against"
"""The folder, in the practice's, with copies of those of ours against which its files were written."""


@dataclass(frozen=True)
class Layers:
    """The definitions of a practice: `own`, if it has a folder of its own, laid over `ours`."""

    ours: Path
    own: Path | None = None

    def file(self, name: str) -> Path:
        """Return the file that holds, by its path below the folder: the practice's, else ours, which may be missing."""
        mine = self.mine(name)
        return self.ours / name if mine is None else mine

    def mine(self, name: str) -> Path | None:
        """Return the practice's own file of this name; None if it has none."""
        if self.own is None or not (path := self.own / name).is_file():
            return None
        return path

    def files(self, part: str) -> dict[str, Path]:
        """Return the files of `sources` or `workflows` that hold, by name without `.yaml`, sorted."""
        out = self.left_out(part)
        found = {name: path for name, path in _in(self.ours / part) if name not in out}
        if self.own is not None:
            found |= dict(_in(self.own / part))
        return dict(sorted(found.items()))

    def drafts(self) -> dict[str, Path]:
        """Return the drafts of workflows, by name without `.yaml`, sorted: the practice's own go before ours."""
        found = dict(_in(self.ours / DRAFTS))
        if self.own is not None:
            found |= dict(_in(self.own / DRAFTS))
        shared = (STANDARD_STAGES, STANDING_RULES)
        return {name: path for name, path in sorted(found.items()) if name not in shared}

    def left_out(self, part: str) -> frozenset[str]:
        """Return the names of ours that the practice leaves out. The check of the file reports errors."""
        said = _data(self.file(PRACTICE))
        for key in ("leave_out", part):
            said = said.get(key) if isinstance(said, dict) else None
        return (
            frozenset(one for one in said if isinstance(one, str))
            if isinstance(said, list)
            else frozenset()
        )

    def every(self) -> dict[str, Path]:
        """Return every file that holds, by its path below the folder, sorted."""
        folders = [self.ours] if self.own is None else [self.ours, self.own]
        names = {path.name for folder in folders for path in folder.glob("*.yaml")}
        found = {name: self.file(name) for name in names}
        for part in PARTS:
            found |= {f"{part}/{name}.yaml": path for name, path in self.files(part).items()}
        for folder in folders:
            found |= {
                f"{VALUE_SETS}/{path.name}": path for path in folder.glob(f"{VALUE_SETS}/*.json")
            }
        return dict(sorted(found.items()))


def layers(folder: Path | None = None) -> Layers:
    """Return the layers of this deployment; of a folder that is whole by itself, if one is given.

    Raises `DefinitionError` if `THROUGHLINE_DEFINITIONS` names no folder, or one that cannot be read: what is in it
    would count as missing, and ours would hold in its place.
    """
    if folder is not None:
        return Layers(folder)
    said = os.environ.get(SETTING, "").strip()
    if not said:
        return Layers(OURS)
    own = Path(said).expanduser().absolute()
    for each in (own, *(own / part for part in PARTS)):
        try:
            next(each.iterdir(), None)
        except (FileNotFoundError, NotADirectoryError):
            if each is own:
                raise DefinitionError(f"{SETTING}={said}: there is no such folder") from None
        except OSError as error:
            raise DefinitionError(f"{each}: {cannot_be_read(error)}") from None
    return Layers(OURS, own)


def _in(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.glob("*.yaml"):
        yield path.stem, path


def _data(path: Path) -> Any:
    try:
        return _read(path, version(path))
    except (DefinitionError, OSError):
        return None


@lru_cache(maxsize=16)
def _read(path: Path, _version: tuple[int, int, int]) -> Any:
    return read(path).data


__all__ = [
    "DRAFTS",
    "OURS",
    "PARTS",
    "SETTING",
    "SOURCES",
    "STANDARD_STAGES",
    "STANDING_RULES",
    "VALUE_SETS",
    "WORKFLOWS",
    "WRITTEN_AGAINST",
    "Layers",
    "layers",
]
