"""A validator for X12 that is independent of the sandbox (pyx12)."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

import pytest
import pyx12.params
import pyx12.x12n_document


@pytest.fixture
def complaints() -> Callable[[bytes], str]:
    """Validates files with pyx12."""
    return _complaints


def _complaints(content: bytes) -> str:
    """Return pyx12's objections to a file; empty if it has none."""
    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    answer, told = io.StringIO(), io.StringIO()
    good = pyx12.x12n_document.x12n_document(
        param=pyx12.params.params(), src_file=io.StringIO(content.decode()), fd_997=answer, fd_html=None,
        fd_json=told,
    )  # fmt: skip
    if good:
        return ""
    pieces = [
        line for line in answer.getvalue().splitlines() if line.startswith(("IK", "AK", "CTX"))
    ]
    return " ".join(pieces) + " ".join(told.getvalue().split())
