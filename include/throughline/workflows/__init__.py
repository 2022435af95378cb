"""Workflow definitions: load, validate, version and register them where SQL can read them."""

from throughline.vocabulary import DefinitionError
from throughline.workflows.definitions import load_all, load_file
from throughline.workflows.register import register

__all__ = ["DefinitionError", "load_all", "load_file", "register"]
