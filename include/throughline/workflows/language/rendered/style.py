"""The style of the page: the colours of Throughline's other pages, light and dark, wide, narrow and on paper."""

from __future__ import annotations

from pathlib import Path

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
