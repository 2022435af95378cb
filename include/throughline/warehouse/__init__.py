"""The PostgreSQL that everything is kept in: connect, migrate, run a file of `sql/`, the nights."""

from throughline.warehouse.connection import Connection, connect
from throughline.warehouse.ids import derive
from throughline.warehouse.migrations import migrate
from throughline.warehouse.statistics import refresh_statistics
from throughline.warehouse.steps import Step, step

__all__ = ["Connection", "Step", "connect", "derive", "migrate", "refresh_statistics", "step"]
