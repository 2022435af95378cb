"""The benchmark runs the nights as their tasks would: it must follow when those change."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmark.pages import PAGES

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
@pytest.mark.nights
def test_a_small_size_is_measured_and_its_statements_are_counted() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "stack", "benchmark"],
        cwd=ROOT,
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT / "include"),
            "SIZES": "40",
            "NIGHTS": "2",
            "STATEMENTS": "1",
            "SAVE": "",
            "WATCH": "",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    nights = re.findall(r"^\| 40 \| (\d) \| .* ([\d,]+) \|$", ended.stdout, flags=re.M)
    assert [number for number, _ in nights] == ["0", "1", "2"]
    assert all(int(read.replace(",", "")) > 0 for _, read in nights)
    pages = re.findall(r"^\| 40 \| ([a-z ,]+) \| (\d+) \|(?: \d+ \|){5}$", ended.stdout, re.M)
    assert {name for name, _ in pages} == {
        *(page.name for page in PAGES),
        *(f"search, {by}" for by in ("by record number", "by name", "by telephone", "many hits")),
    }
    assert all(int(milliseconds) > 0 for _, milliseconds in pages)
    for opened in ("first", "again"):
        line = rf"^\| any \| a batch of 500 claims, opened {opened} \| \d+ \|(?: \d+ \|){{5}}$"
        assert re.search(line, ended.stdout, re.M), opened
    odd = re.search(
        r"^\| X12 interchanges \| 20 \| [\d.]+ s \| [\d.]+ s \| [\d.]+ s \|$", ended.stdout, re.M
    )
    assert odd is not None
    watched = re.search(r"^([\d,]+) statements, [\d,]+ rows of large tables", ended.stdout, re.M)
    assert watched is not None
    assert int(watched[1].replace(",", "")) > 1000
