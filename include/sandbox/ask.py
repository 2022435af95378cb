"""Commands to a running sandbox: print its connections or its state, or advance it by a day."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date, timedelta
from typing import Any

import httpx

COMMANDS = {
    "connections": "print the Airflow connections of its systems, secrets included",
    "world": "print its state",
    "advance": "advance it through a day and make that day's deliveries",
}
SECONDS = 300
"""A day of a large world takes a while."""


def run(options: argparse.Namespace) -> int:
    """Send the request and print the answer as JSON; returns 1 if the sandbox does not answer."""
    try:
        print(json.dumps(_answer(options), indent=1))
    except (OSError, httpx.HTTPError) as error:
        print(f"the sandbox does not answer: {error}", file=sys.stderr)
        return 1
    return 0


def _answer(options: argparse.Namespace) -> Any:
    addresses = json.loads(options.addresses.read_text())
    if options.command == "connections":
        return addresses["connections"]
    with httpx.Client(base_url=addresses["control"], timeout=SECONDS, trust_env=False) as http:
        world = http.get("/world").raise_for_status().json()
        if options.command == "world":
            return world
        to = options.to or date.fromisoformat(world["lived_to"]) + timedelta(days=1)
        return http.post("/advance", json={"to": to.isoformat()}).raise_for_status().json()
