"""Recognises a full disk, ours or PostgreSQL's, whatever error it comes as; and landed files that a disk has lost."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path

import psycopg

FULL = "the disk is full"
LOST = "the bytes of a landed file are lost"
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


class DiskFullError(RuntimeError):
    """A disk or its quota is full. The message says whose; a retry cannot help until somebody makes room."""


class BytesLostError(RuntimeError):
    """Landed files that have to be read are not where they were put. A retry cannot help until they are back."""


def refuse_lost(files: Iterable[Path]) -> None:
    """Raise `BytesLostError` if one of the landed files is not there."""
    lost = [file for file in files if not file.exists()]
    if lost:
        more = f", and {len(lost) - 1} more of this delivery" if len(lost) > 1 else ""
        raise BytesLostError(f"{LOST}: put {lost[0]} back{more}, from a backup or the source")


def full(error: BaseException) -> DiskFullError | None:
    """Return the error to raise instead of `error` if that, or what caused it, is a full disk; else None."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, DiskFullError):
            return cause
        if isinstance(cause, psycopg.errors.DiskFull):
            return DiskFullError(f"{FULL}: PostgreSQL's ({cause.diag.message_primary})")
        if isinstance(cause, OSError) and cause.errno in _NO_SPACE:
            quota = " (its quota)" if cause.errno == errno.EDQUOT else ""
            return DiskFullError(
                f"{FULL}: that of the landed files, pages and temporary files{quota}"
            )
        cause = cause.__cause__ or cause.__context__
    return None
