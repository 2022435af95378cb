"""Which packages the Dockerfile puts into an image."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_what_is_locked_constrains_extra_packages() -> None:
    command = re.search(
        r"^RUN if .*?\n.*?(sed -n '.*?') requirements\.txt", DOCKERFILE, re.MULTILINE
    )
    assert command is not None
    made = subprocess.run(
        ["sh", "-c", f"{command[1]} requirements.txt"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    wanted = [
        Requirement(line) for line in re.findall(r"^([a-z0-9][^\\\n]*)", locked, re.MULTILINE)
    ]
    assert [Requirement(line) for line in made] == wanted
    assert len(made) > 100
    # pip refuses two versions of a package: only one may be for the Python of the image.
    for python in ("3.11.9", "3.12.1", "3.13.0"):
        of_it = {"python_version": python[:4], "python_full_version": python}
        names = [one.name for one in wanted if not one.marker or one.marker.evaluate(of_it)]
        assert len(names) == len(set(names))


def test_no_tool_of_tests_is_in_an_image() -> None:
    asked = (ROOT / "requirements.in").read_text(encoding="utf-8")
    tools = re.findall(r"^([\w-]+)", asked[asked.index("\npytest\n") :], re.MULTILINE)
    removed = re.search(r"pip uninstall --yes (.*?) \\\n *&& pip check", DOCKERFILE, re.DOTALL)
    assert removed is not None
    assert removed[1].replace("\\\n", " ").split() == tools
    code = [*(ROOT / "include/throughline").rglob("*.py"), *(ROOT / "dags").glob("*.py")]
    imported = {
        name
        for file in [*code, *(ROOT / "plugins").glob("*.py")]
        for name in re.findall(
            r"^ *(?:import|from) (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert not imported & {tool.replace("-", "_") for tool in tools}
