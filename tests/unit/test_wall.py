"""The wall itself: what the tools are told, and that the lists of exceptions only shrink."""

from __future__ import annotations

import re
import socket
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]

# How many exceptions there are today. Whoever takes one away lowers the number; nobody raises it.
MOST_UNTYPED_LIBRARIES = 6
MOST_MYPY_EXCEPTIONS = 3
MOST_WARNINGS_LET_PASS = 3


def test_mypy_is_strict_and_its_exceptions_are_counted() -> None:
    mypy = SETTINGS["mypy"]
    assert mypy["strict"]
    assert {"include", "dags", "plugins"} <= set(mypy["files"])
    assert len(mypy["overrides"]) <= MOST_MYPY_EXCEPTIONS
    assert len(mypy["overrides"][0]["module"]) <= MOST_UNTYPED_LIBRARIES


def test_a_warning_is_an_error_and_its_exceptions_are_counted() -> None:
    first, *let_pass = SETTINGS["pytest"]["ini_options"]["filterwarnings"]
    assert first == "error"
    assert len(let_pass) <= MOST_WARNINGS_LET_PASS


def test_every_exception_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    overrides = text.split("[[tool.mypy.overrides]]\n")[1:]
    assert all(override.startswith("# ") for override in overrides)
    let_pass = re.findall(r'^    "ignore:.*$', text, re.MULTILINE)
    assert let_pass
    assert all('", # ' in line for line in let_pass)


def test_a_unit_test_reaches_nothing_but_this_machine() -> None:
    with socket.socket() as one, pytest.raises(UserWarning, match=r"192\.0\.2\.1"):
        one.connect(("192.0.2.1", 80))


def test_a_unit_test_reaches_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_every_package_is_pinned_with_its_hash() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [number for number, line in enumerate(lines) if re.match(r"[A-Za-z0-9.-]+==", line)]
    assert len(pins) > 100
    assert not [lines[n] for n in pins if "--hash=sha256:" not in lines[n + 1]]


def test_what_is_asked_for_is_pinned() -> None:
    asked = re.findall(
        r"^([A-Za-z0-9-]+)", (ROOT / "requirements.in").read_text(encoding="utf-8"), re.MULTILINE
    )
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    missing = [name for name in asked if not re.search(rf"^{name.lower()}==", locked, re.MULTILINE)]
    assert missing == []
