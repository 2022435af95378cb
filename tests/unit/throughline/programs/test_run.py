"""How a program ends: with its code, and in silence if nobody reads on."""

from __future__ import annotations

import subprocess
import sys

import pytest

RUN = "from throughline import programs\nprograms.run({})"
MANY = "lambda: [print('x' * 100) for _ in range({})] and 3"


def ended(main: str, *, read: bool = False) -> tuple[int, str]:
    """Exit code and standard error of a program whose output is read to its end, or not at all."""
    program = subprocess.Popen(
        [sys.executable, "-c", RUN.format(main)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    if not read:
        program.stdout.close()
        program.stdout = None
    _, said = program.communicate(timeout=60)
    return program.returncode, said


@pytest.mark.parametrize("lines", [1, 10_000])
def test_a_pipe_that_is_closed_early_is_no_traceback(lines: int) -> None:
    assert ended(MANY.format(lines)) == (0, "")


def test_a_program_whose_code_is_its_answer_does_not_say_that_all_is_well() -> None:
    assert ended(MANY.format(1) + ", unread=1") == (1, "")


def test_what_is_read_to_its_end_gives_its_code() -> None:
    assert ended(MANY.format(10_000), read=True) == (3, "")


def test_ctrl_c_is_no_traceback() -> None:
    assert ended("lambda: (_ for _ in ()).throw(KeyboardInterrupt)", read=True) == (130, "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("UndefinedTable('relation x')", "has not the tables of this version"),
        ("DiskFull('x')", "the disk of the warehouse is full"),
        ("AdminShutdown('terminating connection\\nDETAIL: x')", "terminating connection\n"),
        ("ConnectionTimeout()", "does not answer: ConnectionTimeout"),
    ],
)
def test_a_warehouse_that_cannot_be_asked_is_told_in_one_line(error: str, said: str) -> None:
    code, told = ended(
        f"lambda: (_ for _ in ()).throw(__import__('psycopg').errors.{error})", read=True
    )
    assert (code, told.count("\n"), said in told) == (1, 1, True)


@pytest.mark.parametrize("error", ["ValueError('x')", "__import__('psycopg').errors.SyntaxError()"])
def test_a_fault_of_the_program_keeps_its_traceback(error: str) -> None:
    code, told = ended(f"lambda: (_ for _ in ()).throw({error})", read=True)
    assert (code, "Traceback" in told) == (1, True)
