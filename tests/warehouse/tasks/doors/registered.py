"""Which acts the modules of the project register."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

from throughline import decisions

ROOT = Path(__file__).resolve().parents[4] / "include"


def registered() -> set[tuple[str, str]]:
    """Return every act that a module of the project registers, as kind and name.

    Modules are found by what they call, so that one that nothing imports here is not forgotten.
    """
    for file in sorted((ROOT / "throughline").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "register" in text and _registers(ast.parse(text)):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            importlib.import_module(name.removesuffix(".__init__"))
    return {(act.about_kind, act.name) for act in decisions.acts()}


def _registers(tree: ast.AST) -> bool:
    return any(
        isinstance(call, ast.Call) and ast.unparse(call.func) in ("decisions.register", "register")
        for call in ast.walk(tree)
    ) and "decisions" in ast.unparse(tree)
