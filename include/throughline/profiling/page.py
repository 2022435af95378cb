"""Writes a profile as one self-contained HTML file, without scripts or external resources."""

from __future__ import annotations

from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

from throughline.profiling import words
from throughline.profiling.shapes import SourceProfile

VALUES = 12
"""Values of a field shown at first; the rest are behind a click."""
FINDINGS = 25


def render(profile: SourceProfile) -> str:
    """Return the page as HTML, in the style of the morning's page."""
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("throughline.profiling"), PackageLoader("throughline.told")]
        ),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("source.html.jinja").render(
        p=profile, w=words, found=words.findings(profile), listed=VALUES, findings_listed=FINDINGS
    )


def write(profile: SourceProfile, path: Path) -> None:
    """Write the page atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(render(profile), encoding="utf-8")
    draft.replace(path)
