"""A hand that delivers, and a deployment that is backed up."""

from __future__ import annotations

from tests.warehouse.deployment.test_backup import deployed, server
from tests.warehouse.quality.conftest import hand

__all__ = ["deployed", "hand", "server"]
