"""Creates ``.venv`` from the pinned ``requirements.txt``; runs on Python 3.11-3.13 with the standard library only.

Takes a few milliseconds if the environment already matches the pins. Concurrent runs in one clone wait for each other.
It installs with ``uv`` from PATH, else with a ``uv`` that pip installs into the environment, else with pip.
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
    """Fingerprint of the required environment: the pins and the path (a venv cannot be moved)."""
    pins = (ROOT / "requirements.txt").read_bytes()
    return hashlib.sha256(pins + b"\0" + str(VENV).encode()).hexdigest()


def is_current() -> bool:
    """Whether the environment was installed at this path from exactly these pins."""
    return PYTHON.exists() and MARKER.exists() and MARKER.read_text() == wanted()


def say(text: str) -> None:
    """Print to standard error, because standard output belongs to the command that follows."""
    print(text, file=sys.stderr, flush=True)


def runs(command: list[str]) -> bool:
    """Whether a command succeeds; its output is discarded."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    """Make sure that there is a working environment: keep the existing one, or create it."""
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

    Every file must match a pinned hash. Packages are compiled now, so that the first night need not wait for it.
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
            say("uv failed; installing with pip, which takes some minutes ...")
        reasons.append(
            attempt(
                [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", *pins]
            )
        )
    if reasons[-1]:
        raise SystemExit("\n".join(["the packages could not be installed:", *reasons]))


def attempt(command: list[str]) -> str:
    """Run a command; returns an empty string on success, else its output."""
    foreign = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX")
    environment = {key: value for key, value in os.environ.items() if key not in foreign}
    # Use the machine's certificates, as pip does: uv's own list lacks a company's proxy.
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


def run() -> int:
    """Run :func:`main`; where nothing can be written, say which file in one line. Raises ``SystemExit`` with it."""
    try:
        return main()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        raise SystemExit(
            f"the packages cannot be installed into this clone: {error.strerror}: {error.filename}"
        ) from None


if __name__ == "__main__":
    sys.exit(run())
