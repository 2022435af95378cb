"""A validator for X12 that is independent of the sandbox (pyx12)."""

from __future__ import annotations

import functools
import io
import logging
from collections.abc import Callable

import pytest
import pyx12.map_if
import pyx12.params
import pyx12.x12n_document

PARAMETERS = pyx12.params.params()


@pytest.fixture
def complaints(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], str]:
    """Validates files with pyx12."""
    monkeypatch.setattr(pyx12.map_if, "load_map_file", _guide)
    return _complaints


_guide = functools.cache(pyx12.map_if.load_map_file)
"""Parses a guide once: that takes 0.4 s."""


def _complaints(content: bytes) -> str:
    """Return pyx12's objections to a file; empty if it has none."""
    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    answer, told = io.StringIO(), io.StringIO()
    good = pyx12.x12n_document.x12n_document(
        param=PARAMETERS, src_file=io.StringIO(content.decode()), fd_997=answer, fd_html=None,
        fd_json=told,
    )  # fmt: skip
    if good:
        return ""
    pieces = [
        line for line in answer.getvalue().splitlines() if line.startswith(("IK", "AK", "CTX"))
    ]
    return " ".join(pieces) + " ".join(told.getvalue().split())
