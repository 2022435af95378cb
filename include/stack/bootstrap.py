"""Make ``.venv`` from the pinned ``requirements.txt``; run by any Python 3.11-3.13, with its standard library only.

Does nothing, in a few milliseconds, when the environment already answers to the pins. Two at once in one clone wait
for each other. The packages come by ``uv``: the one on PATH, else one that pip puts into the environment, else by pip.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MARKER = VENV / "throughline.installed"


def wanted() -> str:
    """Fingerprint of what the environment must be: the pins, and the place (a venv does not survive a move)."""
    pins = (ROOT / "requirements.txt").read_bytes()
    return hashlib.sha256(pins + b"\0" + str(VENV).encode()).hexdigest()


def is_current() -> bool:
    """Whether the environment was installed here from these very pins."""
    return PYTHON.exists() and MARKER.exists() and MARKER.read_text() == wanted()


def say(text: str) -> None:
    """Tell the person at the terminal; standard output belongs to the command that follows."""
    print(text, file=sys.stderr, flush=True)


def runs(command: list[str]) -> bool:
    """Whether a command starts and ends well; its output is not wanted."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    """An environment that runs: keep the one that is there, or make it new."""
    if runs(
        [str(PYTHON), "-c", "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"]
    ):
        return
    # --clear: a venv of another place or of a Python that has gone is of no use.
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode == 0:
        return
    # Debian's python3 comes without ensurepip unless python3-venv is installed; uv needs no pip inside.
    uv = shutil.which("uv")
    if uv and runs([uv, "venv", "-q", "--clear", "--python", sys.executable, str(VENV)]):
        return
    raise SystemExit(
        f"could not make .venv with {sys.executable}:\n{made.stdout}{made.stderr}"
        "(on Debian and Ubuntu: apt install python3-venv, or install uv)"
    )


def find_uv() -> list[str] | None:
    """A uv that runs: from PATH, from the environment, or put there now by pip."""
    on_path = shutil.which("uv")
    if on_path and runs([on_path, "--version"]):
        return [on_path]
    inside = [str(PYTHON), "-m", "uv"]
    if runs([*inside, "--version"]):
        return inside
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv"]
    return inside if runs(pip) and runs([*inside, "--version"]) else None


def install() -> None:
    """Install the pins: by uv, and where uv cannot (a proxy, a certificate, a platform), by pip.

    Every file must have a hash that is pinned. They are compiled now, because a first import that compiles would be
    paid for by the first night.
    """
    pins = ["--require-hashes", "-r", str(ROOT / "requirements.txt")]
    uv = find_uv()
    reasons = []
    if uv:
        reasons.append(
            attempt(
                [*uv, "pip", "install", "-q", "--compile-bytecode", "--python", str(PYTHON), *pins]
            )
        )
    if not uv or reasons[-1]:
        if uv:
            say("uv could not; installing by pip, which takes some minutes ...")
        reasons.append(
            attempt(
                [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", *pins]
            )
        )
    if reasons[-1]:
        raise SystemExit("\n".join(["the packages could not be installed:", *reasons]))


def attempt(command: list[str]) -> str:
    """Run a command; empty when it did its work, else what it said."""
    foreign = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX")
    environment = {key: value for key, value in os.environ.items() if key not in foreign}
    # The machine's own certificates, as pip uses them: a company's proxy is not in uv's list.
    environment.setdefault("UV_SYSTEM_CERTS", "true")
    environment.setdefault("UV_NATIVE_TLS", "true")  # the same, for older versions
    done = subprocess.run(
        command, env=environment, check=False, cwd=ROOT, capture_output=True, text=True
    )
    return "" if done.returncode == 0 else (done.stderr.strip() or f"{command[0]} failed")


def main() -> int:
    """Bring ``.venv`` up to the pins; 0 when it is."""
    if is_current():
        return 0
    if sys.version_info[:2] < (3, 11) or sys.version_info[:2] > (3, 13):
        raise SystemExit(
            f"Throughline needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}"
        )
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_current():  # another make did it while this one waited
            return 0
        say("Installing the packages of requirements.txt into .venv (once; a minute or two) ...")
        begun = time.monotonic()
        make_venv()
        install()
        MARKER.write_text(wanted())
        say(f"Packages installed in {time.monotonic() - begun:.0f} s.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
