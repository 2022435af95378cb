"""Commands in what people read: `make` in a clone, programs in a container, which has no Makefile."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from throughline.programs import commands

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("said", "there"),
    [
        (
            "No night has run yet: make night",
            "No night has run yet: python -m throughline.deployment.begin YYYY-MM-DD --user LOGIN",
        ),
        (
            "pause sending, then make check",
            "pause sending, then python -m throughline.proven.check",
        ),
        (
            "(make check-definitions)",
            "(python -m throughline.definitions)",
        ),
        (
            "by 06:00: make decide ID=1a2b3c4d ACTION=release|reject",
            "by 06:00: python -m throughline.quality.decide 1a2b3c4d --action 'release|reject' --login",
        ),
        (
            "make resolve ID=<number> BY=<your login> ACTION=<act> NOTE=<why>\nand more",
            "python -m throughline.exceptions.resolve <number> --login --action <act> --note <why>\nand more",
        ),
        (
            "or `make claims BATCH=1a2b3c4d LOGIN=ask`. Only",
            "or `python -m throughline.told.claims 1a2b3c4d --login`. Only",
        ),
        (
            "3 logs: make retain PREVIEW=1",
            "3 logs: python -m throughline.deployment.retain --preview",
        ),
        (
            "make replay NIGHT=2026-09-08",
            "python -m throughline.proven.replay --business-date 2026-09-08",
        ),
        (
            "make release-observed WORKFLOW=awv LIST=12ab BY=you NOTE=why",
            "python -m throughline.tasks.observing awv --action release_observed --list 12ab --login --note why",
        ),
        (
            "what is here: make check ACTION=accept LOGIN=ask NOTE=<why>",
            "what is here: python -m throughline.proven.check --accept --login --note <why>",
        ),
        (
            "make pause-sending BY=operator NOTE='wrong fees'",
            "python -m throughline.deployment.pause sending --action pause --login --note 'wrong fees'",
        ),
        ("(make quarantine)", "(python -m throughline.told.lists quarantine)"),
        ("make readiness HISTORY=1", "python -m throughline.definitions.readiness --history"),
        (
            "make night DEFINITIONS=/srv/practice\nmake connect DEFINITIONS=/srv/practice",
            "python -m throughline.deployment.begin YYYY-MM-DD --user LOGIN"
            "\npython -m throughline.firstlook SOURCE --into /tmp/SOURCE",
        ),
        ("`make practice DIR=<folder>`", "`python -m throughline.definitions.lay_out <folder>`"),
        ("they make nights and make claimsmen", "they make nights and make claimsmen"),
    ],
)
def test_a_command_is_one_that_works_where_it_is_read(said: str, there: str) -> None:
    assert commands.as_here(said, is_clone=False) == there
    assert commands.as_here(said, is_clone=True) == said


@pytest.mark.parametrize(
    "name", ["/plain/our-practice", "/with a blank", "/it's ours", "/a$b", '/"x"; echo']
)
def test_a_folder_reaches_a_command_by_its_name_whatever_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "Makefile").write_text("export DEFINITIONS\nit:\n\t@printenv DEFINITIONS\n")
    said = f"make -s it DEFINITIONS={commands.as_word(name)}"
    ended = subprocess.run(
        ["sh", "-c", said], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ended.stdout == f"{name}\n"
    assert (commands.as_word(name) == name) == (name == "/plain/our-practice")


def test_what_only_one_of_both_has_is_said_there_alone() -> None:
    assert commands.in_clone(" (with make: LOGIN=ask)", is_clone=True) == " (with make: LOGIN=ask)"
    assert commands.in_clone(" (with make: LOGIN=ask)", is_clone=False) == ""
    assert commands.in_clone("AMOUNT=", "--amount ", is_clone=False) == "--amount "


def test_every_program_is_there_and_every_target_is_of_make() -> None:
    """The image holds neither the Makefile nor what `make` runs beside the programs."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(commands.PROGRAMS) <= targets
    for program in commands.PROGRAMS.values():
        module, *_ = program.split()
        assert importlib.util.find_spec(module), module
    assert commands.IS_CLONE
    assert not re.search(r"^COPY .*Makefile", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
