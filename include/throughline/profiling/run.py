"""Profile a source: what `make source-profile` runs.

`python -m throughline.profiling.run SOURCE [--page FILE] [--folder FOLDER] [--as-of DATE]`, with the
address of an empty warehouse in the environment variable `THROUGHLINE_DSN`. `--brief` leaves out the fields,
and `--read-from` says what the files of a folder are. Without a folder it profiles the source's landed files:
`THROUGHLINE_LANDED_DSN` is the warehouse that lists them, and `THROUGHLINE_LANDING` the folder that holds them. Exits
with 1 and the reason if there are none.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from throughline import programs, warehouse
from throughline.profiling import page, text
from throughline.profiling.profile import profile
from throughline.profiling.rehearsal import NothingToProfile
from throughline.sources import SourceUnavailable, definition
from throughline.sources.source import SourceDefinitionError


@contextmanager
def _quiet() -> Iterator[None]:
    """Log only errors inside the block: the profile already reports what the steps would log."""
    logger = logging.getLogger("throughline")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Profile a source, write the page and print the text; returns 1 if there is nothing to profile, else 0."""
    parser = argparse.ArgumentParser(prog="python -m throughline.profiling.run")
    parser.add_argument("source")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--read-from", default="")
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--as-of", type=date.fromisoformat, default=datetime.now(UTC).date())
    given = parser.parse_args(arguments)
    try:
        about = definition(given.source)
        with _quiet(), tempfile.TemporaryDirectory(prefix="throughline-profile-") as made:
            root = Path(made)
            folder, read_from = given.folder, given.read_from or str(given.folder)
            if folder is None:
                folder = root / "landed"
                read_from = f"the landed files of {about.source}"
                _copy_landed(about.source, folder)
            with warehouse.connect(os.environ["THROUGHLINE_DSN"], loading=True) as conn:
                found = profile(conn, about, folder, given.as_of, root, read_from)
                conn.rollback()
    except (NothingToProfile, SourceDefinitionError, SourceUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    print(text.render(found, is_brief=given.brief))
    if given.page is not None:
        page.write(found, given.page)
        print(f"\nAs a page: {given.page}")
    return 0


def _copy_landed(source: str, folder: Path) -> None:
    """Copy the landed files of a source, with their original names and times."""
    folder.mkdir()
    root = Path(os.environ["THROUGHLINE_LANDING"])
    with warehouse.connect(os.environ["THROUGHLINE_LANDED_DSN"]) as conn:
        rows = conn.execute(
            "select original_name, path, coalesce(modified_at, received_at) from landing.file as f"
            " where source = %s and status in ('landed', 'refused') and path <> ''"
            " and not exists (select from landing.removed_file as r where r.path = f.path)"
            " order by known_seq, original_name, path",
            (source,),
        ).fetchall()
    for number, (name, path, at) in enumerate(rows, 1):
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[-120:].lstrip(".-")
        copy = folder / f"{number:05d}-{plain}"
        shutil.copyfile(root / path, copy)
        os.utime(copy, (at.timestamp(),) * 2)
    if not rows:
        raise NothingToProfile(
            f"nothing of {source} has landed yet; name a folder of its files with FOLDER="
        )


if __name__ == "__main__":
    programs.run(main)
