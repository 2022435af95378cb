"""Compiles definitions to the rows that the engine reads, and evaluates a night over them.

`rows` are the tables of rules, `version` compiles one version of a workflow, `levels` puts what it says into the order
in which it can be evaluated, and `night` runs the SQL.
"""

from throughline.workflows.compiled.money import PayerRule
from throughline.workflows.compiled.rows import Rows
from throughline.workflows.compiled.version import Shared, compiled, shared

__all__ = ["PayerRule", "Rows", "Shared", "compiled", "shared"]
