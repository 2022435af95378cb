"""Folders of files as a system would deliver them, and their profiles."""

from __future__ import annotations

import sys
from pathlib import Path

# the kit of the unit tier: files as senders write them
sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "throughline" / "sources"))
