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
